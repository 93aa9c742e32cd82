//! One automaton over many literals, each with the uses that wait for it.

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};
use std::collections::BTreeMap;

/// Literals and who waits for them.
#[derive(Debug)]
pub(super) struct Literals<U> {
    automaton: AhoCorasick,
    uses: Vec<Vec<U>>,
}

impl<U: Copy + Ord> Literals<U> {
    pub(super) fn new(waiting: impl IntoIterator<Item = (String, U)>) -> Result<Self, BuildError> {
        let mut by_text: BTreeMap<String, Vec<U>> = BTreeMap::new();
        for (literal, used_by) in waiting {
            by_text.entry(literal).or_default().push(used_by);
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(by_text.keys())?;
        let uses = by_text
            .into_values()
            .map(|mut uses| {
                uses.sort_unstable();
                uses.dedup();
                uses
            })
            .collect();
        Ok(Self { automaton, uses })
    }

    /// Every occurrence, overlaps included: start, end, and who waits for it.
    pub(super) fn occurrences<'a>(
        &'a self,
        text: &'a str,
    ) -> impl Iterator<Item = (usize, usize, &'a [U])> + 'a {
        self.automaton.find_overlapping_iter(text).map(|m| {
            (
                m.start(),
                m.end(),
                self.uses[m.pattern().as_usize()].as_slice(),
            )
        })
    }
}

/// Where a term begins or ends with an ASCII letter or digit, the text must not go on with one.
pub(super) fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let alnum = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_alphanumeric);
    let open = |inside: usize, outside: Option<usize>| alnum(inside) && outside.is_some_and(alnum);
    !(open(start, start.checked_sub(1)) || open(end - 1, Some(end)))
}
