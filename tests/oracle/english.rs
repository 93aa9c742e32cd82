//! English words, and what a written word may mean (the second half of section 1.5).

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::LazyLock;

use super::tables::ENGLISH;

const LONGEST_WRITTEN: usize = 24;
/// From so many letters on, a word is a long one.
const LONG: usize = 6;

/// The table is the same for every pack.
pub static LANGUAGE: LazyLock<English> = LazyLock::new(English::new);

type Commonest<K> = HashMap<K, &'static str>;

pub struct English {
    /// The words that may be meant, the commonest first.
    meant: Vec<&'static str>,
    ranks: HashMap<&'static str, usize>,
    words: HashSet<&'static str>,
    /// In each of these the commonest word counts.
    by_key: Commonest<String>,
    /// All words by the key with its repeats, those that may be meant first.
    by_whole_key: Commonest<String>,
    /// Long words by their key and by their key without one character.
    by_near_key: Commonest<String>,
    by_bones: Commonest<String>,
    /// Words that are not long.
    by_sound: Commonest<String>,
    by_long_sound: Commonest<String>,
}

impl English {
    fn new() -> English {
        let mut lines = ENGLISH.lines().filter(|line| !line.starts_with('#'));
        let meant: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        let mut english = English {
            ranks: meant.iter().copied().zip(0..).collect(),
            words: meant.iter().copied().chain(lines.clone()).collect(),
            by_key: HashMap::new(),
            by_whole_key: HashMap::new(),
            by_near_key: HashMap::new(),
            by_bones: HashMap::new(),
            by_sound: HashMap::new(),
            by_long_sound: HashMap::new(),
            meant,
        };
        for word in english.meant.iter().copied().chain(lines) {
            first(&mut english.by_whole_key, whole_key(word), word);
        }
        for &word in &english.meant {
            first(&mut english.by_key, key(word), word);
            if word.len() >= 3 {
                first(&mut english.by_bones, bones(word), word);
            }
            if word.len() < LONG {
                first(&mut english.by_sound, sound(word), word);
                continue;
            }
            first(&mut english.by_long_sound, long_sound(word), word);
            for near in near_keys(&key(word)) {
                first(&mut english.by_near_key, near, word);
            }
        }
        english
    }

    pub fn is_word(&self, text: &str) -> bool {
        self.words.contains(text)
    }

    /// The place of a word that may be meant.
    pub fn rank(&self, text: &str) -> Option<usize> {
        self.ranks.get(text).copied()
    }

