//! Decay, and the means machine over order histories.

use std::sync::Arc;

use super::{decayed, open_orders, orders};
use crate::domain::time::HOUR_MS;
use crate::domain::{
    Act, AgeBand, EventId, EventKey, Facts, Signal, SourceId, Time, signal::engine,
};

#[test]
fn points_halve_every_half_life_along_a_straight_line() {
    for (age, expected) in [
        (0, 1000),
        (6, 875),
        (12, 750),
        (24, 500),
        (36, 375),
        (48, 250),
        (24 * 20, 0),
    ] {
        assert_eq!(
            decayed(1000, age * HOUR_MS, 24 * HOUR_MS),
            expected,
            "after {age} h"
        );
    }
}

fn signal(number: usize, name: &str, act: Act, order: &str) -> Signal {
    Signal {
        name: Arc::from(name),
        event: EventKey {
            source: SourceId::new("s"),
            event: EventId::new(number.to_string()),
            content: [0; 32],
        },
        occurred_at: Time::from_ms(number as i64 * HOUR_MS),
        age_band: AgeBand::Unspecified,
        facts: Facts {
            act: Some(act),
            order: order.to_owned(),
            ..Facts::default()
        },
        spans: Vec::new(),
    }
}

/// A history in short: `b` browse, `c` cart, `o` placed, `p` paid, `x` cancelled, `r` refunded, then parcels `K` packed, `S`
/// shipped, `D` delivered, `H` held, `R` returned; a digit before names the order.
fn history(text: &str) -> Vec<Signal> {
    let (mut order, mut signals) = ("1".to_owned(), Vec::new());
    for c in text.chars() {
        let (name, act) = match c {
            '0'..='9' => {
                order = c.to_string();
                continue;
            }
            'b' => (engine::WATCHED_GOODS, Act::Browse),
            'c' => (engine::WATCHED_GOODS, Act::Cart),
            'o' => (engine::WATCHED_GOODS, Act::Placed),
            'p' => (engine::WATCHED_GOODS, Act::Paid),
            'x' => (engine::WATCHED_GOODS, Act::Cancelled),
            'r' => (engine::WATCHED_GOODS, Act::Refunded),
            'K' => (engine::PARCEL, Act::Packed),
            'S' => (engine::PARCEL, Act::Shipped),
            'D' => (engine::PARCEL, Act::Delivered),
            'H' => (engine::PARCEL, Act::Held),
            'R' => (engine::PARCEL, Act::Returned),
            _ => panic!("unknown step {c}"),
        };
        let of = if act == Act::Browse { "" } else { &order };
        signals.push(signal(signals.len(), name, act, of));
    }
    signals
}

#[test]
fn means_follow_the_orders() {
    for (steps, expected) in [
        ("", 0),
        ("b", 1),
        ("bc", 3),
        ("co", 3),
        ("cop", 4),
        ("copKS", 5),
        ("copKSD", 6),
        ("copx", 0),
        ("copSR", 0),
        ("copDr", 0),
        ("bcopx", 1),
        ("copxp", 4),
        ("1p2px", 4),
        ("1pSD2p2x", 6),
        // Missing and out-of-order steps: what is known counts.
        ("pD", 6),
        ("Sp", 5),
        ("S", 0),
        ("pH", 4),
        ("pSH", 5),
    ] {
        let signals = history(steps);
        let visible: Vec<&Signal> = signals.iter().collect();
        let now = signals.last().map_or(Time::default(), |s| s.occurred_at);
        assert_eq!(orders::order_means(&visible, now), expected, "{steps:?}");
    }
}

#[test]
fn the_time_to_means_is_the_last_that_was_said() {
    let mut signals = history("pSS");
    signals[1].facts.expected = Some(Time::from_ms(10));
    signals[2].facts.expected = Some(Time::from_ms(20));
    assert_eq!(open_orders(&signals)[0].expected, Some(Time::from_ms(20)));
}
