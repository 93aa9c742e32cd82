//! A person's signals become axes, a level and contributions.
//!
//! A pure fold over the signals since the last closed case, in the order of their own times, so that the order of arrival
//! does not matter; `rules/README.md`, section 4, states it exactly. Nothing here reads a clock or knows what follows
//! from a level; that is `cases`.

mod memory;
mod orders;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::domain::time::{DAY_MS, HOUR_MS};
use crate::domain::{Level, Signal, Time, TypeSet, View, signal::engine};
use crate::rules::condition::{Anchors, Truth};
use crate::rules::{Rule, Ruleset};
use memory::Remembered;
pub use orders::{OpenOrder, open_orders};

/// An episode without a case ends so long after its last event.
pub const LAPSE_MS: i64 = 72 * HOUR_MS;
/// Signals older than this are not looked at.
pub const HORIZON_MS: i64 = 35 * DAY_MS;

/// What an episode has reached; grows, never shrinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Episode {
    /// Rank of the level, 0 to 5.
    level: u8,
    /// Intent stage.
    pub intent: u8,
    /// Harm-to-others stage.
    pub harm: u8,
    /// Kinds of danger.
    pub types: TypeSet,
    /// The last event's time.
    pub last_at: Option<Time>,
}

impl Episode {
    /// The level reached.
    pub fn level(&self) -> Level {
        Level::ALL
            .get(usize::from(self.level))
            .copied()
            .unwrap_or(Level::Emergency)
    }

    fn raise_to(&mut self, level: Level) {
        self.level = self.level.max(level as u8);
    }

    /// The episode as it stands at a later time: over, where it lapsed without a case.
    pub fn at(self, now: Time) -> Self {
        let lapsed = self
            .last_at
            .is_some_and(|last| now.since_ms(last) > LAPSE_MS);
        if lapsed && !self.level().opens_case() {
            Self {
                last_at: self.last_at,
                ..Self::default()
            }
        } else {
            self
        }
    }
}

/// What is thought of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// What the episode has reached.
    pub episode: Episode,
    /// Means stage now.
    pub means: u8,
    /// The order part of it.
    pub order_means: u8,
    /// What speaks now, strongest first.
    pub evidence: Vec<Evidence>,
    /// Rules that could not be judged for lack of data.
    pub unknown: Vec<Arc<str>>,
    /// Modifiers that hold now.
    pub modifiers: Vec<String>,
}

/// One rule's contribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The rule.
    pub rule: Arc<str>,
    /// Its points now, in thousandths.
    pub points: i64,
    /// The signals it rests on.
    pub signals: Anchors,
}

impl Assessment {
    /// The level of the episode.
    pub fn level(&self) -> Level {
        self.episode.level()
    }

    /// 0 to 1: orders persons finely and agrees with the level. A sixth for each level, inside it the axes and the
    /// weight of evidence.
    pub fn score(&self) -> f64 {
        let weight: i64 = self.evidence.iter().map(|e| e.points).sum();
        let inside = i64::from(self.episode.intent) * 90
            + i64::from(self.means) * 25
            + i64::from(self.episode.harm) * 40
            + (weight / 100).min(90);
        let thousandths = self.level().rank() * 1000 + inside.min(999);
        (thousandths * 10_000 / 6_000) as f64 / 10_000.0
    }
}

/// Where a fold begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// At the first signal; the episode summarises what is no longer among them, and is the default for nearly everyone.
    Beginning(Episode),
    /// At the last event: the episode is the fold of everything, or of everything before it. Since nothing came late, this
    /// gives what folding from the beginning would, at the cost of one step.
    LastEvent(Episode),
}

/// Judges a person.
///
/// `signals` are those since the last closed case, in any order; they are sorted here. `earlier_case` tells of a closed
/// case.
pub fn assess(
    rules: &Ruleset,
    signals: &mut [Signal],
    from: From,
    earlier_case: bool,
) -> Assessment {
    signals.sort_by(|a, b| {
        (a.occurred_at, &a.event, &a.name).cmp(&(b.occurred_at, &b.event, &b.name))
    });
    let (mut episode, mut start) = match from {
        From::Beginning(episode) => (episode, 0),
        From::LastEvent(episode) => {
            let last = signals.last().map(|s| s.event.clone());
            (
                episode,
                signals
                    .iter()
                    .position(|s| Some(&s.event) == last.as_ref())
                    .unwrap_or(0),
            )
        }
    };
    let mut last = Step::default();
    while start < signals.len() {
        let end = start
            + signals[start..]
                .iter()
                .take_while(|s| s.event == signals[start].event)
                .count();
        let now = signals[start].occurred_at;
        episode = episode.at(now);
        last = step(rules, &signals[..end], now, earlier_case);
        grow(rules, &mut episode, &mut last);
        episode.last_at = Some(now);
        start = end;
    }
    last.evidence
        .sort_by(|a, b| (b.points, &a.rule).cmp(&(a.points, &b.rule)));
    Assessment {
        episode,
        means: last.means,
        order_means: last.order_means,
        evidence: last.evidence,
        unknown: last.unknown,
        modifiers: last.modifiers,
    }
}

/// What holds at one event.
#[derive(Default)]
struct Step {
    intent: u8,
    harm: u8,
    types: TypeSet,
    means: u8,
    order_means: u8,
    evidence: Vec<Evidence>,
    unknown: Vec<Arc<str>>,
    modifiers: Vec<String>,
    modifiers_hold: bool,
}

