//! The outbox on its way out: each notice is published until it is acknowledged, under an id that repeats, so that in
//! effect it counts once. Never inside the transaction, never before it.

use std::time::Duration;

use rdkafka::producer::{FutureProducer, FutureRecord};

use crate::domain::Time;
use crate::store::{Store, StoreError};
use crate::telemetry;

/// Where notices go.
pub enum Outlet {
    /// Topics of a broker, their names beginning with the prefix.
    Kafka {
        /// An idempotent producer.
        producer: FutureProducer,
        /// Such as `lifeguard.`.
        prefix: String,
    },
    /// No broker: the store keeps them, the log tells topic and id.
    Log,
}

const PAGE: u32 = 256;
const IDLE: Duration = Duration::from_millis(100);
const WAIT: Duration = Duration::from_secs(1);

/// Publishes for ever; ends when the task is aborted.
pub async fn publish(store: Store, outlet: Outlet, now: fn() -> Time) {
    loop {
        match publish_page(&store, &outlet, now).await {
            Ok(0) => tokio::time::sleep(IDLE).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "publishing notices failed; tried again");
                tokio::time::sleep(WAIT).await;
            }
        }
    }
}

async fn publish_page(
    store: &Store,
    outlet: &Outlet,
    now: fn() -> Time,
) -> Result<usize, StoreError> {
    let waiting = store.waiting_notices(PAGE).await?;
    let mut done = Vec::with_capacity(waiting.len());
    match outlet {
        Outlet::Log => {
            for notice in waiting {
                tracing::info!(topic = notice.topic, notice = notice.notice_id, "notice");
                telemetry::notice_published(&notice.topic);
                done.push(notice.notice_id);
            }
        }
        Outlet::Kafka { producer, prefix } => {
            let sends = waiting.iter().map(|notice| {
                let topic = format!("{prefix}{}", notice.topic);
                async move {
                    let record = FutureRecord::to(&topic)
                        .key(&notice.notice_id)
                        .payload(&notice.body);
                    producer
                        .send(record, WAIT)
                        .await
                        .map(|_| ())
                        .map_err(|(error, _)| error)
                }
            });
            for (notice, sent) in waiting.iter().zip(futures::future::join_all(sends).await) {
                match sent {
                    Ok(()) => {
                        telemetry::notice_published(&notice.topic);
                        done.push(notice.notice_id.clone());
                    }
                    Err(error) => {
                        tracing::warn!(%error, topic = notice.topic, "a notice was not taken; sent again")
                    }
                }
            }
            if done.is_empty() && !waiting.is_empty() {
                tokio::time::sleep(WAIT).await;
            }
        }
    }
    let count = done.len();
    if count > 0 {
        store.mark_published(done, now()).await?;
    }
    Ok(count)
}
