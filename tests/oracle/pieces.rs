//! The folded text cut into pieces, and which of its marks are barriers (section 1.2).

use super::fold::is_han;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Han,
    /// With a letter.
    Word,
    /// A word without a letter.
    Number,
    Emoji,
    Other,
    /// A mark that is left out.
    Mark,
    /// A mark across which nothing is found.
    Barrier,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    pub kind: Kind,
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

impl Piece {
    fn is_mark(&self) -> bool {
        matches!(self.kind, Kind::Mark | Kind::Barrier)
    }

    fn len(&self) -> usize {
        self.end - self.start
    }
}

const LONGEST_MARK: usize = 8;

/// The pieces from left to right; together they are the whole text.
pub fn cut(text: &[char], is_emoji: impl Fn(char) -> bool) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let c = text[start];
        let after_word = end_of_word(text, start);
        let kind = if is_han(c) {
            Kind::Han
        } else if after_word > start {
            word_or_number(&text[start..after_word])
        } else if is_emoji(c) {
            Kind::Emoji
        } else if c.is_alphanumeric() {
            Kind::Other
        } else {
            Kind::Mark
        };
        let end = after_word.max(start + 1);
        match pieces.last_mut() {
            Some(last) if kind == Kind::Mark && last.is_mark() => last.end = end,
            _ => pieces.push(Piece { kind, start, end }),
        }
        start = end;
    }
    for at in 0..pieces.len() {
        if pieces[at].is_mark() && is_barrier(text, &pieces, at) {
            pieces[at].kind = Kind::Barrier;
        }
    }
    pieces
}

/// One past the word that begins here; here itself if none does.
fn end_of_word(text: &[char], start: usize) -> usize {
    let letter_at = |at: usize| text.get(at).is_some_and(char::is_ascii_alphanumeric);
    let one_of_at = |at: usize, signs: &str| text.get(at).is_some_and(|c| signs.contains(*c));
    let begins = letter_at(start) || one_of_at(start, "$@") && letter_at(start + 1);
    if !begins {
        return start;
    }
    let mut end = start + 1;
    while letter_at(end) || one_of_at(end, "@$!|*") && letter_at(end + 1) {
        end += 1;
    }
    end
}

fn word_or_number(word: &[char]) -> Kind {
    if word.iter().any(char::is_ascii_alphabetic) {
        Kind::Word
    } else {
        Kind::Number
    }
}

/// A mark at either end of the text stands between no two pieces.
fn is_barrier(text: &[char], pieces: &[Piece], at: usize) -> bool {
    let (before, mark, after) = (&pieces[..at], pieces[at], &pieces[at + 1..]);
    let (Some(last), Some(first)) = (before.last(), after.first()) else {
        return false;
    };
    let stretch_before = before.iter().rev().take_while(|piece| !piece.is_mark());
    let stretch_after = after.iter().take_while(|piece| !piece.is_mark());
    let length_before: usize = stretch_before.map(Piece::len).sum();
    let length_after: usize = stretch_after.map(Piece::len).sum();

    let one_space = text[mark.start..mark.end] == [' '];
    let beside_word = last.kind == Kind::Word || first.kind == Kind::Word;
    let beside_single = length_before == 1 || length_after == 1;
    let words = last.kind == Kind::Word && first.kind == Kind::Word;
    let has = |what: &str| text[mark.start..mark.end].iter().any(|c| what.contains(*c));
    let part_a_sentence = has("\n") || has(" ") && has(".,!?;:、。");
    let slight = words && mark.len() <= 3 && !part_a_sentence;
    !(one_space && beside_word || slight || mark.len() <= LONGEST_MARK && beside_single)
}
