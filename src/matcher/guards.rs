//! Which guards speak for a hit. Asked for every hit of a text of up to 64 KiB, so places of marks are counted once and
//! occurrences searched in order: the time grows with the text, not with hits times guards.

use super::steps::step;
use super::texts::Stretch;
use crate::rules::{Guard, GuardKind};
use crate::text::{Folded, is_clause_mark, is_sentence_mark};

/// The occurrences of one guard's terms, in the order in which they begin.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    starts: Vec<usize>,
    /// The ends in rising order.
    ends: Vec<usize>,
    /// The furthest end of this occurrence and all that begin before it.
    reach: Vec<usize>,
}

impl Occurrences {
    pub(super) fn new(mut stretches: Vec<Stretch>) -> Self {
        stretches.sort_unstable();
        let mut ends: Vec<usize> = stretches.iter().map(|(_, end)| *end).collect();
        let reach = ends
            .iter()
            .scan(0, |furthest, end| {
                *furthest = end.max(furthest).to_owned();
                Some(*furthest)
            })
            .collect();
        ends.sort_unstable();
        Self {
            starts: stretches.iter().map(|(start, _)| *start).collect(),
            ends,
            reach,
        }
    }
}

/// A folded text and what guards ask of it.
pub(super) struct Said {
    /// For each byte, and one past the last: how many of these begin before it.
    characters: Vec<u32>,
    clause_marks: Vec<u32>,
    sentence_marks: Vec<u32>,
    /// Where white space that was taken out parts two clauses.
    gaps: Vec<usize>,
    /// For each guard what speaks for a hit, and what does so against it.
    guards: Vec<[Occurrences; 2]>,
}

impl Said {
    pub(super) fn new(folded: &Folded, guards: Vec<[Occurrences; 2]>) -> Self {
        let text = folded.text.as_str();
        let mut said = Self {
            characters: Vec::with_capacity(text.len() + 1),
            clause_marks: Vec::with_capacity(text.len() + 1),
            sentence_marks: Vec::with_capacity(text.len() + 1),
            gaps: folded.clause_gaps(),
            guards,
        };
        let mut before = (0, 0, 0);
        for (at, c) in text.char_indices() {
            said.push_to(at, before);
            before.0 += 1;
            before.1 += u32::from(is_clause_mark(text, at, c));
            before.2 += u32::from(is_sentence_mark(text, at, c));
        }
        said.push_to(text.len(), before);
        said
    }

    /// Counts for the bytes up to and with `at`.
    fn push_to(&mut self, at: usize, (characters, clause_marks, sentence_marks): (u32, u32, u32)) {
        self.characters.resize(at + 1, characters);
        self.clause_marks.resize(at + 1, clause_marks);
        self.sentence_marks.resize(at + 1, sentence_marks);
    }

    /// Whether a guard speaks for this hit. It is asked about one hit at a time, so it never hides another.
    pub(super) fn excuses(&self, guard: &Guard, index: usize, hit: Stretch) -> bool {
        let [guards, against] = &self.guards[index];
        step(1 + guards.starts.len().checked_ilog2().unwrap_or(0) as usize);
        let excuses = match guard.kind {
            GuardKind::Covers => {
                let begun = guards.starts.partition_point(|start| *start <= hit.0);
                begun > 0 && hit.1 <= guards.reach[begun - 1]
            }
            // What excludes the nearest occurrence excludes all that are further away.
            GuardKind::Before => {
                let ended = guards.ends.partition_point(|end| *end <= hit.0);
                ended > 0 && self.near(guards.ends[ended - 1], hit.0, guard.within)
            }
            GuardKind::After => {
                let before = guards.starts.partition_point(|start| *start < hit.1);
                let next = guards.starts.get(before);
                next.is_some_and(|start| self.near(hit.1, *start, guard.within))
            }
            GuardKind::Statement => self.in_sentence(guards, hit),
        };
        excuses && !self.in_sentence(against, hit)
    }

    /// Whether one of them begins in the sentence in which a hit does.
    fn in_sentence(&self, these: &Occurrences, hit: Stretch) -> bool {
        let marks = |start: usize| self.sentence_marks[start];
        these
            .starts
            .binary_search_by_key(&marks(hit.0), |start| marks(*start))
            .is_ok()
    }

    fn near(&self, from: usize, to: usize, within: usize) -> bool {
        let gap = self.gaps.partition_point(|gap| *gap < from);
        (self.characters[to] - self.characters[from]) as usize <= within
            && self.clause_marks[from] == self.clause_marks[to]
            && self.gaps.get(gap).is_none_or(|gap| *gap > to)
    }
}
