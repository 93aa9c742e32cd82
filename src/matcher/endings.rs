//! Words that a text ends with: whoever stops there goes on in another one.

use std::collections::{HashMap, HashSet};

use super::literals::stands_alone;
use super::steps::step;
use super::texts::Stretch;
use crate::rules::Ruleset;
use crate::text::{Kind, entry_of, is_trimming};

#[derive(Debug, Default)]
pub(super) struct Endings {
    /// Folded words by their last character, each with its signal.
    by_last: HashMap<char, Vec<(String, usize)>, foldhash::fast::FixedState>,
    /// The last characters of those that count without company.
    alone: HashSet<char, foldhash::fast::FixedState>,
    /// No such text is longer, in characters, where a signal says so of itself.
    longest: usize,
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
                    endings.alone.insert(last);
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
        for c in raw.chars().rev() {
            let entry = entry_of(c);
            match entry.kind {
                Kind::Several => return true,
                Kind::Dropped | Kind::Soft => {}
                _ if is_trimming(c) || is_trimming(entry.folded) => {}
                _ => return self.alone.contains(&entry.folded),
            }
        }
        false
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
