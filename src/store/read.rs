//! Reads for people who run the service, and for proofs.

use std::sync::Arc;

use super::conn::Row;
use super::{Store, StoreError, Work};
use crate::domain::{Level, TypeSet};

/// How much is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Persons of whom something is remembered.
    pub persons: i64,
    /// Remembered signals.
    pub signals: i64,
    /// Cases, closed ones included.
    pub cases: i64,
    /// Quarantined events that nobody has looked at.
    pub quarantine: i64,
    /// Notices that wait.
    pub notices_waiting: i64,
    /// Merchant tasks.
    pub tasks: i64,
    /// Holds.
    pub holds: i64,
}

/// What a proof compares for one person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonOutcome {
    /// Whom.
    pub person: String,
    /// The level of the case, or NONE.
    pub level: &'static str,
    /// The kinds of the case.
    pub types: Vec<&'static str>,
    /// The event that opened the case.
    pub first_event: Option<String>,
    /// How many signals are remembered.
    pub signals: i64,
    /// How many cases there are.
    pub cases: i64,
}

async fn count(conn: &mut dyn super::conn::Conn, sql: &str) -> Result<i64, StoreError> {
    let rows = conn.query(sql, &[]).await?;
    rows.into_iter()
        .next()
        .ok_or(StoreError::Damaged("no count"))?
        .int()
}

impl Store {
    /// A word with the database, for readiness.
    ///
    /// # Errors
    /// The store's.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let work: Work<()> =
            Arc::new(|conn| Box::pin(async move { conn.query("SELECT 1", &[]).await.map(|_| ()) }));
        self.transaction(work).await
    }

    /// How much is stored.
    ///
    /// # Errors
    /// The store's.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let work: Work<Counts> = Arc::new(|conn| {
            Box::pin(async move {
                Ok(Counts {
                    persons: count(conn, "SELECT count(*) FROM persons").await?,
                    signals: count(conn, "SELECT count(*) FROM signals").await?,
                    cases: count(conn, "SELECT count(*) FROM cases").await?,
                    quarantine: count(
                        conn,
                        "SELECT count(*) FROM quarantine WHERE reviewed_at IS NULL",
                    )
                    .await?,
                    notices_waiting: count(
                        conn,
                        "SELECT count(*) FROM notices WHERE published_at IS NULL",
                    )
                    .await?,
                    tasks: count(conn, "SELECT count(*) FROM tasks").await?,
                    holds: count(conn, "SELECT count(*) FROM holds").await?,
                })
            })
        });
        self.transaction(work).await
    }

    /// Every person with a signal and what was concluded, by person: for proofs, never for a screen.
    ///
    /// # Errors
    /// The store's.
    pub async fn outcomes(&self) -> Result<Vec<PersonOutcome>, StoreError> {
        let work: Work<Vec<PersonOutcome>> = Arc::new(|conn| {
            Box::pin(async move {
                let sql = "SELECT p.person, (SELECT count(*) FROM signals s WHERE s.person = p.person),
                           (SELECT count(*) FROM cases c WHERE c.person = p.person), c.level, c.types, c.opened_event
                           FROM persons p LEFT JOIN cases c ON c.person = p.person AND c.state <> 'CLOSED'
                           ORDER BY p.person";
                conn.query(sql, &[])
                    .await?
                    .into_iter()
                    .map(|mut row| outcome(&mut row))
                    .collect()
            })
        });
        self.transaction(work).await
    }
}

fn outcome(row: &mut Row) -> Result<PersonOutcome, StoreError> {
    let (person, signals, cases) = (row.text()?, row.int()?, row.int()?);
    let level = row
        .int_or_null()?
        .and_then(|l| Level::ALL.get(usize::try_from(l).ok()?))
        .copied();
    let types = TypeSet::from_bits(u16::try_from(row.int_or_null()?.unwrap_or(0)).unwrap_or(0));
    Ok(PersonOutcome {
        person,
        level: level.unwrap_or(Level::None).name(),
        types: types.names(),
        first_event: row.text_or_null()?,
        signals,
        cases,
    })
}
