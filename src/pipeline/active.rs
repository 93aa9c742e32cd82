//! A filter of the persons of whom something is remembered. It may say yes wrongly, which costs a read, never no wrongly
//! for anyone whose event was acknowledged before: the transaction checks the generation it has seen.

use std::sync::atomic::{AtomicI64, Ordering};

use fastbloom::AtomicBloomFilter;

use crate::domain::PersonId;

/// Shared by all doors of a node.
#[derive(Debug)]
pub struct ActivePersons {
    filter: AtomicBloomFilter,
    generation: AtomicI64,
}

impl ActivePersons {
    /// A filter for so many persons with one wrong yes in a thousand; more persons raise that share, nothing else.
    pub fn with_capacity(persons: usize) -> Self {
        Self {
            filter: AtomicBloomFilter::with_false_pos(0.001).expected_items(persons.max(1024)),
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

    /// The generation of activations that is in the filter.
    pub fn generation(&self) -> i64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Notes that everything up to a generation is in the filter.
    pub fn seen(&self, generation: i64) {
        self.generation.store(generation, Ordering::Release);
    }
}
