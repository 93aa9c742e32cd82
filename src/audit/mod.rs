//! The log that an outsider can check: leaf, tree, verify.
//!
//! A leaf is the exact stored bytes of a [`Record`]; it is written in the transaction of what it tells of, so neither
//! exists alone. A single sequencer later gives leaves their places in an RFC 6962 Merkle tree ([`tree`]). Records name
//! cases, not persons, and hold no content. Hashes are always taken over the stored bytes, never over a record written
//! out again.

pub mod tree;

use crate::domain::{CaseId, Time};

/// What one leaf says. The order of fields is part of the format.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Record {
    v: u8,
    time_ms: i64,
    actor: String,
    role: &'static str,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ruleset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Record {
    /// Something the machine did.
    pub fn system(now: Time, action: &'static str, case: Option<&CaseId>, ruleset: &str) -> Self {
        Self {
            v: 1,
            time_ms: now.ms(),
            actor: "lifeguard".to_owned(),
            role: "system",
            action,
            case: case.map(ToString::to_string),
            ruleset: Some(ruleset.to_owned()),
            detail: None,
        }
    }

    /// Something a person on staff did.
    pub fn staff(
        now: Time,
        actor: &str,
        role: &'static str,
        action: &'static str,
        case: Option<&CaseId>,
    ) -> Self {
        Self {
            v: 1,
            time_ms: now.ms(),
            actor: actor.to_owned(),
            role,
            action,
            case: case.map(ToString::to_string),
            ruleset: None,
            detail: None,
        }
    }

    /// Adds a short fact without content, such as an outcome code.
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The bytes to store and to hash: compact JSON, fields in the order above.
    ///
    /// # Panics
    /// Never: a record holds only words and numbers.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
