//! Layers of values laid over each other; each value keeps its origin.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::{self, KeyInfo, known_keys, variable_of};
use super::origin::{Origin, short};
use super::problem::{ConfigProblem, Fault};
use super::{suggest, value};

/// A value in force.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub value: toml::Value,
    pub origin: Origin,
}

/// Variables of ours that are not settings: `./dev`, the tests, and the place of the config file itself.
const IGNORED: [&str; 2] = ["LIFEGUARD_CACHE", "LIFEGUARD_CONFIG"];
const IGNORED_PREFIX: &str = "LIFEGUARD_TEST_";

/// Values by key, and what was wrong with others.
#[derive(Default)]
pub(super) struct Layers {
    pub settings: BTreeMap<&'static str, Setting>,
    pub problems: Vec<ConfigProblem>,
    /// Keys that someone tried to set and failed; nothing further is concluded from their value.
    doubtful: BTreeSet<&'static str>,
    /// A part of the file could not be read, so any key may be doubtful.
    pub file_unread: bool,
}

impl Layers {
    pub(super) fn defaults() -> Self {
        let mut layers = Self::default();
        for info in known_keys() {
            layers.put(info, value::from_text(info, info.default), Origin::Default);
        }
        layers
    }

    pub(super) fn environment(&mut self, variables: &[(String, String)]) {
        let ours = variables.iter().filter(|(name, text)| {
            name.starts_with("LIFEGUARD_")
                && !name.starts_with(IGNORED_PREFIX)
                && !IGNORED.contains(&name.as_str())
                && !is_service_link(name, text)
        });
        for (name, text) in ours {
            let origin = Origin::Environment(name.clone());
            match known_keys()
                .iter()
                .find(|info| variable_of(info.key) == *name)
            {
                Some(info) => self.put(info, value::from_text(info, text), origin),
                None => self.unknown_variable(name, origin),
            }
        }
    }

    pub(super) fn flags(&mut self, overrides: &[(String, String)]) {
        for (key, text) in overrides {
            let origin = Origin::Flag(key.clone());
            match keys::find(key) {
                Some(info) => self.put(info, value::from_text(info, text), origin),
                None => self.unknown_key(key, origin),
            }
        }
    }

    pub(super) fn put(
        &mut self,
        info: &'static KeyInfo,
        value: Result<toml::Value, Fault>,
        origin: Origin,
    ) {
        match value {
            Ok(value) => {
                self.settings.insert(info.key, Setting { value, origin });
            }
            Err(fault) => {
                self.doubtful.insert(info.key);
                self.report(origin, fault);
            }
        }
    }

    pub(super) fn report(&mut self, origin: Origin, fault: Fault) {
        self.problems.push(ConfigProblem { origin, fault });
    }

    pub(super) fn unknown_key(&mut self, key: &str, origin: Origin) {
        self.unknown("key", key, key, origin, str::to_owned);
    }

    fn unknown_variable(&mut self, name: &str, origin: Origin) {
        let key = name
            .trim_start_matches("LIFEGUARD_")
            .to_lowercase()
            .replace("__", ".");
        self.unknown("variable", name, &key, origin, variable_of);
    }

    /// `name` is what was written, `key` the dotted key it amounts to; `written` turns a key into what should be written.
    fn unknown(
        &mut self,
        kind: &'static str,
        name: &str,
        key: &str,
        origin: Origin,
        written: impl Fn(&str) -> String,
    ) {
        let name = short(name);
        if let Some(file_key) = suggest::file_key_of(key) {
            self.doubtful.insert(file_key);
            return self.report(
                origin,
                Fault::InlineSecret {
                    name,
                    instead: written(file_key),
                },
            );
        }
        let near = suggest::keys_near(key);
        self.doubtful.extend(&near);
        let near = near.into_iter().map(written).collect();
        self.report(origin, Fault::Unknown { kind, name, near });
    }

    /// True if the value of this key is what was meant, so that conclusions may be drawn from it.
    pub(super) fn is_sure(&self, key: &str) -> bool {
        !self.file_unread && !self.doubtful.contains(key)
    }

    /// True if someone has set it to something.
    pub(super) fn is_given(&self, key: &str) -> bool {
        self.settings
            .get(key)
            .is_some_and(|setting| match &setting.value {
                toml::Value::String(text) => !text.is_empty(),
                toml::Value::Array(items) => !items.is_empty(),
                _ => setting.origin != Origin::Default,
            })
    }

    pub(super) fn origin(&self, key: &str) -> Origin {
        self.settings
            .get(key)
            .map_or(Origin::Default, |setting| setting.origin.clone())
    }
}

/// True for what Kubernetes adds to every pod beside a Service whose name begins with `lifeguard`. Nobody wrote these as
/// settings, and refusing them would keep a node from starting because someone named a Service. No setting can have such
/// a name, since settings have two underscores in it.
fn is_service_link(name: &str, text: &str) -> bool {
    let is_url =
        text.starts_with("tcp://") || text.starts_with("udp://") || text.starts_with("sctp://");
    let is_port_part = || {
        let rest = name.split_once("_PORT_").map_or("", |(_, rest)| rest);
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        digits > 0
            && ["_TCP", "_UDP", "_SCTP"]
                .iter()
                .any(|protocol| rest[digits..].starts_with(protocol))
    };
    !name.contains("__")
        && (name.ends_with("_SERVICE_HOST")
            || name.ends_with("_SERVICE_PORT")
            || name.contains("_SERVICE_PORT_")
            || (name.ends_with("_PORT") && is_url)
            || is_port_part())
}
