//! From the wire to a checked event.

use prost::Message as _;

use super::{pb, unknown};
use crate::domain::limits::{
    EVENT_BYTES_MAX, ID_BYTES_MAX, ITEMS_MAX, OCCURRED_MAX, OCCURRED_MIN, TEXT_BYTES_MAX,
};
use crate::domain::{
    AgeBand, Event, EventId, EventKind, Item, OrderAct, OrderId, ParcelStep, PersonId, PersonText,
    Reporter, Sender, SourceId, Time,
};

/// Why an event cannot be judged. Holds nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Larger than an event may be.
    #[error("the event has {bytes} bytes, more than 262144")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// No bytes, as a Kafka tombstone has.
    #[error("there is nothing in the event")]
    Empty,
    /// The bytes are not UTF-8.
    #[error("the bytes are not UTF-8")]
    NotUtf8,
    /// The JSON is broken, or a field has the wrong type.
    #[error("the JSON cannot be read: {kind} at column {column}")]
    Json {
        /// What kind of fault.
        kind: &'static str,
        /// Where, in bytes from 1.
        column: usize,
    },
    /// The protobuf is broken.
    #[error("the protobuf cannot be read")]
    Protobuf,
    /// A required field is missing or empty.
    #[error("`{field}` is missing")]
    Missing {
        /// Which.
        field: &'static str,
    },
    /// An id is too long or has control characters.
    #[error("`{field}` is no id: {why}")]
    BadId {
        /// Which.
        field: &'static str,
        /// What is wrong.
        why: &'static str,
    },
    /// A text is too long.
    #[error("`{field}` has {bytes} bytes, more than 65536")]
    TextTooLong {
        /// Which.
        field: &'static str,
        /// Its size.
        bytes: usize,
    },
    /// A time is outside 2000 to 2100, or no time.
    #[error("`{field}` is no time between 2000 and 2100")]
    BadTime {
        /// Which.
        field: &'static str,
    },
    /// A number is outside its range.
    #[error("`{field}` is outside its range")]
    BadNumber {
        /// Which.
        field: &'static str,
    },
    /// An enum value that is not known here.
    #[error("`{field}` has a value that is not known here")]
    UnknownValue {
        /// Which.
        field: &'static str,
    },
    /// No kind, or one that is not known here.
    #[error("the event has no kind that is known here")]
    UnknownKind,
    /// More than one kind.
    #[error("the event has more than one kind")]
    SeveralKinds,
}

/// A readable event.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The event.
    pub event: Event,
    /// How many fields were not known here and were ignored.
    pub unknown_fields: u32,
}

/// Reads a Kafka value or any other protobuf bytes.
///
/// # Errors
/// The event is quarantined with the reason.
pub fn decode_protobuf(bytes: &[u8]) -> Result<Decoded, Unreadable> {
    check_size(bytes)?;
    let event = pb::Event::decode(bytes).map_err(|_| Unreadable::Protobuf)?;
    let unknown_fields = unknown::count(bytes);
    Ok(Decoded {
        event: event_from_pb(event)?,
        unknown_fields,
    })
}

pub(super) fn check_size(bytes: &[u8]) -> Result<(), Unreadable> {
    match bytes.len() {
        0 => Err(Unreadable::Empty),
        bytes if bytes > EVENT_BYTES_MAX => Err(Unreadable::TooLarge { bytes }),
        _ => Ok(()),
    }
}

/// Checks an event that the gRPC door has decoded.
///
/// # Errors
/// The event is quarantined with the reason.
pub fn event_from_pb(event: pb::Event) -> Result<Event, Unreadable> {
    let age_band = age_band(event.age_band)?;
    let kind = kind_from_pb(event.kind.ok_or(Unreadable::UnknownKind)?)?;
    Ok(Event {
        id: EventId::new(needed_id("event_id", event.event_id)?),
        person: PersonId::new(needed_id("person_id", event.person_id)?),
        source: SourceId::new(needed_id("source", event.source)?),
        occurred_at: time(
            "occurred_at",
            event.occurred_at.as_ref().ok_or(Unreadable::Missing {
                field: "occurred_at",
            })?,
        )?,
        locale: id("locale", event.locale)?,
        age_band,
        canary: event.canary,
        kind,
    })
}

