//! What conditions may ask, answered from a slice of signals.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{Act, AgeBand, Signal, Time, signal::engine};
use crate::rules::Ruleset;
use crate::rules::condition::{Attribute, Memory, PaidFigure};

pub(super) struct Remembered<'a> {
    pub signals: &'a [&'a Signal],
    pub now: Time,
    pub rules: &'a Ruleset,
    pub order_means: u8,
    pub earlier_case: bool,
}

impl<'a> Remembered<'a> {
    fn named<'i>(&'i self, ids: &'i [Arc<str>]) -> impl Iterator<Item = &'a Signal> + 'i {
        self.signals
            .iter()
            .copied()
            .filter(|s| ids.contains(&s.name))
    }

    fn inside(&self, signal: &Signal, window_ms: i64) -> bool {
        (0..window_ms).contains(&self.now.since_ms(signal.occurred_at))
    }
}

impl Memory for Remembered<'_> {
    fn count(&self, ids: &[Arc<str>], window_ms: i64) -> i64 {
        self.named(ids)
            .filter(|s| self.inside(s, window_ms))
            .count() as i64
    }

    fn since_s(&self, ids: &[Arc<str>]) -> Option<i64> {
        self.named(ids)
            .map(|s| s.occurred_at)
            .max()
            .map(|latest| self.now.since_ms(latest) / 1000)
    }

    fn sequence(&self, a: &[Arc<str>], b: &[Arc<str>], window_ms: i64) -> bool {
        self.named(a).any(|first| {
            self.named(b).any(|second| {
                first.event != second.event
                    && (0..=window_ms).contains(&second.occurred_at.since_ms(first.occurred_at))
            })
        })
    }

    fn distinct(&self, ids: &[Arc<str>], attribute: Attribute, window_ms: i64) -> i64 {
        let values: BTreeSet<&str> = self
            .named(ids)
            .filter(|s| self.inside(s, window_ms))
            .map(|s| match attribute {
                Attribute::Category => s.facts.category.as_str(),
                Attribute::Merchant => s.facts.merchant.as_str(),
                Attribute::Order => s.facts.order.as_str(),
                Attribute::Act => s.facts.act.map_or("", Act::name),
            })
            .filter(|value| !value.is_empty())
            .collect();
        values.len() as i64
    }

    fn paid(&self, figure: PaidFigure, window_ms: i64) -> i64 {
        let mut items: BTreeSet<u64> = BTreeSet::new();
        // For each order its largest quantity, and whether one of its signals is a large amount.
        let mut orders: BTreeMap<&str, (i64, bool)> = BTreeMap::new();
        for signal in self.signals {
            let facts = &signal.facts;
            if &*signal.name != engine::WATCHED_GOODS
                || facts.act != Some(Act::Paid)
                || !self.inside(signal, window_ms)
            {
                continue;
            }
            items.extend(&facts.items);
            let large = self
                .rules
                .goods
                .iter()
                .find(|goods| goods.category == facts.category)
                .is_some_and(|goods| facts.quantity >= goods.large_quantity);
            let order = orders.entry(&facts.order).or_default();
            order.0 = order.0.max(i64::from(facts.quantity));
            order.1 |= large;
        }
        match figure {
            PaidFigure::Orders => orders.len() as i64,
            PaidFigure::Items => items.len() as i64,
            PaidFigure::Quantity => orders.values().map(|(quantity, _)| quantity).sum(),
            PaidFigure::LargeOrders => orders.values().filter(|(_, large)| *large).count() as i64,
        }
    }

    fn means(&self) -> i64 {
        i64::from(self.order_means)
    }

    fn hour(&self) -> i64 {
        self.now.hour_in(&self.rules.time_zone)
    }

    fn age_band(&self) -> Option<AgeBand> {
        self.signals
            .iter()
            .rev()
            .map(|s| s.age_band)
            .find(|band| *band != AgeBand::Unspecified)
    }

    fn earlier_case(&self) -> bool {
        self.earlier_case
    }
}
