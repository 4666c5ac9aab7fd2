//! What is a word of an input script, and how it is written there.
//!
//! Words are what blocks are compared by; literals are what an entry of the registry would search for.

use std::collections::HashMap;

use bitcoin::Script;
use hashwatch_model::anatomy::{StretchKind, stretches};

use super::NamedCoinbase;

/// Characters of the shortest word, and letters that it must have: less turns up by chance, in extranonces most of all.
const WORD_CHARACTERS: usize = 4;
const WORD_LETTERS: usize = 3;

/// A word, or a literal with words in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// As it stands in the script.
    pub(super) written: String,
    /// With ASCII letters in lower case, for comparing.
    pub(super) folded: String,
}

impl Text {
    /// Of both forms.
    pub(super) fn new(written: &str, folded: &str) -> Text {
        Text { written: written.to_owned(), folded: folded.to_owned() }
    }
}

/// The words of known pools, folded.
pub(super) struct KnownWords<'a>(HashMap<String, Option<&'a str>>);

impl<'a> KnownWords<'a> {
    pub(super) fn of(named: &[NamedCoinbase<'a>]) -> KnownWords<'a> {
        let mut known: HashMap<String, Option<&str>> = HashMap::new();
        for block in named {
            each_word(block.script, |_, folded| {
                if let Some(pool) = known.get_mut(folded) {
                    *pool = pool.filter(|pool| *pool == block.pool);
                } else {
                    known.insert(folded.to_owned(), Some(block.pool));
                }
            });
        }
        KnownWords(known)
    }

    /// Whether two pools have a word: it is nobody's own then.
    pub(super) fn is_common(&self, folded: &str) -> bool {
        self.0.get(folded).is_some_and(Option::is_none)
    }

    /// The one pool that has it.
    pub(super) fn pool(&self, folded: &str) -> Option<&'a str> {
        self.0.get(folded).copied().flatten()
    }
}

/// Hands over each word of an input script, as it is written and folded, as often as it comes. Most scripts have the same
/// words: nothing is copied before somebody keeps it.
pub(super) fn each_word(script: &[u8], mut take: impl FnMut(&str, &str)) {
    let mut folded = String::new();
    for run in texts(script) {
        for (_, word) in words_of(&run) {
            fold(word, &mut folded);
            take(word, &folded);
        }
    }
}

/// Hands over what an entry might search for, as it is written and folded: each word, and each piece between slashes that has a
/// word in it, both with the slashes that stand right beside them. A piece may be a sentence (`/Mined by NewPool/`). One of its
/// words must be `known` to be nobody else's.
pub(super) fn each_literal(script: &[u8], known: &KnownWords<'_>, mut take: impl FnMut(&str, &str)) {
    let mut folded = String::new();
    for run in texts(script) {
        let mut at = 0;
        for piece in run.split('/') {
            let mut has_own = false;
            for (offset, word) in words_of(piece) {
                fold(word, &mut folded);
                if !known.is_common(&folded) {
                    has_own = true;
                    let literal = with_slashes(&run, at + offset, word.len());
                    fold(literal, &mut folded);
                    take(literal, &folded);
                }
            }
            if has_own {
                let literal = with_slashes(&run, at, piece.len());
                fold(literal, &mut folded);
                take(literal, &folded);
            }
            at += piece.len() + 1;
        }
    }
}

fn fold(text: &str, folded: &mut String) {
    folded.clear();
    folded.push_str(text);
    folded.make_ascii_lowercase();
}

/// Readable stretches of a script; what commits to other chains' blocks and the height are none.
fn texts(script: &[u8]) -> Vec<String> {
    let stretches = stretches(Script::from_bytes(script)).into_iter();
    let text = |kind| if let StretchKind::Text(text) = kind { Some(text) } else { None };
    stretches.filter_map(|stretch| text(stretch.kind)).collect()
}

/// Words and where they begin.
fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive(is_break).filter_map(move |piece| {
        let begins = at;
        at += piece.len();
        let word = piece.trim_start_matches(is_edge);
        let offset = begins + piece.len() - word.len();
        let word = word.trim_end_matches(is_edge);
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        (word.chars().count() >= WORD_CHARACTERS && letters >= WORD_LETTERS).then_some((offset, word))
    })
}

/// Slashes, blanks and all other signs end a word, but for those that stand within names and addresses.
fn is_break(c: char) -> bool {
    c.is_whitespace() || (c.is_ascii_punctuation() && !matches!(c, '.' | '-' | '_' | '@' | '&' | '+' | '\''))
}

fn is_edge(c: char) -> bool {
    !c.is_alphanumeric()
}

/// A part of a text with the slash right before it and the one right after it, where they are there.
fn with_slashes(text: &str, at: usize, length: usize) -> &str {
    let end = at + length;
    let from = at - usize::from(text[..at].ends_with('/'));
    &text[from..end + usize::from(text[end..].starts_with('/'))]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(script: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        each_word(script, |written, _| found.push(written.to_owned()));
        found
    }

    fn literals(script: &[u8], named: &[NamedCoinbase<'_>]) -> Vec<String> {
        let mut found = Vec::new();
        each_literal(script, &KnownWords::of(named), |written, _| found.push(written.to_owned()));
        found
    }

    #[test]
    fn words_end_where_names_end() {
        let script =
            b"\x03\x60\xae\x0a/NewPool/ Mined by (some_one.x-1@pool.com)\x00\x01newpool\x02ab12 a1b2c3\xffNYA/EB1/";
        assert_eq!(written(script), ["NewPool", "Mined", "some_one.x-1@pool.com", "newpool", "a1b2c3"]);
        assert_eq!(written("/七彩神仙鱼/".as_bytes()), ["七彩神仙鱼"]);
        assert_eq!(written(b"'''name''' ... ----"), ["name"]);
        assert!(written(b"\xfa\xbemm0123456789abcdefghijklmnopqrstuvwxyzABCD").is_empty(), "a commitment");
    }

    #[test]
    fn literals_have_their_slashes() {
        let found = literals(b"x/NewPool/Mined by them/ node1/", &[]);
        let wanted = ["/NewPool/", "/NewPool/", "/Mined", "them/", "/Mined by them/", "node1/", "/ node1/"];
        assert_eq!(found, wanted);
        assert!(literals(b"//////////", &[]).is_empty());
        let named = ["one", "two"].map(|pool| NamedCoinbase { pool, script: b"mined by us" });
        assert_eq!(literals(b"/Mined by/mined by them", &named), ["them", "/mined by them"]);
    }

    #[test]
    fn a_word_of_one_pool_is_known_as_its() {
        let named = [("one", "/P2SH/ first"), ("one", "/P2SH/"), ("two", "p2sh")];
        let named = named.map(|(pool, script)| NamedCoinbase { pool, script: script.as_bytes() });
        let known = KnownWords::of(&named);
        assert!(known.is_common("p2sh") && !known.is_common("first") && !known.is_common("other"));
        assert_eq!((known.pool("p2sh"), known.pool("first"), known.pool("other")), (None, Some("one"), None));
    }

    proptest! {
        /// Whatever a script holds, its literals stand in it and can be seen.
        #[test]
        fn literals_stand_in_the_script(script in prop::collection::vec(any::<u8>(), 0..100)) {
            for literal in literals(&script, &[]) {
                prop_assert!(script.windows(literal.len()).any(|window| window == literal.as_bytes()));
                prop_assert!(!literal.contains(char::is_control));
            }
            let words = written(&script);
            prop_assert!(words.len() <= 20);
            prop_assert!(words.iter().all(|word| word.chars().count() >= WORD_CHARACTERS));
        }
    }
}
