//! What leaves the house: tasks, holds, help and notices. Calls, family and police are not here: they need a person.

use super::event::named;
use super::{CaseId, Level, PersonId, Time};

/// Help to show to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpOffer {
    /// The language of the texts.
    pub locale: String,
    /// What to show.
    pub text: String,
    /// Numbers to call.
    pub lines: Vec<HelpLine>,
    /// Stop recommendations, bundles and reminders for this person.
    pub suppress_recommendations: bool,
    /// Show the emergency card at once.
    pub emergency_card: bool,
}

/// A number to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpLine {
    /// What it is.
    pub name: String,
    /// The number.
    pub number: String,
}

named!(
    /// What merchant support is asked to do.
    MerchantAction {
        /// Ask every buyer of a watched category what it is for.
        PurposeQuestion = "PURPOSE_QUESTION",
        /// Stay, listen, bring in a colleague.
        StayAndListen = "STAY_AND_LISTEN",
        /// Do not ship.
        HoldParcel = "HOLD_PARCEL",
    }
);

/// Something for merchant support to do; never a score, a history or a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantTask {
    /// Made from what it is about, so that asking twice is asking once.
    pub task_id: String,
    /// What to do.
    pub action: MerchantAction,
    /// The order; empty if none.
    pub order: String,
    /// The shop; empty if not known.
    pub merchant: String,
}

/// A reversible hold of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Made from the order.
    pub hold_id: String,
    /// The order.
    pub order: String,
    /// When it ends unless a person renews it.
    pub expires_at: Time,
}

/// One message to the outside, published after commit and again until it is acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The same when it is sent again.
    pub notice_id: String,
    /// When it was decided.
    pub decided_at: Time,
    /// What it is.
    pub body: NoticeBody,
}

/// The kinds of notice.
#[derive(Clone, Debug, PartialEq)]
pub enum NoticeBody {
    /// A case opened or rose.
    Case {
        case: CaseId,
        level: Level,
        opened: bool,
        deadline_at: Time,
    },
    /// A task for merchant support.
    MerchantTask(MerchantTask),
    /// A parcel to hold.
    HoldRequest(Hold),
    /// Help for a person who is fed by Kafka.
    Help { person: PersonId, offer: HelpOffer },
    /// An event that could not be judged.
    DeadLetter {
        quarantine_id: String,
        origin: String,
        reason: String,
    },
}

impl NoticeBody {
    /// The outbound topic's last name.
    pub fn topic(&self) -> &'static str {
        match self {
            NoticeBody::Case { .. } => "cases",
            NoticeBody::MerchantTask(_) => "merchant-tasks",
            NoticeBody::HoldRequest(_) => "hold-requests",
            NoticeBody::Help { .. } => "help-offers",
            NoticeBody::DeadLetter { .. } => "dead-letters",
        }
    }
}
