//! The cheap first look at every text: could anything at all be found in it?
//!
//! One pass over the raw characters, nothing written, nothing folded. For every literal a few neighbours that each of its
//! occurrences must show are kept in small bit tables: three characters in a row (two, for a literal of two), two words in a
//! row (one, for a literal of one), and for disguised terms two neighbours in the bare and in the sound view. A text that
//! shows none of them holds no hit in any view. Flags of a character say whether it is part of any kept neighbours: most are
//! not, and cost no look-up.
//!
//! False passes cost time only; a literal that is not in the gate would be a lost person, so every `add` takes every
//! literal, and what cannot be kept this way opens the gate for every text (`always`).

use std::collections::HashMap;

use crate::text::common::{self, char_weight as weight, word_weight};
use crate::text::sound::{self, Syllable};
use crate::text::{Kind, Shapes, entry_of, is_han, letter_key};

/// What a text may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Opened {
    /// A literal in the folded view.
    pub written: bool,
    /// A disguised term.
    pub masked: bool,
}

impl Opened {
    const NOTHING: Self = Self {
        written: false,
        masked: false,
    };
    const ALL: Self = Self {
        written: true,
        masked: true,
    };

    /// True where something may be found.
    pub(super) fn any(self) -> bool {
        self.written || self.masked
    }
}

const BITS: u32 = 18;
const PLACES: usize = 1 << BITS;

/// Who waits for kept neighbours.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    /// Somebody for whom they are enough.
    alone: bool,
    /// Patterns that need two literals, of which this is the first, or the second.
    halves: Vec<(u16, bool)>,
}

impl Waiting {
    /// Enough by themselves.
    pub(super) fn alone() -> Self {
        Self {
            alone: true,
            halves: Vec::new(),
        }
    }

    /// One of the two literals that a pattern needs.
    pub(super) fn half(pattern: usize, second: bool) -> Self {
        Self {
            alone: false,
            halves: vec![((pattern % HALVES) as u16, second)],
        }
    }
}

/// Patterns told apart; beyond, two share a place, which passes a little more.
const HALVES: usize = 1024;

/// What was found of those who wait.
#[derive(Clone, Copy, Debug)]
struct Found {
    alone: bool,
    first: [u64; HALVES / 64],
    second: [u64; HALVES / 64],
    any_half: bool,
}

impl Found {
    const NOTHING: Self = Self {
        alone: false,
        first: [0; HALVES / 64],
        second: [0; HALVES / 64],
        any_half: false,
    };

    fn note(&mut self, waiting: &Waiting) {
        self.alone |= waiting.alone;
        for (pattern, second) in &waiting.halves {
            let half = if *second {
                &mut self.second
            } else {
                &mut self.first
            };
            half[usize::from(*pattern) / 64] |= 1 << (pattern % 64);
            self.any_half = true;
        }
    }

    fn open(&self) -> bool {
        self.alone || self.any_half && self.first.iter().zip(&self.second).any(|(a, b)| a & b != 0)
    }
}

/// A set of kept neighbours: a bit table that nearly every look-up ends in, and behind it who waits for them.
#[derive(Debug)]
struct Seen {
    bits: Box<[u64; PLACES / 64]>,
    waiting: HashMap<u64, Waiting, foldhash::fast::FixedState>,
}

#[inline]
fn mix(value: u64) -> u64 {
    value.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn table() -> Box<[u64; PLACES / 64]> {
    vec![0_u64; PLACES / 64]
        .into_boxed_slice()
        .try_into()
        .unwrap_or_else(|_| Box::new([0; PLACES / 64]))
}

impl Seen {
    fn new() -> Self {
        Self {
            bits: table(),
            waiting: HashMap::default(),
        }
    }

    #[inline]
    fn place(key: u64) -> usize {
        (mix(key ^ (key >> 29)) >> (64 - BITS)) as usize % PLACES
    }

    fn add(&mut self, key: u64, waiting: Waiting) {
        let at = Self::place(key);
        self.bits[at / 64] |= 1 << (at % 64);
        let entry = self.waiting.entry(key).or_default();
        entry.alone |= waiting.alone;
        entry.halves.extend(waiting.halves);
        entry.halves.sort_unstable();
        entry.halves.dedup();
    }

    #[inline]
    fn has(&self, key: u64) -> bool {
        let at = Self::place(key);
        self.bits[at / 64] & (1 << (at % 64)) != 0 && self.waiting.contains_key(&key)
    }

    #[inline]
    fn ask(&self, key: u64, found: &mut Found) {
        let at = Self::place(key);
        if self.bits[at / 64] & (1 << (at % 64)) != 0
            && let Some(waiting) = self.waiting.get(&key)
        {
            found.note(waiting);
        }
    }
}

/// What the gate knows of one character.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    folded: u16,
    bare: u16,
    /// Its symbol in the sound view; 0 for none.
    sound: u16,
    kind: u8,
    flags: u8,
}

