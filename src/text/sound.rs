//! How characters sound, without tones: Han by their first reading, typed pinyin, digits and emoji by their Chinese names.
//! People who hide a word write another one that sounds alike; in this view both are the same.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

const PINYIN: &str = include_str!("tables/pinyin.txt");
const EMOJI: &str = include_str!("tables/emoji.txt");

/// A syllable without tone, as an index into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Syllable(u16);

/// Syllables that are easily taken for one another are one: z and zh, c and ch, s and sh, l and n, final n and ng.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SoundClass(u16);

impl SoundClass {
    /// A character that stands for the class in a view.
    pub fn symbol(self) -> char {
        char::from_u32(0x4E00 + u32::from(self.0)).unwrap_or('\0')
    }
}

/// The first letter of a syllable where only it was typed.
pub fn initial_symbol(letter: char) -> char {
    char::from_u32(0x3400 + u32::from(letter)).unwrap_or('\0')
}

struct Table {
    names: Vec<&'static str>,
    classes: Vec<SoundClass>,
    by_name: HashMap<&'static str, Syllable, FixedState>,
    of_han: HashMap<char, Syllable, FixedState>,
    of_emoji: HashMap<char, Syllable, FixedState>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

fn entries(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
}

/// The class of a syllable as letters.
fn merged(name: &str) -> String {
    let (initial, rest) = match name {
        n if n.starts_with("zh") => ("z", &n[2..]),
        n if n.starts_with("ch") => ("c", &n[2..]),
        n if n.starts_with("sh") => ("s", &n[2..]),
        n if n.starts_with('n') && n.len() > 1 && n != "ng" => ("l", &n[1..]),
        n => ("", n),
    };
    let last = match rest {
        r if r.ends_with("ang") || r.ends_with("eng") || r.ends_with("ing") => &r[..r.len() - 1],
        r => r,
    };
    format!("{initial}{last}")
}

impl Table {
    fn build() -> Self {
        let mut names: Vec<&str> = entries(PINYIN).map(|(name, _)| name).collect();
        names.sort_unstable();
        let by_name: HashMap<&str, Syllable, FixedState> = names
            .iter()
            .enumerate()
            .map(|(i, name)| (*name, Syllable(i as u16)))
            .collect();
        let mut numbers: HashMap<String, u16> = HashMap::new();
        let classes = names
            .iter()
            .map(|name| {
                let next = numbers.len() as u16;
                SoundClass(*numbers.entry(merged(name)).or_insert(next))
            })
            .collect();
        let of_han: HashMap<char, Syllable, FixedState> = entries(PINYIN)
            .flat_map(|(name, chars)| {
                let syllable = by_name[name];
                chars.chars().map(move |c| (c, syllable))
            })
            .collect();
        let of_emoji = entries(EMOJI)
            .filter_map(|(mark, name)| {
                let first = name.chars().next()?;
                Some((mark.chars().next()?, *of_han.get(&first)?))
            })
            .collect();
        Self {
            names,
            classes,
            by_name,
            of_han,
            of_emoji,
        }
    }
}

impl Syllable {
    /// Its class.
    pub fn class(self) -> SoundClass {
        TABLE.classes[usize::from(self.0)]
    }

    /// Its letters.
    pub fn name(self) -> &'static str {
        TABLE.names[usize::from(self.0)]
    }

    /// Its first letter.
    pub fn initial(self) -> char {
        self.name().chars().next().unwrap_or('\0')
    }
}

/// The first reading of a Han character.
pub fn of_han(c: char) -> Option<Syllable> {
    TABLE.of_han.get(&c).copied()
}

/// The sound of an emoji's Chinese name, of the first character of a name of two.
pub fn of_emoji(c: char) -> Option<Syllable> {
    TABLE.of_emoji.get(&c).copied()
}

