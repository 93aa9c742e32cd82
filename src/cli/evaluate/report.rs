//! The figures as they are published: every share worked out once, in a fixed order, for the tables, the page and the JSON
//! file alike. Ids, names of files and numbers; never a word of a text.

use std::collections::BTreeMap;

use serde::Serialize;

use super::curve::{BUDGETS, Curve, Point};
use super::folds::Folds;
use super::measure::{Figures, Fired, FiredById, Reached, merge_fired, per_100k, share};
use crate::domain::Level;
use crate::rules::Ruleset;

/// Everything that was measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// The rules that were measured.
    pub rules: RulesName,
    /// Each file, in the order given.
    pub corpora: Vec<Corpus>,
    /// All benign lines together, then by language if there is more than one.
    pub benign: Vec<Group>,
    /// What a threshold on the score would find at which cost.
    pub curves: Vec<ScoreCurve>,
    /// Rules over all files, most false alarms first.
    pub rules_overall: Vec<FiredRow>,
    /// Signals over all files, most false alarms first.
    pub signals_overall: Vec<FiredRow>,
    /// What the pack owes to single lines.
    pub folds: Option<Folds>,
}

/// The name of a rule set.
#[derive(Debug, Serialize)]
pub(super) struct RulesName {
    pub name: String,
    pub version: String,
    pub hash: String,
}

/// One file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Corpus {
    pub name: String,
    /// Lines refused for their length.
    pub refused: u64,
    /// Lines that are no corpus lines.
    pub bad: u64,
    /// All lines that were judged.
    pub all: Group,
    /// By label, then by urgency: each value of the scale and above.
    pub groups: Vec<Group>,
    /// Most alarms first.
    pub rules: Vec<FiredRow>,
    /// Most alarms first.
    pub signals: Vec<FiredRow>,
}

/// Some lines, and how many of them reached which level or a higher one. For lines that should be found the share is the
/// recall.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub name: String,
    pub lines: u64,
    pub support: Share,
    pub elevated: Share,
    pub high: Share,
    pub critical: Share,
    pub emergency: Share,
}

/// A part of a group.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Share {
    pub lines: u64,
    pub share: f64,
    #[serde(rename = "per100k")]
    pub per_100k: f64,
}

/// How often a rule spoke or a signal was found, by the level the line reached, whatever took it there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FiredRow {
    pub id: String,
    pub lines: u64,
    pub support: u64,
    pub elevated: u64,
    pub high: u64,
    pub benign_lines: u64,
    pub benign_support: u64,
    pub benign_elevated: u64,
    pub risk_lines: u64,
}

/// Recall against false alarms.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScoreCurve {
    /// The file that the positive lines are from.
    pub corpus: String,
    /// Which of its lines.
    pub positives: String,
    /// How many.
    pub positive_lines: u64,
    /// The languages of those lines, and so of the benign lines they are held against.
    pub languages: Vec<String>,
    /// How many benign lines.
    pub benign_lines: u64,
    /// Recall at so many alarms.
    pub budgets: Vec<Budget>,
    /// The whole curve, highest threshold first.
    pub points: Vec<CurvePoint>,
}

/// Recall at a budget of alarms; nothing where the benign lines are too few to tell.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Budget {
    #[serde(rename = "per100k")]
    pub per_100k: u32,
    pub at: Option<CurvePoint>,
}

/// A threshold.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurvePoint {
    pub score: f64,
    pub recall: f64,
    pub alarms: u64,
    #[serde(rename = "alarmsPer100k")]
    pub alarms_per_100k: f64,
}

