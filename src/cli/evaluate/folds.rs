//! How much a pack leans on single lines. Terms chosen with a corpus at hand find that corpus; so each part of it is looked
//! at with a pack from which every term is taken that only this part speaks for. What is lost then is what was learnt by
//! heart.
//!
//! A term speaks for itself where it alone, with its signal's guards, gives a signal of a line. It is asked through the
//! matcher, one term at a time, so that every view of a text counts as it does in service.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;

use super::judge::{Judge, event};
use super::measure::share;
use crate::cli::corpus::Text;
use crate::domain::Level;
use crate::matcher::{Matcher, Scratch, Who};
use crate::rules::load::Files;
use crate::rules::{Ruleset, TextSignal, load_files};

/// Lines of this urgency and above are looked at.
pub(super) const FOLD_LEVEL_MIN: u8 = 4;
/// They are held in memory.
pub(super) const FOLD_LINES_MAX: usize = 50_000;

/// A term, a disguised term or a pattern: the signal's number, and its own number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Term(usize, usize),
    Disguised(usize, usize),
    Pattern(usize, usize),
}

/// What the parts lose.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Folds {
    /// Lines over all parts.
    pub lines: u64,
    /// Mean recall at SUPPORT or above with all terms.
    pub recall_with_all: f64,
    /// Mean recall with the terms chosen again.
    pub recall_without: f64,
    /// The difference.
    pub loss: f64,
    /// Each part.
    pub folds: Vec<Fold>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fold {
    /// Its lines.
    pub lines: u64,
    /// Found with all terms.
    pub found_with_all: u64,
    /// Found without those that only this part speaks for.
    pub found_without: u64,
    /// Terms taken.
    pub terms_taken: usize,
    /// Patterns taken.
    pub patterns_taken: usize,
}

/// Takes line `i` into part `i mod parts`.
///
/// # Errors
/// Fewer lines than parts, or a pack that does not load.
pub(super) fn folds(
    files: &Files,
    lines: &[Text],
    parts: usize,
    threads: NonZeroUsize,
) -> anyhow::Result<Folds> {
    anyhow::ensure!(
        lines.len() >= parts,
        "{parts} folds need as many lines with `level` {FOLD_LEVEL_MIN} or above; there are {}",
        lines.len()
    );
    let hits = hits_of_each(load_files(files)?, lines)?;
    let found_with_all = found(&Judge::new(load_files(files)?)?, lines.iter())?;
    let look = |part: usize| -> anyhow::Result<Fold> {
        let taken = only_inside(&hits, part, parts);
        let judge = Judge::new(without(load_files(files)?, &taken))?;
        let found_without = found(&judge, lines.iter().skip(part).step_by(parts))?;
        let patterns_taken = taken
            .iter()
            .filter(|piece| matches!(piece, Piece::Pattern(..)))
            .count();
        Ok(Fold {
            lines: found_without.len() as u64,
            found_with_all: count(found_with_all.iter().skip(part).step_by(parts)),
            found_without: count(found_without.iter()),
            terms_taken: taken.len() - patterns_taken,
            patterns_taken,
        })
    };
    let folds = each(parts, threads, look)?;
    let mean = |of: fn(&Fold) -> u64| {
        let recalls = folds.iter().map(|fold| share(of(fold), fold.lines));
        recalls.sum::<f64>() / parts as f64
    };
    let (with_all, without) = (mean(|f| f.found_with_all), mean(|f| f.found_without));
    Ok(Folds {
        lines: lines.len() as u64,
        recall_with_all: with_all,
        recall_without: without,
        loss: with_all - without,
        folds,
    })
}

/// Does the same for every part, on several threads; the answers come in the order of the parts.
fn each<T: Send>(
    parts: usize,
    threads: NonZeroUsize,
    look: impl Fn(usize) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let look = &look;
    let mut found = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get().min(parts))
            .map(|first| {
                let mine = (first..parts).step_by(threads.get());
                scope.spawn(move || -> anyhow::Result<Vec<(usize, T)>> {
                    mine.map(|part| Ok((part, look(part)?))).collect()
                })
            })
            .collect();
        let mut found = Vec::with_capacity(parts);
        for worker in workers {
            match worker.join() {
                Ok(part) => found.extend(part?),
                Err(_) => anyhow::bail!("a fold could not be measured"),
            }
        }
        Ok(found)
    })?;
    found.sort_by_key(|(part, _)| *part);
    Ok(found.into_iter().map(|(_, answer)| answer).collect())
}

