//! The fold of section 4: from the remembered signals of one person to a level, always from the
//! first one on.

use std::collections::BTreeSet;

use super::condition::Ids;
use super::pack::{Pack, Rule};
use super::triage::TYPES;
use super::view::{MEMORY, Moment, View, WATCHED, index};

const SUPPORT: u8 = 1;
pub const ELEVATED: u8 = 2;
const LAPSE: i64 = 72 * 3_600_000;

/// An episode as it stands after one event; `means` and `fired` are of that event alone.
#[derive(Debug, Clone, Default)]
pub struct Episode {
    pub level: u8,
    pub intent: u8,
    pub harm: u8,
    /// Indexes into the pack's types.
    pub types: BTreeSet<usize>,
    pub means: u8,
    /// The rules whose condition was true.
    pub fired: Vec<String>,
}

struct Evidence<'a> {
    rule: &'a Rule,
    points: i64,
}

/// The episode after each of the moments, which must stand in their order.
pub fn fold(pack: &Pack, moments: &[Moment]) -> Result<Vec<Episode>, String> {
    let places = index(moments, pack.signals.len());
    let mut after = Vec::with_capacity(moments.len());
    let mut episode = Episode::default();
    let mut age_band = "";
    for (last, moment) in moments.iter().enumerate() {
        let now = moment.at;
        if last > 0 && episode.level < ELEVATED && now - moments[last - 1].at > LAPSE {
            episode = Episode::default();
        }
        if !moment.age_band.is_empty() {
            age_band = moment.age_band;
        }
        let mut view = View {
            moments,
            places: &places,
            first: moments.partition_point(|moment| moment.at <= now - MEMORY),
            end: last + 1,
            now,
            order_part: 0,
            age_band,
            zone: &pack.zone,
            large: &pack.large,
        };
        view.order_part = view.stage();
        step(pack, &view, &mut episode)?;
        after.push(episode.clone());
    }
    Ok(after)
}

fn step(pack: &Pack, view: &View, episode: &mut Episode) -> Result<(), String> {
    let mut evidence = Vec::new();
    for rule in &pack.rules {
        let holds = rule
            .when
            .holds(view)
            .map_err(|e| format!("rule {}: {e}", rule.id))?;
        if holds == Some(true) {
            evidence.push(Evidence {
                rule,
                points: points(pack, rule, view),
            });
        }
    }
    episode.fired = evidence.iter().map(|e| e.rule.id.clone()).collect();
    let of_rules = evidence.iter().map(|e| e.rule.means).max().unwrap_or(0);
    episode.means = of_rules.max(view.order_part);

    episode.intent = episode.intent.max(axis(&evidence, |rule| rule.intent));
    episode.harm = episode.harm.max(axis(&evidence, |rule| rule.harm));
    for kind in 0..TYPES.len() {
        if sum(&evidence, |rule| rule.kind == kind) >= 1000 {
            episode.types.insert(kind);
        }
    }
    if episode.harm >= 2 && view.order_part >= 4 {
        episode.harm = episode.harm.max(4);
    }

    let level = raised(pack, view, level(pack, view, episode))?;
    episode.level = episode.level.max(level);
    Ok(())
}

fn sum(evidence: &[Evidence], counts: impl Fn(&Rule) -> bool) -> i64 {
    evidence
        .iter()
        .filter(|e| counts(e.rule))
        .map(|e| e.points)
        .sum()
}

/// The largest stage that the evidence at or above it carries.
fn axis(evidence: &[Evidence], stage_of: impl Fn(&Rule) -> u8) -> u8 {
    (1..=6)
        .rev()
        .find(|&s| sum(evidence, |rule| stage_of(rule) >= s) >= 1000)
        .unwrap_or(0)
}

fn level(pack: &Pack, view: &View, episode: &Episode) -> u8 {
    let triage = &pack.triage;
    let column = triage.column[usize::from(episode.means)];
    let by_intent = triage.matrix[usize::from(episode.intent)][column];
    let by_harm = triage.harm[usize::from(episode.harm)];
    let by_type = episode
        .types
        .iter()
        .filter_map(|kind| triage.types.get(kind))
        .map(|&(alone, with_goods)| {
            if view.order_part >= 3 {
                with_goods
            } else {
                alone
            }
        });
    by_type.chain([by_intent, by_harm]).max().unwrap_or(0)
}

/// One step for any number of modifiers, and never above the pack's limit.
fn raised(pack: &Pack, view: &View, level: u8) -> Result<u8, String> {
    if level < SUPPORT || level >= pack.triage.raise_at_most {
        return Ok(level);
    }
    for modifier in &pack.triage.modifiers {
        if modifier.holds(view)? == Some(true) {
            return Ok(level + 1);
        }
    }
    Ok(level)
}

/// The points of a rule now.
fn points(pack: &Pack, rule: &Rule, view: &View) -> i64 {
    let named: Ids = if rule.when.ids.is_empty() && rule.when.paid {
        [WATCHED].into()
    } else {
        rule.when.ids.clone()
    };
    let anchor = view.latest(&named);
    let guise = anchor.and_then(|at| view.plainest(&named, at));
    let weighed = rule.points * pack.unmasking.of(guise.unwrap_or_default()) / 1000;
    // Where the rule names no signal or none of them was seen, it is as fresh as the latest signal of
    // any kind, the one being folded; and nothing about it was in disguise.
    decayed(
        weighed,
        view.now - anchor.unwrap_or(view.now),
        rule.half_life,
    )
}

pub fn decayed(points: i64, age: i64, half_life: i64) -> i64 {
    let (halvings, rest) = (age / half_life, age % half_life);
    let whole = if halvings >= 20 {
        0
    } else {
        points >> halvings
    };
    // Wider arithmetic: a half-life may be years long.
    let lost = i128::from(whole) * i128::from(rest) / (2 * i128::from(half_life));
    whole - lost as i64
}
