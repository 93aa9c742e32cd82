//! SQL and nothing but: the one transaction, two dialects, migrations, keys for erasure.
//!
//! Workers keep no state of record; everything that matters passes through here. [`intake`] holds the transaction in which
//! a batch of events becomes signals, cases, notices, audit leaves and an offset, all or nothing. [`staff`] holds what
//! specialists do to cases. [`audit_log`] gives leaves their places in the tree. Judging is called, not done, here.
//!
//! The statements are written once for both databases ([`conn`]); one conformance suite (`tests/store.rs`) runs on both.

mod audit_log;
mod conn;
pub mod intake;
mod keys;
mod migrate;
mod outbox;
mod postgres;
mod read;
mod rows;
mod sqlite;
pub mod staff;

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;

pub use audit_log::{LogCheck, TreeHead};
pub use intake::{
    Batch, BatchItem, BatchOutcome, ItemOutcome, Judging, Lane, LaneAdvance, LaneState,
    QuarantineItem,
};
pub use keys::{KeyFileError, MasterKey};
pub use read::{Counts, PersonOutcome};
pub use staff::{CaseNote, CaseSignal, CaseView, NoteKept, QueuePage};

use crate::cases::Refusal;
use crate::cases::ids::IdKey;
use conn::Conn;

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settings {
    /// Private, gone with the process.
    Memory,
    /// A file of this node.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A server shared by nodes.
    Postgres {
        /// Its address; may hold a password, so it comes from a file and is never shown.
        url: PostgresUrl,
        /// Connections of this node at most.
        connections_max: usize,
    },
}

/// A database address that hides itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(pub String);

impl std::fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<postgres address>")
    }
}

/// What can go wrong. Environment faults are retried for ever by the caller; event faults set one event aside.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or cannot write; try again.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// A deadlock or a serialisation failure; redone from the read.
    #[error("the transaction must be done again: {0}")]
    Redo(String),
    /// The database refuses a value: a fault of the event, not of the environment.
    #[error("the database refuses a value: {0}")]
    ValueRefused(String),
    /// Judging an event panicked: a fault of the event.
    #[error("an event could not be judged")]
    Panicked,
    /// A trial went well and was taken back.
    #[error("the trial was taken back")]
    Tried,
    /// Another node owns the lane now, or has moved its offset.
    #[error("the lane {0} has another owner or another offset")]
    Fenced(String),
    /// Persons became active elsewhere; the filter must be refreshed.
    #[error("the filter of active persons is out of date")]
    StaleFilter,
    /// Another rule set is in force.
    #[error("another rule set is in force: {0}")]
    StaleRuleset(String),
    /// What is stored is not what was written.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// A sealed value does not open with this key.
    #[error("a sealed value does not open: wrong key file, or the value was moved")]
    WrongKey,
    /// The case is not there, or not for this actor.
    #[error("no such case")]
    NoSuchCase,
    /// The case refuses the command.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database was made by a newer version.
    #[error("the store has schema {found}, this version knows {known}; use the newer version")]
    TooNew {
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
}

impl StoreError {
    /// True where the event is at fault, so that it must be set aside rather than tried for ever.
    pub fn is_event_fault(&self) -> bool {
        matches!(self, StoreError::ValueRefused(_) | StoreError::Panicked)
    }
}

/// What runs inside a transaction; may run again after a deadlock, so it must not consume what it holds.
pub(crate) type Work<T> =
    Arc<dyn for<'c> Fn(&'c mut dyn Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + Sync>;

/// The store; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    master: MasterKey,
    ids: Option<IdKeyHolder>,
}

#[derive(Clone, Copy)]
struct IdKeyHolder(IdKey);

impl std::fmt::Debug for IdKeyHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<id key>")
    }
}

#[derive(Clone, Debug)]
enum Database {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens the store and brings its schema up to date.
    ///
    /// # Errors
    /// It cannot be reached, is damaged or newer, or the master key is not the one it was made with.
    pub async fn open(settings: &Settings, master: MasterKey) -> Result<Self, StoreError> {
        let database = match settings {
            Settings::Memory => Database::Sqlite(sqlite::Sqlite::open(None)?),
            Settings::Sqlite { path } => Database::Sqlite(sqlite::Sqlite::open(Some(path))?),
            Settings::Postgres {
                url,
                connections_max,
            } => Database::Postgres(postgres::Postgres::open(&url.0, *connections_max)?),
        };
        let mut store = Self {
            database,
            master,
            ids: None,
        };
        store.migrate().await?;
        // A private store gives the same ids in every run, so that the same input gives the same bytes.
        let fixed = (*settings == Settings::Memory).then_some([0; 32]);
        store.ids = Some(IdKeyHolder(store.id_key(fixed).await?));
        Ok(store)
    }

    /// "sqlite" or "postgres", for the log and the metrics.
    pub fn dialect(&self) -> &'static str {
        match self.database {
            Database::Sqlite(_) => "sqlite",
            Database::Postgres(_) => "postgres",
        }
    }

    fn id_key_held(&self) -> Result<IdKey, StoreError> {
        self.ids
            .map(|holder| holder.0)
            .ok_or(StoreError::Damaged("the store is not open yet"))
    }

    async fn transaction<T: Send + 'static>(&self, work: Work<T>) -> Result<T, StoreError> {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.transaction(work).await,
            Database::Postgres(postgres) => postgres.transaction(work).await,
        }
    }
}
