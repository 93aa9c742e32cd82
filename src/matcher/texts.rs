//! Text signals: terms and patterns found, guards asked, spans shown in the raw text.

use aho_corasick::BuildError;
use smallvec::SmallVec;

use super::endings::Endings;
use super::gate::{Gate, Opened, Waiting};
use super::guards::{Occurrences, Said};
use super::literals::{Literals, stands_alone};
use super::masked::{Masked, shapes_of};
use super::steps::step;
use super::ways::{Needed, PatternAt, Seen, Ways};
use crate::domain::limits::SPANS_MAX;
use crate::domain::{Draft, Facts, Field, Needs, PersonText, Sender, Span, View};
use crate::rules::{Ruleset, TextSignal, is_place};
use crate::text::reading::{Distance, Reading};
use crate::text::{Folded, fold_into, fold_mapped};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// A term of this signal.
    Term(usize),
    /// A literal that a way to match a pattern needs.
    Needed(Needed),
}

/// A term of a guard, by the guard's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Speaks {
    /// It excuses a hit.
    For(usize),
    /// With it in the sentence nothing is excused.
    Against(usize),
}

#[derive(Debug)]
pub(super) struct Texts {
    gate: Gate,
    /// The terms that the gate numbers.
    terms: Vec<TermAt>,
    ways: Ways,
    triggers: Literals<Use>,
    masked: Masked,
    guards: Literals<Speaks>,
    endings: Endings,
}

/// A term by its places in the rule set.
#[derive(Clone, Copy, Debug)]
struct TermAt {
    signal: usize,
    place: usize,
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

/// What the gate says of a text.
#[derive(Debug)]
pub(super) struct Look {
    opened: Opened,
    /// The text may end with a word that counts there.
    ends: bool,
    /// Terms of which a part is there, by the gate's numbers.
    terms: SmallVec<[u32; 4]>,
    /// Patterns of which all literals are there.
    patterns: SmallVec<[PatternAt; 8]>,
}

impl Look {
    /// Everything may be found.
    #[cfg(test)]
    pub(super) const fn everywhere() -> Self {
        Self {
            opened: Opened::ALL,
            ends: true,
            terms: SmallVec::new_const(),
            patterns: SmallVec::new_const(),
        }
    }

    /// Whether this pattern is asked, of all that are asked of the text as it is written.
    #[cfg(test)]
    pub(super) fn asks(&self, at: PatternAt) -> bool {
        self.opened.written || self.patterns.contains(&at)
    }

    /// Something may be found.
    pub(super) fn any(&self) -> bool {
        self.opened.any() || self.ends || !self.terms.is_empty() || !self.patterns.is_empty()
    }
}

/// One text of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'e> {
    pub field: Field,
    pub sender: Option<Sender>,
    pub text: &'e PersonText,
}

/// Several texts put together, and where a stretch of its characters (first, last) lies in one of them, if it counts.
pub(super) struct Line<'e> {
    pub text: &'e PersonText,
    pub place: &'e dyn Fn(u32, u32) -> Option<(Field, u32, u32)>,
}

/// What signs are looked for in.
pub(super) trait Read {
    fn raw(&self) -> &str;
    /// Signals that are looked for.
    fn asked(&self) -> impl Fn(&TextSignal) -> bool;
    /// Where a hit, from its first to its last character, lies in what the person wrote, if it counts.
    fn place(&self, signal: &TextSignal, first: u32, last: u32) -> Option<(Field, u32, u32)>;
}

impl Read for Written<'_> {
    fn raw(&self) -> &str {
        self.text.reveal()
    }

    fn asked(&self) -> impl Fn(&TextSignal) -> bool {
        let (field, sender) = (self.field, self.sender);
        let chars = self.raw().chars().count();
        move |signal| {
            signal.fields.contains(&field)
                && sender.is_none_or(|s| signal.speakers.contains(&s))
                && signal.longest.is_none_or(|n| chars <= n as usize)
        }
    }

    fn place(&self, _: &TextSignal, first: u32, last: u32) -> Option<(Field, u32, u32)> {
        Some((self.field, first, last + 1))
    }
}

