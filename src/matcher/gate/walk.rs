//! The gate's pass over one text.

use super::known::{
    DROPPED, EMOJI, HAN, KEY_OF, Known, MARK, PIECE, RARE, SEVERAL, SIGN, SOFT, WORD,
};
use super::windows::Found;
use super::{Gate, Opened, Written};
use crate::text::common::{BEGIN, END};
use crate::text::{Kind, entry_of, is_han, several_of, sound};

const WORD_START: u64 = 0xCBF2_9CE4_8422_2325;

#[inline]
fn word_step(hash: u64, letter: u8) -> u64 {
    (hash.rotate_left(5) ^ u64::from(letter)).wrapping_mul(0x517C_C1B7_2722_0A95)
}

pub(super) fn word_hash(word: &str) -> u64 {
    word.bytes().fold(WORD_START, word_step)
}

/// A syllable that is not typed, and the first two letters of a word after it; 0 where the word has one only.
#[inline]
pub(super) fn then_letters(sound: u16, letters: [u8; 2]) -> u64 {
    (1 << 32) | (u64::from(sound) << 16) | u64::from(u16::from_be_bytes(letters))
}

/// The last two letters of a word, the first 0 where it has one only, and a syllable after it that is not typed.
#[inline]
pub(super) fn letters_then(letters: [u8; 2], sound: u16) -> u64 {
    (2 << 32) | (u64::from(sound) << 16) | u64::from(u16::from_be_bytes(letters))
}

fn symbol(sound: u16) -> char {
    char::from_u32(u32::from(sound)).unwrap_or('\0')
}

/// Where the pass stands. The last symbols of each stream are numbers that shift.
///
/// The first look is `DEEP`: it walks the deeper views as well.
pub(super) struct Walk<'g, const DEEP: bool> {
    gate: &'g Gate,
    literals: &'g Written,
    found: Found<'g>,
    all: bool,
    in_bare: bool,
    in_sound: bool,
    /// Characters of the folded view, separators left out; of a word its first and its last letter.
    written: u64,
    /// Letters and digits; whatever stands between them is one space, and so is what stands before and after them.
    letters: u128,
    /// Characters of the bare view, marks left out; 0 for words.
    bare: u64,
    /// Letters by their keys, marks and repeats left out.
    keys: u64,
    /// Symbols of the sound view, marks left out; 0 for words.
    sound: u64,
    /// Letters, marks left out.
    typed: u128,
    /// The last letters of the last word, where no syllable came since.
    last_letters: [u8; 2],
    /// The syllable before the running word, 0 for none.
    before_word: u16,
    word: Word,
    /// A mark that stands for a letter if one follows.
    pending: u8,
    /// Characters since the last mark or separator.
    run: usize,
    /// A mark came after two characters or more: if two follow it, nothing goes on across it. Counts down to that.
    parting: u8,
}

/// What stands before the first letter.
const LETTERS_BEFORE: u128 = {
    let mut letters = [b' '; 16];
    letters[14] = BEGIN as u8;
    u128::from_be_bytes(letters)
};

/// The running word.
struct Word {
    inside: bool,
    last: u8,
    letters: u64,
    letter_count: u32,
}

const NO_WORD: Word = Word {
    inside: false,
    last: 0,
    letters: WORD_START,
    letter_count: 0,
};

impl<'g, const DEEP: bool> Walk<'g, DEEP> {
    pub(super) fn new(gate: &'g Gate, literals: &'g Written) -> Self {
        Self {
            gate,
            literals,
            found: Found::default(),
            all: false,
            in_bare: false,
            in_sound: false,
            written: 0,
            letters: LETTERS_BEFORE,
            bare: 0,
            keys: 0,
            sound: 0,
            typed: 0,
            last_letters: [0; 2],
            before_word: 0,
            word: NO_WORD,
            pending: 0,
            run: 0,
            parting: 0,
        }
    }

    /// The pass over a whole text.
    #[inline]
    pub(super) fn all_of(&mut self, raw: &str) {
        for c in raw.chars() {
            self.take(c);
        }
        self.end_word();
        self.spell(END as u8);
    }

    /// A pattern may be there, if its other literals are.
    pub(super) fn needs_second_look(&self) -> bool {
        !self.all && !self.found.alone() && self.found.more()
    }

