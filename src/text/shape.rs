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

static LIKE: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| entries(SHAPES).collect());

static SPLIT: LazyLock<HashMap<char, Vec<(char, char)>>> = LazyLock::new(|| {
    let mut split: HashMap<char, Vec<(char, char)>> = HashMap::new();
    for (c, form) in entries(PARTS) {
        let mut parts = form.chars();
        if let (Some(a), Some(b), None) = (parts.next(), parts.next(), parts.next()) {
            split.entry(c).or_default().push((a, b));
        }
    }
    split
});

/// Characters that look like this one, or hold it.
pub fn like(c: char) -> &'static str {
    LIKE.get(&c).copied().unwrap_or("")
}

/// The ways in which a character can be written as two.
pub fn split(c: char) -> &'static [(char, char)] {
    SPLIT.get(&c).map_or(&[], Vec::as_slice)
}