const FIRST: u8 = 1;
const SECOND: u8 = 2;
const BARE_FIRST: u8 = 4;
const BARE_SECOND: u8 = 8;
const SOUND_FIRST: u8 = 16;
const SOUND_SECOND: u8 = 32;
const SINGLE: u8 = 64;

/// So many letters in a row are kept of a disguised word.
pub(super) const KEYS: usize = 6;
const KEYS_MASK: u64 = (1 << (8 * KEYS)) - 1;

const DROPPED: u8 = 0;
const SOFT: u8 = 1;
const HAN: u8 = 2;
const WORD: u8 = 3;
const OTHER: u8 = 4;
const SLOW: u8 = 5;

/// What opens for a text that may hold a hit.
#[derive(Debug)]
pub(super) struct Gate {
    known: Box<[Known; 0x1_0000]>,
    /// Three characters in a row.
    threes: Seen,
    /// Two characters in a row.
    twos: Seen,
    /// A word, and two words in a row.
    words: Seen,
    /// Four letters in a row, for literals that begin or end inside a word.
    fours: Seen,
    /// For each letter, which letters may end a kept four after it.
    four_ends: [u32; 32],
    /// Neighbours in the bare view.
    bare: Seen,
    /// Neighbours in the sound view, and the flags of its symbols.
    sound: Seen,
    sound_flags: HashMap<u16, u8>,
    /// Four letters across the border of two syllables.
    pinyin: Seen,
    /// For each letter, which letters may follow it inside such four.
    borders: [u32; 32],
    /// Words made of first letters.
    initials: Seen,
    /// Letters in a row by their keys, marks and repeats left out, for disguised words of letters.
    letters: Seen,
    /// A literal that cannot be kept: every text passes.
    always: bool,
}

#[inline]
fn pair(a: char, b: char) -> u64 {
    (u64::from(u32::from(a)) << 21) | u64::from(u32::from(b))
}

fn triple(a: char, b: char, c: char) -> u64 {
    (1 << 63) | (u64::from(u32::from(a)) << 42) | pair(b, c)
}

#[inline]
fn word_step(hash: u64, letter: u8) -> u64 {
    (hash.rotate_left(5) ^ u64::from(letter)).wrapping_mul(0x517C_C1B7_2722_0A95)
}

const WORD_START: u64 = 0xCBF2_9CE4_8422_2325;

fn word_hash(word: &str) -> u64 {
    word.bytes().fold(WORD_START, word_step)
}

#[inline]
fn words_pair(a: u64, b: u64) -> u64 {
    mix(a).rotate_left(17) ^ b
}

fn letter_number(letter: u8) -> usize {
    usize::from(letter) % 32
}

impl Gate {
    /// An empty gate for disguises towards these shapes.
    pub(super) fn new(shapes: &Shapes) -> Self {
        let known: Vec<Known> = (0..=0xFFFF_u32)
            .map(|code| char::from_u32(code).map_or_else(Known::default, |c| know(c, shapes)))
            .collect();
        Self {
            known: known
                .into_boxed_slice()
                .try_into()
                .unwrap_or_else(|_| Box::new([Known::default(); 0x1_0000])),
            threes: Seen::new(),
            twos: Seen::new(),
            words: Seen::new(),
            fours: Seen::new(),
            four_ends: [0; 32],
            bare: Seen::new(),
            sound: Seen::new(),
            sound_flags: HashMap::new(),
            pinyin: Seen::new(),
            borders: [0; 32],
            initials: Seen::new(),
            letters: Seen::new(),
            always: false,
        }
    }

