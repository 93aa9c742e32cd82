//! Lexicon terms, guards and the hits of text signals in one folded text.

use std::collections::BTreeMap;

use regex::Regex;

use super::disguise::{Disguised, Disguises};
use super::fold::Folded;
use super::reading::{Reading, readings};
use super::together::is_trimming;
use super::trie::Trie;

/// From the first folded character to one past the last.
pub type Span = (usize, usize);

/// The views in which a hit can be seen (section 1.6), the plainest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guise {
    #[default]
    Raw,
    Folded,
    Bare,
    Sound,
    Loose,
}

/// Every term of every lexicon.
#[derive(Default)]
pub struct Lexicons {
    names: Vec<String>,
    terms: Vec<Term>,
    /// The terms by their numbers.
    trie: Trie<usize>,
}

struct Term {
    lexicon: usize,
    chars: Vec<char>,
}

/// Where the terms of each lexicon (by its number) occur in one text.
pub type Occurrences = BTreeMap<usize, Vec<Span>>;

impl Lexicons {
    /// The number of a lexicon, new or known.
    pub fn open(&mut self, name: &str) -> usize {
        self.number(name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    pub fn add(&mut self, lexicon: usize, term: Folded) {
        if term.chars.is_empty() {
            return;
        }
        self.trie.add(&term.chars, self.terms.len());
        self.terms.push(Term {
            lexicon,
            chars: term.chars,
        });
    }

    /// Every term with the number of its lexicon.
    pub fn terms(&self) -> impl Iterator<Item = (usize, &[char])> {
        self.terms
            .iter()
            .map(|term| (term.lexicon, term.chars.as_slice()))
    }

    pub fn occurrences(&self, text: &Folded) -> Occurrences {
        let mut found = Occurrences::new();
        for start in 0..text.chars.len() {
            for (length, number) in self.trie.at_start(&text.chars[start..]) {
                let term = &self.terms[*number];
                if term.stands_free(text, start) {
                    let hits = found.entry(term.lexicon).or_default();
                    hits.push((start, start + length));
                }
            }
        }
        found
    }
}

impl Term {
    fn stands_free(&self, text: &Folded, start: usize) -> bool {
        let word = |c: Option<&char>| c.is_some_and(char::is_ascii_alphanumeric);
        let end = start + self.chars.len();
        !(word(self.chars.first()) && text.alphanumeric_before(start)
            || word(self.chars.last()) && text.alphanumeric_after(end))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardKind {
    Before,
    After,
    Covers,
    Statement,
}

#[derive(Debug, Clone)]
pub struct Guard {
    pub id: String,
    pub kind: GuardKind,
    pub lexicon: usize,
    pub within: usize,
    pub except: Option<usize>,
}

impl Guard {
    fn excuses(&self, text: &Folded, occurrences: &Occurrences, hit: Span) -> bool {
        let near = |from: usize, to: usize| {
            from <= to && to - from <= self.within && text.same_clause(from, to)
        };
        let of = |lexicon: &usize| occurrences.get(lexicon).into_iter().flatten();
        let mut meant = self.except.iter().flat_map(of);
        if meant.any(|&(start, _)| text.same_sentence(start, hit.0)) {
            return false;
        }
        of(&self.lexicon).any(|&(start, end)| match self.kind {
            GuardKind::Before => near(end, hit.0),
            GuardKind::After => near(hit.1, start),
            GuardKind::Covers => start <= hit.0 && hit.1 <= end,
            GuardKind::Statement => text.same_sentence(start, hit.0),
        })
    }
}

/// What makes a text signal, apart from where it may be said and by whom.
pub struct Phrases {
    pub lexicons: Vec<usize>,
    pub patterns: Vec<Regex>,
    pub unless: Vec<Guard>,
    /// Lexicons whose terms are looked for in disguise only.
    pub disguised: Vec<usize>,
    /// Lexicons whose terms count where the text ends with one.
    pub ends: Vec<usize>,
}

/// One text as terms, patterns and guards see it: the folded one or a reading of it.
struct Seen {
    occurrences: Occurrences,
    text: String,
    /// The byte at which each character begins, and the end.
    bytes: Vec<usize>,
}

impl Seen {
    fn new(folded: &Folded, lexicons: &Lexicons) -> Seen {
        let text = folded.text();
        let mut bytes: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
        bytes.push(text.len());
        Seen {
            occurrences: lexicons.occurrences(folded),
            text,
            bytes,
        }
    }

    /// Where terms and patterns are found.
    fn found(&self, phrases: &Phrases) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for lexicon in &phrases.lexicons {
            spans.extend(self.occurrences.get(lexicon).into_iter().flatten());
        }
        let said = self.text.trim_end_matches(is_trimming);
        let end = self.char_at(said.len());
        for lexicon in &phrases.ends {
            let found = self.occurrences.get(lexicon).into_iter().flatten();
            spans.extend(found.filter(|span| span.1 == end));
        }
        for pattern in &phrases.patterns {
            let found = pattern
                .find_iter(&self.text)
                .filter(|found| !found.is_empty());
            spans.extend(
                found.map(|found| (self.char_at(found.start()), self.char_at(found.end()))),
            );
        }
        spans
    }

    fn char_at(&self, byte: usize) -> usize {
        self.bytes.partition_point(|&start| start < byte)
    }
}

/// A raw text with everything that matching wants to know of it, worked out once.
pub struct Readable {
    folded: Folded,
    seen: Seen,
    readings: Vec<(Reading, Seen)>,
    disguised: Disguised,
    raw: Vec<char>,
}

impl Readable {
    /// Characters of the text as it was written.
    pub fn raw_chars(&self) -> usize {
        self.raw.len()
    }

    pub fn new(
        raw: &str,
        folded: Folded,
        lexicons: &Lexicons,
        disguises: Option<&Disguises>,
    ) -> Readable {
        let readings = readings(&folded).into_iter().map(|reading| {
            let seen = Seen::new(&reading.folded, lexicons);
            (reading, seen)
        });
        let disguised = disguises.map(|disguises| disguises.find(&folded));
        Readable {
            seen: Seen::new(&folded, lexicons),
            readings: readings.collect(),
            disguised: disguised.unwrap_or_default(),
            raw: raw.chars().collect(),
            folded,
        }
    }

    /// The raw spans of all hits that no guard excuses, in order, each with the plainest view in
    /// which it is seen. Hits with one stretch of the folded text have one raw span, so it is enough
    /// to compare these.
    pub fn hits(&self, phrases: &Phrases) -> BTreeMap<Span, Guise> {
        let plain = self.seen.found(phrases).into_iter();
        let mut found: Vec<(Span, Guise)> =
            plain.map(|span| (span, self.plain_guise(span))).collect();
        for lexicon in &phrases.disguised {
            found.extend(self.disguised.get(lexicon).into_iter().flatten());
        }
        let mut hits = BTreeMap::new();
        add(&mut hits, phrases, &self.folded, &self.seen, found);
        for (reading, seen) in &self.readings {
            let found = seen
                .found(phrases)
                .into_iter()
                .filter_map(|span| Some((span, reading.guise(span)?)));
            add(&mut hits, phrases, &reading.folded, seen, found.collect());
        }
        hits
    }

    /// Whether a stretch of the folded text stands like that in the raw text, letter case aside.
    fn plain_guise(&self, (start, end): Span) -> Guise {
        let (from, to) = self.folded.raw_span(start, end);
        let raw = self.raw[from..to].iter().flat_map(|c| c.to_lowercase());
        if raw.eq(self.folded.chars[start..end].iter().copied()) {
            Guise::Raw
        } else {
            Guise::Folded
        }
    }
}

/// Adds the raw spans of what was found in one text, save what a guard excuses there.
fn add(
    hits: &mut BTreeMap<Span, Guise>,
    phrases: &Phrases,
    text: &Folded,
    seen: &Seen,
    found: Vec<(Span, Guise)>,
) {
    for (hit, guise) in found {
        let excused = |guard: &Guard| guard.excuses(text, &seen.occurrences, hit);
        if phrases.unless.iter().any(excused) {
            continue;
        }
        let plainest = hits.entry(text.raw_span(hit.0, hit.1)).or_insert(guise);
        *plainest = guise.min(*plainest);
    }
}
