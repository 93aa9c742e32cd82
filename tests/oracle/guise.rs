//! Guises (section 1.5): what is written instead of a Chinese word that may be meant.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::fold::is_han;
use super::matching::Span;
use super::sound::{COUNTERS, ORDINARY, in_word};
use super::tables::{self, MEANT, PINYIN, SHAPES, single};
use super::units::{Sounds, digit_syllables};

/// The table is the same for every pack.
pub static GUISES: LazyLock<Guises> = LazyLock::new(Guises::new);

const LONGEST_WORD: usize = 6;

pub struct Guises {
    /// The longest first; of equally long ones, in the order of the table.
    words: Vec<Vec<char>>,
    /// The places of the words that begin with a character.
    by_first: HashMap<char, Vec<usize>>,
    /// The words once more, to be looked for as they stand.
    as_they_stand: HashSet<Vec<char>>,
    /// For the text of a unit, the characters of words that it stands for.
    stands_for: HashMap<Vec<char>, HashSet<char>>,
    sounds: Sounds,
}

/// A stretch of the folded text that is written instead of a word.
pub struct Found {
    /// One past the last character.
    pub end: usize,
    pub word: String,
    pub has_digit: bool,
}

impl Guises {
    fn new() -> Guises {
        let mut words: Vec<Vec<char>> = tables::rows(MEANT)
            .map(|row| row[0].chars().collect())
            .collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut by_first: HashMap<char, Vec<usize>> = HashMap::new();
        for (place, word) in words.iter().enumerate() {
            by_first.entry(word[0]).or_default().push(place);
        }
        Guises {
            by_first,
            as_they_stand: words.iter().cloned().collect(),
            stands_for: stands_for(&words.iter().flatten().copied().collect()),
            sounds: Sounds::new(),
            words,
        }
    }

    /// The guise that counts of those that begin here.
    pub fn at(&self, text: &[char], start: usize) -> Option<Found> {
        let units = units(text, start);
        let (from, to) = *units.first()?;
        let firsts = self.stands_for.get(&text[from..to])?;
        let places = firsts.iter().filter_map(|first| self.by_first.get(first));
        let place = places
            .flatten()
            .filter(|place| self.is_guise(text, &units, &self.words[**place]))
            .min()?;
        let word = &self.words[*place];
        let units = &units[..word.len()];
        Some(Found {
            end: units[units.len() - 1].1,
            word: word.iter().collect(),
            has_digit: units.iter().any(|unit| text[unit.0].is_ascii_digit()),
        })
    }

    /// Whether the first of these units are a guise of the word.
    fn is_guise(&self, text: &[char], units: &[Span], word: &[char]) -> bool {
        let Some(units) = units.get(..word.len()) else {
            return false;
        };
        let stands = |(from, to): Span, c: char| {
            let known = self.stands_for.get(&text[from..to]);
            known.is_some_and(|characters| characters.contains(&c))
        };
        let pairs = units.iter().copied().zip(word.iter().copied());
        if !pairs.clone().all(|(unit, c)| stands(unit, c)) {
            return false;
        }
        // Where those that differ begin, and the characters at their places.
        let differ: Vec<(usize, char)> = pairs
            .map(|(unit, c)| (unit.0, c))
            .filter(|(at, c)| text[*at] != *c)
            .collect();
        let of_other_word = differ.iter().any(|&(at, _)| {
            is_han(text[at])
                && (in_word(text, at, 2..=4, &ORDINARY)
                    || in_word(text, at, 2..=LONGEST_WORD, &self.as_they_stand))
        });
        let (last, end) = units[units.len() - 1];
        let is_amount =
            text[last].is_ascii_digit() && text.get(end).is_some_and(|c| COUNTERS.contains(*c));
        let some_stand = differ.len() < word.len();
        let by_sound = differ.iter().all(|(at, c)| self.has_sound(text[*at], *c));
        !differ.is_empty() && !of_other_word && !is_amount && (some_stand || by_sound)
    }

    /// Whether a unit that stands for a character and begins with this one has its sound and is no
    /// digit. Letters have it wherever they stand for the character.
    fn has_sound(&self, begins: char, c: char) -> bool {
        let syllable = self.sounds.of_han(begins);
        begins.is_ascii_lowercase() || syllable.is_some() && syllable == self.sounds.of_han(c)
    }
}

/// For the text of each unit that stands for any of these characters, which of them it stands for.
fn stands_for(wanted: &HashSet<char>) -> HashMap<Vec<char>, HashSet<char>> {
    let mut all: HashMap<Vec<char>, HashSet<char>> = HashMap::new();
    let mut add = |unit: Vec<char>, c: char| {
        all.entry(unit).or_default().insert(c);
    };
    for &c in wanted {
        add(vec![c], c);
    }
    for row in tables::rows(PINYIN) {
        let [syllable, characters] = row[..] else {
            continue;
        };
        for c in characters.chars().filter(|c| wanted.contains(c)) {
            add(syllable.chars().collect(), c);
            for same in characters.chars() {
                add(vec![same], c);
            }
            for digit in ('0'..='9').filter(|digit| digit_syllables(*digit).contains(&syllable)) {
                add(vec![digit], c);
            }
        }
    }
    for row in tables::rows(SHAPES) {
        if let (Some(c), [_, rare, common]) = (single(row[0]), &row[..])
            && wanted.contains(&c)
        {
            for alike in rare.chars().chain(common.chars()).filter(|c| is_han(*c)) {
                add(vec![alike], c);
            }
        }
    }
    all
}

/// The units that follow one another from here on, as many as the longest word has characters.
fn units(text: &[char], start: usize) -> Vec<Span> {
    let is_letters = |unit: &Span| text[unit.0].is_ascii_lowercase();
    let mut units: Vec<Span> = unit(text, start).into_iter().collect();
    while let Some(&last) = units.last()
        && units.len() < LONGEST_WORD
    {
        let after_space = || {
            let next = unit(text, last.1 + 1).filter(|_| text[last.1] == ' ')?;
            (is_letters(&last) || is_letters(&next)).then_some(next)
        };
        let Some(next) = unit(text, last.1).or_else(after_space) else {
            break;
        };
        units.push(next);
    }
    units
}

/// The unit that begins here. That letters are a syllable is to say that they may stand for
/// something, which is asked where they are to do so.
fn unit(text: &[char], start: usize) -> Option<Span> {
    let first = *text.get(start)?;
    if is_han(first) {
        return Some((start, start + 1));
    }
    let is_digit = first.is_ascii_digit();
    let letters = text[start..]
        .iter()
        .take_while(|c| c.is_ascii_lowercase())
        .count();
    let length = if is_digit { 1 } else { letters };
    let before = start.checked_sub(1).map(|at| text[at]);
    let after = text.get(start + length).copied();
    let joins = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '\'' && !is_digit;
    let stands_free = ![before, after].into_iter().flatten().any(joins);
    (length > 0 && stands_free).then_some((start, start + length))
}
