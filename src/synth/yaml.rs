//! An embedded YAML file with its place, so that an error says where, and never what stands there.

use saphyr::{LoadableYamlNode as _, Yaml};

use super::SynthError;

/// Parses a file and hands its root to a reader.
pub(super) fn read<T>(
    file: &'static str,
    text: &str,
    reader: impl FnOnce(At<'_>) -> Result<T, SynthError>,
) -> Result<T, SynthError> {
    let documents =
        Yaml::load_from_str(text).map_err(|source| SynthError::Yaml { file, source })?;
    match documents.as_slice() {
        [root] => reader(At {
            node: root,
            path: format!("{file}:"),
        }),
        _ => Err(SynthError::Malformed {
            path: file.to_owned(),
            expected: "one document",
        }),
    }
}

/// A node and where it stands.
pub(super) struct At<'a> {
    node: &'a Yaml<'a>,
    path: String,
}

impl<'a> At<'a> {
    /// The fault of a node that is something else.
    pub fn fault(&self, expected: &'static str) -> SynthError {
        SynthError::Malformed {
            path: self.path.clone(),
            expected,
        }
    }

    /// Refuses keys that no one reads: a misspelt one would be lost in silence.
    pub fn only(&self, keys: &[&str]) -> Result<(), SynthError> {
        let map = self.node.as_mapping().ok_or_else(|| self.fault("a map"))?;
        match map
            .keys()
            .all(|key| key.as_str().is_some_and(|key| keys.contains(&key)))
        {
            true => Ok(()),
            false => Err(self.fault("no key but the known ones")),
        }
    }

    /// The value of a key, if there is one.
    pub fn find(&self, key: &str) -> Option<At<'a>> {
        let node = self.node.as_mapping_get(key)?;
        Some(At {
            node,
            path: format!("{} {key}", self.path),
        })
    }

    /// The value of a key.
    pub fn get(&self, key: &'static str) -> Result<At<'a>, SynthError> {
        self.find(key).ok_or_else(|| SynthError::Malformed {
            path: format!("{} {key}", self.path),
            expected: "a value",
        })
    }

    /// The entries of a list.
    pub fn list(&self) -> Result<Vec<At<'a>>, SynthError> {
        let nodes = self
            .node
            .as_sequence()
            .ok_or_else(|| self.fault("a list"))?;
        let at = |(index, node)| At {
            node,
            path: format!("{}[{index}]", self.path),
        };
        Ok(nodes.iter().enumerate().map(at).collect())
    }

    /// A word.
    pub fn text(&self) -> Result<&'a str, SynthError> {
        self.node.as_str().ok_or_else(|| self.fault("a text"))
    }

    /// A list of at least one word.
    pub fn texts(&self) -> Result<Vec<String>, SynthError> {
        let texts: Vec<String> = self
            .list()?
            .iter()
            .map(|at| at.text().map(str::to_owned))
            .collect::<Result<_, _>>()?;
        if texts.is_empty() {
            Err(self.fault("at least one text"))
        } else {
            Ok(texts)
        }
    }

    /// A whole number, not negative.
    pub fn number(&self) -> Result<u32, SynthError> {
        let number = self
            .node
            .as_integer()
            .and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.fault("a whole number"))
    }

    /// A word that names something.
    pub fn named<T>(
        &self,
        from_name: impl FnOnce(&str) -> Option<T>,
        expected: &'static str,
    ) -> Result<T, SynthError> {
        from_name(self.text()?).ok_or_else(|| self.fault(expected))
    }
}
