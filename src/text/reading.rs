//! The *reading*: what a text says once every word that is none, and every sign that speaks, is put as it would plainly be.
//!
//! The bare and the sound view look for given terms. A reading is a whole text, so that patterns and guards see it as well:
//! `i wnat 2 d!e` becomes `i want to die`. It is one candidate beside the folded view, never in its place, and only what
//! touches something that was changed is found in it. `rules/README.md`, section 1.5, states it exactly.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::table::{Class, TABLE, any_neighbours};
use super::{Folded, fold_into, fold_mapped, guise, is_clause_mark, is_han, letter_key, script};

const ENGLISH: &str = include_str!("tables/english.txt");
const SAID: &str = include_str!("tables/said.txt");
const JOINED: &str = include_str!("tables/joined.txt");

/// A longer word is none.
const WORD_MAX: usize = 24;
/// Letters that are spelled out in a row.
const SPELLED_MAX: usize = 96;
/// So far from a sign a Han character makes it one of theirs.
const BESIDE: usize = 8;
/// From so many letters on, one may be wrong, and all vowels sound alike.
const LONG: usize = 6;
/// So many words at most are heard as one.
const JOINED_MAX: usize = 3;
/// So many words at most are turned round together.
const TURNED_MAX: usize = 24;
/// A letter that is written so often in a row stretches its word.
const STRETCHED: usize = 3;
/// A sign between Han characters that comes back so often in a row parts them only.
const FILLERS_MIN: usize = 2;

/// A text as it would plainly be written, with its map back and what was changed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reading {
    /// The text and where its characters come from. A word that was changed comes from all of the word that it stands for.
    pub folded: Folded,
    changes: Vec<Change>,
}

/// A stretch of a reading that is written otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    start: usize,
    end: usize,
    /// How many words in use were heard as others; 0 where what was written is none.
    heard: usize,
}

/// How far a stretch of a reading is from what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// As written.
    None,
    /// What was written is no word, or two words were heard as others.
    Spelt,
    /// One word that is in use was heard as another.
    Heard,
}

impl Reading {
    /// How far this stretch, in bytes, is from what was written.
    pub fn distance(&self, (start, end): (usize, usize)) -> Distance {
        let from = self.changes.partition_point(|change| change.end <= start);
        let mut heard = 0;
        for change in self.changes[from..]
            .iter()
            .take_while(|change| change.start < end)
        {
            // What was taken out lies nowhere.
            if change.start == change.end {
                continue;
            }
            if change.heard == 0 {
                return Distance::Spelt;
            }
            heard += change.heard;
            if heard >= 2 {
                break;
            }
        }
        match heard {
            0 => Distance::None,
            1 => Distance::Heard,
            _ => Distance::Spelt,
        }
    }
}

/// Everything that readings are made with, at first use.
struct Signs {
    english: English,
    words: HashMap<&'static str, (&'static str, bool), FixedState>,
    han: HashMap<char, (&'static str, bool), FixedState>,
    /// What may be heard in several words, by its rough sound.
    joined: HashMap<String, &'static str, FixedState>,
    /// The same letter by letter.
    heard: Heard,
    /// What is known of each English word and sign of letters.
    known: HashMap<&'static str, Known, FixedState>,
    /// The first two words of signs of several.
    opening: HashSet<String, FixedState>,
    /// Raw characters of the basic plane that may change a reading.
    telling: Vec<u64>,
}

static SIGNS: LazyLock<Signs> = LazyLock::new(Signs::load);

impl Signs {
    fn load() -> Self {
        let (mut words, mut han) = (HashMap::default(), HashMap::default());
        for line in SAID.lines().filter(|l| !l.starts_with('#')) {
            let mut parts = line.split('\t');
            let (language, sign, said) = (parts.next(), parts.next(), parts.next());
            let (Some(sign), Some(said)) = (sign, said) else {
                continue;
            };
            let heard = parts.next().is_some();
            if language == Some("en") {
                words.insert(sign, (said, heard));
            } else if let Some(sign) = sign.chars().next() {
                han.insert(sign, (said, heard));
            }
        }
        let mut joined = HashMap::default();
        for line in JOINED.lines().filter(|l| !l.starts_with('#')) {
            // As it is spoken, if that is not as it is written.
            let (said, spoken) = line.split_once('\t').unwrap_or((line, line));
            let sounds: String = spoken.split(' ').map(sound).collect();
            joined.entry(rough_sound(&sounds)).or_insert(said);
        }
        let mut telling = vec![0_u64; 1 << 10];
        for code in 0..=0xFFFF_u32 {
            let Some(c) = char::from_u32(code) else {
                continue;
            };
            let tells = |c: char| match is_han(c) {
                true => han.contains_key(&c),
                false => !is_clause_mark("", 0, c) && !c.is_whitespace(),
            };
            let tells = match TABLE.class(c) {
                Class::Several => TABLE.expansion(c).iter().any(|class| match class {
                    Class::Han(c) | Class::Plain(c) | Class::Soft(c) => tells(*c),
                    _ => false,
                }),
                Class::Han(c) | Class::Plain(c) | Class::Soft(c) => tells(c),
                _ => false,
            };
            if tells {
                telling[code as usize >> 6] |= 1 << (code & 63);
            }
        }
        let english = English::load();
        let heard = Heard::new(joined.keys().map(String::as_str));
        let mut opening: HashSet<String, FixedState> = HashSet::default();
        let mut known: HashMap<&'static str, Known, FixedState> = HashMap::default();
        for sign in words.keys().copied() {
            known.entry(sign).or_default().sign = true;
            if let Some((first, rest)) = sign.split_once(' ') {
                let second = rest.split(' ').next().unwrap_or(rest);
                known.entry(first).or_default().opens = true;
                opening.insert(format!("{first} {second}"));
            }
        }
        for word in english.rank.keys().copied() {
            known.entry(word).or_default().word = true;
        }
        let lettered = |word: &str| word.bytes().all(|c| c.is_ascii_lowercase());
        for (word, known) in known.iter_mut().filter(|(word, _)| lettered(word)) {
            let sound = sound(word);
            known.may_sound = heard.follows(Hearing::default(), &sound).is_some();
            known.sound = sound.into();
        }
        Self {
            english,
            words,
            han,
            joined,
            heard,
            known,
            opening,
            telling,
        }
    }

    /// False where no several words that begin with this one, of which this is known, are read as others.
    fn may_be_several(&self, text: &str, start: usize, end: usize, known: Option<&Known>) -> bool {
        let bytes = text.as_bytes();
        let lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
        let parted = |at: usize| matches!(bytes.get(at), Some(b' ' | b'-')) && lower(at + 1);
        if !parted(end) || known.is_some_and(|known| !known.opens && !known.may_sound) {
            return false;
        }
        let word_from = |start: usize| {
            let letters = bytes[start..].iter().take_while(|c| c.is_ascii_lowercase());
            start + letters.count()
        };
        let (second, second_end) = (end + 1, word_from(end + 1));
        let opens = known.is_none_or(|known| known.opens);
        if opens && (bytes[end] == b'-' || self.opening.contains(&text[start..second_end])) {
            return true;
        }
        let hear = |hearing: Hearing, word: &str| match self.known.get(word) {
            Some(known) => self.heard.follows(hearing, &known.sound),
            None => self.heard.follows(hearing, &sound(word)),
        };
        let Some(two) = hear(Hearing::default(), &text[start..end])
            .and_then(|one| hear(one, &text[second..second_end]))
        else {
            return false;
        };
        let three = || {
            let third = second_end + 1;
            parted(second_end)
                && hear(two, &text[third..word_from(third)])
                    .is_some_and(|three| self.heard.ends(three))
        };
        self.heard.ends(two) || three()
    }