    /// Spreads flags that were set on one character to all that fold to it. Call once, after the last `add`.
    pub(super) fn finish(&mut self) {
        let mut folded = vec![0_u8; 0x1_0000];
        let mut bare = vec![0_u8; 0x1_0000];
        for (code, known) in self.known.iter().enumerate() {
            folded[code] |= known.flags & (FIRST | SECOND | SINGLE);
            bare[code] |= known.flags & (BARE_FIRST | BARE_SECOND);
        }
        for known in self.known.iter_mut() {
            known.flags |= folded[usize::from(known.folded)] & (FIRST | SECOND | SINGLE);
            known.flags |= bare[usize::from(known.bare)] & (BARE_FIRST | BARE_SECOND);
            known.flags |= self.sound_flags.get(&known.sound).copied().unwrap_or(0);
        }
    }

    fn flag_char(&mut self, c: char, flag: u8) {
        if let Some(known) = self.known.get_mut(u32::from(c) as usize) {
            known.flags |= flag;
        }
    }

    fn add_pair(&mut self, a: char, b: char, waiting: Waiting) {
        self.flag_char(a, FIRST);
        self.flag_char(b, SECOND);
        self.twos.add(pair(a, b), waiting);
    }

    /// Makes sure that a text with this folded literal passes. `whole` says that it is found as whole words only.
    pub(super) fn add(&mut self, literal: &str, whole: bool, waiting: Waiting) {
        if literal.is_ascii() {
            self.add_letters(literal, whole, waiting);
            return;
        }
        // Separators may be folded away, or several of them to one; what stands around them does not change.
        let chars: Vec<char> = literal
            .chars()
            .filter(|c| entry_of(*c).kind != Kind::Soft)
            .collect();
        self.add_characters(&chars, waiting);
    }

    fn add_characters(&mut self, chars: &[char], waiting: Waiting) {
        if let Some(beyond) = chars.iter().find(|c| u32::from(**c) > 0xFFFF) {
            // Emoji and the like are rare enough to open by themselves.
            self.twos.add(pair('\u{1}', *beyond), waiting);
            return;
        }
        match chars {
            [] => self.always = true,
            [one] => {
                self.flag_char(*one, SINGLE);
                self.twos.add(pair('\0', *one), waiting);
            }
            [a, b] => self.add_pair(*a, *b, waiting),
            more => {
                let rarest = more
                    .windows(3)
                    .min_by_key(|w| w.iter().map(|c| weight(*c)).product::<usize>());
                if let Some([a, b, c]) = rarest {
                    self.flag_char(*b, FIRST);
                    self.flag_char(*c, SECOND);
                    self.threes.add(triple(*a, *b, *c), waiting);
                }
            }
        }
    }

    fn add_letters(&mut self, literal: &str, whole: bool, waiting: Waiting) {
        let words: Vec<&str> = literal
            .split(|c: char| !c.is_ascii_alphanumeric())
            .collect();
        // Words cut off by the literal's ends count only if the literal is found as whole words.
        let inner = if whole {
            &words[..]
        } else if words.len() > 2 {
            &words[1..words.len() - 1]
        } else {
            &[]
        };
        let inner: Vec<&str> = inner.iter().copied().filter(|w| !w.is_empty()).collect();
        let rarest = inner
            .windows(2)
            .min_by_key(|w| word_weight(w[0]) * word_weight(w[1]));
        let single = inner.iter().min_by_key(|w| word_weight(w));
        if let Some([a, b]) = rarest {
            self.words
                .add(words_pair(word_hash(a), word_hash(b)), waiting);
        } else if let Some(word) = single.filter(|w| whole || common::expected_share(w) < 0.2) {
            self.words.add(word_hash(word), waiting);
        } else {
            self.add_inside_words(&words, waiting);
        }
    }

    /// A literal that may begin and end inside words: the last four letters, a border of words counting as one.
    fn add_inside_words(&mut self, words: &[&str], waiting: Waiting) {
        let joined = words.join(" ");
        let letters = joined.trim_start().as_bytes();
        match letters {
            [.., a, b, c, d] => {
                self.four_ends[letter_number(*c)] |= 1 << letter_number(*d);
                self.fours
                    .add(u64::from(u32::from_be_bytes([*a, *b, *c, *d])), waiting);
            }
            [a, b, c] => {
                self.four_ends[letter_number(*b)] |= 1 << letter_number(*c);
                self.fours
                    .add(u64::from(u32::from_be_bytes([0, *a, *b, *c])), waiting);
            }
            [a, b] => self.add_pair(char::from(*a), char::from(*b), waiting),
            _ => self.always = true,
        }
    }

