//! The folded view of a text (rules/README.md, section 1.1), one step after the other over the whole
//! text, so that each step can be read beside its sentence in the specification.

use std::collections::{BTreeMap, HashMap};

use unicode_normalization::UnicodeNormalization;

use super::tables::{self, LETTERS, TRADITIONAL, VARIANTS, single};

const SOFT: &str = " ·•・‧∙/\\|_-~*^+=#&'\"`";
const LONGEST_SOFT_RUN: usize = 8;
const MOST_STEPS: usize = 8;

/// A folded text; `raw[i]` is the raw character that `chars[i]` came from.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    pub chars: Vec<char>,
    pub raw: Vec<usize>,
    /// Before which characters a dropped run stood that parts two clauses.
    pub gaps: Vec<usize>,
    /// For characters that came from several raw ones, the last of these.
    pub wide: BTreeMap<usize, usize>,
}

impl Folded {
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// The raw characters of a folded span.
    pub fn raw_span(&self, start: usize, end: usize) -> (usize, usize) {
        let last = self.wide.get(&(end - 1)).unwrap_or(&self.raw[end - 1]);
        (self.raw[start], last + 1)
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
        let (from, to) = (one.min(other), one.max(other));
        // A gap has no width: one at either end lies behind what ends there or before what starts
        // there, so it lies between.
        (from..to).all(|i| !self.is_clause_mark(i))
            && !self.gaps.iter().any(|gap| (from..=to).contains(gap))
    }
}

pub struct Folder {
    /// What each character becomes in one step.
    becomes: HashMap<char, char>,
}

impl Folder {
    pub fn new() -> Folder {
        let mut becomes = HashMap::new();
        // The last file that names a character counts.
        for row in [LETTERS, VARIANTS, TRADITIONAL]
            .into_iter()
            .flat_map(tables::rows)
        {
            let first = row.get(1).and_then(|to| to.split(' ').next());
            if let (Some(from), Some(to)) = (single(row[0]), first.and_then(single)) {
                becomes.insert(from, to);
            }
        }
        Folder { becomes }
    }

    pub fn fold(&self, text: &str) -> Folded {
        let decomposed = text
            .chars()
            .enumerate()
            .flat_map(|(index, raw)| decompose(raw).into_iter().map(move |c| (c, index)))
            .map(|(c, index)| (self.followed(c), index));
        drop_soft(&collapse_white(&decomposed.collect::<Vec<_>>()))
    }

    /// Step 2 for one character.
    fn followed(&self, c: char) -> char {
        let mut now = c;
        for _ in 0..MOST_STEPS {
            now = *self.becomes.get(&now).unwrap_or(&now);
        }
        now
    }
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
    now.into_iter().map(flag_letter).collect()
}

fn flag_letter(c: char) -> char {
    match u32::from(c) {
        flag @ 0x1F1E6..=0x1F1FF => char::from_u32(u32::from('a') + flag - 0x1F1E6).unwrap_or(c),
        _ => c,
    }
}

fn is_dropped(c: char) -> bool {
    let is_mark = matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{302A}'..='\u{302F}'
        | '\u{FE20}'..='\u{FE2F}');
    let is_invisible = matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}');
    is_mark || is_invisible
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
fn drop_soft(from: &[(char, usize)]) -> Folded {
    let mut to = Folded::default();
    let mut at = 0;
    while at < from.len() {
        let run = from[at..]
            .iter()
            .take_while(|(c, _)| SOFT.contains(*c))
            .count();
        if run == 0 {
            to.chars.push(from[at].0);
            to.raw.push(from[at].1);
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).is_some_and(|i| is_han(from[i].0));
        let after = from.get(at + run).is_some_and(|(c, _)| is_han(*c));
        if !(before && after && run <= LONGEST_SOFT_RUN) {
            let kept = &from[at..at + run];
            to.chars.extend(kept.iter().map(|(c, _)| *c));
            to.raw.extend(kept.iter().map(|(_, raw)| *raw));
        } else if is_between_phrases(from, at, at + run) {
            to.gaps.push(to.chars.len());
        }
        at += run;
    }
    to
}

/// Whether a soft run holds a space and stands between two phrases: two Han characters on both
/// sides, with nothing between them in the raw text.
fn is_between_phrases(from: &[(char, usize)], start: usize, end: usize) -> bool {
    let is_phrase = |first: usize| {
        from.get(first..first + 2)
            .is_some_and(|two| two.iter().all(|(c, _)| is_han(*c)) && two[1].1 - two[0].1 <= 1)
    };
    let has_space = from[start..end].iter().any(|(c, _)| *c == ' ');
    has_space && start >= 2 && is_phrase(start - 2) && is_phrase(end)
}

pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}')
}
