//! What is done to Chinese writing itself: clauses turned round, characters taken apart, characters written again and again.
//!
//! `rules/README.md`, section 1.5, states it exactly.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::table::{Class, Neighbours, TABLE};
use super::words::{in_ordinary_word, is_ordinary, is_ordinary_pair};
use super::{Folded, is_clause_mark, is_han, shape};

/// A row of fewer characters says nothing when it is turned.
const ROW_MIN: usize = 4;
/// A longer one is no clause.
const ROW_MAX: usize = 40;
/// So many characters of a turned row must belong to words.
const WORDS_MIN: usize = 2;
/// So many times a character stands where somebody stutters.
const STUTTER: usize = 3;

/// No clause begins with these particles.
const ENDS_A_CLAUSE: &str = "了吗吧呢着";
/// Laughter and sighs are written again and again by everybody.
const LAUGHS: &str = "哈嘿嘻呵啊呜嗯哦呀";

/// Characters by their two or three parts.
struct Parts {
    whole: HashMap<Vec<char>, char, FixedState>,
    /// The first two parts of all.
    begins: HashSet<(char, char), FixedState>,
    /// A bit for each character of the basic plane that is a first one.
    firsts: Vec<u64>,
}

static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let mut out = Parts {
        whole: HashMap::default(),
        begins: HashSet::default(),
        firsts: vec![0; 1 << 10],
    };
    for (c, form) in shape::forms() {
        let parts: Vec<char> = form.chars().collect();
        if let [a, b, ..] = parts[..]
            && parts.len() <= 3
            && parts.iter().all(|part| is_han(*part))
        {
            out.begins.insert((a, b));
            if let Some(firsts) = out.firsts.get_mut(a as usize >> 6) {
                *firsts |= 1 << (a as u32 & 63);
            }
            out.whole.entry(parts).or_insert(c);
        }
    }
    out
});

impl Parts {
    /// Whether a character may be written with these two first.
    #[inline]
    fn may_begin(&self, a: char, b: char) -> bool {
        let firsts = self.firsts.get(a as usize >> 6);
        firsts.is_none_or(|firsts| firsts >> (a as u32 & 63) & 1 == 1)
            && self.begins.contains(&(a, b))
    }
}

/// False for raw texts without a clause that is turned round.
pub(super) fn may_turn(raw: &str) -> bool {
    // Characters of the row, and whether an ordinary word stands in it.
    let (mut row, mut word, mut last, mut first) = (0_usize, false, '\0', '\0');
    for c in raw.chars() {
        match TABLE.class(c) {
            Class::Dropped => {}
            Class::Han(c) => {
                match row {
                    0 => first = c,
                    _ => word = word || is_ordinary_pair(last, c),
                }
                last = c;
                row += 1;
                if row == ROW_MIN && ENDS_A_CLAUSE.contains(first) {
                    return true;
                }
            }
            // Where a row ends that is parted by white space is seen in the folded text only.
            Class::Several => return true,
            Class::Space | Class::Soft(_) if row > 0 => return true,
            _ => {
                if row >= ROW_MIN && !word {
                    return true;
                }
                (row, word) = (0, false);
            }
        }
    }
    row >= ROW_MIN && !word
}

/// A look at the neighbours of a raw text: whether a character may be taken apart, or stutters.
#[derive(Default)]
pub(super) struct Look {
    run: usize,
}

impl Look {
    /// The next neighbours; '\0' is none that is Han.
    #[inline]
    pub(super) fn take(&mut self, two: Neighbours) -> bool {
        let Neighbours { before, c, .. } = two;
        self.run = if c == before { self.run + 1 } else { 1 };
        // Parts that are an ordinary word are no parts.
        let parts = || PARTS.may_begin(before, c) && !two.are_ordinary();
        c != '\0' && (self.run >= STUTTER || parts())
    }
}

/// False for folded texts in which no character is taken apart and none stutters.
pub(super) fn holds(folded: &str) -> bool {
    let stutters = stutters(folded);
    folded.char_indices().any(|(at, c)| {
        is_han(c) && (joined(folded, at).is_some() || stutter(folded, at, stutters).is_some())
    })
}

/// The clauses that are turned round, in bytes.
pub(super) fn turned(folded: &Folded) -> Vec<(usize, usize)> {
    let text = folded.text.as_str();
    let gaps = folded.clause_gaps();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if !is_han(c) {
            at += c.len_utf8();
            continue;
        }
        let end = text[at..]
            .char_indices()
            .map(|(i, c)| (at + i, c))
            .find(|(i, c)| !is_han(*c) || *i > at && gaps.binary_search(i).is_ok())
            .map_or(text.len(), |(i, _)| i);
        let begins = gaps.binary_search(&at).is_ok()
            || text[..at]
                .char_indices()
                .next_back()
                .is_none_or(|(i, c)| c == ' ' || is_clause_mark(text, i, c));
        if is_turned(&text[at..end], begins) {
            out.push((at, end));
        }
        at = end;
    }
    out
}

