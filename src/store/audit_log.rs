//! Leaves get their places in the tree, and the log is checked against it.

use std::sync::Arc;

use super::conn::{Bulk, Cell, Conn};
use super::{Store, StoreError, Work};
use crate::audit::tree::{Frontier, leaf_hash};

/// The head of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// How many leaves.
    pub size: u64,
    /// RFC 6962 root hash.
    pub root: [u8; 32],
    /// Leaves not yet in the tree.
    pub pending: u64,
}

/// What checking found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCheck {
    /// The stored head.
    pub head: TreeHead,
    /// What is wrong, empty if nothing is; names the first bad leaf.
    pub faults: Vec<String>,
}

const SET_SEQ: Bulk<'static> = Bulk {
    postgres: "UPDATE leaves SET seq = v.seq FROM unnest($1::bigint[], $2::bigint[]) AS v(id, seq)
               WHERE leaves.id = v.id AND leaves.seq IS NULL",
    sqlite: "UPDATE leaves SET seq = $2 WHERE id = $1 AND seq IS NULL",
};

async fn head(conn: &mut dyn Conn, lock: bool) -> Result<Frontier, StoreError> {
    let sql = format!(
        "SELECT size, hashes FROM tree WHERE id = 1{}",
        if lock { conn.for_update() } else { "" }
    );
    match conn.query(&sql, &[]).await?.into_iter().next() {
        None => Ok(Frontier::default()),
        Some(mut row) => {
            let size =
                u64::try_from(row.int()?).map_err(|_| StoreError::Damaged("the tree's size"))?;
            Frontier::from_stored(size, &row.blob()?)
                .map_err(|_| StoreError::Damaged("the tree's head"))
        }
    }
}

async fn pending(conn: &mut dyn Conn) -> Result<u64, StoreError> {
    let rows = conn
        .query("SELECT count(*) FROM leaves WHERE seq IS NULL", &[])
        .await?;
    let count = rows
        .into_iter()
        .next()
        .ok_or(StoreError::Damaged("no count"))?
        .int()?;
    Ok(count.unsigned_abs())
}

impl Store {
    /// Puts up to `most` waiting leaves into the tree; tells how many. Taken by being undone, so a leaf that commits late
    /// is never passed over. One sequencer at a time: the head's row is the lock.
    ///
    /// # Errors
    /// The store's.
    pub async fn sequence_leaves(&self, most: u32) -> Result<u64, StoreError> {
        let work: Work<u64> = Arc::new(move |conn| {
            Box::pin(async move {
                let empty = Frontier::default();
                let sql = "INSERT INTO tree (id, size, hashes, root) VALUES (1, 0, $1, $2) ON CONFLICT (id) DO NOTHING";
                conn.execute(
                    sql,
                    &[empty.stored().into(), empty.root().as_slice().into()],
                )
                .await?;
                let mut tree = head(conn, true).await?;
                let sql = "SELECT id, bytes FROM leaves WHERE seq IS NULL ORDER BY id LIMIT $1";
                let mut places: Vec<Vec<Cell>> = Vec::new();
                for mut row in conn.query(sql, &[i64::from(most).into()]).await? {
                    let (id, bytes) = (row.int()?, row.blob()?);
                    places.push(vec![
                        id.into(),
                        i64::try_from(tree.size()).unwrap_or(i64::MAX).into(),
                    ]);
                    tree.push(leaf_hash(&bytes));
                }
                let count = places.len() as u64;
                if count > 0 {
                    conn.execute_all(SET_SEQ, places).await?;
                    let sql = "UPDATE tree SET size = $1, hashes = $2, root = $3 WHERE id = 1";
                    let size = i64::try_from(tree.size()).unwrap_or(i64::MAX);
                    conn.execute(
                        sql,
                        &[
                            size.into(),
                            tree.stored().into(),
                            tree.root().as_slice().into(),
                        ],
                    )
                    .await?;
                }
                Ok(count)
            })
        });
        self.transaction(work).await
    }

    /// The head of the tree.
    ///
    /// # Errors
    /// The store's.
    pub async fn tree_head(&self) -> Result<TreeHead, StoreError> {
        let work: Work<TreeHead> = Arc::new(|conn| {
            Box::pin(async move {
                let tree = head(conn, false).await?;
                Ok(TreeHead {
                    size: tree.size(),
                    root: tree.root(),
                    pending: pending(conn).await?,
                })
            })
        });
        self.transaction(work).await
    }

    /// Hashes every stored leaf again and compares with the stored head.
    ///
    /// # Errors
    /// The store's; what is wrong with the log is told in the result.
    pub async fn verify_log(&self) -> Result<LogCheck, StoreError> {
        let work: Work<LogCheck> = Arc::new(|conn| {
            Box::pin(async move {
                let stored = head(conn, true).await?;
                let mut faults = Vec::new();
                let mut tree = Frontier::default();
                'pages: loop {
                    let from = i64::try_from(tree.size()).unwrap_or(i64::MAX);
                    let sql =
                        "SELECT seq, bytes FROM leaves WHERE seq >= $1 ORDER BY seq LIMIT 4096";
                    let page = conn.query(sql, &[from.into()]).await?;
                    if page.is_empty() {
                        break;
                    }
                    for mut row in page {
                        let (seq, bytes) = (row.int()?, row.blob()?);
                        if seq.unsigned_abs() != tree.size() {
                            faults.push(format!("leaf {} is missing", tree.size()));
                            break 'pages;
                        }
                        if serde_json::from_slice::<serde_json::Value>(&bytes).is_err() {
                            faults.push(format!("leaf {seq} is no record"));
                        }
                        tree.push(leaf_hash(&bytes));
                    }
                }
                if faults.is_empty() && tree.size() != stored.size() {
                    faults.push(format!(
                        "{} leaves are stored, the head counts {}",
                        tree.size(),
                        stored.size()
                    ));
                }
                if faults.is_empty() && tree.root() != stored.root() {
                    faults.push(
                        "the leaves do not hash to the stored root: one or more was changed"
                            .to_owned(),
                    );
                }
                let root: Vec<u8> = match conn
                    .query("SELECT root FROM tree WHERE id = 1", &[])
                    .await?
                    .into_iter()
                    .next()
                {
                    Some(mut row) => row.blob()?,
                    None => stored.root().to_vec(),
                };
                if root != stored.root() {
                    faults.push("the stored root does not agree with the stored head".to_owned());
                }
                let head = TreeHead {
                    size: stored.size(),
                    root: stored.root(),
                    pending: pending(conn).await?,
                };
                Ok(LogCheck { head, faults })
            })
        });
        self.transaction(work).await
    }
}
