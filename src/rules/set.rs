//! The compiled rule set: an immutable value named by its hash.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::condition::Condition;
use super::{Goods, Guard, ScoreSignal, TextSignal, Triage};
use crate::domain::event::named;
use crate::domain::{Head, RiskType, View, signal::engine};
use crate::semantic::Model;

/// Everything that judging needs, shared by reference, never changed.
#[derive(Debug)]
pub struct Ruleset {
    /// The pack's name.
    pub name: String,
    /// The pack's version.
    pub version: String,
    /// SHA-256 over the pack's files, in hexadecimal; every decision carries it.
    pub hash: Arc<str>,
    /// The zone in which `hour` is read.
    pub time_zone: jiff::tz::TimeZone,
    /// What excuses a hit.
    pub guards: Vec<Guard>,
    /// What to look for in texts.
    pub signals: Vec<TextSignal>,
    /// Ids of the text signals that open a sentence.
    pub openings: BTreeSet<Arc<str>>,
    /// What the learned scorer is asked.
    pub scores: Vec<ScoreSignal>,
    /// The learned scorer; without one, no text gives a signal of `scores`.
    pub model: Option<Arc<Model>>,
    /// Watched goods, first match wins.
    pub goods: Vec<Goods>,
    /// Live rules only.
    pub rules: Vec<Rule>,
    /// Axes to level, clocks, holds, help.
    pub triage: Triage,
    /// What is left of a rule's points, in thousandths, where its freshest sign was seen only through this view, in the
    /// order of [`View::ALL`].
    pub unmasking: [i64; View::ALL.len()],
}

impl Ruleset {
    /// The same with a learned scorer. Decisions made with another model are decisions of another rule set, so the name
    /// holds both hashes.
    #[must_use]
    pub fn with_model(self, model: Arc<Model>) -> Self {
        Self {
            hash: format!("{}+{}", self.hash, model.hash()).into(),
            model: Some(model),
            ..self
        }
    }

    /// Whether a signal says that a sentence may go on in another text.
    pub fn opens(&self, signal: &str) -> bool {
        self.openings.contains(signal)
    }

    /// Whether a signal is company for others: whoever has only begun a sentence has said nothing yet.
    pub fn tells(&self, signal: &str) -> bool {
        signal != engine::PIECE && !self.opens(signal)
    }

    /// What the scores of this rule set cannot say: everything without a model, and of a model whatever head was never
    /// measured on ordinary talk, since no text can reach a threshold that nobody knows.
    pub fn unscored(&self) -> Vec<String> {
        if self.scores.is_empty() {
            return Vec::new();
        }
        let Some(model) = &self.model else {
            return vec!["model:none".to_owned()];
        };
        Head::ALL
            .into_iter()
            .filter(|head| self.scores.iter().any(|score| score.head == *head))
            .filter(|head| model.about().curves[head.index()].0.is_empty())
            .map(|head| format!("model:unmeasured:{}", head.name()))
            .collect()
    }
}

named!(
    /// Where a rule is in its life; only live ones count.
    RuleState {
        /// Being written.
        Draft = "draft",
        /// Measured without effect.
        Shadow = "shadow",
        /// On for a share.
        Canary = "canary",
        /// In force.
        Live = "live",
        /// Out of use.
        Retired = "retired",
    }
);

/// A title in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Signals over time give evidence.
#[derive(Debug)]
pub struct Rule {
    /// Its id, shown in evidence.
    pub id: Arc<str>,
    /// For people.
    pub title: Title,
    /// Its place in life.
    pub state: RuleState,
    /// When it speaks.
    pub when: Condition,
    /// What it says.
    pub gives: Gives,
}

/// The evidence that a rule gives.
#[derive(Clone, Debug)]
pub struct Gives {
    /// The kind of danger.
    pub kind: RiskType,
    /// Intent stage, 0 for none.
    pub intent: u8,
    /// Harm-to-others stage, 0 for none.
    pub harm: u8,
    /// Means stage, 0 for none.
    pub means: u8,
    /// In thousandths; 1000 is enough alone.
    pub points: i64,
    /// Milliseconds in which the points halve.
    pub half_life_ms: i64,
}
