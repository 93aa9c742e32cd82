//! Events as JSON: the protobuf JSON mapping, with enum values also taken without their prefix and in any case. Unknown
//! fields are ignored and counted; a key that stands twice is a fault.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};

use super::event::{Decoded, Unreadable, check_size, event_from_pb};
use super::pb;
use crate::domain::Time;

/// Reads one JSON event.
///
/// # Errors
/// The event is quarantined with the reason.
pub fn decode_json(bytes: &[u8]) -> Result<Decoded, Unreadable> {
    let (event, unknown_fields) = json_to_pb(bytes)?;
    Ok(Decoded {
        event: event_from_pb(event)?,
        unknown_fields,
    })
}

/// Reads one JSON event into its wire form, for a sender; also tells how many fields were not known.
///
/// # Errors
/// It is no event.
pub fn json_to_pb(bytes: &[u8]) -> Result<(pb::Event, u32), Unreadable> {
    check_size(bytes)?;
    let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::NotUtf8)?;
    let mut unknown_fields = 0;
    let mut reader = serde_json::Deserializer::from_str(text);
    let event: JsonEvent =
        serde_ignored::deserialize(&mut reader, |_| unknown_fields += 1).map_err(|e| fault(&e))?;
    reader.end().map_err(|e| fault(&e))?;
    Ok((event.into_pb()?, unknown_fields))
}

fn fault(error: &serde_json::Error) -> Unreadable {
    // The error's own text may quote the content, so only its kind and place are kept.
    let kind = match error.classify() {
        serde_json::error::Category::Syntax => "a syntax error",
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => {
            if error.to_string().starts_with("duplicate field") {
                "a key stands twice"
            } else if error.to_string().starts_with(UNKNOWN) {
                "a value is not known here"
            } else {
                "a field has the wrong type"
            }
        }
        serde_json::error::Category::Io => "it cannot be read",
    };
    Unreadable::Json {
        kind,
        column: error.column(),
    }
}

