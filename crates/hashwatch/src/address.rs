//! URLs in messages: whatever may be a secret in them is left out. A password is easily pasted where none belongs, and
//! a log is read by more people than a configuration.

use crate::BadUsage;

/// Environment variables for a ClickHouse server.
pub(crate) const CLICKHOUSE_USER: &str = "HASHWATCH_CLICKHOUSE_USER";
/// Its password.
pub(crate) const CLICKHOUSE_PASSWORD: &str = "HASHWATCH_CLICKHOUSE_PASSWORD";

/// A URL without what stands before its last `@` or after its first `?` or `#`. Rather too much than too little is left
/// out: a password may hold slashes.
pub(crate) fn shown(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) => {
            (format!("{scheme}://"), rest)
        }
        _ => (String::new(), url),
    };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}{rest}")
}

/// Refuses a ClickHouse URL that cannot be asked, or that holds what has variables of its own.
pub(crate) fn check_clickhouse(url: &str) -> Result<(), BadUsage> {
    let refuse = |what: &str| Err(BadUsage(format!("ClickHouse's URL {:?} {what}", shown(url))));
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return refuse("begins with neither http:// nor https://");
    };
    let secret = ["password=", "user="].iter().any(|key| rest.contains(key));
    if secret || rest.contains('@') {
        return refuse(&format!(
            "comes with a user or a password: they are set by {CLICKHOUSE_USER} and {CLICKHOUSE_PASSWORD}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (url, seen) in [
            ("http://127.0.0.1:8332", "http://127.0.0.1:8332"),
            ("http://u:secret@127.0.0.1:8332/x", "http://127.0.0.1:8332/x"),
            ("http://u:sec/ret@pw@host", "http://host"),
            ("ftp://u:secret@host", "ftp://host"),
            ("u:secret@host", "host"),
            ("u:sec://ret@host", "host"),
            ("https://host:8123/?user=u&password=secret", "https://host:8123/"),
            ("https://host/#secret", "https://host/"),
            ("", ""),
        ] {
            assert_eq!(shown(url), seen, "{url}");
        }
    }

    #[test]
    fn a_clickhouse_url_is_an_address_and_nothing_else() {
        assert!(check_clickhouse("http://127.0.0.1:8123").is_ok());
        assert!(check_clickhouse("https://clickhouse.example/at/?max_threads=2").is_ok());
        for url in
            ["tcp://u:secret@host:9000", "http://u:secret@host:8123", "http://host/?password=secret", "u:secret@host"]
        {
            let said = check_clickhouse(url).unwrap_err().to_string();
            assert!(said.contains("host") && !said.contains("secret"), "{said}");
        }
    }
}
