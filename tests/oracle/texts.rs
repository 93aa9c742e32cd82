//! The texts of an event and the fields that they stand in (section 2).

use super::event::{Event, Kind};

/// In the order of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Chat,
    Search,
    Note,
    DeliveryNote,
    Concern,
    Answer,
}

const NAMES: [(&str, Field); 6] = [
    ("chat", Field::Chat),
    ("search", Field::Search),
    ("note", Field::Note),
    ("delivery_note", Field::DeliveryNote),
    ("concern", Field::Concern),
    ("answer", Field::Answer),
];

impl Field {
    pub fn named(name: &str) -> Option<Field> {
        let mut fields = NAMES.iter().filter(|known| known.0 == name);
        fields.next().map(|known| known.1)
    }
}

pub fn texts(event: &Event) -> Vec<(Field, &str)> {
    match &event.kind {
        Kind::Chat { text, .. } => vec![(Field::Chat, text)],
        Kind::Search { query } => vec![(Field::Search, query)],
        Kind::Purchase(purchase) => {
            vec![
                (Field::Note, &purchase.note),
                (Field::DeliveryNote, &purchase.delivery_note),
            ]
        }
        Kind::Concern { text, .. } => vec![(Field::Concern, text)],
        Kind::Answer { text, .. } => vec![(Field::Answer, text)],
        Kind::Browse { .. } | Kind::Logistics { .. } | Kind::Profile { .. } => Vec::new(),
    }
}

/// Who said the text of a chat; nobody elsewhere.
pub fn sender(event: &Event) -> &'static str {
    match event.kind {
        Kind::Chat { sender, .. } => sender,
        _ => "",
    }
}
