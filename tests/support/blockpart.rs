//! REST's `blockpart` as Bitcoin Core v31 answers it (pull requests 33657 and 34074), out of a node's whole blocks: for nodes
//! that are older.

/// Offset and size, or what the node says in their stead.
type Range = Result<(usize, usize), &'static str>;

/// The hash and the range that a path asks for; none where it asks for something else.
pub(crate) fn asked(path: &str) -> Option<(&str, Range)> {
    let (hash, query) = path.strip_prefix("/rest/blockpart/")?.split_once(".bin")?;
    let value = |name: &str| {
        let pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
        pairs.clone().find(|(key, _)| *key == name).and_then(|(_, value)| value.parse().ok())
    };
    let range = match (value("offset"), value("size")) {
        (None, _) => Err("Block part offset missing or invalid\r\n"),
        (_, None) => Err("Block part size missing or invalid\r\n"),
        (Some(offset), Some(size)) => Ok((offset, size)),
    };
    Some((hash, range))
}

/// The part of a block; none where it goes beyond the block's end, or holds nothing.
pub(crate) fn part(block: &[u8], (offset, size): (usize, usize)) -> Option<&[u8]> {
    block.get(offset..offset.checked_add(size)?).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_as_core_cuts_them() {
        let (hash, range) = asked("/rest/blockpart/ab.bin?offset=1&size=2").unwrap();
        assert_eq!((hash, range.and_then(|range| part(b"abcd", range).ok_or("beyond"))), ("ab", Ok(&b"bc"[..])));
        assert!(asked("/rest/blockpart/ab.bin?offset=1").unwrap().1.is_err());
        assert!(asked("/rest/block/ab.bin").is_none());
        for beyond in [(0, 5), (4, 1), (2, 0), (usize::MAX, 2)] {
            assert_eq!(part(b"abcd", beyond), None, "{beyond:?}");
        }
    }
}
