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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::train::Settings;

    const BITS: u32 = 8;
    /// Pieces, and one for the bias.
    const UNKNOWNS: usize = 6;

    /// Lines of a few pieces each, whose truth no weights explain wholly.
    fn problem() -> (Data, Slotted, Vec<Vec<usize>>, Vec<bool>) {
        let mut random = ChaCha12Rng::seed_from_u64(7);
        let pull = [2.0, -1.5, 0.5, 1.0, -0.7];
        let hash = |slot: usize| ((slot as u64) << (64 - BITS)) | ((slot as u64 + 1) << 16);
        let mut data = Data {
            starts: vec![0],
            ..Data::default()
        };
        let (mut pieces, mut truths) = (Vec::new(), Vec::new());
        for line in 0..400 {
            let of: Vec<usize> = (0..pull.len())
                .filter(|_| random.random_bool(0.5))
                .collect();
            let scale = 1.0 / (of.len().max(1) as f64).sqrt();
            let score = of.iter().map(|p| pull[*p]).sum::<f64>() * scale - 0.4;
            let risk = random.random_bool(1.0 / (1.0 + (-score).exp()));
            data.pieces.extend(of.iter().map(|p| hash(*p)));
            data.starts.push(data.pieces.len());
            let truth = if risk { Truth::Yes } else { Truth::No };
            data.truths
                .push([truth, Truth::Unknown, Truth::Unknown, Truth::Unknown]);
            data.weights.push(1.0);
            data.traffic.push(false);
            data.groups.push(line);
            pieces.push(of);
            truths.push(risk);
        }
        let mut tags = vec![None; 1 << BITS];
        (0..pull.len()).for_each(|slot| tags[slot] = Some(slot as u16 + 1));
        let slotted = Slotted::of(&data, &Vocabulary { bits: BITS, tags });
        (data, slotted, pieces, truths)
    }

    /// Newton's method on the same loss, in f64, every line at every step.
    fn newton(pieces: &[Vec<usize>], truths: &[bool], ridge: f64) -> [f64; UNKNOWNS] {
        let mut w = [0.0; UNKNOWNS];
        for _ in 0..30 {
            let (mut gradient, mut hessian) = ([0.0; UNKNOWNS], [[0.0; UNKNOWNS]; UNKNOWNS]);
            for (of, risk) in pieces.iter().zip(truths) {
                let mut x = [0.0; UNKNOWNS];
                of.iter()
                    .for_each(|p| x[*p] = 1.0 / (of.len() as f64).sqrt());
                x[UNKNOWNS - 1] = 1.0;
                let score: f64 = x.iter().zip(w).map(|(x, w)| x * w).sum();
                let p = 1.0 / (1.0 + (-score).exp());
                for i in 0..UNKNOWNS {
                    gradient[i] += (p - f64::from(u8::from(*risk))) * x[i];
                    for j in 0..UNKNOWNS {
                        hessian[i][j] += p * (1.0 - p) * x[i] * x[j];
                    }
                }
                // A weight is pulled to zero once for each line that has its piece.
                of.iter().for_each(|p| {
                    gradient[*p] += ridge * w[*p];
                    hessian[*p][*p] += ridge;
                });
            }
            let step = solved(hessian, gradient);
            (0..UNKNOWNS).for_each(|i| w[i] -= step[i]);
        }
        w
    }

    /// Gauss-Jordan; the matrix is positive.
    fn solved(mut a: [[f64; UNKNOWNS]; UNKNOWNS], mut b: [f64; UNKNOWNS]) -> [f64; UNKNOWNS] {
        for i in 0..UNKNOWNS {
            let pivot = a[i][i];
            a[i].iter_mut().for_each(|x| *x /= pivot);
            b[i] /= pivot;
            for j in (0..UNKNOWNS).filter(|j| *j != i) {
                let factor = a[j][i];
                let row = a[i];
                a[j].iter_mut().zip(row).for_each(|(x, y)| *x -= factor * y);
                b[j] -= factor * b[i];
            }
        }
        b
    }

    #[test]
    fn the_solver_comes_to_where_newton_comes() {
        let (data, slotted, pieces, truths) = problem();
        let settings = Settings {
            epochs_max: 300,
            ..Settings::default()
        };
        let rows: Vec<u32> = (0..data.len() as u32).collect();
        let (weights, _) = solve(&data, &slotted, &rows, &[], 1 << BITS, &settings);
        let reference = newton(&pieces, &truths, f64::from(settings.ridge));
        assert!(
            reference[0] > 1.0 && reference[1] < -0.5,
            "the problem has an answer: {reference:?}"
        );
        for (slot, expected) in reference[..UNKNOWNS - 1].iter().enumerate() {
            let found = f64::from(weights.slots[slot][0]);
            assert!(
                (found - expected).abs() < 0.15,
                "slot {slot}: {found}, Newton {expected}"
            );
        }
        let bias = f64::from(weights.bias[0]);
        assert!(
            (bias - reference[UNKNOWNS - 1]).abs() < 0.15,
            "{bias}, Newton {reference:?}"
        );
        // A head of which nothing is known learns nothing.
        assert_eq!(weights.slots[0][1], 0.0);
    }
}
