//! How characters look: those that look like another or hold it, and those written in two parts.

use std::collections::HashMap;
use std::sync::LazyLock;

const SHAPES: &str = include_str!("tables/shapes.txt");
const PARTS: &str = include_str!("tables/parts.txt");

fn entries(table: &'static str) -> impl Iterator<Item = (char, &'static str)> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(c, rest)| Some((c.chars().next()?, rest)))
}

/// Characters that look like another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Alike {
    /// Hardly ever written for themselves.
    pub rare: &'static str,
    /// Common ones.
    pub common: &'static str,
}

static LIKE: LazyLock<HashMap<char, Alike>> = LazyLock::new(|| {
    entries(SHAPES)
        .map(|(c, rest)| {
            let (rare, common) = rest.split_once('\t').unwrap_or((rest, ""));
            (c, Alike { rare, common })
        })
        .collect()
});

static SPLIT: LazyLock<HashMap<char, Vec<&'static str>>> = LazyLock::new(|| {
    let mut split: HashMap<char, Vec<&'static str>> = HashMap::new();
    for (c, form) in entries(PARTS) {
        split.entry(c).or_default().push(form);
    }
    split
});

/// Characters that look like this one, or hold it.
pub fn like(c: char) -> Alike {
    LIKE.get(&c).copied().unwrap_or_default()
}

/// The ways in which a character can be written as two or three.
pub fn split(c: char) -> &'static [&'static str] {
    SPLIT.get(&c).map_or(&[], Vec::as_slice)
}