const UNKNOWN: &str = "unknown value";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonEvent {
    #[serde(alias = "event_id")]
    event_id: Option<String>,
    #[serde(alias = "person_id")]
    person_id: Option<String>,
    #[serde(alias = "occurred_at")]
    occurred_at: Option<Instant>,
    source: Option<String>,
    locale: Option<String>,
    #[serde(alias = "age_band")]
    age_band: Option<Named<AgeBandNames>>,
    canary: Option<bool>,
    chat: Option<JsonChat>,
    search: Option<JsonSearch>,
    browse: Option<JsonBrowse>,
    purchase: Option<JsonPurchase>,
    logistics: Option<JsonLogistics>,
    concern: Option<JsonConcern>,
    profile: Option<JsonProfile>,
    #[serde(alias = "merchant_answer")]
    merchant_answer: Option<JsonAnswer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonChat {
    #[serde(alias = "conversation_id")]
    conversation_id: Option<String>,
    sender: Option<Named<SenderNames>>,
    #[serde(alias = "merchant_id")]
    merchant_id: Option<String>,
    #[serde(alias = "order_id")]
    order_id: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct JsonSearch {
    query: Option<String>,
}

#[derive(Deserialize)]
struct JsonBrowse {
    item: Option<JsonItem>,
    dwell: Option<Length>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonItem {
    #[serde(alias = "item_id")]
    item_id: Option<String>,
    title: Option<String>,
    category: Option<String>,
    quantity: Option<Count>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonPurchase {
    #[serde(alias = "order_id")]
    order_id: Option<String>,
    #[serde(alias = "merchant_id")]
    merchant_id: Option<String>,
    items: Option<Vec<JsonItem>>,
    status: Option<Named<PurchaseNames>>,
    note: Option<String>,
    #[serde(alias = "delivery_note")]
    delivery_note: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonLogistics {
    #[serde(alias = "order_id")]
    order_id: Option<String>,
    status: Option<Named<LogisticsNames>>,
    #[serde(alias = "expected_delivery")]
    expected_delivery: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonConcern {
    reporter: Option<Named<ReporterNames>>,
    #[serde(alias = "reporter_id")]
    reporter_id: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonProfile {
    #[serde(alias = "age_band")]
    age_band: Option<Named<AgeBandNames>>,
    #[serde(alias = "account_age_days")]
    account_age_days: Option<Count>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonAnswer {
    #[serde(alias = "task_id")]
    task_id: Option<String>,
    answer: Option<String>,
    text: Option<String>,
}

impl JsonEvent {
    fn into_pb(self) -> Result<pb::Event, Unreadable> {
        use pb::event::Kind;
        let kinds = [
            self.chat.map(|c| {
                Kind::Chat(pb::ChatMessage {
                    conversation_id: c.conversation_id.unwrap_or_default(),
                    sender: number(c.sender),
                    merchant_id: c.merchant_id.unwrap_or_default(),
                    order_id: c.order_id.unwrap_or_default(),
                    text: c.text.unwrap_or_default(),
                })
            }),
            self.search.map(|s| {
                Kind::Search(pb::Search {
                    query: s.query.unwrap_or_default(),
                })
            }),
            self.browse.map(|b| {
                Kind::Browse(pb::Browse {
                    item: b.item.map(JsonItem::into_pb),
                    dwell: b.dwell.map(|d| d.0),
                })
            }),
            self.purchase.map(|p| {
                Kind::Purchase(pb::Purchase {
                    order_id: p.order_id.unwrap_or_default(),
                    merchant_id: p.merchant_id.unwrap_or_default(),
                    items: p
                        .items
                        .unwrap_or_default()
                        .into_iter()
                        .map(JsonItem::into_pb)
                        .collect(),
                    status: number(p.status),
                    note: p.note.unwrap_or_default(),
                    delivery_note: p.delivery_note.unwrap_or_default(),
                })
            }),
            self.logistics.map(|l| {
                Kind::Logistics(pb::Logistics {
                    order_id: l.order_id.unwrap_or_default(),
                    status: number(l.status),
                    expected_delivery: l.expected_delivery.map(|t| t.0),
                })
            }),
            self.concern.map(|c| {
                Kind::Concern(pb::Concern {
                    reporter: number(c.reporter),
                    reporter_id: c.reporter_id.unwrap_or_default(),
                    text: c.text.unwrap_or_default(),
                })
            }),
            self.profile.map(|p| {
                Kind::Profile(pb::Profile {
                    age_band: number(p.age_band),
                    account_age_days: p.account_age_days.map_or(0, |c| c.0),
                })
            }),
            self.merchant_answer.map(|a| {
                Kind::MerchantAnswer(pb::MerchantAnswer {
                    task_id: a.task_id.unwrap_or_default(),
                    answer: a.answer.unwrap_or_default(),
                    text: a.text.unwrap_or_default(),
                })
            }),
        ];
        let mut kinds = kinds.into_iter().flatten();
        let kind = kinds.next();
        if kinds.next().is_some() {
            return Err(Unreadable::SeveralKinds);
        }
        Ok(pb::Event {
            event_id: self.event_id.unwrap_or_default(),
            person_id: self.person_id.unwrap_or_default(),
            occurred_at: self.occurred_at.map(|t| t.0),
            source: self.source.unwrap_or_default(),
            locale: self.locale.unwrap_or_default(),
            age_band: number(self.age_band),
            canary: self.canary.unwrap_or_default(),
            kind,
        })
    }
}

impl JsonItem {
    fn into_pb(self) -> pb::Item {
        pb::Item {
            item_id: self.item_id.unwrap_or_default(),
            title: self.title.unwrap_or_default(),
            category: self.category.unwrap_or_default(),
            quantity: self.quantity.map_or(0, |c| c.0),
        }
    }
}

/// Names of a protobuf enum.
trait Names {
    const PREFIX: &'static str;
    fn by_name(name: &str) -> Option<i32>;
}

macro_rules! names {
    ($($name:ident: $wire:ty, $prefix:literal;)+) => {$(
        struct $name;

        impl Names for $name {
            const PREFIX: &'static str = $prefix;
            fn by_name(name: &str) -> Option<i32> {
                <$wire>::from_str_name(name).map(|value| value as i32)
            }
        }
    )+};
}
names! {
    AgeBandNames: pb::AgeBand, "AGE_BAND_";
    SenderNames: pb::chat_message::Sender, "SENDER_";
    PurchaseNames: pb::purchase::Status, "STATUS_";
    LogisticsNames: pb::logistics::Status, "STATUS_";
    ReporterNames: pb::concern::Reporter, "REPORTER_";
}

struct Named<N>(i32, std::marker::PhantomData<N>);

fn number<N>(named: Option<Named<N>>) -> i32 {
    named.map_or(0, |n| n.0)
}

impl<'de, N: Names> Deserialize<'de> for Named<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word<N>(std::marker::PhantomData<N>);
        impl<N: Names> Visitor<'_> for Word<N> {
            type Value = i32;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an enum value")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<i32, E> {
                let upper = text.to_ascii_uppercase();
                N::by_name(&upper)
                    .or_else(|| N::by_name(&format!("{}{upper}", N::PREFIX)))
                    .ok_or_else(|| E::custom(UNKNOWN))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<i32, E> {
                i32::try_from(number).map_err(|_| E::custom(UNKNOWN))
            }
        }
        deserializer
            .deserialize_any(Word::<N>(std::marker::PhantomData))
            .map(|n| Self(n, std::marker::PhantomData))
    }
}

struct Instant(prost_types::Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let time = Time::parse(&text).map_err(|_| D::Error::custom("no RFC 3339 time"))?;
        Ok(Self(super::timestamp(time)))
    }
}

struct Length(prost_types::Duration);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let wrong = || D::Error::custom("no length of seconds such as 1.5s");
        let number = text.strip_suffix('s').ok_or_else(wrong)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if part.len() > 9 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        let seconds = whole.parse::<i64>().map_err(|_| wrong())?;
        let nanos = format!("{part:0<9}").parse::<i32>().map_err(|_| wrong())?;
        Ok(Self(prost_types::Duration { seconds, nanos }))
    }
}

/// A whole number, which the mapping also allows in quotes.
struct Count(u32);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = u32;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<u32, E> {
                u32::try_from(number).map_err(|_| E::custom("too large"))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u32, E> {
                text.parse().map_err(|_| E::custom("no whole number"))
            }
        }
        deserializer.deserialize_any(Number).map(Self)
    }
}
