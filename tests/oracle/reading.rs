//! Readings (section 1.5): the whole folded text as it would plainly be written.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use super::english::{LANGUAGE, rotated, rough_sound, sound, stretched};
use super::fold::{Folded, is_han};
use super::guise::{GUISES, Meant};
use super::matching::{Guise, Span};
use super::script;
use super::tables::{self, JOINED, SAID, single};

/// With `*`, the signs that may stand in a word.
const SIGNS: &str = "@$!|+(<";
const MOST_SPELLED: usize = 96;
const MOST_TURNED: usize = 24;

/// The text read in one way.
pub struct Reading {
    pub folded: Folded,
    changes: Vec<Change>,
}

/// A stretch of a reading that is written otherwise in the folded text.
struct Change {
    span: Span,
    heard: bool,
    /// How many words it was.
    words: usize,
}

impl Reading {
    /// The view in which a hit is seen; none where the hit does not count.
    pub fn guise(&self, (start, end): Span) -> Option<Guise> {
        let overlapped = |change: &&Change| change.span.0 < end && start < change.span.1;
        let (heard, plain): (Vec<&Change>, Vec<&Change>) = self
            .changes
            .iter()
            .filter(overlapped)
            .partition(|change| change.heard);
        let words: usize = heard.iter().map(|change| change.words).sum();
        match (plain.len(), words) {
            (0, 0) => None,
            (0, 1) => Some(Guise::Loose),
            _ => Some(Guise::Sound),
        }
    }

    fn of(folded: &Folded, items: &[Item], with_heard: bool) -> Reading {
        let mut reading = Reading {
            folded: Folded::default(),
            changes: Vec::new(),
        };
        for item in items {
            let to = &mut reading.folded;
            let begins = to.chars.len();
            if folded.gaps.contains(&item.start) {
                to.gaps.push(begins);
            }
            let says = item.says.as_ref().filter(|says| with_heard || !says.heard);
            match says {
                None => {
                    to.chars.extend(&folded.chars[item.start..item.end]);
                    to.raw.extend(&folded.raw[item.start..item.end]);
                }
                Some(says) => {
                    to.chars.extend(says.text.chars());
                    to.raw.resize(to.chars.len(), folded.raw[item.start]);
                    let last = folded.raw[item.end - 1];
                    let length = to.chars.len() - begins;
                    if length == 1 && !to.chars[begins].is_ascii() {
                        to.wide.insert(begins, last);
                    } else if length > 0 {
                        to.raw.pop();
                        to.raw.push(last);
                    }
                }
            }
            let span = (begins, to.chars.len());
            if says.is_some() || item.after_filler {
                // What a filler changed is changed whatever else is heard.
                let heard = !item.after_filler && says.is_some_and(|says| says.heard);
                let words = item.words;
                reading.changes.push(Change { span, heard, words });
            }
        }
        reading
    }
}

/// The readings of a text, none where nothing is changed.
pub fn readings(folded: &Folded) -> Vec<Reading> {
    let mut items = Cutting::new(folded).cut();
    take_out_fillers(folded, &mut items);
    say_single(&folded.chars, &mut items);

    let mut readings = Vec::new();
    if items.iter().any(Item::is_plainly_changed) {
        readings.push(Reading::of(folded, &items, false));
    }
    if items.iter().any(Item::is_heard) {
        readings.push(Reading::of(folded, &items, true));
    }
    readings
}

/// What is read for something.
#[derive(Debug, Clone)]
struct Says {
    text: String,
    heard: bool,
}

/// A stretch of the folded text that is read as one.
#[derive(Debug, Clone)]
struct Item {
    start: usize,
    end: usize,
    /// What is read for it where that is a change.
    says: Option<Says>,
    /// A Han item that counts as changed because a filler was taken out before it.
    after_filler: bool,
    words: usize,
}

impl Item {
    fn is_changed(&self) -> bool {
        self.says.is_some() || self.after_filler
    }

    fn is_heard(&self) -> bool {
        self.says.as_ref().is_some_and(|says| says.heard)
    }

