//! Kafka partitions. Offsets live in the store, beside the effects; the broker's group offsets are written afterwards, for
//! lag tools only. One thread polls; a batch is committed before the next poll, so a rebalance, which happens inside a
//! poll, never crosses a batch in flight.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::bindings::rd_kafka_resp_err_t as RespErr;
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::runtime::Handle;

use crate::domain::Time;
use crate::domain::limits::EVENT_BYTES_MAX;
use crate::matcher::Scratch;
use crate::pipeline::{Committer, Fate, Screened, Walk};
use crate::store::{Lane, LaneAdvance, Store};
use crate::telemetry::{self, Outcome};
use crate::wire::{decode_json, decode_protobuf};

const ROAD: &str = "kafka";
const WATERMARK_WAIT: Duration = Duration::from_secs(10);
const STORE_WAIT: Duration = Duration::from_secs(1);

/// How values are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Protobuf `Event`.
    Protobuf,
    /// Protobuf JSON mapping.
    Json,
}

/// Checked settings of this door.
#[derive(Clone)]
pub struct Settings {
    /// `host:port,…`.
    pub brokers: String,
    /// The topics to read.
    pub topics: Vec<String>,
    /// The consumer group.
    pub group: String,
    /// A static member id, so that a quick restart needs no rebalance.
    pub member_id: Option<String>,
    /// How values are encoded.
    pub format: Format,
    /// Where a partition begins that was never read: true for its first record.
    pub from_earliest: bool,
    /// Events of one batch at most.
    pub batch_events_max: usize,
    /// How long a batch may wait to fill.
    pub batch_wait: Duration,
    /// More client properties: security.
    pub security: Vec<(String, String)>,
}

/// Why consuming cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The client refuses its settings.
    #[error("the Kafka client cannot be made")]
    Client(#[from] KafkaError),
    /// The binary lacks what the settings ask for.
    #[error(
        "the settings ask for {0}, which this binary was built without; build with the feature kafka-tls"
    )]
    Lacks(&'static str),
}

/// What this door rests on; asserted when it opens and printed.
pub const ASSERTED: &[(&str, &str)] = &[
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "error"),
    ("isolation.level", "read_committed"),
    ("check.crcs", "true"),
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("session.timeout.ms", "10000"),
    ("fetch.wait.max.ms", "20"),
    ("receive.message.max.bytes", "16777216"),
    ("fetch.max.bytes", "8388608"),
    ("fetch.message.max.bytes", "1048576"),
    ("queued.max.messages.kbytes", "32768"),
    ("allow.auto.create.topics", "false"),
];

fn client_config(settings: &Settings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("group.id", &settings.group);
    for (key, value) in ASSERTED {
        config.set(*key, *value);
    }
    if let Some(member) = &settings.member_id {
        config.set("group.instance.id", member);
    }
    for (key, value) in &settings.security {
        config.set(key, value);
    }
    config
}

/// Where a partition of ours stands.
#[derive(Clone, Copy, Debug)]
struct Owned {
    applied: i64,
    epoch: i64,
}

type Partition = (String, i32);

fn lane(partition: &Partition) -> Lane {
    Lane(format!("kafka:{}/{}", partition.0, partition.1))
}

/// Takes partitions from the store when the broker assigns them.
struct Owner {
    store: Store,
    runtime: Handle,
    from_earliest: bool,
    owned: Arc<Mutex<HashMap<Partition, Owned>>>,
}

impl ClientContext for Owner {}

impl ConsumerContext for Owner {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        error: RespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let result = match error {
            RespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.assign(consumer, partitions);
                consumer.incremental_assign(partitions)
            }
            _ => {
                let mut owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
                for element in partitions.elements() {
                    owned.remove(&(element.topic().to_owned(), element.partition()));
                }
                consumer.incremental_unassign(partitions)
            }
        };
        if let Err(error) = result {
            tracing::error!(%error, "a rebalance was not taken");
        }
    }
}

