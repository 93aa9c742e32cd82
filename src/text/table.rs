//! The character table behind the folded view, made at first use from Unicode's data (the `unicode-normalization` crate),
//! OpenCC's (`tables/ts_characters.txt`, `tables/variants.txt`) and look-alike letters (`tables/letters.txt`): 64 Ki entries
//! for the basic plane, a map for the rest.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

use super::words::is_ordinary_pair;

const TRADITIONAL: &str = include_str!("tables/ts_characters.txt");
const VARIANTS: &str = include_str!("tables/variants.txt");
const LETTERS: &str = include_str!("tables/letters.txt");

/// What a raw character becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing.
    Dropped,
    /// White space other than a line end.
    Space,
    /// A line end.
    Line,
    /// A carriage return: white space, unless a line feed follows.
    Return,
    /// A mark that people put between Han characters to hide a word.
    Soft(char),
    /// A Han character.
    Han(char),
    /// Any other character.
    Plain(char),
    /// Several characters; look in [`expansion`].
    Several,
}

pub(super) struct Table {
    basic: Vec<Class>,
    beyond: HashMap<char, Class>,
    several: HashMap<char, Vec<Class>>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

/// True for the ideographs that the spec calls Han.
pub fn is_han(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0x20000..=0x323AF)
}

fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0x00AD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F
        | 0x2800 | 0xFEFF | 0xFFA0 | 0xE0000..=0xE0FFF)
}

/// Marks that sit on, under or through another character.
fn is_combining(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036F | 0x0483..=0x0489 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0x302A..=0x302F
        | 0xFE20..=0xFE2F)
}

fn is_soft(c: char) -> bool {
    matches!(
        c,
        '·' | '•'
            | '・'
            | '‧'
            | '∙'
            | '/'
            | '\\'
            | '|'
            | '_'
            | '-'
            | '~'
            | '*'
            | '^'
            | '+'
            | '='
            | '#'
            | '&'
            | '\''
            | '"'
            | '`'
    )
}

/// Compatibility decomposition and lower case of one character until nothing changes, without marks and invisibles.
fn decompose(c: char) -> Vec<char> {
    if matches!(u32::from(c), 0xAC00..=0xD7A3) {
        return vec![c];
    }
    let mut now = vec![c];
    loop {
        let next: Vec<char> = now
            .iter()
            .flat_map(|c| match u32::from(*c) {
                0xAC00..=0xD7A3 => vec![*c],
                _ => std::iter::once(*c)
                    .nfkd()
                    .flat_map(char::to_lowercase)
                    .collect(),
            })
            .filter(|c| !is_combining(*c) && !is_invisible(*c))
            .collect();
        if next == now {
            return now;
        }
        now = next;
    }
}

/// The lines `character<TAB>what it becomes …` of a table, first candidate, single characters only.
pub(super) fn pairs_of(table: &str) -> impl Iterator<Item = (char, char)> + '_ {
    table.lines().filter_map(|line| {
        let (from, to) = line.split_once('\t')?;
        let (mut from, mut to) = (from.chars(), to.split_whitespace().next()?.chars());
        let pair = (from.next()?, to.next()?);
        (from.next().is_none() && to.next().is_none()).then_some(pair)
    })
}

fn simplifications() -> HashMap<char, char> {
    let pairs: HashMap<char, char> = pairs_of(LETTERS)
        .chain(pairs_of(VARIANTS))
        .chain(pairs_of(TRADITIONAL))
        .collect();
    // Followed to the end, so that folding twice is folding once; the bound guards against a circle in the data.
    pairs
        .keys()
        .map(|from| {
            let mut end = *from;
            for _ in 0..8 {
                match pairs.get(&end) {
                    Some(next) if *next != end => end = *next,
                    _ => break,
                }
            }
            (*from, end)
        })
        .collect()
}

impl Table {
    fn build() -> Self {
        let simplified = simplifications();
        let mut table = Table {
            basic: vec![Class::Dropped; 0x1_0000],
            beyond: HashMap::new(),
            several: HashMap::new(),
        };
        for c in '\0'..=char::MAX {
            if let Some(letter) = flag_letter(c) {
                table.beyond.insert(c, Class::Plain(letter));
                continue;
            }
            let mut classes: Vec<Class> = decompose(c)
                .into_iter()
                .map(|c| classify(*simplified.get(&c).unwrap_or(&c)))
                .collect();
            let class = match classes.len() {
                0 => Class::Dropped,
                1 => classes.remove(0),
                _ => {
                    table.several.insert(c, classes);
                    Class::Several
                }
            };
            match table.basic.get_mut(u32::from(c) as usize) {
                Some(slot) => *slot = class,
                // Beyond the basic plane most characters stand for themselves; only the others are kept.
                None if class != classify(c) => {
                    table.beyond.insert(c, class);
                }
                None => {}
            }
        }
        table
    }

