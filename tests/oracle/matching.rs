//! Lexicon terms, guards and the hits of text signals in one folded text.

use std::collections::{BTreeMap, HashMap};

use regex::Regex;

use super::fold::Folded;

/// From the first folded character to one past the last.
pub type Span = (usize, usize);

/// Every term of every lexicon, by its first folded character: what makes 1,500 terms bearable.
#[derive(Default)]
pub struct Lexicons {
    names: Vec<String>,
    by_first: HashMap<char, Vec<Term>>,
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
        if let Some(&first) = term.chars.first() {
            self.by_first.entry(first).or_default().push(Term {
                lexicon,
                chars: term.chars,
            });
        }
    }

    pub fn occurrences(&self, text: &Folded) -> Occurrences {
        let mut found = Occurrences::new();
        for (start, first) in text.chars.iter().enumerate() {
            for term in self.by_first.get(first).into_iter().flatten() {
                let end = start + term.chars.len();
                if text.chars[start..].starts_with(&term.chars) && term.stands_free(text, start) {
                    found.entry(term.lexicon).or_default().push((start, end));
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
}

/// A folded text with everything that matching wants to know of it, worked out once.
pub struct Readable {
    pub folded: Folded,
    pub occurrences: Occurrences,
    text: String,
    /// The byte at which each folded character begins, and the end.
    bytes: Vec<usize>,
}

impl Readable {
    pub fn new(folded: Folded, lexicons: &Lexicons) -> Readable {
        let occurrences = lexicons.occurrences(&folded);
        let text = folded.text();
        let mut bytes: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
        bytes.push(text.len());
        Readable {
            folded,
            occurrences,
            text,
            bytes,
        }
    }

    /// The folded spans of all hits that no guard excuses, in order and without duplicates.
    pub fn hits(&self, phrases: &Phrases) -> Vec<Span> {
        let mut hits: Vec<Span> = Vec::new();
        for lexicon in &phrases.lexicons {
            hits.extend(self.occurrences.get(lexicon).into_iter().flatten());
        }
        for pattern in &phrases.patterns {
            let found = pattern
                .find_iter(&self.text)
                .filter(|found| !found.is_empty());
            hits.extend(
                found.map(|found| (self.char_at(found.start()), self.char_at(found.end()))),
            );
        }
        hits.retain(|&hit| {
            !phrases
                .unless
                .iter()
                .any(|guard| guard.excuses(&self.folded, &self.occurrences, hit))
        });
        hits.sort_unstable();
        hits.dedup();
        hits
    }

    fn char_at(&self, byte: usize) -> usize {
        self.bytes.partition_point(|&start| start < byte)
    }
}
