//! How any height of a branch is found in few steps: each block knows its parent and one block further below.

/// Where a block's skip leads: far down from most heights, so that from any height any other is near. The rule is that of
/// Core's `CBlockIndex::BuildSkip`.
pub(crate) fn skip_height(height: u32) -> u32 {
    let without_lowest = |number: u32| number & number.wrapping_sub(1);
    match height {
        0 | 1 => 0,
        odd if odd % 2 == 1 => without_lowest(without_lowest(odd - 1)) + 1,
        even => without_lowest(even),
    }
}

/// Whether to follow the skip from `height` on the way down to `to`, or to go to the parent.
pub(crate) fn leads_to(height: u32, skipped: u32, to: u32) -> bool {
    skipped >= to && skipped < height
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn steps(from: u32, to: u32, base: u32) -> u32 {
        let (mut height, mut steps) = (from, 0);
        while height > to {
            let skipped = skip_height(height).max(base);
            height = if leads_to(height, skipped, to) { skipped } else { height - 1 };
            steps += 1;
        }
        assert_eq!(height, to);
        steps
    }

    #[test]
    fn a_skip_never_stays_where_it_is() {
        for height in (1..100_000).chain(u32::MAX - 1_000..=u32::MAX) {
            assert!(skip_height(height) < height, "{height}");
        }
        assert_eq!(steps(u32::MAX, u32::MAX, u32::MAX), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_height_is_near(from in 0..=1_000_000_u32, to: prop::sample::Index, base: prop::sample::Index) {
            let to = u32::try_from(to.index(from as usize + 1)).unwrap();
            let base = u32::try_from(base.index(to as usize + 1)).unwrap();
            prop_assert!(steps(from, to, base) < 200);
        }
    }
}