    /// What a word says or means, and whether it is only heard.
    fn plain_of(&self, written: &str) -> Option<(&'static str, bool)> {
        if written.len() > 1
            && let Some(said) = self.words.get(written)
        {
            return Some(*said);
        }
        let stretched = squeezed(written).into_iter().flatten();
        for squeezed in stretched.filter(|word| word.len() > 1) {
            if let Some((said, false)) = self.words.get(&*squeezed) {
                return Some((said, false));
            }
        }
        self.english.meant_by(written).map(|meant| (meant, false))
    }

    fn tells(&self, c: char) -> bool {
        let code = u32::from(c) as usize;
        code > 0xFFFF || self.telling[code >> 6] >> (code & 63) & 1 == 1
    }
}

/// The readings of a raw text; `folded` is memory to be used again. Most texts have none, and two cheap looks say so first.
pub fn readings_of(raw: &str, folded: &mut String) -> SmallVec<[Reading; 2]> {
    let may_turn = !raw.is_ascii() && script::may_turn(raw);
    if !may_turn && !may_be_read(raw) {
        return SmallVec::new();
    }
    folded.clear();
    fold_into(raw, folded);
    if !is_plain(folded) {
        return readings(&fold_mapped(raw));
    }
    if !may_turn {
        return SmallVec::new();
    }
    let mapped = fold_mapped(raw);
    match script::turned(&mapped).is_empty() {
        true => SmallVec::new(),
        false => readings(&mapped),
    }
}

/// False for texts that have no reading, by their raw characters: nearly all Chinese ones.
fn may_be_read(raw: &str) -> bool {
    let signs = &*SIGNS;
    if raw.chars().any(|c| signs.tells(c)) {
        return true;
    }
    let (mut guises, mut script) = (guise::Look::default(), script::Look::default());
    any_neighbours(raw, |two| guises.take(two) || script.take(two)) || guises.ends()
}

/// True for folded texts that surely have no reading, cheaper than making it.
fn is_plain(folded: &str) -> bool {
    let signs = &*SIGNS;
    let bytes = folded.as_bytes();
    let alnum = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_alphanumeric);
    let mut at = 0;
    let (mut odd, mut letters, mut han) = (false, false, false);
    while at < bytes.len() {
        let c = bytes[at];
        if c.is_ascii_alphanumeric() {
            let start = at;
            let (mut lettered, mut digits, mut apostrophes) = (false, false, false);
            while alnum(at) || (bytes.get(at) == Some(&b'\'') && alnum(at + 1)) {
                lettered |= bytes[at].is_ascii_alphabetic();
                digits |= bytes[at].is_ascii_digit();
                apostrophes |= bytes[at] == b'\'';
                at += 1;
            }
            letters |= lettered;
            // A sign inside a word, or letters one by one.
            odd |= bytes
                .get(at)
                .is_some_and(|c| is_sign(*c) && (*c == b'*' || alnum(at + 1)))
                || (at - start == 1 && alnum(at + 1) && !alnum(at + 2));
            let word = &folded[start..at];
            let known = signs.known.get(word);
            let sign = known.is_some_and(|known| known.sign);
            let is_word = || {
                known.is_some_and(|known| known.word)
                    || (apostrophes && signs.english.is_word(word))
            };
            odd |= match at - start {
                1 => sign && (lettered || bytes.get(at).is_none_or(|c| *c != b',')),
                _ if !lettered => false,
                _ => sign || (!is_word() && (digits || signs.plain_of(word).is_some())),
            };
            odd = odd
                || (lettered
                    && !digits
                    && !apostrophes
                    && signs.may_be_several(folded, start, at, known)
                    && heard_together(folded, start, signs).is_some());
        } else if c.is_ascii() {
            odd |= (is_sign(c) && c != b'*' && alnum(at + 1))
                || (c == b'-' && is_pig_tail(bytes, at + 1));
            at += 1;
        } else {
            let Some(c) = folded[at..].chars().next() else {
                return false;
            };
            at += c.len_utf8();
            han |= is_han(c);
            if !is_han(c) {
                let mut buffer = [0; 4];
                odd |= signs.words.contains_key(&*c.encode_utf8(&mut buffer));
                // A filler, if Han characters stand around.
                if !is_clause_mark(folded, at - c.len_utf8(), c) && signs.han.contains_key(&c) {
                    return false;
                }
            } else if signs.han.contains_key(&c) {
                return false;
            }
        }
        if odd && letters {
            return false;
        }
    }
    let guised = han && guise::holds(folded);
    !(has_fillers(folded) || guised || han && script::holds(folded))
}

/// Whether the same sign stands between three Han characters in a row.
fn has_fillers(folded: &str) -> bool {
    let mut last: [char; 4] = ['\0'; 4];
    folded.chars().any(|c| {
        let [a, x, b, y] = last;
        last = [x, b, y, c];
        x == y && !is_han(x) && is_han(a) && is_han(b) && is_han(c)
    })
}

/// The readings of a folded text: one that changes only what is no word, and one that also hears words as others; none
/// where nothing changes.
pub fn readings(folded: &Folded) -> SmallVec<[Reading; 2]> {
    let signs = &*SIGNS;
    let items = items(folded, signs);
    let mut out = SmallVec::new();
    if items.iter().any(|item| item.change == Some(false)) {
        out.push(written(folded, &items, false));
    }
    if items.iter().any(|item| item.change == Some(true)) {
        out.push(written(folded, &items, true));
    }
    out
}

/// A stretch of the folded text and what is read for it.
#[derive(Clone, Debug)]
struct Item {
    start: usize,
    end: usize,
    read: SmallVec<[u8; 16]>,
    /// None: as it stands; else whether it is only heard.
    change: Option<bool>,
    /// How many words it is.
    words: usize,
}

fn written(folded: &Folded, items: &[Item], hear: bool) -> Reading {
    let mut out = Reading::default();
    let text = &folded.text;
    let parting = folded.clause_gaps();
    let mut gaps = parting.iter().peekable();
    for item in items {
        let change = item.change.filter(|heard| hear || !heard);
        let at = out.folded.text.len();
        while gaps.next_if(|gap| **gap < item.start).is_some() {}
        if gaps.next_if(|gap| **gap == item.start).is_some() {
            out.folded.gaps.push(at);
        }
        match change {
            None => {
                out.folded.text.push_str(&text[item.start..item.end]);
                let raw = &folded.raw_of_byte[item.start..item.end];
                out.folded.raw_of_byte.extend_from_slice(raw);
            }
            Some(_) if item.read.is_empty() => {}
            Some(heard) => {
                out.folded
                    .text
                    .push_str(std::str::from_utf8(&item.read).unwrap_or_default());
                let end = out.folded.text.len();
                let first = folded.raw_of_byte[item.start];
                let last = folded.raw_of_byte[item.end - 1];
                out.folded.raw_of_byte.resize(end, first);
                // A hit that ends with the word ends where the word does.
                let tail = out
                    .folded
                    .text
                    .chars()
                    .next_back()
                    .map_or(1, char::len_utf8);
                // One character that stands for several begins with the first and ends with the last of them.
                let tail = if at + tail == end { 1 } else { tail };
                out.folded.raw_of_byte[end - tail..].fill(last);
                out.changes.push(Change {
                    start: at,
                    end,
                    heard: if heard { item.words } else { 0 },
                });
            }
        }
    }
    out.folded.parting = Some(out.folded.gaps.clone());
    out
}

