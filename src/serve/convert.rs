//! From judgements and cases to the wire.

use crate::cases::{Case, CaseState, Verdict};
use crate::domain::Span;
use crate::wire::{help, hold, level, pb, task, timestamp, types};

/// A verdict as the answer of `Assess`; `spans` are those of this event, by rule.
pub fn assessment_to_pb(verdict: &Verdict, spans: &dyn Fn(&str) -> Vec<Span>) -> pb::Assessment {
    let a = &verdict.assessment;
    pb::Assessment {
        level: level(a.level()),
        types: types(a.episode.types),
        intent: a.episode.intent.into(),
        means: a.means.into(),
        harm_to_others: a.episode.harm.into(),
        score: a.score(),
        evidence: a
            .evidence
            .iter()
            .map(|e| pb::Evidence {
                rule: e.rule.to_string(),
                points: e.points as f64 / 1000.0,
                spans: spans(&e.rule)
                    .into_iter()
                    .map(|s| pb::Span {
                        start: s.start,
                        end: s.end,
                        view: s.view.name().to_owned(),
                    })
                    .collect(),
            })
            .collect(),
        case: verdict.case.as_ref().map(|(case, opened)| pb::CaseRef {
            case_id: case.to_string(),
            opened: *opened,
        }),
        merchant_tasks: verdict.tasks.iter().map(task).collect(),
        holds: verdict.holds.iter().map(hold).collect(),
        help: verdict.help.as_ref().map(help),
        degraded: verdict.degraded.clone(),
        ruleset: verdict.ruleset.to_string(),
    }
}

/// A case without any text of the person.
pub fn case_to_pb(case: &Case) -> pb::Case {
    pb::Case {
        case_id: case.case_id.to_string(),
        state: match case.state {
            CaseState::Open => pb::CaseState::Open,
            CaseState::Claimed => pb::CaseState::Claimed,
            CaseState::InContact => pb::CaseState::InContact,
            CaseState::FollowingUp => pb::CaseState::FollowingUp,
            CaseState::Closed => pb::CaseState::Closed,
        } as i32,
        level: level(case.level),
        types: types(case.types),
        intent: case.intent.into(),
        means: case.means.into(),
        harm_to_others: case.harm.into(),
        signalled_at: Some(timestamp(case.signalled_at)),
        opened_at: Some(timestamp(case.opened_at)),
        deadline_at: Some(timestamp(case.deadline_at)),
        means_arrival_at: case.means_arrival_at.map(timestamp),
        holder: case.holder.clone().unwrap_or_default(),
        lease_no: case.lease_no.unsigned_abs(),
        lease_until: case.lease_until.map(timestamp),
        evidence_revision: case.revision.unsigned_abs(),
        rules: case.rules.iter().map(ToString::to_string).collect(),
    }
}
