//! The cheap first look at every text: could anything at all be found in it?
//!
//! One pass over the raw characters, nothing written, nothing folded. Of every literal one *window* is kept: up to four
//! neighbouring characters, up to sixteen letters, or up to four neighbours in the bare or in the sound view, which each
//! of its occurrences must show; of all its windows the one that ordinary talk shows least. A text that shows none of them
//! holds no hit in any view.
//!
//! False passes cost time only; a literal that is not in the gate would be a lost person, so every `add` takes every
//! literal, and what cannot be kept this way opens the gate for every text (`always`).

mod known;
mod walk;
mod windows;

use std::collections::{HashMap, HashSet};

use crate::rules::{EDGE, is_place};
use crate::text::common::{self, BEGIN, Neighbours, spelled, symbol_of};
use crate::text::sound::{self, Syllable};
use crate::text::{Kind, Shapes, entry_of};
use known::{FIRST_LOOK, Known, SECOND_LOOK, know};
use walk::{Walk, letters_then, then_letters};
use windows::Marked;
pub(super) use windows::{Found, Waiting, Windows};

/// What a text may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Opened {
    /// Terms in the folded view, too many to name.
    pub written: bool,
    /// A disguised term in the bare view.
    pub bare: bool,
    /// A disguised term in the sound view.
    pub sound: bool,
}

impl Opened {
    /// Everything.
    pub(super) const ALL: Self = Self {
        written: true,
        bare: true,
        sound: true,
    };

    /// True where something may be found.
    pub(super) fn any(self) -> bool {
        self.written || self.bare || self.sound
    }
}

/// So many letters in a row are kept of a disguised word.
pub(super) const KEYS: usize = 6;
/// Bits of the last characters that the walk remembers; of the last letters.
const CHARACTERS: u32 = 64;
const LETTERS: u32 = 128;
/// So many of these letters are looked up first.
const LETTERS_TAIL: usize = 4;

/// What opens for a text that may hold a hit.
#[derive(Debug)]
pub(super) struct Gate {
    known: Box<[Known]>,
    /// Characters of terms, and of each pattern of the set of literals that talk shows least.
    first: Written,
    /// Of the other sets: looked for only where a first one was seen.
    second: Written,
    /// Letters and digits of all literals, all else as one space.
    letters: Windows,
    /// Neighbours in the bare view.
    bare: Windows,
    /// Letters by their keys, marks and repeats left out, for disguised words of letters.
    keys: Windows,
    /// Neighbours in the sound view.
    sound: Windows,
    /// Letters without what parts words, for syllables typed in letters.
    typed: Windows,
    /// Where a syllable and the first or last letter of a typed one meet.
    borders: Marked,
    /// Words made of first letters.
    initials: Marked,
    /// How common neighbours are in ordinary talk, as long as literals are added.
    talk: Option<Box<Talk>>,
    /// A literal that cannot be kept: every text passes.
    always: bool,
}

/// Literals of the folded view that are more than ASCII letters and digits.
#[derive(Debug)]
struct Written {
    /// Characters, separators left out.
    characters: Windows,
    /// Characters that somebody waits for alone: of the basic plane where one is all of a literal, and all beyond it.
    single: HashMap<char, Waiting, foldhash::fast::FixedState>,
    /// The bit of [`Known::single`] for these.
    look: u8,
}

impl Written {
    fn new(look: u8) -> Self {
        Self {
            characters: Windows::new(16, 2),
            single: HashMap::default(),
            look,
        }
    }

    fn finish(&mut self, known: &mut [Known]) {
        self.characters.finish();
        self.single.values_mut().for_each(Waiting::finish);
        let alone: HashSet<u16> = self.single.keys().map(|c| symbol_of(*c)).collect();
        for known in known {
            if alone.contains(&known.folded) {
                known.single |= self.look;
            }
        }
    }
}

#[derive(Debug)]
struct Talk {
    written: Neighbours<(u16, u16)>,
    bare: Neighbours<(u16, u16)>,
    sound: Neighbours<(u16, u16)>,
}

fn of_pair(neighbours: &Neighbours<(u16, u16)>) -> impl Fn(&[u16]) -> f64 + '_ {
    |w| match w {
        [a, b] => neighbours.share((*a, *b)),
        _ => 1.0,
    }
}

/// The share of the rarest three letters.
fn of_letters(w: &[u16]) -> f64 {
    w.windows(3)
        .map(|w| common::letters().share([w[0] as u8, w[1] as u8, w[2] as u8]))
        .fold(1.0, f64::min)
}

fn wide(bytes: &[u8]) -> Vec<u16> {
    bytes.iter().copied().map(u16::from).collect()
}

