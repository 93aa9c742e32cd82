//! Words in ordinary use: a sound-alike that is one of them is most likely meant as it stands. 紫砂 stays a teapot.

use std::collections::HashSet;
use std::sync::LazyLock;

const WORDS: &str = include_str!("tables/words.txt");
/// In characters.
const WORD_MAX: usize = 4;

static ORDINARY: LazyLock<HashSet<&'static str, foldhash::fast::FixedState>> =
    LazyLock::new(|| ordinary().collect());

/// All of them.
pub(super) fn ordinary() -> impl Iterator<Item = &'static str> {
    WORDS.lines().filter(|l| !l.starts_with('#'))
}

/// True if this is an ordinary word.
pub(super) fn is_ordinary(word: &str) -> bool {
    ORDINARY.contains(word)
}

/// True if the character at this byte belongs to an ordinary word of the text.
pub fn in_ordinary_word(text: &str, at: usize) -> bool {
    let before: Vec<usize> = text[..at]
        .char_indices()
        .rev()
        .take(WORD_MAX - 1)
        .map(|(i, _)| i)
        .collect();
    let after: Vec<usize> = text[at..]
        .char_indices()
        .take(WORD_MAX)
        .map(|(i, c)| at + i + c.len_utf8())
        .collect();
    before.iter().chain(std::iter::once(&at)).any(|start| {
        after
            .iter()
            .any(|end| ORDINARY.contains(&text[*start..*end]))
    })
}

#[cfg(test)]
mod tests {
    use super::in_ordinary_word;

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
