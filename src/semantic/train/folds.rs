//! Training as a whole: every line scored by a model that has not seen it, then one model from all lines.

use std::num::NonZeroUsize;

use super::pick::pick;
use super::solve::{Slotted, Weights, solve, some_of};
use super::{Data, Line, Settings, Truth, Vocabulary, calibrate};
use crate::semantic::{About, Curve, HEADS, Head, Knot, Model, Scores, Tokens, WEIGHT_BITS};

/// A weight of one is so many steps of a whole-number weight.
const STEPS: f32 = 64.0;
const WEIGHT_MAX: i32 = (1 << (WEIGHT_BITS - 1)) - 1;
/// A score of one (a factor of e in the odds) is so many steps of a whole-number score.
pub(crate) const SCORE_STEPS: f32 = STEPS * 256.0;

/// A line as it was scored by a model that had not seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Which line of those given.
    pub line: usize,
    /// Which fold it was in.
    pub fold: usize,
    /// Its scores.
    pub scores: Scores,
}

/// What training saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// All lines that were kept (a text written twice is kept once).
    pub lines: Vec<Fold>,
    /// Passes of each fold until it stopped.
    pub epochs: Vec<u32>,
}

/// Trains. `about` brings name, sources and date; the rest of it is filled in. `tell` hears of each step that is done.
///
/// # Errors
/// Where no head has a risk line, or too few lines are there for the folds.
pub fn train(
    lines: Vec<Line>,
    settings: &Settings,
    about: About,
    tell: &(dyn Fn() + Sync),
) -> Result<(Model, Measured), String> {
    let texts: Vec<_> = lines.iter().map(|line| line.text.clone()).collect();
    let (data, kept) = Data::of(lines);
    if data.len() < settings.folds * 20 {
        return Err(format!("{} lines are too few to train on", data.len()));
    }
    if !(0..data.len()).any(|line| data.risk(line)) {
        return Err("no line is labelled as risk".to_owned());
    }
    let folds = settings.folds.max(2);
    let fold_of: Vec<usize> = data
        .groups
        .iter()
        .map(|g| fold_of(*g, settings.seed, folds))
        .collect();
    let rows = |want: &dyn Fn(usize) -> bool| -> Vec<u32> {
        (0..data.len())
            .filter(|l| want(fold_of[*l]))
            .map(|l| l as u32)
            .collect()
    };
    let one = |fold: usize| -> (Vec<Fold>, u32) {
        let learn = rows(&|f| f != fold);
        let (model, epochs) = fit(&data, &learn, None, settings);
        let mut tokens = Tokens::default();
        let scored = rows(&|f| f == fold)
            .into_iter()
            .map(|row| Fold {
                line: kept[row as usize],
                fold,
                scores: model.score(texts[kept[row as usize]].reveal(), &mut tokens),
            })
            .collect();
        tell();
        (scored, epochs)
    };
    let threads = NonZeroUsize::new(settings.threads.min(folds)).unwrap_or(NonZeroUsize::MIN);
    let (mut scored, epochs) = in_order(folds, threads, &one)?;
    scored.sort_unstable_by_key(|s| s.line);
    let mean_epochs = (epochs.iter().sum::<u32>() + folds as u32 / 2) / folds as u32;
    let everything: Vec<u32> = (0..data.len() as u32).collect();
    let (model, _) = fit(&data, &everything, Some(mean_epochs.max(1)), settings);
    tell();
    let (calibration, curves) = read_off(&data, &kept, &scored);
    let about = About {
        epochs: mean_epochs,
        calibration,
        curves,
        ..about
    };
    Ok((
        model.described(about),
        Measured {
            lines: scored,
            epochs,
        },
    ))
}

/// The work of every fold on a few threads; results in the order of the folds.
fn in_order(
    folds: usize,
    threads: NonZeroUsize,
    one: &(dyn Fn(usize) -> (Vec<Fold>, u32) + Sync),
) -> Result<(Vec<Fold>, Vec<u32>), String> {
    let mut parts: Vec<(usize, (Vec<Fold>, u32))> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get())
            .map(|first| {
                scope.spawn(move || -> Vec<_> {
                    (first..folds)
                        .step_by(threads.get())
                        .map(|f| (f, one(f)))
                        .collect()
                })
            })
            .collect();
        let mut parts = Vec::new();
        for worker in workers {
            parts.extend(
                worker
                    .join()
                    .map_err(|_| "a fold could not be trained".to_owned())?,
            );
        }
        Ok::<_, String>(parts)
    })?;
    parts.sort_by_key(|part| part.0);
    let epochs = parts.iter().map(|part| part.1.1).collect();
    Ok((
        parts.into_iter().flat_map(|part| part.1.0).collect(),
        epochs,
    ))
}

fn fold_of(group: u64, seed: u64, folds: usize) -> usize {
    let mixed = (group ^ seed.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed >> 33) % folds as u64) as usize
}

