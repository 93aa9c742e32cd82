//! The ways in which patterns can match, and of which a text shows all that they need.

use smallvec::SmallVec;

use super::steps::step;
use crate::rules::{Pattern, Ruleset, TextSignal};

/// A pattern of a text signal, by its places in the rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PatternAt {
    pub signal: u32,
    pub number: u32,
}

/// A literal that a way needs: one of each of its sets must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Needed {
    /// Number of the way, counted through the rule set.
    pub way: u32,
    /// The bit of the set.
    pub set: u8,
}

impl PatternAt {
    /// The signal and the pattern.
    pub(super) fn of(self, rules: &Ruleset) -> (&TextSignal, &Pattern) {
        let signal = &rules.signals[self.signal as usize];
        (signal, &signal.patterns[self.number as usize])
    }
}

/// All ways of all patterns, numbered through.
#[derive(Debug)]
pub(super) struct Ways(Box<[Way]>);

#[derive(Debug)]
struct Way {
    pattern: PatternAt,
    /// Bits of the sets that it needs.
    needs: u8,
    /// Sets after the first one have more than ASCII letters and digits.
    more: bool,
}

impl Ways {
    pub(super) fn new(rules: &Ruleset) -> Self {
        Self(
            each_pattern(rules)
                .flat_map(|(pattern, ways)| {
                    ways.iter().map(move |sets| Way {
                        pattern,
                        needs: (1 << sets.len()) - 1,
                        more: !sets[1..].iter().flatten().all(|l| l.is_ascii()),
                    })
                })
                .collect(),
        )
    }

    /// Every literal that a way needs.
    pub(super) fn literals(rules: &Ruleset) -> impl Iterator<Item = (&String, PatternAt, Needed)> {
        each_pattern(rules)
            .flat_map(|(at, ways)| ways.iter().map(move |sets| (at, sets)))
            .zip(0..)
            .flat_map(|((at, sets), way)| {
                let sets = sets.iter().enumerate();
                sets.flat_map(move |(i, literals)| {
                    let needed = Needed { way, set: 1 << i };
                    literals.iter().map(move |literal| (literal, at, needed))
                })
            })
    }

    /// The sets of a way after its first one have more than ASCII letters and digits.
    pub(super) fn more(&self, way: u32) -> bool {
        self.0[way as usize].more
    }
}

fn each_pattern(rules: &Ruleset) -> impl Iterator<Item = (PatternAt, &[Vec<Vec<String>>])> {
    let signals = rules.signals.iter().enumerate();
    signals.flat_map(|(signal, of)| {
        let patterns = of.patterns.iter().enumerate();
        patterns.map(move |(number, pattern)| {
            let (signal, number) = (signal as u32, number as u32);
            (PatternAt { signal, number }, &pattern.ways[..])
        })
    })
}

/// What was seen in one text. Kept from text to text, so that nothing is sorted and little is cleared.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Bits of the sets seen, for each way; all 0 between texts.
    sets: Vec<u8>,
    touched: Vec<u32>,
    complete: SmallVec<[PatternAt; 8]>,
}

impl Seen {
    /// Before the first literal of a text.
    pub(super) fn begin(&mut self, ways: &Ways) {
        if self.sets.len() < ways.0.len() {
            self.sets.resize(ways.0.len(), 0);
        }
    }

    #[inline]
    pub(super) fn note(&mut self, ways: &Ways, needed: Needed) {
        step(1);
        let seen = &mut self.sets[needed.way as usize];
        if *seen == 0 {
            self.touched.push(needed.way);
        }
        let Way { pattern, needs, .. } = ways.0[needed.way as usize];
        if *seen != needs {
            *seen |= needed.set;
            if *seen == needs {
                self.complete.push(pattern);
            }
        }
    }

    /// Whether anything was seen.
    pub(super) fn any(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Whether anything was seen of this way.
    #[inline]
    pub(super) fn has(&self, way: u32) -> bool {
        self.sets[way as usize] != 0
    }

    /// The patterns that may match, in order; then nothing has been seen.
    pub(super) fn end(&mut self) -> SmallVec<[PatternAt; 8]> {
        for way in self.touched.drain(..) {
            self.sets[way as usize] = 0;
        }
        let mut complete = std::mem::take(&mut self.complete);
        complete.sort_unstable();
        complete.dedup();
        complete
    }
}
