//! One line of the log as an event: protobuf JSON read by hand, and the limits of events.proto.
//! Two events are the same when these structures are equal, which makes a default equal to an
//! absent field.

use jiff::Timestamp;
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    pub at: Timestamp,
    pub source: String,
    pub id: String,
    pub person: String,
    pub locale: String,
    pub age_band: &'static str,
    pub canary: bool,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Chat {
        conversation: String,
        sender: &'static str,
        merchant: String,
        order: String,
        text: String,
    },
    Search {
        query: String,
    },
    Browse {
        item: Item,
        dwell: Option<(i64, u32)>,
    },
    Purchase(Purchase),
    Logistics {
        order: String,
        status: &'static str,
        expected: Option<Timestamp>,
    },
    Concern {
        reporter: &'static str,
        reporter_id: String,
        text: String,
    },
    Profile {
        age_band: &'static str,
        account_age_days: u32,
    },
    Answer {
        task: String,
        answer: String,
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purchase {
    pub order: String,
    pub merchant: String,
    pub items: Vec<Item>,
    /// Empty where it was not said.
    pub status: &'static str,
    pub note: String,
    pub delivery_note: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    pub id: String,
    pub title: String,
    pub category: String,
    pub quantity: u32,
}

/// The enums by number; the unspecified value is the empty string.
const AGE_BANDS: &[&str] = &["", "UNDER_14", "UNDER_18", "18_24", "25_59", "60_PLUS"];
pub const SENDERS: &[&str] = &["", "BUYER", "MERCHANT", "STAFF"];
const PURCHASE: &[&str] = &["", "CART", "PLACED", "PAID", "CANCELLED", "REFUNDED"];
const LOGISTICS: &[&str] = &[
    "",
    "PACKED",
    "SHIPPED",
    "IN_TRANSIT",
    "OUT_FOR_DELIVERY",
    "DELIVERED",
    "HELD",
    "RETURNED",
    "CANCELLED",
];
const REPORTERS: &[&str] = &[
    "", "FRIEND", "FAMILY", "MERCHANT", "COURIER", "STAFF", "SELF",
];

const KINDS: [&str; 8] = [
    "chat",
    "search",
    "browse",
    "purchase",
    "logistics",
    "concern",
    "profile",
    "merchantAnswer",
];

const LONGEST_EVENT: usize = 256 * 1024;
const LONGEST_TEXT: usize = 64 * 1024;
const LONGEST_ID: usize = 256;
const MOST_ITEMS: usize = 256;

/// Nothing for a line that the engine would put aside.
pub fn read(line: &[u8]) -> Option<Event> {
    if line.len() > LONGEST_EVENT {
        return None;
    }
    let value: Value = serde_json::from_slice(line).ok()?;
    event(Fields(value.as_object()?))
}

fn event(fields: Fields) -> Option<Event> {
    let at = fields.time("occurredAt")??;
    let first: Timestamp = "2000-01-01T00:00:00Z".parse().ok()?;
    let last: Timestamp = "2100-01-01T00:00:00Z".parse().ok()?;
    if at < first || at > last {
        return None;
    }
    let mut named = KINDS.iter().filter_map(|kind| match fields.get(kind) {
        Some(Some(body)) => Some(Some((*kind, body))),
        Some(None) => None,
        None => Some(None),
    });
    let (name, body) = named.next()??;
    if named.next().is_some() {
        return None;
    }
    Some(Event {
        at,
        source: filled(fields.id("source")?)?,
        id: filled(fields.id("eventId")?)?,
        person: filled(fields.id("personId")?)?,
        locale: fields.text("locale")?,
        age_band: fields.choice("ageBand", "AGE_BAND_", AGE_BANDS)?,
        canary: fields.flag("canary")?,
        kind: kind(name, Fields(body.as_object()?))?,
    })
}

fn kind(name: &str, fields: Fields) -> Option<Kind> {
    Some(match name {
        "chat" => Kind::Chat {
            conversation: fields.id("conversationId")?,
            sender: said(fields.choice("sender", "SENDER_", SENDERS)?)?,
            merchant: fields.id("merchantId")?,
            order: fields.id("orderId")?,
            text: fields.text("text")?,
        },
        "search" => Kind::Search {
            query: fields.text("query")?,
        },
        "browse" => Kind::Browse {
            item: item(fields.get("item")??)?,
            dwell: fields.dwell()?,
        },
        "purchase" => Kind::Purchase(Purchase {
            order: filled(fields.id("orderId")?)?,
            merchant: fields.id("merchantId")?,
            items: items(fields.get("items")?)?,
            status: fields.choice("status", "STATUS_", PURCHASE)?,
            note: fields.text("note")?,
            delivery_note: fields.text("deliveryNote")?,
        }),
        "logistics" => Kind::Logistics {
            order: filled(fields.id("orderId")?)?,
            status: said(fields.choice("status", "STATUS_", LOGISTICS)?)?,
            expected: fields.time("expectedDelivery")?,
        },
        "concern" => Kind::Concern {
            reporter: said(fields.choice("reporter", "REPORTER_", REPORTERS)?)?,
            reporter_id: fields.id("reporterId")?,
            text: fields.text("text")?,
        },
        "profile" => Kind::Profile {
            age_band: fields.choice("ageBand", "AGE_BAND_", AGE_BANDS)?,
            account_age_days: fields.number("accountAgeDays")?,
        },
        _ => Kind::Answer {
            task: filled(fields.id("taskId")?)?,
            answer: fields.id("answer")?,
            text: fields.text("text")?,
        },
    })
}

fn items(list: Option<&Value>) -> Option<Vec<Item>> {
    let Some(list) = list else {
        return Some(Vec::new());
    };
    let list = list.as_array()?;
    (list.len() <= MOST_ITEMS).then(|| list.iter().map(item).collect())?
}

fn item(value: &Value) -> Option<Item> {
    let fields = Fields(value.as_object()?);
    Some(Item {
        id: fields.id("itemId")?,
        title: fields.text("title")?,
        category: fields.id("category")?,
        quantity: fields.number("quantity")?,
    })
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn said(value: &'static str) -> Option<&'static str> {
    (!value.is_empty()).then_some(value)
}

/// A JSON object read as a message. In every answer the outer `None` means that the line is bad.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The inner `None` is an absent field. One field under both of its names is bad.
    fn get(&self, camel: &str) -> Option<Option<&'a Value>> {
        let mut snake = String::new();
        for c in camel.chars() {
            if c.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
        }
        let present = |name: &str| self.0.get(name).filter(|value| !value.is_null());
        match (
            present(camel),
            (snake != camel).then(|| present(&snake)).flatten(),
        ) {
            (Some(_), Some(_)) => None,
            (one, other) => Some(one.or(other)),
        }
    }

    fn string(&self, name: &str) -> Option<String> {
        self.get(name)?
            .map_or(Some(""), Value::as_str)
            .map(str::to_owned)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.string(name).filter(|text| text.len() <= LONGEST_TEXT)
    }

    fn id(&self, name: &str) -> Option<String> {
        let fits = |id: &String| id.len() <= LONGEST_ID && !id.chars().any(char::is_control);
        self.string(name).filter(fits)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.map_or(Some(false), Value::as_bool)
    }

    fn number(&self, name: &str) -> Option<u32> {
        match self.get(name)? {
            None => Some(0),
            Some(Value::String(digits)) => digits.parse().ok(),
            Some(value) => match (value.as_u64(), value.as_f64()) {
                (Some(whole), _) => u32::try_from(whole).ok(),
                (None, Some(real)) if real.fract() == 0.0 => (0.0..=f64::from(u32::MAX))
                    .contains(&real)
                    .then_some(real as u32),
                _ => None,
            },
        }
    }

    fn time(&self, name: &str) -> Option<Option<Timestamp>> {
        match self.get(name)? {
            None => Some(None),
            Some(value) => value.as_str()?.parse().ok().map(Some),
        }
    }

    fn choice(
        &self,
        name: &str,
        prefix: &str,
        values: &'static [&'static str],
    ) -> Option<&'static str> {
        match self.get(name)? {
            None => Some(""),
            Some(Value::String(said)) => {
                let upper = said.to_ascii_uppercase();
                let bare = upper.strip_prefix(prefix).unwrap_or(&upper);
                let wanted = if bare == "UNSPECIFIED" { "" } else { bare };
                // An empty string is no name of any value.
                values
                    .iter()
                    .copied()
                    .find(|value| *value == wanted && !said.is_empty())
            }
            Some(value) => values.get(usize::try_from(value.as_u64()?).ok()?).copied(),
        }
    }

    /// A duration such as "3.5s"; a negative one is bad.
    fn dwell(&self) -> Option<Option<(i64, u32)>> {
        let Some(value) = self.get("dwell")? else {
            return Some(None);
        };
        let digits = value.as_str()?.strip_suffix('s')?;
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(part) || part.len() > 9 {
            return None;
        }
        Some(Some((
            whole.parse().ok()?,
            format!("{part:0<9}").parse().ok()?,
        )))
    }
}
