//! Score signals: texts that the learned scorer puts above nearly all ordinary ones.

use std::sync::Arc;

use super::texts::Written;
use crate::domain::{Draft, Facts, Field, Needs, Span, View};
use crate::rules::{Ruleset, ScoreSignal};
use crate::semantic::{Model, Reason, Tokens};
use crate::text::reading::{Distance, Reading};

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

    /// Scores a text as it is written and as it is read: a disguise hides the pieces that the scorer knows.
    pub(super) fn find<'r>(
        &self,
        rules: &Ruleset,
        written: &Written<'_>,
        readings: impl Iterator<Item = &'r Reading>,
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
        for reading in std::iter::once(None).chain(readings.map(Some)) {
            let text = reading.map_or(raw, |reading| &reading.folded.text);
            let scores = self.model.score(text, tokens);
            for (signal, threshold) in rules.scores.iter().zip(&self.thresholds) {
                if !asked(signal) || scores[signal.head.index()] < *threshold {
                    continue;
                }
                let reasons = self.model.explain(text, signal.head, tokens);
                let mut spans: Vec<Span> = reasons
                    .iter()
                    .filter(|reason| reason.weight > 0)
                    .take(PIECES_SHOWN)
                    .filter_map(|reason| span(reading, field, reason))
                    .collect();
                spans.sort();
                spans.dedup();
                match out.iter_mut().find(|draft| draft.name == signal.id) {
                    // The plainest text that scores so high says it.
                    Some(draft) if draft.spans.iter().any(|span| span.field == field) => {}
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
}

/// Where a piece of a text, or of a reading of it, stands in what the person wrote.
fn span(reading: Option<&Reading>, field: Field, reason: &Reason) -> Option<Span> {
    let (start, end) = (reason.start, reason.end);
    let Some(reading) = reading else {
        let view = View::Raw;
        return Some(Span {
            field,
            start,
            end,
            view,
        });
    };
    let text = &reading.folded.text;
    let byte = |at: u32| text.char_indices().nth(at as usize).map(|(byte, _)| byte);
    let (first, last) = (byte(start)?, byte(end - 1)?);
    let to = byte(end).unwrap_or(text.len());
    let raw = &reading.folded.raw_of_byte;
    Some(Span {
        field,
        start: raw[first],
        end: raw[last] + 1,
        view: match reading.distance((first, to)) {
            Distance::None => View::Folded,
            Distance::Spelt => View::Sound,
            Distance::Heard => View::Loose,
        },
    })
}
