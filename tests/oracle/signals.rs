//! What one event leaves behind: the signals that its texts, goods and kind make.

use super::event::{Event, Item, Kind, Purchase};
use super::fold::Folded;
use super::matching::Readable;
use super::pack::Pack;
use super::view::{ANSWER, CONCERN, Moment, ORDINARY, PARCEL, PROFILE, Signal, WATCHED};

/// `known` says whether the person has a signal from an event that was handled before and happened before.
pub fn of_event(pack: &Pack, event: &Event, known: bool) -> Moment {
    let mut signals = of_texts(pack, event);
    signals.extend(of_kind(pack, event, known));
    let in_company_only = |id: usize| {
        pack.texts
            .iter()
            .any(|signal| signal.id == id && signal.beside)
    };
    if !known && signals.iter().all(|signal| in_company_only(signal.id)) {
        signals.clear();
    }
    let profile = match event.kind {
        Kind::Profile { age_band, .. } => age_band,
        _ => "",
    };
    let age_band = if event.age_band.is_empty() {
        profile
    } else {
        event.age_band
    };
    Moment {
        at: event.at.as_millisecond(),
        age_band,
        event: event.clone(),
        signals,
    }
}

pub fn readable(pack: &Pack, text: &str) -> Readable {
    let folded = pack.folder.fold(text);
    Readable::new(text, folded, &pack.lexicons, pack.disguises.as_ref())
}

fn of_texts(pack: &Pack, event: &Event) -> Vec<Signal> {
    let texts: Vec<(&str, Readable)> = texts(event)
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(field, text)| (field, readable(pack, text)))
        .collect();
    let sender = match event.kind {
        Kind::Chat { sender, .. } => sender,
        _ => "",
    };
    let mut signals = Vec::new();
    for signal in &pack.texts {
        let said = texts.iter().filter(|(field, _)| {
            signal.fields.contains(field)
                && (*field != "chat" || signal.speakers.iter().any(|who| who == sender))
        });
        let said = said.filter(|(_, text)| text.raw_chars() <= signal.longest);
        let guises = said.flat_map(|(_, text)| text.hits(&signal.phrases).into_values());
        if let Some(guise) = guises.min() {
            signals.push(Signal {
                id: signal.id,
                guise,
                ..Signal::default()
            });
        }
    }
    signals
}

fn texts(event: &Event) -> Vec<(&'static str, &str)> {
    match &event.kind {
        Kind::Chat { text, .. } => vec![("chat", text)],
        Kind::Search { query } => vec![("search", query)],
        Kind::Purchase(purchase) => {
            vec![
                ("note", &purchase.note),
                ("delivery_note", &purchase.delivery_note),
            ]
        }
        Kind::Concern { text, .. } => vec![("concern", text)],
        Kind::Answer { text, .. } => vec![("answer", text)],
        Kind::Browse { .. } | Kind::Logistics { .. } | Kind::Profile { .. } => Vec::new(),
    }
}

fn of_kind(pack: &Pack, event: &Event, known: bool) -> Option<Signal> {
    match &event.kind {
        Kind::Chat { .. } => None,
        Kind::Search { query } => {
            let category = titled(pack, &pack.folder.fold(query))?;
            Some(look(category, "SEARCH", Vec::new()))
        }
        Kind::Browse { item, .. } => {
            let (category, title) = watched(pack, item)?;
            Some(look(category, "BROWSE", vec![title]))
        }
        Kind::Purchase(purchase) => of_purchase(pack, purchase, known),
        Kind::Logistics { order, status, .. } => known.then(|| Signal {
            id: PARCEL,
            order: order.clone(),
            act: status,
            ..Signal::default()
        }),
        Kind::Concern { .. } => Some(Signal {
            id: CONCERN,
            ..Signal::default()
        }),
        Kind::Profile { .. } => known.then(|| Signal {
            id: PROFILE,
            ..Signal::default()
        }),
        Kind::Answer { .. } => Some(Signal {
            id: ANSWER,
            ..Signal::default()
        }),
    }
}

fn look(category: String, act: &'static str, items: Vec<String>) -> Signal {
    Signal {
        id: WATCHED,
        category,
        act,
        quantity: 1,
        items,
        ..Signal::default()
    }
}

fn of_purchase(pack: &Pack, purchase: &Purchase, known: bool) -> Option<Signal> {
    let amount = |item: &Item| u64::from(item.quantity.max(1));
    let found: Vec<(u64, (String, String))> = purchase
        .items
        .iter()
        .filter_map(|item| Some((amount(item), watched(pack, item)?)))
        .collect();
    let mut signal = Signal {
        merchant: purchase.merchant.clone(),
        order: purchase.order.clone(),
        act: if purchase.status.is_empty() {
            "PAID"
        } else {
            purchase.status
        },
        ..Signal::default()
    };
    if let Some((_, (category, _))) = found.first() {
        signal.id = WATCHED;
        signal.category = category.clone();
        signal.quantity = found.iter().map(|(quantity, _)| quantity).sum();
        signal.items = found.into_iter().map(|(_, (_, title))| title).collect();
        Some(signal)
    } else {
        signal.id = ORDINARY;
        signal.quantity = purchase.items.iter().map(amount).sum();
        known.then_some(signal)
    }
}

/// The category and the folded title of a watched item.
fn watched(pack: &Pack, item: &Item) -> Option<(String, String)> {
    let title = pack.folder.fold(&item.title);
    let category = if item.category.is_empty() {
        titled(pack, &title)
    } else {
        let entry = pack
            .goods
            .iter()
            .find(|goods| goods.codes.contains(&item.category));
        entry.map(|goods| goods.category.clone())
    };
    Some((category?, title.text()))
}

/// The first goods entry one of whose terms the text has.
fn titled(pack: &Pack, text: &Folded) -> Option<String> {
    let occurrences = pack.lexicons.occurrences(text);
    let has =
        |titles: Option<usize>| titles.is_some_and(|titles| occurrences.contains_key(&titles));
    pack.goods
        .iter()
        .find(|goods| has(goods.titles))
        .map(|goods| goods.category.clone())
}
