//! Kept windows: of each literal one run of neighbouring symbols that each of its occurrences must show.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use crate::matcher::steps::step;
use crate::matcher::ways::Needed;

/// Who waits for a kept window.
#[derive(Clone, Debug, Default)]
pub(in crate::matcher) struct Waiting {
    /// Too many to name.
    alone: bool,
    /// It is one way to write a character in parts.
    pub(super) parts: bool,
    /// A way to match needs more characters beside it.
    more: bool,
    /// Terms, by their numbers.
    terms: Vec<u32>,
    /// Ways to match.
    needed: Vec<Needed>,
}

/// More terms than these that wait for one window, or were found in one text, are looked for together.
const TERMS_MAX: usize = 16;

impl Waiting {
    /// Enough by itself.
    pub(in crate::matcher) fn alone() -> Self {
        Self {
            alone: true,
            ..Self::default()
        }
    }

    /// The term with this number.
    pub(in crate::matcher) fn term(number: u32) -> Self {
        Self {
            terms: vec![number],
            ..Self::default()
        }
    }

    /// A way to match needs it; `more` says that other sets of the way have more than ASCII letters.
    pub(in crate::matcher) fn needed(needed: Needed, more: bool) -> Self {
        Self {
            needed: vec![needed],
            more: more && needed.set == 1,
            ..Self::default()
        }
    }

    pub(super) fn parts() -> Self {
        Self {
            parts: true,
            ..Self::default()
        }
    }

    /// Asked for only where the first set of its way was seen.
    pub(super) fn second_look(&self) -> bool {
        self.needed.iter().any(|needed| needed.set > 1)
    }

    pub(super) fn join(&mut self, other: Self) {
        self.alone |= other.alone;
        self.parts |= other.parts;
        self.more |= other.more;
        self.needed.extend(other.needed);
        if !self.alone {
            self.terms.extend(other.terms);
            self.alone = self.terms.len() > TERMS_MAX;
        }
    }

    pub(super) fn finish(&mut self) {
        if self.alone {
            self.terms = Vec::new();
            self.needed = Vec::new();
        }
        self.needed.sort_unstable();
        self.needed.dedup();
        self.needed.shrink_to_fit();
        self.terms.shrink_to_fit();
    }

    fn names_none(&self) -> bool {
        self.needed.is_empty() && self.terms.is_empty()
    }

    /// Who waits here waits for the first set of a way as well, and not here: of no use where no first set is seen.
    fn follows(&self) -> bool {
        !self.alone
            && !self.parts
            && self.terms.is_empty()
            && self.needed.iter().all(|needed| needed.set > 1)
    }

    /// What ways to match need.
    pub(in crate::matcher) fn needs(&self) -> &[Needed] {
        &self.needed
    }
}

