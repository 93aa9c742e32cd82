//! `/livez`, `/readyz`, `/metrics`: for machines, without any data of persons.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use crate::store::Store;

/// What the health pages know.
#[derive(Clone)]
pub(super) struct Health {
    ready: Arc<AtomicBool>,
    store: Store,
    metrics: PrometheusHandle,
}

const STORE_ANSWER_MAX: Duration = Duration::from_secs(2);

impl Health {
    pub(super) fn new(store: Store, metrics: PrometheusHandle) -> Self {
        Self {
            ready: Arc::new(AtomicBool::new(false)),
            store,
            metrics,
        }
    }

    pub(super) fn ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }

    async fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
            && matches!(
                tokio::time::timeout(STORE_ANSWER_MAX, self.store.ping()).await,
                Ok(Ok(()))
            )
    }
}

/// Installs the recorder of this process and returns the handle that renders it.
///
/// # Errors
/// Another recorder is installed already.
pub fn install_metrics() -> Result<PrometheusHandle, metrics_exporter_prometheus::BuildError> {
    let seconds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
    ];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)?
        .install_recorder()
}

pub(super) async fn serve(listener: TcpListener, health: Health) {
    let routes = Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route(
            "/readyz",
            get(|State(health): State<Health>| async move {
                if health.is_ready().await {
                    (StatusCode::OK, "ready\n")
                } else {
                    (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
                }
            }),
        )
        .route(
            "/metrics",
            get(|State(health): State<Health>| async move {
                health.metrics.run_upkeep();
                health.metrics.render()
            }),
        )
        .with_state(health);
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::error!(%error, "the health pages ended");
    }
}
