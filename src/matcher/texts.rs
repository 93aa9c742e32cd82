//! Text signals: terms and patterns found, guards asked, spans shown in the raw text.

use aho_corasick::BuildError;

use super::gate::{Gate, GatedText};
use super::literals::{Literals, stands_alone};
use crate::domain::limits::SPANS_MAX;
use crate::domain::{Draft, Facts, Field, Sender, Span, View};
use crate::rules::{Guard, GuardKind, Ruleset, TextSignal};
use crate::text::{Folded, fold_into, fold_mapped, same_clause, same_sentence};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// A term of this signal.
    Term(usize),
    /// A literal that this pattern of this signal needs.
    Pattern(usize, usize),
}

#[derive(Debug)]
pub(super) struct Texts {
    gate: Gate,
    triggers: Literals<Use>,
    guards: Literals<usize>,
}

/// A stretch of the folded text, in bytes.
type Stretch = (usize, usize);

impl Texts {
    pub(super) fn new(rules: &Ruleset) -> Result<Self, BuildError> {
        let mut waiting = Vec::new();
        for (index, signal) in rules.signals.iter().enumerate() {
            waiting.extend(
                signal
                    .terms
                    .iter()
                    .map(|term| (term.clone(), Use::Term(index))),
            );
            for (number, pattern) in signal.patterns.iter().enumerate() {
                waiting.extend(
                    pattern
                        .gate
                        .iter()
                        .map(|l| (l.clone(), Use::Pattern(index, number))),
                );
            }
        }
        let mut gate = Gate::new();
        waiting.iter().for_each(|(literal, _)| gate.add(literal));
        let guards =
            rules.guards.iter().enumerate().flat_map(|(index, guard)| {
                guard.terms.iter().map(move |term| (term.clone(), index))
            });
        Ok(Self {
            gate,
            triggers: Literals::new(waiting)?,
            guards: Literals::new(guards)?,
        })
    }

    pub(super) fn find(
        &self,
        rules: &Ruleset,
        field: Field,
        sender: Option<Sender>,
        raw: &str,
        folded: &mut String,
        out: &mut Vec<Draft>,
    ) {
        let mut sink = GatedText::new(&self.gate, folded);
        fold_into(raw, &mut sink);
        if !sink.is_open() {
            return;
        }
        let heard = |signal: &TextSignal| {
            signal.fields.contains(&field) && sender.is_none_or(|s| signal.speakers.contains(&s))
        };
        let mut hits: Vec<(usize, Stretch)> = Vec::new();
        let mut patterns: Vec<(usize, usize)> = Vec::new();
        for (start, end, uses) in self.triggers.occurrences(folded) {
            for used_by in uses {
                match *used_by {
                    Use::Term(signal)
                        if heard(&rules.signals[signal]) && stands_alone(folded, start, end) =>
                    {
                        hits.push((signal, (start, end)));
                    }
                    Use::Pattern(signal, number) if heard(&rules.signals[signal]) => {
                        patterns.push((signal, number));
                    }
                    _ => {}
                }
            }
        }
        patterns.sort_unstable();
        patterns.dedup();
        for (signal, number) in patterns {
            let found = rules.signals[signal].patterns[number]
                .regex
                .find_iter(folded);
            hits.extend(
                found
                    .filter(|m| !m.is_empty())
                    .map(|m| (signal, (m.start(), m.end()))),
            );
        }
        if hits.is_empty() {
            return;
        }
        hits.sort_unstable();
        hits.dedup();
        let said = Said {
            text: folded,
            guards: self.guard_stretches(rules, folded),
        };
        hits.retain(|(signal, hit)| {
            !rules.signals[*signal]
                .unless
                .iter()
                .any(|guard| said.excuses(&rules.guards[*guard], *guard, *hit))
        });
        remember(rules, field, raw, &hits, out);
    }

    fn guard_stretches(&self, rules: &Ruleset, folded: &str) -> Vec<Vec<Stretch>> {
        let mut stretches = vec![Vec::new(); rules.guards.len()];
        for (start, end, guards) in self.guards.occurrences(folded) {
            if stands_alone(folded, start, end) {
                guards
                    .iter()
                    .for_each(|guard| stretches[*guard].push((start, end)));
            }
        }
        stretches
    }
}

struct Said<'a> {
    text: &'a str,
    guards: Vec<Vec<Stretch>>,
}

impl Said<'_> {
    /// Whether a guard speaks for this hit. It is asked about one hit at a time, so it never hides another.
    fn excuses(&self, guard: &Guard, index: usize, hit: Stretch) -> bool {
        self.guards[index]
            .iter()
            .any(|&(start, end)| match guard.kind {
                GuardKind::Covers => start <= hit.0 && hit.1 <= end,
                GuardKind::Before => end <= hit.0 && self.near(end, hit.0, guard.within),
                GuardKind::After => hit.1 <= start && self.near(hit.1, start, guard.within),
                GuardKind::Statement => {
                    same_sentence(self.text, start.min(hit.0), start.max(hit.0))
                }
            })
    }

    fn near(&self, from: usize, to: usize, within: usize) -> bool {
        // Bytes bound characters from above four to one, so far guards cost nothing.
        to - from <= within * 4
            && self.text[from..to].chars().count() <= within
            && same_clause(self.text, from, to)
    }
}

fn remember(
    rules: &Ruleset,
    field: Field,
    raw: &str,
    hits: &[(usize, Stretch)],
    out: &mut Vec<Draft>,
) {
    if hits.is_empty() {
        return;
    }
    let folded = fold_mapped(raw);
    let raw_chars: Vec<char> = raw.chars().collect();
    for (signal, (start, end)) in hits {
        let span = span(&folded, &raw_chars, field, *start, *end);
        let name = &rules.signals[*signal].id;
        match out.iter_mut().find(|draft| draft.name == *name) {
            Some(draft) => {
                if draft.spans.len() < SPANS_MAX && !draft.spans.contains(&span) {
                    draft.spans.push(span);
                    draft.spans.sort();
                }
            }
            None => out.push(Draft {
                name: name.clone(),
                facts: Facts::default(),
                spans: vec![span],
                only_if_known: false,
            }),
        }
    }
}

fn span(folded: &Folded, raw: &[char], field: Field, start: usize, end: usize) -> Span {
    let (first, last) = (folded.raw_of_byte[start], folded.raw_of_byte[end - 1]);
    let written = raw[first as usize..=last as usize]
        .iter()
        .flat_map(|c| c.to_lowercase());
    let view = if written.eq(folded.text[start..end].chars()) {
        View::Raw
    } else {
        View::Folded
    };
    Span {
        field,
        start: first,
        end: last + 1,
        view,
    }
}