/// A sign that may stand for a letter inside a word.
const fn is_sign(c: u8) -> bool {
    matches!(c, b'@' | b'$' | b'!' | b'|' | b'+' | b'*' | b'(' | b'<')
}

/// The folded text cut into stretches, each with what is read for it.
fn items(folded: &Folded, signs: &Signs) -> Vec<Item> {
    let text = folded.text.as_str();
    let bytes = text.as_bytes();
    let letters = bytes.iter().any(u8::is_ascii_alphabetic);
    let han = text.chars().any(is_han);
    let (meant, turned) = match han {
        true => (guise::meanings(folded), script::turned(folded)),
        false => (Vec::new(), Vec::new()),
    };
    let mut turned = turned.into_iter().peekable();
    let stutters = han && script::stutters(text);
    let mut meant = meant.iter().peekable();
    let alnum = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_alphanumeric);
    let mut out: Vec<Item> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let end = at + c.len_utf8();
        while turned.next_if(|(start, _)| *start < at).is_some() {}
        if let Some((_, end)) = turned.next_if(|(start, _)| *start == at) {
            let back: String = text[at..end].chars().rev().collect();
            out.push(changed(at, end, &back, false));
            at = end;
            continue;
        }
        if is_han(c)
            && let Some((c, end)) =
                script::joined(text, at).or_else(|| script::stutter(text, at, stutters))
        {
            out.push(changed(at, end, c.encode_utf8(&mut [0; 4]), false));
            at = end;
            continue;
        }
        while meant.next_if(|meaning| meaning.start < at).is_some() {}
        if let Some(meaning) = meant.next_if(|meaning| meaning.start == at) {
            let read = meaning.read.map(String::from).unwrap_or_default();
            out.push(changed(at, meaning.end, &read, meaning.heard));
            at = meaning.end;
            continue;
        }
        let starts_word = c.is_ascii_alphanumeric()
            || (c.is_ascii()
                && is_sign(c as u8)
                && c != '*'
                && alnum(signs_end(bytes, at))
                && !follows_word(&out, text));
        if letters && starts_word {
            if let Some(spelled) = spelled_out(folded, at, signs, &mut out) {
                at = spelled;
                continue;
            }
            let item = turned_run(text, at, signs)
                .or_else(|| pig_latin(text, at, signs))
                .or_else(|| several(text, at, signs))
                .unwrap_or_else(|| word(text, at, word_end(bytes, at), signs));
            at = item.end;
            out.push(item);
            continue;
        }
        let plain = Item {
            start: at,
            end,
            read: SmallVec::new(),
            change: None,
            words: 1,
        };
        out.push(if is_han(c) || !c.is_ascii() {
            said_by(c, plain, &out, letters, text, signs)
        } else {
            plain
        });
        at = end;
    }
    without_fillers(text, &mut out);
    singles(text, &mut out, signs);
    out
}

fn follows_word(out: &[Item], text: &str) -> bool {
    out.last()
        .is_some_and(|item| text.as_bytes()[item.end - 1].is_ascii_alphanumeric())
}

/// One past a word's last byte: letters, digits, apostrophes between them, and signs before one of them; at its end `*`.
fn word_end(bytes: &[u8], start: usize) -> usize {
    let alnum = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_alphanumeric);
    let mut end = start + 1;
    loop {
        match bytes.get(end) {
            Some(c) if c.is_ascii_alphanumeric() => end += 1,
            Some(b'\'') if alnum(end + 1) => end += 1,
            Some(&c) if is_sign(c) => {
                // Several signs in a row belong to the word if a letter or digit follows them.
                let run = bytes[end..].iter().take_while(|c| is_sign(**c)).count();
                let stars = bytes[end..end + run].iter().all(|c| *c == b'*');
                if alnum(end + run) || (stars && run <= 3) {
                    end += run;
                } else {
                    return end;
                }
            }
            _ => return end,
        }
    }
}

/// One past the signs that begin here, stars aside.
fn signs_end(bytes: &[u8], start: usize) -> usize {
    let signs = bytes[start..].iter();
    start + signs.take_while(|c| is_sign(**c) && **c != b'*').count()
}

/// The next word of ASCII letters only, if one begins here.
fn letters_end(bytes: &[u8], start: usize) -> Option<usize> {
    if !bytes.get(start)?.is_ascii_lowercase() {
        return None;
    }
    let end = word_end(bytes, start);
    let letters = bytes[start..end].iter().all(u8::is_ascii_lowercase);
    letters.then_some(end)
}

/// Words that together sound as one, or as two others, or that are a sign together: `mice elf`, `weigh cup`.
fn several(text: &str, start: usize, signs: &Signs) -> Option<Item> {
    let letters = text[start..].bytes().take_while(u8::is_ascii_lowercase);
    let end = start + letters.count();
    let known = signs.known.get(&text[start..end]);
    match end > start && signs.may_be_several(text, start, end, known) {
        true => heard_together(text, start, signs),
        false => None,
    }
}

fn heard_together(text: &str, start: usize, signs: &Signs) -> Option<Item> {
    let bytes = text.as_bytes();
    let mut ends: SmallVec<[usize; JOINED_MAX]> = SmallVec::new();
    let mut written = String::new();
    let mut at = start;
    while ends.len() < JOINED_MAX {
        let Some(end) = letters_end(bytes, at) else {
            break;
        };
        ends.push(end);
        match bytes.get(end) {
            Some(b' ' | b'-') => at = end + 1,
            _ => break,
        }
    }
    if ends.len() < 2 {
        return None;
    }
    let mut sounds = String::new();
    let mut places: SmallVec<[(usize, usize); JOINED_MAX]> = SmallVec::new();
    let mut from = start;
    for end in &ends {
        if !written.is_empty() {
            written.push(' ');
        }
        written.push_str(&text[from..*end]);
        sounds.push_str(&sound(&text[from..*end]));
        places.push((written.len(), sounds.len()));
        from = end + 1;
    }
    for n in (2..=ends.len()).rev() {
        let (letters, sound) = places[n - 1];
        let written = &written[..letters];
        let said = signs.words.get(written).copied();
        let heard = || {
            let joined = signs.joined.get(&rough_sound(&sounds[..sound]));
            joined.map(|said| (*said, true))
        };
        if let Some((said, heard)) = said.or_else(heard)
            && said != written
        {
            let mut item = changed(start, ends[n - 1], said, heard);
            item.words = n;
            return Some(item);
        }
    }
    None
}

/// Words that are others from their end, or thirteen letters on, one after the other.
fn turned_run(text: &str, start: usize, signs: &Signs) -> Option<Item> {
    let reversed = |word: &str| -> String { word.chars().rev().collect() };
    let rotated = |word: &str| -> String { word.chars().map(rot13).collect() };
    let english = &signs.english;
    let bytes = text.as_bytes();
    let run = |turn: &dyn Fn(&str) -> String| -> Option<usize> {
        let mut words: Vec<(usize, usize)> = Vec::new();
        let mut at = start;
        while words.len() < TURNED_MAX {
            let Some(end) = letters_end(bytes, at) else {
                break;
            };
            let turned = turn(&text[at..end]);
            if !english.rank.contains_key(&*turned) {
                break;
            }
            words.push((at, end));
            match bytes.get(end) {
                Some(b' ') => at = end + 1,
                _ => break,
            }
        }
        // Short words at the ends may well be what they are.
        let short = |(from, to): &(usize, usize)| {
            to - from <= 2 && english.meant(&text[*from..*to]).is_some()
        };
        while words.last().is_some_and(short) {
            words.pop();
        }
        if words.len() < 2 || short(&words[0]) {
            return None;
        }
        let odd = |(from, to): &&(usize, usize)| !english.rank.contains_key(&text[*from..*to]);
        let tells = |place: &(usize, usize)| {
            let (from, to) = *place;
            to - from >= 3 && odd(&place) && english.meant(&turn(&text[from..to])).is_some()
        };
        let enough = words.iter().filter(odd).count() * 2 >= words.len();
        (enough && words.iter().any(tells)).then(|| words[words.len() - 1].1)
    };
    if let Some(end) = run(&reversed) {
        return Some(changed(start, end, &reversed(&text[start..end]), false));
    }
    let end = run(&rotated)?;
    Some(changed(start, end, &rotated(&text[start..end]), false))
}

