//! The running service: doors, transaction, outbox, log, health, and its orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use super::health::{self, Health};
use super::{BuildError, engine, now};
use crate::access::Access;
use crate::intake::kafka;
use crate::matcher::Matcher;
use crate::notify::{self, Outlet};
use crate::pipeline::{Committer, Door};
use crate::rules::Ruleset;
use crate::serve::Services;
use crate::store::{self, MasterKey, Store};
use crate::telemetry;

/// Everything that a running service needs, checked.
pub struct ServeSettings {
    /// Where the store is.
    pub store: store::Settings,
    /// The key-encryption key.
    pub master_key: MasterKey,
    /// Who may do what.
    pub access: Access,
    /// The rule set.
    pub rules: Ruleset,
    /// Where gRPC listens.
    pub grpc_listen: SocketAddr,
    /// Certificate and key in PEM.
    pub tls: Option<(Vec<u8>, Vec<u8>)>,
    /// Streams of one connection at most.
    pub streams_max: u32,
    /// No request may take longer.
    pub deadline_max: Duration,
    /// Where health and metrics listen.
    pub http_listen: SocketAddr,
    /// The Kafka door, if there is one.
    pub kafka: Option<kafka::Settings>,
    /// Outbound topics begin with this.
    pub outbound_prefix: String,
    /// Size of the filter of active persons.
    pub active_persons: usize,
    /// Events of one group commit at most.
    pub group_events_max: usize,
    /// How long draining may take.
    pub drain_max: Duration,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The engine.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The store.
    #[error("the store cannot be opened")]
    Store(#[from] store::StoreError),
    /// An address.
    #[error("{address} cannot be listened on")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate.
    #[error("the certificate or its key cannot be used")]
    Tls(#[source] tonic::transport::Error),
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] kafka::StartError),
    /// Reflection.
    #[error("the contract cannot be reflected")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// A service that runs.
pub struct Running {
    /// Where gRPC listens.
    pub grpc: SocketAddr,
    /// Where health and metrics listen.
    pub http: SocketAddr,
    /// Its store.
    pub store: Store,
    committer: Arc<Committer>,
    draining: watch::Sender<bool>,
    kafka_stop: Arc<AtomicBool>,
    kafka_thread: Option<std::thread::JoinHandle<()>>,
    doors: Vec<JoinHandle<()>>,
    servants: Vec<JoinHandle<()>>,
    health: Health,
    drain_max: Duration,
}

const SEQUENCE_PAGE: u32 = 4096;
const SEQUENCE_PAUSE: Duration = Duration::from_millis(200);
const SILENCES_PAUSE: Duration = Duration::from_secs(5);

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let fault = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(fault)?;
    let bound = listener.local_addr().map_err(fault)?;
    Ok((listener, bound))
}

/// Starts the service. It is ready when this returns.
///
/// # Errors
/// Whatever keeps it from starting; nothing is left running then that outlives the process's runtime.
pub async fn start(settings: ServeSettings) -> Result<Running, StartError> {
    let store = Store::open(&settings.store, settings.master_key).await?;
    let committer = Arc::new(
        engine(
            settings.rules,
            store.clone(),
            settings.active_persons,
            now(),
        )
        .await?,
    );
    let (draining, drained) = watch::channel(false);
    let (door, door_task) = Door::open(committer.clone(), settings.group_events_max);

    let (http_listener, http) = listen(settings.http_listen).await?;
    let (grpc_listener, grpc) = listen(settings.grpc_listen).await?;
    let health = Health::new(store.clone(), settings.metrics);
    let mut servants = vec![
        tokio::spawn(health::serve(http_listener, health.clone())),
        tokio::spawn(sequence(store.clone())),
        tokio::spawn(mind_silences(committer.clone())),
    ];

    let services = Services {
        door,
        store: store.clone(),
        access: Arc::new(settings.access),
        now,
        draining: drained.clone(),
    };
    let (reporter, grpc_health) = tonic_health::server::health_reporter();
    reporter
        .set_service_status("", tonic_health::ServingStatus::Serving)
        .await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(crate::wire::DESCRIPTORS)
        .build_v1()?;
    let mut server = Server::builder()
        .timeout(settings.deadline_max)
        .max_concurrent_streams(settings.streams_max)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_max_header_list_size(16 * 1024);
    if let Some((certificate, key)) = settings.tls {
        let identity = Identity::from_pem(certificate, key);
        server = server
            .tls_config(ServerTlsConfig::new().identity(identity))
            .map_err(StartError::Tls)?;
    }
    let routes = services
        .routes()
        .add_service(grpc_health)
        .add_service(reflection);
    let mut stop_accepting = drained.clone();
    let serving = server
        .add_routes(routes)
        .serve_with_incoming_shutdown(TcpListenerStream::new(grpc_listener), async move {
            drop(stop_accepting.wait_for(|draining| *draining).await)
        });
    let grpc_task = tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the gRPC server ended");
        }
    });

    let kafka_stop = Arc::new(AtomicBool::new(false));
    let mut kafka_thread = None;
    let mut outlet = Outlet::Log;
    if let Some(kafka) = settings.kafka {
        let producer = notify_producer(&kafka)?;
        outlet = Outlet::Kafka {
            producer,
            prefix: settings.outbound_prefix,
        };
        let runtime = tokio::runtime::Handle::current();
        let reader =
            kafka::Reader::open(kafka, committer.clone(), runtime, now, kafka_stop.clone())?;
        let thread = std::thread::Builder::new()
            .name("kafka".to_owned())
            .spawn(move || reader.run());
        kafka_thread = Some(thread.map_err(|source| StartError::Listen {
            address: grpc,
            source,
        })?);
    }
    servants.push(tokio::spawn(notify::publish(store.clone(), outlet, now)));
    health.ready(true);
    tracing::info!(%grpc, %http, store = store.dialect(), "ready");
    Ok(Running {
        grpc,
        http,
        store,
        committer,
        draining,
        kafka_stop,
        kafka_thread,
        doors: vec![grpc_task, door_task],
        servants,
        health,
        drain_max: settings.drain_max,
    })
}

