//! The constants of SHA-256 (FIPS 180-4, sections 4.2.2 and 5.3.3) and what of the padding can be worked out in
//! advance.

/// Round constants.
pub(crate) static K: [u32; 64] = ROUND_CONSTANTS;

/// The state that hashing starts from.
pub(crate) const INITIAL: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// The last block of an 80-byte header: four words of the header, then the padding. Those four stand as zero.
pub(crate) const HEADER_TAIL: [u32; 16] = padding(4, 80 * 8);

/// The only block of a 32-byte digest: eight words of the digest, then the padding. Those eight stand as zero.
pub(crate) const DIGEST_TAIL: [u32; 16] = padding(8, 32 * 8);

/// For each round of the block that pads a 64-byte node: round constant plus message word. All of it is known.
pub(crate) static NODE_TAIL_ROUNDS: [u32; 64] = {
    let mut rounds = expanded(padding(0, 64 * 8));
    let mut t = 0;
    while t < 64 {
        rounds[t] = rounds[t].wrapping_add(ROUND_CONSTANTS[t]);
        t += 1;
    }
    rounds
};

/// A block whose message ends after `words` words, of a message `bits` long.
const fn padding(words: usize, bits: u32) -> [u32; 16] {
    let mut block = [0; 16];
    block[words] = 0x8000_0000;
    block[15] = bits;
    block
}

/// The message schedule (FIPS 180-4, 6.2.2 step 1).
const fn expanded(block: [u32; 16]) -> [u32; 64] {
    let mut w = [0u32; 64];
    let mut t = 0;
    while t < 16 {
        w[t] = block[t];
        t += 1;
    }
    while t < 64 {
        w[t] =
            small_sigma1(w[t - 2]).wrapping_add(w[t - 7]).wrapping_add(small_sigma0(w[t - 15])).wrapping_add(w[t - 16]);
        t += 1;
    }
    w
}

/// σ0 of FIPS 180-4, equation 4.6.
pub(crate) const fn small_sigma0(x: u32) -> u32 {
    x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3)
}

/// σ1 of FIPS 180-4, equation 4.7.
pub(crate) const fn small_sigma1(x: u32) -> u32 {
    x.rotate_right(17) ^ x.rotate_right(19) ^ (x >> 10)
}

#[rustfmt::skip]
const ROUND_CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
