//! Reads the fields of a map, noting what is missing, misspelt or of the wrong kind, and going on.

use super::problem::{Problems, did_you_mean};
use super::yaml::{Data, Node, Place};
use crate::domain::time::parse_length_ms;

/// The fields of one map.
pub(crate) struct Fields<'n, 'p> {
    pub file: &'n str,
    pub place: Place,
    entries: &'n [(String, Place, Node)],
    pub problems: &'p mut Problems,
}

impl<'n, 'p> Fields<'n, 'p> {
    /// Opens a map; every key outside `known` is a problem.
    pub fn open(
        file: &'n str,
        node: &'n Node,
        known: &[&str],
        problems: &'p mut Problems,
    ) -> Option<Self> {
        let Data::Map(entries) = &node.data else {
            problems.add(
                file,
                node.place,
                format!("expected a map, found {}", node.kind()),
                "",
            );
            return None;
        };
        for (key, place, _) in entries {
            if !known.contains(&key.as_str()) {
                let mut hint = did_you_mean(key, known.iter().copied());
                if hint.is_empty() {
                    hint = format!("known here: {}", known.join(", "));
                }
                if ["gender", "region", "ethnicity", "income", "sex", "race"]
                    .contains(&key.as_str())
                {
                    hint = "gender, region, ethnicity and income never weigh".to_owned();
                }
                problems.add(file, *place, format!("unknown field `{key}`"), hint);
            }
        }
        Some(Self {
            file,
            place: node.place,
            entries,
            problems,
        })
    }

    pub fn problem(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.add(self.file, place, message, hint);
    }

    /// The node of a field, if it is there and not null.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|(k, _, _)| k == key)
            .map(|(_, _, n)| n)
            .filter(|n| !n.is_null())
    }

    /// The node of a field that must be there.
    pub fn need(&mut self, key: &str) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            self.problem(self.place, format!("the field `{key}` is missing"), "");
        }
        found
    }

    pub fn text_of(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match &node.data {
            Data::Scalar { text, .. } if !text.trim().is_empty() => Some(text),
            Data::Scalar { .. } => {
                self.problem(node.place, format!("`{what}` is empty"), "");
                None
            }
            _ => {
                self.problem(
                    node.place,
                    format!("`{what}` must be a word, not {}", node.kind()),
                    "",
                );
                None
            }
        }
    }

    pub fn text(&mut self, key: &str) -> Option<&'n str> {
        let node = self.need(key)?;
        self.text_of(node, key)
    }

    /// `true` or `false`, where the field is there.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let node = self.get(key)?;
        match &node.data {
            Data::Scalar { text, .. } if text == "true" => Some(true),
            Data::Scalar { text, .. } if text == "false" => Some(false),
            _ => {
                self.problem(node.place, format!("`{key}` must be true or false"), "");
                None
            }
        }
    }

    pub fn list(&mut self, key: &str) -> Vec<&'n Node> {
        match self.get(key) {
            None => Vec::new(),
            Some(Node {
                data: Data::List(items),
                ..
            }) => items.iter().collect(),
            Some(node) => {
                let kind = node.kind();
                self.problem(
                    node.place,
                    format!("`{key}` must be a list, not {kind}"),
                    "write `[…]`",
                );
                Vec::new()
            }
        }
    }

    pub fn texts(&mut self, key: &str) -> Vec<(&'n str, Place)> {
        let nodes = self.list(key);
        nodes
            .into_iter()
            .filter_map(|n| self.text_of(n, key).map(|t| (t, n.place)))
            .collect()
    }

    /// A whole number inside a range; `None` if absent or wrong.
    pub fn number(&mut self, key: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let node = self.get(key)?;
        let text = self.text_of(node, key)?;
        match text.parse::<i64>() {
            Ok(n) if range.contains(&n) => Some(n),
            _ => {
                let (low, high) = (range.start(), range.end());
                self.problem(
                    node.place,
                    format!("`{key}` must be a whole number from {low} to {high}"),
                    "",
                );
                None
            }
        }
    }

    /// A share from 0 to 1 with at most three decimals, in thousandths.
    pub fn thousandths(&mut self, key: &str) -> Option<i64> {
        let node = self.need(key)?;
        let text = self.text_of(node, key)?;
        let parsed = text.split_once('.').map_or_else(
            || text.parse::<i64>().ok().map(|n| n * 1000),
            |(whole, part)| {
                let digits_ok =
                    part.len() <= 3 && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
                let whole = whole.parse::<i64>().ok()?;
                let part = digits_ok
                    .then(|| format!("{part:0<3}").parse::<i64>().ok())
                    .flatten()?;
                Some(whole * 1000 + part)
            },
        );
        match parsed {
            Some(n) if (0..=1000).contains(&n) => Some(n),
            _ => {
                self.problem(
                    node.place,
                    format!("`{key}` must be from 0 to 1, at most three decimals"),
                    "",
                );
                None
            }
        }
    }

    /// A length such as `72h`, in milliseconds.
    pub fn length_ms(&mut self, key: &str) -> Option<i64> {
        let node = self.need(key)?;
        let text = self.text_of(node, key)?;
        let length = parse_length_ms(text);
        if length.is_none() {
            self.problem(
                node.place,
                format!("`{key}` is no length of time: `{text}`"),
                "a whole number and s, m, h or d, such as 72h; at most ten years",
            );
        }
        length
    }

    /// One of a closed list of names.
    pub fn choice<T: Copy>(
        &mut self,
        node: &'n Node,
        what: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Option<T> {
        let text = self.text_of(node, what)?;
        let found = all.iter().copied().find(|value| name(*value) == text);
        if found.is_none() {
            let names: Vec<&str> = all
                .iter()
                .map(|v| name(*v))
                .filter(|n| !n.is_empty())
                .collect();
            let mut hint = did_you_mean(text, names.iter().copied());
            if hint.is_empty() {
                hint = format!("one of {}", names.join(", "));
            }
            self.problem(node.place, format!("`{text}` is no {what}"), hint);
        }
        found
    }
}

/// Opens the list under the only keys that a file may have, as (key, items).
pub(crate) fn sections<'n>(
    file: &'n str,
    root: &'n Node,
    known: &[&str],
    problems: &mut Problems,
) -> Vec<(&'n str, Vec<&'n Node>)> {
    let Some(mut fields) = Fields::open(file, root, known, problems) else {
        return Vec::new();
    };
    let Data::Map(entries) = &root.data else {
        return Vec::new();
    };
    entries
        .iter()
        .filter(|(key, _, _)| known.contains(&key.as_str()))
        .map(|(key, _, _)| (key.as_str(), fields.list(key)))
        .collect()
}
