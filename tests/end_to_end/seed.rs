//! Chance that can be had again: every choice of a test is drawn from a seed that the test prints.

/// SplitMix64 (Steele, Lea, Flood 2014): plenty for choosing blocks and moments.
pub(crate) struct Seed(u64);

impl Seed {
    /// The seed of one test: `$HASHWATCH_SEED`, else always the same; in a soak the clock's. Printed.
    pub(crate) fn of(test: &str) -> Seed {
        let given = std::env::var("HASHWATCH_SEED").ok().and_then(|text| text.parse().ok());
        let clock = || std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        let seed = given.unwrap_or_else(|| if soak() { clock() } else { 5 });
        eprintln!("{test}: HASHWATCH_SEED={seed}");
        Seed(test.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())))
    }

    /// Any 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number of a range, its end not included.
    pub(crate) fn within(&mut self, range: std::ops::Range<u64>) -> u64 {
        range.start + self.bits() % (range.end - range.start)
    }

    /// One of a list.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let place = self.within(0..list.len() as u64);
        &list[usize::try_from(place).expect("a place in a list")]
    }
}

/// Whether the long versions are asked for (`HASHWATCH_SOAK=1`).
pub(crate) fn soak() -> bool {
    std::env::var_os("HASHWATCH_SOAK").is_some_and(|value| value == "1")
}
