//! The two deeper views: *bare* characters and *sounds*, made from the folded view.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::sound::{self, Syllable};
use super::{Folded, is_han, shape};

/// A run of marks longer than this is no disguise.
const MARKS_MAX: usize = 8;
/// A longer number is a number.
const DIGITS_MAX: usize = 4;
/// Stands where marks part what is written, so that nothing is found across it.
const BARRIER: char = '\n';

/// Look-alike and split characters, towards the characters of given terms.
#[derive(Debug, Default)]
pub struct Shapes {
    alike: HashMap<char, char, FixedState>,
    rare: HashMap<char, char, FixedState>,
    split: HashMap<String, char, FixedState>,
    /// What a split form begins with: nearly every character begins none.
    split_first: HashSet<char, FixedState>,
}

/// A character is written in at most so many parts.
const PARTS_MAX: usize = 3;

impl Shapes {
    /// For the Han characters of these folded terms. A character of a term is never taken for another.
    pub fn towards<'t>(terms: impl Iterator<Item = &'t str>) -> Self {
        let mut wanted: Vec<char> = terms.flat_map(str::chars).filter(|c| is_han(*c)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut shapes = Self::default();
        let free = |c: &char| wanted.binary_search(c).is_err();
        for c in &wanted {
            let like = shape::like(*c);
            for other in like.rare.chars().filter(free) {
                shapes.rare.entry(other).or_insert(*c);
                shapes.alike.entry(other).or_insert(*c);
            }
            for form in shape::split(*c) {
                shapes.split.entry((*form).to_owned()).or_insert(*c);
                shapes.split_first.extend(form.chars().next());
            }
        }
        // What is rare and holds a character speaks for it louder than a common look-alike does.
        for c in &wanted {
            for other in shape::like(*c).common.chars().filter(free) {
                shapes.alike.entry(other).or_insert(*c);
            }
        }
        shapes
    }

    /// The character of a term that this one looks like, or itself.
    pub fn of(&self, c: char) -> char {
        self.alike.get(&c).copied().unwrap_or(c)
    }

    /// The same for characters that are hardly ever written for themselves.
    pub fn of_rare(&self, c: char) -> char {
        self.rare.get(&c).copied().unwrap_or(c)
    }

    /// The character of a term that the first two or three of these make, and how many.
    fn joined(&self, chars: &[char]) -> Option<(char, usize)> {
        if !chars.first().is_some_and(|c| self.split_first.contains(c)) {
            return None;
        }
        (2..=PARTS_MAX.min(chars.len())).rev().find_map(|n| {
            let form: String = chars[..n].iter().collect();
            self.split.get(&form).map(|c| (*c, n))
        })
    }

    /// All ways to write a character of a term in parts.
    pub fn splits(&self) -> impl Iterator<Item = &str> + '_ {
        self.split.keys().map(String::as_str)
    }
}

/// Letters and the signs that stand for them fall together.
pub const fn letter_key(c: char) -> Option<char> {
    Some(match c {
        'l' | '1' | '!' | '|' => 'i',
        '0' => 'o',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' | 'z' => 's',
        '7' => 't',
        '8' => 'b',
        '9' | '6' => 'g',
        '2' => '2',
        'a'..='y' => c,
        _ => return None,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Han(char),
    /// ASCII letters, digits and signs among them, with at least one letter.
    Word,
    /// ASCII digits.
    Number,
    Emoji(Syllable),
    /// Anything else.
    Other,
    Mark,
}

/// The folded text cut into pieces: kind, start and end in bytes.
fn pieces(text: &str) -> Vec<(Piece, usize, usize)> {
    let bytes = text.as_bytes();
    let alnum = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_alphanumeric);
    let mut out: Vec<(Piece, usize, usize)> = Vec::with_capacity(text.len() / 2 + 1);
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let end = at + c.len_utf8();
        if is_han(c) {
            out.push((Piece::Han(c), at, end));
            at = end;
        } else if c.is_ascii_alphanumeric() || (matches!(c, '$' | '@') && alnum(end)) {
            // A sign inside a word stands for a letter; at its end it is a mark.
            let mut end = end;
            while alnum(end)
                || (bytes.get(end).is_some_and(|b| b"@$!|*".contains(b)) && alnum(end + 1))
            {
                end += 1;
            }
            let word = text[at..end].bytes().any(|b| b.is_ascii_alphabetic());
            out.push((if word { Piece::Word } else { Piece::Number }, at, end));
            at = end;
        } else {
            let kind = match sound::of_emoji(c) {
                Some(syllable) => Piece::Emoji(syllable),
                None if c.is_alphanumeric() => Piece::Other,
                None => Piece::Mark,
            };
            match out.last_mut() {
                Some((Piece::Mark, _, last)) if kind == Piece::Mark => *last = end,
                _ => out.push((kind, at, end)),
            }
            at = end;
        }
    }
    out
}