/// All of the symbols before it may be part of a window.
fn anywhere(_end: usize) -> Option<usize> {
    Some(0)
}

impl Gate {
    /// An empty gate for disguises towards these shapes.
    pub(super) fn new(shapes: &Shapes) -> Self {
        let known: Box<[Known]> = (0..=0xFFFF_u32)
            .map(|code| char::from_u32(code).map_or_else(Known::default, |c| know(c, shapes)))
            .collect();
        let symbol = |c: char, of: fn(&Known) -> u16| {
            let known = &known[usize::from(symbol_of(c))];
            if known.kind == known::HAN {
                of(known)
            } else {
                0
            }
        };
        let talk = Talk {
            written: common::pairs(symbol_of),
            bare: common::pairs(|c| symbol(c, |known| known.bare)),
            sound: common::pairs(|c| symbol(c, |known| known.sound)),
        };
        Self {
            known,
            first: Written::new(FIRST_LOOK),
            second: Written::new(SECOND_LOOK),
            letters: Windows::new(8, LETTERS_TAIL),
            bare: Windows::new(16, 2),
            keys: Windows::new(8, KEYS),
            sound: Windows::new(16, 2),
            typed: Windows::new(8, 4),
            borders: Marked::new(),
            initials: Marked::new(),
            talk: Some(Box::new(talk)),
            always: false,
        }
    }

    /// Call once, after the last `add`.
    pub(super) fn finish(&mut self) {
        self.talk = None;
        for windows in [
            &mut self.letters,
            &mut self.bare,
            &mut self.keys,
            &mut self.sound,
            &mut self.typed,
        ] {
            windows.finish();
        }
        self.borders.finish();
        self.initials.finish();
        self.first.finish(&mut self.known);
        self.second.finish(&mut self.known);
    }

    /// The table of characters for what waits so.
    fn written(&mut self, waiting: &Waiting) -> &mut Written {
        if waiting.second_look() {
            &mut self.second
        } else {
            &mut self.first
        }
    }

    /// Makes sure that a text with this folded literal passes. `whole` says that it is found as whole words only.
    pub(super) fn add(&mut self, literal: &str, whole: bool, waiting: Waiting) {
        let edges = literal;
        let literal = edges.trim_matches(is_place);
        // Separators may be folded away, or several of them to one; what stands around them does not change.
        let soft = |c: char| entry_of(c).kind == Kind::Soft;
        if literal.chars().all(|c| c.is_ascii() || soft(c)) {
            // An edge is one more place where no letter or digit stands.
            self.add_letters(&edges.replace(EDGE, " "), whole, waiting);
            return;
        }
        let chars: Vec<char> = literal.chars().filter(|c| !soft(*c)).collect();
        let beyond = chars.iter().find(|c| u32::from(**c) > 0xFFFF);
        match (beyond, &chars[..]) {
            // Emoji and the like are rare enough to open by themselves.
            (Some(c), _) | (None, [c]) => {
                let one = self.written(&waiting).single.entry(*c).or_default();
                one.join(waiting);
            }
            _ => self.add_characters(&chars, waiting),
        }
    }

    fn add_characters(&mut self, chars: &[char], waiting: Waiting) {
        let Some(talk) = self.talk.take() else {
            return;
        };
        let symbols: Vec<u16> = chars.iter().copied().map(symbol_of).collect();
        let letter = |at: usize| chars[at].is_ascii_alphanumeric();
        // Of a word only its first and its last letter are seen among the characters.
        let start_of = |end: usize| {
            let before = end.checked_sub(1)?;
            match (letter(before), letter(end)) {
                (true, true) => None,
                (true, false) => Some(before),
                _ => Some(
                    (0..before)
                        .rev()
                        .find(|at| letter(*at))
                        .map_or(0, |at| at + 1),
                ),
            }
        };
        let added = self.written(&waiting).characters.add(
            &symbols,
            CHARACTERS,
            start_of,
            of_pair(&talk.written),
            waiting,
        );
        self.talk = Some(talk);
        self.always |= !added;
    }

    fn add_letters(&mut self, literal: &str, whole: bool, waiting: Waiting) {
        let mut letters = spelled(literal);
        if whole {
            // Nothing goes on where a term ends with a letter or digit.
            letters = spelled(&format!(" {literal} "));
        }
        if !letters.iter().any(u8::is_ascii_alphanumeric) {
            self.always = true;
            return;
        }
        // Too short for a tail: with anything before it.
        let mut forms = vec![letters];
        while forms[0].len() < LETTERS_TAIL {
            let anything = || (b'0'..=b'9').chain(b'a'..=b'z').chain([b' ', BEGIN as u8]);
            forms = forms
                .iter()
                .flat_map(|form| anything().map(move |before| [&[before], &form[..]].concat()))
                .collect();
        }
        for form in forms {
            let added =
                self.letters
                    .add(&wide(&form), LETTERS, anywhere, of_letters, waiting.clone());
            self.always |= !added;
        }
    }