    fn is_plainly_changed(&self) -> bool {
        self.after_filler || self.says.as_ref().is_some_and(|says| !says.heard)
    }

    fn is_unchanged_space(&self, text: &[char]) -> bool {
        !self.is_changed() && text[self.start..self.end] == [' ']
    }
}

static SIGNS_OF: LazyLock<Signs> = LazyLock::new(Signs::new);

/// The table of what signs say.
struct Signs {
    zh: HashMap<char, Says>,
    en: HashMap<&'static str, Says>,
    /// What several words may be heard as, by their rough sound.
    joined: HashMap<String, &'static str>,
}

impl Signs {
    fn new() -> Signs {
        let (mut zh, mut en) = (HashMap::new(), HashMap::new());
        for row in tables::rows(SAID) {
            let says = Says {
                text: row[2].to_owned(),
                heard: row.get(3) == Some(&"heard"),
            };
            match (row[0], single(row[1])) {
                ("zh", Some(sign)) => {
                    zh.insert(sign, says);
                }
                _ => {
                    en.insert(row[1], says);
                }
            }
        }
        let mut joined = HashMap::new();
        for row in tables::rows(JOINED) {
            let spoken = row.last().copied().unwrap_or_default();
            joined.entry(rough_sound_of(spoken)).or_insert(row[0]);
        }
        Signs { zh, en, joined }
    }

    fn is_zh(&self, c: char) -> bool {
        self.zh.contains_key(&c)
    }
}

/// The words' sounds one after the other, made rough together.
fn rough_sound_of(words: &str) -> String {
    let sounds: Vec<String> = words.split(' ').map(sound).collect();
    rough_sound(&sounds.concat())
}

fn is_letter_or_digit(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// Where an item ends and what is read for it.
type Read = (usize, Option<Says>);

/// A word may be part of something longer.
enum Cut {
    Word(Read),
    Other(Read),
}

/// Cuts a folded text into items.
struct Cutting<'a> {
    folded: &'a Folded,
    text: &'a [char],
    lettered: bool,
    meant: BTreeMap<usize, Meant>,
    items: Vec<Item>,
}

