//! The filter fused into the fold: for every literal one rare pair of neighbours (or, for plain ASCII, four letters in a
//! row) is kept in a bit table; a text in which no kept pair occurs holds no literal.
//!
//! A filter of this kind passes about one text in twenty for 2,000 terms, so the automaton's speed hardly matters. False
//! passes cost time only; a literal that is not in the filter would be a lost person, so [`Gate::add`] takes every one.

use crate::text::Sink;

const BITS: u32 = 18;

/// Which neighbours occur in literals.
#[derive(Debug)]
pub(super) struct Gate {
    /// Pairs with at least one character beyond ASCII, and single such characters.
    pairs: Vec<u64>,
    /// Four ASCII characters in a row.
    fours: Vec<u64>,
    /// ASCII pairs, for literals too short for four.
    short: Vec<u64>,
    /// Characters that are literals by themselves.
    singles: bool,
}

/// The commonest characters of Chinese talk: a pair of these filters little.
const COMMON: &str = "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间知什两次使身者被高已亲其进此话常与活正感吗呢吧啊哦您请亲货店买";

fn mix(value: u64) -> usize {
    (value.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize
}

fn set(table: &mut [u64], at: usize) {
    table[at / 64] |= 1 << (at % 64);
}

#[inline]
fn has(table: &[u64], at: usize) -> bool {
    table[at / 64] & (1 << (at % 64)) != 0
}

fn pair_at(a: char, b: char) -> usize {
    mix((u64::from(u32::from(a)) << 32) | u64::from(u32::from(b)))
}

/// Commonness of a character in talk, for choosing the rarest pair.
fn weight(c: char) -> usize {
    match c {
        ' ' => 200,
        c if c.is_ascii() => 20 + "etaoinshrdlu".find(c).map_or(0, |i| 120 - 8 * i),
        c => COMMON
            .chars()
            .position(|k| k == c)
            .map_or(1, |i| 200 - i / 2),
    }
}

impl Gate {
    pub(super) fn new() -> Self {
        let table = || vec![0_u64; 1 << (BITS - 6)];
        Self {
            pairs: table(),
            fours: table(),
            short: vec![0; 128 * 128 / 64],
            singles: false,
        }
    }

    /// Makes sure that a text with this folded literal passes.
    pub(super) fn add(&mut self, literal: &str) {
        let chars: Vec<char> = literal.chars().collect();
        if chars.len() == 1 {
            // A character alone stands as a pair with nothing.
            self.singles = true;
            set(&mut self.pairs, pair_at('\0', chars[0]));
        } else if !literal.is_ascii() {
            let rarest = chars
                .windows(2)
                .filter(|w| !(w[0].is_ascii() && w[1].is_ascii()))
                .min_by_key(|w| weight(w[0]) * weight(w[1]));
            if let Some(pair) = rarest {
                set(&mut self.pairs, pair_at(pair[0], pair[1]));
            }
        } else if chars.len() < 4 {
            set(&mut self.short, chars[0] as usize * 128 + chars[1] as usize);
        } else if let Some(four) = literal
            .as_bytes()
            .windows(4)
            .min_by_key(|w| w.iter().map(|b| weight(char::from(*b))).sum::<usize>())
        {
            let packed = four
                .iter()
                .fold(0_u32, |packed, b| (packed << 8) | u32::from(*b));
            set(&mut self.fours, mix(u64::from(packed)));
        }
    }
}

/// Collects the folded text and notes whether a kept pair went by.
pub(super) struct GatedText<'a> {
    gate: &'a Gate,
    text: &'a mut String,
    before: char,
    four: u32,
    open: bool,
}

impl<'a> GatedText<'a> {
    pub(super) fn new(gate: &'a Gate, text: &'a mut String) -> Self {
        Self {
            gate,
            text,
            before: '\u{1}',
            four: 0,
            open: false,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }
}

impl Sink for GatedText<'_> {
    #[inline]
    fn push(&mut self, c: char, _raw: u32) {
        self.text.push(c);
        if !self.open {
            if c.is_ascii() {
                self.four = (self.four << 8) | u32::from(c);
                self.open = has(&self.gate.fours, mix(u64::from(self.four)))
                    || if self.before.is_ascii() {
                        has(&self.gate.short, self.before as usize * 128 + c as usize)
                    } else {
                        has(&self.gate.pairs, pair_at(self.before, c))
                    };
            } else {
                self.open = has(&self.gate.pairs, pair_at(self.before, c))
                    || (self.gate.singles && has(&self.gate.pairs, pair_at('\0', c)));
            }
            self.before = c;
        }
    }
}
