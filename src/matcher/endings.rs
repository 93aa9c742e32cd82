//! Words that a text ends with: whoever stops there goes on in another one.

use std::collections::{HashMap, HashSet};

use super::literals::stands_alone;
use super::steps::step;
use super::texts::Stretch;
use crate::rules::Ruleset;
use crate::text::{Kind, entry_of, is_trimming};

/// How a text ends, separators and what is folded away left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Last {
    /// With these ASCII letters and digits: the last eight of a word at most.
    Word(u64),
    /// With these two.
    Two(char, char),
    /// With this one, whatever stands before it.
    One(char),
}

#[derive(Debug, Default)]
pub(super) struct Endings {
    /// Folded words by their last character, each with its signal.
    by_last: HashMap<char, Vec<(String, usize)>, foldhash::fast::FixedState>,
    /// How those end that count without company.
    alone: HashSet<Last, foldhash::fast::FixedState>,
    /// No such text is longer, in characters, where a signal says so of itself.
    longest: usize,
}

/// So many letters of a word are looked at.
const WORD_BYTES: u32 = 8;

/// How a text ends that ends with this folded word, of which this is the last character.
fn last_of(word: &str, last: char) -> Last {
    if last.is_ascii_alphanumeric() {
        let letters = word.bytes().rev().take_while(u8::is_ascii_alphanumeric);
        let letters = letters.take(WORD_BYTES as usize).zip(0..);
        return Last::Word(letters.fold(0, |word, (c, at)| word | u64::from(c) << (8 * at)));
    }
    let mut before = word.chars().rev().skip(1);
    match before.find(|c| entry_of(*c).kind != Kind::Soft) {
        Some(before) => Last::Two(before, last),
        None => Last::One(last),
    }
}

impl Endings {
    pub(super) fn new(rules: &Ruleset) -> Self {
        let mut endings = Self::default();
        for (index, signal) in rules.signals.iter().enumerate() {
            for word in &signal.ends {
                let Some(last) = word.chars().next_back() else {
                    continue;
                };
                let words = endings.by_last.entry(last).or_default();
                words.push((word.clone(), index));
                if !signal.beside {
                    endings.alone.insert(last_of(word, last));
                    let longest = signal.longest.map_or(usize::MAX, |n| n as usize);
                    endings.longest = endings.longest.max(longest);
                }
            }
        }
        endings
    }

    /// False only for texts that end with none of the words that count without company.
    pub(super) fn may_end(&self, raw: &str) -> bool {
        // Four bytes a character at most.
        if self.alone.is_empty() || raw.len() / 4 > self.longest {
            return false;
        }
        let mut chars = raw.chars().rev().map(|c| (c, entry_of(c)));
        let kept = |kind: Kind| !matches!(kind, Kind::Dropped | Kind::Soft);
        let last = chars
            .find(|(c, entry)| kept(entry.kind) && !is_trimming(*c) && !is_trimming(entry.folded));
        let Some((_, last)) = last else {
            return false;
        };
        match last.kind {
            Kind::Several => true,
            Kind::Word => {
                let (mut word, mut count) = (last.folded as u64, 1);
                for (_, entry) in chars {
                    match entry.kind {
                        Kind::Dropped => {}
                        Kind::Several => return true,
                        Kind::Word if count < WORD_BYTES => {
                            word |= (entry.folded as u64) << (8 * count);
                            count += 1;
                        }
                        _ => break,
                    }
                }
                self.alone.contains(&Last::Word(word))
            }
            _ => {
                let before = chars.find(|(_, entry)| kept(entry.kind));
                let two = before.is_some_and(|(_, before)| {
                    before.kind == Kind::Several
                        || self.alone.contains(&Last::Two(before.folded, last.folded))
                });
                two || self.alone.contains(&Last::One(last.folded))
            }
        }
    }

    /// The words that a folded text ends with, trimmings left aside: of which signal, and where.
    pub(super) fn at_end<'e>(
        &'e self,
        folded: &'e str,
    ) -> impl Iterator<Item = (usize, Stretch)> + 'e {
        let said = folded.trim_end_matches(is_trimming);
        let last = said.chars().next_back();
        let words = last.and_then(|last| self.by_last.get(&last));
        let words = words.map_or(&[][..], Vec::as_slice);
        step(words.len());
        words.iter().filter_map(move |(word, signal)| {
            let start = said.strip_suffix(word.as_str())?.len();
            let stretch = (start, said.len());
            stands_alone(folded, start, said.len()).then_some((*signal, stretch))
        })
    }
}
