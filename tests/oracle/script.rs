//! What is done to Chinese writing itself (section 1.5): rows turned round, characters in parts, stutters.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::{Folded, is_han};
use super::sound::{ORDINARY, in_word};
use super::tables::{self, PARTS, single};

const PARTICLES: &str = "了吗吧呢着";
const LAUGHTER: &str = "哈嘿嘻呵啊呜嗯哦呀";

static BY_PARTS: LazyLock<HashMap<Vec<char>, char>> = LazyLock::new(|| {
    let mut by_parts = HashMap::new();
    for row in tables::rows(PARTS) {
        if let (Some(whole), [_, form]) = (single(row[0]), &row[..]) {
            by_parts.entry(form.chars().collect()).or_insert(whole);
        }
    }
    by_parts
});

/// The row that begins here, if it is to be read from its end: one past its last character.
pub fn turned(folded: &Folded, start: usize) -> Option<usize> {
    let text = &folded.chars;
    let parted = |at: usize| folded.gaps.contains(&at);
    let han = |at: usize| text.get(at).is_some_and(|c| is_han(*c));
    if !han(start) || start > 0 && han(start - 1) && !parted(start) {
        return None;
    }
    let length = (1..)
        .find(|length| !han(start + length) || parted(start + length))
        .unwrap_or(0);
    if !(4..=40).contains(&length) {
        return None;
    }
    let row = &text[start..start + length];
    let in_words = |row: &[char]| {
        (0..row.len())
            .filter(|at| in_word(row, *at, 2..=4, &ORDINARY))
            .count()
    };
    let begins =
        start == 0 || parted(start) || text[start - 1] == ' ' || folded.is_clause_mark(start - 1);
    let by_particle = begins && PARTICLES.contains(row[0]) && !in_word(row, 0, 2..=4, &ORDINARY);
    let back: Vec<char> = row.iter().rev().copied().collect();
    let by_words = in_words(row) == 0 && in_words(&back) >= 2;
    (by_particle || by_words).then_some(start + length)
}

/// The character whose parts stand here, and one past the last of them.
pub fn joined(text: &[char], start: usize) -> Option<(char, usize)> {
    [3, 2].into_iter().find_map(|count| {
        let parts = text.get(start..start + count)?;
        let whole = BY_PARTS.get(parts)?;
        let all_han = parts.iter().all(|part| is_han(*part));
        let ordinary = (start..start + count).any(|at| in_word(text, at, 2..=4, &ORDINARY));
        (all_han && !ordinary).then_some((*whole, start + count))
    })
}

/// The character that is stuttered here, and one past its last place.
pub fn stuttered(text: &[char], start: usize) -> Option<(char, usize)> {
    let may = |c: char| is_han(c) && !LAUGHTER.contains(c);
    let c = text[start];
    let length = text[start..].iter().take_while(|next| **next == c).count();
    let somebody_stutters = || {
        text.windows(3)
            .any(|three| may(three[0]) && three.iter().all(|c| *c == three[0]))
    };
    let counts = length >= 3
        || length == 2 && !ORDINARY.contains(&text[start..start + 2]) && somebody_stutters();
    (may(c) && counts).then_some((c, start + length))
}
