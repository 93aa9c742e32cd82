//! The folded view of a text (rules/README.md, section 1), one step after the other over the whole
//! text, so that each step can be read beside its sentence in the specification.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

/// The data file is shared with the engine; the code that reads it is not.
const CHARACTERS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/text/tables/ts_characters.txt"
));

const SOFT: &str = " ·•・‧∙/\\|_-~*^+=#&'\"`";
const LONGEST_SOFT_RUN: usize = 8;

/// A folded text; `raw[i]` is the raw character that `chars[i]` came from.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    pub chars: Vec<char>,
    pub raw: Vec<usize>,
}

impl Folded {
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// The raw characters of a folded span.
    pub fn raw_span(&self, start: usize, end: usize) -> (usize, usize) {
        (self.raw[start], self.raw[end - 1] + 1)
    }

    fn alphanumeric_at(&self, index: usize) -> bool {
        self.chars
            .get(index)
            .is_some_and(char::is_ascii_alphanumeric)
    }

    pub fn alphanumeric_before(&self, index: usize) -> bool {
        index > 0 && self.alphanumeric_at(index - 1)
    }

    pub fn alphanumeric_after(&self, end: usize) -> bool {
        self.alphanumeric_at(end)
    }

    pub fn is_sentence_mark(&self, index: usize) -> bool {
        match self.chars[index] {
            '。' | '!' | '?' | ';' | '\n' => true,
            '.' => !(self.alphanumeric_before(index) && self.alphanumeric_after(index + 1)),
            _ => false,
        }
    }

    pub fn is_clause_mark(&self, index: usize) -> bool {
        self.is_sentence_mark(index) || matches!(self.chars[index], ',' | '、' | ':')
    }

    /// Positions stand between characters, so what lies between two of them is a plain range.
    pub fn same_sentence(&self, one: usize, other: usize) -> bool {
        (one.min(other)..one.max(other)).all(|i| !self.is_sentence_mark(i))
    }

    pub fn same_clause(&self, one: usize, other: usize) -> bool {
        (one.min(other)..one.max(other)).all(|i| !self.is_clause_mark(i))
    }
}

pub struct Folder {
    simplified: HashMap<char, char>,
}

impl Folder {
    pub fn new() -> Folder {
        let mut simplified = HashMap::new();
        for line in CHARACTERS.lines().filter(|line| !line.starts_with('#')) {
            let Some((from, to)) = line.split_once('\t') else {
                continue;
            };
            let first = to.split(' ').next().unwrap_or("");
            if let (Some(from), Some(to)) = (single(from), single(first)) {
                simplified.insert(from, to);
            }
        }
        Folder { simplified }
    }

    pub fn fold(&self, text: &str) -> Folded {
        let decomposed = text
            .chars()
            .enumerate()
            .flat_map(|(index, raw)| decompose(raw).into_iter().map(move |c| (c, index)))
            .map(|(c, index)| (self.simplify(c), index));
        let kept = drop_soft(collapse_white(&decomposed.collect::<Vec<_>>()));
        let (chars, raw) = kept.into_iter().unzip();
        Folded { chars, raw }
    }

    /// Followed to its end; the step count guards against a ring in the table.
    fn simplify(&self, c: char) -> char {
        let mut now = c;
        for _ in 0..8 {
            match self.simplified.get(&now) {
                Some(&next) if next != now => now = next,
                _ => break,
            }
        }
        now
    }
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// Step 1 for one raw character.
fn decompose(raw: char) -> Vec<char> {
    let mut now = vec![raw];
    loop {
        let next: Vec<char> = now
            .iter()
            .flat_map(|&c| match c {
                '\u{AC00}'..='\u{D7A3}' => vec![c],
                _ => std::iter::once(c)
                    .nfkd()
                    .flat_map(char::to_lowercase)
                    .collect(),
            })
            .collect();
        if next == now {
            break;
        }
        now = next;
    }
    now.retain(|&c| !is_dropped(c));
    now
}

fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}'
        | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Step 3. A carriage return joins the line feed after it, so it never belongs to a run of spaces
/// there.
fn collapse_white(from: &[(char, usize)]) -> Vec<(char, usize)> {
    let mut to: Vec<(char, usize)> = Vec::with_capacity(from.len());
    let mut in_run = false;
    let mut at = 0;
    while at < from.len() {
        let (c, raw) = from[at];
        at += 1;
        let feeds = match c {
            '\n' | '\u{2028}' | '\u{2029}' | '\u{85}' => true,
            '\r' if from.get(at).is_some_and(|next| next.0 == '\n') => {
                at += 1;
                true
            }
            _ => false,
        };
        if feeds {
            to.push(('\n', raw));
        } else if !c.is_whitespace() {
            to.push((c, raw));
        } else if !in_run {
            to.push((' ', raw));
        }
        in_run = !feeds && c.is_whitespace();
    }
    to
}

/// Step 4. A run is as long as soft separators follow one another, whichever they are.
fn drop_soft(from: Vec<(char, usize)>) -> Vec<(char, usize)> {
    let mut to = Vec::with_capacity(from.len());
    let mut at = 0;
    while at < from.len() {
        let run = from[at..]
            .iter()
            .take_while(|(c, _)| SOFT.contains(*c))
            .count();
        if run == 0 {
            to.push(from[at]);
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).is_some_and(|i| is_han(from[i].0));
        let after = from.get(at + run).is_some_and(|(c, _)| is_han(*c));
        if !(before && after && run <= LONGEST_SOFT_RUN) {
            to.extend_from_slice(&from[at..at + run]);
        }
        at += run;
    }
    to
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}')
}
