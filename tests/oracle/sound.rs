//! Terms heard in the sound view, and which of them count (section 1.4).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::fold::{Folded, is_han};
use super::looks::Looks;
use super::matching::{Guise, Span};
use super::pieces::{Kind, Piece};
use super::tables::{self, WORDS};
use super::units::{Sound, Sounds, Syllable, Unit, class, digit_syllables, has_digit};

/// The ordinary words, the same for every pack.
pub static ORDINARY: LazyLock<HashSet<Vec<char>>> = LazyLock::new(|| {
    tables::rows(WORDS)
        .map(|row| row[0].chars().collect())
        .collect()
});

pub const COUNTERS: &str =
    "件个只块元号点月年天斤瓶包盒条双套米码折分秒克寸岁粒张把台本支袋箱层楼室栋斗%gkm.";
const MOST_DIGITS: usize = 4;

struct Term {
    lexicon: usize,
    characters: Vec<Character>,
}

struct Character {
    c: char,
    syllable: Syllable,
    class: String,
    /// Whether a digit may stand for it.
    by_digit: bool,
}

/// The terms that can be heard, by the first letters of their first two syllables: whatever stands
/// for a character shows its first letter, so only those few need a closer look.
#[derive(Default)]
pub struct Heard {
    terms: HashMap<(char, char), Vec<Term>>,
}

impl Heard {
    pub fn add(&mut self, lexicon: usize, term: &[char], sounds: &Sounds) {
        if !(2..=8).contains(&term.len()) || !term.iter().all(|c| is_han(*c)) {
            return;
        }
        let mut digits = 0;
        let mut characters = Vec::new();
        for &c in term {
            let Some(syllable) = sounds.of_han(c) else {
                return;
            };
            let has_digit = has_digit(syllable);
            digits += usize::from(has_digit);
            characters.push(Character {
                c,
                syllable,
                class: class(syllable),
                by_digit: has_digit && digits <= MOST_DIGITS,
            });
        }
        let key = (first(characters[0].syllable), first(characters[1].syllable));
        let term = Term {
            lexicon,
            characters,
        };
        self.terms.entry(key).or_default().push(term);
    }

    /// The lexicons whose terms are heard, each with the stretch of the folded text.
    pub fn find(
        &self,
        folded: &Folded,
        pieces: &[Piece],
        looks: &Looks,
        sounds: &Sounds,
    ) -> Vec<(usize, Span, Guise)> {
        let units = sounds.units(&folded.chars, pieces, looks);
        let letters: Vec<BTreeSet<char>> = units.iter().map(first_letters).collect();
        let mut found = Vec::new();
        for at in 0..units.len().saturating_sub(1) {
            for &one in &letters[at] {
                for &two in &letters[at + 1] {
                    for term in self.terms.get(&(one, two)).into_iter().flatten() {
                        let Some(units) = units.get(at..at + term.characters.len()) else {
                            continue;
                        };
                        let hearing = Hearing::new(&term.characters, units, folded, pieces);
                        if let Some(guise) = hearing.guise() {
                            found.push((term.lexicon, hearing.span, guise));
                        }
                    }
                }
            }
        }
        found
    }
}

/// The first letter of a syllable, n and l alike.
fn first(syllable: &str) -> char {
    match syllable.chars().next() {
        None | Some('n') => 'l',
        Some(letter) => letter,
    }
}

/// The first letters of all syllables that a unit may stand for.
fn first_letters(unit: &Unit) -> BTreeSet<char> {
    match unit.sound {
        Sound::Han(_, syllable) | Sound::Letters(syllable) | Sound::Emoji(syllable) => {
            [first(syllable)].into()
        }
        Sound::Letter(letter) => [first(&letter.to_string())].into(),
        Sound::Digit(digit) => digit_syllables(digit).iter().map(|s| first(s)).collect(),
        Sound::Barrier => BTreeSet::new(),
    }
}

/// The characters of a term against as many units.
struct Hearing<'a> {
    pairs: Vec<(&'a Character, &'a Unit)>,
    span: Span,
    folded: &'a Folded,
    pieces: &'a [Piece],
}

