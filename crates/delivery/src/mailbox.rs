//! Which addresses are one mailbox, as far as their text tells: so that a bound holds for the mailbox, not for a spelling of it.

/// The mailbox of an address: in lower case, without what a subscriber may add to it himself.
///
/// What follows a plus is taken off everywhere (RFC 5233 calls it the detail), dots where the provider says that they do not count.
pub(crate) fn mailbox(address: &str) -> String {
    let address = address.to_lowercase();
    let Some((local, domain)) = address.rsplit_once('@') else { return address };
    let user = match local.split_once('+') {
        Some((user, _)) if !user.is_empty() => user,
        _ => local,
    };
    match domain {
        // https://support.google.com/mail/answer/7436150
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", user.replace('.', "")),
        _ => format!("{user}@{domain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_mailbox_are_one() {
        for (spelling, of) in [
            ("Victim@Example.ORG", "victim@example.org"),
            ("victim+1@example.org", "victim@example.org"),
            ("victim+a+b@example.org", "victim@example.org"),
            ("v.i.c.tim+x@gmail.com", "victim@gmail.com"),
            ("victim@googlemail.com", "victim@gmail.com"),
            ("vic.tim@example.org", "vic.tim@example.org"),
            ("+1@example.org", "+1@example.org"),
            ("victim-1@example.org", "victim-1@example.org"),
        ] {
            assert_eq!(mailbox(spelling), of);
        }
        assert_ne!(mailbox("a@example.org"), mailbox("a@example.com"));
    }
}