/// One benign line in so many is learnt from at first.
const FIRST_SHARE: u64 = 2;
/// Of the others, one in so many: those that scored highest.
const HARD_SHARE: usize = 4;
/// One line in so many is held out to see when to stop.
const HELD_OUT: u64 = 10;

/// A model from some lines; `epochs` fixes the number of passes, else held-out lines say when to stop.
fn fit(data: &Data, rows: &[u32], epochs: Option<u32>, settings: &Settings) -> (Model, u32) {
    let vocabulary = pick(data, rows, settings.bits);
    let slotted = Slotted::of(data, &vocabulary);
    let slots = 1 << settings.bits;
    let (held_out, learn) = match epochs {
        Some(_) => (Vec::new(), rows.to_vec()),
        None => some_of(data, rows, HELD_OUT, settings.seed),
    };
    let settings = Settings {
        epochs_max: epochs.unwrap_or(settings.epochs_max),
        ..settings.clone()
    };
    // Of what nobody knows nothing is learnt, so it takes no place among the hard ones either.
    let known = |row: &&u32| !data.truths[**row as usize].contains(&Truth::Unknown);
    let (risk, benign): (Vec<u32>, Vec<u32>) = learn
        .iter()
        .filter(known)
        .partition(|row| data.risk(**row as usize));
    let (first, rest) = some_of(data, &benign, FIRST_SHARE, settings.seed + 1);
    let quick = Settings {
        epochs_max: settings.epochs_max.min(4),
        ..settings.clone()
    };
    let begin: Vec<u32> = risk.iter().chain(&first).copied().collect();
    let (weights, _) = solve(data, &slotted, &begin, &held_out, slots, &quick);
    let hardness = |row: &u32| {
        let scores = slotted.score(*row as usize, &weights);
        scores.into_iter().fold(f32::NEG_INFINITY, f32::max)
    };
    let mut rest: Vec<(f32, u32)> = rest.into_iter().map(|row| (hardness(&row), row)).collect();
    rest.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    rest.truncate(rest.len() / HARD_SHARE);
    let all: Vec<u32> = begin
        .into_iter()
        .chain(rest.into_iter().map(|r| r.1))
        .collect();
    let (weights, passes) = solve(data, &slotted, &all, &held_out, slots, &settings);
    (whole_numbers(&vocabulary, &weights), passes)
}

fn whole_numbers(vocabulary: &Vocabulary, weights: &Weights) -> Model {
    let slots: Vec<u64> = vocabulary
        .tags
        .iter()
        .zip(&weights.slots)
        .map(|(tag, weights)| {
            let Some(tag) = tag else { return 0 };
            weights
                .iter()
                .enumerate()
                .fold(u64::from(*tag), |slot, (head, w)| {
                    let whole = ((w * STEPS).round() as i32).clamp(-WEIGHT_MAX, WEIGHT_MAX);
                    let bits = (whole as u64) & ((1 << WEIGHT_BITS) - 1);
                    slot | bits << (16 + WEIGHT_BITS * head as u32)
                })
        })
        .collect();
    let about = About {
        name: String::new(),
        trained_by: env!("CARGO_PKG_VERSION").to_owned(),
        trained_on: String::new(),
        seed: 0,
        sources: Vec::new(),
        epochs: 0,
        pieces: slots.iter().filter(|slot| **slot >> 16 != 0).count() as u32,
        bias: weights.bias.map(|b| (b * SCORE_STEPS).round() as i32),
        calibration: Default::default(),
        curves: Default::default(),
    };
    Model::assemble(about, String::new(), vocabulary.bits, slots)
}

impl Model {
    fn described(self, about: About) -> Self {
        let about = About {
            bias: self.about.bias,
            pieces: self.about.pieces,
            ..about
        };
        Self { about, ..self }
    }
}

type ReadOff = ([Vec<Knot>; HEADS], [Curve; HEADS]);

/// Calibration and alarm curves from scores of lines that were not seen.
fn read_off(data: &Data, kept: &[usize], scored: &[Fold]) -> ReadOff {
    let row_of: std::collections::HashMap<usize, usize> = kept
        .iter()
        .enumerate()
        .map(|(row, line)| (*line, row))
        .collect();
    let with = |head: Head| -> (Vec<Knot>, Curve) {
        let (mut labelled, mut traffic) = (Vec::new(), Vec::new());
        for of in scored {
            let (row, score) = (row_of[&of.line], of.scores[head.index()]);
            match data.is(row, head) {
                Truth::Unknown => {}
                truth => labelled.push((score, f64::from(data.weights[row]), truth == Truth::Yes)),
            }
            if data.traffic[row] {
                traffic.push(score);
            }
        }
        (
            calibrate::isotonic(&mut labelled),
            calibrate::curve(traffic),
        )
    };
    let [a, b, c, d] = Head::ALL.map(with);
    ([a.0, b.0, c.0, d.0], [a.1, b.1, c.1, d.1])
}