    /// Makes sure that a text with this term in the bare view passes.
    pub(super) fn add_bare(&mut self, term: &str) {
        if term.is_ascii() {
            self.add_keys(term.as_bytes());
            return;
        }
        let chars: Vec<char> = term.chars().collect();
        let rarest = chars.windows(2).min_by_key(|w| weight(w[0]) * weight(w[1]));
        match rarest {
            Some([a, b]) => {
                self.flag_char(*a, BARE_FIRST);
                self.flag_char(*b, BARE_SECOND);
                self.bare.add(pair(*a, *b), Waiting::alone());
            }
            _ => self.always = true,
        }
    }

    fn add_keys(&mut self, keys: &[u8]) {
        let rare = |w: &&[u8]| -> u32 { w.iter().map(|b| common::letter_weight(*b)).sum() };
        match keys.windows(KEYS).min_by_key(rare) {
            Some(window) => self.letters.add(
                window.iter().fold(0, |key, b| (key << 8) | u64::from(*b)),
                Waiting::alone(),
            ),
            None => self.always = true,
        }
    }

    /// Makes sure that a text with these symbols in the sound view passes.
    pub(super) fn add_sound(&mut self, form: &[char]) {
        let rarest = form
            .windows(2)
            .min_by_key(|w| common::symbol_weight(w[0]) * common::symbol_weight(w[1]));
        if let Some([a, b]) = rarest {
            self.sound.add(pair(*a, *b), Waiting::alone());
            *self.sound_flags.entry(*a as u16).or_default() |= SOUND_FIRST;
            *self.sound_flags.entry(*b as u16).or_default() |= SOUND_SECOND;
        }
    }

    /// Makes sure that a text with these syllables typed in letters, all or some, passes.
    pub(super) fn add_typed(&mut self, syllables: &[Syllable]) {
        for w in syllables.windows(2) {
            let (a, b) = (w[0].name().as_bytes(), w[1].name().as_bytes());
            if a.len() >= 2 && b.len() >= 2 {
                self.borders[letter_number(a[a.len() - 1])] |= 1 << letter_number(b[0]);
                let border = a[a.len() - 2..].iter().chain(&b[..2]);
                self.pinyin.add(
                    border.fold(0, |key, b| (key << 8) | u64::from(*b)),
                    Waiting::alone(),
                );
            }
            // Where a Han character, or a digit, and letters meet, only the letter at the border is known.
            let symbols = |s: Syllable| {
                let digit = sound::digit_for(s).map(sound::digit_symbol);
                std::iter::once(s.class().symbol()).chain(digit)
            };
            for symbol in symbols(w[0]) {
                self.sound
                    .add(han_then_letter(symbol, b[0]), Waiting::alone());
            }
            for symbol in symbols(w[1]) {
                for letter in [a[a.len() - 1], a[0]] {
                    self.sound
                        .add(letter_then_han(letter, symbol), Waiting::alone());
                }
            }
        }
    }

    /// Makes sure that a text with this word, made of first letters, passes.
    pub(super) fn add_initials(&mut self, word: &str) {
        self.initials.add(word_hash(word), Waiting::alone());
    }

    /// Nothing only where nothing can be found.
    pub(super) fn look(&self, raw: &str) -> Opened {
        if self.always {
            return Opened::ALL;
        }
        let mut walk = Walk::new(self);
        for c in raw.chars() {
            walk.take(c);
        }
        walk.end_word();
        Opened {
            written: walk.opened.written || walk.written.open(),
            ..walk.opened
        }
    }
}

#[inline]
fn han_then_letter(symbol: char, letter: u8) -> u64 {
    (1 << 42) | (u64::from(u32::from(symbol)) << 8) | u64::from(letter)
}

#[inline]
fn letter_then_han(letter: u8, symbol: char) -> u64 {
    (2 << 42) | (u64::from(letter) << 21) | u64::from(u32::from(symbol))
}

fn know(c: char, shapes: &Shapes) -> Known {
    let entry = entry_of(c);
    let kind = match entry.kind {
        Kind::Dropped => DROPPED,
        Kind::Soft => SOFT,
        Kind::Han => HAN,
        Kind::Word => WORD,
        Kind::Other => OTHER,
        Kind::Several => SLOW,
    };
    let symbol = |s: Syllable| s.class().symbol();
    let sound = match entry.kind {
        Kind::Han => sound::of_han(shapes.of_rare(entry.folded)).map(symbol),
        Kind::Word if entry.folded.is_ascii_digit() => Some(sound::digit_symbol(entry.folded)),
        Kind::Word => None,
        _ => sound::of_emoji(entry.folded).map(symbol),
    };
    let Ok(folded) = u16::try_from(u32::from(entry.folded)) else {
        return Known {
            kind: SLOW,
            ..Known::default()
        };
    };
    Known {
        folded,
        bare: u32::from(shapes.of(entry.folded)) as u16,
        sound: sound.map_or(0, |symbol| symbol as u16),
        kind,
        flags: 0,
    }
}

