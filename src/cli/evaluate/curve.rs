//! What recall costs in false alarms, for every threshold on the score.

use std::collections::BTreeSet;

use super::measure::{Reached, SCORE_STEPS, share};

/// Alarms per 100,000 benign lines at which recall is told.
pub(super) const BUDGETS: [u32; 7] = [1, 10, 20, 50, 60, 100, 1_000];

/// What a threshold on the score finds, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// The threshold in ten-thousandths: lines with this score or a higher one are alarms.
    pub score: u16,
    /// Positive lines found.
    pub found: u64,
    /// Benign lines wrongly found.
    pub alarms: u64,
}

impl Point {
    /// The threshold, 0 to 1.
    pub(super) fn threshold(&self) -> f64 {
        f64::from(self.score) / SCORE_STEPS
    }
}

/// Recall against false alarms for every threshold, highest first. A threshold of nothing, which finds everyone, is left
/// out: it is no detection.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    /// Lines that should be found.
    pub positives: u64,
    /// Lines that should not.
    pub benign: u64,
    /// From the highest threshold to the lowest.
    pub points: Vec<Point>,
}

impl Curve {
    pub(super) fn new(positives: &Reached, benign: &Reached) -> Self {
        let scores: BTreeSet<u16> = positives
            .by_score
            .keys()
            .chain(benign.by_score.keys())
            .copied()
            .filter(|score| *score > 0)
            .collect();
        let at = |reached: &Reached, score: u16| reached.by_score.get(&score).copied();
        let (mut found, mut alarms) = (0, 0);
        let points = scores.into_iter().rev().map(|score| {
            found += at(positives, score).unwrap_or(0);
            alarms += at(benign, score).unwrap_or(0);
            Point {
                score,
                found,
                alarms,
            }
        });
        Self {
            points: points.collect(),
            positives: positives.lines(),
            benign: benign.lines(),
        }
    }

    pub(super) fn recall(&self, point: &Point) -> f64 {
        share(point.found, self.positives)
    }

    /// The lowest threshold whose alarms stay within the budget; its point is the origin where even the highest costs
    /// more. `None` where the benign lines are so few that one alarm would break the budget: they cannot tell.
    pub(super) fn within(&self, budget_per_100k: u32) -> Option<Point> {
        let allowed = |alarms: u64| {
            u128::from(alarms) * 100_000 <= u128::from(budget_per_100k) * u128::from(self.benign)
        };
        let nothing = Point {
            score: SCORE_STEPS as u16,
            found: 0,
            alarms: 0,
        };
        allowed(1).then(|| {
            let within = self.points.iter().take_while(|p| allowed(p.alarms)).last();
            within.copied().unwrap_or(nothing)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Level;

    fn reached(lines: &[(Level, u16, u64)]) -> Reached {
        let mut reached = Reached::default();
        for (level, score, times) in lines {
            (0..*times).for_each(|_| reached.add(*level, *score));
        }
        reached
    }

    #[test]
    fn recall_is_that_of_the_lowest_threshold_within_the_budget() {
        let positives = reached(&[
            (Level::High, 6_000, 1),
            (Level::Elevated, 4_000, 4),
            (Level::Support, 2_000, 3),
            (Level::None, 0, 2),
        ]);
        // 100,000 benign lines: 2 alarms from 4,000 on, 12 from 2,000 on, 500 from 1,000 on.
        let benign = reached(&[
            (Level::Elevated, 4_000, 2),
            (Level::Support, 2_000, 10),
            (Level::None, 1_000, 488),
            (Level::None, 0, 99_500),
        ]);
        let curve = Curve::new(&positives, &benign);
        for (budget, score, found, alarms) in [
            (1, 6_000, 1, 0),
            (2, 4_000, 5, 2),
            (10, 4_000, 5, 2),
            (12, 2_000, 8, 12),
            (499, 2_000, 8, 12),
            // Everyone who has a score at all: those without one stay missed.
            (1_000, 1_000, 8, 500),
        ] {
            let point = Point {
                score,
                found,
                alarms,
            };
            assert_eq!(curve.within(budget), Some(point), "within {budget}");
        }
        let best = curve.within(1_000).expect("a point");
        assert!((curve.recall(&best) - 0.8).abs() < 1e-9);
    }

    #[test]
    fn a_budget_finer_than_one_line_cannot_be_told() {
        let positives = reached(&[(Level::High, 6_000, 1)]);
        let benign = reached(&[(Level::None, 0, 5_000)]);
        let curve = Curve::new(&positives, &benign);
        assert_eq!(curve.within(19), None);
        assert_eq!(curve.within(20).map(|p| p.found), Some(1));
        let none = Curve::new(&positives, &Reached::default());
        assert_eq!(none.within(1_000), None);
    }

    #[test]
    fn a_costly_highest_threshold_finds_nobody_cheaply() {
        let positives = reached(&[(Level::High, 6_000, 1)]);
        let benign = reached(&[(Level::High, 6_000, 500), (Level::None, 0, 99_500)]);
        let curve = Curve::new(&positives, &benign);
        assert_eq!(curve.within(100).map(|p| (p.found, p.alarms)), Some((0, 0)));
    }
}