    /// What a written word means, if that is anything else than itself.
    pub fn means(&self, written: &str) -> Option<&'static str> {
        let word = written.replace('\'', "");
        let has_letter = word.bytes().any(|c| c.is_ascii_lowercase());
        if written.len() > LONGEST_WRITTEN || !has_letter || word.len() < 2 || self.is_word(&word) {
            return None;
        }
        if word.contains('*') {
            return self.shown(&word);
        }
        let of_letters = word.bytes().all(|c| c.is_ascii_lowercase());
        self.by_its_whole_key(&word, of_letters)
            .or_else(|| self.by_its_key(&word, of_letters))
            .or_else(|| self.of_pig_latin(&word).filter(|_| of_letters))
            .or_else(|| self.by_almost_its_key(&word, of_letters))
            .or_else(|| self.by_its_bones(&word).filter(|_| of_letters))
            .or_else(|| self.by_its_sound(&word).filter(|_| of_letters))
    }

    /// A word with stars.
    fn shown(&self, word: &str) -> Option<&'static str> {
        let shown = word.bytes().filter(|c| *c != b'*').count();
        if shown < 2 || shown * 2 < word.len() {
            return None;
        }
        let agrees = |other: &&&str| {
            other.len() == word.len()
                && word
                    .bytes()
                    .zip(other.bytes())
                    .all(|(c, o)| c == b'*' || c == o)
        };
        self.meant.iter().find(agrees).copied()
    }

    /// 2.
    fn by_its_whole_key(&self, word: &str, of_letters: bool) -> Option<&'static str> {
        let same = self.by_whole_key.get(&whole_key(word)).copied()?;
        let fits = (!of_letters || word.len() >= 3) && self.rank(same).is_some();
        fits.then_some(same)
    }

    /// A word that is no meant one, where more letters than signs show.
    fn any_by_its_whole_key(&self, word: &str) -> Option<&'static str> {
        let letters = word.bytes().filter(u8::is_ascii_lowercase).count();
        let shows = letters < word.len() && letters * 2 > word.len();
        let may_be = shows && !word.starts_with('(') && !word.starts_with('<');
        self.by_whole_key
            .get(&whole_key(word))
            .copied()
            .filter(|_| may_be)
    }

    /// What stood before the first vowel stands at the end, with `ay` behind it.
    fn of_pig_latin(&self, word: &str) -> Option<&'static str> {
        let moved = word.strip_suffix("ay").filter(|moved| moved.len() >= 2)?;
        let is_vowel = |c: char| "aeiou".contains(c);
        if !moved.starts_with(is_vowel) {
            return None;
        }
        let last_vowel = moved.rfind(is_vowel)?;
        for begins in (last_vowel + 1..=moved.len()).rev() {
            let whole = moved[begins..].to_owned() + &moved[..begins];
            if let Some(meant) = self.the_meant(&whole) {
                return Some(meant);
            }
        }
        let without = moved.strip_suffix('w').or(moved.strip_suffix('y'))?;
        self.the_meant(without)
    }

    fn by_its_key(&self, word: &str, of_letters: bool) -> Option<&'static str> {
        if word.len() < 3 {
            return None;
        }
        let key = key(word);
        if let Some(same) = self.by_key.get(&key) {
            return Some(same);
        }
        if let Some(any) = self.any_by_its_whole_key(word) {
            return Some(any);
        }
        let stretched = stretched(word);
        if let Some(known) = stretched
            .iter()
            .find_map(|word| self.words.get(word.as_str()))
        {
            return Some(known);
        }
        if of_letters {
            let mut turned = turned(word).into_iter();
            if let Some(meant) = turned.find_map(|other| self.the_meant(&other)) {
                return Some(meant);
            }
        }
        if key.len() < 3 {
            return None;
        }
        let mut turned = turned(&key).into_iter();
        turned.find_map(|other| self.by_key.get(&other).copied())
    }

    fn by_almost_its_key(&self, word: &str, of_letters: bool) -> Option<&'static str> {
        if !of_letters || word.len() < LONG {
            return None;
        }
        let mut keys = near_keys(&key(word)).into_iter();
        keys.find_map(|near| self.by_near_key.get(&near).copied())
    }

    fn by_its_bones(&self, word: &str) -> Option<&'static str> {
        if word.contains(['a', 'e', 'i', 'o', 'u']) {
            return None;
        }
        let bones = bones(word);
        self.by_bones
            .get(&bones)
            .copied()
            .filter(|_| bones.len() >= 2)
    }

    fn by_its_sound(&self, word: &str) -> Option<&'static str> {
        if word.len() < 3 {
            return None;
        }
        let same = if word.len() < LONG {
            self.by_sound.get(&sound(word))
        } else {
            self.by_long_sound.get(&long_sound(word))
        };
        same.copied().or_else(|| self.the_meant(&rotated(word)))
    }

    /// The word itself, if it may be meant.
    pub fn the_meant(&self, text: &str) -> Option<&'static str> {
        self.rank(text).map(|rank| self.meant[rank])
    }

    /// The fewest words that may be meant and are this text together; of equals the ones whose last
    /// is the longest, then the last but one, and so on.
    pub fn parted(&self, text: &str) -> Option<Vec<&'static str>> {
        // The best parting of every beginning of the text.
        let mut best: Vec<Option<Vec<&'static str>>> = vec![Some(Vec::new())];
        for end in 1..=text.len() {
            let mut found: Option<Vec<&'static str>> = None;
            // The longest last word comes first, and only fewer words are better.
            for start in 0..end {
                let (Some(before), Some(last)) = (&best[start], self.the_meant(&text[start..end]))
                else {
                    continue;
                };
                if found
                    .as_ref()
                    .is_none_or(|found| before.len() + 1 < found.len())
                {
                    found = Some(before.iter().copied().chain([last]).collect());
                }
            }
            best.push(found);
        }
        best.pop().flatten()
    }
}

/// The words come in the order of their ranks, so the first one stays.
fn first<K: Eq + Hash>(map: &mut Commonest<K>, by: K, word: &'static str) {
    map.entry(by).or_insert(word);
}

