//! What both databases have in common: cells, rows, and a connection inside a transaction.
//!
//! Statements are written once, with `$1` for values. Where the two databases want to be asked differently — many keys at
//! once by arrays in PostgreSQL, row by row in SQLite, which sits in the same process — a [`Bulk`] has both forms.

use futures::future::BoxFuture;

use super::StoreError;

/// A value on its way to or from the database.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Cell::Int(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Cell::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Cell::Text(value)
    }
}

impl From<Vec<u8>> for Cell {
    fn from(value: Vec<u8>) -> Self {
        Cell::Blob(value)
    }
}

impl From<&[u8]> for Cell {
    fn from(value: &[u8]) -> Self {
        Cell::Blob(value.to_vec())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

/// A row of an answer, read from left to right.
#[derive(Debug)]
pub(crate) struct Row(pub std::vec::IntoIter<Cell>);

impl Row {
    fn next(&mut self) -> Result<Cell, StoreError> {
        self.0
            .next()
            .ok_or(StoreError::Damaged("a row has too few columns"))
    }

    pub(crate) fn int(&mut self) -> Result<i64, StoreError> {
        match self.next()? {
            Cell::Int(value) => Ok(value),
            _ => Err(StoreError::Damaged("a number was expected")),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        match self.next()? {
            Cell::Text(value) => Ok(value),
            _ => Err(StoreError::Damaged("a text was expected")),
        }
    }

    pub(crate) fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        match self.next()? {
            Cell::Blob(value) => Ok(value),
            _ => Err(StoreError::Damaged("bytes were expected")),
        }
    }

    pub(crate) fn int_or_null(&mut self) -> Result<Option<i64>, StoreError> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Int(value) => Ok(Some(value)),
            _ => Err(StoreError::Damaged("a number was expected")),
        }
    }

    pub(crate) fn text_or_null(&mut self) -> Result<Option<String>, StoreError> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Text(value) => Ok(Some(value)),
            _ => Err(StoreError::Damaged("a text was expected")),
        }
    }

    pub(crate) fn blob_or_null(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Blob(value) => Ok(Some(value)),
            _ => Err(StoreError::Damaged("bytes were expected")),
        }
    }

    pub(crate) fn hash(&mut self) -> Result<[u8; 32], StoreError> {
        self.blob()?
            .try_into()
            .map_err(|_| StoreError::Damaged("a hash has 32 bytes"))
    }
}

/// One question about many keys, or one write of many rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bulk<'s> {
    /// Each `$n` is an array of the n-th values of all rows.
    pub postgres: &'s str,
    /// Each `$n` is the n-th value of one row; run for each row.
    pub sqlite: &'s str,
}

/// A connection inside a transaction.
pub(crate) trait Conn: Send {
    fn execute<'a>(
        &'a mut self,
        sql: &'a str,
        values: &'a [Cell],
    ) -> BoxFuture<'a, Result<u64, StoreError>>;
    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        values: &'a [Cell],
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>>;
    fn execute_all<'a>(
        &'a mut self,
        bulk: Bulk<'a>,
        rows: Vec<Vec<Cell>>,
    ) -> BoxFuture<'a, Result<u64, StoreError>>;
    fn query_all<'a>(
        &'a mut self,
        bulk: Bulk<'a>,
        rows: Vec<Vec<Cell>>,
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>>;
    /// What a `SELECT` adds to lock the rows it reads; nothing in SQLite, where a writer is alone.
    fn for_update(&self) -> &'static str;
}
