//! What is left of a short text when the marks at which people cut a sentence are taken away.

use crate::domain::limits::PIECE_CHARS_MAX;

/// Signs at both ends of a text that say nothing, or say that it goes on.
const TRIMMINGS: &str = ".,;:…-–—~|/\\_、。，；：～｜";

/// Whether a character at an end of a text says nothing there.
pub fn is_trimming(c: char) -> bool {
    c.is_whitespace() || TRIMMINGS.contains(c)
}

/// Where the piece of a text lies, in characters of the raw text, and the piece itself; `None` if nothing is left or too much.
pub fn piece_of(raw: &str) -> Option<(u32, &str)> {
    let rest = raw.trim_start_matches(is_trimming);
    let piece = rest.trim_end_matches(is_trimming);
    // Four bytes a character at most: a long text is not counted through.
    let chars = match piece.len() {
        bytes if bytes > 4 * PIECE_CHARS_MAX => return None,
        _ => piece.chars().count(),
    };
    let skipped = raw[..raw.len() - rest.len()].chars().count();
    (1..=PIECE_CHARS_MAX)
        .contains(&chars)
        .then_some((skipped as u32, piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimmings_go_and_lengths_count_what_is_left() {
        let rows = [
            ("", None),
            (" … 。", None),
            ("a", Some((0, "a"))),
            (" … 我不想—", Some((3, "我不想"))),
            ("1/3: a.b ", Some((0, "1/3: a.b"))),
        ];
        for (raw, piece) in rows {
            assert_eq!(piece_of(raw), piece, "{raw:?}");
        }
        for (chars, kept) in [(PIECE_CHARS_MAX, true), (PIECE_CHARS_MAX + 1, false)] {
            for c in ["a", "想", "𠀀"] {
                let text = format!(" {}…", c.repeat(chars));
                assert_eq!(piece_of(&text).is_some(), kept, "{chars} of {c}");
            }
        }
    }
}