/// [`letter_key`] as a table; 0 for none.
const KEY_OF: [u8; 128] = {
    let mut keys = [0; 128];
    let mut i = 0;
    while i < 128 {
        keys[i] = match letter_key(i as u8 as char) {
            Some(key) => key as u8,
            None => 0,
        };
        i += 1;
    }
    keys
};

/// Where the pass over a text stands.
struct Walk<'g> {
    gate: &'g Gate,
    opened: Opened,
    written: Found,
    /// The last two characters of the folded view, separators left out, and the flags of the last.
    before: (u16, u16),
    flags: u8,
    /// The last Han character of the bare view, marks left out, and its flags.
    bare: u16,
    bare_flags: u8,
    /// Symbol of the last syllable, marks left out.
    sound: u16,
    sound_flags: u8,
    /// The last letter, where no syllable came since.
    last_letter: u8,
    word: WordSoFar,
    last_word: u64,
    /// The last letters and digits; the last letters.
    four: u32,
    four_joined: u32,
    /// The last letters by their keys, repeats left out.
    keys: u64,
    /// A mark that stands for a letter if one follows.
    pending: u8,
}

/// The running word.
struct WordSoFar {
    hash: u64,
    letters: u64,
    letter_count: u32,
    inside: bool,
}

const NO_WORD: WordSoFar = WordSoFar {
    hash: WORD_START,
    letters: WORD_START,
    letter_count: 0,
    inside: false,
};

impl<'g> Walk<'g> {
    fn new(gate: &'g Gate) -> Self {
        Self {
            gate,
            opened: Opened::NOTHING,
            written: Found::NOTHING,
            before: (0, 0),
            flags: 0,
            bare: 0,
            bare_flags: 0,
            sound: 0,
            sound_flags: 0,
            last_letter: 0,
            word: NO_WORD,
            last_word: 0,
            four: 0,
            four_joined: 0,
            keys: 0,
            pending: 0,
        }
    }

    #[inline]
    fn take(&mut self, c: char) {
        let code = u32::from(c);
        if code > 0xFFFF {
            return self.beyond(c);
        }
        let known = self.gate.known[code as usize];
        match known.kind {
            HAN => {
                if self.word.inside {
                    self.end_word();
                }
                self.shift(known);
                self.bare(known);
                self.heard(known);
            }
            WORD => self.letter(known),
            SOFT => {
                if self.word.inside {
                    self.end_word();
                }
                self.pending = known.folded as u8;
            }
            DROPPED => {}
            OTHER => {
                if self.word.inside {
                    self.end_word();
                }
                self.pending = known.folded.min(127) as u8;
                self.shift(known);
                if known.sound != 0 {
                    self.heard(known);
                }
            }
            _ => self.opened = Opened::ALL,
        }
    }

    /// The next character of the folded view.
    #[inline]
    fn shift(&mut self, known: Known) {
        let (a, b) = self.before;
        self.before = (b, known.folded);
        if self.flags & FIRST != 0 && known.flags & SECOND != 0 {
            let two = (u64::from(b) << 21) | u64::from(known.folded);
            self.gate.twos.ask(two, &mut self.written);
            self.gate
                .threes
                .ask((1 << 63) | (u64::from(a) << 42) | two, &mut self.written);
        }
        if known.flags & SINGLE != 0 {
            self.gate
                .twos
                .ask(u64::from(known.folded), &mut self.written);
        }
        self.flags = known.flags;
    }

    #[inline]
    fn bare(&mut self, known: Known) {
        if known.bare == self.bare {
            return; // a repeat
        }
        if self.bare_flags & BARE_FIRST != 0 && known.flags & BARE_SECOND != 0 {
            let key = (u64::from(self.bare) << 21) | u64::from(known.bare);
            self.opened.masked |= self.gate.bare.has(key);
        }
        self.bare = known.bare;
        self.bare_flags = known.flags;
    }