impl Read for Line<'_> {
    fn raw(&self) -> &str {
        self.text.reveal()
    }

    fn asked(&self) -> impl Fn(&TextSignal) -> bool {
        let chars = self.raw().chars().count();
        move |signal| signal.longest.is_none_or(|n| chars <= n as usize)
    }

    fn place(&self, signal: &TextSignal, first: u32, last: u32) -> Option<(Field, u32, u32)> {
        let place = (self.place)(first, last)?;
        let said = place.0 != Field::Chat || signal.speakers.contains(&Sender::Buyer);
        (said && signal.fields.contains(&place.0)).then_some(place)
    }
}

/// Every term, and every literal that a way to match needs.
fn triggers(rules: &Ruleset) -> impl Iterator<Item = (String, Use)> {
    let terms = rules
        .signals
        .iter()
        .enumerate()
        .flat_map(|(index, signal)| {
            let terms = signal.terms.iter();
            terms.map(move |term| (term.clone(), Use::Term(index)))
        });
    let literals = Ways::literals(rules);
    terms.chain(
        literals.map(|(literal, _, needed)| (literal.replace(is_place, ""), Use::Needed(needed))),
    )
}

/// The gate, the terms that it numbers, and the disguises, which open it as well.
fn gate(rules: &Ruleset, ways: &Ways) -> Result<(Gate, Vec<TermAt>, Masked), BuildError> {
    let shapes = shapes_of(rules);
    let (mut gate, mut terms) = (Gate::new(&shapes), Vec::new());
    // What counts in company only need not open the gate: the company does.
    let alone = |signal: usize| !rules.signals[signal].beside;
    for (index, signal) in rules.signals.iter().enumerate().filter(|(i, _)| alone(*i)) {
        for (place, term) in signal.terms.iter().enumerate() {
            gate.add(term, true, Waiting::term(terms.len() as u32));
            terms.push(TermAt {
                signal: index,
                place,
            });
        }
    }
    for (literal, pattern, needed) in Ways::literals(rules) {
        if alone(pattern.signal as usize) {
            let waiting = Waiting::needed(needed, ways.more(needed.way));
            gate.add(literal, false, waiting);
        }
    }
    let masked = Masked::new(rules, shapes, &mut gate)?;
    gate.finish();
    Ok((gate, terms, masked))
}

