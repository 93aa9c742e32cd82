//! The embedded store: one file, one thread that owns the connection, every transaction durable before it is answered.

use std::path::Path;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::conn::{Bulk, Cell, Conn, Row};
use super::{StoreError, Work};

/// Jobs that may wait for the writer; more make their senders wait.
const QUEUE_MAX: usize = 1024;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Handle to the writer thread.
#[derive(Clone, Debug)]
pub(super) struct Sqlite {
    jobs: mpsc::Sender<Job>,
}

impl Sqlite {
    /// Opens a file, or a private store in memory where no path is given.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, StoreError> {
        let mut connection = match path {
            Some(path) => Connection::open_with_flags(
                path,
                OpenFlags::SQLITE_OPEN_READ_WRITE
                    | OpenFlags::SQLITE_OPEN_CREATE
                    | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            ),
            None => Connection::open_in_memory(),
        }
        .map_err(fault)?;
        // WAL with FULL: a commit that was answered survives power loss; secure_delete: what is erased is gone from free
        // pages too.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                 PRAGMA secure_delete = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;",
            )
            .map_err(fault)?;
        connection
            .busy_timeout(Duration::from_secs(5))
            .map_err(fault)?;
        connection.set_prepared_statement_cache_capacity(128);
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE_MAX);
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                while let Some(job) = queue.blocking_recv() {
                    job(&mut connection);
                }
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { jobs })
    }

    pub(super) async fn transaction<T: Send + 'static>(
        &self,
        work: Work<T>,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = run(connection, &work);
            // The asker may have gone away; the work is done all the same.
            drop(answer.send(result));
        });
        self.jobs.send(job).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the store's thread has ended".to_owned())
}

fn run<T>(connection: &mut Connection, work: &Work<T>) -> Result<T, StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
    tracing::debug!("transaction begun");
    let result = {
        let mut open = Open { connection };
        // Everything inside is ready at once: there is nothing to wait for in the same process.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            work(&mut open).now_or_never()
        }))
    };
    let result = match result {
        Ok(Some(result)) => result,
        Ok(None) => Err(StoreError::Damaged(
            "a transaction waited for something outside the store",
        )),
        Err(_) => Err(StoreError::Panicked),
    };
    match result {
        Ok(value) => match connection.execute_batch("COMMIT") {
            Ok(()) => {
                tracing::debug!("transaction ended");
                Ok(value)
            }
            Err(error) => {
                rollback(connection);
                Err(fault(error))
            }
        },
        Err(error) => {
            rollback(connection);
            Err(error)
        }
    }
}

fn rollback(connection: &Connection) {
    tracing::debug!("transaction ended");
    // Where the transaction has already ended by itself there is nothing to take back.
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "rolling back failed");
    }
}

struct Open<'c> {
    /// Held exclusively, so that the transaction may be passed on as `Send`.
    connection: &'c mut Connection,
}

impl Open<'_> {
    fn execute_now(&self, sql: &str, values: &[Cell]) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        bind(&mut statement, values)?;
        Ok(statement.raw_execute().map_err(fault)? as u64)
    }

    fn query_now(&self, sql: &str, values: &[Cell], out: &mut Vec<Row>) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        bind(&mut statement, values)?;
        let width = statement.column_count();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(fault)? {
            let mut cells = Vec::with_capacity(width);
            for i in 0..width {
                cells.push(match row.get_ref(i).map_err(fault)? {
                    ValueRef::Null => Cell::Null,
                    ValueRef::Integer(value) => Cell::Int(value),
                    ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
                    ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
                    ValueRef::Real(_) => {
                        return Err(StoreError::Damaged("no column holds a fraction"));
                    }
                });
            }
            out.push(Row(cells.into_iter()));
        }
        Ok(())
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, values: &[Cell]) -> Result<(), StoreError> {
    for (i, value) in values.iter().enumerate() {
        // `$n` is a name to SQLite, so a value may be used twice or out of order as in PostgreSQL.
        let Some(index) = statement
            .parameter_index(&format!("${}", i + 1))
            .map_err(fault)?
        else {
            continue;
        };
        let value = match value {
            Cell::Null => Value::Null,
            Cell::Int(value) => Value::Integer(*value),
            Cell::Text(text) => Value::Text(text.clone()),
            Cell::Blob(bytes) => Value::Blob(bytes.clone()),
        };
        statement.raw_bind_parameter(index, value).map_err(fault)?;
    }
    Ok(())
}

impl Conn for Open<'_> {
    fn execute<'a>(
        &'a mut self,
        sql: &'a str,
        values: &'a [Cell],
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        std::future::ready(self.execute_now(sql, values)).boxed()
    }

    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        values: &'a [Cell],
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        let mut out = Vec::new();
        std::future::ready(self.query_now(sql, values, &mut out).map(|()| out)).boxed()
    }

    fn execute_all<'a>(
        &'a mut self,
        bulk: Bulk<'a>,
        rows: Vec<Vec<Cell>>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        let changed = rows
            .iter()
            .try_fold(0, |sum, row| Ok(sum + self.execute_now(bulk.sqlite, row)?));
        std::future::ready(changed).boxed()
    }

    fn query_all<'a>(
        &'a mut self,
        bulk: Bulk<'a>,
        rows: Vec<Vec<Cell>>,
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        let mut out = Vec::new();
        let asked = rows
            .iter()
            .try_for_each(|row| self.query_now(bulk.sqlite, row, &mut out));
        std::future::ready(asked.map(|()| out)).boxed()
    }

    fn for_update(&self) -> &'static str {
        ""
    }
}

fn fault(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            StoreError::ValueRefused(code_of(&error))
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Damaged("the database file is damaged")
        }
        _ => StoreError::Unavailable(code_of(&error)),
    }
}

/// SQLite's own message, which names tables and columns and never a value.
fn code_of(error: &rusqlite::Error) -> String {
    error.to_string()
}