    pub(super) fn class(&self, c: char) -> Class {
        match self.basic.get(u32::from(c) as usize) {
            Some(class) => *class,
            None => self.beyond.get(&c).copied().unwrap_or_else(|| classify(c)),
        }
    }

    pub(super) fn expansion(&self, c: char) -> &[Class] {
        self.several.get(&c).map_or(&[], Vec::as_slice)
    }
}

/// Two such letters are drawn as a flag.
fn flag_letter(c: char) -> Option<char> {
    let letter = u32::from(c).checked_sub(0x1F1E6).filter(|i| *i < 26)?;
    char::from_u32(u32::from('a') + letter)
}

fn classify(c: char) -> Class {
    match c {
        '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => Class::Line,
        '\r' => Class::Return,
        c if c.is_whitespace() => Class::Space,
        c if is_soft(c) => Class::Soft(c),
        c if is_han(c) => Class::Han(c),
        c => Class::Plain(c),
    }
}

/// What a gate needs to know of a character, without folding a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it folds to; of no meaning for some kinds.
    pub folded: char,
    /// What it is.
    pub kind: Kind,
}

/// Kinds of folded characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Folded away.
    Dropped,
    /// White space or a separator that may be folded away.
    Soft,
    /// Han.
    Han,
    /// An ASCII letter or digit.
    Word,
    /// Any other character.
    Other,
    /// Folds to several characters.
    Several,
}

/// What a gate needs to know of this character.
pub fn entry_of(c: char) -> Entry {
    let (folded, kind) = match TABLE.class(c) {
        Class::Dropped => (c, Kind::Dropped),
        Class::Space | Class::Return => (' ', Kind::Soft),
        Class::Line => ('\n', Kind::Other),
        Class::Soft(c) => (c, Kind::Soft),
        Class::Han(c) => (c, Kind::Han),
        Class::Plain(c) if c.is_ascii_alphanumeric() => (c, Kind::Word),
        Class::Plain(c) => (c, Kind::Other),
        Class::Several => (c, Kind::Several),
    };
    Entry { folded, kind }
}

/// What a character of [`Kind::Several`] folds to, one after the other.
pub fn several_of(c: char) -> impl Iterator<Item = char> {
    TABLE.expansion(c).iter().filter_map(|class| match class {
        Class::Space | Class::Return => Some(' '),
        Class::Line => Some('\n'),
        Class::Soft(c) | Class::Han(c) | Class::Plain(c) => Some(*c),
        Class::Dropped | Class::Several => None,
    })
}

/// A folded character and the one before it, as a raw text shows them: '\0' stands for what is not Han.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbours {
    pub before: char,
    pub c: char,
    /// Nothing stands between them that folding may keep.
    pub touch: bool,
}

impl Default for Neighbours {
    fn default() -> Self {
        Self {
            before: '\0',
            c: '\0',
            touch: true,
        }
    }
}

impl Neighbours {
    /// They surely touch and are an ordinary word.
    pub(super) fn are_ordinary(self) -> bool {
        // The same character again may be folded away.
        self.touch && self.before != self.c && is_ordinary_pair(self.before, self.c)
    }
}

/// Whether something holds of two neighbours; marks are left out, since they may be dropped between two characters. True
/// where a character becomes several.
pub(super) fn any_neighbours(raw: &str, mut holds: impl FnMut(Neighbours) -> bool) -> bool {
    let (mut last, mut touch) = ('\0', true);
    raw.chars().any(|c| {
        let c = match TABLE.class(c) {
            Class::Dropped => return false,
            Class::Space | Class::Soft(_) => {
                touch = false;
                return false;
            }
            Class::Han(c) => c,
            Class::Several => return true,
            Class::Line | Class::Return | Class::Plain(_) => '\0',
        };
        let before = std::mem::replace(&mut last, c);
        let touch = std::mem::replace(&mut touch, true);
        holds(Neighbours { before, c, touch })
    })
}
