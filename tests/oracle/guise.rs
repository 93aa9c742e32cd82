//! Guises (section 1.5): what is written instead of a Chinese word that may be meant.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use super::fold::{Folded, is_han};
use super::matching::Span;
use super::sound::{COUNTERS, ORDINARY, in_word};
use super::tables::{self, MEANT, PARTS, PINYIN, SHAPES, single};
use super::units::{Sounds, digit_syllables};

/// The table is the same for every pack.
pub static GUISES: LazyLock<Guises> = LazyLock::new(Guises::new);

const LONGEST_WORD: usize = 6;
/// Too much in use to stand for what they look like.
const IN_USE: &str = "的了是就还好会可这那他她也都没很去来到说大小多少上下里个们和跟给把被让对做用买送发收有在比看带拿着新愁干无黑憋跑米醋脆";

pub struct Guises {
    /// The longest first; of equally long ones, in the order of the table.
    words: Vec<Word>,
    /// The places of the words that begin with a character.
    by_first: HashMap<char, Vec<usize>>,
    /// The words once more, to be looked for as they stand.
    as_they_stand: HashSet<Vec<char>>,
    /// For the text of a unit, the characters of words that it stands for.
    stands_for: HashMap<Vec<char>, HashSet<char>>,
    /// A character, and the one that it stands for as a common look-alike and in no other way.
    only_common: HashSet<(char, char)>,
    sounds: Sounds,
}

struct Word {
    characters: Vec<char>,
    /// Only digits and letters stand for its characters.
    in_signs: bool,
    /// Others that they look like may stand for all of them, even so.
    in_looks: bool,
    /// Others of their sound may stand for both of its characters.
    in_sounds: bool,
}

/// A stretch of the folded text that is written instead of a word.
struct Found<'a> {
    units: Vec<Span>,
    word: &'a [char],
}

/// What is read for a stretch of the folded text.
#[derive(Clone, Copy)]
pub struct Meant {
    pub end: usize,
    /// Nothing for a space.
    pub character: Option<char>,
    pub heard: bool,
}

impl Guises {
    fn new() -> Guises {
        let mut words: Vec<Word> = tables::rows(MEANT)
            .map(|row| Word {
                characters: row[0].chars().collect(),
                in_signs: row.get(1).is_some_and(|how| how.contains("signs")),
                in_looks: row.get(1).is_some_and(|how| how.contains("looks")),
                in_sounds: row.get(1).is_some_and(|how| how.contains("sounds")),
            })
            .collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.characters.len()));
        let mut by_first: HashMap<char, Vec<usize>> = HashMap::new();
        for (place, word) in words.iter().enumerate() {
            by_first.entry(word.characters[0]).or_default().push(place);
        }
        let wanted: HashSet<char> = words
            .iter()
            .flat_map(|word| word.characters.iter().copied())
            .collect();
        let clearly = stands_for(&wanted, false);
        let all = stands_for(&wanted, true);
        let only_common = all
            .iter()
            .filter_map(|(unit, stood)| match unit[..] {
                [c] => Some((c, stood)),
                _ => None,
            })
            .flat_map(|(c, stood)| stood.iter().map(move |wanted| (c, *wanted)))
            .filter(|(c, wanted)| !clearly.get(&vec![*c]).is_some_and(|s| s.contains(wanted)))
            .collect();
        Guises {
            by_first,
            as_they_stand: words
                .iter()
                .filter(|word| !word.in_signs)
                .map(|word| word.characters.clone())
                .collect(),
            stands_for: all,
            only_common,
            sounds: Sounds::new(),
            words,
        }
    }

    /// What is read for the units that differ and the spaces between units, by where they begin.
    pub fn meant(&self, folded: &Folded) -> BTreeMap<usize, Meant> {
        let text = &folded.chars;
        let mut meant = BTreeMap::new();
        for start in 0..text.len() {
            let Some(Found { units, word }) = self.at(folded, start) else {
                continue;
            };
            let echoes = units.iter().zip(word).all(|(&(at, _), &c)| {
                is_han(text[at]) && text[at] != c && self.has_sound(text[at], c)
            });
            let by_digit = units.iter().any(|unit| text[unit.0].is_ascii_digit());
            let heard = word.len() == 2 && (by_digit || echoes);
            for (at, &(from, to)) in units.iter().enumerate() {
                if text[from] != word[at] {
                    let character = Some(word[at]);
                    meant.entry(from).or_insert(Meant {
                        end: to,
                        character,
                        heard,
                    });
                }
                if units.get(at + 1).is_some_and(|next| next.0 > to) {
                    meant.entry(to).or_insert(Meant {
                        end: to + 1,
                        character: None,
                        heard,
                    });
                }
            }
        }
        meant
    }

    /// The guise that counts of those that begin here.
    fn at(&self, folded: &Folded, start: usize) -> Option<Found<'_>> {
        let text = &folded.chars;
        let units = units(text, start);
        let (from, to) = *units.first()?;
        let firsts = self.stands_for.get(&spelt(&text[from..to]))?;
        let places = firsts.iter().filter_map(|first| self.by_first.get(first));
        let place = places
            .flatten()
            .filter(|place| self.is_guise(folded, &units, &self.words[**place]))
            .min()?;
        let word = &self.words[*place].characters;
        Some(Found {
            units: units[..word.len()].to_vec(),
            word,
        })
    }

    /// Whether the first of these units are a guise of the word.
    fn is_guise(&self, folded: &Folded, units: &[Span], word: &Word) -> bool {
        let text = &folded.chars;
        let (in_signs, in_looks, in_sounds) = (word.in_signs, word.in_looks, word.in_sounds);
        let word = &word.characters;
        let Some(units) = units.get(..word.len()) else {
            return false;
        };
        if units[1..].iter().any(|unit| folded.gaps.contains(&unit.0)) {
            return false;
        }
        let stands = |(from, to): Span, c: char| {
            let known = self.stands_for.get(&spelt(&text[from..to]));
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
        let all_letters = units.iter().all(|unit| text[unit.0].is_ascii_lowercase());
        let by_sound = differ.iter().all(|(at, c)| self.has_sound(text[*at], *c));
        let all_differ = differ.len() == word.len();
        let by_han = differ.iter().all(|(at, _)| is_han(text[*at]));
        let few = differ.len() <= word.len() / 2
            || by_sound && (!all_differ || word.len() >= 3 || by_han && in_sounds)
            || !by_sound && by_han && in_looks;
        let by_signs = differ.iter().all(|(at, _)| text[*at].is_ascii()) && !all_differ;
        let vague = word.len() == 2
            && differ
                .iter()
                .any(|(at, c)| self.only_common.contains(&(text[*at], *c)));
        let by_looks =
            in_looks && by_han && !differ.iter().any(|(at, c)| self.has_sound(text[*at], *c));
        let fits = (few || all_letters) && !vague && (by_signs || by_looks || !in_signs);
        !differ.is_empty() && !of_other_word && !is_amount && fits
    }

    /// Whether a unit that stands for a character and begins with this one has its sound. Letters and
    /// digits have it wherever they stand for the character.
    fn has_sound(&self, begins: char, c: char) -> bool {
        let syllable = self.sounds.of_han(begins);
        begins.is_ascii() || syllable.is_some() && syllable == self.sounds.of_han(c)
    }
}