/// Marks between words of letters that are longer part them.
const SLIGHT_MAX: usize = 3;

/// Marks that do not part a sentence: people put them between letters to hide a word.
fn is_slight(marks: &str) -> bool {
    let ends = |c| matches!(c, '.' | ',' | '!' | '?' | ';' | ':' | '、' | '。');
    let parts_a_sentence = marks.contains(' ') && marks.contains(ends);
    !(parts_a_sentence || marks.contains('\n'))
}

/// For each piece: true for marks that part what stands on either side.
fn barriers(text: &str, pieces: &[(Piece, usize, usize)]) -> Vec<bool> {
    let chars = |i: usize| text[pieces[i].1..pieces[i].2].chars().count();
    if pieces.iter().all(|(piece, _, _)| *piece != Piece::Mark) {
        return vec![false; pieces.len()];
    }
    // The length in characters of the stretch without marks that a piece belongs to.
    let mut stretch = vec![0; pieces.len()];
    let mut i = 0;
    while i < pieces.len() {
        let mut j = i;
        let mut length = 0;
        while j < pieces.len() && pieces[j].0 != Piece::Mark {
            length += chars(j);
            j += 1;
        }
        stretch[i..j].fill(length);
        i = j.max(i + 1);
    }
    (0..pieces.len())
        .map(|i| {
            if pieces[i].0 != Piece::Mark {
                return false;
            }
            let (before, after) = (i.checked_sub(1), i + 1);
            let (Some(before), true) = (before, after < pieces.len()) else {
                return false;
            };
            let marks = &text[pieces[i].1..pieces[i].2];
            let words = pieces[before].0 == Piece::Word || pieces[after].0 == Piece::Word;
            let spaced = words && marks == " ";
            let single = stretch[before] == 1 || stretch[after] == 1;
            let between_words = pieces[before].0 == Piece::Word && pieces[after].0 == Piece::Word;
            let slight = between_words && chars(i) <= SLIGHT_MAX && is_slight(marks);
            !(spaced || slight || (single && chars(i) <= MARKS_MAX))
        })
        .collect()
}

/// The bare view.
#[derive(Debug, Default)]
pub struct Bare {
    /// Characters without marks.
    pub text: String,
    /// For each byte of `text`, the stretch of the folded view that its character stands for.
    pub folded: Vec<(usize, usize)>,
}

impl Bare {
    fn push(&mut self, c: char, stretch: (usize, usize)) {
        if c != BARRIER && self.text.ends_with(c) {
            // A repeat adds nothing but length.
            if let Some(last) = self.folded.last().copied() {
                let from = self.text.len() - c.len_utf8();
                self.folded[from..].fill((last.0, stretch.1));
            }
            return;
        }
        self.text.push(c);
        self.folded.resize(self.text.len(), stretch);
    }
}

/// Makes the bare view.
pub fn bare(folded: &Folded, shapes: &Shapes) -> Bare {
    let text = folded.text.as_str();
    let pieces = pieces(text);
    let barriers = barriers(text, &pieces);
    let mut out = Bare {
        text: String::with_capacity(text.len()),
        folded: Vec::with_capacity(text.len()),
    };
    let mut skip = 0;
    for (i, (piece, start, end)) in pieces.iter().copied().enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        match piece {
            Piece::Han(c) => {
                let following: SmallVec<[char; PARTS_MAX]> = pieces[i..]
                    .iter()
                    .take(PARTS_MAX)
                    .map_while(|(piece, _, _)| match piece {
                        Piece::Han(c) => Some(*c),
                        _ => None,
                    })
                    .collect();
                if let Some((whole, parts)) = shapes.joined(&following) {
                    out.push(whole, (start, pieces[i + parts - 1].2));
                    skip = parts - 1;
                } else {
                    out.push(shapes.of(c), (start, end));
                }
            }
            Piece::Word => {
                for (at, c) in text[start..end].char_indices() {
                    if let Some(key) = letter_key(c) {
                        out.push(key, (start + at, start + at + c.len_utf8()));
                    }
                }
            }
            Piece::Number | Piece::Other | Piece::Emoji(_) => {
                for (at, c) in text[start..end].char_indices() {
                    out.push(c, (start + at, start + at + c.len_utf8()));
                }
            }
            Piece::Mark if barriers[i] => out.push(BARRIER, (start, end)),
            Piece::Mark => {}
        }
    }
    out
}

/// What a unit of the sound view was in the folded one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A Han character.
    Han(char, Syllable),
    /// Typed pinyin.
    Pinyin(Syllable),
    /// The first letter of a syllable.
    Initial,
    /// A digit, for any syllable it may stand for.
    Digit,
    /// An emoji.
    Emoji(Syllable),
    /// Nothing goes on here.
    Barrier,
}

