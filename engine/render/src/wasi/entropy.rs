//! Random numbers that are the same in each run: those of a real generator, because what makes keys would never end with a
//! pattern, from a seed that never changes. Whoever draws them must not take them for secrets.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// Where all random numbers start. Any bytes would do; they must never change.
const SEED: [u8; 32] = *b"sluice: the same in each render.";

/// A generator, and how much was drawn from it.
pub(crate) struct Entropy {
    generator: ChaCha20Rng,
    /// Bytes drawn.
    pub(crate) drawn: u64,
}

impl Entropy {
    pub(crate) fn new() -> Self {
        Self { generator: ChaCha20Rng::from_seed(SEED), drawn: 0 }
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.drawn += bytes.len() as u64;
        self.generator.fill_bytes(bytes);
    }
}
