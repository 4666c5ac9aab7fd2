//! Somebody else's text as plain words: no markup, no line breaks, nothing that a terminal acts on or a reader cannot see.

use hashwatch_model::coinbase::is_invisible;
use quick_xml::escape::unescape_with;

/// Single spaces between words, at most so many characters, with an ellipsis where it was longer.
pub(crate) fn plain(text: &str, most: usize) -> String {
    let mut plain = String::new();
    let mut length = 0;
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            space = !plain.is_empty();
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        let needed = 1 + usize::from(space);
        if length + needed > most {
            plain.push('…');
            break;
        }
        if std::mem::take(&mut space) {
            plain.push(' ');
        }
        plain.push(c);
        length += needed;
    }
    plain
}

/// The same of HTML: tags are left out, references resolved.
pub(super) fn plain_of_markup(markup: &str, most: usize) -> String {
    let mut text = String::new();
    let mut rest = markup;
    // beyond the last bracket nothing is a tag: not looked for again at each that is opened
    let closed = markup.rfind('>').map_or(0, |last| markup.len() - last);
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        // "a < b" is no tag
        let tag = after.len() >= closed
            && closed > 0
            && after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        rest = match tag.then(|| after.split_once('>')).flatten() {
            Some((_, after)) => {
                text.push(' ');
                after
            }
            None => {
                text.push('<');
                after
            }
        };
    }
    text.push_str(rest);
    let named = |name: &str| match name {
        "amp" => Some("&"),
        "lt" => Some("<"),
        "gt" => Some(">"),
        "quot" => Some("\""),
        "apos" | "rsquo" | "lsquo" => Some("'"),
        "nbsp" => Some(" "),
        "ndash" | "mdash" => Some("-"),
        _ => None,
    };
    // a lone ampersand is no reference: then all stays as it is
    let resolved = unescape_with(&text, named);
    plain(resolved.as_deref().unwrap_or(&text), most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_left() {
        assert_eq!(plain("  a\r\n\tb\u{1b}[31m\u{202e}c \0", 99), "a b [31mc");
        assert_eq!(plain("one two", 7), "one two");
        assert_eq!(plain("one two", 6), "one tw…");
        assert_eq!(plain("one two", 4), "one…");
        assert_eq!(plain("\u{1b}\u{200b}", 4), "");
    }

    /// A megabyte of tags that are opened and never closed, after one that is.
    #[test]
    fn endless_markup_takes_no_time() {
        let began = std::time::Instant::now();
        let text = plain_of_markup(&format!("<b>{}", "<a ".repeat(1_000_000)), 20);
        assert_eq!(text, "<a <a <a <a <a <a <a…");
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }

    #[test]
    fn markup_is_not() {
        let of = |markup| plain_of_markup(markup, 99);
        assert_eq!(
            of("<p>IREN &amp; Co<br/>200&nbsp;MW</p><!-- x --><script>alert(1)</script>"),
            "IREN & Co 200 MW alert(1)"
        );
        assert_eq!(of("P < 0.1 and AT&T <b"), "P < 0.1 and AT&T <b");
        assert_eq!(of("&#27;[31m&#x202e;red &lt;b&gt;"), "[31mred <b>");
    }

    proptest! {
        #[test]
        fn nothing_acts(text in any::<String>(), most in 0_usize..50) {
            for plain in [plain(&text, most), plain_of_markup(&text, most)] {
                prop_assert!(plain.chars().count() <= most + 1);
                prop_assert!(!plain.chars().any(|c| c.is_control() || is_invisible(c)));
            }
        }
    }
}
