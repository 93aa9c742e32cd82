//! Lexicon terms, guards and the hits of text signals in one folded text.

use std::collections::BTreeMap;

use regex::Regex;

use super::disguise::{Disguised, Disguises};
use super::fold::Folded;
use super::trie::Trie;

/// From the first folded character to one past the last.
pub type Span = (usize, usize);

/// The views in which a hit can be seen (section 1.5), the plainest first.
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
}

impl Guard {
    fn excuses(&self, text: &Folded, occurrences: &Occurrences, hit: Span) -> bool {
        let near = |from: usize, to: usize| {
            from <= to && to - from <= self.within && text.same_clause(from, to)
        };
        occurrences
            .get(&self.lexicon)
            .into_iter()
            .flatten()
            .any(|&(start, end)| match self.kind {
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
}

/// A folded text with everything that matching wants to know of it, worked out once.
pub struct Readable {
    pub folded: Folded,
    pub occurrences: Occurrences,
    disguised: Disguised,
    raw: Vec<char>,
    text: String,
    /// The byte at which each folded character begins, and the end.
    bytes: Vec<usize>,
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
        let occurrences = lexicons.occurrences(&folded);
        let disguised = disguises.map(|disguises| disguises.find(&folded));
        let text = folded.text();
        let mut bytes: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
        bytes.push(text.len());
        Readable {
            folded,
            occurrences,
            disguised: disguised.unwrap_or_default(),
            raw: raw.chars().collect(),
            text,
            bytes,
        }
    }

    /// The folded spans of all hits that no guard excuses, in order, each with the plainest view in
    /// which it is seen.
    pub fn hits(&self, phrases: &Phrases) -> BTreeMap<Span, Guise> {
        let mut plain: Vec<Span> = Vec::new();
        for lexicon in &phrases.lexicons {
            plain.extend(self.occurrences.get(lexicon).into_iter().flatten());
        }
        for pattern in &phrases.patterns {
            let found = pattern
                .find_iter(&self.text)
                .filter(|found| !found.is_empty());
            plain.extend(
                found.map(|found| (self.char_at(found.start()), self.char_at(found.end()))),
            );
        }
        let mut seen: Vec<(Span, Guise)> = plain
            .into_iter()
            .map(|span| (span, self.plain_guise(span)))
            .collect();
        for lexicon in &phrases.disguised {
            seen.extend(self.disguised.get(lexicon).into_iter().flatten());
        }
        let mut hits: BTreeMap<Span, Guise> = BTreeMap::new();
        for (span, guise) in seen {
            let plainest = hits.entry(span).or_insert(guise);
            *plainest = guise.min(*plainest);
        }
        hits.retain(|&hit, _| {
            !phrases
                .unless
                .iter()
                .any(|guard| guard.excuses(&self.folded, &self.occurrences, hit))
        });
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

    fn char_at(&self, byte: usize) -> usize {
        self.bytes.partition_point(|&start| start < byte)
    }
}
