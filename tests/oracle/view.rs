//! What one person is remembered by, and the questions that conditions ask about it at one moment.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::TimeZone};

use super::condition::Ids;
use super::event::Event;
use super::matching::{Guise, Span};
use super::texts::Field;

pub const DAY: i64 = 86_400_000;
/// Nothing older than this counts for rules and orders.
pub const MEMORY: i64 = 35 * DAY;

/// The signals that no pack defines; their numbers come first.
pub const RESERVED: [&str; 8] = [
    "watched-goods",
    "ordinary-goods",
    "parcel",
    "concern-report",
    "profile",
    "merchant-answer",
    "piece",
    "silence",
];
pub const WATCHED: usize = 0;
pub const ORDINARY: usize = 1;
pub const PARCEL: usize = 2;
pub const CONCERN: usize = 3;
pub const PROFILE: usize = 4;
pub const ANSWER: usize = 5;
pub const PIECE: usize = 6;

/// Where a signal was seen in the texts of its event, and the plainest view in which it was seen there.
pub type Spans = BTreeMap<(Field, Span), Guise>;

#[derive(Debug, Clone, Default)]
pub struct Signal {
    pub id: usize,
    pub category: String,
    pub merchant: String,
    pub order: String,
    pub act: &'static str,
    pub quantity: u64,
    /// The folded titles of the watched items.
    pub items: Vec<String>,
    /// None for what is no text.
    pub spans: Spans,
}

impl Signal {
    /// The plainest view in which it was seen; raw for what is no text.
    pub fn guise(&self) -> Guise {
        self.spans.values().copied().min().unwrap_or_default()
    }
}

/// One event that stored something.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Milliseconds.
    pub at: i64,
    pub age_band: &'static str,
    pub event: Event,
    pub signals: Vec<Signal>,
}

impl Moment {
    /// The order in which events are folded. The content itself stands for its hash: either only
    /// breaks a tie between two contents under one id at one time.
    pub fn key(&self) -> (i64, &str, &str, &Event) {
        (self.at, &self.event.source, &self.event.id, &self.event)
    }
}

#[derive(Debug, Clone, Copy)]
pub enum Attribute {
    Category,
    Merchant,
    Order,
    Act,
}

impl Attribute {
    pub fn named(name: &str) -> Result<Attribute, String> {
        Ok(match name {
            "category" => Attribute::Category,
            "merchant" => Attribute::Merchant,
            "order" => Attribute::Order,
            "act" => Attribute::Act,
            _ => return Err(format!("no attribute `{name}`")),
        })
    }

