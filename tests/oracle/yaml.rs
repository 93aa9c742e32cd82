//! A YAML file as plain JSON values, and accessors whose errors say where.

use std::path::Path;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

pub fn read(path: &Path) -> Result<Node, String> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{place}: {e}"))?;
    let documents = Yaml::load_from_str(&text).map_err(|e| format!("{place}: {e}"))?;
    let value = documents.first().map_or(Ok(Value::Null), plain);
    Ok(Node {
        value: value.map_err(|e| format!("{place}: {e}"))?,
        place,
    })
}

fn plain(yaml: &Yaml) -> Result<Value, String> {
    Ok(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(truth)) => Value::from(*truth),
        Yaml::Value(Scalar::Integer(number)) => Value::from(*number),
        Yaml::Value(Scalar::FloatingPoint(number)) => Value::from(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => Value::from(text.as_ref()),
        Yaml::Sequence(items) => Value::Array(items.iter().map(plain).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let Value::String(key) = plain(key)? else {
                    return Err("a key is no text".into());
                };
                map.insert(key, plain(value)?);
            }
            Value::Object(map)
        }
        other => return Err(format!("not understood: {other:?}")),
    })
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    value: Value,
    place: String,
}

impl Node {
    pub fn error(&self, what: impl std::fmt::Display) -> String {
        format!("{}: {what}", self.place)
    }

    fn child(&self, name: impl std::fmt::Display, value: &Value) -> Node {
        Node {
            value: value.clone(),
            place: format!("{}: {name}", self.place),
        }
    }

    /// Refuses keys that the specification does not name: a meaning missed must not pass quietly.
    pub fn only(&self, allowed: &[&str]) -> Result<(), String> {
        match &self.value {
            Value::Null => Ok(()),
            Value::Object(map) => match map.keys().find(|key| !allowed.contains(&key.as_str())) {
                Some(key) => Err(self.error(format!("unknown key `{key}`"))),
                None => Ok(()),
            },
            _ => Err(self.error("not a mapping")),
        }
    }

    pub fn truth(&self) -> Result<bool, String> {
        self.value
            .as_bool()
            .ok_or_else(|| self.error("neither true nor false"))
    }

    /// An absent key and a null are the same.
    pub fn get(&self, key: &str) -> Option<Node> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(self.child(key, value))
    }

    pub fn need(&self, key: &str) -> Result<Node, String> {
        self.get(key)
            .ok_or_else(|| self.error(format!("`{key}` is missing")))
    }

    pub fn text(&self) -> Result<&str, String> {
        self.value.as_str().ok_or_else(|| self.error("not a text"))
    }

    pub fn whole(&self) -> Result<u64, String> {
        self.value
            .as_u64()
            .ok_or_else(|| self.error("not a whole number"))
    }

    pub fn stage(&self, highest: u8) -> Result<u8, String> {
        let stage = u8::try_from(self.whole()?)
            .ok()
            .filter(|stage| *stage <= highest);
        stage.ok_or_else(|| self.error(format!("more than {highest}")))
    }

    pub fn real(&self) -> Result<f64, String> {
        self.value
            .as_f64()
            .ok_or_else(|| self.error("not a number"))
    }

    pub fn list(&self) -> Result<Vec<Node>, String> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.error("not a list"))?;
        Ok(items
            .iter()
            .enumerate()
            .map(|(i, item)| self.child(i, item))
            .collect())
    }

    /// The items of an optional list.
    pub fn items(&self, key: &str) -> Result<Vec<Node>, String> {
        self.get(key).map_or(Ok(Vec::new()), |list| list.list())
    }

    pub fn texts(&self, key: &str) -> Result<Vec<String>, String> {
        self.items(key)?
            .iter()
            .map(|item| item.text().map(str::to_owned))
            .collect()
    }

    pub fn entries(&self) -> Result<Vec<(String, Node)>, String> {
        let map = self
            .value
            .as_object()
            .ok_or_else(|| self.error("not a mapping"))?;
        Ok(map
            .iter()
            .map(|(key, value)| (key.clone(), self.child(key, value)))
            .collect())
    }
}
