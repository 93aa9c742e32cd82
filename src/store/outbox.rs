//! The outbox: notices written in the transaction, published after it, taken by being undone.

use std::sync::Arc;

use super::conn::{Bulk, Cell};
use super::{Store, StoreError, Work};
use crate::domain::Time;

/// A notice that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id; the key on the topic.
    pub notice_id: String,
    /// The topic's last name.
    pub topic: String,
    /// The protobuf bytes to publish.
    pub body: Vec<u8>,
}

const SET_PUBLISHED: Bulk<'static> = Bulk {
    postgres:
        "UPDATE notices SET published_at = v.at FROM unnest($1::text[], $2::bigint[]) AS v(id, at)
               WHERE notices.notice_id = v.id",
    sqlite: "UPDATE notices SET published_at = $2 WHERE notice_id = $1",
};

impl Store {
    /// The oldest notices that wait.
    ///
    /// # Errors
    /// The store's.
    pub async fn waiting_notices(&self, most: u32) -> Result<Vec<Waiting>, StoreError> {
        let work: Work<Vec<Waiting>> = Arc::new(move |conn| {
            Box::pin(async move {
                let sql = "SELECT notice_id, topic, body FROM notices WHERE published_at IS NULL
                           ORDER BY decided_at, notice_id LIMIT $1";
                let rows = conn.query(sql, &[i64::from(most).into()]).await?;
                rows.into_iter()
                    .map(|mut r| {
                        Ok(Waiting {
                            notice_id: r.text()?,
                            topic: r.text()?,
                            body: r.blob()?,
                        })
                    })
                    .collect()
            })
        });
        self.transaction(work).await
    }

    /// Marks notices as published.
    ///
    /// # Errors
    /// The store's.
    pub async fn mark_published(&self, ids: Vec<String>, now: Time) -> Result<(), StoreError> {
        let work: Work<()> = Arc::new(move |conn| {
            let rows: Vec<Vec<Cell>> = ids
                .iter()
                .map(|id| vec![id.as_str().into(), now.ms().into()])
                .collect();
            Box::pin(async move { conn.execute_all(SET_PUBLISHED, rows).await.map(|_| ()) })
        });
        self.transaction(work).await
    }
}
