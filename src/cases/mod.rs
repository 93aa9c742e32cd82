//! What follows from an assessment, and the life of a case. All pure: `now` is an argument, and what is to happen is
//! returned as data that `store` writes in the one transaction.
//!
//! - [`decide`]: an event of a person becomes signals, an assessment and effects.
//! - [`lifecycle`]: (case, command) → next case, or a typed refusal.
//! - [`silence`]: a person who said that they are in danger and then says nothing more.
//! - [`help`]: what may be shown to a person without asking anyone.

pub mod decide;
pub mod help;
pub mod ids;
pub mod lifecycle;
pub mod silence;

pub use decide::{
    Candidate, CaseChange, Effects, PersonRecord, Piece, ReadTogether, Verdict, handle,
};
pub use lifecycle::{
    Case, CaseState, Closing, ContactOutcome, DetectionVerdict, Refusal, SafetyOutcome,
};
