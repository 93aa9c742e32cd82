//! The tables that the specification names. The data files are shared with the engine; the code
//! that reads them is not.

macro_rules! table {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/text/tables/",
            $name,
            ".txt"
        ))
    };
}

pub const LETTERS: &str = table!("letters");
pub const VARIANTS: &str = table!("variants");
pub const TRADITIONAL: &str = table!("ts_characters");
pub const PARTS: &str = table!("parts");
pub const SHAPES: &str = table!("shapes");
pub const PINYIN: &str = table!("pinyin");
pub const EMOJI: &str = table!("emoji");
pub const WORDS: &str = table!("words");
pub const SAID: &str = table!("said");
pub const ENGLISH: &str = table!("english");
pub const MEANT: &str = table!("meant");
pub const JOINED: &str = table!("joined");

/// The lines of a table, cut at their tabs.
pub fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

/// The character of a text that is only one.
pub fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}
