//! Means as a state machine over a person's orders.

use std::collections::BTreeMap;

use crate::domain::time::DAY_MS;
use crate::domain::{Act, Signal, Time, signal::engine};

const LOOKED_MS: i64 = 7 * DAY_MS;

/// An order with watched goods that is on its way or at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// The order.
    pub order: String,
    /// The shop, empty if not known.
    pub merchant: String,
    /// Means stage, 3 to 6.
    pub stage: u8,
    /// When it should arrive, if that was said.
    pub expected: Option<Time>,
}

/// The highest stage of any order, or 1 where watched goods were only looked at lately.
pub(super) fn order_means(visible: &[&Signal], now: Time) -> u8 {
    let ordered = stages(visible.iter().copied())
        .into_iter()
        .map(|o| o.stage)
        .max()
        .unwrap_or(0);
    if ordered > 0 {
        return ordered;
    }
    let looked = visible.iter().any(|s| {
        &*s.name == engine::WATCHED_GOODS
            && matches!(s.facts.act, Some(Act::Search | Act::Browse))
            && now.since_ms(s.occurred_at) < LOOKED_MS
    });
    u8::from(looked)
}

/// The open orders with watched goods, by order id. `signals` must be in their own order of time.
pub fn open_orders<'s>(signals: impl IntoIterator<Item = &'s Signal>) -> Vec<OpenOrder> {
    stages(signals)
        .into_iter()
        .filter(|order| order.stage > 0)
        .collect()
}

fn stages<'s>(signals: impl IntoIterator<Item = &'s Signal>) -> Vec<OpenOrder> {
    let mut orders: BTreeMap<&str, (bool, OpenOrder)> = BTreeMap::new();
    for signal in signals {
        let watched = &*signal.name == engine::WATCHED_GOODS;
        if !(watched || &*signal.name == engine::PARCEL) || signal.facts.order.is_empty() {
            continue;
        }
        let facts = &signal.facts;
        let (has_watched, order) = orders.entry(&facts.order).or_insert_with(|| {
            let order = facts.order.clone();
            (
                false,
                OpenOrder {
                    order,
                    merchant: String::new(),
                    stage: 0,
                    expected: None,
                },
            )
        });
        *has_watched |= watched;
        if !facts.merchant.is_empty() {
            order.merchant.clone_from(&facts.merchant);
        }
        order.expected = facts.expected.or(order.expected);
        order.stage = match facts.act {
            Some(Act::Cart | Act::Placed) => order.stage.max(3),
            Some(Act::Paid | Act::Packed | Act::Held) => order.stage.max(4),
            Some(Act::Shipped | Act::InTransit | Act::OutForDelivery) => order.stage.max(5),
            Some(Act::Delivered) => order.stage.max(6),
            Some(Act::Cancelled | Act::Refunded | Act::Returned) => 0,
            Some(Act::Search | Act::Browse) | None => order.stage,
        };
    }
    orders
        .into_values()
        .filter(|(has_watched, _)| *has_watched)
        .map(|(_, order)| order)
        .collect()
}