    fn of(self, signal: &Signal) -> &str {
        match self {
            Attribute::Category => &signal.category,
            Attribute::Merchant => &signal.merchant,
            Attribute::Order => &signal.order,
            Attribute::Act => signal.act,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Paid {
    Orders,
    Items,
    Quantity,
    Large,
}

impl Paid {
    pub fn named(name: &str) -> Result<Paid, String> {
        Ok(match name {
            "paid_orders" => Paid::Orders,
            "paid_items" => Paid::Items,
            "paid_quantity" => Paid::Quantity,
            "large_orders" => Paid::Large,
            _ => return Err(format!("no function `{name}`")),
        })
    }
}

/// Where each signal occurs, (moment, signal) by its number: only an index over the moments.
pub fn index(moments: &[Moment], signals: usize) -> Vec<Vec<(usize, usize)>> {
    let mut places = vec![Vec::new(); signals];
    for (m, moment) in moments.iter().enumerate() {
        for (s, signal) in moment.signals.iter().enumerate() {
            places[signal.id].push((m, s));
        }
    }
    places
}

/// The moments from `first` to `last`, seen at the time of the last one.
pub struct View<'a> {
    pub moments: &'a [Moment],
    pub places: &'a [Vec<(usize, usize)>],
    pub first: usize,
    /// One past the last visible moment.
    pub end: usize,
    pub now: i64,
    /// The order part of means.
    pub order_part: u8,
    /// Empty if not known.
    pub age_band: &'static str,
    pub zone: &'a TimeZone,
    /// `large_quantity` by category.
    pub large: &'a BTreeMap<String, u64>,
}

impl<'a> View<'a> {
    /// The visible signals of one id, oldest first.
    fn seen(&self, id: usize) -> impl DoubleEndedIterator<Item = (usize, &'a Signal)> + use<'a> {
        let places: &'a [(usize, usize)] = &self.places[id];
        let from = places.partition_point(|place| place.0 < self.first);
        let to = places.partition_point(|place| place.0 < self.end);
        let moments = self.moments;
        places[from..to]
            .iter()
            .map(move |&(m, s)| (m, &moments[m].signals[s]))
    }

    fn inside(&self, id: usize, window: i64) -> impl Iterator<Item = &'a Signal> {
        // Nothing visible is later than now.
        let after = self.now.saturating_sub(window);
        let moments = self.moments;
        self.seen(id)
            .rev()
            .take_while(move |(m, _)| moments[*m].at > after)
            .map(|(_, s)| s)
    }

    pub fn count(&self, ids: &Ids, window: i64) -> usize {
        ids.iter().map(|&id| self.inside(id, window).count()).sum()
    }

    pub fn latest(&self, ids: &Ids) -> Option<i64> {
        ids.iter()
            .filter_map(|&id| self.seen(id).next_back())
            .map(|(m, _)| self.moments[m].at)
            .max()
    }

    /// The plainest view in which one of the signals at a time was seen.
    pub fn plainest(&self, ids: &Ids, at: i64) -> Option<Guise> {
        ids.iter()
            .flat_map(|&id| self.seen(id))
            .filter(|(m, _)| self.moments[*m].at == at)
            .map(|(_, signal)| signal.guise())
            .min()
    }

    pub fn sequence(&self, a: &Ids, b: &Ids, window: i64) -> bool {
        let moments_of = |ids: &Ids| -> BTreeSet<usize> {
            ids.iter()
                .flat_map(|&id| self.seen(id))
                .map(|(m, _)| m)
                .collect()
        };
        let (firsts, seconds) = (moments_of(a), moments_of(b));
        seconds.iter().any(|&second| {
            firsts.iter().any(|&first| {
                let gap = self.moments[second].at - self.moments[first].at;
                first != second && (0..=window).contains(&gap)
            })
        })
    }

    pub fn distinct(&self, ids: &Ids, attribute: Attribute, window: i64) -> usize {
        let values: BTreeSet<&str> = ids
            .iter()
            .flat_map(|&id| self.inside(id, window))
            .map(|signal| attribute.of(signal))
            .filter(|value| !value.is_empty())
            .collect();
        values.len()
    }

    pub fn paid(&self, what: Paid, window: i64) -> i64 {
        let mut orders: BTreeMap<&str, Vec<&Signal>> = BTreeMap::new();
        for signal in self
            .inside(WATCHED, window)
            .filter(|signal| signal.act == "PAID")
        {
            orders.entry(&signal.order).or_default().push(signal);
        }
        let largest = |paid: &[&Signal]| paid.iter().map(|s| s.quantity).max().unwrap_or(0);
        let count = match what {
            Paid::Orders => orders.len() as u64,
            Paid::Items => {
                let titles = orders.values().flatten().flat_map(|signal| &signal.items);
                titles.collect::<BTreeSet<_>>().len() as u64
            }
            Paid::Quantity => orders.values().map(|paid| largest(paid)).sum(),
            Paid::Large => {
                let is_large = |paid: &&Vec<&Signal>| {
                    let most = largest(paid);
                    let limit =
                        |s: &&&Signal| self.large.get(&s.category).is_some_and(|l| most >= *l);
                    paid.iter()
                        .filter(|s| s.quantity == most)
                        .any(|s| limit(&s))
                };
                orders.values().filter(is_large).count() as u64
            }
        };
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    pub fn hour(&self) -> i64 {
        // An event's time lies between 2000 and 2100, so it is always a time stamp.
        let now = Timestamp::from_millisecond(self.now).unwrap_or_default();
        i64::from(self.zone.to_datetime(now).hour())
    }

    /// The highest stage of any order, or 1 for a recent look at watched goods.
    pub fn stage(&self) -> u8 {
        let mut orders: BTreeMap<&str, (bool, u8)> = BTreeMap::new();
        for moment in &self.moments[self.first..self.end] {
            for signal in &moment.signals {
                let purchase = signal.id == WATCHED && !matches!(signal.act, "SEARCH" | "BROWSE");
                if !purchase && signal.id != PARCEL {
                    continue;
                }
                let (watched, stage) = orders.entry(&signal.order).or_default();
                *watched |= purchase;
                *stage = match signal.act {
                    "CART" | "PLACED" => (*stage).max(3),
                    "PAID" | "PACKED" | "HELD" => (*stage).max(4),
                    "SHIPPED" | "IN_TRANSIT" | "OUT_FOR_DELIVERY" => (*stage).max(5),
                    "DELIVERED" => (*stage).max(6),
                    _ => 0,
                };
            }
        }
        let highest = orders
            .values()
            .filter(|order| order.0)
            .map(|order| order.1)
            .max();
        match highest.unwrap_or(0) {
            0 => {
                let mut looks = self.inside(WATCHED, 7 * DAY);
                u8::from(looks.any(|signal| matches!(signal.act, "SEARCH" | "BROWSE")))
            }
            stage => stage,
        }
    }
}
