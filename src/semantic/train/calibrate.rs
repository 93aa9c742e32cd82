//! Scores that a model gave to lines it had not seen become probabilities, and a curve of false alarms.

use crate::semantic::{Curve, Knot};

/// Points kept of a calibration.
const KNOTS_MAX: usize = 64;
/// Alarms among a million ordinary texts at which the curve is stated.
pub const BUDGETS: [u32; 15] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000,
];

/// Isotonic regression (pool adjacent violators) over (score, weight, is it risk), thinned to straight pieces.
pub fn isotonic(scored: &mut [(i32, f64, bool)]) -> Vec<Knot> {
    scored.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.2.cmp(&b.2)).then(a.1.total_cmp(&b.1)));
    // Blocks: first score, last score, weight, weight of risk.
    let mut blocks: Vec<(i32, i32, f64, f64)> = Vec::new();
    for (score, weight, risk) in scored.iter() {
        blocks.push((*score, *score, *weight, if *risk { *weight } else { 0.0 }));
        while let [.., a, b] = blocks[..]
            && (a.3 * b.2 >= b.3 * a.2 || a.1 == b.0)
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push((a.0, b.1, a.2 + b.2, a.3 + b.3));
        }
    }
    let mut knots: Vec<Knot> = Vec::new();
    for (first, last, weight, risk) in blocks {
        // Laplace's rule keeps a lone line from certainty.
        let p = ((risk + 0.5) / (weight + 1.0) * 1e6).round() as u32;
        let middle = i32::midpoint(first, last);
        match knots.last_mut() {
            Some(knot) if middle <= knot.0 => knot.1 = knot.1.max(p),
            Some(knot) => {
                let p = p.max(knot.1);
                knots.push(Knot(middle, p));
            }
            None => knots.push(Knot(middle, p)),
        }
    }
    thin(knots)
}

fn thin(knots: Vec<Knot>) -> Vec<Knot> {
    if knots.len() <= KNOTS_MAX {
        return if knots.is_empty() {
            vec![Knot(0, 0)]
        } else {
            knots
        };
    }
    let last = knots.len() - 1;
    let mut kept: Vec<Knot> = (0..KNOTS_MAX)
        .map(|i| knots[i * last / (KNOTS_MAX - 1)])
        .collect();
    kept.dedup_by_key(|knot| knot.0);
    kept
}

/// Fewer ordinary texts than these promise nothing.
pub const TRAFFIC_MIN: usize = 100;

/// The curve of ordinary texts. Beyond what so many texts can show it goes on as their tail falls: exponentially.
pub fn curve(mut scores: Vec<i32>) -> Curve {
    scores.sort_unstable_by(|a, b| b.cmp(a));
    let n = scores.len();
    if n < TRAFFIC_MIN {
        // Too few to promise anything: nothing reaches a threshold.
        return Curve(vec![Knot(i32::MAX, 0)]);
    }
    let tail = (n / 500).clamp(10, 400).min(n - 1);
    let beyond = f64::from(scores[tail]);
    let mean_excess = scores[..tail]
        .iter()
        .map(|s| f64::from(*s) - beyond)
        .sum::<f64>()
        / tail as f64;
    let mut knots: Vec<Knot> = BUDGETS
        .iter()
        .map(|budget| {
            let expected = n as f64 * f64::from(*budget) / 1e6;
            let rank = expected as usize;
            let score = if expected < tail as f64 / 4.0 {
                // Never below what was seen at that rank.
                let fitted = beyond + mean_excess * libm::log(tail as f64 / expected.max(1e-9));
                (fitted.ceil() as i32).max(scores[rank].saturating_add(1))
            } else {
                scores[rank.min(n - 1)].saturating_add(1)
            };
            Knot(score, *budget)
        })
        .collect();
    for i in (1..knots.len()).rev() {
        knots[i - 1].0 = knots[i - 1].0.max(knots[i].0);
    }
    Curve(knots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_rise_with_the_score() {
        let mut scored: Vec<(i32, f64, bool)> = (0..1_000)
            .map(|i| (i, 1.0, (i * 7919 % 1_000) < i))
            .collect();
        let knots = isotonic(&mut scored);
        assert!(
            knots
                .windows(2)
                .all(|w| w[0].0 < w[1].0 && w[0].1 <= w[1].1)
        );
        assert!(knots.len() <= KNOTS_MAX);
        let middle = super::super::super::file::interpolate(&knots, 500);
        assert!((400_000..600_000).contains(&middle), "{middle}");
    }

    #[test]
    fn at_most_the_budget_of_the_texts_reach_a_threshold() {
        let scores: Vec<i32> = (0..200_000).map(|i| (i * 7919) % 200_003).collect();
        let curve = curve(scores.clone());
        for budget in [20, 100, 500, 1_000, 10_000] {
            let reached = scores
                .iter()
                .filter(|s| **s >= curve.threshold(budget))
                .count();
            assert!(
                reached as f64 <= 200_000.0 * f64::from(budget) / 1e6 + 1.0,
                "{budget}: {reached}"
            );
        }
        assert_eq!(super::curve(vec![1; 10]).threshold(50_000), i32::MAX);
    }
}