/// A word that ends with `ay`, as what was moved behind another one.
fn is_pig_tail(bytes: &[u8], start: usize) -> bool {
    letters_end(bytes, start).is_some_and(|end| bytes[start..end].ends_with(b"ay"))
}

/// `ye-bay`: the beginning of the word stands behind it.
fn pig_latin(text: &str, start: usize, signs: &Signs) -> Option<Item> {
    let bytes = text.as_bytes();
    let middle = word_end(bytes, start);
    if bytes.get(middle) != Some(&b'-') || !is_pig_tail(bytes, middle + 1) {
        return None;
    }
    let end = letters_end(bytes, middle + 1)?;
    let rest: String = text[start..middle].chars().filter(|c| *c != '\'').collect();
    let first = &text[middle + 1..end - 2];
    if !rest.bytes().all(|c| c.is_ascii_lowercase()) || first.bytes().any(is_vowel) {
        return None;
    }
    let whole = [format!("{first}{rest}"), rest];
    let count = if matches!(first, "w" | "y") { 2 } else { 1 };
    let word = whole[..count]
        .iter()
        .find(|word| signs.english.rank.contains_key(&***word))?;
    Some(changed(start, end, word, false))
}

fn changed(start: usize, end: usize, read: &str, heard: bool) -> Item {
    Item {
        start,
        end,
        read: SmallVec::from_slice(read.as_bytes()),
        change: Some(heard),
        words: 1,
    }
}

/// A word as it stands, or as what it plainly means.
fn word(text: &str, start: usize, end: usize, signs: &Signs) -> Item {
    let written = &text[start..end];
    match signs.plain_of(written) {
        Some((read, heard)) if read != written => changed(start, end, read, heard),
        _ => Item {
            start,
            end,
            read: SmallVec::new(),
            change: None,
            words: 1,
        },
    }
}

/// What an emoji, a letter of another script or a rare character says.
fn said_by(c: char, plain: Item, out: &[Item], letters: bool, text: &str, signs: &Signs) -> Item {
    let mut buffer = [0; 4];
    let sign: &str = c.encode_utf8(&mut buffer);
    if let Some((said, heard)) = signs.han.get(&c)
        && (is_han(c) || beside_han(text, plain.start, plain.end, signs))
    {
        return changed(plain.start, plain.end, said, *heard);
    }
    match signs.words.get(sign) {
        Some((said, _)) if letters => {
            let mut read: SmallVec<[u8; 16]> = SmallVec::new();
            // A word of its own.
            let joins = out.last().is_some_and(|item| {
                item.change.is_some() || text.as_bytes()[item.end - 1].is_ascii_alphanumeric()
            });
            if joins {
                read.push(b' ');
            }
            read.extend_from_slice(said.as_bytes());
            if text
                .as_bytes()
                .get(plain.end)
                .is_some_and(u8::is_ascii_alphanumeric)
            {
                read.push(b' ');
            }
            Item {
                read,
                change: Some(false),
                ..plain
            }
        }
        _ => plain,
    }
}

/// A Han character stands right before or after, white space and other signs aside.
fn beside_han(text: &str, start: usize, end: usize, signs: &Signs) -> bool {
    let speaks = |c: &char| !c.is_whitespace() && (is_han(*c) || !signs.han.contains_key(c));
    let before = text[..start].chars().rev().take(BESIDE).find(speaks);
    let after = text[end..].chars().take(BESIDE).find(speaks);
    before.is_some_and(is_han) || after.is_some_and(is_han)
}

/// Words whose letters are parted by the same sign each: `d.i.e`, `w a n t  t o`.
fn spelled_out(folded: &Folded, start: usize, signs: &Signs, out: &mut Vec<Item>) -> Option<usize> {
    let text = folded.text.as_bytes();
    let single = |i: usize| {
        text.get(i).is_some_and(u8::is_ascii_alphanumeric)
            && !text.get(i + 1).is_some_and(u8::is_ascii_alphanumeric)
    };
    let parting = *text.get(start + 1)?;
    if !single(start)
        || !parting.is_ascii()
        || parting.is_ascii_alphanumeric()
        || matches!(parting, b'\n' | b'\'')
    {
        return None;
    }
    let mut letters = vec![start];
    let mut at = start;
    while letters.len() <= SPELLED_MAX && text.get(at + 1) == Some(&parting) && single(at + 2) {
        at += 2;
        letters.push(at);
    }
    let least = match parting {
        b' ' | b'.' | b',' | b'&' | b'*' => 3,
        // As likely a letter.
        c if is_sign(c) => 4,
        _ => 2,
    };
    let named = letters
        .iter()
        .filter(|i| text[**i].is_ascii_alphabetic())
        .count();
    if letters.len() < least || letters.len() > SPELLED_MAX || named * 3 < letters.len() * 2 {
        return None;
    }
    // Where white space was longer in the raw text, a word ended.
    let raw = |i: usize| folded.raw_of_byte[letters[i]];
    let steps: Vec<u32> = (1..letters.len()).map(|i| raw(i) - raw(i - 1)).collect();
    let shortest = steps.iter().min().copied().unwrap_or(1);
    let mut words: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    for (i, step) in steps.iter().enumerate() {
        if *step > shortest {
            words.push((from, i + 1));
            from = i + 1;
        }
    }
    words.push((from, letters.len()));
    let written = |(from, to): (usize, usize)| -> String {
        letters[from..to]
            .iter()
            .map(|i| char::from(text[*i]))
            .collect()
    };
    let mut read = String::new();
    for (n, place) in words.iter().enumerate() {
        if n > 0 {
            read.push(' ');
        }
        let word = written(*place);
        match signs.english.meant_by(&word) {
            Some(meant) => read.push_str(meant),
            None if signs.english.is_word(&word) => read.push_str(&word),
            None => match signs.english.parted(&word) {
                Some(words) => read.push_str(&words),
                None => read.push_str(&word),
            },
        }
    }
    out.push(changed(start, at + 1, &read, false));
    Some(at + 1)
}

/// The same sign, alone between Han characters several times in a row, parts them and says nothing.
fn without_fillers(text: &str, items: &mut [Item]) {
    let of = |item: &Item| &text[item.start..item.end];
    let han = |item: &Item| of(item).chars().next().is_some_and(is_han);
    let filler = |item: &Item| {
        let mut chars = of(item).chars();
        let alone = chars
            .next()
            .is_some_and(|c| !is_han(c) && !is_clause_mark(text, item.start, c) && c != ' ');
        alone && chars.next().is_none()
    };
    let mut at = 0;
    while at + 2 < items.len() {
        let mut n = 0;
        while items.get(at + 2 * n + 2).is_some_and(han)
            && han(&items[at + 2 * n])
            && filler(&items[at + 2 * n + 1])
            && of(&items[at + 2 * n + 1]) == of(&items[at + 1])
        {
            n += 1;
        }
        if n >= FILLERS_MIN {
            for k in 0..n {
                items[at + 2 * k + 1].read.clear();
                items[at + 2 * k + 1].change = Some(false);
                // What stands after a sign that was taken out is changed by that: it has another neighbour.
                let next = &mut items[at + 2 * k + 2];
                if next.change != Some(false) {
                    *next = changed(next.start, next.end, &text[next.start..next.end], false);
                }
            }
            at += 2 * n;
        }
        at += 1;
    }
}