impl Owner {
    fn assign(&self, consumer: &BaseConsumer<Self>, partitions: &mut TopicPartitionList) {
        let assigned: Vec<Partition> = partitions
            .elements()
            .iter()
            .map(|e| (e.topic().to_owned(), e.partition()))
            .collect();
        for partition in assigned {
            let (stands, from) = self.take(consumer, &partition);
            if let Err(error) =
                partitions.set_partition_offset(&partition.0, partition.1, Offset::Offset(from))
            {
                tracing::error!(%error, "an offset could not be set");
            }
            self.owned
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(partition, stands);
        }
    }

    /// Takes a partition: raises its epoch, and compares what we have applied with what the broker still has. Also tells
    /// from where to read.
    fn take(&self, consumer: &BaseConsumer<Self>, partition: &Partition) -> (Owned, i64) {
        let (low, high) = retry("the broker's watermarks", || {
            consumer.fetch_watermarks(&partition.0, partition.1, WATERMARK_WAIT)
        });
        let start = if self.from_earliest { low } else { high };
        let lane = lane(partition);
        let state = retry("taking a lane", || {
            self.runtime.block_on(self.store.take_lane(&lane, start))
        });
        let mut owned = Owned {
            applied: state.applied,
            epoch: state.epoch,
        };
        if high < owned.applied {
            tracing::error!(
                lane = lane.0,
                applied = owned.applied,
                high,
                "the topic was made anew: its end lies before what was applied; its offsets start afresh"
            );
            retry("restarting a lane", || {
                self.runtime.block_on(self.store.restart_lane(&lane, low))
            });
            owned.applied = low;
        } else if low > owned.applied {
            // What retention has deleted cannot be read by anyone; the gap is counted with the next batch.
            tracing::error!(
                lane = lane.0,
                applied = owned.applied,
                low,
                "the broker has deleted events that were never read"
            );
        }
        tracing::info!(
            lane = lane.0,
            applied = owned.applied,
            epoch = owned.epoch,
            "partition taken"
        );
        (owned, owned.applied.max(low))
    }
}

/// Tries until it goes well: an assignment must not be answered with a guess.
fn retry<T, E: std::fmt::Display>(what: &str, mut attempt: impl FnMut() -> Result<T, E>) -> T {
    loop {
        match attempt() {
            Ok(value) => return value,
            Err(error) => {
                tracing::error!(%error, "{what} failed; tried again");
                std::thread::sleep(STORE_WAIT);
            }
        }
    }
}

/// Reads until told to stop; runs on a thread of its own, outside the runtime's workers.
pub struct Reader {
    settings: Settings,
    consumer: BaseConsumer<Owner>,
    committer: Arc<Committer>,
    runtime: Handle,
    owned: Arc<Mutex<HashMap<Partition, Owned>>>,
    now: fn() -> Time,
    stop: Arc<std::sync::atomic::AtomicBool>,
}

