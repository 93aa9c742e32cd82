//! The scaled-out store: PostgreSQL, any number of nodes, READ COMMITTED, the person's row as the lock.

use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Transaction};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

use super::conn::{Bulk, Cell, Conn, Row};
use super::{StoreError, Work};

/// Redone so often for deadlocks and serialisation failures before the caller is told.
const REDO_MAX: u32 = 8;

/// A pool of connections.
#[derive(Clone)]
pub(super) struct Postgres {
    pool: Pool,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Postgres")
    }
}

impl Postgres {
    pub(super) fn open(url: &str, connections_max: usize) -> Result<Self, StoreError> {
        // The text of the error may hold the password, so it is not passed on.
        let mut config: tokio_postgres::Config = url.parse().map_err(|_| {
            StoreError::Unavailable("the database address cannot be read".to_owned())
        })?;
        config
            .application_name("lifeguard")
            .connect_timeout(Duration::from_secs(5));
        let manager = Manager::from_config(
            config,
            tokio_postgres::NoTls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(connections_max)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(Duration::from_secs(10)))
            .create_timeout(Some(Duration::from_secs(10)))
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { pool })
    }

    pub(super) async fn transaction<T: Send + 'static>(
        &self,
        work: Work<T>,
    ) -> Result<T, StoreError> {
        let mut tried = 0;
        loop {
            match self.once(&work).await {
                Err(StoreError::Redo(_)) if tried < REDO_MAX => tried += 1,
                Err(StoreError::Redo(code)) => return Err(StoreError::Unavailable(code)),
                other => return other,
            }
        }
    }

    async fn once<T>(&self, work: &Work<T>) -> Result<T, StoreError> {
        let mut client = self
            .pool
            .get()
            .await
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let transaction = client.transaction().await.map_err(fault)?;
        tracing::debug!("transaction begun");
        let result = {
            let mut open = Open {
                transaction: &transaction,
            };
            std::panic::AssertUnwindSafe(work(&mut open))
                .catch_unwind()
                .await
        };
        match result {
            Ok(Ok(value)) => {
                transaction.commit().await.map_err(fault)?;
                tracing::debug!("transaction ended");
                Ok(value)
            }
            // Dropping the transaction rolls it back.
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StoreError::Panicked),
        }
    }
}

struct Open<'t> {
    transaction: &'t Transaction<'t>,
}

impl Open<'_> {
    async fn run(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        let statement = self.transaction.prepare_cached(sql).await.map_err(fault)?;
        let rows = self
            .transaction
            .query(&statement, values)
            .await
            .map_err(fault)?;
        rows.iter().map(read).collect()
    }

    async fn change(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, StoreError> {
        let statement = self.transaction.prepare_cached(sql).await.map_err(fault)?;
        self.transaction
            .execute(&statement, values)
            .await
            .map_err(fault)
    }
}

fn borrowed<T: ToSql + Sync>(values: &[T]) -> Vec<&(dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}

/// The n-th values of all rows.
fn columns(rows: Vec<Vec<Cell>>) -> Vec<Column> {
    let width = rows.first().map_or(0, Vec::len);
    let mut columns: Vec<Column> = (0..width)
        .map(|_| Column(Vec::with_capacity(rows.len())))
        .collect();
    for row in rows {
        for (column, cell) in columns.iter_mut().zip(row) {
            column.0.push(cell);
        }
    }
    columns
}

impl Conn for Open<'_> {
    fn execute<'a>(
        &'a mut self,
        sql: &'a str,
        values: &'a [Cell],
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        async move {
            if values.is_empty() && sql.contains(';') {
                // Migrations are several statements in one text.
                self.transaction.batch_execute(sql).await.map_err(fault)?;
                return Ok(0);
            }
            self.change(sql, &borrowed(values)).await
        }
        .boxed()
    }

    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        values: &'a [Cell],
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        async move { self.run(sql, &borrowed(values)).await }.boxed()
    }

    fn execute_all<'a>(
        &'a mut self,
        bulk: Bulk<'a>,
        rows: Vec<Vec<Cell>>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        async move {
            if rows.is_empty() {
                return Ok(0);
            }
            self.change(bulk.postgres, &borrowed(&columns(rows))).await
        }
        .boxed()
    }

    fn query_all<'a>(
        &'a mut self,
        bulk: Bulk<'a>,
        rows: Vec<Vec<Cell>>,
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        async move {
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            self.run(bulk.postgres, &borrowed(&columns(rows))).await
        }
        .boxed()
    }

    fn for_update(&self) -> &'static str {
        " FOR UPDATE"
    }
}

fn read(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let mut cells = Vec::with_capacity(row.len());
    for (i, column) in row.columns().iter().enumerate() {
        let cell = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(i).map(Cell::from),
            Type::INT4 => row
                .try_get::<_, Option<i32>>(i)
                .map(|v| v.map(i64::from).into()),
            Type::TEXT => row.try_get::<_, Option<String>>(i).map(Cell::from),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(i).map(Cell::from),
            _ => {
                return Err(StoreError::Damaged(
                    "a column has a type that no table here has",
                ));
            }
        };
        cells.push(cell.map_err(fault)?);
    }
    Ok(Row(cells.into_iter()))
}

type Encoded = Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

impl ToSql for Cell {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        match self {
            Cell::Null => Ok(IsNull::Yes),
            Cell::Int(value) => value.to_sql(ty, out),
            Cell::Text(text) => text.to_sql(ty, out),
            Cell::Blob(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    to_sql_checked!();
}

/// One column of many rows, sent as an array.
#[derive(Debug)]
struct Column(Vec<Cell>);

impl ToSql for Column {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        // An array of cells encodes like an array of their values, each checked against the element's type.
        self.0.to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(ty.kind(), Kind::Array(element) if <Cell as ToSql>::accepts(element))
    }

    to_sql_checked!();
}

fn fault(error: tokio_postgres::Error) -> StoreError {
    let Some(code) = error.code().map(|c| c.code().to_owned()) else {
        return StoreError::Unavailable("the database cannot be reached".to_owned());
    };
    // The server's message may quote a value, so only the code is passed on.
    let what = format!("SQLSTATE {code}");
    match code.as_bytes() {
        [b'2', b'2' | b'3', ..] | b"54000" => StoreError::ValueRefused(what),
        b"40001" | b"40P01" => StoreError::Redo(what),
        _ => StoreError::Unavailable(what),
    }
}