/// The digits and the syllables they stand for in chat, by Chinese names and by what sounds like them.
const DIGITS: [(char, &[&str]); 10] = [
    ('0', &["ling", "lin", "ni"]),
    ('1', &["yi", "yao"]),
    ('2', &["er", "ai"]),
    ('3', &["san", "sha", "shan", "shen", "sheng"]),
    ('4', &["si", "shi"]),
    ('5', &["wu", "wo"]),
    ('6', &["liu", "le", "lu"]),
    ('7', &["qi", "qu"]),
    ('8', &["ba", "bu", "bie"]),
    ('9', &["jiu"]),
];

/// The digit that can stand for a syllable.
pub fn digit_for(syllable: Syllable) -> Option<char> {
    DIGITS
        .iter()
        .find(|(_, names)| names.contains(&syllable.name()))
        .map(|(digit, _)| *digit)
}

/// What is counted after a digit that is a number.
const COUNTERS: &str =
    "件个只块元号点月年天斤瓶包盒条双套米码折分秒克寸岁粒张把台本支袋箱层楼室栋斗%gkm.";

/// True for what makes a digit before it a number.
pub fn is_counter(c: char) -> bool {
    COUNTERS.contains(c)
}

/// The syllable that letters spell.
pub fn syllable_named(letters: &str) -> Option<Syllable> {
    TABLE.by_name.get(letters).copied()
}

/// A digit as a character of the sound view.
pub fn digit_symbol(digit: char) -> char {
    char::from_u32(0x3500 + u32::from(digit)).unwrap_or('\0')
}

/// A piece of typed letters: a syllable, or the first letter of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The syllable, where one was typed out.
    pub syllable: Option<Syllable>,
    /// How many letters.
    pub letters: usize,
}

/// The longest run of letters that is taken for pinyin.
pub const LETTERS_MAX: usize = 40;

/// Reads ASCII letters as syllables; what fits none is taken letter by letter. The reading with the fewest pieces wins,
/// letters counting more than syllables, then the one with the longer first pieces.
pub fn typed(letters: &str) -> Vec<Typed> {
    let n = letters.len();
    if n > LETTERS_MAX || !letters.is_ascii() {
        return Vec::new();
    }
    // From the end: the least cost to read the rest, and the length of the first piece.
    let mut best: Vec<(u32, usize, Option<Syllable>)> = vec![(0, 0, None); n + 1];
    for i in (0..n).rev() {
        let mut choice = (best[i + 1].0 + 25, 1, None);
        for len in 2..=6.min(n - i) {
            if let Some(syllable) = TABLE.by_name.get(&letters[i..i + len])
                && best[i + len].0 + 10 <= choice.0
            {
                choice = (best[i + len].0 + 10, len, Some(*syllable));
            }
        }
        best[i] = choice;
    }
    let (mut out, mut i) = (Vec::new(), 0);
    while i < n {
        let (_, letters, syllable) = best[i];
        out.push(Typed { syllable, letters });
        i += letters;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_as_syllables_or_as_first_letters() {
        for (letters, pieces) in [
            ("xiang", vec!["xiang"]),
            ("buxianghuo", vec!["bu", "xiang", "huo"]),
            ("xs", vec!["-", "-"]),
            ("bxiang", vec!["-", "xiang"]),
            ("si", vec!["si"]),
            ("a", vec!["-"]),
            ("", vec![]),
        ] {
            let read: Vec<&str> = typed(letters)
                .iter()
                .map(|t| t.syllable.map_or("-", Syllable::name))
                .collect();
            assert_eq!(read, pieces, "{letters}");
        }
        assert!(typed(&"a".repeat(LETTERS_MAX + 1)).is_empty());
    }

    #[test]
    fn what_sounds_alike_is_of_one_class() {
        let class = |c| of_han(c).expect("a Han character").class();
        for (a, b) in [
            ('难', '南'),
            ('自', '紫'),
            ('杀', '沙'),
            ('死', '是'),
            ('烂', '难'),
            ('心', '星'),
        ] {
            assert_eq!(class(a), class(b), "{a}{b}");
        }
        for (a, b) in [('死', '西'), ('活', '花'), ('想', '向')] {
            assert_eq!(class(a) == class(b), (a, b) == ('想', '向'), "{a}{b}");
        }
        assert_eq!(of_han('死').and_then(digit_for), Some('4'));
    }
}
