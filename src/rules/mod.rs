//! Rule files become an immutable value with a name.
//!
//! `rules/README.md` states the format and its exact meaning. The way of a pack: [`yaml`] reads files into trees that
//! know their places; [`load`] checks all of them and reports every [`Problem`] at once; what comes out is a
//! [`Ruleset`], named by the hash of its files, shared by reference and never changed. After reading, nothing here does
//! I/O or knows a clock.

pub mod condition;
mod fields;
mod goods;
pub mod load;
mod patterns;
mod problem;
mod scores;
mod set;
mod signals;
mod triage;
mod words;
mod yaml;

pub use goods::Goods;
pub use load::{load_dir, load_files, read_dir};
pub use patterns::{EDGE, Needs, Pattern, SETS_MAX, is_place};
pub use problem::{Problem, Problems};
pub use scores::ScoreSignal;
pub use set::{Gives, Rule, RuleState, Ruleset, Title};
pub use signals::{Guard, GuardKind, TextSignal};
pub use triage::{Help, Modifier, PurposeQuestion, Triage, TypeLevel};
pub use yaml::{Data, Node, parse as parse_yaml};
