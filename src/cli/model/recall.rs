//! What a model finds at a budget of false alarms, when the threshold was fixed on other lines.

use serde::Serialize;

use crate::semantic::train::{Fold, curve_of};
use crate::semantic::{Curve, Head};

/// Alarms among 100,000 ordinary texts at which recall is stated.
pub(super) const BUDGETS: [u32; 5] = [1, 10, 50, 100, 1_000];

/// Recall of some lines at each budget, and what it cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recall {
    /// Risk lines.
    pub lines: u64,
    /// Found at each of the budgets.
    pub found: [u64; BUDGETS.len()],
    /// Ordinary lines that raised an alarm at each, of all ordinary lines.
    pub alarms: [u64; BUDGETS.len()],
    /// Ordinary lines.
    pub ordinary: u64,
}

/// Over all folds, the thresholds of each fixed on the ordinary lines of the others.
pub(super) fn recall(
    head: Head,
    folds: usize,
    scored: &[Fold],
    risk: impl Fn(usize) -> bool,
    ordinary: impl Fn(usize) -> bool,
) -> Recall {
    let mut out = Recall::default();
    for fold in 0..folds {
        let score = |of: &Fold| of.scores[head.index()];
        let elsewhere = scored
            .iter()
            .filter(|s| s.fold != fold && ordinary(s.line))
            .map(score)
            .collect();
        let curve: Curve = curve_of(elsewhere);
        let thresholds = BUDGETS.map(|budget| curve.threshold(budget * 10));
        for of in scored.iter().filter(|s| s.fold == fold) {
            let reached = thresholds.map(|threshold| u64::from(score(of) >= threshold));
            let add = |to: &mut [u64; BUDGETS.len()]| {
                to.iter_mut().zip(reached).for_each(|(n, r)| *n += r)
            };
            if risk(of.line) {
                out.lines += 1;
                add(&mut out.found);
            } else if ordinary(of.line) {
                out.ordinary += 1;
                add(&mut out.alarms);
            }
        }
    }
    out
}