/// Reversed, then with two neighbours swapped, from the left.
fn turned(text: &str) -> Vec<String> {
    let mut all = vec![text.chars().rev().collect()];
    for left in 1..text.len() {
        let mut chars: Vec<char> = text.chars().collect();
        chars.swap(left - 1, left);
        all.push(chars.into_iter().collect());
    }
    all
}

/// A key, then without its first, second … character.
fn near_keys(key: &str) -> Vec<String> {
    let without = |out: usize| format!("{}{}", &key[..out], &key[out + 1..]);
    std::iter::once(key.to_owned())
        .chain((0..key.len()).map(without))
        .collect()
}

/// A word with runs of three letters and more cut to two, then to one; none without such runs.
pub fn stretched(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    let cut = |most: usize| -> String {
        let mut out: Vec<char> = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            let run = chars[at..].iter().take_while(|c| **c == chars[at]).count();
            let stays = if run >= 3 && chars[at].is_ascii_lowercase() {
                most
            } else {
                run
            };
            out.extend(&chars[at..at + stays]);
            at += run;
        }
        out.into_iter().collect()
    };
    let (two, one) = (cut(2), cut(1));
    if one == word {
        Vec::new()
    } else {
        vec![two, one]
    }
}

pub fn rotated(word: &str) -> String {
    let turn = |c| match c {
        'a'..='m' => char::from(c as u8 + 13),
        'n'..='z' => char::from(c as u8 - 13),
        _ => c,
    };
    word.chars().map(turn).collect()
}

fn without_repeats(chars: impl Iterator<Item = char>) -> String {
    let mut chars: Vec<char> = chars.collect();
    chars.dedup();
    chars.into_iter().collect()
}

pub fn key(word: &str) -> String {
    without_repeats(whole_key(word).chars())
}

/// The key with its repeats.
fn whole_key(word: &str) -> String {
    let signs = word.chars().filter_map(|c| {
        Some(match c {
            'l' | '1' | '!' | '|' => 'i',
            '0' => 'o',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' | 'z' => 's',
            '7' | '+' => 't',
            '8' => 'b',
            '9' | '6' => 'g',
            '(' | '<' => 'c',
            'a'..='z' => c,
            _ => return None,
        })
    });
    signs.collect()
}

/// Sounds of several words, as rough as words that run together are heard.
pub fn rough_sound(sounds: &str) -> String {
    let is_vowel = |c: char| "AEIOUY".contains(c);
    let chars: Vec<char> = sounds.chars().collect();
    let vowel_at = |at: usize| chars.get(at).is_some_and(|c| is_vowel(*c));
    let mut rough = String::new();
    // Whether the last that was not left out is a vowel.
    let mut in_vowels = false;
    for (at, &c) in chars.iter().enumerate() {
        if c == 'R' && !vowel_at(at + 1) {
            continue;
        }
        if !is_vowel(c) {
            if in_vowels || !rough.ends_with(c) {
                rough.push(c);
            }
            in_vowels = false;
            continue;
        }
        if !in_vowels {
            let is_first = !chars[..at].iter().any(|c| is_vowel(*c));
            rough.push(match c {
                'A' | 'E' if is_first => 'A',
                'I' if is_first => 'I',
                'A' | 'E' | 'I' | 'Y' if !is_first => 'E',
                _ => 'O',
            });
        }
        in_vowels = true;
    }
    rough
}

pub fn bones(word: &str) -> String {
    let is_bone = |c: &char| c.is_ascii_lowercase() && !"aeiouy".contains(*c);
    without_repeats(word.chars().filter(is_bone))
}

pub fn long_sound(word: &str) -> String {
    let is_vowel = |c: char| "AEIOUY".contains(c);
    let sound = sound(word);
    let begins = sound.starts_with(is_vowel);
    let rest = sound.chars().filter(|c| !is_vowel(*c));
    begins.then_some('A').into_iter().chain(rest).collect()
}

