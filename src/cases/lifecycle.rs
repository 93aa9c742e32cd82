//! The life of a case: open → claimed → in contact → following up → closed.

use std::sync::Arc;

use crate::domain::event::named;
use crate::domain::time::MINUTE_MS;
use crate::domain::{CaseId, EventKey, Level, PersonId, Time, TypeSet};

/// A claim holds so long unless it is renewed by claiming again.
pub const LEASE_MS: i64 = 30 * MINUTE_MS;

/// A person who may need a human now.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its id.
    pub case_id: CaseId,
    /// Whom it is about.
    pub person: PersonId,
    /// Which episode of the person.
    pub episode: i64,
    /// Where it stands.
    pub state: CaseState,
    /// How urgent; machines only raise it.
    pub level: Level,
    /// What kind of danger.
    pub types: TypeSet,
    /// Intent stage.
    pub intent: u8,
    /// Means stage.
    pub means: u8,
    /// Harm-to-others stage.
    pub harm: u8,
    /// When the opening event happened.
    pub signalled_at: Time,
    /// When the case opened, by our clock.
    pub opened_at: Time,
    /// When a human must have seen it.
    pub deadline_at: Time,
    /// When watched goods should arrive, if any are on their way.
    pub means_arrival_at: Option<Time>,
    /// Who holds it.
    pub holder: Option<String>,
    /// Fencing number of the latest lease.
    pub lease_no: i64,
    /// When that lease ends.
    pub lease_until: Option<Time>,
    /// Counts the evidence.
    pub revision: i64,
    /// The rules that speak, strongest first.
    pub rules: Vec<Arc<str>>,
    /// The event that opened it.
    pub opened_by: EventKey,
}

named!(
    /// Where a case stands.
    CaseState {
        /// Waiting.
        Open = "OPEN",
        /// Held by a specialist.
        Claimed = "CLAIMED",
        /// The person was reached.
        InContact = "IN_CONTACT",
        /// Planned follow-up.
        FollowingUp = "FOLLOWING_UP",
        /// Ended.
        Closed = "CLOSED",
    }
);
named!(
    /// Whether the person was reached.
    ContactOutcome {
        /// Spoke with the person.
        Reached = "REACHED",
        /// Reached somebody close.
        ReachedOther = "REACHED_OTHER",
        /// Nobody was reached.
        NotReached = "NOT_REACHED",
        /// The person did not want to talk.
        Declined = "DECLINED",
        /// No contact was needed.
        NotNeeded = "NOT_NEEDED",
    }
);
named!(
    /// How it went for the person.
    SafetyOutcome {
        /// A safety plan was agreed.
        SafePlan = "SAFE_PLAN",
        /// Family is there, with consent.
        SafeFamily = "SAFE_FAMILY",
        /// Linked to care.
        SafeCare = "SAFE_CARE",
        /// Emergency help, willing.
        RescueVoluntary = "RESCUE_VOLUNTARY",
        /// Emergency help, against the person's will.
        RescueInvoluntary = "RESCUE_INVOLUNTARY",
        /// The goods were stopped or given up.
        MeansStopped = "MEANS_STOPPED",
        /// Harmless.
        Benign = "BENIGN",
        /// Handed to police or another service.
        Referred = "REFERRED",
        /// The person died.
        Death = "DEATH",
        /// Not known.
        Unknown = "UNKNOWN",
    }
);
named!(
    /// Whether finding this person was right.
    DetectionVerdict {
        /// A person who needed a human.
        Right = "RIGHT",
        /// Cannot be said.
        Unsure = "UNSURE",
        /// A wrong alarm.
        Wrong = "WRONG",
    }
);

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The closer's lease.
    pub lease_no: i64,
    /// The revision of the evidence that the closer saw.
    pub revision_seen: i64,
    /// Whether the person was reached.
    pub contact: ContactOutcome,
    /// How it went.
    pub safety: SafetyOutcome,
    /// Whether it was right.
    pub verdict: DetectionVerdict,
    /// Why it can be closed.
    pub reason: String,
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The case has ended.
    #[error("the case is closed")]
    Closed,
    /// Another specialist holds it.
    #[error("the case is held by another specialist until {until}")]
    HeldByAnother {
        /// When the lease ends.
        until: Time,
    },
    /// The command needs a claim.
    #[error("claim the case first")]
    NotClaimed,
    /// The lease is over, or somebody else claimed since.
    #[error("your claim has ended; claim the case again")]
    LeaseLost,
    /// Newer evidence came in.
    #[error("newer evidence came in (revision {current}, you saw {seen}); read the case again")]
    NewerEvidence {
        /// The revision now.
        current: i64,
        /// The revision that the closer saw.
        seen: i64,
    },
}

impl Case {
    fn leased_at(&self, now: Time) -> Option<(&str, Time)> {
        match (&self.holder, self.lease_until) {
            (Some(holder), Some(until)) if now < until => Some((holder, until)),
            _ => None,
        }
    }

    /// Takes or renews the case. Every claim gets a higher fencing number.
    ///
    /// # Errors
    /// The case is closed, or held by another under a lease that still runs.
    pub fn claim(&self, actor: &str, now: Time) -> Result<Case, Refusal> {
        if self.state == CaseState::Closed {
            return Err(Refusal::Closed);
        }
        match self.leased_at(now) {
            Some((holder, until)) if holder != actor => Err(Refusal::HeldByAnother { until }),
            _ => Ok(Case {
                state: if self.state == CaseState::Open {
                    CaseState::Claimed
                } else {
                    self.state
                },
                holder: Some(actor.to_owned()),
                lease_no: self.lease_no + 1,
                lease_until: Some(now.plus_ms(LEASE_MS)),
                ..self.clone()
            }),
        }
    }

    /// Whether a writer still holds the lease it names. A late writer's note is kept all the same.
    pub fn holds_lease(&self, actor: &str, lease_no: i64, now: Time) -> bool {
        self.lease_no == lease_no
            && self
                .leased_at(now)
                .is_some_and(|(holder, _)| holder == actor)
    }

    /// Ends the case.
    ///
    /// # Errors
    /// The closer does not hold it, or did not see the newest evidence.
    pub fn close(&self, actor: &str, closing: &Closing, now: Time) -> Result<Case, Refusal> {
        match self.state {
            CaseState::Closed => return Err(Refusal::Closed),
            CaseState::Open => return Err(Refusal::NotClaimed),
            _ => {}
        }
        if !self.holds_lease(actor, closing.lease_no, now) {
            return Err(match self.leased_at(now) {
                Some((holder, until)) if holder != actor => Refusal::HeldByAnother { until },
                _ => Refusal::LeaseLost,
            });
        }
        if closing.revision_seen != self.revision {
            return Err(Refusal::NewerEvidence {
                current: self.revision,
                seen: closing.revision_seen,
            });
        }
        Ok(Case {
            state: CaseState::Closed,
            lease_until: Some(now),
            ..self.clone()
        })
    }
}
