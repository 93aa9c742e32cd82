//! A topic of one proof on the real broker.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};

/// A topic with a name of its own.
pub struct Topic {
    pub name: String,
    pub partitions: i32,
    producer: ThreadedProducer<rdkafka::producer::DefaultProducerContext>,
}

impl Topic {
    pub async fn create(what: &str, partitions: i32) -> Self {
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("after 1970")
            .as_nanos();
        let name = format!("{what}-{}-{nanos}", std::process::id());
        let brokers = crate::support::kafka();
        let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
            .set("bootstrap.servers", &brokers)
            .create()
            .expect("an admin client");
        let topic = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
        let made = admin
            .create_topics([&topic], &AdminOptions::new())
            .await
            .expect("the broker answers");
        made.into_iter().for_each(|topic| {
            topic.expect("the topic is made");
        });
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &brokers)
            .set("enable.idempotence", "true")
            // As Java clients do, so that a platform's own producers agree with ours.
            .set("partitioner", "murmur2_random")
            .set("linger.ms", "20")
            .set("queue.buffering.max.messages", "1000000")
            .create()
            .expect("a producer");
        Self {
            name,
            partitions,
            producer,
        }
    }

    /// Hands a record to the producer, waiting while its queue is full.
    pub fn send(&self, key: &str, value: Option<&[u8]>) {
        let mut record = BaseRecord::<str, [u8]>::to(&self.name).key(key);
        if let Some(value) = value {
            record = record.payload(value);
        }
        loop {
            match self.producer.send(record) {
                Ok(()) => return,
                Err((_, back)) => {
                    record = back;
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }

    pub fn flush(&self) {
        self.producer
            .flush(Duration::from_secs(60))
            .expect("everything is with the broker");
    }

    /// The sum of offsets over the partitions: what was ever written, control records included.
    pub fn span(&self) -> i64 {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", crate::support::kafka())
            .create()
            .expect("a consumer");
        (0..self.partitions)
            .map(|p| {
                let (low, high) = consumer
                    .fetch_watermarks(&self.name, p, Duration::from_secs(10))
                    .expect("watermarks");
                high - low
            })
            .sum()
    }

    /// The part of a configuration that reads this topic.
    pub fn config(&self, format: &str) -> String {
        format!(
            "[kafka]\nbrokers = \"{}\"\ntopics = [\"{}\"]\ngroup = \"{}\"\nformat = \"{format}\"\n\
             outbound_prefix = \"{}-out-\"\n",
            crate::support::kafka(),
            self.name,
            self.name,
            self.name
        )
    }
}