fn notify_producer(
    kafka: &kafka::Settings,
) -> Result<rdkafka::producer::FutureProducer, kafka::StartError> {
    let mut config = rdkafka::config::ClientConfig::new();
    config
        .set("bootstrap.servers", &kafka.brokers)
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("message.timeout.ms", "30000");
    for (key, value) in &kafka.security {
        config.set(key, value);
    }
    Ok(config.create()?)
}

/// Judges those who said that they are in danger and then nothing more.
async fn mind_silences(committer: Arc<Committer>) {
    loop {
        match committer.hear_silences(now()).await {
            Ok(heard) if heard.is_empty() => {}
            Ok(heard) => telemetry::silences(heard.len() as u64),
            Err(error) => {
                tracing::error!(%error, "whoever fell silent could not be looked for; tried again");
            }
        }
        tokio::time::sleep(SILENCES_PAUSE).await;
    }
}

async fn sequence(store: Store) {
    loop {
        match store.sequence_leaves(SEQUENCE_PAGE).await {
            Ok(0) => tokio::time::sleep(SEQUENCE_PAUSE).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the audit log could not be sequenced; tried again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        if let Ok(head) = store.tree_head().await {
            telemetry::audit(head.size, head.pending);
        }
    }
}

impl Running {
    /// Puts another rule set in force; events go on meanwhile, judged by the one before.
    ///
    /// # Errors
    /// It cannot be built, or the store fails; the one before stays in force.
    pub async fn adopt(&self, rules: Ruleset) -> Result<(), BuildError> {
        let built = tokio::task::spawn_blocking(move || Matcher::new(Arc::new(rules))).await;
        let matcher = built.map_err(|_| BuildError::Panicked)??;
        Ok(self.committer.adopt(matcher, now()).await?)
    }

    /// Ends in order: not ready, no new requests, what was accepted is committed and answered, the rest of the log is
    /// sequenced. True if everything ended within the time set for it.
    pub async fn stop(mut self) -> bool {
        self.health.ready(false);
        self.kafka_stop.store(true, Ordering::Release);
        // Nobody listening any more is as good as told.
        self.draining.send_replace(true);
        let kafka = self.kafka_thread.take();
        let doors = std::mem::take(&mut self.doors);
        let drained = tokio::time::timeout(self.drain_max, async move {
            for door in doors {
                if let Err(error) = door.await {
                    tracing::error!(%error, "a door ended badly");
                }
            }
            if let Some(thread) = kafka
                && tokio::task::spawn_blocking(move || thread.join())
                    .await
                    .is_err()
            {
                tracing::error!("the kafka thread ended badly");
            }
        })
        .await
        .is_ok();
        self.servants.iter().for_each(JoinHandle::abort);
        if let Err(error) = self.store.sequence_leaves(SEQUENCE_PAGE).await {
            tracing::warn!(%error, "the last leaves will be sequenced at the next start");
        }
        tracing::info!(drained, "stopped");
        drained
    }
}