/// For the text of each unit that stands for any of these characters, which of them it stands for;
/// common look-alikes that are not drawn nearly as they are, are asked for apart.
fn stands_for(wanted: &HashSet<char>, with_common: bool) -> HashMap<Vec<char>, HashSet<char>> {
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
    let may = |alike: &char| !IN_USE.contains(*alike);
    for (c, alike) in with_like_parts(wanted)
        .into_iter()
        .filter(|(_, alike)| may(alike))
    {
        add(vec![alike], c);
    }
    for row in tables::rows(SHAPES) {
        if let (Some(c), [_, rare, common, drawn]) = (single(row[0]), &row[..])
            && wanted.contains(&c)
        {
            let common = if with_common { *common } else { "" };
            for alike in (rare.chars().chain(drawn.chars()))
                .chain(common.chars())
                .filter(|c| is_han(*c) && may(c))
            {
                add(vec![alike], c);
            }
        }
    }
    all
}

/// Characters that share a part with which few are written; each is a part of itself too.
fn with_like_parts(wanted: &HashSet<char>) -> Vec<(char, char)> {
    const MOST: usize = 20;
    let mut parts: BTreeMap<char, BTreeSet<char>> = BTreeMap::new();
    for row in tables::rows(PARTS) {
        if let (Some(c), [_, form]) = (single(row[0]), &row[..]) {
            parts.entry(c).or_default().extend(form.chars());
        }
    }
    let written_with = |part: char| parts.values().filter(|all| all.contains(&part)).count();
    let few: BTreeSet<char> = parts
        .values()
        .flatten()
        .copied()
        .collect::<BTreeSet<char>>()
        .into_iter()
        .filter(|part| written_with(*part) <= MOST)
        .collect();
    let none = BTreeSet::new();
    let parts_of = |c: char| parts.get(&c).unwrap_or(&none);
    let all: BTreeSet<char> = parts
        .iter()
        .flat_map(|(c, of)| of.iter().copied().chain([*c]))
        .collect();
    let mut pairs = Vec::new();
    for &c in wanted {
        for &other in &all {
            let has = |one: char, part: char| one == part || parts_of(one).contains(&part);
            let mut of_c = parts_of(c).iter().copied().chain([c]);
            let like = of_c.any(|part| few.contains(&part) && has(other, part));
            if other != c && like && is_han(other) {
                pairs.push((c, other));
            }
        }
    }
    pairs
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
    let is_of_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "@$".contains(c);
    let length = match first {
        _ if is_digit => 1,
        _ if first.is_ascii_lowercase() => {
            text[start..].iter().take_while(|c| is_of_word(**c)).count()
        }
        _ => 0,
    };
    let before = start.checked_sub(1).map(|at| text[at]);
    let after = text.get(start + length).copied();
    let joins = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '\'' && !is_digit;
    let stands_free = ![before, after].into_iter().flatten().any(joins);
    (length > 0 && stands_free).then_some((start, start + length))
}

/// The characters of a unit, of letters the syllable that they spell.
fn spelt(unit: &[char]) -> Vec<char> {
    if !unit[0].is_ascii_lowercase() {
        return unit.to_vec();
    }
    let letter = |c: &char| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        other => *other,
    };
    unit.iter().map(letter).collect()
}
