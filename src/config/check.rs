//! What must hold between keys. Pure; nothing is opened here.
//!
//! A rule is silent about keys that somebody tried to set and failed: that problem is reported already.

use super::layers::Layers;
use super::origin::Origin;
use super::problem::{ConfigProblem, Fault};
use super::settings::{Settings, StoreKind};

/// Problems between keys.
pub(super) fn check(settings: &Settings, layers: &Layers) -> Vec<ConfigProblem> {
    let mut checks = Checks {
        settings,
        layers,
        found: Vec::new(),
    };
    checks.pairs();
    checks.store();
    checks.addresses();
    checks.kafka();
    checks.found
}

struct Checks<'a> {
    settings: &'a Settings,
    layers: &'a Layers,
    found: Vec<ConfigProblem>,
}

impl Checks<'_> {
    fn pairs(&mut self) {
        let pairs = [
            ("grpc.tls_certificate_file", "grpc.tls_key_file"),
            ("kafka.sasl_username", "kafka.sasl_password_file"),
        ];
        for (one, other) in pairs {
            self.needs(one, other);
            self.needs(other, one);
        }
    }

    fn store(&mut self) {
        if self.settings.store.kind == StoreKind::Postgres {
            self.switch_needs("store.kind", "store.postgres_url_file");
        }
        // Someone who hands over a server's address would not expect a local file to be used.
        self.needs_choice("store.postgres_url_file", "store.kind");
    }

    fn addresses(&mut self) {
        let grpc = &self.settings.grpc;
        let is_local = grpc.listen.ip().to_canonical().is_loopback();
        let keys = [
            "grpc.listen",
            "grpc.allow_plaintext",
            "grpc.tls_certificate_file",
            "grpc.tls_key_file",
        ];
        // With one of the two TLS files the complaint is that the other is missing.
        let has_tls = grpc.tls_certificate_file.is_some() || grpc.tls_key_file.is_some();
        if !is_local && !has_tls && !grpc.allow_plaintext && self.are_sure(&keys) {
            self.report("grpc.listen", Fault::Plaintext);
        }
        let is_same = grpc.listen == self.settings.http.listen && grpc.listen.port() != 0;
        if is_same && self.are_sure(&["grpc.listen", "http.listen"]) {
            let later = self.layers.origin("grpc.listen") >= self.layers.origin("http.listen");
            self.report(
                if later { "grpc.listen" } else { "http.listen" },
                Fault::SameAddress,
            );
        }
    }

    fn kafka(&mut self) {
        let kafka = &self.settings.kafka;
        self.needs("kafka.brokers", "kafka.topics");
        // Topics that nobody reads are lost sight of; switching Kafka off on purpose is an explicit empty text.
        self.needs_choice("kafka.topics", "kafka.brokers");
        if kafka.is_on() && !kafka.brokers.split(',').all(is_broker) {
            self.report("kafka.brokers", Fault::Brokers);
        }
        if !kafka.topics.iter().all(|topic| is_topic_name(topic)) {
            self.report(
                "kafka.topics",
                Fault::TopicName {
                    key: "kafka.topics",
                },
            );
        }
        if !is_topic_name(&kafka.outbound_prefix) {
            self.report(
                "kafka.outbound_prefix",
                Fault::TopicName {
                    key: "kafka.outbound_prefix",
                },
            );
        }
    }

    /// Where `key` is given, `needs` must be too.
    fn needs(&mut self, key: &'static str, needs: &'static str) {
        if self.layers.is_given(key) {
            self.switch_needs(key, needs);
        }
    }

    /// `key` has a value with which `needs` must be given.
    fn switch_needs(&mut self, key: &'static str, needs: &'static str) {
        if !self.layers.is_given(needs) && self.are_sure(&[key, needs]) {
            self.report(key, Fault::Needs { key, needs });
        }
    }

    /// Where `key` is given, somebody must have decided about `choice`, one way or the other.
    fn needs_choice(&mut self, key: &'static str, choice: &'static str) {
        let is_undecided = self.layers.origin(choice) == Origin::Default;
        if self.layers.is_given(key) && is_undecided && self.are_sure(&[key, choice]) {
            self.report(key, Fault::Needs { key, needs: choice });
        }
    }

    fn are_sure(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.layers.is_sure(key))
    }

    fn report(&mut self, key: &str, fault: Fault) {
        self.found.push(ConfigProblem {
            origin: self.layers.origin(key),
            fault,
        });
    }
}

fn is_broker(broker: &str) -> bool {
    broker.trim().rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !host.contains(char::is_whitespace) && port.parse::<u16>().is_ok()
    })
}

/// Kafka's own rule, `org.apache.kafka.common.internals.Topic`.
fn is_topic_name(name: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=249).contains(&name.len()) && name != "." && name != ".." && name.chars().all(is_legal)
}