/// Groups of letters that are looked for before anything else, in this order.
const GROUPS: [(&str, &str, Place); 20] = [
    ("ough", "O", Place::Anywhere),
    ("augh", "O", Place::Anywhere),
    ("eigh", "A", Place::Anywhere),
    ("ould", "UD", Place::Anywhere),
    ("tch", "C", Place::Anywhere),
    ("dge", "J", Place::Anywhere),
    ("igh", "I", Place::Anywhere),
    ("kn", "N", Place::Beginning),
    ("gn", "N", Place::Beginning),
    ("wr", "R", Place::Beginning),
    ("ps", "S", Place::Beginning),
    ("gh", "G", Place::Beginning),
    ("gh", "", Place::Anywhere),
    ("wh", "W", Place::Anywhere),
    ("ph", "F", Place::Anywhere),
    ("th", "F", Place::Anywhere),
    ("ck", "K", Place::Anywhere),
    ("ch", "C", Place::Anywhere),
    ("sh", "X", Place::Anywhere),
    ("qu", "KW", Place::Anywhere),
];

#[derive(PartialEq)]
enum Place {
    Anywhere,
    Beginning,
}

pub fn sound(word: &str) -> String {
    let mut sound = String::new();
    let mut vowel_before = false;
    let mut at = 0;
    while at < word.len() {
        let rest = &word[at..];
        let here =
            |place: &Place| *place == Place::Anywhere || *place == Place::Beginning && at == 0;
        let group = GROUPS
            .iter()
            .find(|(letters, _, place)| here(place) && rest.starts_with(letters));
        let vowels = vowels(word, at);
        if let Some((letters, says, _)) = group {
            sound += says;
            vowel_before |= says.starts_with(['O', 'A', 'U', 'I']);
            at += letters.len();
        } else if rest == "mb" {
            sound.push('M');
            at += 2;
        } else if vowels > 0 {
            let (says, taken) = vowel_sound(word, at, vowels, vowel_before);
            sound += says;
            vowel_before = true;
            at += taken;
        } else {
            sound += &consonant(rest);
            at += 1;
        }
    }
    without_repeats(sound.chars())
}

/// How many letters the group of vowels has that begins here; 0 if none does.
fn vowels(word: &str, start: usize) -> usize {
    let letters = word.as_bytes();
    let is_vowel = |at: usize| letters.get(at).is_some_and(|c| b"aeiou".contains(c));
    let belongs = |at: usize| match letters[at] {
        b'y' => at > 0,
        b'w' => at > start && !is_vowel(at + 1),
        _ => is_vowel(at),
    };
    let stops = |at: usize| {
        at > start && (letters[at..].starts_with(b"igh") || letters[at..].starts_with(b"ould"))
    };
    (start..letters.len())
        .take_while(|&at| belongs(at) && !stops(at))
        .count()
}

/// What the group of so many vowels here sounds as, and how many letters that takes.
fn vowel_sound(word: &str, at: usize, count: usize, vowel_before: bool) -> (&'static str, usize) {
    let (group, after) = (&word[at..at + count], &word[at + count..]);
    if group == "e" && after.is_empty() && vowel_before {
        return ("", count);
    }
    let before_r = after
        .strip_prefix('r')
        .is_some_and(|rest| !rest.starts_with(['a', 'e', 'i', 'o', 'u', 'y']));
    if before_r && ["e", "i", "u", "ea", "ou"].contains(&group) {
        return ("Y", count + 1);
    }
    if group == "a" && after.is_empty() && word.len() >= 4 {
        return ("Y", count);
    }
    let says = match group {
        "i" | "y" | "ie" | "ye" | "uy" | "eye" => "I",
        "e" | "ee" | "ea" | "ei" | "ey" | "eo" => "E",
        "a" | "ai" | "ay" | "aa" | "ae" => "A",
        "o" | "oa" | "ow" | "oe" | "ou" | "au" | "aw" => "O",
        "u" | "oo" | "ew" | "ue" | "ui" | "eu" | "uu" => "U",
        other => match other.as_bytes()[0] {
            b'a' => "A",
            b'e' => "E",
            b'o' => "O",
            b'u' => "U",
            _ => "I",
        },
    };
    (says, count)
}

fn consonant(rest: &str) -> String {
    let mut chars = rest.chars();
    let (c, next) = (chars.next().unwrap_or('q'), chars.next());
    match c {
        'c' if next.is_some_and(|next| "eiy".contains(next)) => "S".to_owned(),
        'c' | 'k' | 'q' => "K".to_owned(),
        'x' => "KS".to_owned(),
        's' | 'z' => "S".to_owned(),
        'y' => "Q".to_owned(),
        'a'..='z' => c.to_ascii_uppercase().to_string(),
        _ => "Q".to_owned(),
    }
}
