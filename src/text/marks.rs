//! Where a sentence and a clause end, in the folded view.

/// True if the character at this byte of a folded text ends a sentence.
pub fn is_sentence_mark(text: &str, at: usize, c: char) -> bool {
    match c {
        '。' | '!' | '?' | ';' | '\n' => true,
        '.' => {
            let bytes = text.as_bytes();
            let alnum = |i: Option<usize>| {
                i.and_then(|i| bytes.get(i))
                    .is_some_and(u8::is_ascii_alphanumeric)
            };
            !(alnum(at.checked_sub(1)) && alnum(Some(at + 1)))
        }
        _ => false,
    }
}

/// True if the character at this byte of a folded text ends a clause.
pub fn is_clause_mark(text: &str, at: usize, c: char) -> bool {
    matches!(c, ',' | '、' | ':') || is_sentence_mark(text, at, c)
}
