//! From a folded text to the pieces that are weighed: runs of one to four tokens, pairs with a gap, and letters of words.
//!
//! A token is a Han character, a word, a number by its length, an emoji or a mark. Every piece is one 64-bit hash, made
//! without memory of any other, so scoring is a walk with one look-up a piece.

use crate::text::{Sink, fold_into};

/// Tokens in the longest piece.
const RUN_MAX: usize = 4;
/// Letters in a piece of a word.
const LETTERS: usize = 4;
/// Words of more letters are cut off: nobody means them.
const WORD_MAX: usize = 32;

const BEGIN: u32 = 0x11_0000;
const END: u32 = 0x11_0001;
const NUMBER: u32 = 0x11_0010;
const LENGTH: u32 = 0x11_0100;
const WORD: u32 = 1 << 31;

const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
/// Pieces of different kinds must not meet.
const RUN: u64 = 0x243F_6A88_85A3_08D3;
const PAIR: u64 = 0x1319_8A2E_0370_7344;
const LETTER: u64 = 0xA409_3822_299F_31D0;

/// A text by its tokens; a buffer to be used again.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    tokens: Vec<u32>,
    /// First and last raw character of each token.
    places: Vec<(u32, u32)>,
    letters: Vec<Letters>,
    word: Vec<u8>,
    word_from: u32,
    word_to: u32,
}

/// A piece of a word: its hash and the token it lies in.
#[derive(Clone, Copy, Debug)]
struct Letters {
    hash: u64,
    token: u32,
}

#[inline]
fn mix(hash: u64, token: u32) -> u64 {
    let mixed = (hash ^ u64::from(token)).wrapping_mul(MIX);
    mixed ^ (mixed >> 29)
}

impl Tokens {
    /// Reads a raw text.
    pub fn read(&mut self, raw: &str) {
        self.tokens.clear();
        self.places.clear();
        self.letters.clear();
        self.word.clear();
        self.put(BEGIN, 0, 0);
        fold_into(raw, self);
        self.end_word();
        let last = self.places.last().map_or(0, |place| place.1);
        self.put(END, last, last);
    }

    /// How many tokens, with one for each end.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// True before anything was read.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Raw characters from the first of token `from` to one past the last of token `to - 1`.
    pub fn raw(&self, from: usize, to: usize) -> (u32, u32) {
        (self.places[from].0, self.places[to - 1].1 + 1)
    }

    #[inline]
    fn put(&mut self, token: u32, from: u32, to: u32) {
        self.tokens.push(token);
        self.places.push((from, to));
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let token = if word.iter().all(u8::is_ascii_digit) {
            match word.len() {
                1 => u32::from(word[0]),
                n => NUMBER + n.min(6) as u32,
            }
        } else {
            let hash = word.iter().fold(LETTER, |hash, b| mix(hash, u32::from(*b)));
            self.put_letters(&word);
            WORD | (hash >> 33) as u32
        };
        self.put(token, self.word_from, self.word_to);
        self.word = word;
        self.word.clear();
    }

    /// Runs of letters, the borders of the word counting as letters, so that a slip of the finger leaves most of them.
    fn put_letters(&mut self, word: &[u8]) {
        let token = self.tokens.len() as u32;
        let letter = |i: usize| match i {
            0 => b'^',
            i if i <= word.len() => word[i - 1],
            _ => b'$',
        };
        if word.len() + 2 <= LETTERS {
            return; // the word itself is the piece
        }
        for from in 0..=word.len() + 2 - LETTERS {
            let hash =
                (from..from + LETTERS).fold(LETTER ^ RUN, |h, i| mix(h, u32::from(letter(i))));
            self.letters.push(Letters { hash, token });
        }
    }