impl<'a> Cutting<'a> {
    fn new(folded: &'a Folded) -> Cutting<'a> {
        Cutting {
            folded,
            text: &folded.chars,
            lettered: folded.chars.iter().any(char::is_ascii_lowercase),
            meant: GUISES.meant(folded),
            items: Vec::new(),
        }
    }

    fn cut(mut self) -> Vec<Item> {
        let mut start = 0;
        while start < self.text.len() {
            let several = || self.several(start);
            let (words, (end, says)) = match self.item(start) {
                Cut::Word(word) => match self.turned(start).or_else(|| self.pig_latin(start)) {
                    Some(turned) => (1, turned),
                    None => several().unwrap_or((1, word)),
                },
                Cut::Other(other) => (1, other),
            };
            self.items.push(Item {
                start,
                end,
                says,
                after_filler: false,
                words,
            });
            start = end;
        }
        self.items
    }

    /// Where the item that begins here ends, and what is read for it if that is a change.
    fn item(&self, start: usize) -> Cut {
        let c = self.text[start];
        let says_plainly = |text: String| Says { text, heard: false };
        if let Some(end) = script::turned(self.folded, start) {
            let back = self.text[start..end].iter().rev().collect();
            return Cut::Other((end, Some(says_plainly(back))));
        }
        let whole = script::joined(self.text, start);
        if let Some((c, end)) = whole.or_else(|| script::stuttered(self.text, start)) {
            return Cut::Other((end, Some(says_plainly(c.into()))));
        }
        if let Some(meant) = self.meant.get(&start) {
            let says = Says {
                text: meant.character.map(String::from).unwrap_or_default(),
                heard: meant.heard,
            };
            Cut::Other((meant.end, Some(says)))
        } else if self.lettered && self.begins_word(start) {
            match self.spelled_out(start) {
                Some(spelled) => Cut::Other(spelled),
                None => Cut::Word(self.word(start)),
            }
        } else if !c.is_ascii() {
            Cut::Other((start + 1, self.sign(start)))
        } else {
            Cut::Other((start + 1, None))
        }
    }

    fn is_letter_at(&self, at: usize) -> bool {
        self.text.get(at).is_some_and(|c| is_letter_or_digit(*c))
    }

    /// An item ends with a letter or digit if that is the character before what comes next.
    fn begins_word(&self, at: usize) -> bool {
        let after_letter = at > 0 && self.is_letter_at(at - 1);
        let signs = self.text[at..]
            .iter()
            .take_while(|c| SIGNS.contains(**c))
            .count();
        self.is_letter_at(at) || signs > 0 && self.is_letter_at(at + signs) && !after_letter
    }

    /// 1a.
    fn spelled_out(&self, start: usize) -> Option<(usize, Option<Says>)> {
        let is_alone = |at: usize| self.is_letter_at(at) && !self.is_letter_at(at + 1);
        let between = *self.text.get(start + 1)?;
        let may_part = between.is_ascii() && !is_letter_or_digit(between) && between != '\n';
        if !is_alone(start) || !may_part || between == '\'' {
            return None;
        }
        let mut places = vec![start];
        let mut last = start;
        while self.text.get(last + 1) == Some(&between) && is_alone(last + 2) {
            last += 2;
            places.push(last);
        }
        let fewest = match between {
            ' ' | '.' | ',' | '&' | '*' => 3,
            sign if SIGNS.contains(sign) => 4,
            _ => 2,
        };
        let letters = places
            .iter()
            .filter(|at| self.text[**at].is_ascii_lowercase())
            .count();
        let is_spelled = (fewest..=MOST_SPELLED).contains(&places.len());
        if !is_spelled || letters * 3 < places.len() * 2 {
            return None;
        }
        let raw = |at: usize| self.folded.raw[at];
        let distances = places.windows(2).map(|two| raw(two[1]) - raw(two[0]));
        let smallest = distances.clone().min().unwrap_or(0);
        let mut words = vec![String::from(self.text[start])];
        for (distance, at) in distances.zip(&places[1..]) {
            if distance > smallest {
                words.push(String::new());
            }
            let word = words.len() - 1;
            words[word].push(self.text[*at]);
        }
        let read: Vec<String> = words.iter().map(|word| spelled_word(word)).collect();
        let says = Says {
            text: read.join(" "),
            heard: false,
        };
        Some((last + 1, Some(says)))
    }

    /// Where the word of 1f that begins here ends.
    fn word_end(&self, start: usize) -> usize {
        let mut end = start;
        while end < self.text.len() {
            let run = self.text[end..]
                .iter()
                .take_while(|c| SIGNS.contains(**c) || **c == '*')
                .count();
            let few_stars = run <= 3 && self.text[end..end + run].iter().all(|c| *c == '*');
            if self.is_letter_at(end) || self.text[end] == '\'' && self.is_letter_at(end + 1) {
                end += 1;
            } else if run > 0 && (self.is_letter_at(end + run) || few_stars) {
                end += run;
            } else {
                break;
            }
        }
        end
    }

    fn written(&self, start: usize, end: usize) -> String {
        self.text[start..end].iter().collect()
    }

    /// Words of letters only that begin here, with the same character between them each, and where each ends.
    fn lettered_words(&self, start: usize, between: &[char], most: usize) -> Vec<Span> {
        let mut words = Vec::new();
        let mut at = start;
        while words.len() < most && at < self.text.len() && self.text[at].is_ascii_lowercase() {
            let end = self.word_end(at);
            if !self.text[at..end].iter().all(char::is_ascii_lowercase) {
                break;
            }
            words.push((at, end));
            if !self.text.get(end).is_some_and(|c| between.contains(c)) {
                break;
            }
            at = end + 1;
        }
        words
    }

    /// 1b. and 1c.
    fn turned(&self, start: usize) -> Option<Read> {
        let reversed = |word: &str| -> String { word.chars().rev().collect() };
        self.turned_by(start, &reversed)
            .or_else(|| self.turned_by(start, &rotated_text))
    }

    fn turned_by(&self, start: usize, turn: &dyn Fn(&str) -> String) -> Option<Read> {
        let word = |place: &Span| self.written(place.0, place.1);
        let mut run: Vec<Span> = self
            .lettered_words(start, &[' '], MOST_TURNED)
            .into_iter()
            .take_while(|place| LANGUAGE.is_word(&turn(&word(place))))
            .collect();
        let is_itself = |place: &Span| {
            let word = word(place);
            word.len() <= 2 && LANGUAGE.rank(&word).is_some()
        };
        if is_itself(run.first()?) {
            return None;
        }
        while run.last().is_some_and(is_itself) {
            run.pop();
        }
        let none: Vec<String> = run
            .iter()
            .map(word)
            .filter(|w| !LANGUAGE.is_word(w))
            .collect();
        let tells = |w: &String| w.len() >= 3 && LANGUAGE.rank(&turn(w)).is_some();
        if run.len() < 2 || none.len() * 2 < run.len() || !none.iter().any(tells) {
            return None;
        }
        let end = run.last()?.1;
        let says = Says {
            text: turn(&self.written(start, end)),
            heard: false,
        };
        Some((end, Some(says)))
    }

    /// 1d.
    fn pig_latin(&self, start: usize) -> Option<Read> {
        if !self.is_letter_at(start) {
            return None;
        }
        let middle = self.word_end(start);
        if self.text.get(middle) != Some(&'-') {
            return None;
        }
        let &(from, end) = self.lettered_words(middle + 1, &[], 1).first()?;
        let behind = self.written(from, end);
        let moved = behind.strip_suffix("ay")?;
        let rest = self.written(start, middle).replace('\'', "");
        let only_letters = rest.bytes().all(|c| c.is_ascii_lowercase());
        if !only_letters || moved.contains(['a', 'e', 'i', 'o', 'u']) {
            return None;
        }
        let mut whole = vec![format!("{moved}{rest}")];
        if moved == "w" || moved == "y" {
            whole.push(rest);
        }
        let text = whole.into_iter().find(|word| LANGUAGE.is_word(word))?;
        Some((end, Some(Says { text, heard: false })))
    }

    /// 1e., with the number of words.
    fn several(&self, start: usize) -> Option<(usize, Read)> {
        let words = self.lettered_words(start, &[' ', '-'], 3);
        for count in (2..=words.len()).rev() {
            let written: Vec<String> = words[..count]
                .iter()
                .map(|place| self.written(place.0, place.1))
                .collect();
            let written = written.join(" ");
            let sign = SIGNS_OF.en.get(written.as_str()).cloned();
            let says = sign.or_else(|| {
                let text = SIGNS_OF.joined.get(&rough_sound_of(&written))?;
                Some(Says {
                    text: (*text).to_owned(),
                    heard: true,
                })
            });
            if let Some(says) = says.filter(|says| says.text != written) {
                return Some((count, (words[count - 1].1, Some(says))));
            }
        }
        None
    }

    /// 1f.
    fn word(&self, start: usize) -> Read {
        let end = self.word_end(start);
        let written = self.written(start, end);
        let sign = SIGNS_OF.en.get(written.as_str());
        let stretched = stretched(&written);
        let of_stretched = stretched
            .iter()
            .filter(|word| word.len() > 1)
            .filter_map(|word| SIGNS_OF.en.get(word.as_str()))
            .find(|says| !says.heard);
        let says = match sign.filter(|_| written.len() > 1).or(of_stretched) {
            Some(says) => Some(says.clone()),
            None => LANGUAGE.means(&written).map(|text| Says {
                text: text.to_owned(),
                heard: false,
            }),
        };
        (end, says.filter(|says| says.text != written))
    }

    /// 2.
    fn sign(&self, at: usize) -> Option<Says> {
        let c = self.text[at];
        if let Some(says) = SIGNS_OF.zh.get(&c)
            && (is_han(c) || self.is_beside_han(at))
        {
            return Some(says.clone());
        }
        let mut says = SIGNS_OF
            .en
            .get(c.to_string().as_str())
            .filter(|_| self.lettered)
            .cloned()?;
        let after_word = |item: &Item| item.says.is_some() || self.is_letter_at(item.end - 1);
        if self.items.last().is_some_and(after_word) {
            says.text.insert(0, ' ');
        }
        if self.is_letter_at(at + 1) {
            says.text.push(' ');
        }
        Some(says)
    }

    fn is_beside_han(&self, at: usize) -> bool {
        let counts = |c: &&char| !c.is_whitespace() && (is_han(**c) || !SIGNS_OF.is_zh(**c));
        let before = self.text[..at].iter().rev().take(8).find(counts);
        let after = self.text[at + 1..].iter().take(8).find(counts);
        [before, after].into_iter().flatten().any(|c| is_han(*c))
    }
}

fn rotated_text(text: &str) -> String {
    rotated(text)
}

/// One word of what is spelled out.
fn spelled_word(word: &str) -> String {
    if let Some(meant) = LANGUAGE.means(word) {
        return meant.to_owned();
    }
    let parted = LANGUAGE.parted(word).filter(|_| !LANGUAGE.is_word(word));
    parted.map_or_else(|| word.to_owned(), |words| words.join(" "))
}

/// A Han item, or a filler, is what it is in the folded text.
fn take_out_fillers(folded: &Folded, items: &mut [Item]) {
    let text = &folded.chars;
    let begins_han = |item: Option<&Item>| item.is_some_and(|item| is_han(text[item.start]));
    let filler = |item: Option<&Item>| {
        let at = item.filter(|item| item.end == item.start + 1)?.start;
        let c = text[at];
        let may_fill = !is_han(c) && !folded.is_clause_mark(at) && c != ' ';
        may_fill.then_some(c)
    };
    let mut at = 0;
    while at < items.len() {
        let mut last = at;
        let between = filler(items.get(at + 1));
        if begins_han(items.get(at)) && between.is_some() {
            while filler(items.get(last + 1)) == between && begins_han(items.get(last + 2)) {
                last += 2;
            }
        }
        if last < at + 4 {
            at += 1;
            continue;
        }
        for filler in (at + 1..last).step_by(2) {
            items[filler].says = Some(Says {
                text: String::new(),
                heard: false,
            });
            let behind = &mut items[filler + 1];
            behind.after_filler = behind.says.as_ref().is_none_or(|says| says.heard);
            if behind.after_filler {
                behind.says = None;
            }
        }
        // The Han item behind the last filler may begin another run.
        at = last;
    }
}

/// Single letters and digits.
fn say_single(text: &[char], items: &mut [Item]) {
    for at in 0..items.len() {
        let item = &items[at];
        let c = text[item.start];
        let is_one = item.end == item.start + 1 && is_letter_or_digit(c) && !item.is_changed();
        let Some(says) = SIGNS_OF.en.get(c.to_string().as_str()).filter(|_| is_one) else {
            continue;
        };
        let is_space = |item: &&Item| item.is_unchanged_space(text);
        let (before, after) = (&items[..at], &items[at + 1..]);
        let skipped = usize::from(before.last().filter(is_space).is_some());
        let before = before[..at - skipped].last();
        let skipped = usize::from(after.first().filter(is_space).is_some());
        let after = after[skipped..].first();

        let wordy = |item: &Item| {
            let lettered = text[item.start..item.end]
                .iter()
                .any(char::is_ascii_lowercase);
            (lettered || item.is_changed()) && is_letter_or_digit(text[item.end - 1])
        };
        let after_word = before.is_some_and(wordy);
        let before_word = after.is_some_and(wordy);
        let counts =
            (before.is_none() || after_word) && (before_word || !c.is_ascii_digit() && after_word);
        if counts {
            items[at].says = Some(says.clone());
        }
    }
}