fn step(rules: &Ruleset, signals: &[Signal], now: Time, earlier_case: bool) -> Step {
    let visible: Vec<&Signal> = signals
        .iter()
        .filter(|s| now.since_ms(s.occurred_at) < HORIZON_MS)
        .collect();
    let order_means = orders::order_means(&visible, now);
    let memory = Remembered {
        signals: &visible,
        now,
        rules,
        order_means,
        earlier_case,
    };
    let mut step = Step {
        means: order_means,
        order_means,
        ..Step::default()
    };
    let mut speaking: Vec<(&Rule, i64)> = Vec::new();
    for rule in &rules.rules {
        match rule.when.holds(&memory) {
            Truth::True => speaking.push((rule, points(rules, rule, &visible, now))),
            Truth::False => {}
            Truth::Unknown => step.unknown.push(rule.id.clone()),
        }
    }
    step.means = speaking
        .iter()
        .map(|(rule, _)| rule.gives.means)
        .max()
        .unwrap_or(0)
        .max(order_means);
    step.intent = stage_of(&speaking, 6, |rule| rule.gives.intent);
    step.harm = stage_of(&speaking, 5, |rule| rule.gives.harm);
    for (rule, _) in &speaking {
        let sum: i64 = speaking
            .iter()
            .filter(|(r, _)| r.gives.kind == rule.gives.kind)
            .map(|(_, p)| p)
            .sum();
        if sum >= ENOUGH {
            step.types.insert(rule.gives.kind);
        }
    }
    for modifier in &rules.triage.modifiers {
        if modifier.when.holds(&memory) == Truth::True {
            step.modifiers.push(modifier.id.clone());
        }
    }
    step.modifiers_hold = !step.modifiers.is_empty();
    step.evidence = speaking
        .into_iter()
        .map(|(rule, points)| Evidence {
            rule: rule.id.clone(),
            points,
            signals: rule.when.anchors.clone(),
        })
        .collect();
    step
}

/// So many thousandths make a stage or a kind hold.
const ENOUGH: i64 = 1000;

/// The largest stage for which the evidence at or above it is enough.
fn stage_of(speaking: &[(&Rule, i64)], most: u8, stage: fn(&Rule) -> u8) -> u8 {
    (1..=most)
        .rev()
        .find(|s| {
            speaking
                .iter()
                .filter(|(rule, _)| stage(rule) >= *s)
                .map(|(_, p)| p)
                .sum::<i64>()
                >= ENOUGH
        })
        .unwrap_or(0)
}

/// A rule's points: less the older its latest signal is, and less where that was seen only through a disguise.
fn points(rules: &Ruleset, rule: &Rule, visible: &[&Signal], now: Time) -> i64 {
    let named = |signal: &&&Signal| match &rule.when.anchors {
        Anchors::Any => true,
        Anchors::Named(ids) => ids.contains(&signal.name),
    };
    let latest = |signals: &mut dyn Iterator<Item = &&Signal>| signals.map(|s| s.occurred_at).max();
    // A rule may speak because its signals are absent; then it is as fresh as the latest of any kind.
    let anchor = latest(&mut visible.iter().filter(named))
        .or_else(|| latest(&mut visible.iter()))
        .unwrap_or(now);
    let plainest = visible
        .iter()
        .filter(named)
        .filter(|s| s.occurred_at == anchor)
        .map(|s| s.plainest_view())
        .min()
        .unwrap_or(View::Raw);
    let points = rule.gives.points * rules.unmasking[plainest as usize] / ENOUGH;
    decayed(points, now.since_ms(anchor).max(0), rule.gives.half_life_ms)
}

/// Halves every half-life, along a straight line between halvings: exact in integers on every machine.
pub fn decayed(points: i64, age_ms: i64, half_life_ms: i64) -> i64 {
    let (halvings, rest) = (age_ms / half_life_ms, age_ms % half_life_ms);
    if halvings >= 20 {
        return 0;
    }
    let p = points >> halvings;
    // Points are at most 1000 and lengths at most ten years in milliseconds, so this stays far inside i64.
    p - p * rest / (2 * half_life_ms)
}

/// Lets the episode grow by what holds at this event.
fn grow(rules: &Ruleset, episode: &mut Episode, step: &mut Step) {
    let triage = &rules.triage;
    episode.intent = episode.intent.max(step.intent);
    episode.harm = episode.harm.max(step.harm);
    episode.types = episode.types.union(step.types);
    if episode.harm >= 2 && step.order_means >= 4 {
        episode.harm = episode.harm.max(4);
    }
    let column = triage.column_of_means[usize::from(step.means.min(6))];
    let mut level = triage.matrix[usize::from(episode.intent.min(6))][column];
    level = level.max(triage.harm[usize::from(episode.harm.min(5))]);
    for kind in episode.types.iter() {
        if let Some(entry) = triage.types.get(&(kind as usize)) {
            level = level.max(if step.order_means >= 3 {
                entry.with_goods
            } else {
                entry.level
            });
        }
    }
    if level >= Level::Support && step.modifiers_hold {
        let most = triage.raise_at_most.unwrap_or(Level::Emergency);
        if level < most {
            level = level.raised();
        }
    }
    episode.raise_to(level);
}

/// True for signals that tell where goods are; they outlive the closing of a case, since the goods do.
pub fn outlives_a_case(signal_name: &str) -> bool {
    matches!(signal_name, engine::WATCHED_GOODS | engine::PARCEL)
}