impl Texts {
    pub(super) fn new(rules: &Ruleset) -> Result<Self, BuildError> {
        // The automaton of everything takes half of the time; it is built beside the rest.
        std::thread::scope(|scope| {
            let triggers = scope.spawn(|| Literals::new(triggers(rules)));
            let ways = Ways::new(rules);
            let (gate, terms, masked) = gate(rules, &ways)?;
            let guards = rules.guards.iter().enumerate();
            let guards = guards.flat_map(|(index, guard)| {
                let terms = guard
                    .terms
                    .iter()
                    .map(move |term| (term, Speaks::For(index)));
                let except = guard
                    .except
                    .iter()
                    .map(move |term| (term, Speaks::Against(index)));
                terms
                    .chain(except)
                    .map(|(term, speaks)| (term.clone(), speaks))
            });
            let guards = Literals::new(guards)?;
            let triggers = match triggers.join() {
                Ok(triggers) => triggers?,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            Ok(Self {
                gate,
                terms,
                ways,
                triggers,
                masked,
                guards,
                endings: Endings::new(rules),
            })
        })
    }

    /// What a text may hold that needs no company. Disguises of every signal count.
    pub(super) fn look(&self, rules: &Ruleset, raw: &str, seen: &mut Seen) -> Look {
        self.look_at(rules, raw, raw, seen)
    }

    /// The same of what is read for a raw text.
    fn look_at(&self, rules: &Ruleset, raw: &str, read: &str, seen: &mut Seen) -> Look {
        let (opened, found) = self.gate.look(read);
        let patterns = if found.needed.is_empty() {
            SmallVec::new()
        } else {
            seen.begin(&self.ways);
            let needed = || found.needed.iter().copied().flatten();
            let firsts = needed().filter(|needed| needed.set == 1);
            firsts.for_each(|needed| seen.note(&self.ways, *needed));
            // Most literals of further sets are common ones, and few ways have shown their first.
            if seen.any() {
                let rest = needed().filter(|needed| needed.set != 1);
                let following = found.following.iter().flat_map(|waiting| waiting.needs());
                for needed in rest.chain(following) {
                    if seen.has(needed.way) {
                        seen.note(&self.ways, *needed);
                    }
                }
            }
            seen.end()
        };
        let mut look = Look {
            opened,
            ends: self.endings.may_end(read),
            terms: found.terms,
            patterns,
        };
        // Pieces of sentences are of the commonest words there are, but only short texts are pieces.
        if !look.terms.is_empty() || !look.patterns.is_empty() {
            let chars = raw.chars().count();
            let fits = |signal: usize| {
                let longest = rules.signals[signal].longest;
                longest.is_none_or(|n| chars <= n as usize)
            };
            look.terms
                .retain(|number| fits(self.terms[*number as usize].signal));
            look.patterns.retain(|at| fits(at.signal as usize));
        }
        look
    }

    /// Whether a sign that needs no company is there, before guards are asked: false for nearly all texts that the gate
    /// opened for, and cheaper than finding every sign.
    pub(super) fn holds(
        &self,
        rules: &Ruleset,
        text: &Written<'_>,
        look: &Look,
        scratch: &mut String,
    ) -> bool {
        if look.opened.written {
            return true;
        }
        let asked = text.asked();
        if look.ends || !look.terms.is_empty() || !look.patterns.is_empty() {
            scratch.clear();
            fold_into(text.raw(), scratch);
            step(scratch.len() * (look.terms.len() + look.patterns.len()));
            let written = |number: &u32| {
                let TermAt { signal, place } = self.terms[*number as usize];
                let signal = &rules.signals[signal];
                asked(signal) && said(scratch, &signal.terms[place]).next().is_some()
            };
            let matches = |at: &PatternAt| {
                let (signal, pattern) = at.of(rules);
                asked(signal) && pattern.regex.is_match(scratch)
            };
            let alone =
                |signal: usize| asked(&rules.signals[signal]) && !rules.signals[signal].beside;
            let ends = look.ends
                && self
                    .endings
                    .at_end(scratch)
                    .any(|(signal, _)| alone(signal));
            if ends || look.terms.iter().any(written) || look.patterns.iter().any(matches) {
                return true;
            }
        }
        let masked = look.opened.bare || look.opened.sound;
        masked && {
            let mut hits = Vec::new();
            self.disguised(
                rules,
                &asked,
                &fold_mapped(text.raw()),
                look.opened,
                &mut hits,
            );
            !hits.is_empty()
        }
    }

    /// Terms that are disguised.
    fn disguised(
        &self,
        rules: &Ruleset,
        asked: impl Fn(&TextSignal) -> bool,
        folded: &Folded,
        opened: Opened,
        hits: &mut Vec<Hit>,
    ) {
        if opened.bare {
            self.masked.in_bare(rules, &asked, folded, hits);
        }
        if opened.sound {
            self.masked.in_sound(rules, &asked, folded, hits);
        }
    }

    /// Every sign of a text as it is written, and in the other views that are opened.
    pub(super) fn find(
        &self,
        rules: &Ruleset,
        text: &impl Read,
        look: &Look,
        seen: &mut Seen,
        out: &mut Vec<Draft>,
    ) {
        let raw = text.raw();
        let folded = fold_mapped(raw);
        step(folded.text.len());
        let asked = text.asked();
        let mut hits = Vec::new();
        self.as_written(rules, &asked, &folded.text, seen, &mut hits);
        self.disguised(rules, &asked, &folded, look.opened, &mut hits);
        // Of one stretch seen through several views the plainest counts.
        hits.sort_unstable();
        hits.dedup_by_key(|hit| (hit.signal, hit.stretch));
        self.excuse(rules, &folded, &mut hits);
        remember(rules, text, &folded, &hits, out);
    }

    /// Whether a reading holds a sign that needs no company, where it differs from the folded view; guards are not asked.
    pub(super) fn holds_read(
        &self,
        rules: &Ruleset,
        text: &Written<'_>,
        reading: &Reading,
        seen: &mut Seen,
    ) -> bool {
        let look = self.look_at(rules, text.raw(), &reading.folded.text, seen);
        if !look.any() {
            return false;
        }
        let asked = text.asked();
        if look.opened.written || look.ends {
            let mut hits = Vec::new();
            self.as_read(rules, asked, reading, seen, &mut hits);
            return hits.iter().any(|hit| !rules.signals[hit.signal].beside);
        }
        let read = reading.folded.text.as_str();
        step(read.len() * (look.terms.len() + look.patterns.len()));
        let changed = |stretch: Stretch| reading.distance(stretch) != Distance::None;
        let term = |number: &u32| {
            let TermAt { signal, place } = self.terms[*number as usize];
            let signal = &rules.signals[signal];
            asked(signal) && said(read, &signal.terms[place]).any(changed)
        };
        let pattern = |at: &PatternAt| {
            let (signal, pattern) = at.of(rules);
            let mut found = pattern.regex.find_iter(read).filter(|m| !m.is_empty());
            asked(signal) && found.any(|m| changed((m.start(), m.end())))
        };
        look.terms.iter().any(term) || look.patterns.iter().any(pattern)
    }

    /// Every sign of a reading that touches what is read otherwise than it is written.
    pub(super) fn find_read(
        &self,
        rules: &Ruleset,
        text: &impl Read,
        reading: &Reading,
        seen: &mut Seen,
        out: &mut Vec<Draft>,
    ) {
        step(reading.folded.text.len());
        let mut hits = Vec::new();
        self.as_read(rules, text.asked(), reading, seen, &mut hits);
        self.excuse(rules, &reading.folded, &mut hits);
        remember(rules, text, &reading.folded, &hits, out);
    }

    fn as_read(
        &self,
        rules: &Ruleset,
        asked: impl Fn(&TextSignal) -> bool,
        reading: &Reading,
        seen: &mut Seen,
        hits: &mut Vec<Hit>,
    ) {
        self.as_written(rules, asked, &reading.folded.text, seen, hits);
        hits.retain_mut(|hit| {
            hit.view = match reading.distance(hit.stretch) {
                Distance::None => return false,
                Distance::Spelt => View::Sound,
                Distance::Heard => View::Loose,
            };
            true
        });
    }

    /// Takes out the hits that a guard excuses.
    fn excuse(&self, rules: &Ruleset, folded: &Folded, hits: &mut Vec<Hit>) {
        if hits.is_empty() {
            return;
        }
        let said = Said::new(folded, self.guard_occurrences(rules, &folded.text));
        hits.retain(|hit| {
            !rules.signals[hit.signal]
                .unless
                .iter()
                .any(|guard| said.excuses(&rules.guards[*guard], *guard, hit.stretch))
        });
    }

    /// Terms and patterns in the folded view.
    fn as_written(
        &self,
        rules: &Ruleset,
        asked: impl Fn(&TextSignal) -> bool,
        folded: &str,
        seen: &mut Seen,
        hits: &mut Vec<Hit>,
    ) {
        let hit = |signal, stretch| Hit {
            signal,
            stretch,
            view: View::Folded,
        };
        seen.begin(&self.ways);
        for (start, end, uses) in self.triggers.occurrences(folded) {
            step(uses.len());
            for used_by in uses {
                match *used_by {
                    Use::Term(signal) => {
                        if asked(&rules.signals[signal]) && stands_alone(folded, start, end) {
                            hits.push(hit(signal, (start, end)));
                        }
                    }
                    Use::Needed(needed) => seen.note(&self.ways, needed),
                }
            }
        }
        for (signal, stretch) in self.endings.at_end(folded) {
            if asked(&rules.signals[signal]) {
                hits.push(hit(signal, stretch));
            }
        }
        for at in seen.end() {
            let (signal, pattern) = at.of(rules);
            if !asked(signal) {
                continue;
            }
            let found = pattern.regex.find_iter(folded).filter(|m| !m.is_empty());
            hits.extend(found.map(|m| {
                step(m.len());
                hit(at.signal as usize, (m.start(), m.end()))
            }));
        }
    }

    /// The occurrences of each guard's terms, and of the terms with which it excuses nothing.
    fn guard_occurrences(&self, rules: &Ruleset, folded: &str) -> Vec<[Occurrences; 2]> {
        let mut stretches = vec![[Vec::new(), Vec::new()]; rules.guards.len()];
        for (start, end, terms) in self.guards.occurrences(folded) {
            step(terms.len());
            if stands_alone(folded, start, end) {
                for term in terms {
                    let stretches = match term {
                        Speaks::For(guard) => &mut stretches[*guard][0],
                        Speaks::Against(guard) => &mut stretches[*guard][1],
                    };
                    stretches.push((start, end));
                }
            }
        }
        stretches
            .into_iter()
            .map(|both| both.map(Occurrences::new))
            .collect()
    }
}

/// Where a term stands alone in a text.
fn said(folded: &str, term: &str) -> impl Iterator<Item = Stretch> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + folded[from..].find(term)?;
        from = start + folded[start..].chars().next().map_or(1, char::len_utf8);
        Some((start, start + term.len()))
    })
    .filter(move |(start, end)| stands_alone(folded, *start, *end))
}

