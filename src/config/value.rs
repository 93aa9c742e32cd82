//! One value: from text or TOML to the form that its key asks for.

use std::net::SocketAddr;

use base64::Engine as _;
use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::keys::{Form, KeyInfo, known_keys};
use super::origin::short;
use super::problem::Fault;
use super::suggest;

/// A value of the environment, of a flag or of the table of keys.
pub(super) fn from_text(info: &'static KeyInfo, text: &str) -> Result<toml::Value, Fault> {
    let as_text = || toml::Value::String(text.to_owned());
    let value = match info.form {
        Form::Count { .. } | Form::Switch => parse(text).unwrap_or_else(as_text),
        Form::Texts if text.trim_start().starts_with('[') => parse(text).unwrap_or_else(as_text),
        Form::Texts => {
            let parts = text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            toml::Value::Array(parts.map(toml::Value::from).collect())
        }
        _ => as_text(),
    };
    check(info, value)
}

/// A value of the config file.
pub(super) fn from_toml(
    info: &'static KeyInfo,
    value: Spanned<DeValue<'_>>,
) -> Result<toml::Value, Fault> {
    match toml::Value::deserialize(ValueDeserializer::from(value)) {
        Ok(value) => check(info, value),
        // The parser has accepted it, so it can only be a number beyond 64 bits.
        Err(_) => Err(wrong_form(info, "a number that is too large".to_owned())),
    }
}

fn parse(text: &str) -> Option<toml::Value> {
    let value = DeValue::parse(text.trim()).ok()?;
    toml::Value::deserialize(ValueDeserializer::from(value)).ok()
}

fn check(info: &'static KeyInfo, value: toml::Value) -> Result<toml::Value, Fault> {
    if holds_secret(info.form, &value) {
        return Err(Fault::InlineSecret {
            name: info.key.to_owned(),
            instead: secret_key_beside(info),
        });
    }
    let fits = match (info.form, &value) {
        (_, toml::Value::String(text)) if text.is_empty() && !info.default.is_empty() => {
            return Err(Fault::Empty(info.key));
        }
        (Form::Count { min, max }, toml::Value::Integer(number)) => {
            if !(min..=max).contains(number) {
                return Err(Fault::OutOfRange {
                    key: info.key,
                    min,
                    max,
                });
            }
            true
        }
        (Form::Text | Form::File | Form::SecretFile, toml::Value::String(_)) => true,
        (Form::Switch, toml::Value::Boolean(_)) => true,
        (Form::Address, toml::Value::String(text)) => text.parse::<SocketAddr>().is_ok(),
        (Form::Choice(words), toml::Value::String(text)) => words.contains(&text.as_str()),
        (Form::Texts, toml::Value::Array(items)) => items.iter().all(toml::Value::is_str),
        _ => false,
    };
    if fits {
        Ok(value)
    } else {
        Err(wrong_form(info, found(info.form, &value)))
    }
}

fn wrong_form(info: &KeyInfo, found: String) -> Fault {
    let (wanted, near) = match info.form {
        Form::Text => ("a text".to_owned(), None),
        Form::File | Form::SecretFile => ("the path of a file".to_owned(), None),
        Form::Address => (
            format!("an IP address and a port, such as {}", info.default),
            None,
        ),
        Form::Count { min, max } => (format!("a whole number from {min} to {max}"), None),
        Form::Switch => (
            "true or false".to_owned(),
            suggest::word_near(found.trim_matches('`'), &["true", "false"]),
        ),
        Form::Choice(words) => (
            format!("one of {}", words.join(", ")),
            suggest::word_near(found.trim_matches('`'), words),
        ),
        Form::Texts => ("a list of texts".to_owned(), None),
    };
    Fault::WrongForm {
        key: info.key,
        wanted,
        found,
        near: near.unwrap_or_default(),
    }
}

/// What was found, repeated only where it cannot be a secret.
fn found(form: Form, value: &toml::Value) -> String {
    match (form, value) {
        (
            Form::Count { .. } | Form::Switch | Form::Choice(_) | Form::Address,
            toml::Value::String(text),
        ) => {
            format!("`{}`", short(text))
        }
        (_, value) => article(value.type_str()).to_owned(),
    }
}

/// A kind of TOML value in words.
pub(super) fn article(toml_type: &str) -> &'static str {
    match toml_type {
        "string" => "a text",
        "integer" => "a whole number",
        "float" => "a number with a fraction",
        "boolean" => "true or false",
        "datetime" => "a date",
        "array" => "a list",
        _ => "a section",
    }
}

fn holds_secret(form: Form, value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => looks_secret(form, text),
        toml::Value::Array(items) => items.iter().any(|item| holds_secret(form, item)),
        _ => false,
    }
}

/// An address with a password, a connection text with one, or the content of a key file instead of its path.
fn looks_secret(form: Form, text: &str) -> bool {
    let is_path = matches!(form, Form::File | Form::SecretFile);
    let after_scheme = text.split_once("://").map(|(_, rest)| rest);
    let with_user = after_scheme.or((!is_path).then_some(text));
    let in_address = with_user
        .and_then(|rest| rest.rsplit_once('@'))
        .is_some_and(|(user, _)| user.contains(':'));
    let lower = text.to_lowercase();
    let in_pairs = ["password=", "passwd=", "pwd="]
        .iter()
        .any(|name| lower.replace(' ', "").contains(name));
    in_address || in_pairs || (form == Form::SecretFile && is_key_material(text))
}

fn is_key_material(text: &str) -> bool {
    let decoded = base64::engine::general_purpose::STANDARD.decode(text.trim());
    text.contains("-----BEGIN")
        || text.trim().contains('\n')
        || decoded.is_ok_and(|bytes| bytes.len() == 32)
}

/// The key of the same section that takes a secret as a file; empty if it is this one.
fn secret_key_beside(info: &KeyInfo) -> String {
    let beside =
        |other: &&KeyInfo| other.section() == info.section() && other.form == Form::SecretFile;
    match known_keys().iter().find(beside) {
        _ if info.form == Form::SecretFile => String::new(),
        Some(other) => other.key.to_owned(),
        None => "a key that ends in _file".to_owned(),
    }
}