/// What was found of those who wait.
#[derive(Debug, Default)]
pub(in crate::matcher) struct Found<'g> {
    alone: bool,
    more: bool,
    /// Terms of which a window was seen.
    pub(in crate::matcher) terms: SmallVec<[u32; 4]>,
    /// What ways to match need and was seen.
    pub(in crate::matcher) needed: SmallVec<[&'g [Needed]; 8]>,
    /// The same where no first set is among it.
    pub(in crate::matcher) following: SmallVec<[&'g Waiting; 16]>,
}

impl<'g> Found<'g> {
    #[inline]
    pub(super) fn note(&mut self, waiting: &'g Waiting, follows: bool) {
        if follows {
            // Looked at only where a first set is seen: it lies far from the nearest cache.
            self.following.push(waiting);
            return;
        }
        self.alone |= waiting.alone;
        if !waiting.terms.is_empty() {
            self.alone |= self.terms.len() + waiting.terms.len() > TERMS_MAX;
            if !self.alone {
                self.terms.extend_from_slice(&waiting.terms);
            }
        }
        if !waiting.needed.is_empty() {
            self.more |= waiting.more;
            self.needed.push(&waiting.needed);
        }
    }

    /// Enough was found, whatever else may be.
    pub(super) fn alone(&self) -> bool {
        self.alone
    }

    /// Somebody waits for more characters.
    pub(super) fn more(&self) -> bool {
        self.more
    }
}

/// A bit for each of many hashes; of the bits one in sixteen at most is set.
#[derive(Debug)]
pub(super) struct Bits {
    bits: Box<[u64]>,
    shift: u32,
}

impl Bits {
    /// None yet.
    pub(super) fn none() -> Self {
        Self::of(std::iter::empty())
    }

    /// For these.
    pub(super) fn of(keys: impl ExactSizeIterator<Item = u64>) -> Self {
        let size = (16 * keys.len()).next_power_of_two().max(64);
        let mut bits = Self {
            bits: vec![0; size / 64].into(),
            shift: 64 - size.ilog2(),
        };
        for key in keys {
            let at = bits.place(key);
            bits.bits[at / 64] |= 1 << (at % 64);
        }
        bits
    }

    #[inline]
    fn place(&self, key: u64) -> usize {
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    #[inline]
    pub(super) fn has(&self, key: u64) -> bool {
        let at = self.place(key);
        self.bits[at / 64] >> (at % 64) & 1 != 0
    }
}

/// The kept windows of one stream of symbols.
///
/// The last symbols of each window, its *tail*, are looked up first in a bit table that stays in the nearest cache; only
/// where it says yes the whole window counts. All tables go by hashes: two windows taken for one cost time only.
#[derive(Debug)]
pub(in crate::matcher) struct Windows {
    /// Bits of a symbol.
    unit: u32,
    /// Symbols of a tail.
    tail: usize,
    /// How likely a symbol more of a window is where the others stand, roughly.
    habit: f64,
    tails: Bits,
    /// Two bits in eight for each whole window.
    marks: Box<[u64]>,
    marks_shift: u32,
    /// By the hash of a tail, which lengths its windows have: the lowest bit for one symbol.
    lengths: Box<[u16]>,
    lengths_shift: u32,
    /// By the hash of a window, more of that hash and its place in `waiting`.
    places: Box<[(u32, u32)]>,
    places_shift: u32,
    waiting: Box<[Waiting]>,
    /// Until all are added: windows, and how long they are.
    added: HashMap<(u128, u32), Waiting, FixedState>,
}

/// No window is kept here.
const NOWHERE: u32 = u32::MAX;
/// The bit of a place whose window is of no use without the first set of a way.
const FOLLOWS: u32 = 1 << 31;

/// Spreads a tail or a window over 64 bits; the high ones are the better ones.
#[inline]
fn spread(key: u128) -> u64 {
    let folded = (key as u64) ^ ((key >> 64) as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let once = folded.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (once ^ (once >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

#[inline]
fn mark_of(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63)
}

/// A table with this many free places for each of `count`, and by how much a hash is shifted to a place in it.
fn table<T: Clone>(count: usize, free: usize, empty: T) -> (Box<[T]>, u32) {
    let size = (free * count).next_power_of_two().max(64);
    (vec![empty; size].into(), 64 - size.ilog2())
}

impl Windows {
    pub(in crate::matcher) fn new(unit: u32, tail: usize) -> Self {
        let (lengths, lengths_shift) = table(0, 1, 0);
        let (places, places_shift) = table(0, 1, (0, NOWHERE));
        let (marks, marks_shift) = table(0, 1, 0);
        Self {
            unit,
            tail,
            habit: if unit == 8 { 0.4 } else { 0.1 },
            tails: Bits::none(),
            marks,
            marks_shift,
            lengths,
            lengths_shift,
            places,
            places_shift,
            waiting: Box::default(),
            added: HashMap::default(),
        }
    }

    fn tail_of(&self, recent: u64) -> u64 {
        recent & (u64::MAX >> (64 - self.unit * self.tail as u32))
    }

    /// The symbols that a running window holds at most.
    fn longest(&self, ring: u32) -> usize {
        (ring / self.unit) as usize
    }

    /// Keeps the window of these symbols that is the least common, of all that end at an allowed place and begin at or
    /// after the place told for it. `ring` says how many bits of recent symbols the walk remembers. False where none is.
    pub(in crate::matcher) fn add(
        &mut self,
        symbols: &[u16],
        ring: u32,
        start_of: impl Fn(usize) -> Option<usize>,
        share: impl Fn(&[u16]) -> f64,
        waiting: Waiting,
    ) -> bool {
        let longest = self.longest(ring);
        // The rarer the window, the fewer texts open; the rarer its tail, the fewer are looked at closely.
        let costs = |(start, end): &(usize, usize)| {
            let of_tail = share(&symbols[end + 1 - self.tail..=*end]);
            let of_window = symbols[*start..=*end]
                .windows(self.tail)
                .map(&share)
                .fold(of_tail, f64::min);
            let more = (end + 1 - start - self.tail) as i32;
            of_window * self.habit.powi(more) * 100.0 + of_tail
        };
        let best = (0..symbols.len())
            .filter_map(|end| {
                let start = start_of(end)?.max((end + 1).saturating_sub(longest));
                (end + 1 - start >= self.tail).then_some((start, end))
            })
            .min_by(|a, b| costs(a).total_cmp(&costs(b)));
        let Some((start, end)) = best else {
            return false;
        };
        let unit = self.unit;
        let window = symbols[start..=end]
            .iter()
            .fold(0_u128, |key, symbol| (key << unit) | u128::from(*symbol));
        self.added
            .entry((window, (end + 1 - start) as u32))
            .or_default()
            .join(waiting);
        true
    }

    /// Call once, after the last `add`.
    pub(in crate::matcher) fn finish(&mut self) {
        let added = std::mem::take(&mut self.added);
        let tails: HashSet<u64> = added
            .keys()
            .map(|(window, _)| self.tail_of(*window as u64))
            .collect();
        self.tails = Bits::of(tails.iter().copied());
        (self.lengths, self.lengths_shift) = table(tails.len(), 2, 0);
        (self.places, self.places_shift) = table(added.len(), 2, (0, NOWHERE));
        (self.marks, self.marks_shift) = table(added.len() / 8, 1, 0);
        let mut waiting = Vec::new();
        // Most wait alone: those share a place.
        let mut alike: HashMap<(bool, bool), u32> = HashMap::new();
        for ((window, length), mut one) in added {
            let lengths = self.place_of_lengths(self.tail_of(window as u64));
            self.lengths[lengths] |= 1 << (length - 1);
            one.finish();
            let next = waiting.len() as u32;
            let number = if one.names_none() {
                *alike.entry((one.alone, one.parts)).or_insert(next)
            } else {
                next
            };
            let follows = if one.follows() { FOLLOWS } else { 0 };
            if number == next {
                waiting.push(one);
            }
            let hash = spread(window);
            self.marks[(hash >> self.marks_shift) as usize] |= mark_of(hash);
            let mut at = (hash >> self.places_shift) as usize;
            while self.places[at].1 != NOWHERE {
                at = (at + 1) % self.places.len();
            }
            self.places[at] = (hash as u32, number | follows);
        }
        self.waiting = waiting.into();
    }

    fn place_of_lengths(&self, tail: u64) -> usize {
        (spread(u128::from(tail)) >> self.lengths_shift) as usize
    }

    /// False for nearly all places: no window ends here.
    #[inline]
    pub(in crate::matcher) fn may_end(&self, recent: u64) -> bool {
        self.tails.has(self.tail_of(recent))
    }

    /// Who waits for the windows that end here, and whether that is of use only where a first set is seen.
    #[inline(never)]
    pub(in crate::matcher) fn ask<'g>(
        &'g self,
        recent: u128,
        mut note: impl FnMut(&'g Waiting, bool),
    ) {
        step(1);
        let mut lengths = self.lengths[self.place_of_lengths(self.tail_of(recent as u64))];
        while lengths != 0 {
            let length = lengths.trailing_zeros() + 1;
            lengths &= lengths - 1;
            let hash = spread(recent & (u128::MAX >> (128 - length * self.unit)));
            let mark = mark_of(hash);
            if self.marks[(hash >> self.marks_shift) as usize] & mark != mark {
                continue;
            }
            let mut at = (hash >> self.places_shift) as usize;
            while self.places[at].1 != NOWHERE {
                step(1);
                let (more, number) = self.places[at];
                if more == hash as u32 {
                    let waiting = &self.waiting[(number & !FOLLOWS) as usize];
                    note(waiting, number & FOLLOWS != 0);
                }
                at = (at + 1) % self.places.len();
            }
        }
    }
}

/// A set of hashes: a bit table, and behind it the exact set.
#[derive(Debug)]
pub(super) struct Marked {
    bits: Bits,
    keys: HashSet<u64, FixedState>,
}

impl Marked {
    pub(super) fn new() -> Self {
        Self {
            bits: Bits::none(),
            keys: HashSet::default(),
        }
    }

    pub(super) fn add(&mut self, key: u64) {
        self.keys.insert(key);
    }

    pub(super) fn finish(&mut self) {
        self.bits = Bits::of(self.keys.iter().copied());
    }

    #[inline]
    pub(super) fn has(&self, key: u64) -> bool {
        self.bits.has(key) && self.keys.contains(&key)
    }
}
