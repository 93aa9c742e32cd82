//! Chance that can be repeated. Every question has a stream of its own under the seed, so an answer never depends on
//! which others were asked before; ids come from a permutation, so they cannot collide and show nothing.

use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Topics from here on belong to a person's story; below they number the person's visits.
pub(super) const STORY: u32 = 1 << 31;
/// With a topic below or at [`STORY`]: where they shop then.
pub(super) const SHOP: u32 = 1 << 30;
/// What a person is like.
pub(super) const TRAITS: u32 = u32::MAX;
/// When a person comes and what they do.
pub(super) const VISITS: u32 = u32::MAX - 1;

/// No person has this number, so the streams under it are for the whole place.
const NOBODY: u32 = u32::MAX;

/// The chance of one run.
pub(super) struct Chance {
    root: ChaCha8Rng,
    key: u64,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        let root = ChaCha8Rng::seed_from_u64(seed);
        let mut chance = Self { root, key: 0 };
        chance.key = chance.on(NOBODY, 0).next_u64();
        chance
    }

    /// The stream of one topic of one person.
    pub fn on(&self, person: u32, topic: u32) -> ChaCha8Rng {
        let mut rng = self.root.clone();
        rng.set_stream(stream(person, topic));
        rng
    }

    /// The stream that decides who has a story.
    pub fn of_cast(&self) -> ChaCha8Rng {
        self.on(NOBODY, 1)
    }

    /// The stream that decides who is busy.
    pub fn of_ranks(&self) -> ChaCha8Rng {
        self.on(NOBODY, 2)
    }

    /// An opaque 48-bit number, another one for every `number` below 2^48.
    pub fn opaque48(&self, number: u64) -> u64 {
        self.permute(number, 48)
    }

    /// An opaque number for a topic of a person, another one for every pair.
    pub fn opaque(&self, person: u32, topic: u32) -> u64 {
        self.permute(stream(person, topic), 64)
    }

    /// Each step can be undone within `bits`, so no two numbers meet.
    fn permute(&self, number: u64, bits: u32) -> u64 {
        let mask = u64::MAX >> (64 - bits);
        let mut x = (number ^ self.key) & mask;
        for odd in [
            0x9e37_79b9_7f4a_7c15_u64,
            0xbf58_476d_1ce4_e5b9,
            0x94d0_49bb_1331_11eb,
        ] {
            x = x.wrapping_mul(odd) & mask;
            x ^= x >> (bits / 2);
        }
        x
    }
}

fn stream(person: u32, topic: u32) -> u64 {
    (u64::from(person) << 32) | u64::from(topic)
}

/// True in so many of 1,000 cases.
pub(super) fn per_mille(rng: &mut ChaCha8Rng, share: u32) -> bool {
    rng.random_range(0..1_000_u32) < share
}

/// One of them, all equally likely, by a draw over all 32 bits; `None` where there is none.
pub(super) fn pick<T>(draw: u32, of: &[T]) -> Option<&T> {
    of.get(((u64::from(draw) * of.len() as u64) >> 32) as usize)
}

/// One of several shares by its weight; 0 where there is none.
pub(super) fn weighted(rng: &mut ChaCha8Rng, weights: &[u32]) -> usize {
    let mut left = rng.random_range(0..weights.iter().sum::<u32>().max(1));
    for (index, weight) in weights.iter().enumerate() {
        match left.checked_sub(*weight) {
            Some(rest) => left = rest,
            None => return index,
        }
    }
    0
}
