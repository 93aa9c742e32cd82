//! Building, starting and draining: the one place that wires rooms together.

mod health;
mod serve;

pub use health::install_metrics;
pub use serve::{Running, ServeSettings, StartError, start};

use std::sync::Arc;

use crate::domain::Time;
use crate::matcher::Matcher;
use crate::pipeline::{ActivePersons, Committer, Walk};
use crate::rules::Ruleset;
use crate::store::{MasterKey, Settings, Store, StoreError};

/// Why an engine cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The rule set does not fit an automaton.
    #[error("the rule set cannot be built")]
    Matcher(#[from] aho_corasick::BuildError),
    /// The store cannot be opened.
    #[error("the store cannot be opened")]
    Store(#[from] StoreError),
    /// Building it panicked.
    #[error("building the rule set panicked")]
    Panicked,
}

/// An engine over a store: matcher, filter, transaction.
///
/// # Errors
/// The rule set or the store.
pub async fn engine(
    rules: Ruleset,
    store: Store,
    active_persons: usize,
    now: Time,
) -> Result<Committer, BuildError> {
    let rules = Arc::new(rules);
    store.activate(&rules, now).await?;
    let walk = Walk::new(
        Matcher::new(rules)?,
        Arc::new(ActivePersons::with_capacity(active_persons)),
    );
    Ok(Committer::new(store, Arc::new(walk)).await?)
}

/// An engine over a store of its own that is gone with the process, for `assess` and for rule tests.
///
/// # Errors
/// The rule set or the store.
pub async fn private_engine(rules: Ruleset) -> Result<Committer, BuildError> {
    let store = Store::open(&Settings::Memory, MasterKey::ephemeral()?).await?;
    engine(rules, store, 100_000, Time::default()).await
}

/// Now, by the system's clock: the only place where it is read.
pub fn now() -> Time {
    Time::from_ms(jiff::Timestamp::now().as_millisecond())
}