/// Single letters and digits that are said as words, where words stand on both sides or one of them at an end.
fn singles(text: &str, items: &mut [Item], signs: &Signs) {
    let wordy = |item: &Item| text.as_bytes()[item.end - 1].is_ascii_alphanumeric();
    let blank = |item: &Item| &text[item.start..item.end] == " ";
    for at in 0..items.len() {
        let item = &items[at];
        if item.end - item.start != 1 || item.change.is_some() || !wordy(item) {
            continue;
        }
        let Some((said, _)) = signs.words.get(&text[item.start..item.end]) else {
            continue;
        };
        // The neighbour beyond one space.
        let before = match at {
            0 => None,
            1 if blank(&items[0]) => None,
            _ if blank(&items[at - 1]) => Some(&items[at - 2]),
            _ => Some(&items[at - 1]),
        };
        let after = match items.get(at + 1) {
            Some(next) if blank(next) => items.get(at + 2),
            next => next,
        };
        let lettered = |item: &Item| {
            item.change.is_some()
                || text[item.start..item.end]
                    .bytes()
                    .any(|c| c.is_ascii_alphabetic())
        };
        let fits = |side: Option<&Item>| side.is_none_or(|item| lettered(item) && wordy(item));
        // A number by itself counts things; one before a word may be one.
        let digit = text.as_bytes()[item.start].is_ascii_digit();
        let follows = after.is_some_and(|item| lettered(item) && wordy(item));
        let precedes = before.is_some_and(|item| lettered(item) && wordy(item));
        if fits(before) && (follows || (precedes && !digit)) {
            items[at] = changed(item.start, item.end, said, false);
        }
    }
}

/// English words by what a disguise leaves of them.
struct English {
    /// Place among the words that a disguise may stand for, commonest first; the others have none.
    rank: HashMap<&'static str, Option<u32>, FixedState>,
    by_length: Vec<Vec<&'static str>>,
    by_key: HashMap<String, &'static str, FixedState>,
    /// By the key with its repeats, the others as well.
    by_full_key: HashMap<String, &'static str, FixedState>,
    by_bones: HashMap<String, &'static str, FixedState>,
    by_sound: HashMap<String, &'static str, FixedState>,
    by_long_sound: HashMap<String, &'static str, FixedState>,
    by_less: HashMap<String, &'static str, FixedState>,
}

impl English {
    fn load() -> Self {
        let (meant, others) = ENGLISH.split_once("\n\n").unwrap_or((ENGLISH, ""));
        let meant: Vec<&str> = meant.lines().filter(|l| !l.starts_with('#')).collect();
        let mut out = Self {
            rank: others.lines().map(|word| (word, None)).collect(),
            by_length: vec![Vec::new(); WORD_MAX + 1],
            by_key: HashMap::default(),
            by_full_key: HashMap::default(),
            by_bones: HashMap::default(),
            by_sound: HashMap::default(),
            by_long_sound: HashMap::default(),
            by_less: HashMap::default(),
        };
        // The commonest keeps its place.
        for (rank, word) in meant.iter().enumerate() {
            out.rank.insert(word, Some(rank as u32));
            let key = key(word);
            if let Some(of_length) = out.by_length.get_mut(word.len()) {
                of_length.push(word);
            }
            if word.len() >= 3 {
                out.by_bones.entry(bones(word)).or_insert(word);
            }
            if word.len() >= LONG {
                for less in one_less(&key) {
                    out.by_less.entry(less).or_insert(word);
                }
                out.by_less.entry(key.clone()).or_insert(word);
                out.by_long_sound.entry(long_sound(word)).or_insert(word);
            } else {
                out.by_sound.entry(sound(word)).or_insert(word);
            }
            out.by_key.entry(key).or_insert(word);
        }
        for word in meant.iter().copied().chain(others.lines()) {
            out.by_full_key.entry(full_key(word)).or_insert(word);
        }
        out
    }

    fn is_word(&self, word: &str) -> bool {
        self.rank.contains_key(word) || self.rank.contains_key(&*word.replace('\'', ""))
    }

    /// What a word that is none plainly means.
    fn meant_by(&self, written: &str) -> Option<&'static str> {
        if written.len() > WORD_MAX || !written.bytes().any(|c| c.is_ascii_alphabetic()) {
            return None;
        }
        let letters: String = written.chars().filter(|c| *c != '\'').collect();
        if letters.len() < 2 || self.rank.contains_key(&*letters) {
            return None;
        }
        if letters.contains('*') {
            return self.starred(&letters);
        }
        let key = key(&letters);
        let plain = letters.bytes().all(|c| c.is_ascii_lowercase());
        // As it stands but for its signs.
        let full = self.by_full_key.get(&full_key(&letters)).copied();
        if (!plain || letters.len() >= 3) && full.is_some_and(|word| self.meant(word).is_some()) {
            return full;
        }
        if letters.len() >= 3 {
            let swapped = || turned(&letters).find_map(|word| self.meant(&word));
            let swapped = || plain.then(swapped).flatten();
            let stretched = || {
                let words = squeezed(&letters).into_iter().flatten();
                words
                    .filter_map(|word| self.rank.get_key_value(&*word))
                    .map(|(word, _)| *word)
                    .next()
            };
            let found = self.by_key.get(&key).copied();
            // Where signs are the fewer, any word.
            let shown = letters.bytes().filter(u8::is_ascii_lowercase).count();
            let any = !plain && shown * 2 > letters.len() && !letters.starts_with(['(', '<']);
            let found = found
                .or(full.filter(|_| any))
                .or_else(stretched)
                .or_else(swapped);
            let turned = || {
                let keys = turned(&key).filter(|key| key.len() >= 3);
                keys.into_iter()
                    .find_map(|key| self.by_key.get(&key).copied())
            };
            if let Some(found) = found.or_else(turned) {
                return Some(found);
            }
        }
        if !plain {
            return None;
        }
        if let Some(found) = self.of_pig_latin(&letters) {
            return Some(found);
        }
        if letters.len() >= LONG {
            let near = std::iter::once(key.clone()).chain(one_less(&key));
            if let Some(found) = near.into_iter().find_map(|less| self.by_less.get(&less)) {
                return Some(found);
            }
        }
        let bones = bones(&letters);
        let vowels = letters.bytes().any(|c| b"aeiou".contains(&c));
        if !vowels && bones.len() >= 2 {
            let found = self.by_bones.get(&bones);
            if found.is_some() {
                return found.copied();
            }
        }
        if letters.len() >= 3 {
            let found = if letters.len() < LONG {
                self.by_sound.get(&sound(&letters))
            } else {
                self.by_long_sound.get(&long_sound(&letters))
            };
            if let Some(found) = found {
                return Some(found);
            }
            let rotated: String = letters.chars().map(rot13).collect();
            return self.meant(&rotated);
        }
        None
    }

    /// `oodbyegay`: what the word begins with stands behind it, and `ay` after that.
    fn of_pig_latin(&self, letters: &str) -> Option<&'static str> {
        let moved = letters.strip_suffix("ay").filter(|m| m.len() >= 2)?;
        let vowel = |at: usize| moved.as_bytes().get(at).copied().is_some_and(is_vowel);
        if !vowel(0) {
            return None;
        }
        let consonants = (0..moved.len()).rev().take_while(|at| !vowel(*at)).count();
        let turned = (0..=consonants).map(|n| {
            let (rest, first) = moved.split_at(moved.len() - n);
            format!("{first}{rest}")
        });
        let whole = moved.strip_suffix(['w', 'y']).map(String::from);
        turned.chain(whole).find_map(|word| self.meant(&word))
    }

    /// The word itself, if a disguise may stand for it.
    fn meant(&self, word: &str) -> Option<&'static str> {
        let (word, rank) = self.rank.get_key_value(word)?;
        rank.map(|_| *word)
    }

    /// A word with stars in place of letters, where at least half of it shows.
    fn starred(&self, written: &str) -> Option<&'static str> {
        let shown = written.chars().filter(|c| *c != '*').count();
        if shown * 2 < written.len() || shown < 2 {
            return None;
        }
        let fits = |word: &str| {
            word.len() == written.len()
                && word
                    .bytes()
                    .zip(written.bytes())
                    .all(|(a, b)| a == b || b == b'*')
        };
        let of_length = self.by_length.get(written.len())?;
        of_length.iter().copied().find(|word| fits(word))
    }

    /// Letters without borders as the fewest words.
    fn parted(&self, letters: &str) -> Option<String> {
        let n = letters.len();
        if n > 2 * WORD_MAX || !letters.is_ascii() {
            return None;
        }
        // best[i]: words up to i, and where the last begins.
        let mut best: Vec<Option<(usize, usize)>> = vec![None; n + 1];
        best[0] = Some((0, 0));
        for end in 1..=n {
            for start in end.saturating_sub(WORD_MAX)..end {
                let word = &letters[start..end];
                let common = matches!(self.rank.get(word), Some(Some(_)));
                if let (Some((words, _)), true) = (best[start], common) {
                    let longer = (words + 1, start);
                    if best[end].is_none_or(|b| longer < b) {
                        best[end] = Some(longer);
                    }
                }
            }
        }
        best[n]?;
        let (mut words, mut end) = (Vec::new(), n);
        while end > 0 {
            let start = best[end]?.1;
            words.push(&letters[start..end]);
            end = start;
        }
        words.reverse();
        Some(words.join(" "))
    }
}

