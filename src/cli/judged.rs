//! The output of `assess`: one JSON object for each line read, fields in a fixed order.

use serde::Serialize;

use crate::cases::{Candidate, Verdict};
use crate::domain::HelpOffer;

/// What is said of one line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Judged<'a> {
    pub event_id: Option<&'a str>,
    pub person_id: Option<&'a str>,
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(flatten)]
    pub state: Option<State>,
    pub ruleset: &'a str,
}

/// The person's state after the event; absent where nothing could be judged, since unknown is not safe.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    pub level: &'static str,
    types: Vec<&'static str>,
    intent: String,
    means: String,
    harm_to_others: String,
    score: f64,
    evidence: Vec<Evidence>,
    case: Option<Case>,
    merchant_tasks: Vec<Task>,
    holds: Vec<Hold>,
    help: Option<Help>,
    degraded: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Evidence {
    rule: String,
    points: f64,
    spans: Vec<SpanOut>,
}

#[derive(Debug, Serialize)]
struct SpanOut {
    start: u32,
    end: u32,
    view: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    case_id: String,
    opened: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    task_id: String,
    action: &'static str,
    order_id: String,
    merchant_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Hold {
    hold_id: String,
    order_id: String,
    expires_at: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Help {
    locale: String,
    text: String,
    lines: Vec<Line>,
    suppress_recommendations: bool,
    emergency_card: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    number: String,
}

impl State {
    pub(super) fn of(verdict: &Verdict, candidate: &Candidate) -> Self {
        let assessment = &verdict.assessment;
        let episode = &assessment.episode;
        Self {
            level: assessment.level().name(),
            types: episode.types.names(),
            intent: format!("I{}", episode.intent),
            means: format!("M{}", assessment.means),
            harm_to_others: format!("H{}", episode.harm),
            score: assessment.score(),
            evidence: assessment
                .evidence
                .iter()
                .map(|e| Evidence {
                    rule: e.rule.to_string(),
                    points: e.points as f64 / 1000.0,
                    spans: candidate
                        .spans_of(verdict, &e.signals)
                        .into_iter()
                        .map(|s| SpanOut {
                            start: s.start,
                            end: s.end,
                            view: s.view.name(),
                        })
                        .collect(),
                })
                .collect(),
            case: verdict.case.as_ref().map(|(case, opened)| Case {
                case_id: case.to_string(),
                opened: *opened,
            }),
            merchant_tasks: verdict
                .tasks
                .iter()
                .map(|t| Task {
                    task_id: t.task_id.clone(),
                    action: t.action.name(),
                    order_id: t.order.clone(),
                    merchant_id: t.merchant.clone(),
                })
                .collect(),
            holds: verdict
                .holds
                .iter()
                .map(|h| Hold {
                    hold_id: h.hold_id.clone(),
                    order_id: h.order.clone(),
                    expires_at: h.expires_at.to_string(),
                })
                .collect(),
            help: verdict.help.as_ref().map(Help::of),
            degraded: verdict.degraded.clone(),
        }
    }
}

impl Help {
    fn of(offer: &HelpOffer) -> Self {
        Self {
            locale: offer.locale.clone(),
            text: offer.text.clone(),
            lines: offer
                .lines
                .iter()
                .map(|l| Line {
                    name: l.name.clone(),
                    number: l.number.clone(),
                })
                .collect(),
            suppress_recommendations: offer.suppress_recommendations,
            emergency_card: offer.emergency_card,
        }
    }
}