/// One syllable, or what stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its sound class, or first letter, as a character.
    pub symbol: char,
    /// What it was.
    pub origin: Origin,
    /// First byte in the folded view.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Marks that are no barrier stand before it.
    pub parted: bool,
}

/// Makes the sound view. A rare character is heard as the one of a term that it looks like.
pub fn sound_units(folded: &Folded, shapes: &Shapes) -> Vec<Unit> {
    let text = folded.text.as_str();
    let pieces = pieces(text);
    let barriers = barriers(text, &pieces);
    let mut out: Vec<Unit> = Vec::with_capacity(pieces.len() + 8);
    let parted = std::cell::Cell::new(false);
    let mut push = |symbol, origin, start, end| {
        out.push(Unit {
            symbol,
            origin,
            start,
            end,
            parted: parted.take(),
        });
    };
    for (i, (piece, start, end)) in pieces.iter().copied().enumerate() {
        match piece {
            Piece::Han(c) => match sound::of_han(shapes.of_rare(c)) {
                Some(s) => push(s.class().symbol(), Origin::Han(c, s), start, end),
                None => push(BARRIER, Origin::Barrier, start, end),
            },
            Piece::Word => typed(text, start, end, &mut push),
            Piece::Number if end - start <= DIGITS_MAX => {
                for (at, c) in text[start..end].char_indices() {
                    push(
                        sound::digit_symbol(c),
                        Origin::Digit,
                        start + at,
                        start + at + 1,
                    );
                }
            }
            Piece::Emoji(s) => push(s.class().symbol(), Origin::Emoji(s), start, end),
            Piece::Mark if !barriers[i] => parted.set(true),
            _ => push(BARRIER, Origin::Barrier, start, end),
        }
    }
    out
}

/// Typed letters, tone digits among them left out, as syllables or first letters.
fn typed(text: &str, start: usize, end: usize, push: &mut impl FnMut(char, Origin, usize, usize)) {
    let places: Vec<(usize, char)> = text[start..end]
        .char_indices()
        .filter(|(_, c)| c.is_ascii_alphabetic())
        .map(|(at, c)| (start + at, c))
        .collect();
    let letters: String = places.iter().map(|(_, c)| *c).collect();
    let mut next = 0;
    for piece in sound::typed(&letters) {
        let (from, to) = (places[next].0, places[next + piece.letters - 1].0 + 1);
        match piece.syllable {
            Some(s) => push(s.class().symbol(), Origin::Pinyin(s), from, to),
            None => push(
                sound::initial_symbol(places[next].1),
                Origin::Initial,
                from,
                to,
            ),
        }
        next += piece.letters;
    }
    if next == 0 {
        push(BARRIER, Origin::Barrier, start, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold_mapped;

    fn bare_of(text: &str, terms: &[&str]) -> String {
        bare(&fold_mapped(text), &Shapes::towards(terms.iter().copied())).text
    }

    #[test]
    fn the_bare_view_undoes_marks_signs_repeats_and_shapes() {
        for (text, terms, expected) in [
            ("难,受,啊", vec![], "难受啊"),
            ("我累了,休息去", vec![], "我累了\n休息去"),
            ("k.i.l.l", vec![], "ki"),
            ("s@d l1fe", vec![], "sadife"),
            ("dieeee", vec![], "die"),
            ("so saaad!", vec![], "sosad"),
            ("弓虽", vec!["强"], "强"),
            ("生人一叩", vec!["生命"], "生命"),
            ("弓虽", vec![], "弓虽"),
            ("莪恏累", vec!["我好"], "我好累"),
            ("5件", vec![], "5件"),
        ] {
            assert_eq!(bare_of(text, &terms), expected, "{text}");
        }
    }

    #[test]
    fn every_byte_of_the_bare_view_knows_its_stretch() {
        let folded = fold_mapped("我 好 saaad，弓虽");
        let view = bare(&folded, &Shapes::towards(std::iter::once("强")));
        assert_eq!(view.text.len(), view.folded.len());
        for (start, end) in &view.folded {
            assert!(folded.text.is_char_boundary(*start) && folded.text.is_char_boundary(*end));
            assert!(start < end);
        }
    }

    #[test]
    fn the_sound_view_hears_characters_letters_digits_and_emoji() {
        let sounds = |text: &str| -> String {
            sound_units(&fold_mapped(text), &Shapes::default())
                .iter()
                .map(|u| u.symbol)
                .collect()
        };
        for (a, b) in [
            ("难受", "南瘦"),
            ("难受", "nan shou"),
            ("难受", "nanshou"),
            ("难受", "nán shòu"),
            ("难受", "nan2shou4"),
            ("难受", "难shou"),
            ("难受", "难,受"),
        ] {
            assert_eq!(sounds(a), sounds(b), "{a} {b}");
        }
    }
}
