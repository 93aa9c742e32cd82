//! How often neighbours stand together in ordinary talk, roughly, for choosing what a gate looks for. Only speed rests on
//! it: whatever is chosen, nothing is found or lost by it.
//!
//! Counted at first use over the talk of ordinary buyers and merchants that the demonstration speaks and over the list of
//! ordinary words. Talk that differs from it makes the gate open a little more often, nothing else.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::LazyLock;

use super::table::{Kind, entry_of};
use super::{fold, words};

/// Each text stands in quotes on a line of its own.
const TALK: &str = include_str!("../synth/ordinary.yaml");
/// A word of the list says as much as this part of a text of talk.
const WORD_WEIGHT: f64 = 0.02;

/// Folded texts, each with its weight; together the texts of talk weigh one.
static SAMPLE: LazyLock<Vec<(String, f64)>> = LazyLock::new(|| {
    let quoted = |line: &'static str| {
        let (start, end) = (line.find('"')?, line.rfind('"')?);
        line.get(start + 1..end)
    };
    let talk: Vec<String> = TALK.lines().filter_map(quoted).map(fold).collect();
    let one = 1.0 / talk.len() as f64;
    let words = words::ordinary().map(|word| (word.to_owned(), one * WORD_WEIGHT));
    talk.into_iter()
        .map(|text| (text, one))
        .chain(words)
        .collect()
});

/// The share of ordinary texts that show some neighbours.
#[derive(Debug)]
pub struct Neighbours<K> {
    shares: HashMap<K, f64, foldhash::fast::FixedState>,
}

/// What was never seen may still come.
const UNSEEN: f64 = 1e-5;

impl<K: Copy + Eq + Hash> Neighbours<K> {
    fn counted<I: Iterator<Item = K>>(of_text: impl Fn(&'static str) -> I) -> Self {
        let mut shares = HashMap::default();
        for (text, weight) in SAMPLE.iter() {
            let shown: HashSet<K> = of_text(text).collect();
            for key in shown {
                *shares.entry(key).or_insert(UNSEEN) += weight;
            }
        }
        Self { shares }
    }

    /// In how many of all texts these stand.
    pub fn share(&self, key: K) -> f64 {
        self.shares.get(&key).copied().unwrap_or(UNSEEN)
    }
}

/// Two neighbours among the symbols of characters. Separators are left out, and 0 parts what stands beside it.
pub fn pairs(symbol: impl Fn(char) -> u16) -> Neighbours<(u16, u16)> {
    Neighbours::counted(|text| {
        let symbols: Vec<u16> = text
            .chars()
            .filter(|c| entry_of(*c).kind != Kind::Soft)
            .map(&symbol)
            .collect();
        let pairs: Vec<(u16, u16)> = symbols
            .windows(2)
            .map(|w| (w[0], w[1]))
            .filter(|(a, b)| *a != 0 && *b != 0)
            .collect();
        pairs.into_iter()
    })
}

/// Three bytes in a row of [`spelled`] texts.
pub fn letters() -> &'static Neighbours<[u8; 3]> {
    static LETTERS: LazyLock<Neighbours<[u8; 3]>> = LazyLock::new(|| {
        Neighbours::counted(|text| {
            let bytes = spelled(&format!("{BEGIN}{text}{END}"));
            let threes: Vec<[u8; 3]> = bytes.windows(3).map(|w| [w[0], w[1], w[2]]).collect();
            threes.into_iter()
        })
    });
    &LETTERS
}

/// Stands in a literal where the text begins, and in what is [`spelled`]: no text spells it.
pub const BEGIN: char = '\u{2}';
/// The same where the text ends.
pub const END: char = '\u{3}';

/// ASCII letters and digits as they stand, and one space for each run of anything else; one after [`BEGIN`] and before
/// [`END`].
pub fn spelled(folded: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(folded.len() + 2);
    for c in folded.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c as u8);
            continue;
        }
        if c == BEGIN {
            out.push(c as u8);
        }
        if out.last() != Some(&b' ') {
            out.push(b' ');
        }
        if c == END {
            out.push(c as u8);
        }
    }
    out
}

/// A character of the basic plane by its number, any other by one that nothing else has.
pub fn symbol_of(c: char) -> u16 {
    u16::try_from(u32::from(c)).unwrap_or(0xFFFF)
}

/// How often a folded literal may be expected in talk: at most as often as its rarest neighbours. [`BEGIN`] and [`END`] count
/// beside letters and digits.
pub fn expected_share(literal: &str) -> f64 {
    static ALONE: LazyLock<Neighbours<char>> =
        LazyLock::new(|| Neighbours::counted(|text| text.chars()));
    static CHARACTERS: LazyLock<Neighbours<(u16, u16)>> = LazyLock::new(|| pairs(symbol_of));
    let place = |c: &char| matches!(*c, BEGIN | END);
    let least = if literal.is_ascii() {
        spelled(literal)
            .windows(3)
            .map(|w| letters().share([w[0], w[1], w[2]]))
            .min_by(f64::total_cmp)
    } else {
        let symbols: Vec<u16> = literal
            .chars()
            .filter(|c| entry_of(*c).kind != Kind::Soft && !place(c))
            .map(symbol_of)
            .collect();
        symbols
            .windows(2)
            .map(|w| CHARACTERS.share((w[0], w[1])))
            .min_by(f64::total_cmp)
    };
    let alone = || {
        let chars = literal.chars().filter(|c| !place(c));
        chars.map(|c| ALONE.share(c)).fold(1.0, f64::min)
    };
    least.unwrap_or_else(alone)
}