    /// Makes sure that a text with this term in the bare view passes.
    pub(super) fn add_bare(&mut self, term: &str) {
        let Some(talk) = &self.talk else {
            return;
        };
        let waiting = Waiting::alone();
        let added = if term.is_ascii() {
            let symbols = wide(term.as_bytes());
            self.keys.add(&symbols, 64, anywhere, of_letters, waiting)
        } else {
            let symbols: Vec<u16> = term.chars().map(symbol_of).collect();
            let rare = term.chars().any(|c| u32::from(c) > 0xFFFF);
            rare || self
                .bare
                .add(&symbols, CHARACTERS, anywhere, of_pair(&talk.bare), waiting)
        };
        self.always |= !added;
    }

    /// Makes sure that a text passes in which a character is written in these parts.
    pub(super) fn add_parts(&mut self, parts: &str) {
        self.add(parts, false, Waiting::parts());
    }

    /// Makes sure that a text with these symbols in the sound view passes.
    pub(super) fn add_sound(&mut self, form: &[char]) {
        let Some(talk) = &self.talk else {
            return;
        };
        let symbols: Vec<u16> = form.iter().copied().map(symbol_of).collect();
        let added = self.sound.add(
            &symbols,
            CHARACTERS,
            anywhere,
            of_pair(&talk.sound),
            Waiting::alone(),
        );
        self.always |= !added;
    }

    /// Makes sure that a text with these syllables typed in letters, all or some, passes.
    pub(super) fn add_typed(&mut self, syllables: &[Syllable]) {
        // All of them; a syllable of one letter is never read from letters.
        if syllables.iter().all(|s| s.name().len() >= 2) {
            let letters: String = syllables.iter().map(|s| s.name()).collect();
            let added = self.typed.add(
                &wide(letters.as_bytes()),
                LETTERS,
                anywhere,
                of_letters,
                Waiting::alone(),
            );
            self.always |= !added;
        }
        // Where a Han character, a digit or an emoji and letters meet, two letters at the border are looked at: of one
        // syllable, or of two of which one or both are first letters only, or the one letter of a word. Letters of the same
        // word that are none of the term may stand before it and after it; a term of two has no first letters.
        let any_letter = || (b'a'..=b'z').filter(|_| syllables.len() > 2);
        let symbols = |s: Syllable| {
            let digit = sound::digit_for(s).map(sound::digit_symbol);
            std::iter::once(s.class().symbol())
                .chain(digit)
                .map(symbol_of)
        };
        let names: Vec<&[u8]> = syllables.iter().map(|s| s.name().as_bytes()).collect();
        for (i, name) in names.iter().enumerate() {
            let (first, last) = (name[0], name[name.len() - 1]);
            if let Some(before) = i.checked_sub(1) {
                let second = name.get(1).copied();
                let after: Vec<u8> = match names.get(i + 1) {
                    Some(next) => vec![next[0]],
                    None => any_letter().collect(),
                };
                for letter in [0].into_iter().chain(second).chain(after) {
                    for symbol in symbols(syllables[before]) {
                        self.borders.add(then_letters(symbol, [first, letter]));
                    }
                }
            }
            if let Some(after) = syllables.get(i + 1) {
                let mut ends = vec![[0, first], [0, last]];
                if name.len() >= 2 {
                    ends.push([name[name.len() - 2], last]);
                }
                match i.checked_sub(1).map(|i| names[i]) {
                    Some(before) => {
                        ends.push([before[0], first]);
                        ends.push([before[before.len() - 1], first]);
                    }
                    None => ends.extend(any_letter().map(|letter| [letter, first])),
                }
                for letters in ends {
                    for symbol in symbols(*after) {
                        self.borders.add(letters_then(letters, symbol));
                    }
                }
            }
        }
    }

    /// Makes sure that a text with this word, made of first letters, passes.
    pub(super) fn add_initials(&mut self, word: &str) {
        self.initials.add(walk::word_hash(word));
    }

    /// What can be found: nothing only where nothing is opened, and no term and no way to match is found.
    pub(super) fn look(&self, raw: &str) -> (Opened, Found<'_>) {
        if self.always {
            return (Opened::ALL, Found::default());
        }
        let mut walk = Walk::<true>::new(self, &self.first);
        walk.all_of(raw);
        if !walk.needs_second_look() {
            return walk.opened();
        }
        let mut again = walk.again(&self.second);
        again.all_of(raw);
        again.opened()
    }
}
