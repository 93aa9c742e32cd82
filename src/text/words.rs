//! Words in ordinary use: a sound-alike that is one of them is most likely meant as it stands. 紫砂 stays a teapot.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

const WORDS: &str = include_str!("tables/words.txt");
/// In characters.
const WORD_MAX: usize = 4;

static ORDINARY: LazyLock<Ordinary> = LazyLock::new(Ordinary::load);

struct Ordinary {
    words: HashSet<&'static str, FixedState>,
    /// By how words begin, how long those are: a bit for each number of characters.
    begins: HashMap<(char, char), u8, FixedState>,
}

impl Ordinary {
    fn load() -> Self {
        let mut begins: HashMap<(char, char), u8, FixedState> = HashMap::default();
        for word in ordinary() {
            let mut chars = word.chars();
            if let (Some(a), Some(b)) = (chars.next(), chars.next()) {
                *begins.entry((a, b)).or_default() |= 1 << (2 + chars.count());
            }
        }
        Self {
            words: ordinary().collect(),
            begins,
        }
    }

    fn lengths(&self, a: char, b: char) -> u8 {
        self.begins.get(&(a, b)).copied().unwrap_or(0)
    }
}

/// All of them; each has two characters at least.
pub(super) fn ordinary() -> impl Iterator<Item = &'static str> {
    WORDS.lines().filter(|l| !l.starts_with('#'))
}

/// True if this is an ordinary word.
pub(super) fn is_ordinary(word: &str) -> bool {
    ORDINARY.words.contains(word)
}

/// True if these two characters are an ordinary word.
pub(super) fn is_ordinary_pair(a: char, b: char) -> bool {
    ORDINARY.lengths(a, b) & 1 << 2 != 0
}

/// True if the character at this byte belongs to an ordinary word of the text.
pub fn in_ordinary_word(text: &str, at: usize) -> bool {
    let ordinary = &*ORDINARY;
    let before = text[..at].char_indices().rev().take(WORD_MAX - 1);
    let mut around: SmallVec<[(usize, char); 2 * WORD_MAX]> = before.collect();
    around.reverse();
    let here = around.len();
    let after = text[at..].char_indices().take(WORD_MAX);
    around.extend(after.map(|(i, c)| (at + i, c)));
    around.windows(2).enumerate().any(|(start, two)| {
        let lengths = match start <= here {
            true => ordinary.lengths(two[0].1, two[1].1),
            false => 0,
        };
        // Of the words that begin here, those that reach the character.
        (2..=WORD_MAX).any(|count| {
            let Some((last, c)) = around.get(start + count - 1) else {
                return false;
            };
            let word = || &text[two[0].0..last + c.len_utf8()];
            lengths & 1 << count != 0
                && start + count > here
                && (count == 2 || ordinary.words.contains(word()))
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{WORD_MAX, in_ordinary_word, is_ordinary, ordinary};

    proptest! {
        #[test]
        fn a_character_belongs_to_each_word_around_it(
            parts in prop::collection::vec(
                (prop::sample::select(ordinary().collect::<Vec<_>>()), 0_usize..3, 1_usize..4),
                1..5,
            )
        ) {
            let part = |(word, skip, take): &(&str, usize, usize)| -> String {
                word.chars().skip(*skip).take(*take).collect()
            };
            let text: String = parts.iter().map(part).collect();
            let at: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            for here in 0..at.len() - 1 {
                let from = here.saturating_sub(WORD_MAX - 1);
                let slow = (from..=here).any(|start| {
                    let ends = at.iter().filter(|end| **end > at[here]).take(WORD_MAX);
                    ends.into_iter().any(|end| is_ordinary(&text[at[start]..*end]))
                });
                prop_assert_eq!(in_ordinary_word(&text, at[here]), slow, "{} at {}", text, here);
            }
        }
    }

    #[test]
    fn a_teapot_is_a_word_and_a_disguise_is_not() {
        for (text, character, expected) in [
            ("买个紫砂壶", '砂', true),
            ("好南瘦啊", '瘦', false),
            ("相思的人", '思', true),
            ("紫", '紫', false),
        ] {
            let at = text.find(character).expect("it is there");
            assert_eq!(in_ordinary_word(text, at), expected, "{text}");
        }
    }
}
