//! Logistic regression for all heads at once, by stochastic gradients with AdaGrad steps: forty lines, since the solvers to
//! be had hold dense matrices or compute with the platform's `exp`. Tested against Newton's method on a small problem.

use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use super::{Data, Settings, Truth, Vocabulary};
use crate::semantic::HEADS;

/// Weights of slots and of nothing (the bias), one a head.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    pub(super) slots: Vec<[f32; HEADS]>,
    pub(super) bias: [f32; HEADS],
}

/// Lines by the slots of their pieces.
pub(super) struct Slotted {
    starts: Vec<usize>,
    slots: Vec<u32>,
    /// 1 / √pieces, pieces without a slot counted too.
    scale: Vec<f32>,
}

impl Slotted {
    pub(super) fn of(data: &Data, vocabulary: &Vocabulary) -> Self {
        let mut out = Self {
            starts: vec![0],
            slots: Vec::new(),
            scale: Vec::with_capacity(data.len()),
        };
        for line in 0..data.len() {
            let pieces = data.pieces(line);
            let slots = pieces.iter().filter_map(|p| vocabulary.slot(*p));
            out.slots.extend(slots.map(|s| s as u32));
            out.starts.push(out.slots.len());
            out.scale.push(1.0 / (pieces.len().max(1) as f32).sqrt());
        }
        out
    }

    fn line(&self, line: usize) -> &[u32] {
        &self.slots[self.starts[line]..self.starts[line + 1]]
    }

    pub(super) fn score(&self, line: usize, weights: &Weights) -> [f32; HEADS] {
        let mut sums = [0.0_f32; HEADS];
        for slot in self.line(line) {
            let of = &weights.slots[*slot as usize];
            for (sum, w) in sums.iter_mut().zip(of) {
                *sum += w;
            }
        }
        std::array::from_fn(|h| sums[h] * self.scale[line] + weights.bias[h])
    }
}

/// 1 / (1 + e^-x), the same on every machine.
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x))
}

/// Below this a line has nothing to teach any more.
const GRADIENT_MIN: f32 = 1e-4;

/// Descends until the held-out lines gain nothing more; the weights of the best pass, and how many passes that were.
pub(super) fn solve(
    data: &Data,
    lines: &Slotted,
    rows: &[u32],
    held_out: &[u32],
    slots: usize,
    settings: &Settings,
) -> (Weights, u32) {
    let mut random = ChaCha12Rng::seed_from_u64(settings.seed);
    let mut weights = Weights {
        slots: vec![[0.0; HEADS]; slots],
        bias: [-2.0; HEADS],
    };
    let mut squares = vec![[1e-6_f32; HEADS]; slots];
    let mut bias_squares = [1e-6_f32; HEADS];
    let mut order = rows.to_vec();
    let mut best = (f64::INFINITY, weights.clone(), 0);
    for epoch in 1..=settings.epochs_max {
        order.shuffle(&mut random);
        for row in &order {
            let line = *row as usize;
            let gradient = gradient(data, line, lines.score(line, &weights), settings);
            if gradient.iter().all(|g| g.abs() < GRADIENT_MIN) {
                continue;
            }
            for h in 0..HEADS {
                bias_squares[h] += gradient[h] * gradient[h];
                weights.bias[h] -= settings.rate * gradient[h] / bias_squares[h].sqrt();
            }
            let scale = lines.scale[line];
            for slot in lines.line(line) {
                let (w, square) = (
                    &mut weights.slots[*slot as usize],
                    &mut squares[*slot as usize],
                );
                for h in 0..HEADS {
                    let g = gradient[h] * scale + settings.ridge * w[h];
                    square[h] += g * g;
                    w[h] -= settings.rate * g / square[h].sqrt();
                }
            }
        }
        if held_out.is_empty() {
            best = (0.0, weights.clone(), epoch);
            continue;
        }
        let loss: f64 = held_out
            .iter()
            .map(|row| {
                loss(
                    data,
                    *row as usize,
                    lines.score(*row as usize, &weights),
                    settings,
                )
            })
            .sum();
        if loss < best.0 {
            best = (loss, weights.clone(), epoch);
        } else if epoch >= best.2 + settings.patience {
            break;
        }
    }
    (best.1, best.2)
}

fn line_weight(data: &Data, line: usize, truth: Truth, settings: &Settings) -> f32 {
    let risk = if truth == Truth::Yes {
        settings.risk_weight
    } else {
        1.0
    };
    data.weights[line] * risk
}

fn gradient(data: &Data, line: usize, score: [f32; HEADS], settings: &Settings) -> [f32; HEADS] {
    std::array::from_fn(|h| {
        let truth = data.truths[line][h];
        let target = match truth {
            Truth::Yes => 1.0,
            Truth::No => 0.0,
            Truth::Unknown => return 0.0,
        };
        line_weight(data, line, truth, settings) * (sigmoid(score[h]) - target)
    })
}

fn loss(data: &Data, line: usize, score: [f32; HEADS], settings: &Settings) -> f64 {
    (0..HEADS)
        .map(|h| {
            let truth = data.truths[line][h];
            let toward = match truth {
                Truth::Yes => -score[h],
                Truth::No => score[h],
                Truth::Unknown => return 0.0,
            };
            let loss = if toward > 30.0 {
                toward
            } else {
                libm::log1pf(libm::expf(toward))
            };
            f64::from(line_weight(data, line, truth, settings) * loss)
        })
        .sum()
}

/// A part of the rows, chosen by their groups.
pub(super) fn some_of(data: &Data, rows: &[u32], one_in: u64, salt: u64) -> (Vec<u32>, Vec<u32>) {
    let mut random = ChaCha12Rng::seed_from_u64(salt);
    let key: u64 = random.random();
    rows.iter().partition(|row| {
        let mixed = (data.groups[**row as usize] ^ key).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32).is_multiple_of(one_in)
    })
}
