//! A person who said that they are in danger, and then says and does nothing more.
//!
//! Whom is waited for stands with the person, written in the transaction that judged what they said. Whatever they do in time
//! ends the wait. Where nothing comes, the end of the wait is an event of its own, made here: it goes the way of all events, so
//! that it is judged once, whoever finds it due and however often.

use sha2::{Digest as _, Sha256};

use super::decide::{Candidate, PersonRecord};
use super::lifecycle::CaseState;
use crate::domain::limits::believed;
use crate::domain::{
    AgeBand, Draft, EventId, EventKey, Facts, Level, Needs, PersonId, SourceId, Time, ids::hex,
    signal::engine,
};
use crate::rules::Ruleset;

/// Events that we make ourselves come from here.
pub const SOURCE: &str = "lifeguard";

/// A wait for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// When they spoke.
    pub since: Time,
    /// When saying nothing more becomes a sign; by the clock of the events.
    pub until: Time,
}

/// The end of a wait as an event.
pub fn silence(person: PersonId, until: Time, arrived_at: Time) -> Candidate {
    let mut hasher = Sha256::new();
    hasher.update(person.as_str());
    hasher.update(until.ms().to_be_bytes());
    let content: [u8; 32] = hasher.finalize().into();
    Candidate {
        key: EventKey {
            source: SourceId::new(SOURCE),
            event: EventId::new(format!("silence-{}", hex(&content[..16]))),
            content,
        },
        person,
        occurred_at: until,
        arrived_at,
        age_band: AgeBand::Unspecified,
        locale: String::new(),
        merchant: String::new(),
        drafts: vec![Draft {
            name: engine::SILENCE.into(),
            facts: Facts::default(),
            spans: Vec::new(),
            needs: Needs::Silence,
        }],
        texts: Vec::new(),
        own_act: false,
        canary: false,
    }
}

impl Candidate {
    /// True for the end of a wait.
    pub fn is_silence(&self) -> bool {
        self.drafts.iter().any(|d| d.needs == Needs::Silence)
    }
}

impl PersonRecord {
    /// Whether a wait that ends at `until` is a sign: nobody ended it, and no human is with the person yet.
    pub(super) fn is_silent(&self, until: Time) -> bool {
        let alone = |state| matches!(state, CaseState::Open | CaseState::Claimed);
        self.waiting.is_some_and(|w| w.until == until)
            && self.open_case.as_ref().is_some_and(|c| alone(c.state))
    }

    /// The end of a wait that an act of the person comes after: to be judged before it, so that it does not matter who is
    /// sooner, this act or whoever looks for waits that are over.
    pub fn silence_before(&self, candidate: &Candidate) -> Option<Candidate> {
        let waiting = self.waiting?;
        let happened = believed(candidate.occurred_at, candidate.arrived_at);
        (candidate.own_act && happened > waiting.until).then(|| {
            silence(
                candidate.person.clone(),
                waiting.until,
                candidate.arrived_at,
            )
        })
    }

    /// Lets an event begin or end the wait for its person. `spoke` says that a sign was found in their own words.
    pub(super) fn wait(
        &mut self,
        rules: &Ruleset,
        candidate: &Candidate,
        occurred_at: Time,
        level: Level,
        spoke: bool,
    ) {
        if candidate.is_silence() {
            self.waiting = self.waiting.filter(|w| w.until != occurred_at);
            return;
        }
        let before = |w: &Waiting| occurred_at < w.since;
        if !candidate.own_act || self.waiting.as_ref().is_some_and(before) {
            return;
        }
        self.waiting = match rules.triage.silence {
            Some(rule) if spoke && level >= rule.from => Some(Waiting {
                since: occurred_at,
                until: occurred_at.plus_ms(rule.after_ms),
            }),
            // Words of the same moment are no answer to a question.
            _ => self.waiting.filter(|w| w.since == occurred_at),
        };
    }
}
