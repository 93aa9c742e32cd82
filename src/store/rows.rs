//! Rows to nouns and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::StoreError;
use super::conn::{Cell, Row};
use crate::cases::{Case, CaseState};
use crate::domain::{
    Act, AgeBand, CaseId, EventId, EventKey, Facts, Field, Level, PersonId, Signal, SourceId, Span,
    Time, TypeSet, View,
};

pub(super) const SIGNAL_COLUMNS: &str = "source, event, content, name, person, episode, occurred_at, age_band, act, \
    category, order_id, merchant, quantity, items, expected, spans";

/// A stored signal, whose it is, and in which episode it was seen.
pub(super) struct StoredSignal {
    pub person: String,
    pub episode: i64,
    pub signal: Signal,
}

pub(super) fn signal(row: &mut Row) -> Result<StoredSignal, StoreError> {
    let event = key(row)?;
    let name: Arc<str> = row.text()?.into();
    let (person, episode) = (row.text()?, row.int()?);
    let occurred_at = Time::from_ms(row.int()?);
    let age_band = AgeBand::from_name(&row.text()?).unwrap_or(AgeBand::Unspecified);
    let act = Act::from_name(&row.text()?);
    let (category, order, merchant) = (row.text()?, row.text()?, row.text()?);
    let quantity = u32::try_from(row.int()?).unwrap_or(u32::MAX);
    let items = row
        .text()?
        .split_whitespace()
        .filter_map(|h| u64::from_str_radix(h, 16).ok())
        .collect();
    let expected = row.int_or_null()?.map(Time::from_ms);
    let spans = spans_from(&row.text()?);
    let facts = Facts {
        act,
        category,
        order,
        merchant,
        quantity,
        items,
        expected,
    };
    Ok(StoredSignal {
        person,
        episode,
        signal: Signal {
            name,
            event,
            occurred_at,
            age_band,
            facts,
            spans,
        },
    })
}

/// The cells of [`SIGNAL_COLUMNS`], then arrival and rule set.
pub(super) fn signal_cells(
    signal: &Signal,
    person: &PersonId,
    episode: i64,
    arrived_at: Time,
    ruleset: &str,
) -> Vec<Cell> {
    let facts = &signal.facts;
    let items: Vec<String> = facts
        .items
        .iter()
        .map(|hash| format!("{hash:016x}"))
        .collect();
    vec![
        signal.event.source.as_str().into(),
        signal.event.event.as_str().into(),
        signal.event.content.as_slice().into(),
        (&*signal.name).into(),
        person.as_str().into(),
        episode.into(),
        signal.occurred_at.ms().into(),
        signal.age_band.name().into(),
        facts.act.map_or("", Act::name).into(),
        facts.category.as_str().into(),
        facts.order.as_str().into(),
        facts.merchant.as_str().into(),
        i64::from(facts.quantity).into(),
        items.join(" ").into(),
        facts.expected.map(Time::ms).into(),
        spans_to(&signal.spans).into(),
        arrived_at.ms().into(),
        ruleset.into(),
    ]
}

/// Spans as words: `field:start-end:view`.
pub(super) fn spans_to(spans: &[Span]) -> String {
    let words: Vec<String> = spans
        .iter()
        .map(|s| format!("{}:{}-{}:{}", s.field.name(), s.start, s.end, s.view.name()))
        .collect();
    words.join(" ")
}

pub(super) fn spans_from(text: &str) -> Vec<Span> {
    text.split_whitespace()
        .filter_map(|word| {
            let mut parts = word.split(':');
            let field = Field::from_name(parts.next()?)?;
            let (start, end) = parts.next()?.split_once('-')?;
            let view = View::from_name(parts.next()?)?;
            Some(Span {
                field,
                start: start.parse().ok()?,
                end: end.parse().ok()?,
                view,
            })
        })
        .collect()
}

pub(super) fn key(row: &mut Row) -> Result<EventKey, StoreError> {
    Ok(EventKey {
        source: SourceId::new(row.text()?),
        event: EventId::new(row.text()?),
        content: row.hash()?,
    })
}

/// The texts of an event by field, as they were sealed.
pub(super) fn texts_from(json: &str) -> BTreeMap<String, String> {
    serde_json::from_str(json).unwrap_or_default()
}

pub(super) const CASE_COLUMNS: &str = "case_id, person, episode, state, level, types, intent, means, harm, \
    signalled_at, opened_at, deadline_at, means_arrival_at, holder, lease_no, lease_until, revision, rules, \
    opened_source, opened_event, opened_content";

pub(super) fn case(row: &mut Row) -> Result<Case, StoreError> {
    let small = |value: i64| {
        u8::try_from(value).map_err(|_| StoreError::Damaged("a stage is out of range"))
    };
    Ok(Case {
        case_id: CaseId::new(row.text()?),
        person: PersonId::new(row.text()?),
        episode: row.int()?,
        state: CaseState::from_name(&row.text()?)
            .ok_or(StoreError::Damaged("an unknown case state"))?,
        level: Level::ALL
            .get(usize::try_from(row.int()?).unwrap_or(usize::MAX))
            .copied()
            .ok_or(StoreError::Damaged("an unknown level"))?,
        types: TypeSet::from_bits(u16::try_from(row.int()?).unwrap_or_default()),
        intent: small(row.int()?)?,
        means: small(row.int()?)?,
        harm: small(row.int()?)?,
        signalled_at: Time::from_ms(row.int()?),
        opened_at: Time::from_ms(row.int()?),
        deadline_at: Time::from_ms(row.int()?),
        means_arrival_at: row.int_or_null()?.map(Time::from_ms),
        holder: row.text_or_null()?,
        lease_no: row.int()?,
        lease_until: row.int_or_null()?.map(Time::from_ms),
        revision: row.int()?,
        rules: row.text()?.split_whitespace().map(Arc::from).collect(),
        opened_by: key(row)?,
    })
}

pub(super) fn rules_text(case: &Case) -> String {
    case.rules
        .iter()
        .map(|r| &**r)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What orders the queue inside a level: the clock, or the arrival of goods if that comes first.
pub(super) fn due_at(case: &Case) -> i64 {
    case.means_arrival_at
        .map_or(case.deadline_at, |arrival| arrival.min(case.deadline_at))
        .ms()
}
