//! Finds all of many texts in a run of bytes, whatever the case of ASCII letters.
//!
//! An input script is short and holds one tag or none, so most of its places are no tag's beginning. Three bytes tell that of
//! a place without regard to any other; an automaton would have to take a step after the other.

/// By so many bytes a text is looked for; none may be shorter.
pub(crate) const HEAD: usize = 3;

/// Texts are looked for in so many groups, a bit of a word each.
const GROUPS: usize = u64::BITS as usize;

/// Texts to be found.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    /// For each of the first bytes of a text, and each value of it: the groups that have such a text.
    heads: Box<[[u64; 256]; HEAD]>,
    groups: Vec<Vec<Text>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Text {
    lower: Box<[u8]>,
    number: usize,
    /// Its [`start`], and the bits of that which the text takes, if it is shorter.
    start: u64,
    mask: u64,
}

impl Text {
    fn new(text: &str, number: usize) -> Text {
        let lower = text.to_ascii_lowercase().into_bytes().into_boxed_slice();
        let mask = u64::MAX >> (u64::BITS as usize - 8 * lower.len().min(8));
        Text { start: start(&lower) & mask, mask, lower, number }
    }
}

/// The first eight bytes as a number, without the bit that tells letters in upper case from those in lower; of other bytes two
/// become one, so this rules out and proves nothing.
fn start(bytes: &[u8]) -> u64 {
    let eight = bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        eight
    });
    u64::from_le_bytes(eight) | u64::from_le_bytes([b' '; 8])
}

impl Texts {
    /// Numbers the texts in this order.
    pub(crate) fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Texts {
        let mut texts: Vec<Text> = texts.zip(0..).map(|(text, number)| Text::new(text, number)).collect();
        // those that begin alike share a group, so that few bytes fit any one of them
        texts.sort_unstable();
        let groups: Vec<_> = texts.chunks(texts.len().div_ceil(GROUPS).max(1)).map(<[_]>::to_vec).collect();
        let mut heads = Box::new([[0; 256]; HEAD]);
        for (number, group) in groups.iter().enumerate() {
            for (place, byte) in group.iter().flat_map(|text| text.lower.iter().take(HEAD).enumerate()) {
                heads[place][usize::from(*byte)] |= 1 << number;
                heads[place][usize::from(byte.to_ascii_uppercase())] |= 1 << number;
            }
        }
        Texts { heads, groups }
    }

    /// Calls `found` with the number and the place of each text that is there, the earliest first.
    pub(crate) fn find(&self, bytes: &[u8], mut found: impl FnMut(usize, usize)) {
        let [first, second, third] = &*self.heads;
        for (at, head) in bytes.windows(HEAD).enumerate() {
            let [one, two, three] = [head[0], head[1], head[2]].map(usize::from);
            let fit = first[one] & second[two] & third[three];
            if fit != 0 {
                self.compare(fit, &bytes[at..], |number| found(number, at));
            }
        }
    }

    /// Calls `found` with the number of each text of these groups that the bytes begin with.
    fn compare(&self, mut groups: u64, bytes: &[u8], mut found: impl FnMut(usize)) {
        let start = start(bytes);
        while groups != 0 {
            for text in &self.groups[groups.trailing_zeros() as usize] {
                let begins = || bytes.get(..text.lower.len()).is_some_and(|it| it.eq_ignore_ascii_case(&text.lower));
                if start & text.mask == text.start && begins() {
                    found(text.number);
                }
            }
            // without its lowest bit
            groups &= groups - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Registry;

    proptest! {
        /// Letters of which few are different, so that texts begin alike and lie within each other.
        #[test]
        fn finds_what_is_there(
            texts in proptest::collection::vec("[aAb\u{e9}/]{3,6}", 0..200), bytes in "[aAbB\u{e9}\u{c9}/x]{0,60}"
        ) {
            let mut found = Vec::new();
            Texts::new(texts.iter().map(String::as_str)).find(bytes.as_bytes(), |number, at| found.push((at, number)));
            prop_assert!(found.is_sorted_by_key(|&(at, _)| at));
            found.sort_unstable();
            let there = |at: usize, text: &str| {
                bytes.as_bytes()[at..].get(..text.len()).is_some_and(|it| it.eq_ignore_ascii_case(text.as_bytes()))
            };
            let every = (0..bytes.len()).flat_map(|at| (0..texts.len()).map(move |number| (at, number)));
            let expected: Vec<_> = every.filter(|&(at, number)| there(at, &texts[number])).collect();
            prop_assert_eq!(found, expected);
        }
    }

    /// Whatever a script holds, to look at one place of it is to compare a handful of tags.
    #[test]
    fn no_bytes_lead_to_many_tags() {
        let tags = Registry::builtin().pools().iter().flat_map(|pool| &pool.tags);
        let texts = Texts::new(tags.map(|tag| tag.text.as_str()));
        let compared = |fit: u64| -> usize {
            let groups = texts.groups.iter().enumerate();
            groups.filter(|(number, _)| fit >> number & 1 == 1).map(|(_, group)| group.len()).sum()
        };
        // many bytes fit the same groups
        let words = texts.heads.each_ref().map(|words| std::collections::BTreeSet::from(*words));
        let [first, second, third] = &words;
        let mut most = 0;
        for (one, two) in first.iter().flat_map(|one| second.iter().map(move |two| (one, two))) {
            most = third.iter().map(|three| compared(one & two & three)).chain([most]).max().unwrap_or_default();
        }
        assert!((1..=40).contains(&most), "{most}");
    }
}
