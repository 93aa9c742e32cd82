//! From labelled texts to a model. The same texts in the same order with the same settings give the same bytes, on any
//! number of threads and any machine: sums are taken in a fixed order, and nothing asks the platform for `exp`.
//!
//! 1. [`pick`]: of all pieces the ones that tell a head from the rest best, each in a slot of its own;
//! 2. [`solve`]: weights by stochastic gradients (AdaGrad), first on every risk line and a part of the benign ones, then again
//!    with the benign lines that scored highest: the hard ones among hundreds of thousands are few;
//! 3. [`folds`]: the same on four fifths, five times, which scores every line by a model that has not seen its writer;
//! 4. [`calibrate`]: those scores become probabilities and the curve of false alarms.

mod calibrate;
mod folds;
mod pick;
mod solve;

use std::collections::HashSet;

use super::{HEADS, Head, Tokens, place};

pub use calibrate::{TRAFFIC_MIN, curve as curve_of, isotonic as calibration_of};
pub use folds::{Fold, Measured, train};
pub use solve::Weights;

/// What a line says about a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It is that.
    Yes,
    /// It is not.
    No,
    /// Nobody knows; it teaches nothing.
    Unknown,
}

/// One labelled text.
#[derive(Clone, Debug)]
pub struct Line {
    /// The words, as written.
    pub text: crate::domain::PersonText,
    /// For each head.
    pub truth: [Truth; HEADS],
    /// How much it counts, 1 for one line.
    pub weight: f32,
    /// Stands for ordinary traffic: the alarm curve is made of such lines.
    pub traffic: bool,
    /// Lines of one group are never on both sides of a fold: a writer, or the text itself.
    pub group: u64,
}

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Of everything random.
    pub seed: u64,
    /// Passes over the lines at most.
    pub epochs_max: u32,
    /// Passes without a gain after which it stops.
    pub patience: u32,
    /// Size of the first step.
    pub rate: f32,
    /// Pull towards zero.
    pub ridge: f32,
    /// Weight of a risk line among benign ones.
    pub risk_weight: f32,
    /// Parts of the lines that are scored by a model that has not seen them.
    pub folds: usize,
    /// Bits of a slot number.
    pub bits: u32,
    /// Threads; they change how long it takes and nothing else.
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            epochs_max: 20,
            patience: 2,
            rate: 0.2,
            ridge: 1e-4,
            risk_weight: 1.0,
            folds: 5,
            bits: 18,
            threads: 2,
        }
    }
}

/// Every line by its pieces.
#[derive(Debug, Default)]
struct Data {
    starts: Vec<usize>,
    /// Hashes of the pieces, line after line.
    pieces: Vec<u64>,
    truths: Vec<[Truth; HEADS]>,
    weights: Vec<f32>,
    traffic: Vec<bool>,
    groups: Vec<u64>,
}

impl Data {
    /// Also says which of the lines were kept.
    fn of(lines: Vec<Line>) -> (Self, Vec<usize>) {
        let mut data = Self {
            starts: vec![0],
            ..Self::default()
        };
        let (mut tokens, mut seen, mut kept) = (Tokens::default(), HashSet::new(), Vec::new());
        for (number, line) in lines.into_iter().enumerate() {
            tokens.read(line.text.reveal());
            let from = data.pieces.len();
            // Of a long text only its beginning teaches; it is scored through all its windows.
            let end = tokens.len().min(super::WINDOW);
            tokens.pieces(0, end, |hash, _, _| data.pieces.push(hash));
            // A line written twice would be learnt by heart, and found again.
            let whole = data.pieces[from..]
                .iter()
                .fold(line.text.reveal().len() as u64, |h, p| {
                    (h ^ p).wrapping_mul(0x9E37_79B9_7F4A_7C15)
                });
            if !seen.insert(whole) {
                data.pieces.truncate(from);
                continue;
            }
            data.starts.push(data.pieces.len());
            data.truths.push(line.truth);
            data.weights.push(line.weight);
            data.traffic.push(line.traffic);
            data.groups.push(line.group);
            kept.push(number);
        }
        (data, kept)
    }

    fn len(&self) -> usize {
        self.truths.len()
    }

    fn pieces(&self, line: usize) -> &[u64] {
        &self.pieces[self.starts[line]..self.starts[line + 1]]
    }

    fn is(&self, line: usize, head: Head) -> Truth {
        self.truths[line][head.index()]
    }

    /// A line that is risk to any head.
    fn risk(&self, line: usize) -> bool {
        self.truths[line].contains(&Truth::Yes)
    }
}

/// The pieces that weigh, each in its slot.
#[derive(Clone, Debug)]
struct Vocabulary {
    bits: u32,
    /// Tag of the piece whose slot it is; `None` for a free slot.
    tags: Vec<Option<u16>>,
}

impl Vocabulary {
    #[inline]
    fn slot(&self, hash: u64) -> Option<usize> {
        let (at, tag) = place(hash, self.bits);
        (self.tags[at] == Some(tag as u16)).then_some(at)
    }
}
