//! What the phased algorithm needs of a vector instruction set: one 32-bit word of many messages in each vector.

/// An instruction set that works on [`LANES`](Lanes::LANES) messages at once. A value of such a type is the proof
/// that the processor has it.
///
/// Every method is `#[inline(always)]`, down from the one function per kernel that enables the instruction set:
/// only so do the instructions end up in the kernel rather than behind calls.
pub(crate) trait Lanes: Copy {
    /// One word of each message.
    type Words: Copy;

    /// Messages worked on at once.
    const LANES: usize;

    /// The same word for each message.
    fn splat(self, word: u32) -> Self::Words;

    /// Sum modulo 2^32.
    fn add(self, a: Self::Words, b: Self::Words) -> Self::Words;

    /// `a ^ b ^ c`
    fn xor3(self, a: Self::Words, b: Self::Words, c: Self::Words) -> Self::Words;

    /// Rotates right by `RIGHT`, which is left by `LEFT`.
    fn rotate<const RIGHT: i32, const LEFT: i32>(self, a: Self::Words) -> Self::Words;

    /// Shifts right by `BY`, zeroes coming in.
    fn shift<const BY: u32>(self, a: Self::Words) -> Self::Words;

    /// Bits of `f` where `e` is set, of `g` where it is not.
    fn choose(self, e: Self::Words, f: Self::Words, g: Self::Words) -> Self::Words;

    /// Bits that are set in two of the three.
    fn majority(self, a: Self::Words, b: Self::Words, c: Self::Words) -> Self::Words;

    /// Four big-endian words of each message, from byte `at` of its row.
    ///
    /// # Panics
    /// When there are fewer rows than lanes, or a row ends within the words.
    fn load<const ROW: usize>(self, rows: &[[u8; ROW]], at: usize) -> [Self::Words; 4];

    /// Writes four words of each message, big-endian, to byte `at` of its row.
    ///
    /// # Panics
    /// As [`load`](Lanes::load).
    fn store(self, words: [Self::Words; 4], rows: &mut [[u8; 32]], at: usize);

    /// Asks for the cache line of an address, at which there need be nothing.
    fn prefetch(self, at: *const u8);
}

/// Twice the lanes, by two vectors side by side: while one waits for its last result, the other works.
#[derive(Clone, Copy)]
pub(crate) struct Twice<L>(pub(crate) L);

impl<L: Lanes> Lanes for Twice<L> {
    type Words = [L::Words; 2];

    const LANES: usize = 2 * L::LANES;

    #[inline(always)]
    fn splat(self, word: u32) -> Self::Words {
        [self.0.splat(word); 2]
    }

    #[inline(always)]
    fn add(self, a: Self::Words, b: Self::Words) -> Self::Words {
        [self.0.add(a[0], b[0]), self.0.add(a[1], b[1])]
    }

    #[inline(always)]
    fn xor3(self, a: Self::Words, b: Self::Words, c: Self::Words) -> Self::Words {
        [self.0.xor3(a[0], b[0], c[0]), self.0.xor3(a[1], b[1], c[1])]
    }

    #[inline(always)]
    fn rotate<const RIGHT: i32, const LEFT: i32>(self, a: Self::Words) -> Self::Words {
        [self.0.rotate::<RIGHT, LEFT>(a[0]), self.0.rotate::<RIGHT, LEFT>(a[1])]
    }

    #[inline(always)]
    fn shift<const BY: u32>(self, a: Self::Words) -> Self::Words {
        [self.0.shift::<BY>(a[0]), self.0.shift::<BY>(a[1])]
    }

    #[inline(always)]
    fn choose(self, e: Self::Words, f: Self::Words, g: Self::Words) -> Self::Words {
        [self.0.choose(e[0], f[0], g[0]), self.0.choose(e[1], f[1], g[1])]
    }

    #[inline(always)]
    fn majority(self, a: Self::Words, b: Self::Words, c: Self::Words) -> Self::Words {
        [self.0.majority(a[0], b[0], c[0]), self.0.majority(a[1], b[1], c[1])]
    }

    #[inline(always)]
    fn load<const ROW: usize>(self, rows: &[[u8; ROW]], at: usize) -> [Self::Words; 4] {
        let (low, high) = rows.split_at(L::LANES);
        let [a, b, c, d] = self.0.load(low, at);
        let [e, f, g, h] = self.0.load(high, at);
        [[a, e], [b, f], [c, g], [d, h]]
    }

    #[inline(always)]
    fn store(self, words: [Self::Words; 4], rows: &mut [[u8; 32]], at: usize) {
        let (low, high) = rows.split_at_mut(L::LANES);
        let [[a, e], [b, f], [c, g], [d, h]] = words;
        self.0.store([a, b, c, d], low, at);
        self.0.store([e, f, g, h], high, at);
    }

    #[inline(always)]
    fn prefetch(self, at: *const u8) {
        self.0.prefetch(at);
    }
}
