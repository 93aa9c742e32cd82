//! What happened: one event, checked at the door.

use sha2::{Digest as _, Sha256};

use super::{EventId, OrderId, PersonId, PersonText, SourceId, Time};

/// One thing that a person did or that happened to their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Unique within the source.
    pub id: EventId,
    /// Whom it is about.
    pub person: PersonId,
    /// Who sent it.
    pub source: SourceId,
    /// When it happened, by the source's clock.
    pub occurred_at: Time,
    /// BCP 47 tag, empty if not said.
    pub locale: String,
    /// Unspecified is never read as adult.
    pub age_band: AgeBand,
    /// A synthetic person that only proves that the road works.
    pub canary: bool,
    /// What happened.
    pub kind: EventKind,
}

/// The kinds of event.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A line of talk.
    Chat {
        conversation: String,
        sender: Sender,
        merchant: String,
        order: String,
        text: PersonText,
    },
    /// A query.
    Search { query: PersonText },
    /// An item looked at.
    Browse { item: Item, dwell_ms: i64 },
    /// A step of an order.
    Purchase {
        order: OrderId,
        merchant: String,
        items: Vec<Item>,
        act: OrderAct,
        note: PersonText,
        delivery_note: PersonText,
    },
    /// A step of a parcel.
    Logistics {
        order: OrderId,
        step: ParcelStep,
        expected: Option<Time>,
    },
    /// Somebody's worry.
    Concern {
        reporter: Reporter,
        reporter_id: String,
        text: PersonText,
    },
    /// What is known of the account.
    Profile {
        age_band: AgeBand,
        account_age_days: u32,
    },
    /// An answer to a merchant task.
    MerchantAnswer {
        task: String,
        answer: String,
        text: PersonText,
    },
}

/// Feeds the parts of an event to a hash, each with its length or width, so that no two events look alike.
struct Canon(Sha256);

impl Canon {
    fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len() as i64);
        self.0.update(text);
        self
    }

    fn number(&mut self, number: i64) -> &mut Self {
        self.0.update(number.to_be_bytes());
        self
    }

    fn item(&mut self, item: &Item) -> &mut Self {
        self.text(&item.item_id)
            .text(item.title.reveal())
            .text(&item.category)
            .number(item.quantity.into())
    }
}

impl Event {
    /// SHA-256 over the decoded content, the same whatever encoding it came in.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut canon = Canon(Sha256::new());
        canon
            .text(self.id.as_str())
            .text(self.person.as_str())
            .text(self.source.as_str())
            .number(self.occurred_at.ms())
            .text(&self.locale)
            .number(self.age_band as i64)
            .number(self.canary.into());
        match &self.kind {
            EventKind::Chat {
                conversation,
                sender,
                merchant,
                order,
                text,
            } => canon
                .number(1)
                .text(conversation)
                .text(sender.name())
                .text(merchant)
                .text(order)
                .text(text.reveal()),
            EventKind::Search { query } => canon.number(2).text(query.reveal()),
            EventKind::Browse { item, dwell_ms } => canon.number(3).item(item).number(*dwell_ms),
            EventKind::Purchase {
                order,
                merchant,
                items,
                act,
                note,
                delivery_note,
            } => {
                canon
                    .number(4)
                    .text(order.as_str())
                    .text(merchant)
                    .number(items.len() as i64);
                for item in items {
                    canon.item(item);
                }
                canon
                    .text(act.name())
                    .text(note.reveal())
                    .text(delivery_note.reveal())
            }
            EventKind::Logistics {
                order,
                step,
                expected,
            } => canon
                .number(5)
                .text(order.as_str())
                .text(step.name())
                .number(expected.map_or(i64::MIN, Time::ms)),
            EventKind::Concern {
                reporter,
                reporter_id,
                text,
            } => canon
                .number(6)
                .text(reporter.name())
                .text(reporter_id)
                .text(text.reveal()),
            EventKind::Profile {
                age_band,
                account_age_days,
            } => canon
                .number(7)
                .number(*age_band as i64)
                .number((*account_age_days).into()),
            EventKind::MerchantAnswer { task, answer, text } => {
                canon.number(8).text(task).text(answer).text(text.reveal())
            }
        };
        canon.0.finalize().into()
    }
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The platform's id; may be empty.
    pub item_id: String,
    /// Shown to buyers.
    pub title: PersonText,
    /// The platform's category code; may be empty.
    pub category: String,
    /// How many, at least 1.
    pub quantity: u32,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The name used in files, output and the store.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// The value of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some($name::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use named;

named!(
    /// Age bands; nothing finer is kept.
    AgeBand {
        /// Not known.
        Unspecified = "",
        /// Younger than 14.
        Under14 = "UNDER_14",
        /// 14 to 17.
        Under18 = "UNDER_18",
        /// 18 to 24.
        From18 = "18_24",
        /// 25 to 59.
        From25 = "25_59",
        /// 60 and over.
        From60 = "60_PLUS",
    }
);
named!(
    /// Who wrote a line of talk.
    Sender {
        /// The person.
        Buyer = "BUYER",
        /// The shop.
        Merchant = "MERCHANT",
        /// The platform's staff.
        Staff = "STAFF",
    }
);
named!(
    /// Where an order stands.
    OrderAct {
        /// In the cart.
        Cart = "CART",
        /// Ordered, not paid.
        Placed = "PLACED",
        /// Paid.
        Paid = "PAID",
        /// Cancelled.
        Cancelled = "CANCELLED",
        /// Paid back.
        Refunded = "REFUNDED",
    }
);
named!(
    /// Where a parcel is.
    ParcelStep {
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
        /// Will not be delivered.
        Cancelled = "CANCELLED",
    }
);
named!(
    /// Who worries.
    Reporter {
        /// A friend.
        Friend = "FRIEND",
        /// A relative.
        Family = "FAMILY",
        /// The shop.
        Merchant = "MERCHANT",
        /// The courier.
        Courier = "COURIER",
        /// The platform's staff.
        Staff = "STAFF",
        /// The person asks for help.
        Himself = "SELF",
    }
);