impl Reader {
    /// Makes the client, asserts its settings, and joins the group.
    ///
    /// # Errors
    /// The client refuses its settings, or the binary lacks what they ask for.
    pub fn open(
        settings: Settings,
        committer: Arc<Committer>,
        runtime: Handle,
        now: fn() -> Time,
        stop: Arc<std::sync::atomic::AtomicBool>,
    ) -> Result<Self, StartError> {
        let config = client_config(&settings);
        let native = config.create_native_config()?;
        let features = native.get("builtin.features").unwrap_or_default();
        let secured = settings
            .security
            .iter()
            .any(|(key, value)| key == "security.protocol" && value.contains("SSL"));
        if secured && !features.split(',').any(|feature| feature == "ssl") {
            return Err(StartError::Lacks("TLS"));
        }
        for (key, expected) in ASSERTED {
            let actual = native.get(key)?;
            let actual = actual.trim_end_matches('\0');
            assert_eq!(actual, *expected, "the Kafka client must keep {key}");
            tracing::info!(key, value = actual, "kafka setting");
        }
        let owned = Arc::new(Mutex::new(HashMap::new()));
        let owner = Owner {
            store: committer.store().clone(),
            runtime: runtime.clone(),
            from_earliest: settings.from_earliest,
            owned: owned.clone(),
        };
        let consumer: BaseConsumer<Owner> = config.create_with_context(owner)?;
        let topics: Vec<&str> = settings.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics)?;
        Ok(Self {
            settings,
            consumer,
            committer,
            runtime,
            owned,
            now,
            stop,
        })
    }

    /// The loop: poll, screen, commit.
    pub fn run(self) {
        while !self.stop.load(std::sync::atomic::Ordering::Acquire) {
            let messages = self.poll();
            if !messages.is_empty() {
                self.commit(messages);
            }
        }
        tracing::info!("kafka reading ended");
    }

    /// What has come, up to the batch's size, waiting a little for more once there is something.
    fn poll(&self) -> Vec<BorrowedMessage<'_>> {
        let mut messages = Vec::new();
        let mut until = Instant::now() + Duration::from_millis(100);
        while messages.len() < self.settings.batch_events_max {
            let left = until.saturating_duration_since(Instant::now());
            match self.consumer.poll(left) {
                Some(Ok(message)) => {
                    if messages.is_empty() {
                        until = Instant::now() + self.settings.batch_wait;
                    }
                    messages.push(message);
                }
                Some(Err(error)) => self.complain(&error),
                None => break,
            }
        }
        messages
    }

    fn complain(&self, error: &KafkaError) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::PartitionEOF) => {}
            Some(RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset) => {
                tracing::error!(%error, "an offset of ours is not on the broker; partitions are taken again");
                self.take_again();
            }
            _ => tracing::error!(%error, "kafka"),
        }
    }

    /// Rereads where our lanes stand and seeks there.
    fn take_again(&self) {
        let partitions: Vec<Partition> = self.lock().keys().cloned().collect();
        for partition in partitions {
            let context = self.consumer.context();
            let (stands, from) = context.take(&self.consumer, &partition);
            let from = Offset::Offset(from);
            if let Err(error) = self
                .consumer
                .seek(&partition.0, partition.1, from, WATERMARK_WAIT)
            {
                tracing::error!(%error, "seeking failed");
            }
            self.lock().insert(partition, stands);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Partition, Owned>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, messages: Vec<BorrowedMessage<'_>>) {
        let arrived_at = (self.now)();
        let owned = self.lock().clone();
        let mut advances: HashMap<Partition, LaneAdvance> = HashMap::new();
        let mut kept = Vec::with_capacity(messages.len());
        for message in &messages {
            let partition = (message.topic().to_owned(), message.partition());
            // A message of a partition that was just taken from us is somebody else's now.
            let Some(stands) = owned.get(&partition) else {
                continue;
            };
            let lane = lane(&partition);
            let advance = advances.entry(partition).or_insert_with(|| LaneAdvance {
                lane: lane.clone(),
                epoch: stands.epoch,
                from: stands.applied,
                to: stands.applied,
                ordinary: 0,
                gaps: 0,
                newest: Time::default(),
            });
            if message.offset() < advance.to {
                continue;
            }
            advance.gaps += message.offset() - advance.to;
            advance.to = message.offset() + 1;
            kept.push((Some(lane), message));
        }
        telemetry::received(ROAD, kept.len() as u64);
        let gaps: i64 = advances.values().map(|advance| advance.gaps).sum();
        telemetry::gap(gaps.unsigned_abs());
        let events = self.screen(&kept, arrived_at);
        let list: Vec<LaneAdvance> = advances.values().cloned().collect();
        if list.is_empty() {
            return;
        }
        match self.runtime.block_on(self.committer.commit(&events, list)) {
            Ok(fates) => {
                count(&fates);
                self.advance(&advances);
            }
            Err(fenced) => {
                tracing::warn!(%fenced, "another node moved on; rereading where we stand");
                // They were counted as received and will be again, by whoever owns them.
                telemetry::refused(ROAD, kept.len() as u64);
                self.take_again();
            }
        }
    }

    /// Decodes and matches on two threads where there is enough to share.
    fn screen(
        &self,
        messages: &[(Option<Lane>, &BorrowedMessage<'_>)],
        arrived_at: Time,
    ) -> Vec<(Option<Lane>, Screened)> {
        let walk = self.committer.walk();
        let format = self.settings.format;
        let one = |part: &[(Option<Lane>, &BorrowedMessage<'_>)]| -> Vec<(Option<Lane>, Screened)> {
            let mut scratch = Scratch::default();
            part.iter()
                .map(|(lane, message)| {
                    (
                        lane.clone(),
                        read(&walk, format, message, arrived_at, &mut scratch),
                    )
                })
                .collect()
        };
        if messages.len() < 512 {
            return one(messages);
        }
        let (first, second) = messages.split_at(messages.len() / 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| one(second));
            let mut all = one(first);
            match other.join() {
                Ok(rest) => all.extend(rest),
                // Matching catches its own panics, so this is a fault of the machine; the same work is done here.
                Err(_) => all.extend(one(second)),
            }
            all
        })
    }

    fn advance(&self, advances: &HashMap<Partition, LaneAdvance>) {
        let mut owned = self.lock();
        let mut offsets = TopicPartitionList::new();
        for (partition, advance) in advances {
            if let Some(stands) = owned.get_mut(partition) {
                stands.applied = advance.to;
            }
            if let Err(error) =
                offsets.add_partition_offset(&partition.0, partition.1, Offset::Offset(advance.to))
            {
                tracing::warn!(%error, "an offset for lag tools");
            }
        }
        drop(owned);
        // For lag tools only: what counts is in the store.
        if let Err(error) = self.consumer.commit(&offsets, CommitMode::Async) {
            tracing::debug!(%error, "group offsets were not written");
        }
    }
}

fn read(
    walk: &Walk,
    format: Format,
    message: &BorrowedMessage<'_>,
    arrived_at: Time,
    scratch: &mut Scratch,
) -> Screened {
    let bytes = message.payload().unwrap_or_default();
    let decoded = match format {
        Format::Protobuf => decode_protobuf(bytes),
        Format::Json => decode_json(bytes),
    };
    match decoded {
        Ok(decoded) => {
            if decoded.unknown_fields > 0 {
                telemetry::unknown_fields(decoded.unknown_fields);
                warn_once(decoded.event.source.as_str(), decoded.unknown_fields);
            }
            walk.screen(decoded.event, arrived_at, false, scratch)
        }
        Err(reason) => {
            let origin = format!(
                "kafka:{}/{}@{}",
                message.topic(),
                message.partition(),
                message.offset()
            );
            walk.unreadable(
                origin,
                reason,
                bytes[..bytes.len().min(EVENT_BYTES_MAX)].to_vec(),
                arrived_at,
            )
        }
    }
}

/// Tells once for each source that it sends what is not known here.
fn warn_once(source: &str, fields: u32) {
    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    const SOURCES_TOLD_MAX: usize = 1000;
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.len() < SOURCES_TOLD_MAX && !told.iter().any(|known| known == source) {
        told.push(source.to_owned());
        tracing::warn!(
            source,
            fields,
            "a source sends fields that this version does not know; they are ignored"
        );
    }
}

fn count(fates: &[Fate]) {
    let (mut evaluated, mut duplicates, mut quarantined) = (0, 0, 0);
    for fate in fates {
        match fate {
            Fate::Ordinary | Fate::Evaluated(_) => evaluated += 1,
            Fate::Duplicate(_) => duplicates += 1,
            Fate::Quarantined(_) => quarantined += 1,
        }
    }
    telemetry::ended(ROAD, Outcome::Evaluated, evaluated);
    telemetry::ended(ROAD, Outcome::Duplicate, duplicates);
    telemetry::ended(ROAD, Outcome::Quarantined, quarantined);
}
