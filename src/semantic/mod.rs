//! A learned scorer for what no word list says: hashed pieces of a text, linear weights, whole numbers.
//!
//! Lexicons find what people wrote before; most people in crisis use none of those words. The scorer weighs every piece of a
//! text ([`tokens`]) towards each [`Head`] and says where the text stands among everyday talk: [`Model::threshold`] gives the
//! score that so many of a million ordinary texts reach. Rules take that as a signal (`rules/README.md`, section 2).
//!
//! # Decisions that a reader will ask about
//!
//! - **Whole numbers only after training**: weights of 12 bits, a table of reciprocal roots, thresholds as scores. The same
//!   text has the same score on every machine, whatever its floating point does.
//! - **Read into memory, not mapped.** The file is at most 4 MiB and is read in a millisecond or two; a mapped file that is cut off under
//!   a running service kills it (`SIGBUS`), one that is overwritten changes judgements half-way, and the checksum would hold
//!   only for the moment it was computed. Reading needs no `unsafe` either.
//! - **A piece that was not seen in training weighs nothing**: each slot keeps 16 bits of its piece's hash, so that
//!   strangers' pieces fall through instead of borrowing weights (one in 65,536 does).
//! - **Who speaks is asked before, not weighed**: a score signal names the speakers and fields it reads (buyers alone by
//!   default), and the heads tell apart a wish of one's own, a threat, and worry about another. A weight for "merchant" would
//!   only learn which corpus a line came from: no public corpus holds both sides of the talk that this service reads.
//! - **No second walk by sound.** A disguise by sound is undone where it is known to be one: the matcher reads the sound view
//!   behind its gate, and rules count a hidden word beside a score at a lower threshold (`model-weak-beside-words`). Pieces
//!   of syllables would make strangers of different words the same piece in every ordinary text. Where a text has a reading, the
//!   matcher has that scored as well: the scorer knows the pieces of what is meant, not those of its disguise.
//! - **Long texts are looked at through windows**, so that an hour of shop talk around one sentence does not thin it out.
//!
//! Pure: no clock, no I/O outside of [`Model::load`]. Must never decide what a score means for a person; rules do.

mod file;
mod tokens;
pub mod train;

#[cfg(test)]
mod tests;

pub use crate::domain::{HEADS, Head};
pub use file::{About, Curve, FORMAT, Knot, Problem, Source, interpolate as calibrated};
pub use tokens::Tokens;

/// Tokens looked at together; texts of more are looked at through windows of so many.
const WINDOW: usize = 96;
/// From the beginning of a window to that of the next.
const STEP: usize = 48;

/// Weights are whole numbers of so many bits, sign included.
const WEIGHT_BITS: u32 = 12;
/// Scores are sums of weights × 2^12 / √pieces, then shifted by this.
const SCORE_SHIFT: u32 = 4;

/// Scores of a text, one a head.
pub type Scores = [i32; HEADS];

/// A trained scorer.
#[derive(Debug)]
pub struct Model {
    about: About,
    hash: String,
    bits: u32,
    slots: Vec<u64>,
    bias: [i32; HEADS],
    roots: Vec<u32>,
}

/// The part of a hash that says which slot, and the part that says whose it is.
#[inline]
fn place(hash: u64, bits: u32) -> (usize, u64) {
    ((hash >> (64 - bits)) as usize, (hash >> 16) & 0xFFFF)
}

/// A weight of a slot, as 12 bits with sign.
#[inline]
fn weight(slot: u64, head: usize) -> i32 {
    let from_top = 64 - 16 - WEIGHT_BITS * (head as u32 + 1);
    (((slot << from_top) as i64) >> (64 - WEIGHT_BITS)) as i32
}

/// 2^12 / √n, rounded down, by whole numbers alone.
fn root(n: usize) -> u32 {
    ((1_u64 << 24) / n.max(1) as u64).isqrt() as u32
}

/// More pieces than any window has: each token begins five and has at most 31 of letters.
const ROOTS: usize = WINDOW * 36 + 2;

/// Weights of many pieces added up without a branch, since whether a piece is known is as good as a coin: two weights a
/// word, in lanes of 24 bits, made positive first so that no lane borrows from the next. 3,458 pieces × 4,095 fit.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    even: u64,
    odd: u64,
}

/// The sign bits of all four weights: with these turned, they count from 0 instead of from -2048.
const SIGNS: u64 = 0x8008_0080_0800;
/// Every second weight.
const LANES: u64 = 0xFFF | 0xFFF << 24;

