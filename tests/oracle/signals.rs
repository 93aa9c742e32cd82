//! What one event leaves behind: the signals that its texts, goods and kind make.

use std::collections::BTreeMap;

use super::event::{Event, Item, Kind, Purchase};
use super::fold::Folded;
use super::matching::{Guise, Readable, Span};
use super::pack::{Pack, TextSignal};
use super::texts::{Field, sender, texts};
use super::together::{self, Line, Piece};
use super::view::{
    ANSWER, CONCERN, Moment, ORDINARY, PARCEL, PIECE, PROFILE, Signal, Spans, WATCHED,
};

/// `earlier` are the person's moments of events that were handled before, in their order.
pub fn of_event(pack: &Pack, event: &Event, earlier: &[Moment]) -> Moment {
    let at = event.at.as_millisecond();
    let tells = |signal: &Signal| signal.id != PIECE && !pack.opens(signal.id);
    let told = |moment: &Moment| moment.at < at && moment.signals.iter().any(tells);
    let known = earlier.iter().any(told);
    let near = together::near(earlier, at);
    let pieces = together::pieces(event);
    let is_piece = !pieces.is_empty() && together::is_open(pack, &near);
    let lines = if is_piece {
        together::lines(together::before(pack, &near), pieces.clone())
    } else if pieces.len() > 1 {
        together::lines(Vec::new(), pieces.clone())
    } else {
        Vec::new()
    };

    let mut signals = of_texts(pack, event, &lines);
    signals.extend(of_kind(pack, event, known));
    signals.extend(is_piece.then(|| of_pieces(&pieces)));
    let is_beside = |id: usize| {
        pack.texts
            .iter()
            .any(|signal| signal.id == id && signal.beside)
    };
    let stands = |signal: &Signal| tells(signal) && !is_beside(signal.id);
    if !known && !signals.iter().any(stands) {
        signals.retain(|signal| !is_beside(signal.id));
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
        at,
        age_band,
        event: event.clone(),
        signals,
    }
}

pub fn readable(pack: &Pack, text: &str) -> Readable {
    let folded = pack.folder.fold(text);
    Readable::new(text, folded, &pack.lexicons, pack.disguises.as_ref())
}

fn of_texts(pack: &Pack, event: &Event, lines: &[Line]) -> Vec<Signal> {
    let texts: Vec<(Field, Readable)> = texts(event)
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(field, text)| (field, readable(pack, text)))
        .collect();
    let lines: Vec<(&Line, Readable)> = lines
        .iter()
        .map(|line| (line, readable(pack, &line.text)))
        .collect();
    let mut signals = Vec::new();
    for signal in &pack.texts {
        let mut spans = Spans::new();
        for (field, text) in &texts {
            if signal.asks(*field, sender(event)) {
                for (span, guise) in hits(signal, text) {
                    add(&mut spans, (*field, span), guise);
                }
            }
        }
        for (line, text) in &lines {
            for (hit, guise) in hits(signal, text) {
                let place = line.place(hit);
                // Whatever stands in a line was written by a buyer.
                let asked = place.filter(|(field, _)| signal.asks(*field, "BUYER"));
                if let Some(place) = asked {
                    add(&mut spans, place, guise);
                }
            }
        }
        if !spans.is_empty() {
            signals.push(Signal {
                id: signal.id,
                spans,
                ..Signal::default()
            });
        }
    }
    signals
}

/// Nothing in a text that is too long for the signal.
fn hits(signal: &TextSignal, text: &Readable) -> BTreeMap<Span, Guise> {
    if text.raw_chars() <= signal.longest {
        text.hits(&signal.phrases)
    } else {
        BTreeMap::new()
    }
}

/// Of one place the plainest view counts.
fn add(spans: &mut Spans, place: (Field, Span), guise: Guise) {
    let plainest = spans.entry(place).or_insert(guise);
    *plainest = guise.min(*plainest);
}

fn of_pieces(pieces: &[Piece]) -> Signal {
    let places = pieces.iter().map(|piece| (piece.field, piece.span));
    Signal {
        id: PIECE,
        spans: places.map(|place| (place, Guise::Raw)).collect(),
        ..Signal::default()
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
