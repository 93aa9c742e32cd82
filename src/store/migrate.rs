//! The schema and its history. Each migration is one transaction of its own; the version stands in `meta`.

use std::sync::Arc;

use super::conn::Cell;
use super::{Database, Store, StoreError, Work};
use crate::cases::ids::IdKey;

/// Every step, in order; a step is never changed once it has been released.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_silence.sql"),
];

/// Keeps two starting nodes from migrating at once; any fixed number will do.
const MIGRATION_LOCK: i64 = 0x6c69_6665;

impl Store {
    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        loop {
            let (blob, identity, tables) = match self.database {
                Database::Sqlite(_) => (
                    "BLOB",
                    "INTEGER PRIMARY KEY AUTOINCREMENT",
                    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'",
                ),
                Database::Postgres(_) => (
                    "BYTEA",
                    "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                    "SELECT count(*) FROM information_schema.tables WHERE table_name = 'meta'
                     AND table_schema = current_schema()",
                ),
            };
            let lock = matches!(self.database, Database::Postgres(_));
            let work: Work<bool> = Arc::new(move |conn| {
                Box::pin(async move {
                    if lock {
                        conn.query(
                            &format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})::text"),
                            &[],
                        )
                        .await?;
                    }
                    let known = MIGRATIONS.len() as i64;
                    let mut found = 0;
                    for mut row in conn.query(tables, &[]).await? {
                        if row.int()? > 0 {
                            let sql = "SELECT value FROM meta WHERE key = 'schema'";
                            for mut row in conn.query(sql, &[]).await? {
                                let text = String::from_utf8(row.blob()?).unwrap_or_default();
                                found = text
                                    .parse()
                                    .map_err(|_| StoreError::Damaged("no schema version"))?;
                            }
                        }
                    }
                    if found > known {
                        return Err(StoreError::TooNew { found, known });
                    }
                    let Some(step) = MIGRATIONS.get(found as usize) else {
                        return Ok(true);
                    };
                    let sql = step.replace("BYTEA", blob).replace("{identity}", identity);
                    for statement in statements(&sql) {
                        conn.execute(&statement, &[]).await?;
                    }
                    let version = Cell::Blob((found + 1).to_string().into_bytes());
                    let sql = "INSERT INTO meta (key, value) VALUES ('schema', $1)
                               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
                    conn.execute(sql, &[version]).await?;
                    Ok(false)
                })
            });
            if self.transaction(work).await? {
                return Ok(());
            }
        }
    }

    /// The store's secret for ids, made at first start. Opening its seal also proves that the master key fits.
    pub(super) async fn id_key(&self, fixed: Option<[u8; 32]>) -> Result<IdKey, StoreError> {
        let fresh = match fixed {
            Some(key) => key,
            None => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).map_err(|_| {
                    StoreError::Unavailable("the system gives no random bytes".to_owned())
                })?;
                key
            }
        };
        let sealed = self.master.seal("meta\0id-key", &fresh)?;
        let work: Work<Vec<u8>> = Arc::new(move |conn| {
            let sealed = sealed.clone();
            Box::pin(async move {
                let sql = "INSERT INTO meta (key, value) VALUES ('id-key', $1) ON CONFLICT (key) DO NOTHING";
                conn.execute(sql, &[Cell::Blob(sealed)]).await?;
                let rows = conn
                    .query("SELECT value FROM meta WHERE key = 'id-key'", &[])
                    .await?;
                rows.into_iter()
                    .next()
                    .ok_or(StoreError::Damaged("no id key"))?
                    .blob()
            })
        });
        let stored = self.transaction(work).await?;
        let opened = self.master.open("meta\0id-key", &stored)?;
        let key = opened
            .as_slice()
            .try_into()
            .map_err(|_| StoreError::Damaged("the id key has 32 bytes"))?;
        Ok(IdKey(key))
    }
}

/// The statements of a migration; its comments are whole lines and no literal holds a semicolon.
fn statements(sql: &str) -> Vec<String> {
    let code: Vec<&str> = sql
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .collect();
    code.join("\n")
        .split(';')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect()
}
