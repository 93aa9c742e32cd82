//! From an event to what the transaction needs of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::ActivePersons;
use crate::cases::Candidate;
use crate::domain::limits::believed;
use crate::domain::{
    AgeBand, Draft, Earlier, Event, EventKey, EventKind, Field, Needs, PersonId, PersonText,
    Sender, Time,
};
use crate::matcher::{Matcher, Scratch, Who};
use crate::store::QuarantineItem;

/// An event after matching.
#[derive(Clone, Debug)]
pub enum Screened {
    /// No signal: counted, done; nothing about the person is kept.
    Ordinary(PersonId),
    /// The same as long as no more is remembered of the person than this. Another thread or node may learn more of them
    /// meanwhile, so the event is kept until its batch goes in, and looked at again if they did.
    NothingYet(Box<Event>, Time, Who),
    /// Counts only if something is remembered of the person.
    IfKnown(Box<Candidate>),
    /// Must be judged.
    Candidate(Box<Candidate>),
    /// Cannot be judged.
    Quarantine(Box<QuarantineItem>),
}

impl Screened {
    /// When the event happened, as far as its clock is believed and it is still known.
    pub fn happened_at(&self) -> Option<Time> {
        match self {
            Self::NothingYet(event, arrived_at, _) => {
                Some(believed(event.occurred_at, *arrived_at))
            }
            Self::IfKnown(c) | Self::Candidate(c) => Some(believed(c.occurred_at, c.arrived_at)),
            Self::Ordinary(_) | Self::Quarantine(_) => None,
        }
    }
}

/// The pure part of the walk, shared by all workers.
#[derive(Debug)]
pub struct Walk {
    matcher: Matcher,
    active: Arc<ActivePersons>,
}

impl Walk {
    /// For one rule set.
    pub fn new(matcher: Matcher, active: Arc<ActivePersons>) -> Self {
        Self { matcher, active }
    }

    /// The matcher, and through it the rule set.
    pub fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// The filter of active persons.
    pub fn active(&self) -> &Arc<ActivePersons> {
        &self.active
    }

    /// Finds the signals of an event. `assess` asks for a judgement even where there is no signal.
    ///
    /// A person with a signal is in the filter before this returns, so that their next event, on any thread of this node,
    /// is not taken for a stranger's.
    pub fn screen(
        &self,
        event: Event,
        arrived_at: Time,
        assess: bool,
        scratch: &mut Scratch,
    ) -> Screened {
        let mut drafts = Vec::new();
        let who = if assess {
            Who::JustOpened
        } else {
            self.who(&event, arrived_at)
        };
        let found = catch_unwind(AssertUnwindSafe(|| {
            self.matcher.find(&event, who, scratch, &mut drafts)
        }));
        if found.is_err() {
            // The event is at fault, whatever it was; a human looks at it.
            return self.unreadable(
                format!("event:{}", event.source.as_str()),
                "matching panicked",
                Vec::new(),
                arrived_at,
            );
        }
        let own = drafts.iter().any(|draft| draft.needs == Needs::Nothing);
        let waited = self.waited_for(&event, arrived_at);
        if !own
            && !waited
            && (who == Who::Stranger || drafts.is_empty() && who == Who::PerhapsKnown)
        {
            return Screened::NothingYet(Box::new(event), arrived_at, who);
        }
        if drafts.is_empty() && !assess && !waited {
            return Screened::Ordinary(event.person);
        }
        if own {
            self.active.insert(&event.person);
            let tells = |d: &Draft| self.matcher.rules().tells(&d.name);
            let said = |d: &Draft| d.needs == Needs::Nothing && !d.spans.is_empty() && tells(d);
            if is_own_act(&event.kind) && drafts.iter().any(said) {
                // Whether they are waited for is for the transaction to say.
                let at = believed(event.occurred_at, arrived_at);
                self.active.spoke(&event.person, at);
            }
        }
        // Read together with those before it a piece may open a sentence as well; the transaction finds that out later than
        // another thread needs to know.
        let begun = self.who(&event, arrived_at) == Who::JustOpened;
        let goes_on = |draft: &Draft| begun && draft.needs == Needs::Opening;
        let opens = |draft: &Draft| self.matcher.rules().opens(&draft.name);
        if drafts.iter().any(|draft| opens(draft) || goes_on(draft)) {
            self.active
                .opened(&event.person, believed(event.occurred_at, arrived_at));
        }
        let candidate = Box::new(candidate(event, drafts, arrived_at));
        if own || assess {
            Screened::Candidate(candidate)
        } else {
            Screened::IfKnown(candidate)
        }
    }