impl<'a> Hearing<'a> {
    fn new(
        characters: &'a [Character],
        units: &'a [Unit],
        folded: &'a Folded,
        pieces: &'a [Piece],
    ) -> Hearing<'a> {
        Hearing {
            pairs: characters.iter().zip(units).collect(),
            span: (units[0].span.0, units[units.len() - 1].span.1),
            folded,
            pieces,
        }
    }

    /// Whether the view of this hit is `sound` or `loose`; nothing where it does not count.
    fn guise(&self) -> Option<Guise> {
        if !self
            .pairs
            .iter()
            .all(|(character, unit)| stands_for(character, unit))
        {
            return None;
        }
        let length = self.pairs.len();
        let count = |wanted: fn(&Sound) -> bool| {
            let units = self.pairs.iter().filter(|(_, unit)| wanted(&unit.sound));
            units.count()
        };
        let singles = count(|sound| matches!(sound, Sound::Letter(_)));
        let letters = count(|sound| matches!(sound, Sound::Letter(_) | Sound::Letters(_)));
        let digits = count(|sound| matches!(sound, Sound::Digit(_)));
        let apart = !self.in_one_stretch() || !self.singles_are_neighbours();
        if singles > 0 && (length < 3 || digits > 0 || apart) {
            return None;
        }
        let same = self.pairs.iter().filter(|pair| is_very(pair)).count();
        let by_class = self.pairs.iter().any(differs_by_class);
        let ordinary = self.pairs.iter().any(|pair| {
            let is_other = matches!(pair.1.sound, Sound::Han(..)) && !is_very(pair);
            is_other && in_word(&self.folded.chars, pair.1.span.0, 2..=4, &ORDINARY)
        });
        if same == length
            || self.is_amount()
            || singles > 0 && letters == length && !self.stands_alone()
            || length == 2 && (by_class || ordinary)
            || by_class && ordinary
        {
            return None;
        }
        let loose = ordinary
            || by_class && length <= 3
            || length == 2 && same == 0
            || digits == length
            || singles > 0 && length - singles < 2;
        Some(if loose { Guise::Loose } else { Guise::Sound })
    }

    /// Whether the single letters stand for characters that follow one another.
    fn singles_are_neighbours(&self) -> bool {
        let single = |(_, unit): &&(&Character, &Unit)| matches!(unit.sound, Sound::Letter(_));
        let from_first = self.pairs.iter().skip_while(|pair| !single(pair));
        from_first
            .skip_while(|pair| single(pair))
            .all(|pair| !single(&pair))
    }

    fn in_one_stretch(&self) -> bool {
        let (start, end) = self.span;
        !self.pieces.iter().any(|piece| {
            matches!(piece.kind, Kind::Mark | Kind::Barrier)
                && start < piece.end
                && piece.start < end
        })
    }

    /// Whether it ends in a digit that belongs to what follows.
    fn is_amount(&self) -> bool {
        let ends_in_digit = matches!(
            self.pairs.last(),
            Some((
                _,
                Unit {
                    sound: Sound::Digit(_),
                    ..
                }
            ))
        );
        let follows = self.folded.chars.get(self.span.1);
        ends_in_digit && follows.is_some_and(|c| COUNTERS.contains(*c) || c.is_ascii_digit())
    }

    /// Whether it is one run of ASCII letters and digits with none before or after.
    fn stands_alone(&self) -> bool {
        let (start, end) = self.span;
        let run = &self.folded.chars[start..end];
        run.iter().all(char::is_ascii_alphanumeric)
            && !self.folded.alphanumeric_before(start)
            && !self.folded.alphanumeric_after(end)
    }
}

fn stands_for(character: &Character, unit: &Unit) -> bool {
    match unit.sound {
        Sound::Han(_, syllable) => class(syllable) == character.class,
        Sound::Letters(syllable) | Sound::Emoji(syllable) => syllable == character.syllable,
        Sound::Digit(digit) => {
            character.by_digit && digit_syllables(digit).contains(&character.syllable)
        }
        Sound::Letter(letter) => character.syllable.starts_with(letter),
        Sound::Barrier => false,
    }
}

/// Whether the unit is the very character of the term.
fn is_very((character, unit): &(&Character, &Unit)) -> bool {
    matches!(unit.sound, Sound::Han(c, _) if c == character.c)
}

/// Whether a Han unit is of the character's class but has another syllable.
fn differs_by_class((character, unit): &(&Character, &Unit)) -> bool {
    matches!(unit.sound, Sound::Han(_, syllable) if syllable != character.syllable)
}

/// Whether the character at a place of the folded text belongs to one of these words, which are so
/// many characters long.
pub fn in_word(
    text: &[char],
    at: usize,
    mut lengths: RangeInclusive<usize>,
    words: &HashSet<Vec<char>>,
) -> bool {
    lengths.any(|length| {
        ((at + 1).saturating_sub(length)..=at).any(|start| {
            text.get(start..start + length)
                .is_some_and(|word| words.contains(word))
        })
    })
}