fn is_turned(row: &str, begins: bool) -> bool {
    let count = row.chars().take(ROW_MAX + 1).count();
    if !(ROW_MIN..=ROW_MAX).contains(&count) {
        return false;
    }
    let particle = |c: char| ENDS_A_CLAUSE.contains(c);
    if begins && row.chars().next().is_some_and(particle) && !in_ordinary_word(row, 0) {
        return true;
    }
    if row.char_indices().any(|(at, _)| in_ordinary_word(row, at)) {
        return false;
    }
    let back: String = row.chars().rev().collect();
    back.char_indices()
        .filter(|(at, _)| in_ordinary_word(&back, *at))
        .count()
        >= WORDS_MIN
}

/// The character that is written here as its parts, and one past its last byte.
pub(super) fn joined(text: &str, at: usize) -> Option<(char, usize)> {
    let mut chars = text[at..].chars();
    let (first, second) = (chars.next()?, chars.next()?);
    if !PARTS.may_begin(first, second) {
        return None;
    }
    let mut parts: SmallVec<[char; 3]> = SmallVec::new();
    let mut ends = [at; 3];
    for (i, c) in text[at..].char_indices().take(3) {
        if !is_han(c) {
            break;
        }
        ends[parts.len()] = at + i + c.len_utf8();
        parts.push(c);
    }
    (2..=parts.len()).rev().find_map(|count| {
        let whole = PARTS.whole.get(&parts[..count])?;
        let ordinary = |i: &usize| in_ordinary_word(text, if *i == 0 { at } else { ends[i - 1] });
        (!(0..count).any(|i| ordinary(&i))).then_some((*whole, ends[count - 1]))
    })
}

/// Whether a character stands here that is written three times in a row, laughter aside.
pub(super) fn stutters(text: &str) -> bool {
    let (mut last, mut run) = ('\0', 0);
    text.chars().any(|c| {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        run >= STUTTER && may_stutter(c)
    })
}

fn may_stutter(c: char) -> bool {
    is_han(c) && !LAUGHS.contains(c)
}

/// The character that is written here several times over, and one past its last byte; `stutters` tells whether the text has
/// one that is written three times.
pub(super) fn stutter(text: &str, at: usize, stutters: bool) -> Option<(char, usize)> {
    let c = text[at..]
        .chars()
        .next()
        .filter(|c| stutters && may_stutter(*c))?;
    let run = text[at..].chars().take_while(|next| *next == c).count();
    let end = at + run * c.len_utf8();
    let twice = run + 1 == STUTTER && !is_ordinary(&text[at..end]);
    (run >= STUTTER || twice).then_some((c, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold_mapped;
    use crate::text::table::any_neighbours;

    fn may_hold(raw: &str) -> bool {
        let mut look = Look::default();
        any_neighbours(raw, |two| look.take(two))
    }

    #[test]
    fn clauses_are_turned_where_they_say_nothing_as_they_stand() {
        for (text, expected) in [
            (
                "了上不用我 了没就我底月",
                vec!["了上不用我", "了没就我底月"],
            ),
            ("死我刻此门敲要不", vec!["死我刻此门敲要不"]),
            ("生超早死早,我是认真的", vec!["生超早死早"]),
            ("不要敲门,我是认真的", vec![]),
            ("了解一下这个", vec![]),
            ("L的我穿着大", vec![]),
            ("了不得", vec![]),
        ] {
            let folded = fold_mapped(text);
            let rows: Vec<&str> = turned(&folded)
                .into_iter()
                .map(|(start, end)| &folded.text[start..end])
                .collect();
            assert_eq!(rows, expected, "{text}");
            assert!(rows.is_empty() || may_turn(text), "{text}");
        }
    }

    #[test]
    fn parts_are_put_together_unless_they_are_words() {
        for (text, expected) in [
            ("亻责", Some('债')),
            ("足艮着", Some('跟')),
            ("女马", Some('妈')),
            ("女子", None),
            ("马上", None),
        ] {
            assert_eq!(joined(text, 0).map(|(c, _)| c), expected, "{text}");
            assert!(
                expected.is_none() || may_hold(text) && holds(text),
                "{text}"
            );
        }
    }

    #[test]
    fn who_stutters_is_understood_and_who_laughs_is_not_read() {
        for (text, expected) in [
            ("不不不在", Some(('不', 9))),
            ("都都轻松,我我我走", Some(('都', 6))),
            ("妈妈,我我我走", None),
            ("哈哈哈", None),
            ("都都轻松", None),
        ] {
            assert_eq!(stutter(text, 0, stutters(text)), expected, "{text}");
            assert!(
                expected.is_none() || may_hold(text) && holds(text),
                "{text}"
            );
        }
    }
}