fn kind_from_pb(kind: pb::event::Kind) -> Result<EventKind, Unreadable> {
    use pb::event::Kind;
    Ok(match kind {
        Kind::Chat(chat) => EventKind::Chat {
            sender: match pb::chat_message::Sender::try_from(chat.sender) {
                Ok(pb::chat_message::Sender::Buyer) => Sender::Buyer,
                Ok(pb::chat_message::Sender::Merchant) => Sender::Merchant,
                Ok(pb::chat_message::Sender::Staff) => Sender::Staff,
                _ => return Err(unset_or_unknown("chat.sender", chat.sender)),
            },
            conversation: id("chat.conversation_id", chat.conversation_id)?,
            merchant: id("chat.merchant_id", chat.merchant_id)?,
            order: id("chat.order_id", chat.order_id)?,
            text: text("chat.text", chat.text)?,
        },
        Kind::Search(search) => EventKind::Search {
            query: text("search.query", search.query)?,
        },
        Kind::Browse(browse) => EventKind::Browse {
            item: item(browse.item.ok_or(Unreadable::Missing {
                field: "browse.item",
            })?)?,
            dwell_ms: match browse.dwell {
                None => 0,
                Some(d) if d.seconds < 0 || d.nanos < 0 => {
                    return Err(Unreadable::BadNumber {
                        field: "browse.dwell",
                    });
                }
                Some(d) => d
                    .seconds
                    .saturating_mul(1000)
                    .saturating_add(i64::from(d.nanos) / 1_000_000),
            },
        },
        Kind::Purchase(purchase) => purchase_from_pb(purchase)?,
        Kind::Logistics(logistics) => logistics_from_pb(logistics)?,
        Kind::Concern(concern) => EventKind::Concern {
            reporter: reporter(concern.reporter)?,
            reporter_id: id("concern.reporter_id", concern.reporter_id)?,
            text: text("concern.text", concern.text)?,
        },
        Kind::Profile(profile) => EventKind::Profile {
            age_band: age_band(profile.age_band)?,
            account_age_days: profile.account_age_days,
        },
        Kind::MerchantAnswer(answer) => EventKind::MerchantAnswer {
            task: needed_id("merchant_answer.task_id", answer.task_id)?,
            answer: id("merchant_answer.answer", answer.answer)?,
            text: text("merchant_answer.text", answer.text)?,
        },
    })
}

fn purchase_from_pb(purchase: pb::Purchase) -> Result<EventKind, Unreadable> {
    use pb::purchase::Status;
    if purchase.items.len() > ITEMS_MAX {
        return Err(Unreadable::BadNumber {
            field: "purchase.items",
        });
    }
    Ok(EventKind::Purchase {
        order: OrderId::new(needed_id("purchase.order_id", purchase.order_id)?),
        merchant: id("purchase.merchant_id", purchase.merchant_id)?,
        items: purchase
            .items
            .into_iter()
            .map(item)
            .collect::<Result<_, _>>()?,
        act: match Status::try_from(purchase.status) {
            Ok(Status::Cart) => OrderAct::Cart,
            Ok(Status::Placed) => OrderAct::Placed,
            // Not said is read as paid: the careful reading.
            Ok(Status::Paid | Status::Unspecified) => OrderAct::Paid,
            Ok(Status::Cancelled) => OrderAct::Cancelled,
            Ok(Status::Refunded) => OrderAct::Refunded,
            Err(_) => {
                return Err(Unreadable::UnknownValue {
                    field: "purchase.status",
                });
            }
        },
        note: text("purchase.note", purchase.note)?,
        delivery_note: text("purchase.delivery_note", purchase.delivery_note)?,
    })
}