    #[inline]
    fn heard(&mut self, known: Known) {
        if self.sound_flags & SOUND_FIRST != 0 && known.flags & SOUND_SECOND != 0 {
            let key = (u64::from(self.sound) << 21) | u64::from(known.sound);
            self.opened.masked |= self.gate.sound.has(key);
        }
        if self.last_letter != 0 {
            let symbol = char::from_u32(u32::from(known.sound)).unwrap_or('\0');
            let key = letter_then_han(self.last_letter, symbol);
            self.opened.masked |= self.gate.sound.has(key);
            self.last_letter = 0;
        }
        self.sound = known.sound;
        self.sound_flags = known.flags;
    }

    fn beyond(&mut self, c: char) {
        self.end_word();
        let entry = entry_of(c);
        if is_han(c) || entry.folded != c || entry.kind != Kind::Other {
            // Rare enough to look closely.
            self.opened = Opened::ALL;
            return;
        }
        self.before = (self.before.1, 0xFFFF);
        self.flags = 0;
        self.gate.twos.ask(pair('\u{1}', c), &mut self.written);
        if let Some(syllable) = sound::of_emoji(c) {
            // Any flag may hold: an emoji that stands for a syllable is rare as well.
            self.sound_flags |= SOUND_FIRST;
            self.heard(Known {
                sound: syllable.class().symbol() as u16,
                flags: SOUND_FIRST | SOUND_SECOND,
                ..Known::default()
            });
        }
    }

    #[inline]
    fn letter(&mut self, known: Known) {
        let gate = self.gate;
        let byte = known.folded as u8;
        self.shift(known);
        self.push_four(byte);
        if matches!(self.pending, b'@' | b'$' | b'!' | b'|') {
            self.key(self.pending);
        }
        self.pending = 0;
        self.key(byte);
        if !self.word.inside {
            self.word = NO_WORD;
            self.word.inside = true;
        }
        let word = &mut self.word;
        word.hash = word_step(word.hash, byte);
        if byte.is_ascii_digit() {
            // It may stand for a syllable; inside a word it is a tone or a sign, and looking at it as a syllable too
            // passes a little more.
            self.bare = known.folded;
            self.bare_flags = known.flags;
            let letter = self.last_letter;
            self.heard(known);
            self.last_letter = letter;
            return;
        }
        if word.letter_count == 0 && self.sound != 0 {
            let symbol = char::from_u32(u32::from(self.sound)).unwrap_or('\0');
            self.opened.masked |= gate.sound.has(han_then_letter(symbol, byte));
        }
        word.letters = word_step(word.letters, byte);
        word.letter_count += 1;
        self.last_letter = byte;
        self.bare = 0;
        let ends = (self.four_joined >> 8) as u8;
        let border =
            gate.borders[letter_number(ends)] & (1 << letter_number(self.four_joined as u8));
        self.four_joined = (self.four_joined << 8) | u32::from(byte);
        if border != 0 {
            self.opened.masked |= gate.pinyin.has(u64::from(self.four_joined));
        }
    }

    /// The next letter, or sign for one, by its key.
    #[inline]
    fn key(&mut self, byte: u8) {
        let key = KEY_OF[usize::from(byte % 128)];
        if key == 0 || key == self.keys as u8 {
            return;
        }
        self.keys = (self.keys << 8) | u64::from(key);
        self.opened.masked |= self.gate.letters.has(self.keys & KEYS_MASK);
    }

    #[inline]
    fn push_four(&mut self, byte: u8) {
        let gate = self.gate;
        let before = self.four as u8;
        self.four = (self.four << 8) | u32::from(byte);
        if gate.four_ends[letter_number(before)] & (1 << letter_number(byte)) != 0 {
            gate.fours.ask(u64::from(self.four), &mut self.written);
            gate.fours
                .ask(u64::from(self.four & 0xFF_FFFF), &mut self.written);
        }
    }

    /// The running word is over.
    #[inline]
    fn end_word(&mut self) {
        if !self.word.inside {
            return;
        }
        self.word.inside = false;
        self.push_four(b' ');
        let gate = self.gate;
        let word = &self.word;
        gate.words.ask(word.hash, &mut self.written);
        gate.words
            .ask(words_pair(self.last_word, word.hash), &mut self.written);
        self.opened.masked |= gate.initials.has(word.letters);
        self.last_word = word.hash;
        if word.letter_count > 0 {
            self.sound = 0;
            self.sound_flags = 0;
        }
    }
}
