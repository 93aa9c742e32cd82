//! What the gate knows of each character of the basic plane.

use crate::text::{Kind, Shapes, entry_of, letter_key, sound};

pub(super) const DROPPED: u8 = 0;
pub(super) const SOFT: u8 = 1;
pub(super) const HAN: u8 = 2;
pub(super) const WORD: u8 = 3;
/// Not alphanumeric, and no emoji that is heard.
pub(super) const MARK: u8 = 4;
/// A sign that may stand for a letter of a word.
pub(super) const SIGN: u8 = 5;
/// An emoji that is heard.
pub(super) const EMOJI: u8 = 6;
/// Any other letter or digit.
pub(super) const PIECE: u8 = 7;
/// Folds to several characters.
pub(super) const SEVERAL: u8 = 8;
/// So rare that the text is looked at closely.
pub(super) const RARE: u8 = 9;

/// In the first look.
pub(super) const FIRST_LOOK: u8 = 1;
/// In the second one.
pub(super) const SECOND_LOOK: u8 = 2;

/// One character.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    pub(super) folded: u16,
    pub(super) bare: u16,
    /// Its symbol in the sound view; 0 for none.
    pub(super) sound: u16,
    pub(super) kind: u8,
    /// Somebody waits for it alone: [`FIRST_LOOK`], [`SECOND_LOOK`].
    pub(super) single: u8,
}

pub(super) fn know(c: char, shapes: &Shapes) -> Known {
    let entry = entry_of(c);
    let emoji = sound::of_emoji(entry.folded).is_some();
    let kind = match entry.kind {
        Kind::Dropped => DROPPED,
        Kind::Soft => SOFT,
        Kind::Han => HAN,
        Kind::Word => WORD,
        Kind::Several => SEVERAL,
        Kind::Other if matches!(entry.folded, '@' | '$' | '!') => SIGN,
        Kind::Other if emoji => EMOJI,
        Kind::Other if entry.folded.is_alphanumeric() => PIECE,
        Kind::Other => MARK,
    };
    let symbol = |s: sound::Syllable| s.class().symbol();
    let sound = match entry.kind {
        Kind::Han => sound::of_han(shapes.of_rare(entry.folded)).map(symbol),
        Kind::Word if entry.folded.is_ascii_digit() => Some(sound::digit_symbol(entry.folded)),
        Kind::Word => None,
        _ => sound::of_emoji(entry.folded).map(symbol),
    };
    let (Ok(folded), Ok(bare)) = (
        u16::try_from(u32::from(entry.folded)),
        u16::try_from(u32::from(shapes.of(entry.folded))),
    ) else {
        return Known {
            kind: RARE,
            ..Known::default()
        };
    };
    Known {
        folded,
        bare,
        sound: sound.map_or(0, |symbol| symbol as u16),
        kind,
        single: 0,
    }
}

/// [`letter_key`] as a table; 0 for none.
pub(super) const KEY_OF: [u8; 128] = {
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
