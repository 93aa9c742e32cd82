//! Names and shapes of what we count, never who.
//!
//! Conservation: `received` is counted where events come in, the outcomes where they end, so that the difference shows
//! what is in flight or lost.

use metrics::{counter, gauge, histogram};

/// What becomes of an event; a closed set, so that labels stay few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Judged.
    Evaluated,
    /// A repeat.
    Duplicate,
    /// Set aside.
    Quarantined,
}

impl Outcome {
    fn label(self) -> &'static str {
        match self {
            Outcome::Evaluated => "evaluated",
            Outcome::Duplicate => "duplicate",
            Outcome::Quarantined => "quarantined",
        }
    }
}

/// An event came in by a road: "grpc", "kafka" or "file".
pub fn received(road: &'static str, events: u64) {
    counter!("lifeguard_events_received_total", "road" => road).increment(events);
}

/// Events were answered with an error and are the sender's to send again.
pub fn refused(road: &'static str, events: u64) {
    counter!("lifeguard_events_refused_total", "road" => road).increment(events);
}

/// Events reached their end.
pub fn ended(road: &'static str, outcome: Outcome, events: u64) {
    if events > 0 {
        counter!("lifeguard_events_total", "road" => road, "outcome" => outcome.label())
            .increment(events);
    }
}

/// Offsets without an event.
pub fn gap(offsets: u64) {
    counter!("lifeguard_kafka_gap_offsets_total").increment(offsets);
}

/// Fields that were not known here.
pub fn unknown_fields(fields: u32) {
    counter!("lifeguard_unknown_fields_total").increment(fields.into());
}

/// A case opened.
pub fn case_opened(level: &'static str) {
    counter!("lifeguard_cases_opened_total", "level" => level).increment(1);
}

/// A batch was committed.
pub fn committed(items: usize, seconds: f64) {
    histogram!("lifeguard_commit_seconds").record(seconds);
    histogram!("lifeguard_commit_items").record(items as f64);
}

/// The store did not answer and is asked again.
pub fn store_waiting(waiting: bool) {
    gauge!("lifeguard_store_waiting").set(f64::from(u8::from(waiting)));
}

/// A batch was found fenced or stale.
pub fn commit_redone(why: &'static str) {
    counter!("lifeguard_commit_redone_total", "why" => why).increment(1);
}

/// Rules and model were read again: adopted or refused.
pub fn renewed(outcome: &'static str) {
    counter!("lifeguard_ruleset_renewals_total", "outcome" => outcome).increment(1);
}

/// The size of the audit tree and the leaves that wait.
pub fn audit(size: u64, pending: u64) {
    gauge!("lifeguard_audit_tree_size").set(size as f64);
    gauge!("lifeguard_audit_pending_leaves").set(pending as f64);
}

/// A notice went out.
pub fn notice_published(topic: &str) {
    counter!("lifeguard_notices_published_total", "topic" => topic.to_owned()).increment(1);
}

/// Waits for a person ended without a sign of them.
pub fn silences(persons: u64) {
    counter!("lifeguard_silences_total").increment(persons);
}
