//! Checked settings. Each section is named as in the config file; the table in [`super::keys`] has the defaults.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::check::check;
use super::keys::known_keys;
use super::layers::{Layers, Setting};
use super::origin::Origin;
use super::problem::{ConfigProblem, ConfigProblems, Fault};

/// All settings, checked. Holds paths of secrets, never secrets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The rule pack.
    pub rules: Rules,
    /// The database.
    pub store: StoreSection,
    /// Encryption.
    pub keys: Keys,
    /// Who may do what.
    pub access: Access,
    /// The gRPC services.
    pub grpc: Grpc,
    /// Health and metrics.
    pub http: Http,
    /// Kafka, in and out.
    pub kafka: Kafka,
    /// What all ways in share.
    pub intake: Intake,
    /// The log.
    pub log: Log,
    /// Stopping.
    pub drain: Drain,
    #[serde(skip)]
    in_force: BTreeMap<&'static str, Setting>,
}

impl Settings {
    pub(super) fn from_layers(mut layers: Layers) -> Result<Self, ConfigProblems> {
        // A refused value has left the one below it in place, so the struct can be filled and checked in any case.
        let mut problems = std::mem::take(&mut layers.problems);
        match nested(&layers.settings).try_into::<Settings>() {
            Ok(mut settings) => {
                problems.extend(check(&settings, &layers));
                if problems.is_empty() {
                    settings.in_force = layers.settings;
                    return Ok(settings);
                }
            }
            Err(error) => {
                let fault = Fault::Table(error.message().to_owned());
                problems.push(ConfigProblem {
                    origin: Origin::Default,
                    fault,
                });
            }
        }
        Err(ConfigProblems::new(problems))
    }

    /// Where the value of a key comes from.
    pub fn origin(&self, key: &str) -> Origin {
        self.in_force(key)
            .map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    pub(super) fn in_force(&self, key: &str) -> Option<(&toml::Value, &Origin)> {
        self.in_force
            .get(key)
            .map(|setting| (&setting.value, &setting.origin))
    }
}

/// Sections of keys for serde. An empty text where nothing is the default is left out.
fn nested(settings: &BTreeMap<&'static str, Setting>) -> toml::Table {
    let mut sections = toml::Table::new();
    for info in known_keys() {
        let section = sections
            .entry(info.section())
            .or_insert_with(|| toml::Table::new().into());
        let value = settings.get(info.key).map(|setting| &setting.value);
        if let (Some(section), Some(value)) = (section.as_table_mut(), value)
            && value.as_str() != Some("")
        {
            section.insert(info.name().to_owned(), value.clone());
        }
    }
    sections
}

/// The rule pack.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Its folder.
    pub dir: PathBuf,
    /// A folder of lexicons, signals and rules that are added to the pack's and must not lie where it does.
    pub private: Option<PathBuf>,
    /// The learned scorer's file; without one the rules judge alone, and every answer says so.
    pub model: Option<PathBuf>,
}

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// A file of this node.
    Sqlite,
    /// A server shared by nodes.
    Postgres,
}

/// The database; [`Settings::store`](Settings::store()) makes the store's own settings of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSection {
    /// Which.
    pub kind: StoreKind,
    /// The SQLite file.
    pub path: PathBuf,
    /// File of the PostgreSQL address; given if the kind is PostgreSQL.
    pub postgres_url_file: Option<PathBuf>,
    /// Connections of this node to PostgreSQL.
    pub connections_max: usize,
}

/// Encryption.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// File of the master key; see [`Settings::master_key`].
    pub master_key_file: Option<PathBuf>,
}

/// Who may do what.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// File of the tokens and their roles.
    pub tokens_file: Option<PathBuf>,
}

/// The gRPC services.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grpc {
    /// Their address.
    pub listen: SocketAddr,
    /// PEM file of the certificate chain; given if and only if the key is.
    pub tls_certificate_file: Option<PathBuf>,
    /// PEM file of the private key.
    pub tls_key_file: Option<PathBuf>,
    /// No TLS beyond this machine was asked for by name.
    pub allow_plaintext: bool,
    /// Calls under way at once on one connection; further ones wait.
    pub streams_max: u32,
    /// Longest deadline of a call, in milliseconds.
    pub deadline_ms_max: u64,
}

impl Grpc {
    /// Certificate and key, if TLS is on.
    pub fn tls_files(&self) -> Option<(&Path, &Path)> {
        self.tls_certificate_file
            .as_deref()
            .zip(self.tls_key_file.as_deref())
    }
}

/// Health and metrics.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address of `/livez`, `/readyz` and `/metrics`.
    pub listen: SocketAddr,
}

/// How events are written in a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KafkaFormat {
    /// Protobuf's binary encoding.
    Protobuf,
    /// Protobuf's JSON mapping.
    Json,
}

/// Where a partition never read before begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartAt {
    /// With the oldest message kept.
    Earliest,
    /// With the next message.
    Latest,
}

/// Kafka, in and out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// `host:port`, separated by commas; empty if Kafka is off.
    #[serde(default)]
    pub brokers: String,
    /// Topics to read; at least one if Kafka is on.
    pub topics: Vec<String>,
    /// Consumer group.
    pub group: String,
    /// Static member id.
    pub member_id: Option<String>,
    /// Encoding, in and out.
    pub format: KafkaFormat,
    /// Start of the names of topics that we write.
    pub outbound_prefix: String,
    /// Events of one batch.
    pub batch_events_max: usize,
    /// Longest wait for a batch to fill, in milliseconds.
    pub batch_wait_ms_max: u64,
    /// Largest message fetched whole, in bytes.
    pub message_bytes_max: usize,
    /// Where a partition never read before begins.
    pub start_at: StartAt,
    /// TLS towards the brokers.
    pub tls: bool,
    /// User name for SASL; given if and only if the password's file is.
    pub sasl_username: Option<String>,
    /// File of the password; see [`Settings::sasl_password`].
    pub sasl_password_file: Option<PathBuf>,
}

impl Kafka {
    /// True if brokers are named.
    pub fn is_on(&self) -> bool {
        !self.brokers.is_empty()
    }
}

/// What all ways in share.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// Persons with signals at one time, to size their filter.
    pub active_persons_expected: usize,
    /// Events submitted by calls that share one transaction.
    pub group_events_max: usize,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For machines.
    Json,
    /// For a terminal.
    Text,
}

/// Least severe line that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Someone should look.
    Warn,
    /// What happened.
    Info,
    /// Why it happened.
    Debug,
    /// Everything.
    Trace,
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Its form.
    pub format: LogFormat,
    /// Its least severe line.
    pub level: LogLevel,
}

/// Stopping.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drain {
    /// Longest time to finish what is under way, in seconds.
    pub seconds_max: u64,
}