fn remember(
    rules: &Ruleset,
    text: &impl Read,
    folded: &Folded,
    hits: &[Hit],
    out: &mut Vec<Draft>,
) {
    if hits.is_empty() {
        return;
    }
    let raw_chars: Vec<char> = text.raw().chars().collect();
    for hit in hits {
        step(SPANS_MAX);
        let signal = &rules.signals[hit.signal];
        let Some(span) = span(folded, &raw_chars, hit, |first, last| {
            text.place(signal, first, last)
        }) else {
            continue;
        };
        let name = &signal.id;
        match out.iter_mut().find(|draft| draft.name == *name) {
            Some(draft) => draft.note(span),
            None => out.push(Draft {
                name: name.clone(),
                facts: Facts::default(),
                spans: vec![span],
                needs: if signal.beside {
                    Needs::Company
                } else {
                    Needs::Nothing
                },
            }),
        }
    }
}

fn span(
    folded: &Folded,
    raw: &[char],
    hit: &Hit,
    place: impl Fn(u32, u32) -> Option<(Field, u32, u32)>,
) -> Option<Span> {
    let (start, end) = hit.stretch;
    let (first, last) = (folded.raw_of_byte[start], folded.raw_of_byte[end - 1]);
    let (field, from, to) = place(first, last)?;
    let written = raw[first as usize..=last as usize]
        .iter()
        .flat_map(|c| c.to_lowercase());
    let as_it_stands = hit.view == View::Folded && written.eq(folded.text[start..end].chars());
    Some(Span {
        field,
        start: from,
        end: to,
        view: if as_it_stands { View::Raw } else { hit.view },
    })
}
