//! The figures, pure: how many lines reach a level, by label and urgency, and what spoke. Everything is a count until it is printed, so figures of parts add up to those of the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cli::corpus::{LEVEL_MAX, Text};
use crate::domain::Level;

/// Bad lines that are named, the first of each file; the rest is counted.
pub(super) const BAD_NAMED_MAX: usize = 20;
/// Scores are counted in ten-thousandths, as fine as they are made.
pub(super) const SCORE_STEPS: f64 = 10_000.0;

/// What became of one line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// The level reached.
    pub level: Level,
    /// The score in ten-thousandths.
    pub score: u16,
    /// Rules that speak.
    pub rules: Vec<Arc<str>>,
    /// Signals found.
    pub signals: Vec<Arc<str>>,
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            level: Level::None,
            score: 0,
            rules: Vec::new(),
            signals: Vec::new(),
        }
    }
}

impl Outcome {
    /// A score of 0 to 1 as a count of steps.
    pub(super) fn score_of(score: f64) -> u16 {
        (score.clamp(0.0, 1.0) * SCORE_STEPS).round() as u16
    }
}

/// How many of some lines reached what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reached {
    by_level: [u64; Level::ALL.len()],
    pub by_score: BTreeMap<u16, u64>,
}

impl Reached {
    pub(super) fn add(&mut self, level: Level, score: u16) {
        self.by_level[level as usize] += 1;
        *self.by_score.entry(score).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.by_level.iter_mut().zip(other.by_level) {
            *mine += theirs;
        }
        for (score, lines) in &other.by_score {
            *self.by_score.entry(*score).or_default() += lines;
        }
    }

    pub(super) fn lines(&self) -> u64 {
        self.by_level.iter().sum()
    }

    /// Lines at this level or above.
    pub(super) fn at_least(&self, level: Level) -> u64 {
        self.by_level[level as usize..].iter().sum()
    }
}

/// How often a rule spoke or a signal was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fired {
    /// Lines, by the level that the line reached, whatever took it there.
    pub all: Reached,
    /// The benign ones among them.
    pub benign: Reached,
    /// Those labelled as risk.
    pub risk: u64,
}

impl Fired {
    fn count(&mut self, text: &Text, outcome: &Outcome) {
        self.all.add(outcome.level, 0);
        if text.benign {
            self.benign.add(outcome.level, 0);
        }
        self.risk += u64::from(text.label == Some(true));
    }

    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.benign.merge(&other.benign);
        self.risk += other.risk;
    }
}

/// By id.
pub(super) type FiredById = BTreeMap<Arc<str>, Fired>;

/// Adds counts up.
pub(super) fn merge_fired(into: &mut FiredById, from: &FiredById) {
    for (id, fired) in from {
        into.entry(id.clone()).or_default().merge(fired);
    }
}

/// Everything counted in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    /// Lines that were judged.
    pub all: Reached,
    /// By label.
    pub by_label: BTreeMap<Option<bool>, Reached>,
    /// By the authors' scale.
    pub by_level: BTreeMap<u8, Reached>,
    /// Benign lines by language.
    pub benign: BTreeMap<String, Reached>,
    /// Languages of lines labelled as risk, or with a value on the authors' scale.
    pub languages: BTreeSet<String>,
    /// Rules.
    pub rules: FiredById,
    /// Signals.
    pub signals: FiredById,
    /// Lines longer than the service takes.
    pub refused: u64,
    /// Lines that are no corpus lines, and a file's broken end.
    pub bad: u64,
    /// The first of those, by line number.
    pub bad_named: BTreeMap<u64, &'static str>,
    /// The line where the file breaks off.
    pub broken_at: Option<u64>,
}

impl Figures {
    pub(super) fn count(&mut self, text: &Text, outcome: &Outcome) {
        let (level, score) = (outcome.level, outcome.score);
        self.all.add(level, score);
        self.by_label
            .entry(text.label)
            .or_default()
            .add(level, score);
        if let Some(urgency) = text.level {
            self.by_level.entry(urgency).or_default().add(level, score);
        }
        if text.benign {
            let benign = self.benign.entry(text.language.clone()).or_default();
            benign.add(level, score);
        } else if text.label == Some(true) || text.level.is_some() {
            self.languages.insert(text.language.clone());
        }
        for (ids, fired) in [
            (&outcome.rules, &mut self.rules),
            (&outcome.signals, &mut self.signals),
        ] {
            for id in ids {
                fired.entry(id.clone()).or_default().count(text, outcome);
            }
        }
    }

    pub(super) fn bad(&mut self, line: u64, why: &'static str) {
        self.bad += 1;
        self.name_bad(line, why);
    }

    pub(super) fn broken(&mut self, line: u64) {
        self.bad += 1;
        self.broken_at = Some(line);
    }

