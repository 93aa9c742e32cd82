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
    /// Common ones that share strokes or parts with it.
    pub common: &'static str,
    /// Common ones that are drawn nearly as it is.
    pub drawn: &'static str,
}

impl Alike {
    /// All that look like it, the rare ones first.
    pub fn all(self) -> impl Iterator<Item = char> {
        [self.rare, self.common, self.drawn]
            .into_iter()
            .flat_map(str::chars)
    }
}

static LIKE: LazyLock<HashMap<char, Alike>> = LazyLock::new(|| {
    entries(SHAPES)
        .map(|(c, rest)| {
            let mut lists = rest.split('\t');
            let mut next = || lists.next().unwrap_or_default();
            let (rare, common, drawn) = (next(), next(), next());
            (
                c,
                Alike {
                    rare,
                    common,
                    drawn,
                },
            )
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

/// A part with which more characters are written says little of how they look.
const SHARED_MAX: usize = 20;

/// Characters by a character.
type Lists = HashMap<char, Vec<char>>;

/// The telling parts of characters, and the characters that are written with each.
static PARTED: LazyLock<(Lists, Lists)> = LazyLock::new(|| {
    let (mut parts, mut users) = (Lists::new(), Lists::new());
    for (c, form) in entries(PARTS) {
        for part in form.chars() {
            let of_c = parts.entry(c).or_default();
            if !of_c.contains(&part) {
                of_c.push(part);
                users.entry(part).or_default().push(c);
            }
        }
    }
    users.retain(|_, users| users.len() <= SHARED_MAX);
    parts
        .values_mut()
        .for_each(|parts| parts.retain(|part| users.contains_key(part)));
    (parts, users)
});

/// Characters that share a telling part with this one, are one, or have it as one.
pub fn parted_like(c: char) -> impl Iterator<Item = char> {
    let (parts, users) = &*PARTED;
    let of_c = parts.get(&c).into_iter().flatten().copied();
    let sharing = of_c.clone().chain([c]).filter_map(|part| users.get(&part));
    of_c.chain(sharing.flatten().copied())
        .filter(move |other| *other != c)
}

/// Characters that can be written as others, and as which.
pub(super) fn forms() -> impl Iterator<Item = (char, &'static str)> {
    entries(PARTS)
}

/// Characters that look like this one, or hold it.
pub fn like(c: char) -> Alike {
    LIKE.get(&c).copied().unwrap_or_default()
}

/// The ways in which a character can be written as two or three.
pub fn split(c: char) -> &'static [&'static str] {
    SPLIT.get(&c).map_or(&[], Vec::as_slice)
}