    /// From the beginning of the text, for these literals; what was found stays.
    pub(super) fn again(self, literals: &'g Written) -> Walk<'g, false> {
        Walk {
            found: self.found,
            in_bare: self.in_bare,
            in_sound: self.in_sound,
            ..Walk::new(self.gate, literals)
        }
    }

    pub(super) fn opened(self) -> (Opened, Found<'g>) {
        if self.all {
            return (Opened::ALL, Found::default());
        }
        let opened = Opened {
            written: self.found.alone(),
            bare: self.in_bare,
            sound: self.in_sound,
        };
        (opened, self.found)
    }

    #[inline(always)]
    fn take(&mut self, c: char) {
        let Some(known) = self.gate.known.get(u32::from(c) as usize).copied() else {
            return self.beyond(c);
        };
        match known.kind {
            HAN => {
                self.end_word();
                self.shift(known);
                if !DEEP {
                    return;
                }
                self.piece();
                self.bare(known.bare);
                self.keys = 0;
                self.typed = 0;
                if known.sound == 0 {
                    self.unheard();
                } else {
                    self.heard(known.sound);
                }
            }
            WORD => self.letter(known),
            DROPPED => {}
            SOFT => {
                self.pending = if self.word.inside {
                    known.folded as u8
                } else {
                    0
                };
                self.end_word();
                self.pause();
            }
            SEVERAL => self.several(c),
            RARE => self.all = true,
            kind => {
                // Inside a word any sign stands for a letter; before one, only some.
                let sign = self.word.inside || matches!(known.folded as u8, b'@' | b'$');
                self.pending = if kind == SIGN && sign {
                    known.folded as u8
                } else {
                    0
                };
                self.end_word();
                self.shift(known);
                self.other(kind, known);
            }
        }
    }

    #[inline(never)]
    fn several(&mut self, c: char) {
        for c in several_of(c) {
            self.take(c);
        }
    }

    /// Marks, signs, emoji and letters of other scripts.
    fn other(&mut self, kind: u8, known: Known) {
        if !DEEP {
            return;
        }
        match kind {
            SIGN => {
                self.run = 0;
                self.parting = 0;
            }
            EMOJI => {
                self.piece();
                self.bare = 0;
                self.keys = 0;
                self.typed = 0;
                self.heard(known.sound);
            }
            PIECE => {
                self.piece();
                self.bare = 0;
                self.keys = 0;
                self.typed = 0;
                self.unheard();
            }
            _ => {
                debug_assert_eq!(kind, MARK);
                self.mark();
            }
        }
    }

    /// Something stands here that may or may not be a mark.
    #[inline]
    fn pause(&mut self) {
        if self.run > 0 {
            self.run = 0;
            self.parting = 0;
        }
    }

    fn mark(&mut self) {
        let parts = self.run >= 2;
        self.pause();
        if parts {
            self.parting = 2;
        }
    }

    /// A character that is no mark.
    #[inline]
    fn piece(&mut self) {
        self.run += 1;
        if self.parting > 0 {
            self.parting -= 1;
            if self.parting == 0 {
                // Two characters before the mark and two after it: it was a barrier. Only the first of these two counts. Between
                // words of letters it may be none, so letters go on.
                self.bare &= 0xFFFF;
                self.sound &= 0xFFFF;
            }
        }
    }

    /// The next character of the folded view.
    #[inline]
    fn shift(&mut self, known: Known) {
        self.written = (self.written << 16) | u64::from(known.folded);
        if self.literals.characters.may_end(self.written) {
            self.ask_written();
        }
        if known.single & self.literals.look != 0 {
            self.alone(symbol(known.folded));
        }
    }

    #[inline(never)]
    fn ask_written(&mut self) {
        let (found, in_bare) = (&mut self.found, &mut self.in_bare);
        self.literals
            .characters
            .ask(u128::from(self.written), |waiting, follows| {
                *in_bare |= !follows && waiting.parts;
                found.note(waiting, follows);
            });
    }

    #[inline(never)]
    fn alone(&mut self, c: char) {
        if let Some(waiting) = self.literals.single.get(&c) {
            self.in_bare |= waiting.parts;
            self.found.note(waiting, false);
        }
    }

    #[inline]
    fn bare(&mut self, bare: u16) {
        if bare == self.bare as u16 {
            return; // a repeat
        }
        self.bare = (self.bare << 16) | u64::from(bare);
        let gate = self.gate;
        if gate.bare.may_end(self.bare) {
            gate.bare
                .ask(u128::from(self.bare), |_, _| self.in_bare = true);
        }
    }

    #[inline]
    fn heard(&mut self, sound: u16) {
        let gate = self.gate;
        self.sound = (self.sound << 16) | u64::from(sound);
        if gate.sound.may_end(self.sound) {
            gate.sound
                .ask(u128::from(self.sound), |_, _| self.in_sound = true);
        }
        if self.last_letters[1] != 0 {
            self.in_sound |= gate.borders.has(letters_then(self.last_letters, sound));
            self.last_letters = [0; 2];
        }
    }

    /// Nothing is heard across this.
    #[inline]
    fn unheard(&mut self) {
        self.sound = 0;
        self.last_letters = [0; 2];
    }

    fn beyond(&mut self, c: char) {
        self.end_word();
        let entry = entry_of(c);
        if is_han(c) || entry.folded != c || entry.kind != Kind::Other {
            // Rare enough to look closely.
            self.all = true;
            return;
        }
        self.written = (self.written << 16) | 0xFFFF;
        self.alone(c);
        let known = |sound| Known {
            sound,
            ..Known::default()
        };
        match sound::of_emoji(c) {
            Some(syllable) => self.other(EMOJI, known(syllable.class().symbol() as u16)),
            None if c.is_alphanumeric() => self.other(PIECE, known(0)),
            None => self.mark(),
        }
    }

    #[inline]
    fn letter(&mut self, known: Known) {
        let gate = self.gate;
        let byte = known.folded as u8;
        if !self.word.inside {
            self.shift(known);
            self.word = NO_WORD;
            self.word.inside = true;
        }
        self.word.last = byte;
        self.spell(byte);
        if !DEEP {
            return;
        }
        self.piece();
        if self.pending != 0 {
            if matches!(self.pending, b'@' | b'$' | b'!' | b'|') {
                self.key(self.pending);
            }
            self.pending = 0;
        }
        self.key(byte);
        if byte.is_ascii_digit() {
            // It may stand for a syllable; inside a word it is a tone or a sign, and looking at it as a syllable too
            // passes a little more.
            self.bare = 0;
            let letters = self.last_letters;
            self.heard(known.sound);
            self.last_letters = letters;
            return;
        }
        match self.word.letter_count {
            0 => {
                self.before_word = self.sound as u16;
                self.last_letters = [0, byte];
            }
            count => {
                self.last_letters = [self.last_letters[1], byte];
                if count == 1 && self.before_word != 0 {
                    let key = then_letters(self.before_word, self.last_letters);
                    self.in_sound |= gate.borders.has(key);
                }
            }
        }
        let word = &mut self.word;
        word.letters = word_step(word.letters, byte);
        word.letter_count += 1;
        self.bare = 0;
        self.typed = (self.typed << 8) | u128::from(byte);
        if gate.typed.may_end(self.typed as u64) {
            gate.typed.ask(self.typed, |_, _| self.in_sound = true);
        }
    }

    /// The next letter, digit or end of a word.
    #[inline]
    fn spell(&mut self, byte: u8) {
        self.letters = (self.letters << 8) | u128::from(byte);
        let letters = &self.gate.letters;
        if DEEP && letters.may_end(self.letters as u64) {
            let found = &mut self.found;
            letters.ask(self.letters, |waiting, follows| {
                found.note(waiting, follows);
            });
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
        let gate = self.gate;
        if gate.keys.may_end(self.keys) {
            gate.keys
                .ask(u128::from(self.keys), |_, _| self.in_bare = true);
        }
    }

    /// The running word is over, if there is one.
    #[inline]
    fn end_word(&mut self) {
        if !self.word.inside {
            return;
        }
        self.word.inside = false;
        self.written = u64::from(self.word.last);
        self.spell(b' ');
        if self.word.letter_count > 0 {
            if self.word.letter_count == 1 && self.before_word != 0 {
                let key = then_letters(self.before_word, [self.last_letters[1], 0]);
                self.in_sound |= self.gate.borders.has(key);
            }
            self.in_sound |= self.gate.initials.has(self.word.letters);
            self.sound = 0;
        }
    }
}
