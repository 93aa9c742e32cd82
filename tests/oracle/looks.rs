//! The characters that are wanted, and what stands for one by its parts or its looks (section 1.3).

use std::collections::{BTreeSet, HashMap};

use super::fold::is_han;
use super::pieces::{Kind, Piece};
use super::tables::{self, PARTS, SHAPES, single};

pub struct Looks {
    /// The Han characters of the terms of all disguised lexicons.
    wanted: BTreeSet<char>,
    by_parts: HashMap<Vec<char>, char>,
    rare: HashMap<char, char>,
    common: HashMap<char, char>,
}

impl Looks {
    pub fn new<'a>(terms: impl Iterator<Item = &'a [char]>) -> Looks {
        let wanted: BTreeSet<char> = terms.flatten().copied().filter(|c| is_han(*c)).collect();
        let (mut by_parts, mut rare, mut common) = (HashMap::new(), HashMap::new(), HashMap::new());
        for row in tables::rows(PARTS) {
            if let (Some(whole), [_, parts]) = (wanted_of(&row, &wanted), &row[..]) {
                smallest(&mut by_parts, parts.chars().collect(), whole);
            }
        }
        for row in tables::rows(SHAPES) {
            if let (Some(whole), [_, seldom, often, _]) = (wanted_of(&row, &wanted), &row[..]) {
                seldom
                    .chars()
                    .for_each(|alike| smallest(&mut rare, alike, whole));
                often
                    .chars()
                    .for_each(|alike| smallest(&mut common, alike, whole));
            }
        }
        Looks {
            wanted,
            by_parts,
            rare,
            common,
        }
    }

    /// The wanted character that the first pieces are the parts of, and how many they are. That they
    /// follow one another directly is to say that no mark stands between: it would be a piece.
    pub fn joined(&self, text: &[char], pieces: &[Piece]) -> Option<(usize, char)> {
        [3, 2].into_iter().find_map(|count| {
            let parts = pieces.get(..count)?;
            if parts.iter().any(|piece| piece.kind != Kind::Han) {
                return None;
            }
            let whole = self.by_parts.get(&text[parts[0].start..][..count])?;
            Some((count, *whole))
        })
    }

    /// What a character becomes by its rare look-alikes alone.
    pub fn by_rare(&self, c: char) -> char {
        self.unless_wanted(c, self.rare.get(&c))
    }

    /// What a character becomes by its rare look-alikes, else by its common ones.
    pub fn by_any(&self, c: char) -> char {
        self.unless_wanted(c, self.rare.get(&c).or(self.common.get(&c)))
    }

    fn unless_wanted(&self, c: char, other: Option<&char>) -> char {
        match other {
            Some(other) if !self.wanted.contains(&c) => *other,
            _ => c,
        }
    }
}

/// The character that a row is about, if it is wanted.
fn wanted_of(row: &[&str], wanted: &BTreeSet<char>) -> Option<char> {
    single(row.first()?).filter(|whole| wanted.contains(whole))
}

/// Of several characters that one disguise may stand for, the one with the smallest code point.
fn smallest<K: Eq + std::hash::Hash>(map: &mut HashMap<K, char>, disguise: K, whole: char) {
    map.entry(disguise)
        .and_modify(|known| *known = whole.min(*known))
        .or_insert(whole);
}