    /// Every piece of the tokens `from..to`: hash, first token, one past the last. How many there were.
    #[inline]
    pub fn pieces(&self, from: usize, to: usize, mut take: impl FnMut(u64, usize, usize)) -> usize {
        let tokens = &self.tokens[from..to];
        // Runs of each length, pairs with a gap, and the length.
        let mut pieces = (0..RUN_MAX)
            .map(|shorter| tokens.len().saturating_sub(shorter))
            .sum::<usize>()
            + tokens.len().saturating_sub(2)
            + 1;
        // Straight lines where a whole run follows, which is nearly everywhere; the last tokens begin shorter ones.
        let mut at = from;
        for run in tokens.windows(RUN_MAX) {
            let &[a, b, c, d] = run else { continue };
            let one = mix(RUN, a);
            let two = mix(one, b);
            let three = mix(two, c);
            take(one, at, at + 1);
            take(two, at, at + 2);
            take(three, at, at + 3);
            take(mix(three, d), at, at + 4);
            take(mix(mix(PAIR, a), c), at, at + 3);
            at += 1;
        }
        for rest in (1..RUN_MAX.min(tokens.len() + 1)).rev() {
            let at = to - rest;
            let mut hash = RUN;
            for (n, token) in self.tokens[at..to].iter().enumerate() {
                hash = mix(hash, *token);
                take(hash, at, at + n + 1);
            }
            if rest > 2 {
                let [first, third] = [self.tokens[at], self.tokens[at + 2]];
                take(mix(mix(PAIR, first), third), at, at + 3);
            }
        }
        // In the order of their tokens, so that a window finds its own at once.
        let after = |token: usize| self.letters.partition_point(|l| (l.token as usize) < token);
        if !self.letters.is_empty() {
            let letters = &self.letters[after(from)..after(to)];
            pieces += letters.len();
            for piece in letters {
                let token = piece.token as usize;
                take(piece.hash, token, token + 1);
            }
        }
        let length = usize::BITS - tokens.len().leading_zeros();
        take(mix(RUN, LENGTH + length), from, to);
        pieces
    }
}

impl Sink for Tokens {
    #[inline]
    fn push(&mut self, c: char, raw: u32) {
        if c.is_ascii_alphanumeric() {
            if self.word.is_empty() {
                self.word_from = raw;
            }
            self.word_to = raw;
            // Drawn-out letters are an accent, not another word.
            let drawn = matches!(self.word[..], [.., a, b] if a == b && a == c as u8 && !a.is_ascii_digit());
            if !drawn && self.word.len() < WORD_MAX {
                self.word.push(c as u8);
            }
            return;
        }
        if matches!(c, '\'' | '’') && !self.word.is_empty() {
            return; // don't and dont are one word
        }
        self.end_word();
        let token = match c {
            ' ' => return,
            '。' | '.' | ';' | '\n' => '.',
            ',' | '、' | ':' => ',',
            c => c,
        };
        self.put(u32::from(token), raw, raw);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(raw: &str) -> Vec<(u64, (u32, u32))> {
        let mut tokens = Tokens::default();
        tokens.read(raw);
        let mut out = Vec::new();
        let counted = tokens.pieces(0, tokens.len(), |hash, from, to| {
            out.push((hash, tokens.raw(from, to)))
        });
        assert_eq!(counted, out.len(), "{raw:?}");
        out
    }

    #[test]
    fn a_text_and_its_disguise_by_width_case_and_separators_are_the_same_pieces() {
        let hashes = |raw| pieces(raw).into_iter().map(|p| p.0).collect::<Vec<_>>();
        assert_eq!(hashes("我想走了，好累"), hashes("我·想·走·了, 好 累"));
        assert_eq!(hashes("So TIRED of it"), hashes("ｓｏ tired  of it"));
        assert_eq!(hashes("sooooo"), hashes("soooo"));
        assert_ne!(hashes("我想走了"), hashes("想我走了"));
    }

    #[test]
    fn pieces_lie_inside_the_raw_text() {
        for raw in [
            "",
            "a",
            "好",
            "我想 go 家 123 了!",
            "🌍🌍",
            "a\u{301}\u{301}",
        ] {
            let n = raw.chars().count() as u32;
            for (_, (from, to)) in pieces(raw) {
                assert!(from <= to && to <= n.max(1), "{raw:?}: {from}..{to} of {n}");
            }
        }
    }

    #[test]
    fn pieces_grow_with_the_text_and_no_faster() {
        let count = |n: usize| pieces(&"好".repeat(n)).len();
        assert!(count(2_000) <= 2 * count(1_000));
    }
}
