//! An address of mail, as one can be written to.

use std::fmt;

/// Bytes of an address (RFC 5321, section 4.5.3.1.3, less its brackets).
const MOST_BYTES: usize = 254;

/// A checked address. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address(lettre::Address);

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl Address {
    /// `local@domain` in visible ASCII, where the domain is a name with a dot, not a number, or `localhost`. Neither quoted
    /// local parts nor literals of IP addresses are taken: honest ones have none.
    pub(crate) fn parse(text: &str) -> Option<Address> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let plain = !local.contains(['"', '@', '<', '>', '(', ')', ',', ';', ':', '\\', '[', ']']);
        let number = domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        let literal = domain.contains(['[', ']', ':']);
        let named = domain.contains('.') || domain.eq_ignore_ascii_case("localhost");
        let fits = text.len() <= MOST_BYTES && visible && plain && named && !number && !literal;
        let parsed: lettre::Address = fits.then(|| text.parse().ok())??;
        Some(Address(parsed))
    }

    pub(crate) fn text(&self) -> &str {
        self.0.as_ref()
    }

    pub(crate) fn for_mail(&self) -> lettre::Address {
        self.0.clone()
    }

    /// Enough to know one's own: `a…@example.org`.
    pub(crate) fn hint(&self) -> String {
        let first = self.0.user().chars().next();
        format!("{}…@{}", first.map_or_else(String::new, String::from), self.0.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_written_to_is_an_address() {
        for good in [
            "a@example.org",
            " a.b+c@sub.example.org ",
            "x@localhost",
            "o'hara@example.org",
            "a_b@xn--bcher-kva.example",
        ] {
            let address = Address::parse(good).unwrap_or_else(|| panic!("{good}"));
            assert_eq!(address.text(), good.trim());
        }
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@example.org",
            "a@example",
            "a@@example.org",
            "a b@example.org",
            "a@exa mple.org",
            "a@example.org\r\nBcc: b@example.org",
            "a@example.org\nX: y",
            "a\r\n@example.org",
            "\"a b\"@example.org",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example.org, b@example.org",
            "<a@example.org>",
            "A <a@example.org>",
            "a@example.org\0",
            "ä@example.org",
            "a@ex\u{430}mple.org",
            "a%0d%0a@example.org\r",
            "a@-example.org",
        ] {
            // a blank at the end is taken off, whatever it is
            assert!(Address::parse(bad).is_none() || bad.trim() != bad, "{bad:?}");
            assert!(!Address::parse(bad).is_some_and(|address| address.text().contains(['\r', '\n'])), "{bad:?}");
        }
        assert!(Address::parse(&format!("a@{}.org", "x".repeat(60))).is_some());
        assert!(Address::parse(&format!("a@{}.org", "x.".repeat(130))).is_none());
        assert_eq!(Address::parse("alice@example.org").unwrap().hint(), "a…@example.org");
    }
}
