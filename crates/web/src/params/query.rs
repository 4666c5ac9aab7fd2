//! What links and forms of a page keep of its question: behind a path, behind other parameters, as fields.

/// Behind a path that has no query yet: `?on=2026-05-25`, or nothing.
pub(crate) fn first(kept: &str) -> String {
    if kept.is_empty() { String::new() } else { format!("?{kept}") }
}

/// Behind other parameters: `&on=2026-05-25`, or nothing.
pub(crate) fn further(kept: &str) -> String {
    if kept.is_empty() { String::new() } else { format!("&{kept}") }
}

/// Names and values, for the hidden fields of a form.
pub(crate) fn fields(kept: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(kept.as_bytes()).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_without_a_sign() {
        assert_eq!((first(""), further("")), (String::new(), String::new()));
        assert_eq!((first("a=1&b=2"), further("a=1&b=2")), ("?a=1&b=2".to_owned(), "&a=1&b=2".to_owned()));
        assert_eq!(
            fields("on=2026-05-25&prices=x%3A1"),
            [("on".to_owned(), "2026-05-25".to_owned()), ("prices".to_owned(), "x:1".to_owned())]
        );
        assert!(fields("").is_empty());
    }
}
