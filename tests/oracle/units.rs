//! The units of the sound view (section 1.4): the text as what it sounds like.

use std::collections::{HashMap, HashSet};

use super::looks::Looks;
use super::matching::Span;
use super::pieces::{Kind, Piece};
use super::tables::{self, EMOJI, PINYIN, single};

pub type Syllable = &'static str;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// A character, after becoming the wanted one that it looks like.
    Han(char, Syllable),
    /// A syllable of two letters or more in a word.
    Letters(Syllable),
    /// A single letter of a word, that no syllable took.
    Letter(char),
    Digit(char),
    Emoji(Syllable),
    Barrier,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub sound: Sound,
    /// The stretch of the folded text that it stands for.
    pub span: Span,
}

const MOST_DIGITS: usize = 4;
const MOST_LETTERS: usize = 40;
const LONGEST_SYLLABLE: usize = 6;
const SYLLABLE_COST: u32 = 10;
const LETTER_COST: u32 = 25;

pub struct Sounds {
    of_han: HashMap<char, Syllable>,
    syllables: HashSet<Syllable>,
    /// By the first character of the emoji's name; nothing if it has no syllable.
    of_emoji: HashMap<char, Option<Syllable>>,
}

impl Sounds {
    pub fn new() -> Sounds {
        let (mut of_han, mut syllables) = (HashMap::new(), HashSet::new());
        for row in tables::rows(PINYIN) {
            if let [syllable, characters] = row[..] {
                syllables.insert(syllable);
                of_han.extend(characters.chars().map(|c| (c, syllable)));
            }
        }
        let mut of_emoji = HashMap::new();
        for row in tables::rows(EMOJI) {
            if let [emoji, name] = row[..]
                && let (Some(emoji), Some(first)) = (single(emoji), name.chars().next())
            {
                of_emoji.insert(emoji, of_han.get(&first).copied());
            }
        }
        Sounds {
            of_han,
            syllables,
            of_emoji,
        }
    }

    pub fn of_han(&self, c: char) -> Option<Syllable> {
        self.of_han.get(&c).copied()
    }

    pub fn is_emoji(&self, c: char) -> bool {
        self.of_emoji.contains_key(&c)
    }

    pub fn units(&self, text: &[char], pieces: &[Piece], looks: &Looks) -> Vec<Unit> {
        let mut units = Vec::new();
        for piece in pieces {
            let characters: Vec<(usize, char)> =
                (piece.start..piece.end).map(|at| (at, text[at])).collect();
            let whole = |sound: Sound| Unit {
                sound,
                span: (piece.start, piece.end),
            };
            let first = characters[0].1;
            match piece.kind {
                Kind::Mark => {}
                Kind::Barrier | Kind::Other => units.push(whole(Sound::Barrier)),
                Kind::Han => {
                    let c = looks.by_rare(first);
                    let syllable = self.of_han(c);
                    units.push(whole(syllable.map_or(Sound::Barrier, |s| Sound::Han(c, s))));
                }
                Kind::Emoji => {
                    let syllable = self.of_emoji.get(&first).copied().flatten();
                    units.push(whole(syllable.map_or(Sound::Barrier, Sound::Emoji)));
                }
                Kind::Number => {
                    let digits = only(&characters, char::is_ascii_digit);
                    if digits.len() > MOST_DIGITS {
                        units.push(whole(Sound::Barrier));
                        continue;
                    }
                    units.extend(digits.into_iter().map(|(at, digit)| Unit {
                        sound: Sound::Digit(digit),
                        span: (at, at + 1),
                    }));
                }
                Kind::Word => {
                    let letters = only(&characters, char::is_ascii_alphabetic);
                    if letters.len() > MOST_LETTERS {
                        units.push(whole(Sound::Barrier));
                    } else {
                        units.extend(self.spelled(&letters));
                    }
                }
            }
        }
        units
    }

    /// The letters of one word, cut in the cheapest way.
    fn spelled(&self, letters: &[(usize, char)]) -> Vec<Unit> {
        let spelling: String = letters.iter().map(|(_, letter)| *letter).collect();
        let count = spelling.len();
        // For each place, what the rest costs from there and how long its first piece is.
        let mut best = vec![(0, 0); count + 1];
        for from in (0..count).rev() {
            let longest = LONGEST_SYLLABLE.min(count - from);
            let mut ways: Vec<(u32, usize)> = (2..=longest)
                .filter(|length| self.syllables.contains(&spelling[from..from + length]))
                .map(|length| (SYLLABLE_COST + best[from + length].0, length))
                .collect();
            ways.push((LETTER_COST + best[from + 1].0, 1));
            // The least cost, and of equals the longer piece.
            ways.sort_by_key(|(cost, length)| (*cost, std::cmp::Reverse(*length)));
            best[from] = ways[0];
        }
        let mut units = Vec::new();
        let mut from = 0;
        while from < count {
            let to = from + best[from].1;
            let sound = match self.syllables.get(&spelling[from..to]) {
                Some(syllable) if to - from > 1 => Sound::Letters(syllable),
                _ => Sound::Letter(letters[from].1),
            };
            let span = (letters[from].0, letters[to - 1].0 + 1);
            units.push(Unit { sound, span });
            from = to;
        }
        units
    }
}

fn only(characters: &[(usize, char)], kind: impl Fn(&char) -> bool) -> Vec<(usize, char)> {
    characters
        .iter()
        .copied()
        .filter(|(_, c)| kind(c))
        .collect()
}

/// The class of a syllable: those that count as one become the same text.
pub fn class(syllable: &str) -> String {
    let mut class = syllable.to_owned();
    for (initial, short) in [("zh", "z"), ("ch", "c"), ("sh", "s")] {
        if let Some(rest) = syllable.strip_prefix(initial) {
            class = format!("{short}{rest}");
        }
    }
    if syllable.starts_with('n') && syllable != "n" && syllable != "ng" {
        class.replace_range(..1, "l");
    }
    if ["ang", "eng", "ing"].iter().any(|end| class.ends_with(end)) {
        class.pop();
    }
    class
}

/// The syllables that a digit stands for.
pub fn digit_syllables(digit: char) -> &'static [Syllable] {
    match digit {
        '0' => &["ling", "lin", "ni"],
        '1' => &["yi", "yao"],
        '2' => &["er", "ai"],
        '3' => &["san", "sha", "shan", "shen", "sheng"],
        '4' => &["si", "shi"],
        '5' => &["wu", "wo"],
        '6' => &["liu", "le", "lu"],
        '7' => &["qi", "qu"],
        '8' => &["ba", "bu", "bie"],
        '9' => &["jiu"],
        _ => &[],
    }
}

pub fn has_digit(syllable: &str) -> bool {
    ('0'..='9').any(|digit| digit_syllables(digit).contains(&syllable))
}
