//! The nouns of the house: ids, events, signals, axes, levels, and text that hides itself in logs.
//!
//! Nothing here reads a clock, does I/O or knows another room. Read next: [`event`], then [`signal`], then
//! [`level`].

pub mod event;
pub mod head;
pub mod ids;
pub mod level;
pub mod limits;
pub mod notice;
pub mod signal;
pub mod text;
pub mod time;

pub use event::{AgeBand, Event, EventKind, Item, OrderAct, ParcelStep, Reporter, Sender};
pub use head::{HEADS, Head};
pub use ids::{CaseId, EventId, EventKey, OrderId, PersonId, SourceId};
pub use level::{Level, RiskType, TypeSet};
pub use notice::{HelpLine, HelpOffer, Hold, MerchantAction, MerchantTask, Notice, NoticeBody};
pub use signal::{Act, Draft, Earlier, Facts, Field, Needs, Signal, Span, View};
pub use text::PersonText;
pub use time::Time;