impl Sums {
    #[inline(always)]
    fn add(&mut self, slot: u64, tag: u64) {
        let weights = if slot & 0xFFFF == tag { slot >> 16 } else { 0 } ^ SIGNS;
        self.even += weights & LANES;
        self.odd += (weights >> WEIGHT_BITS) & LANES;
    }

    fn by_head(self, pieces: usize) -> [i32; HEADS] {
        let offset = (pieces as i32) << (WEIGHT_BITS - 1);
        let lane = |word: u64, at: u32| ((word >> at) & 0xFF_FFFF) as i32 - offset;
        [
            lane(self.even, 0),
            lane(self.odd, 0),
            lane(self.even, 24),
            lane(self.odd, 24),
        ]
    }
}

impl Model {
    fn assemble(about: About, hash: String, bits: u32, slots: Vec<u64>) -> Self {
        Self {
            bias: about.bias,
            about,
            hash,
            bits,
            slots,
            roots: (0..ROOTS).map(root).collect(),
        }
    }

    /// Where it comes from and what it was measured at.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Scores a raw text. The higher, the more it speaks for a head; only the order means something by itself.
    pub fn score(&self, raw: &str, tokens: &mut Tokens) -> Scores {
        tokens.read(raw);
        windows(tokens.len())
            .map(|(from, to)| self.score_window(tokens, from, to))
            .reduce(|a, b| std::array::from_fn(|h| a[h].max(b[h])))
            .unwrap_or([i32::MIN; HEADS])
    }

    fn score_window(&self, tokens: &Tokens, from: usize, to: usize) -> Scores {
        let mut sums = Sums::default();
        let pieces = tokens.pieces(from, to, |hash, _, _| {
            let (at, tag) = place(hash, self.bits);
            sums.add(self.slots[at], tag);
        });
        let root = i64::from(self.roots[pieces]);
        let sums = sums.by_head(pieces);
        std::array::from_fn(|h| ((i64::from(sums[h]) * root) >> SCORE_SHIFT) as i32 + self.bias[h])
    }

    /// How many slots it has.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The slot of a piece, if it has one.
    pub fn slot_of(&self, piece: u64) -> Option<usize> {
        let (at, tag) = place(piece, self.bits);
        (self.slots[at] & 0xFFFF == tag).then_some(at)
    }

    /// What a slot weighs towards a head.
    pub fn weight_of(&self, slot: usize, head: Head) -> i32 {
        weight(self.slots[slot], head.index())
    }

    /// The probability of a score, in millionths, as calibrated in training.
    pub fn probability(&self, head: Head, score: i32) -> u32 {
        file::interpolate(&self.about.calibration[head.index()], score)
    }

    /// The lowest score that at most so many of a million ordinary texts reach.
    pub fn threshold(&self, head: Head, alarms_per_million: u32) -> i32 {
        self.about.curves[head.index()].threshold(alarms_per_million)
    }

    /// Which pieces moved the score most, the strongest first: weight, and where they stand in the raw text.
    pub fn explain(&self, raw: &str, head: Head, tokens: &mut Tokens) -> Vec<Reason> {
        tokens.read(raw);
        let best = windows(tokens.len()).max_by_key(|(from, to)| {
            (
                self.score_window(tokens, *from, *to)[head.index()],
                std::cmp::Reverse(*from),
            )
        });
        let Some((from, to)) = best else {
            return Vec::new();
        };
        let mut reasons: Vec<Reason> = Vec::new();
        tokens.pieces(from, to, |hash, first, last| {
            let (at, tag) = place(hash, self.bits);
            let slot = self.slots[at];
            let weight = weight(slot, head.index());
            if slot & 0xFFFF == tag && weight != 0 {
                let (start, end) = tokens.raw(first, last);
                reasons.push(Reason { weight, start, end });
            }
        });
        reasons.sort_by_key(|r| (std::cmp::Reverse(r.weight.abs()), r.start, r.end));
        reasons
    }
}

/// A piece that counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its weight; positive speaks for the head.
    pub weight: i32,
    /// First raw character.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

/// The windows of a text of so many tokens.
fn windows(tokens: usize) -> impl Iterator<Item = (usize, usize)> {
    let last = tokens.saturating_sub(WINDOW).div_ceil(STEP);
    (0..=last).map(move |i| (i * STEP, (i * STEP + WINDOW).min(tokens)))
}