fn logistics_from_pb(logistics: pb::Logistics) -> Result<EventKind, Unreadable> {
    use pb::logistics::Status;
    Ok(EventKind::Logistics {
        order: OrderId::new(needed_id("logistics.order_id", logistics.order_id)?),
        step: match Status::try_from(logistics.status) {
            Ok(Status::Packed) => ParcelStep::Packed,
            Ok(Status::Shipped) => ParcelStep::Shipped,
            Ok(Status::InTransit) => ParcelStep::InTransit,
            Ok(Status::OutForDelivery) => ParcelStep::OutForDelivery,
            Ok(Status::Delivered) => ParcelStep::Delivered,
            Ok(Status::Held) => ParcelStep::Held,
            Ok(Status::Returned) => ParcelStep::Returned,
            Ok(Status::Cancelled) => ParcelStep::Cancelled,
            _ => return Err(unset_or_unknown("logistics.status", logistics.status)),
        },
        expected: logistics
            .expected_delivery
            .as_ref()
            .map(|t| time("logistics.expected_delivery", t))
            .transpose()?,
    })
}

fn item(item: pb::Item) -> Result<Item, Unreadable> {
    Ok(Item {
        item_id: id("item.item_id", item.item_id)?,
        title: text("item.title", item.title)?,
        category: id("item.category", item.category)?,
        quantity: item.quantity.max(1),
    })
}

fn age_band(value: i32) -> Result<AgeBand, Unreadable> {
    Ok(match pb::AgeBand::try_from(value) {
        Ok(pb::AgeBand::Unspecified) => AgeBand::Unspecified,
        Ok(pb::AgeBand::Under14) => AgeBand::Under14,
        Ok(pb::AgeBand::Under18) => AgeBand::Under18,
        Ok(pb::AgeBand::AgeBand1824) => AgeBand::From18,
        Ok(pb::AgeBand::AgeBand2559) => AgeBand::From25,
        Ok(pb::AgeBand::AgeBand60Plus) => AgeBand::From60,
        Err(_) => return Err(Unreadable::UnknownValue { field: "age_band" }),
    })
}

fn reporter(value: i32) -> Result<Reporter, Unreadable> {
    use pb::concern::Reporter as Wire;
    Ok(match Wire::try_from(value) {
        Ok(Wire::Friend) => Reporter::Friend,
        Ok(Wire::Family) => Reporter::Family,
        Ok(Wire::Merchant) => Reporter::Merchant,
        Ok(Wire::Courier) => Reporter::Courier,
        Ok(Wire::Staff) => Reporter::Staff,
        Ok(Wire::Self_) => Reporter::Himself,
        _ => return Err(unset_or_unknown("concern.reporter", value)),
    })
}

fn unset_or_unknown(field: &'static str, value: i32) -> Unreadable {
    if value == 0 {
        Unreadable::Missing { field }
    } else {
        Unreadable::UnknownValue { field }
    }
}

fn id(field: &'static str, value: String) -> Result<String, Unreadable> {
    if value.len() > ID_BYTES_MAX {
        return Err(Unreadable::BadId {
            field,
            why: "longer than 256 bytes",
        });
    }
    if value.chars().any(char::is_control) {
        return Err(Unreadable::BadId {
            field,
            why: "it has control characters",
        });
    }
    Ok(value)
}

fn needed_id(field: &'static str, value: String) -> Result<String, Unreadable> {
    if value.is_empty() {
        Err(Unreadable::Missing { field })
    } else {
        id(field, value)
    }
}

fn text(field: &'static str, value: String) -> Result<PersonText, Unreadable> {
    match value.len() {
        bytes if bytes > TEXT_BYTES_MAX => Err(Unreadable::TextTooLong { field, bytes }),
        _ => Ok(PersonText::new(value)),
    }
}

fn time(field: &'static str, value: &prost_types::Timestamp) -> Result<Time, Unreadable> {
    let ms = value
        .seconds
        .checked_mul(1000)
        .and_then(|ms| ms.checked_add(i64::from(value.nanos).div_euclid(1_000_000)));
    match ms.map(Time::from_ms) {
        Some(time)
            if (0..1_000_000_000).contains(&value.nanos)
                && (OCCURRED_MIN..OCCURRED_MAX).contains(&time) =>
        {
            Ok(time)
        }
        _ => Err(Unreadable::BadTime { field }),
    }
}
