//! The one table of keys. Loading, suggestions, `config show` and the documentation all read it; there is no second list.

use crate::domain::limits;

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// A path of a file or a folder.
    File,
    /// A path of a file that holds a secret; the secret itself is never accepted.
    SecretFile,
    /// An IP address and a port.
    Address,
    /// A whole number.
    Count {
        /// Smallest accepted.
        min: i64,
        /// Largest accepted.
        max: i64,
    },
    /// True or false.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Texts; in the environment and in flags separated by commas.
    Texts,
}

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Dotted, such as `grpc.listen`.
    pub key: &'static str,
    /// As one would write it in the environment; empty if it is not set by default.
    pub default: &'static str,
    /// What it does, with its unit.
    pub what: &'static str,
    /// What its value must look like.
    pub form: Form,
}

impl KeyInfo {
    /// The part before the dot.
    pub fn section(&self) -> &'static str {
        self.key
            .split_once('.')
            .map_or(self.key, |(section, _)| section)
    }

    /// The part after the dot.
    pub fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }
}

/// Every key there is, section by section.
pub fn known_keys() -> &'static [KeyInfo] {
    KEYS
}

/// The environment variable of a key: `grpc.listen` is `LIFEGUARD_GRPC__LISTEN`.
pub fn variable_of(key: &str) -> String {
    format!("LIFEGUARD_{}", key.to_uppercase().replace('.', "__"))
}

pub(super) fn find(key: &str) -> Option<&'static KeyInfo> {
    KEYS.iter().find(|info| info.key == key)
}

pub(super) fn find_section(name: &str) -> Option<&'static str> {
    KEYS.iter()
        .map(KeyInfo::section)
        .find(|section| *section == name)
}

const fn key(key: &'static str, form: Form, default: &'static str, what: &'static str) -> KeyInfo {
    KeyInfo {
        key,
        default,
        what,
        form,
    }
}

const fn count(min: i64, max: i64) -> Form {
    Form::Count { min, max }
}

// A Kafka message below the size of the largest accepted event would block its partition.
const MESSAGE_BYTES_MIN: i64 = limits::EVENT_BYTES_MAX as i64;

const KEYS: &[KeyInfo] = &[
    key("rules.dir", Form::File, "rules", "Folder of the rule pack."),
    key(
        "rules.private",
        Form::File,
        "",
        "Folder of private lexicons, signals and rules that are added to the pack's, such as words that a group uses among itself.",
    ),
    key(
        "rules.model",
        Form::File,
        "",
        "File of the learned scorer, such as deploy/starter.model; without one the rules judge alone.",
    ),
    key(
        "store.kind",
        Form::Choice(&["sqlite", "postgres"]),
        "sqlite",
        "Database: `sqlite`, a file of this node, or `postgres`, a server shared by nodes.",
    ),
    key(
        "store.path",
        Form::File,
        "lifeguard.db",
        "SQLite file; made if it is not there.",
    ),
    key(
        "store.postgres_url_file",
        Form::SecretFile,
        "",
        "File that holds the PostgreSQL address with its password, such as postgres://user:password@host/name.",
    ),
    key(
        "store.connections_max",
        count(1, 1_000),
        "8",
        "Connections of this node to PostgreSQL at most.",
    ),
    key(
        "keys.master_key_file",
        Form::SecretFile,
        "",
        "File that holds the master key, 32 random bytes in base64; needed to serve. Without it nothing stored opens again.",
    ),
    key(
        "access.tokens_file",
        Form::SecretFile,
        "",
        "File of the access tokens and their roles; needed to serve.",
    ),
    key(
        "grpc.listen",
        Form::Address,
        "127.0.0.1:7700",
        "Address of the gRPC services.",
    ),
    key(
        "grpc.tls_certificate_file",
        Form::File,
        "",
        "PEM file of the server's certificate chain; with grpc.tls_key_file.",
    ),
    key(
        "grpc.tls_key_file",
        Form::SecretFile,
        "",
        "PEM file of the server's private key; with grpc.tls_certificate_file.",
    ),
    key(
        "grpc.allow_plaintext",
        Form::Switch,
        "false",
        "Permits listening beyond this machine without TLS, for a mesh or proxy that encrypts.",
    ),
    key(
        "grpc.streams_max",
        count(1, 100_000),
        "100",
        "Calls under way at once on one connection at most; further ones wait.",
    ),
    key(
        "grpc.deadline_ms_max",
        count(1, 600_000),
        "30000",
        "Longest deadline of a call in milliseconds; a longer or missing one is cut to this.",
    ),
    key(
        "http.listen",
        Form::Address,
        "127.0.0.1:7701",
        "Address of /livez, /readyz and /metrics; no person data there.",
    ),
    key(
        "kafka.brokers",
        Form::Text,
        "",
        "Brokers as host:port, separated by commas; empty turns Kafka off.",
    ),
    key(
        "kafka.topics",
        Form::Texts,
        "",
        "Topics to read events from.",
    ),
    key(
        "kafka.group",
        Form::Text,
        "lifeguard",
        "Consumer group, the same on all nodes.",
    ),
    key(
        "kafka.member_id",
        Form::Text,
        "",
        "Static member id, different on each node; a node that restarts quickly then keeps its partitions.",
    ),
    key(
        "kafka.format",
        Form::Choice(&["protobuf", "json"]),
        "protobuf",
        "Encoding of the events read and of the notices sent.",
    ),
    key(
        "kafka.outbound_prefix",
        Form::Text,
        "lifeguard.",
        "Start of the names of the topics that we write.",
    ),
    key(
        "kafka.batch_events_max",
        count(1, 100_000),
        "5000",
        "Events of one batch, so of one transaction, at most.",
    ),
    key(
        "kafka.batch_wait_ms_max",
        count(0, 10_000),
        "20",
        "Longest wait in milliseconds for a batch to fill.",
    ),
    key(
        "kafka.message_bytes_max",
        count(MESSAGE_BYTES_MIN, 64 << 20),
        "262144",
        "Largest message in bytes that is fetched whole; larger events are quarantined in any case.",
    ),
    key(
        "kafka.start_at",
        Form::Choice(&["earliest", "latest"]),
        "earliest",
        "Where a partition never read before begins.",
    ),
    key(
        "kafka.tls",
        Form::Switch,
        "false",
        "TLS towards the brokers.",
    ),
    key(
        "kafka.sasl_username",
        Form::Text,
        "",
        "User name for SASL; with kafka.sasl_password_file.",
    ),
    key(
        "kafka.sasl_password_file",
        Form::SecretFile,
        "",
        "File that holds the SASL password; with kafka.sasl_username.",
    ),
    key(
        "intake.active_persons_expected",
        count(1_000, 1_000_000_000),
        "2000000",
        "Persons with signals at one time, to size the filter of active persons; more than this only costs speed.",
    ),
    key(
        "intake.group_events_max",
        count(1, 10_000),
        "512",
        "Events submitted by calls that share one transaction at most.",
    ),
    key(
        "log.format",
        Form::Choice(&["json", "text"]),
        "json",
        "Form of the log: `json` for machines, `text` for a terminal.",
    ),
    key(
        "log.level",
        Form::Choice(&["error", "warn", "info", "debug", "trace"]),
        "info",
        "Least severe line that is logged.",
    ),
    key(
        "drain.seconds_max",
        count(0, 3_600),
        "10",
        "Longest time in seconds to finish what is under way when asked to stop; what is left is read again by the next node.",
    ),
];