impl Report {
    /// Of the figures of each file, under its name.
    pub(super) fn new(rules: &Ruleset, files: &[(String, Figures)], folds: Option<Folds>) -> Self {
        let (mut rules_overall, mut signals_overall) = (FiredById::new(), FiredById::new());
        let mut benign: BTreeMap<String, Reached> = BTreeMap::new();
        for (_, figures) in files {
            for (language, reached) in &figures.benign {
                benign.entry(language.clone()).or_default().merge(reached);
            }
            merge_fired(&mut rules_overall, &figures.rules);
            merge_fired(&mut signals_overall, &figures.signals);
        }
        Self {
            rules: RulesName {
                name: rules.name.clone(),
                version: rules.version.clone(),
                hash: rules.hash.to_string(),
            },
            corpora: files
                .iter()
                .map(|(name, figures)| Corpus::new(name, figures))
                .collect(),
            curves: files
                .iter()
                .flat_map(|(name, figures)| curves(name, figures, &benign))
                .collect(),
            benign: benign_groups(&benign),
            rules_overall: fired_rows(&rules_overall, |row| (row.benign_support, row.benign_lines)),
            signals_overall: fired_rows(&signals_overall, |row| {
                (row.benign_support, row.benign_lines)
            }),
            folds,
        }
    }

    /// Lines that were no corpus lines.
    pub(super) fn bad(&self) -> u64 {
        self.corpora.iter().map(|corpus| corpus.bad).sum()
    }
}

impl Corpus {
    fn new(name: &str, figures: &Figures) -> Self {
        let mut groups: Vec<Group> = figures
            .by_label
            .iter()
            .map(|(label, reached)| Group::new(label_name(*label), reached))
            .collect();
        if let Some(highest) = figures.by_level.keys().max() {
            groups.extend((1..=*highest).map(|level| {
                Group::new(&format!("level ≥ {level}"), &figures.level_at_least(level))
            }));
        }
        Self {
            name: name.to_owned(),
            refused: figures.refused,
            bad: figures.bad,
            all: Group::new("all", &figures.all),
            groups,
            rules: fired_rows(&figures.rules, |row| (row.support, row.lines)),
            signals: fired_rows(&figures.signals, |row| (row.support, row.lines)),
        }
    }
}

fn label_name(label: Option<bool>) -> &'static str {
    match label {
        None => "no label",
        Some(false) => "label 0",
        Some(true) => "label 1",
    }
}

/// A language as it is shown.
fn language_name(language: &str) -> &str {
    if language.is_empty() {
        "no language"
    } else {
        language
    }
}

impl Group {
    fn new(name: &str, reached: &Reached) -> Self {
        let lines = reached.lines();
        let share_at = |level| {
            let part = reached.at_least(level);
            Share {
                lines: part,
                share: rounded(share(part, lines)),
                per_100k: rounded(per_100k(part, lines)),
            }
        };
        Self {
            name: name.to_owned(),
            lines,
            support: share_at(Level::Support),
            elevated: share_at(Level::Elevated),
            high: share_at(Level::High),
            critical: share_at(Level::Critical),
            emergency: share_at(Level::Emergency),
        }
    }
}

fn benign_groups(by_language: &BTreeMap<String, Reached>) -> Vec<Group> {
    let mut all = Reached::default();
    by_language.values().for_each(|part| all.merge(part));
    if all.lines() == 0 {
        return Vec::new();
    }
    let mut groups = vec![Group::new("benign, all", &all)];
    if by_language.len() > 1 {
        groups.extend(by_language.iter().map(|(language, reached)| {
            Group::new(&format!("benign, {}", language_name(language)), reached)
        }));
    }
    groups
}

fn curves(name: &str, figures: &Figures, benign: &BTreeMap<String, Reached>) -> Vec<ScoreCurve> {
    // Positives are held against benign lines of their own languages only: others would make every rate look better.
    let mut against = Reached::default();
    for reached in figures.languages.iter().filter_map(|l| benign.get(l)) {
        against.merge(reached);
    }
    if against.lines() == 0 {
        return Vec::new();
    }
    let cuts = figures.positives().into_iter();
    let drawn = cuts.map(|(positives, reached)| {
        let curve = Curve::new(&reached, &against);
        let point = |point: &Point| CurvePoint {
            score: rounded(point.threshold()),
            recall: rounded(curve.recall(point)),
            alarms: point.alarms,
            alarms_per_100k: rounded(per_100k(point.alarms, curve.benign)),
        };
        ScoreCurve {
            corpus: name.to_owned(),
            positives,
            positive_lines: curve.positives,
            languages: figures
                .languages
                .iter()
                .map(|language| language_name(language).to_owned())
                .collect(),
            benign_lines: curve.benign,
            budgets: BUDGETS
                .into_iter()
                .map(|per_100k| Budget {
                    per_100k,
                    at: curve.within(per_100k).as_ref().map(point),
                })
                .collect(),
            points: curve.points.iter().map(point).collect(),
        }
    });
    drawn.collect()
}

