//! Score signals: texts that the learned scorer puts above nearly all ordinary ones.

use std::sync::Arc;

use super::texts::Written;
use crate::domain::{Draft, Facts, Needs, Span, View};
use crate::rules::{Ruleset, ScoreSignal};
use crate::semantic::{Model, Tokens};

/// Pieces shown of a text that scored high.
const PIECES_SHOWN: usize = 3;

#[derive(Debug)]
pub(super) struct Scores {
    model: Arc<Model>,
    /// For each score signal of the rule set, the score from which it is given.
    thresholds: Vec<i32>,
}

impl Scores {
    /// Nothing where the rule set has no model, or asks it nothing.
    pub(super) fn new(rules: &Ruleset) -> Option<Self> {
        let model = rules.model.clone().filter(|_| !rules.scores.is_empty())?;
        let threshold = |s: &ScoreSignal| model.threshold(s.head, s.alarms_per_million);
        Some(Self {
            thresholds: rules.scores.iter().map(threshold).collect(),
            model,
        })
    }

    pub(super) fn find(
        &self,
        rules: &Ruleset,
        written: &Written<'_>,
        tokens: &mut Tokens,
        out: &mut Vec<Draft>,
    ) {
        let (field, sender, raw) = (written.field, written.sender, written.text.reveal());
        let asked = |signal: &ScoreSignal| {
            signal.fields.contains(&field) && sender.is_none_or(|s| signal.speakers.contains(&s))
        };
        if raw.is_empty() || !rules.scores.iter().any(asked) {
            return;
        }
        let scores = self.model.score(raw, tokens);
        for (signal, threshold) in rules.scores.iter().zip(&self.thresholds) {
            if !asked(signal) || scores[signal.head.index()] < *threshold {
                continue;
            }
            let reasons = self.model.explain(raw, signal.head, tokens);
            let mut spans: Vec<Span> = reasons
                .iter()
                .filter(|reason| reason.weight > 0)
                .take(PIECES_SHOWN)
                .map(|reason| Span {
                    field,
                    start: reason.start,
                    end: reason.end,
                    view: View::Raw,
                })
                .collect();
            spans.sort();
            spans.dedup();
            match out.iter_mut().find(|draft| draft.name == signal.id) {
                Some(draft) => draft.spans.extend(spans),
                None => out.push(Draft {
                    name: signal.id.clone(),
                    facts: Facts::default(),
                    spans,
                    needs: Needs::Nothing,
                }),
            }
        }
    }
}
