//! From `domain` to the wire.

use super::pb;
use crate::domain::{HelpOffer, Hold, Level, MerchantTask, Notice, NoticeBody, Time, TypeSet};

/// An instant on the wire.
pub fn timestamp(time: Time) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.ms().div_euclid(1000),
        // A remainder of 1000 times a million fits.
        nanos: (time.ms().rem_euclid(1000) * 1_000_000) as i32,
    }
}

/// A level on the wire.
pub fn level(level: Level) -> i32 {
    level as i32 + 1
}

/// Kinds on the wire.
pub fn types(types: TypeSet) -> Vec<i32> {
    types.iter().map(|kind| kind as i32 + 1).collect()
}

/// A merchant task on the wire.
pub fn task(task: &MerchantTask) -> pb::MerchantTask {
    pb::MerchantTask {
        task_id: task.task_id.clone(),
        action: task.action.name().to_owned(),
        order_id: task.order.clone(),
        merchant_id: task.merchant.clone(),
    }
}

/// A hold on the wire.
pub fn hold(hold: &Hold) -> pb::HoldRequest {
    pb::HoldRequest {
        hold_id: hold.hold_id.clone(),
        order_id: hold.order.clone(),
        expires_at: Some(timestamp(hold.expires_at)),
    }
}

/// Help on the wire.
pub fn help(offer: &HelpOffer) -> pb::HelpOffer {
    pb::HelpOffer {
        locale: offer.locale.clone(),
        text: offer.text.clone(),
        lines: offer
            .lines
            .iter()
            .map(|l| pb::HelpLine {
                name: l.name.clone(),
                number: l.number.clone(),
            })
            .collect(),
        suppress_recommendations: offer.suppress_recommendations,
        emergency_card: offer.emergency_card,
    }
}

/// A notice as the value of an outbound topic.
pub fn notice_to_pb(notice: &Notice) -> pb::Notice {
    use pb::notice::Body;
    let body = match &notice.body {
        NoticeBody::Case {
            case,
            level: l,
            opened,
            deadline_at,
        } => Body::Case(pb::CaseNotice {
            case_id: case.to_string(),
            level: level(*l),
            opened: *opened,
            deadline_at: Some(timestamp(*deadline_at)),
        }),
        NoticeBody::MerchantTask(t) => Body::MerchantTask(task(t)),
        NoticeBody::HoldRequest(h) => Body::HoldRequest(hold(h)),
        NoticeBody::Help { person, offer } => Body::Help(pb::HelpNotice {
            person_id: person.as_str().to_owned(),
            offer: Some(help(offer)),
        }),
        NoticeBody::DeadLetter {
            quarantine_id,
            origin,
            reason,
        } => Body::DeadLetter(pb::DeadLetter {
            quarantine_id: quarantine_id.clone(),
            origin: origin.clone(),
            reason: reason.clone(),
        }),
    };
    pb::Notice {
        notice_id: notice.notice_id.clone(),
        decided_at: Some(timestamp(notice.decided_at)),
        body: Some(body),
    }
}