fn count<'a>(found: impl Iterator<Item = &'a bool>) -> u64 {
    found.filter(|found| **found).count() as u64
}

/// For each line whether it reaches SUPPORT.
fn found<'a>(judge: &Judge, lines: impl Iterator<Item = &'a Text>) -> anyhow::Result<Vec<bool>> {
    let mut scratch = Scratch::default();
    lines
        .map(|line| {
            let outcome = judge.outcome(line, &mut scratch);
            let outcome = outcome.context("a line cannot be judged")?;
            Ok(outcome.level >= Level::Support)
        })
        .collect()
}

/// For each line the terms and patterns that give a signal of it, each by itself.
fn hits_of_each(mut rules: Ruleset, lines: &[Text]) -> anyhow::Result<Vec<BTreeSet<Piece>>> {
    let (alone, pieces) = each_alone(&rules.signals);
    rules.signals = alone;
    let matcher = Matcher::new(Arc::new(rules)).context("the terms are too many")?;
    let (mut scratch, mut drafts) = (Scratch::default(), Vec::new());
    let hits = lines.iter().map(|line| {
        drafts.clear();
        matcher.find(&event(line), Who::PerhapsKnown, &mut scratch, &mut drafts);
        let numbers = drafts.iter().filter_map(|draft| draft.name.parse().ok());
        numbers
            .filter_map(|number: usize| pieces.get(number).copied())
            .collect()
    });
    Ok(hits.collect())
}

/// Every term and pattern as a signal of its own, named by its number in the second list.
fn each_alone(signals: &[TextSignal]) -> (Vec<TextSignal>, Vec<Piece>) {
    let (mut alone, mut pieces) = (Vec::new(), Vec::new());
    for (number, signal) in signals.iter().enumerate() {
        let bare = TextSignal {
            terms: Vec::new(),
            disguised: Vec::new(),
            patterns: Vec::new(),
            ..signal.clone()
        };
        let mut put = |piece: Piece, only: TextSignal| {
            alone.push(TextSignal {
                id: pieces.len().to_string().into(),
                ..only
            });
            pieces.push(piece);
        };
        for (n, term) in signal.terms.iter().enumerate() {
            let terms = vec![term.clone()];
            put(
                Piece::Term(number, n),
                TextSignal {
                    terms,
                    ..bare.clone()
                },
            );
        }
        for (n, term) in signal.disguised.iter().enumerate() {
            let disguised = vec![term.clone()];
            put(
                Piece::Disguised(number, n),
                TextSignal {
                    disguised,
                    ..bare.clone()
                },
            );
        }
        for (n, pattern) in signal.patterns.iter().enumerate() {
            let patterns = vec![pattern.clone()];
            put(
                Piece::Pattern(number, n),
                TextSignal {
                    patterns,
                    ..bare.clone()
                },
            );
        }
    }
    (alone, pieces)
}

/// What hits a line of the part and no line outside of it.
fn only_inside(hits: &[BTreeSet<Piece>], part: usize, parts: usize) -> BTreeSet<Piece> {
    let of = |inside: bool| {
        hits.iter()
            .enumerate()
            .filter(move |(line, _)| (line % parts == part) == inside)
            .flat_map(|(_, pieces)| pieces.iter().copied())
    };
    let outside: BTreeSet<Piece> = of(false).collect();
    of(true).filter(|piece| !outside.contains(piece)).collect()
}

/// The pack without some terms and patterns.
fn without(mut rules: Ruleset, taken: &BTreeSet<Piece>) -> Ruleset {
    fn keep<T>(all: &mut Vec<T>, taken: impl Fn(usize) -> bool) {
        let mut number = 0..;
        all.retain(|_| !number.next().is_some_and(&taken));
    }
    for (signal, of) in rules.signals.iter_mut().enumerate() {
        keep(&mut of.terms, |n| taken.contains(&Piece::Term(signal, n)));
        keep(&mut of.disguised, |n| {
            taken.contains(&Piece::Disguised(signal, n))
        });
        keep(&mut of.patterns, |n| {
            taken.contains(&Piece::Pattern(signal, n))
        });
    }
    rules
}