/// The letters and signs of a key, with its repeats.
fn full_key(word: &str) -> String {
    keys(word, false)
}

/// Letters and the signs that stand for them fall together; repeats and everything else fall out.
fn key(word: &str) -> String {
    keys(word, true)
}

fn keys(word: &str, once: bool) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        let letter = match c {
            '+' => 't',
            '(' | '<' => 'c',
            // Said as a word, never for a letter.
            '2' => continue,
            c => match letter_key(c) {
                Some(letter) => letter,
                None => continue,
            },
        };
        if !once || !out.ends_with(letter) {
            out.push(letter);
        }
    }
    out
}

/// A word with letters that are written three times or more in a row: twice each, then once; none where there are none.
fn squeezed(word: &str) -> Option<[String; 2]> {
    let bytes = word.as_bytes();
    let long = |run: &[u8]| run.len() >= STRETCHED && run[0].is_ascii_lowercase();
    let runs = || bytes.chunk_by(|a, b| a == b);
    if !runs().any(long) {
        return None;
    }
    let of = |times: usize| -> String {
        runs()
            .flat_map(|run| &run[..if long(run) { times } else { run.len() }])
            .map(|c| char::from(*c))
            .collect()
    };
    Some([of(2), of(1)])
}

/// The sound of words that may be one: all vowels but the first fall into two, and an r that no vowel follows falls out.
fn rough_sound(sounds: &str) -> String {
    let bytes = sounds.as_bytes();
    let vowel = is_vowel_sound;
    let mut out = String::with_capacity(bytes.len());
    let (mut first, mut after_vowel) = (true, false);
    for (i, c) in bytes.iter().copied().enumerate() {
        if vowel(c) {
            if !after_vowel {
                out.push(char::from(rough_vowel(first, c)));
            }
            (first, after_vowel) = (false, true);
        } else if c != b'R' || bytes.get(i + 1).copied().is_some_and(vowel) {
            let c = char::from(c);
            if after_vowel || !out.ends_with(c) {
                out.push(c);
            }
            after_vowel = false;
        }
    }
    out
}

const fn is_vowel_sound(c: u8) -> bool {
    matches!(c, b'A' | b'E' | b'I' | b'O' | b'U' | b'Y')
}

const fn rough_vowel(first: bool, c: u8) -> u8 {
    match (first, c) {
        (true, b'A' | b'E') => b'A',
        (true, b'I') => b'I',
        (false, b'A' | b'E' | b'I' | b'Y') => b'E',
        _ => b'O',
    }
}

/// What is known of a word at one look.
#[derive(Debug, Default)]
struct Known {
    /// It is a sign by itself.
    sign: bool,
    word: bool,
    /// It is the first word of a sign of several.
    opens: bool,
    /// What may be heard in several words may begin with it.
    may_sound: bool,
    sound: Box<str>,
}

/// [`rough_sound`] of what may be heard in several words, to be followed word by word.
struct Heard {
    /// For each place, the next one by a capital; 0 for none.
    next: Vec<[u16; 26]>,
    ends: Vec<bool>,
}

/// Where the rough sound of some words stands.
#[derive(Clone, Copy, Debug, Default)]
struct Hearing {
    place: u16,
    /// A vowel came.
    voiced: bool,
    after_vowel: bool,
    /// An r that falls out unless a vowel follows.
    r: bool,
    /// The last letter of the rough sound.
    last: u8,
}

impl Heard {
    fn new<'s>(sounds: impl Iterator<Item = &'s str>) -> Self {
        let mut out = Self {
            next: vec![[0; 26]],
            ends: vec![false],
        };
        for sound in sounds {
            let mut place = 0;
            for c in sound.bytes() {
                let letter = usize::from(c - b'A');
                if out.next[place][letter] == 0 {
                    out.next[place][letter] = out.next.len() as u16;
                    out.next.push([0; 26]);
                    out.ends.push(false);
                }
                place = usize::from(out.next[place][letter]);
            }
            out.ends[place] = true;
        }
        out
    }

    /// The same with one more word, by its [`sound`], if anything still begins so.
    fn follows(&self, mut at: Hearing, sound: &str) -> Option<Hearing> {
        for c in sound.bytes() {
            let vowel = is_vowel_sound(c);
            if std::mem::take(&mut at.r) && vowel {
                self.consonant(&mut at, b'R')?;
            }
            if vowel {
                if !at.after_vowel {
                    let vowel = rough_vowel(!at.voiced, c);
                    self.step(&mut at, vowel)?;
                }
                (at.voiced, at.after_vowel) = (true, true);
            } else if c == b'R' {
                at.r = true;
            } else {
                self.consonant(&mut at, c)?;
            }
        }
        Some(at)
    }

    fn consonant(&self, at: &mut Hearing, c: u8) -> Option<()> {
        if at.after_vowel || at.last != c {
            self.step(at, c)?;
        }
        at.after_vowel = false;
        Some(())
    }

    fn step(&self, at: &mut Hearing, c: u8) -> Option<()> {
        at.place = self.next[usize::from(at.place)][usize::from(c - b'A')];
        at.last = c;
        (at.place != 0).then_some(())
    }

    /// Whether something that may be heard ends here.
    fn ends(&self, at: Hearing) -> bool {
        self.ends[usize::from(at.place)]
    }
}

