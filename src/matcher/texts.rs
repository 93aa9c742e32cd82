//! Text signals: terms and patterns found, guards asked, spans shown in the raw text.

use std::collections::HashMap;

use aho_corasick::BuildError;

use super::gate::{Gate, Opened, Waiting};
use super::guards::{Occurrences, Said};
use super::literals::{Literals, stands_alone};
use super::masked::{Masked, shapes_of};
use super::steps::step;
use crate::domain::limits::SPANS_MAX;
use crate::domain::{Draft, Facts, Field, Needs, Sender, Span, View};
use crate::rules::{EDGE, Ruleset, TextSignal};
use crate::text::{Folded, fold_mapped};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// A term of this signal.
    Term(usize),
    /// A literal that a way to match a pattern of this signal needs: the pattern, the way, which of its sets it is of.
    Pattern(usize, usize, usize, usize),
}

#[derive(Debug)]
pub(super) struct Texts {
    gate: Gate,
    triggers: Literals<Use>,
    masked: Masked,
    guards: Literals<usize>,
}

/// A stretch of the folded text, in bytes.
pub(super) type Stretch = (usize, usize);

/// A sign seen in a text, before guards are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub signal: usize,
    pub stretch: Stretch,
    pub view: View,
}

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
                for (way, needs) in pattern.ways.iter().enumerate() {
                    for (set, literals) in needs.iter().enumerate() {
                        let used_by = Use::Pattern(index, number, way, set);
                        waiting.extend(literals.iter().map(|l| (l.clone(), used_by)));
                    }
                }
            }
        }
        // Ways to match numbered through.
        let mut ways: HashMap<(usize, usize, usize), usize> = HashMap::new();
        let mut sets_of_way = Vec::new();
        for (index, signal) in rules.signals.iter().enumerate() {
            for (number, pattern) in signal.patterns.iter().enumerate() {
                for (way, needs) in pattern.ways.iter().enumerate() {
                    ways.insert((index, number, way), sets_of_way.len());
                    sets_of_way.push(needs.len());
                }
            }
        }
        let shapes = shapes_of(rules);
        let mut gate = Gate::new(&shapes);
        // What counts in company only need not open the gate: the company does.
        let alone = |used_by: &Use| match used_by {
            Use::Term(signal) | Use::Pattern(signal, ..) => !rules.signals[*signal].beside,
        };
        for (literal, used_by) in waiting.iter().filter(|(_, used_by)| alone(used_by)) {
            match used_by {
                Use::Term(_) => gate.add(literal, true, Waiting::alone()),
                Use::Pattern(signal, number, way, set) => {
                    let way = ways[&(*signal, *number, *way)];
                    let waiting = if sets_of_way[way] == 1 {
                        Waiting::alone()
                    } else {
                        Waiting::set(way, *set)
                    };
                    gate.add(literal, false, waiting);
                }
            }
        }
        let masked = Masked::new(rules, shapes, &mut gate)?;
        gate.finish(&sets_of_way);
        let guards =
            rules.guards.iter().enumerate().flat_map(|(index, guard)| {
                guard.terms.iter().map(move |term| (term.clone(), index))
            });
        Ok(Self {
            gate,
            triggers: Literals::new(
                waiting
                    .into_iter()
                    .map(|(literal, used_by)| (literal.replace(EDGE, ""), used_by)),
            )?,
            masked,
            guards: Literals::new(guards)?,
        })
    }

    /// What a text may hold that needs no company. Disguises of every signal count.
    pub(super) fn look(&self, raw: &str) -> Opened {
        self.gate.look(raw)
    }

    /// Every sign of a text, in the views that are opened.
    pub(super) fn find_opened(
        &self,
        rules: &Ruleset,
        field: Field,
        sender: Option<Sender>,
        raw: &str,
        opened: Opened,
        out: &mut Vec<Draft>,
    ) {
        let folded = fold_mapped(raw);
        step(folded.text.len());
        let heard = |signal: &TextSignal| {
            signal.fields.contains(&field) && sender.is_none_or(|s| signal.speakers.contains(&s))
        };
        let mut hits = Vec::new();
        if opened.written {
            self.as_written(rules, heard, &folded.text, &mut hits);
        }
        if opened.bare {
            self.masked.in_bare(rules, heard, &folded, &mut hits);
        }
        if opened.sound {
            self.masked.in_sound(rules, heard, &folded, &mut hits);
        }
        if hits.is_empty() {
            return;
        }
        // Of one stretch seen through several views the plainest counts.
        hits.sort_unstable();
        hits.dedup_by_key(|hit| (hit.signal, hit.stretch));
        let said = Said::new(&folded, self.guard_occurrences(rules, &folded.text));
        hits.retain(|hit| {
            !rules.signals[hit.signal]
                .unless
                .iter()
                .any(|guard| said.excuses(&rules.guards[*guard], *guard, hit.stretch))
        });
        remember(rules, field, raw, &folded, &hits, out);
    }

    /// Terms and patterns in the folded view.
    fn as_written(
        &self,
        rules: &Ruleset,
        heard: impl Fn(&TextSignal) -> bool,
        folded: &str,
        hits: &mut Vec<Hit>,
    ) {
        let hit = |signal, stretch| Hit {
            signal,
            stretch,
            view: View::Folded,
        };
        let mut patterns: Vec<(usize, usize, usize, usize)> = Vec::new();
        for (start, end, uses) in self.triggers.occurrences(folded) {
            step(uses.len());
            for used_by in uses {
                match *used_by {
                    Use::Term(signal)
                        if heard(&rules.signals[signal]) && stands_alone(folded, start, end) =>
                    {
                        hits.push(hit(signal, (start, end)));
                    }
                    Use::Pattern(signal, number, way, set) if heard(&rules.signals[signal]) => {
                        patterns.push((signal, number, way, set));
                    }
                    _ => {}
                }
            }
        }
        patterns.sort_unstable();
        patterns.dedup();
        for of_one in patterns.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (signal, number, ..) = of_one[0];
            let pattern = &rules.signals[signal].patterns[number];
            let mut of_ways = of_one.chunk_by(|a, b| a.2 == b.2);
            if !of_ways.any(|of_way| of_way.len() == pattern.ways[of_way[0].2].len()) {
                continue;
            }
            let found = pattern.regex.find_iter(folded);
            hits.extend(found.filter(|m| !m.is_empty()).map(|m| {
                step(m.len());
                hit(signal, (m.start(), m.end()))
            }));
        }
    }

    fn guard_occurrences(&self, rules: &Ruleset, folded: &str) -> Vec<Occurrences> {
        let mut stretches = vec![Vec::new(); rules.guards.len()];
        for (start, end, guards) in self.guards.occurrences(folded) {
            step(guards.len());
            if stands_alone(folded, start, end) {
                guards
                    .iter()
                    .for_each(|guard| stretches[*guard].push((start, end)));
            }
        }
        stretches.into_iter().map(Occurrences::new).collect()
    }
}

fn remember(
    rules: &Ruleset,
    field: Field,
    raw: &str,
    folded: &Folded,
    hits: &[Hit],
    out: &mut Vec<Draft>,
) {
    if hits.is_empty() {
        return;
    }
    let raw_chars: Vec<char> = raw.chars().collect();
    for hit in hits {
        step(SPANS_MAX);
        let span = span(folded, &raw_chars, field, hit);
        let name = &rules.signals[hit.signal].id;
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
                needs: if rules.signals[hit.signal].beside {
                    Needs::Company
                } else {
                    Needs::Nothing
                },
            }),
        }
    }
}

fn span(folded: &Folded, raw: &[char], field: Field, hit: &Hit) -> Span {
    let (start, end) = hit.stretch;
    let (first, last) = (folded.raw_of_byte[start], folded.raw_of_byte[end - 1]);
    let written = raw[first as usize..=last as usize]
        .iter()
        .flat_map(|c| c.to_lowercase());
    let as_it_stands = hit.view == View::Folded && written.eq(folded.text[start..end].chars());
    Span {
        field,
        start: first,
        end: last + 1,
        view: if as_it_stands { View::Raw } else { hit.view },
    }
}
