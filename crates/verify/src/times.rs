//! The times of the last few blocks, of which a median is made (BIP 113).

/// Blocks whose times make a median time past (BIP 113).
pub(crate) const MEDIAN_BLOCKS: usize = 11;

/// Times of the last eleven blocks, oldest first; of fewer near the start, at the end of the array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) last: [u32; MEDIAN_BLOCKS],
    pub(crate) known: usize,
}

impl Times {
    pub(crate) fn none() -> Times {
        Times { last: [0; MEDIAN_BLOCKS], known: 0 }
    }

    pub(crate) fn add(&mut self, time: u32) {
        self.last.rotate_left(1);
        self.last[MEDIAN_BLOCKS - 1] = time;
        self.known = (self.known + 1).min(MEDIAN_BLOCKS);
    }

    /// Time of the block itself.
    pub(crate) fn newest(&self) -> u32 {
        self.last[MEDIAN_BLOCKS - 1]
    }

    /// The middle one of those seen, the higher of two (Core `GetMedianTimePast`).
    pub(crate) fn median(&self) -> u32 {
        let mut times = self.last;
        let seen = &mut times[MEDIAN_BLOCKS - self.known..];
        seen.sort_unstable();
        seen.get(seen.len() / 2).copied().unwrap_or(0)
    }

    /// The median of all eleven if those that were not seen lie as early as can be; none where that bounds nothing.
    pub(crate) fn sixth_latest(&self) -> Option<u32> {
        let mut times = self.last;
        let seen = &mut times[MEDIAN_BLOCKS - self.known..];
        seen.sort_unstable();
        seen.iter().rev().nth(MEDIAN_BLOCKS / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Core takes the element in the middle, of an even number the higher.
    #[test]
    fn the_median_of_few_and_of_many() {
        let mut times = Times::none();
        for (time, median) in [(50, 50), (10, 50), (30, 30), (40, 40), (20, 30)] {
            times.add(time);
            assert_eq!(times.median(), median);
        }
        for time in 100..200 {
            times.add(time);
        }
        assert_eq!((times.median(), times.newest(), times.known), (194, 199, 11));
    }
}