/// A key read from its end, and with each two neighbours swapped.
fn turned(key: &str) -> impl Iterator<Item = String> + '_ {
    let letters: Vec<char> = key.chars().collect();
    let n = letters.len();
    std::iter::once(letters.iter().rev().collect()).chain((1..n).map(move |i| {
        let mut swapped = letters.clone();
        swapped.swap(i - 1, i);
        swapped.into_iter().collect()
    }))
}

/// A key without each of its letters.
fn one_less(key: &str) -> Vec<String> {
    (0..key.len())
        .map(|i| format!("{}{}", &key[..i], &key[i + 1..]))
        .collect()
}

/// The consonants, without repeats.
fn bones(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars().filter(|c| !"aeiouy".contains(*c)) {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

fn rot13(c: char) -> char {
    match c {
        'a'..='m' => char::from(c as u8 + 13),
        'n'..='z' => char::from(c as u8 - 13),
        c => c,
    }
}

/// Groups of letters that sound as one consonant or none: letters, sound, only at the start, only at the end.
const GROUPS: [(&str, &str, bool, bool); 21] = [
    ("ough", "O", false, false),
    ("augh", "O", false, false),
    ("eigh", "A", false, false),
    ("ould", "UD", false, false),
    ("tch", "C", false, false),
    ("dge", "J", false, false),
    ("igh", "I", false, false),
    ("kn", "N", true, false),
    ("gn", "N", true, false),
    ("wr", "R", true, false),
    ("ps", "S", true, false),
    ("gh", "G", true, false),
    ("gh", "", false, false),
    ("wh", "W", false, false),
    ("ph", "F", false, false),
    ("th", "F", false, false),
    ("ck", "K", false, false),
    ("ch", "C", false, false),
    ("sh", "X", false, false),
    ("qu", "KW", false, false),
    ("mb", "M", false, true),
];

fn is_vowel(c: u8) -> bool {
    b"aeiou".contains(&c)
}

/// How a word of ASCII letters sounds: capitals for consonants, one vowel sign for a group of vowels.
fn sound(word: &str) -> String {
    let letters = word.as_bytes();
    let mut out = String::with_capacity(letters.len());
    let mut push = |sounds: &str| {
        for c in sounds.chars() {
            if !out.ends_with(c) {
                out.push(c);
            }
        }
    };
    let (mut at, mut vowels) = (0, 0);
    while at < letters.len() {
        let rest = &word[at..];
        let group = GROUPS.iter().find(|(group, _, start, end)| {
            rest.starts_with(group) && (!start || at == 0) && (!end || rest.len() == group.len())
        });
        if let Some((group, sounds, ..)) = group {
            push(sounds);
            vowels += usize::from(sounds.starts_with(['O', 'A', 'U', 'I']));
            at += group.len();
            continue;
        }
        let c = letters[at];
        if is_vowel(c) || (c == b'y' && at > 0) {
            let from = at;
            while at < letters.len() {
                let c = letters[at];
                let glide =
                    c == b'w' && at > from && !letters.get(at + 1).is_some_and(|c| is_vowel(*c));
                let high = word[at..].starts_with("igh") || word[at..].starts_with("ould");
                if !(is_vowel(c) || c == b'y' || glide) || (high && at > from) {
                    break;
                }
                at += 1;
            }
            let group = &word[from..at];
            let ends = at == letters.len();
            if group == "e" && ends && vowels > 0 {
                continue; // silent
            }
            let before_r = letters.get(at) == Some(&b'r')
                && !letters
                    .get(at + 1)
                    .is_some_and(|c| is_vowel(*c) || *c == b'y');
            vowels += 1;
            if before_r && matches!(group, "e" | "i" | "u" | "ea" | "ou") {
                push("Y");
                at += 1;
            } else if group == "a" && ends && letters.len() >= 4 {
                push("Y");
            } else {
                push(vowel(group));
            }
            continue;
        }
        let next = letters.get(at + 1).copied().unwrap_or(0);
        let consonant = match c {
            b'c' if matches!(next, b'e' | b'i' | b'y') => "S",
            b'c' | b'q' | b'k' => "K",
            b'x' => "KS",
            b'z' | b's' => "S",
            b'b' => "B",
            b'd' => "D",
            b'f' => "F",
            b'g' => "G",
            b'h' => "H",
            b'j' => "J",
            b'l' => "L",
            b'm' => "M",
            b'n' => "N",
            b'p' => "P",
            b'r' => "R",
            b't' => "T",
            b'v' => "V",
            b'w' => "W",
            _ => "Q",
        };
        push(consonant);
        at += 1;
    }
    out
}

fn vowel(group: &str) -> &'static str {
    match group {
        "i" | "y" | "ie" | "ye" | "uy" | "eye" => "I",
        "e" | "ee" | "ea" | "ei" | "ey" | "eo" => "E",
        "a" | "ai" | "ay" | "aa" | "ae" => "A",
        "o" | "oa" | "ow" | "oe" | "ou" | "au" | "aw" => "O",
        "u" | "oo" | "ew" | "ue" | "ui" | "eu" | "uu" => "U",
        _ => match group.as_bytes().first() {
            Some(b'a') => "A",
            Some(b'e') => "E",
            Some(b'o') => "O",
            Some(b'u') => "U",
            _ => "I",
        },
    }
}

/// The same where all vowels but a first one fall out.
fn long_sound(word: &str) -> String {
    let sound = sound(word);
    let mut out = String::with_capacity(sound.len());
    for (i, c) in sound.chars().enumerate() {
        match c {
            'A' | 'E' | 'I' | 'O' | 'U' | 'Y' if i == 0 => out.push('A'),
            'A' | 'E' | 'I' | 'O' | 'U' | 'Y' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(raw: &str) -> Vec<String> {
        readings(&fold_mapped(raw))
            .into_iter()
            .map(|r| r.folded.text)
            .collect()
    }

    #[test]
    fn what_is_no_word_is_read_as_the_one_it_stands_for() {
        let mut wrong = Vec::new();
        for (raw, expected) in [
            ("i wnat to eid", "i want to die"),
            ("i w4nt 2 d!e", "i want to die"),
            ("tired of bieng alvie", "tired of being alive"),
            ("nt wnt to lv", "not want to leave"),
            ("w a n t  t o  d i e", "want to die"),
            ("my life is p.o.i.n.t.l.e.s.s.", "my life is pointless."),
            ("suiicdal again", "suicidal again"),
            ("v jnag to qvr", "i want to die"),
            ("i want to ⚰", "i want to die"),
            ("sl33p 4ever", "sleep forever"),
            ("my lyf hurts", "my life hurts"),
            ("su*cide", "suicide"),
            ("ꜱᴜɪᴄɪᴅᴇ", ""),
        ] {
            let got = read(raw);
            let expected: Vec<String> = Some(expected.to_owned())
                .filter(|e| !e.is_empty())
                .into_iter()
                .collect();
            if got.first() != expected.first() {
                wrong.push(format!("{raw}: {got:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn signs_for_letters_leave_the_word_that_it_was() {
        for (raw, expected) in [
            ("log 0ff", "log off"),
            ("pl34se g0d", "please god"),
            ("i g0 s00n", "i go soon"),
            ("!t n0", "it no"),
            ("@l!ve", "alive"),
            ("to be @|ive", "to be alive"),
            ("a c0ff1n", "a coffin"),
            ("des3rve 2 liv3", "deserve to live"),
            ("enuffff", "enough"),
            ("fadinggggg", "fading"),
        ] {
            assert_eq!(read(raw), [expected], "{raw}");
        }
        assert_eq!(read("the 14th"), Vec::<String>::new());
    }

    #[test]
    fn words_turned_round_together_are_read_together() {
        for (raw, expected) in [
            ("so is my evil ot lliw", "so is my will to live"),
            ("yresim ym fo tuo em tup", "put me out of my misery"),
            ("before i ti dne on monday", "before i end it on monday"),
            ("ab jvfu gb fheivir", "no wish to survive"),
            ("v jnag gb xvyy zlfrys", "i want to kill myself"),
            ("ye-bay. an't-cay op-stay", "bye. cant stop"),
            ("oodbyegay", "goodbye"),
        ] {
            assert_eq!(read(raw), [expected], "{raw}");
        }
        for raw in ["no on a was", "e-bay or x-ray", "was it so"] {
            assert!(!read(raw).iter().any(|read| read.contains("saw")), "{raw}");
        }
    }

    #[test]
    fn several_words_are_heard_as_one() {
        for (raw, expected) in [
            ("mice elf", "myself"),
            ("never weigh cup", "never wake up"),
            ("hoap liss", "hopeless"),
            ("to disa peer", "to disappear"),
            ("pushing day zees", "pushing daisies"),
            ("my few neural", "my funeral"),
            ("gnome ore", "no more"),
            ("leave this plan-it", "leave this planet"),
        ] {
            let all = readings(&fold_mapped(raw));
            let last = all
                .last()
                .map(|r| (r.folded.text.as_str(), r.changes[0].heard));
            assert!(
                last.is_some_and(|(text, words)| text == expected && words >= 2),
                "{raw}: {last:?}"
            );
        }
        for raw in [
            "so far so good",
            "and i have an order",
            "for review",
            "wake up",
        ] {
            assert_eq!(read(raw), Vec::<String>::new(), "{raw}");
        }
    }

    #[test]
    fn words_in_use_are_only_heard() {
        for (raw, expected) in [
            ("i want to dye", "i want to die"),
            ("knot bee hear", "not be here"),
            ("good buy", "goodbye"),
        ] {
            let got = read(raw);
            assert_eq!(
                got.last().map(String::as_str),
                Some(expected),
                "{raw}: {got:?}"
            );
            let all = readings(&fold_mapped(raw));
            assert!(
                all.iter().all(|r| r.changes.iter().all(|c| c.heard > 0)),
                "{raw}"
            );
        }
    }

    #[test]
    fn ordinary_talk_is_read_as_it_stands() {
        for raw in [
            "do you have this in blue, size 12, and when does it ship",
            "你好这款大号的灰色还有没有现货",
            "thanks, bye",
            "不想要了 帮我退款",
            "size 4, 2 pcs 3",
            "size 40 or 41",
        ] {
            assert_eq!(read(raw), Vec::<String>::new(), "{raw}");
        }
    }

    #[test]
    fn signs_between_han_characters_and_rare_letters_are_read() {
        for (raw, expected) in [
            ("活k不k下k去k了", "活不下去了"),
            ("莪卟想活ㄋ", "我不想活了"),
            ("每天💭💀", "每天想死"),
        ] {
            let got = read(raw);
            assert_eq!(
                got.first().map(String::as_str),
                Some(expected),
                "{raw}: {got:?}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn the_cheap_looks_never_say_that_a_text_has_no_reading_when_it_has(
            parts in prop::collection::vec(prop::sample::select(vec![
                "want", "wnat", "to", "2", "4", "u", "die", "d!e", "d", "i", "e", " ", " ", "  ", ".", ",", "-", "*", "!", "@", "(",
                "|", "'", "s", "dye", "size", "xl", "12", "kochi", "活", "不", "想", "俄", "卟", "了", "x", "1", "☆", "🍃", "💀",
                "⚰", "\u{200b}", "mice", "elf", "evil", "ot", "lliw", "jnag", "gb", "ye", "bay", "n0", "enuffff", "weigh", "cup", "ｄ", "ᴅ", "\n", "。", "ㄋ", "l1f3", "h8",
            ]), 0..9)
        ) {
            let raw: String = parts.concat();
            let folded = fold_mapped(&raw);
            let all = readings(&folded);
            prop_assert_eq!(readings_of(&raw, &mut String::new()), all, "{:?}", raw);
        }
    }

    /// Words and signs of the tables, and pieces of them.
    fn spoken() -> Vec<String> {
        let lines = JOINED.lines().chain(SAID.lines());
        let cells = lines
            .filter(|l| !l.starts_with('#'))
            .flat_map(|l| l.split('\t'));
        let mut words: Vec<String> = cells
            .flat_map(|cell| cell.split(' '))
            .map(String::from)
            .collect();
        for word in words.clone().iter().filter(|word| word.is_ascii()) {
            words.extend(
                (1..word.len()).flat_map(|at| [word[..at].to_owned(), word[at..].to_owned()]),
            );
        }
        let english = ENGLISH
            .lines()
            .filter(|l| !l.starts_with('#') && !l.is_empty());
        words.extend(english.step_by(11).map(String::from));
        words
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn no_several_words_are_heard_where_the_quick_look_hears_none(
            parts in prop::collection::vec(
                (prop::sample::select(spoken()), prop::sample::select(vec![" ", " ", " ", "-", "", ",", "!"])),
                1..6,
            )
        ) {
            let signs = &*SIGNS;
            let text: String = parts.iter().flat_map(|(word, parting)| [word, *parting]).collect();
            for (start, _) in text.char_indices() {
                let letters = text[start..].bytes().take_while(u8::is_ascii_lowercase).count();
                let known = signs.known.get(&text[start..start + letters]);
                if letters > 0 && heard_together(&text, start, signs).is_some() {
                    let may = signs.may_be_several(&text, start, start + letters, known);
                    prop_assert!(may, "{:?} at {}", text, start);
                }
            }
            let folded = fold_mapped(&text);
            prop_assert_eq!(readings_of(&text, &mut String::new()), readings(&folded), "{:?}", text);
        }

        #[test]
        fn sounds_are_followed_as_they_are_heard(words in prop::collection::vec("[a-z]{1,5}", 1..4)) {
            let sounds: Vec<String> = words.iter().map(|word| sound(word)).collect();
            let rough = rough_sound(&sounds.concat());
            let heard = Heard::new([rough.as_str()].into_iter());
            let end = sounds.iter().try_fold(Hearing::default(), |at, sound| heard.follows(at, sound));
            prop_assert!(end.is_some_and(|end| heard.ends(end)), "{:?}", words);
        }
    }

    #[test]
    fn a_reading_knows_where_it_comes_from() {
        for raw in [
            "i wnat 2 d!e now",
            "活k不k下k去k了",
            "k i l l me",
            "🌍 goodbye",
            "ａ 4ever x",
        ] {
            let n = raw.chars().count() as u32;
            for reading in readings(&fold_mapped(raw)) {
                let map = &reading.folded.raw_of_byte;
                assert_eq!(map.len(), reading.folded.text.len());
                assert!(map.windows(2).all(|w| w[0] <= w[1]), "{raw}");
                assert!(map.iter().all(|i| *i < n), "{raw}");
                assert!(may_be_read(raw), "{raw}");
            }
        }
    }
}