    fn name_bad(&mut self, line: u64, why: &'static str) {
        self.bad_named.insert(line, why);
        if self.bad_named.len() > BAD_NAMED_MAX {
            self.bad_named.pop_last();
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.all.merge(&other.all);
        for (label, reached) in &other.by_label {
            self.by_label.entry(*label).or_default().merge(reached);
        }
        for (level, reached) in &other.by_level {
            self.by_level.entry(*level).or_default().merge(reached);
        }
        for (language, reached) in &other.benign {
            let mine = self.benign.entry(language.clone()).or_default();
            mine.merge(reached);
        }
        self.languages.extend(other.languages);
        merge_fired(&mut self.rules, &other.rules);
        merge_fired(&mut self.signals, &other.signals);
        self.refused += other.refused;
        self.bad += other.bad;
        for (line, why) in other.bad_named {
            self.name_bad(line, why);
        }
        self.broken_at = self.broken_at.or(other.broken_at);
    }

    /// Lines of this urgency or a higher one.
    pub(super) fn level_at_least(&self, level: u8) -> Reached {
        let mut reached = Reached::default();
        for part in self.by_level.range(level..=LEVEL_MAX).map(|(_, r)| r) {
            reached.merge(part);
        }
        reached
    }

    /// The lines that should be found, in the cuts for which a curve is drawn. Cuts of the same lines are one.
    pub(super) fn positives(&self) -> Vec<(String, Reached)> {
        let labelled = self.by_label.get(&Some(true)).cloned();
        let cuts = [
            ("label 1", labelled.unwrap_or_default()),
            ("level ≥ 4", self.level_at_least(4)),
            ("level ≥ 6", self.level_at_least(6)),
        ];
        let mut found: Vec<(String, Reached)> = Vec::new();
        for (name, reached) in cuts.into_iter().filter(|(_, r)| r.lines() > 0) {
            match found.iter_mut().find(|(_, known)| *known == reached) {
                Some((known, _)) => *known = format!("{known}, {name}"),
                None => found.push((name.to_owned(), reached)),
            }
        }
        found
    }
}

/// So many of so many, per 100,000.
pub(super) fn per_100k(part: u64, whole: u64) -> f64 {
    share(part, whole) * 100_000.0
}

/// So many of so many; of none it is none.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PersonText;

    fn reached(lines: &[(Level, u16, u64)]) -> Reached {
        let mut reached = Reached::default();
        for (level, score, times) in lines {
            (0..*times).for_each(|_| reached.add(*level, *score));
        }
        reached
    }

    fn text(label: Option<bool>, level: Option<u8>) -> Text {
        Text {
            text: PersonText::new("a"),
            language: "zh".into(),
            search: false,
            label,
            level,
            benign: label == Some(false),
            head: None,
            group: None,
            hour: None,
        }
    }

    fn outcome(level: Level, score: u16, rule: &str) -> Outcome {
        Outcome {
            level,
            score,
            rules: vec![rule.into()],
            signals: Vec::new(),
        }
    }

    #[test]
    fn shares_are_told_per_100_000() {
        for (part, whole, expected) in [
            (0, 0, 0.0),
            (0, 10, 0.0),
            (1, 100_000, 1.0),
            (3, 50_000, 6.0),
            (7, 7, 100_000.0),
        ] {
            assert!(
                (per_100k(part, whole) - expected).abs() < 1e-9,
                "{part} of {whole}"
            );
        }
    }

    #[test]
    fn a_level_counts_for_every_level_below_it() {
        let lines = reached(&[
            (Level::None, 0, 5),
            (Level::Support, 2_000, 3),
            (Level::High, 5_100, 2),
        ]);
        for (level, expected) in [
            (Level::None, 10),
            (Level::Support, 5),
            (Level::Elevated, 2),
            (Level::High, 2),
            (Level::Critical, 0),
        ] {
            assert_eq!(lines.at_least(level), expected, "{}", level.name());
        }
    }

    #[test]
    fn figures_of_parts_add_up_in_any_order() {
        let lines = [
            (text(Some(true), Some(7)), outcome(Level::High, 5_000, "a")),
            (text(Some(true), Some(4)), outcome(Level::None, 0, "b")),
            (text(None, Some(2)), outcome(Level::Support, 1_700, "a")),
            (text(Some(false), None), outcome(Level::Support, 1_700, "a")),
        ];
        let counted = |numbers: &[usize]| {
            let mut figures = Figures::default();
            for number in numbers {
                let (text, outcome) = &lines[*number];
                figures.count(text, outcome);
                figures.bad(*number as u64, "bad");
            }
            figures
        };
        let whole = counted(&[0, 1, 2, 3]);
        for (one, other) in [
            (&[0, 3][..], &[1, 2][..]),
            (&[2, 1], &[3, 0]),
            (&[], &[3, 2, 1, 0]),
        ] {
            let mut sum = counted(one);
            sum.merge(counted(other));
            assert_eq!(sum, whole);
        }
        assert_eq!(whole.level_at_least(4).lines(), 2);
        assert_eq!(whole.level_at_least(4).at_least(Level::Support), 1);
        assert_eq!(whole.rules["a"].all.lines(), 3);
        assert_eq!(whole.rules["a"].benign.lines(), 1);
        assert_eq!(whole.rules["a"].risk, 1);
        let cuts: Vec<(String, u64)> = whole
            .positives()
            .into_iter()
            .map(|(name, reached)| (name, reached.lines()))
            .collect();
        assert_eq!(
            cuts,
            [
                ("label 1, level ≥ 4".to_owned(), 2),
                ("level ≥ 6".to_owned(), 1)
            ]
        );
    }

    #[test]
    fn only_the_first_bad_lines_are_named() {
        let mut figures = Figures::default();
        (1..=100_u64)
            .rev()
            .for_each(|line| figures.bad(line, "bad"));
        assert_eq!(figures.bad, 100);
        let named: Vec<u64> = figures.bad_named.keys().copied().collect();
        assert_eq!(named, (1..=BAD_NAMED_MAX as u64).collect::<Vec<u64>>());
    }
}
