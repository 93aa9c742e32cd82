//! What is remembered of an event: a sign in a text, or where goods are.

use std::sync::Arc;

use super::PersonText;
use super::event::named;
use super::limits::SPANS_MAX;
use super::{AgeBand, EventKey, Time};

/// One remembered sign of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The text signal's id in the pack, or one of [`engine`].
    pub name: Arc<str>,
    /// The event it was seen in.
    pub event: EventKey,
    /// When the event happened.
    pub occurred_at: Time,
    /// The person's age band as this event gives it.
    pub age_band: AgeBand,
    /// What is known of goods and orders.
    pub facts: Facts,
    /// Where in the event's text; empty for goods.
    pub spans: Vec<Span>,
}

impl Signal {
    /// The plainest view through which it was seen; raw for signals without a text.
    pub fn plainest_view(&self) -> View {
        self.spans
            .iter()
            .map(|span| span.view)
            .min()
            .unwrap_or(View::Raw)
    }
}

/// A sign found in an event, before it is remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The signal's name.
    pub name: Arc<str>,
    /// What is known of goods and orders.
    pub facts: Facts,
    /// Where in the text.
    pub spans: Vec<Span>,
    /// What else must be there for it to be remembered.
    pub needs: Needs,
}

/// What else must be there for a sign to be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it stands by itself.
    Nothing,
    /// Beside it another sign of the same event that needs nothing, or a signal of the person of an earlier time.
    Company,
    /// A signal of the person of an earlier time.
    KnownPerson,
    /// A signal of the person, not long before, that opens a sentence.
    Opening,
    /// A wait for the person that ends now.
    Silence,
}

impl Draft {
    /// A sign without a text.
    pub fn of_goods(name: &str, facts: Facts) -> Self {
        Self {
            name: name.into(),
            facts,
            spans: Vec::new(),
            needs: Needs::Nothing,
        }
    }

    /// Adds a place where it was seen; of one place the plainest view counts.
    pub fn note(&mut self, span: Span) {
        let same = |s: &&mut Span| (s.field, s.start, s.end) == (span.field, span.start, span.end);
        if let Some(known) = self.spans.iter_mut().find(same) {
            known.view = known.view.min(span.view);
        } else if self.spans.len() < SPANS_MAX {
            self.spans.push(span);
            self.spans.sort();
        }
    }

    /// The same, for a person of whom something is remembered.
    pub fn only_if_known(mut self) -> Self {
        self.needs = Needs::KnownPerson;
        self
    }
}

/// A text that what its writer says next may go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// The text.
    pub text: PersonText,
    /// Whether a sentence is begun in it, and not only gone on with.
    pub opens: bool,
}

/// Adds signs of an event to those found before: the places of one sign are united.
pub fn unite(drafts: &mut Vec<Draft>, more: &[Draft]) {
    for draft in more {
        match drafts.iter_mut().find(|known| known.name == draft.name) {
            Some(known) => draft.spans.iter().for_each(|span| known.note(span.clone())),
            None => drafts.push(draft.clone()),
        }
    }
}

/// Signals that the engine itself makes; the pack may not use these names for its own.
pub mod engine {
    /// Watched goods were looked for, looked at, ordered or given back.
    pub const WATCHED_GOODS: &str = "watched-goods";
    /// Other goods, remembered only beside talk.
    pub const ORDINARY_GOODS: &str = "ordinary-goods";
    /// A step of a parcel.
    pub const PARCEL: &str = "parcel";
    /// Somebody's worry.
    pub const CONCERN_REPORT: &str = "concern-report";
    /// What is known of the account.
    pub const PROFILE: &str = "profile";
    /// A merchant's answer.
    pub const MERCHANT_ANSWER: &str = "merchant-answer";
    /// A text that may be part of a longer sentence.
    pub const PIECE: &str = "piece";
    /// A person in danger has said and done nothing for so long.
    pub const SILENCE: &str = "silence";
    /// All of them.
    pub const ALL: &[&str] = &[
        WATCHED_GOODS,
        ORDINARY_GOODS,
        PARCEL,
        CONCERN_REPORT,
        PROFILE,
        MERCHANT_ANSWER,
        PIECE,
        SILENCE,
    ];
}

/// What a signal knows of goods and orders.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Facts {
    /// What was done.
    pub act: Option<Act>,
    /// The watched category of the pack; empty if none.
    pub category: String,
    /// The order; empty if none.
    pub order: String,
    /// The shop; empty if not known.
    pub merchant: String,
    /// How many pieces.
    pub quantity: u32,
    /// The watched titles as short hashes: enough to count variety, no more is kept.
    pub items: Vec<u64>,
    /// When the parcel should arrive.
    pub expected: Option<Time>,
}

named!(
    /// What was done with goods, or a step of their parcel.
    Act {
        /// Searched for.
        Search = "SEARCH",
        /// Looked at.
        Browse = "BROWSE",
        /// Put in the cart.
        Cart = "CART",
        /// Ordered.
        Placed = "PLACED",
        /// Paid.
        Paid = "PAID",
        /// Cancelled, by the buyer or on the way.
        Cancelled = "CANCELLED",
        /// Paid back.
        Refunded = "REFUNDED",
        /// Packed.
        Packed = "PACKED",
        /// Handed to the courier.
        Shipped = "SHIPPED",
        /// On its way.
        InTransit = "IN_TRANSIT",
        /// On the last leg.
        OutForDelivery = "OUT_FOR_DELIVERY",
        /// In the person's hands.
        Delivered = "DELIVERED",
        /// Stopped.
        Held = "HELD",
        /// Back at the shop.
        Returned = "RETURNED",
    }
);

/// A stretch of an event's raw text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Which text of the event.
    pub field: Field,
    /// First character, in Unicode scalar values of the raw text.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
    /// The view through which it was seen.
    pub view: View,
}

named!(
    /// The texts an event can carry.
    Field {
        /// A line of talk.
        Chat = "chat",
        /// A query.
        Search = "search",
        /// The remark to the shop.
        Note = "note",
        /// The remark to the courier.
        DeliveryNote = "delivery_note",
        /// A worry.
        Concern = "concern",
        /// A merchant's answer.
        Answer = "answer",
    }
);
named!(
    /// How far a text had to be unmasked before the hit showed.
    View {
        /// As written, save for letter case.
        Raw = "raw",
        /// Folded: width, script, case, invisible characters, separators.
        Folded = "folded",
        /// Bare: marks between single characters, look-alike and split characters, signs for letters, repeats.
        Bare = "bare",
        /// By its sound: homophones, pinyin, digits, emoji.
        Sound = "sound",
        /// By its sound, and something else could well be meant.
        Loose = "loose",
    }
);