fn fired_rows(fired: &FiredById, most: fn(&FiredRow) -> (u64, u64)) -> Vec<FiredRow> {
    let mut rows: Vec<FiredRow> = fired.iter().map(|(id, f)| FiredRow::new(id, f)).collect();
    // Stable, so equal rows stay in the order of their ids.
    rows.sort_by_key(|row| std::cmp::Reverse(most(row)));
    rows
}

impl FiredRow {
    fn new(id: &str, fired: &Fired) -> Self {
        Self {
            id: id.to_owned(),
            lines: fired.all.lines(),
            support: fired.all.at_least(Level::Support),
            elevated: fired.all.at_least(Level::Elevated),
            high: fired.all.at_least(Level::High),
            benign_lines: fired.benign.lines(),
            benign_support: fired.benign.at_least(Level::Support),
            benign_elevated: fired.benign.at_least(Level::Elevated),
            risk_lines: fired.risk,
        }
    }
}

/// Six decimals say all that a corpus can, and read better.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::corpus::Text;
    use crate::cli::evaluate::measure::Outcome;
    use crate::domain::PersonText;

    fn figures(lines: &[(&str, bool, Level, u16, u64)]) -> Figures {
        let mut figures = Figures::default();
        for (language, risk, level, score, times) in lines {
            let text = Text {
                text: PersonText::new("a"),
                language: (*language).to_owned(),
                search: false,
                label: Some(*risk),
                level: None,
                benign: !risk,
                head: None,
                group: None,
                hour: None,
            };
            let outcome = Outcome {
                level: *level,
                score: *score,
                ..Outcome::default()
            };
            (0..*times).for_each(|_| figures.count(&text, &outcome));
        }
        figures
    }

    #[test]
    fn positives_are_held_against_benign_lines_of_their_own_language() {
        let files = [
            (
                "found".to_owned(),
                figures(&[("zh", true, Level::High, 5_000, 4)]),
            ),
            (
                "talk".to_owned(),
                figures(&[
                    ("zh", false, Level::Support, 2_000, 1),
                    ("zh", false, Level::None, 0, 999),
                    ("en", false, Level::None, 0, 9_000),
                ]),
            ),
        ];
        let (mut benign, all) = (BTreeMap::new(), &files[1].1.benign);
        benign.clone_from(all);
        let drawn = curves("found", &files[0].1, &benign);
        assert_eq!(drawn.len(), 1);
        assert_eq!((drawn[0].benign_lines, drawn[0].positive_lines), (1_000, 4));
        // A thousand benign lines cannot tell fewer than a hundred alarms per 100,000.
        let told = |b: &Budget| b.at.is_some() == (b.per_100k >= 100);
        assert!(drawn[0].budgets.iter().all(told));
        let at = drawn[0]
            .budgets
            .last()
            .and_then(|b| b.at)
            .expect("1,000 per 100,000");
        assert!((at.recall - 1.0).abs() < 1e-9);
        let groups = benign_groups(&benign);
        let names: Vec<&str> = groups.iter().map(|g| g.name.as_str()).collect();
        assert_eq!(names, ["benign, all", "benign, en", "benign, zh"]);
        assert!((groups[0].support.per_100k - 10.0).abs() < 1e-9);
        assert!((groups[2].support.per_100k - 100.0).abs() < 1e-9);
        // Nobody to hold them against: no curve rather than a flattering one.
        benign.remove("zh");
        assert!(curves("found", &files[0].1, &benign).is_empty());
    }
}
