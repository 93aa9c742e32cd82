//! Filters of the persons of whom something is remembered. They may say yes wrongly, which costs a read, never no wrongly
//! for anyone whose event was acknowledged before: the transaction checks the generation it has seen.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use fastbloom::AtomicBloomFilter;

use crate::domain::limits::PIECES_MS;
use crate::domain::time::HOUR_MS;
use crate::domain::{PersonId, Time};

/// Shared by all doors of a node.
#[derive(Debug)]
pub struct ActivePersons {
    filter: AtomicBloomFilter,
    opened: Lately,
    spoke: Lately,
    generation: AtomicI64,
}

impl ActivePersons {
    /// A filter for so many persons with one wrong yes in a thousand; more persons raise that share, nothing else.
    pub fn with_capacity(persons: usize) -> Self {
        Self {
            filter: AtomicBloomFilter::with_false_pos(0.001).expected_items(persons.max(1024)),
            opened: Lately::default(),
            spoke: Lately::default(),
            generation: AtomicI64::new(0),
        }
    }

    /// Remembers a person.
    pub fn insert(&self, person: &PersonId) {
        self.filter.insert(person.as_str());
    }

    /// False only for persons of whom nothing is remembered.
    pub fn may_contain(&self, person: &PersonId) -> bool {
        self.filter.contains(person.as_str())
    }

    /// Remembers that a person opened a sentence that may go on in another text.
    pub fn opened(&self, person: &PersonId, at: Time) {
        self.opened.insert(person, at);
    }

    /// False only for persons who opened no sentence shortly before `now`.
    pub fn may_go_on(&self, person: &PersonId, now: Time) -> bool {
        // Only that the last opening is long past says no: an event may come late.
        let since = self.opened.since_latest_ms(person, now);
        since.is_some_and(|ms| ms <= PIECES_MS)
    }

    /// Remembers that something was found in what a person wrote.
    pub fn spoke(&self, person: &PersonId, at: Time) {
        self.spoke.insert(person, at);
    }

    /// False only for persons in whose words nothing was found around `now`: what they did long before they spoke ends no wait, but
    /// on a node that has only heard of them another's event may stand for their words.
    pub fn may_be_waited_for(&self, person: &PersonId, now: Time, within_ms: i64) -> bool {
        let since = self.spoke.since_latest_ms(person, now);
        since.is_some_and(|ms| (-within_ms..=within_ms).contains(&ms))
    }

    /// The generation of activations that is in the filter.
    pub fn generation(&self) -> i64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Notes that everything up to a generation is in the filter.
    pub fn seen(&self, generation: i64) {
        self.generation.store(generation, Ordering::Release);
    }
}

const SHARDS: usize = 16;
/// A part that has grown so large, or to double what was left the last time, forgets whatever is this much older than its
/// newest, by the time of the events.
const SHARD_PERSONS_MAX: usize = 1 << 16;
const FORGOTTEN_MS: i64 = 7 * HOUR_MS;

/// Who did something, and when last: by a hash of the person, so that it holds no names.
#[derive(Debug, Default)]
struct Lately {
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug, Default)]
struct Shard {
    latest: HashMap<u64, Time>,
    left: usize,
}

impl Lately {
    fn shard(&self, person: &PersonId) -> (u64, &Mutex<Shard>) {
        let hash = self.hasher.hash_one(person.as_str());
        (hash, &self.shards[hash as usize % SHARDS])
    }

    fn insert(&self, person: &PersonId, at: Time) {
        let (hash, shard) = self.shard(person);
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let Shard { latest, left } = &mut *shard;
        let known = latest.entry(hash).or_insert(at);
        *known = at.max(*known);
        if latest.len() > SHARD_PERSONS_MAX.max(2 * *left) {
            let newest = latest.values().copied().max().unwrap_or(at);
            latest.retain(|_, at| newest.since_ms(*at) < FORGOTTEN_MS);
            *left = latest.len();
        }
    }

    /// Milliseconds from the last time to `now`; below 0 if that is before it.
    fn since_latest_ms(&self, person: &PersonId, now: Time) -> Option<i64> {
        let (hash, shard) = self.shard(person);
        let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.latest.get(&hash).map(|at| now.since_ms(*at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::MINUTE_MS;

    #[test]
    fn a_sentence_may_go_on_for_a_quarter_of_an_hour_and_late_events_count() {
        let active = ActivePersons::with_capacity(0);
        let (who, other) = (PersonId::new("p"), PersonId::new("q"));
        let noon = Time::from_ms(1_800_000_000_000);
        active.opened(&who, noon);
        for (minutes, may) in [(-600, true), (0, true), (15, true), (16, false)] {
            let now = noon.plus_ms(minutes * MINUTE_MS);
            assert_eq!(active.may_go_on(&who, now), may, "{minutes} minutes");
            assert!(!active.may_go_on(&other, now));
        }
        // An opening that comes late takes nothing back.
        active.opened(&who, noon.plus_ms(-HOUR_MS));
        assert!(active.may_go_on(&who, noon.plus_ms(15 * MINUTE_MS)));
    }

    #[test]
    fn what_is_long_past_is_forgotten_where_there_is_too_much() {
        let opened = Lately::default();
        let noon = Time::from_ms(1_800_000_000_000);
        let late = noon.plus_ms(8 * HOUR_MS);
        let persons = (SHARD_PERSONS_MAX + SHARD_PERSONS_MAX / 8) * SHARDS;
        for number in 0..persons {
            let at = if number < persons / 2 { noon } else { late };
            opened.insert(&PersonId::new(format!("p{number}")), at);
        }
        let held: usize = opened
            .shards
            .iter()
            .map(|shard| shard.lock().expect("whole").latest.len())
            .sum();
        assert!(held < persons * 3 / 4, "{held} of {persons}");
        let last = PersonId::new(format!("p{}", persons - 1));
        assert_eq!(opened.since_latest_ms(&last, late), Some(0));
    }
}