    /// What may be remembered of an event's person now.
    pub fn who(&self, event: &Event, arrived_at: Time) -> Who {
        let now = believed(event.occurred_at, arrived_at);
        if self.active.may_go_on(&event.person, now) {
            Who::JustOpened
        } else if self.active.may_contain(&event.person) {
            Who::PerhapsKnown
        } else {
            Who::Stranger
        }
    }

    /// Whether an event may end a wait for its person.
    pub fn waited_for(&self, event: &Event, arrived_at: Time) -> bool {
        self.matcher.rules().triage.silence.is_some_and(|silence| {
            let now = believed(event.occurred_at, arrived_at);
            is_own_act(&event.kind)
                && self
                    .active
                    .may_be_waited_for(&event.person, now, silence.after_ms)
        })
    }

    /// What shows only where texts are read together: those before an event, and its own.
    pub fn read_together(&self, before: &[Earlier], own: &[(Field, PersonText)]) -> Vec<Draft> {
        let mut drafts = Vec::new();
        let mut scratch = Scratch::default();
        let read = AssertUnwindSafe(|| {
            self.matcher
                .read_together(before, own, &mut scratch, &mut drafts);
        });
        if catch_unwind(read).is_err() {
            // Each text was judged by itself; a panic here must not stop the batch.
            tracing::error!(
                "reading texts together panicked; the event is judged by its own texts"
            );
            drafts.clear();
        }
        drafts
    }

    /// An event that cannot be read: its raw bytes are still scanned for signs, so that a broken frame around a cry for
    /// help is looked at first.
    pub fn unreadable(
        &self,
        origin: String,
        reason: impl ToString,
        bytes: Vec<u8>,
        received_at: Time,
    ) -> Screened {
        let text = String::from_utf8_lossy(&bytes);
        let scan = || !self.matcher.scan_text(&text).is_empty();
        // A scan that fails must not hide the event either.
        let urgent = catch_unwind(AssertUnwindSafe(scan)).unwrap_or(true);
        Screened::Quarantine(Box::new(QuarantineItem {
            origin,
            reason: reason.to_string(),
            urgent,
            bytes,
            received_at,
        }))
    }
}

/// Whether the person themself did it: what ends a wait for them.
fn is_own_act(kind: &EventKind) -> bool {
    match kind {
        EventKind::Chat { sender, .. } => *sender == Sender::Buyer,
        EventKind::Search { .. } | EventKind::Browse { .. } | EventKind::Purchase { .. } => true,
        EventKind::Logistics { .. }
        | EventKind::Concern { .. }
        | EventKind::Profile { .. }
        | EventKind::MerchantAnswer { .. } => false,
    }
}

/// What the transaction needs of an event with these signs.
pub(super) fn candidate(event: Event, drafts: Vec<Draft>, arrived_at: Time) -> Candidate {
    let content = event.content_hash();
    let mut age_band = event.age_band;
    let mut said_by = String::new();
    let own_act = is_own_act(&event.kind);
    let texts: Vec<(Field, PersonText)> = match event.kind {
        EventKind::Chat { text, merchant, .. } => {
            said_by = merchant;
            vec![(Field::Chat, text)]
        }
        EventKind::Search { query } => vec![(Field::Search, query)],
        EventKind::Purchase {
            note,
            delivery_note,
            merchant,
            ..
        } => {
            said_by = merchant;
            vec![(Field::Note, note), (Field::DeliveryNote, delivery_note)]
        }
        EventKind::Concern { text, .. } => vec![(Field::Concern, text)],
        EventKind::MerchantAnswer { text, .. } => vec![(Field::Answer, text)],
        EventKind::Profile {
            age_band: known, ..
        } => {
            if age_band == AgeBand::Unspecified {
                age_band = known;
            }
            Vec::new()
        }
        EventKind::Browse { .. } | EventKind::Logistics { .. } => Vec::new(),
    };
    Candidate {
        key: EventKey {
            source: event.source,
            event: event.id,
            content,
        },
        person: event.person,
        occurred_at: event.occurred_at,
        arrived_at,
        age_band,
        locale: event.locale,
        merchant: said_by,
        drafts,
        texts,
        own_act,
        canary: event.canary,
    }
}
