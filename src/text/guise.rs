//! Chinese words in the guise of others: written with characters that sound or look alike, with digits or in pinyin.
//!
//! Only what is no word as it stands is taken for another one. `rules/README.md`, section 1.5, states it exactly.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::sound::{self, Syllable, digit_for, is_counter, syllable_named};
use super::table::Neighbours;
use super::words::{in_ordinary_word, is_ordinary_pair};
use super::{Folded, is_han, shape};

const MEANT: &str = include_str!("tables/meant.txt");
/// In characters.
const WORD_MAX: usize = 6;
/// More than the units and spaces of all guises that can hold one and the same unit.
const NEAR: usize = 4 * WORD_MAX;
/// A word of so many characters may be heard where all of them are others.
const WHOLE_MIN: usize = 3;
/// Everybody writes these for themselves, whatever they look like.
const IN_USE: &str = "的了是就还好会可这那他她也都没很去来到说大小多少上下里个们和跟给把被让对做用买送发收有在比看带拿着新愁干无黑憋跑米醋脆";
/// In letters.
const SYLLABLE_MAX: usize = 6;

/// Words that may be meant, by what a reader compares them with.
struct Meant {
    words: Vec<&'static [char]>,
    /// For each, whether only digits and letters may stand for its characters.
    in_signs: Vec<bool>,
    /// Also where all of its characters are written as what they look like.
    in_looks: Vec<bool>,
    /// Of two characters: also where both are written as others of their sound.
    in_sounds: Vec<bool>,
    /// The number of each character of the words.
    number: HashMap<char, u16, FixedState>,
    /// For each character of the basic plane, where the numbers of those that it stands for are in `stands`.
    ranges: Vec<(u32, u16)>,
    stands: Vec<u16>,
    /// The numbers of the characters that a syllable in letters, or a digit, stands for.
    by_sign: HashMap<String, Vec<u16>, FixedState>,
    /// Words by the numbers of their first two characters, the longest first, then as in the table.
    by_two: HashMap<(u16, u16), Vec<usize>, FixedState>,
    /// Whether a word begins with two characters: a bit for each pair of numbers.
    pairs: Vec<u64>,
    begins: Begins,
}

static WORDS: LazyLock<Meant> = LazyLock::new(Meant::load);

impl Meant {
    fn load() -> Self {
        let mut words: Vec<&'static [char]> = Vec::new();
        let (mut in_signs, mut in_looks, mut in_sounds) = (Vec::new(), Vec::new(), Vec::new());
        for line in MEANT
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let (word, how) = line.split_once('\t').unwrap_or((line, ""));
            words.push(&*Vec::leak(word.chars().collect::<Vec<char>>()));
            in_signs.push(how.contains("signs"));
            in_looks.push(how.contains("looks"));
            in_sounds.push(how.contains("sounds"));
        }
        let mut number: HashMap<char, u16, FixedState> = HashMap::default();
        for c in words.iter().flat_map(|word| word.iter()) {
            let next = number.len() as u16;
            number.entry(*c).or_insert(next);
        }
        let mut by_sound: HashMap<Syllable, Vec<u16>> = HashMap::new();
        let mut by_sign: HashMap<String, Vec<u16>, FixedState> = HashMap::default();
        let mut stands: Vec<Vec<u16>> = vec![Vec::new(); 1 << 16];
        for (c, n) in &number {
            if let Some(syllable) = sound::of_han(*c) {
                by_sound.entry(syllable).or_default().push(*n);
                by_sign
                    .entry(syllable.name().to_owned())
                    .or_default()
                    .push(*n);
                if let Some(digit) = digit_for(syllable) {
                    by_sign.entry(digit.to_string()).or_default().push(*n);
                }
            }
            let alike = shape::like(*c).all().chain(shape::parted_like(*c));
            let alike = alike.filter(|c| !IN_USE.contains(*c));
            for like in alike.chain([*c]).filter(|c| u32::from(*c) < 1 << 16) {
                stands[like as usize].push(*n);
            }
        }
        for code in 0..1_u32 << 16 {
            if let Some(c) = char::from_u32(code)
                && let Some(syllable) = sound::of_han(c)
                && let Some(numbers) = by_sound.get(&syllable)
            {
                stands[code as usize].extend(numbers);
            }
            stands[code as usize].sort_unstable();
            stands[code as usize].dedup();
        }
        let mut characters: Vec<char> = vec!['\0'; number.len()];
        for (c, n) in &number {
            characters[usize::from(*n)] = *c;
        }
        let firsts = words.iter().enumerate().map(|(at, word)| {
            let kept = match word.len() {
                2 => Kept::OfTwo {
                    in_looks: in_looks[at],
                    in_sounds: in_sounds[at],
                },
                _ => Kept::Longer,
            };
            (number[&word[0]], number[&word[1]], kept)
        });
        // A digit stands for a character as another one does.
        let mut of_digits = stands.clone();
        for digit in '0'..='9' {
            let meant = by_sign.get(digit.encode_utf8(&mut [0; 4]));
            of_digits[digit as usize] = meant.cloned().unwrap_or_default();
        }
        let begins = Begins::new(&of_digits, &characters, firsts);
        let mut ranges = Vec::with_capacity(stands.len());
        let mut flat = Vec::new();
        for numbers in stands {
            ranges.push((flat.len() as u32, numbers.len() as u16));
            flat.extend(numbers);
        }
        let count = number.len();
        let mut pairs = vec![0_u64; (count * count).div_ceil(64)];
        let mut by_two: HashMap<(u16, u16), Vec<usize>, FixedState> = HashMap::default();
        for (at, word) in words.iter().enumerate() {
            let two = [word[0], word[1]].map(|c| usize::from(number[&c]));
            let bit = two[0] * count + two[1];
            pairs[bit / 64] |= 1 << (bit % 64);
            by_two
                .entry((number[&word[0]], number[&word[1]]))
                .or_default()
                .push(at);
        }
        for list in by_two.values_mut() {
            list.sort_by_key(|at| (std::cmp::Reverse(words[*at].len()), *at));
        }
        Self {
            words,
            in_signs,
            in_looks,
            in_sounds,
            number,
            ranges,
            stands: flat,
            by_sign,
            by_two,
            pairs,
            begins,
        }
    }

    /// The numbers of the characters that a Han character stands for.
    fn stands_for(&self, c: char) -> &[u16] {
        match self.ranges.get(c as usize) {
            Some((start, len)) => &self.stands[*start as usize..][..usize::from(*len)],
            None => &[],
        }
    }

    fn is_pair(&self, a: u16, b: u16) -> bool {
        let bit = usize::from(a) * self.number.len() + usize::from(b);
        self.pairs[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// The numbers of the characters that a unit stands for.
    fn numbers(&self, kind: Kind<'_>) -> &[u16] {
        match kind {
            Kind::Han(c) => self.stands_for(c),
            Kind::Digit(d) => self.of_sound(d.encode_utf8(&mut [0; 4])),
            Kind::Letters(letters) => self.of_sound(letters),
        }
    }

    fn of_sound(&self, sign: &str) -> &[u16] {
        self.by_sign.get(sign).map_or(&[], Vec::as_slice)
    }

    /// The words that may begin with two units.
    fn beginning<'w>(&'w self, a: &'w [u16], b: &'w [u16]) -> impl Iterator<Item = usize> + 'w {
        let both = a.iter().flat_map(|x| b.iter().map(move |y| (*x, *y)));
        both.filter(|(x, y)| self.is_pair(*x, *y))
            .flat_map(|two| self.by_two.get(&two).into_iter().flatten().copied())
    }

    /// False where no guise begins with two Han characters; the third, if one follows, is asked as well. `itself` says which
    /// of the two can stand for itself only.
    fn may_begin(&self, a: char, b: char, third: Third, itself: [bool; 2]) -> bool {
        let other = |at: usize| {
            let word = self.words[at];
            itself[0] && word[0] != a || itself[1] && word[1] != b
        };
        // Neither of them changed: then they are those of the word.
        let as_they_stand = || match (self.number.get(&a), self.number.get(&b)) {
            (Some(x), Some(y)) => self.is_pair(*x, *y),
            _ => false,
        };
        self.begins.may(a, b)
            && (itself != [true; 2] || as_they_stand())
            && self
                .beginning(self.stands_for(a), self.stands_for(b))
                .any(|at| !other(at) && self.may_be(at, a, b, third))
    }

    /// False where the word with this number has no guise that begins with these characters, which its first two stand for.
    fn may_be(&self, at: usize, a: char, b: char, third: Third) -> bool {
        let word = self.words[at];
        let themselves = [word[0] == a, word[1] == b];
        match (word.get(2), third) {
            // Half of two, or both by their look or by their sound.
            (None, _) => {
                let half = themselves[0] != themselves[1];
                let both = self.in_looks[at] || self.in_sounds[at];
                let whole = both && themselves == [false; 2];
                (!self.in_signs[at] || self.in_looks[at]) && (half || whole)
            }
            (Some(_), Third::None) => false,
            _ if self.in_signs[at] && !self.in_looks[at] && themselves != [true; 2] => false,
            (Some(wanted), Third::Han(c)) => {
                let (of_c, wanted) = (self.stands_for(c), self.number[wanted]);
                of_c.binary_search(&wanted).is_ok()
            }
            (Some(_), Third::Sign) => true,
        }
    }
}

/// What follows two Han characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Third {
    None,
    Han(char),
    /// Perhaps a digit or letters.
    Sign,
}

/// Which two characters, Han or digits, may stand for the first two of a word: a bit for each *trait* by which a character
/// may be the second one.
struct Begins {
    /// For each character of the basic plane.
    of: Vec<Traits>,
    /// Rows of bits: the traits that may follow.
    rows: Vec<u64>,
    /// The words of a row.
    width: usize,
    flat: Vec<u16>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Traits {
    /// Where its row begins; the first row is empty.
    row: u32,
    /// Where its traits begin, and how many there are.
    start: u32,
    count: u16,
}

/// How a character may be the second one of a word. In a word of two, one of both is itself and the other is not, or both
/// look like it or sound like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Trait {
    /// This one itself, of a word of two.
    Itself(u16),
    /// Another one that stands for it, of a word of two.
    Like(u16),
    /// The same for all with this sound.
    LikeSound(Syllable),
    /// Another one that stands for it, of a word of two of which the other one is stood for as well.
    Alike(u16),
    /// Another one with its sound, of a word of two of which the other one is heard as well.
    Heard(u16),
    /// Any that stands for it, of a longer word.
    Longer(u16),
    LongerSound(Syllable),
}

/// What a word is like, of which the first two characters are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    OfTwo { in_looks: bool, in_sounds: bool },
    Longer,
}

/// The characters of words, by what begins with them.
#[derive(Clone, Debug, Default)]
struct Followers {
    of_two: Vec<u16>,
    longer: Vec<u16>,
    /// Whether it follows in a word of two, and in a longer one.
    follows: [bool; 2],
    /// What follows in words of two that are also written as what they look like; whether it follows in one.
    of_two_in_looks: Vec<u16>,
    in_looks: bool,
    /// The same for those that are also written as what they sound like.
    of_two_in_sounds: Vec<u16>,
    in_sounds: bool,
}

impl Begins {
    fn new(
        stands: &[Vec<u16>],
        characters: &[char],
        firsts: impl Iterator<Item = (u16, u16, Kept)>,
    ) -> Self {
        let mut followers = vec![Followers::default(); characters.len()];
        for (first, second, kept) in firsts {
            let of_first = &mut followers[usize::from(first)];
            match kept {
                Kept::Longer => of_first.longer.push(second),
                Kept::OfTwo {
                    in_looks,
                    in_sounds,
                } => {
                    of_first.of_two.push(second);
                    of_first.of_two_in_looks.extend(in_looks.then_some(second));
                    of_first
                        .of_two_in_sounds
                        .extend(in_sounds.then_some(second));
                    let second = &mut followers[usize::from(second)];
                    second.in_looks |= in_looks;
                    second.in_sounds |= in_sounds;
                }
            }
            let second = &mut followers[usize::from(second)];
            second.follows[usize::from(kept == Kept::Longer)] = true;
        }
        let mut bits: HashMap<Trait, u16, FixedState> = HashMap::default();
        let mut bit_of = |of: Trait| -> u16 {
            let next = bits.len() as u16;
            *bits.entry(of).or_insert(next)
        };
        let each = stands.iter().enumerate().filter(|(_, n)| !n.is_empty());
        let each = each.map(|(code, numbers)| {
            let c = char::from_u32(code as u32).unwrap_or('\0');
            let traits = traits(c, numbers, characters, &followers);
            let following = following(c, numbers, characters, &followers);
            let [traits, following] =
                [traits, following].map(|of| of.into_iter().map(&mut bit_of).collect());
            (code, traits, following)
        });
        let each: Vec<(usize, Vec<u16>, Vec<u16>)> = each.collect();
        let width = bits.len().div_ceil(64);
        let (mut rows, mut flat) = (vec![0_u64; width], Vec::new());
        let mut known: HashMap<Vec<u64>, u32, FixedState> = HashMap::default();
        known.insert(rows.clone(), 0);
        let mut of = vec![Traits::default(); stands.len()];
        for (code, mut traits, following) in each {
            let mut row = vec![0_u64; width];
            for bit in following.into_iter().map(usize::from) {
                row[bit / 64] |= 1 << (bit % 64);
            }
            traits.sort_unstable();
            traits.dedup();
            let next = rows.len() as u32;
            let place = *known.entry(row).or_insert_with_key(|row| {
                rows.extend(row);
                next
            });
            of[code] = Traits {
                row: place,
                start: flat.len() as u32,
                count: traits.len() as u16,
            };
            flat.extend(traits);
        }
        Self {
            of,
            rows,
            width,
            flat,
        }
    }

    #[inline]
    fn may(&self, a: char, b: char) -> bool {
        let (Some(a), Some(b)) = (self.of.get(a as usize), self.of.get(b as usize)) else {
            return false;
        };
        if a.row == 0 || b.count == 0 {
            return false;
        }
        let row = &self.rows[a.row as usize..][..self.width];
        let traits = &self.flat[b.start as usize..][..usize::from(b.count)];
        traits
            .iter()
            .any(|bit| row[usize::from(bit / 64)] >> (bit % 64) & 1 == 1)
    }
}

/// Looks like this other one, and is not only a common look-alike.
fn looks_like(c: char, wanted: char) -> bool {
    let like = shape::like(wanted);
    c != wanted
        && (like.rare.contains(c)
            || like.drawn.contains(c)
            || shape::parted_like(wanted).any(|like| like == c))
}

/// Stands for this other one as a common look-alike only.
fn is_common(c: char, wanted: char) -> bool {
    let sound = sound::of_han(wanted);
    let heard = sound.is_some() && sound::of_han(c) == sound;
    !heard && !looks_like(c, wanted)
}

/// The traits of a character that stands for these.
fn traits(c: char, numbers: &[u16], characters: &[char], followers: &[Followers]) -> Vec<Trait> {
    let own = sound::of_han(c);
    let meant = numbers.iter().any(|n| characters[usize::from(*n)] == c);
    let of = |n: &u16| {
        let Followers {
            follows: [of_two, longer],
            in_looks,
            in_sounds,
            ..
        } = followers[usize::from(*n)];
        let character = characters[usize::from(*n)];
        // What it sounds like it stands for together.
        let sound = sound::of_han(character).filter(|sound| own == Some(*sound));
        let two = match sound {
            _ if character == c => Trait::Itself(*n),
            // Not for itself.
            Some(sound) if !meant => Trait::LikeSound(sound),
            _ => Trait::Like(*n),
        };
        let more = sound.map_or(Trait::Longer(*n), Trait::LongerSound);
        let alike = in_looks && !is_common(c, character);
        let heard = in_sounds && character != c && sound.is_some();
        let of_two = [
            of_two.then_some(two),
            alike.then_some(Trait::Alike(*n)),
            heard.then_some(Trait::Heard(*n)),
        ];
        of_two.into_iter().flatten().chain(longer.then_some(more))
    };
    numbers.iter().flat_map(of).collect()
}

/// The traits of what follows a character that stands for these.
fn following(c: char, numbers: &[u16], characters: &[char], followers: &[Followers]) -> Vec<Trait> {
    let sound_of = |n: u16| sound::of_han(characters[usize::from(n)]);
    let of = |n: &u16| {
        let of = &followers[usize::from(*n)];
        let itself = characters[usize::from(*n)] == c;
        let two = of.of_two.iter().flat_map(move |n| match itself {
            true => [Some(Trait::Like(*n)), sound_of(*n).map(Trait::LikeSound)],
            false => [Some(Trait::Itself(*n)), None],
        });
        let looks = !itself && !is_common(c, characters[usize::from(*n)]);
        let looks = of.of_two_in_looks.iter().filter(move |_| looks);
        let looks = looks.map(|n| Some(Trait::Alike(*n)));
        let own = sound::of_han(c);
        let heard = !itself && own.is_some() && own == sound_of(*n);
        let heard = of.of_two_in_sounds.iter().filter(move |_| heard);
        let heard = heard.map(|n| Some(Trait::Heard(*n)));
        let longer = &of.longer;
        let more = longer.iter().flat_map(move |n| {
            [
                Some(Trait::Longer(*n)),
                sound_of(*n).map(Trait::LongerSound),
            ]
        });
        two.chain(more)
            .flatten()
            .chain(looks.chain(heard).flatten())
    };
    numbers.iter().flat_map(of).collect()
}

/// A look at the neighbours of a raw text of Han characters and marks: whether something may be a guise.
#[derive(Default)]
pub(super) struct Look {
    /// A word may begin with these two.
    open: Option<Two>,
    /// The last neighbours.
    last: Neighbours,
}

#[derive(Clone, Copy)]
struct Two {
    a: char,
    b: char,
    /// They surely touch, and are an ordinary word.
    ordinary: bool,
    /// And so are the one before and the first.
    before: bool,
}

impl Look {
    /// The next neighbours; '\0' is none that is Han.
    #[inline]
    pub(super) fn take(&mut self, two: Neighbours) -> bool {
        let Neighbours { before, c, .. } = two;
        let third = match c {
            '\0' => Third::None,
            c => Third::Han(c),
        };
        // What belongs to an ordinary word stands for itself. Asked only here: most neighbours begin nothing.
        let may = self.open.take().is_some_and(|open| {
            let itself = [
                open.ordinary || open.before,
                open.ordinary || two.are_ordinary(),
            ];
            WORDS.may_begin(open.a, open.b, third, itself)
        });
        if WORDS.begins.may(before, c) {
            self.open = Some(Two {
                a: before,
                b: c,
                ordinary: two.are_ordinary(),
                before: self.last.are_ordinary(),
            });
        }
        self.last = two;
        may
    }

    /// The same at the end of the text.
    pub(super) fn ends(mut self) -> bool {
        self.take(Neighbours::default())
    }
}

/// False for folded texts in which nothing is a guise.
pub(super) fn holds(folded: &str) -> bool {
    starts(folded).any(|at| guise_at(folded, at, &[]).is_some())
}

/// Where guises may begin.
fn starts(folded: &str) -> impl Iterator<Item = usize> + '_ {
    let words = &*WORDS;
    let mut chars = folded.char_indices();
    std::iter::from_fn(move || {
        loop {
            let (at, a) = chars.next()?;
            let mut next = chars.clone().map(|(_, c)| c);
            let (b, third) = (next.next()?, next.next());
            let may = match (is_han(a), b) {
                (true, b) if is_han(b) => {
                    words.may_begin(a, b, third_of(third), [is_ordinary_pair(a, b); 2])
                }
                (true, ' ') => third.is_some_and(|c| c.is_ascii_alphabetic()),
                (true, b) if b.is_ascii_digit() => words.begins.may(a, b),
                (true, b) => b.is_ascii_alphabetic(),
                (false, b) if a.is_ascii_digit() && is_han(b) => words.begins.may(a, b),
                (false, _) => a.is_ascii_alphanumeric(),
            };
            if may {
                return Some(at);
            }
        }
    })
}

fn third_of(c: Option<char>) -> Third {
    match c {
        Some(c) if is_han(c) => Third::Han(c),
        Some(c) if c == ' ' || c.is_ascii_alphanumeric() => Third::Sign,
        _ => Third::None,
    }
}

/// A unit of the folded text.
#[derive(Clone, Copy, Debug)]
struct Unit<'t> {
    start: usize,
    end: usize,
    kind: Kind<'t>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'t> {
    Han(char),
    Digit(char),
    Letters(&'t str),
}

/// How a unit stands for a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Itself,
    BySound,
    ByLook,
    /// By the look of a character that is often written for itself, and is not drawn nearly the same.
    ByCommonLook,
}

impl Unit<'_> {
    fn stands_for(&self, wanted: char) -> Option<Stands> {
        let syllable = sound::of_han(wanted);
        match self.kind {
            Kind::Han(c) if c == wanted => Some(Stands::Itself),
            Kind::Han(c) if syllable.is_some() && sound::of_han(c) == syllable => {
                Some(Stands::BySound)
            }
            Kind::Han(c) if IN_USE.contains(c) => None,
            Kind::Han(c) if looks_like(c, wanted) => Some(Stands::ByLook),
            Kind::Han(c) => {
                let common = shape::like(wanted).common.contains(c);
                common.then_some(Stands::ByCommonLook)
            }
            Kind::Digit(d) => (syllable.and_then(digit_for) == Some(d)).then_some(Stands::BySound),
            Kind::Letters(letters) => {
                (syllable.is_some_and(|s| s.name() == letters)).then_some(Stands::BySound)
            }
        }
    }
}

/// The letter for which a digit or sign stands in a syllable.
const fn letter_for(c: u8) -> u8 {
    match c {
        b'0' => b'o',
        b'1' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        _ => c,
    }
}

/// The unit that begins here.
fn unit_at(text: &str, start: usize) -> Option<Unit<'_>> {
    let bytes = text.as_bytes();
    let c = text[start..].chars().next()?;
    if is_han(c) {
        return Some(Unit {
            start,
            end: start + c.len_utf8(),
            kind: Kind::Han(c),
        });
    }
    let before = start.checked_sub(1).map(|at| bytes[at]);
    if !c.is_ascii_alphanumeric() || before.is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    // A longer run is no syllable, and is not counted through from each of its letters.
    let run = bytes[start..].iter().take(SYLLABLE_MAX + 1);
    let number = c.is_ascii_digit();
    let belongs = |c: &&u8| c.is_ascii_alphanumeric() || !number && matches!(**c, b'@' | b'$');
    let end = start + run.take_while(belongs).count();
    let kind = match &text[start..end] {
        _ if number && end - start == 1 => Kind::Digit(c),
        _ if number || end - start > SYLLABLE_MAX => return None,
        _ if [before, bytes.get(end).copied()].contains(&Some(b'\'')) => return None,
        letters => {
            let spelt: SmallVec<[u8; SYLLABLE_MAX]> = letters.bytes().map(letter_for).collect();
            let spelt = std::str::from_utf8(&spelt).ok()?;
            Kind::Letters(syllable_named(spelt)?.name())
        }
    };
    Some(Unit { start, end, kind })
}

/// The unit that follows another one in a guise.
fn next_unit<'t>(text: &'t str, before: &Unit<'t>) -> Option<Unit<'t>> {
    let spaced = text.as_bytes().get(before.end) == Some(&b' ');
    let unit = unit_at(text, before.end + usize::from(spaced))?;
    let letters = |unit: &Unit<'_>| matches!(unit.kind, Kind::Letters(_));
    (!spaced || letters(before) || letters(&unit)).then_some(unit)
}

/// What is read for a stretch of the folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// In bytes.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// The character that is meant; none for a space between two of them.
    pub read: Option<char>,
    /// Whether it is only heard.
    pub heard: bool,
}

/// Every unit that is a guise, and the spaces inside, in the order of the text. Where guises overlap, for each unit the one counts
/// that begins first.
pub(super) fn meanings(folded: &Folded) -> Vec<Meaning> {
    let mut out: Vec<Meaning> = Vec::new();
    let gaps = folded.clause_gaps();
    let text = folded.text.as_str();
    for at in starts(text) {
        let Some(Guise { units, word }) = guise_at(text, at, &gaps) else {
            continue;
        };
        let digit = |(unit, _): &(Unit<'_>, Stands)| matches!(unit.kind, Kind::Digit(_));
        let echo = |(unit, stands): &(Unit<'_>, Stands)| {
            matches!(unit.kind, Kind::Han(_)) && *stands == Stands::BySound
        };
        let heard = word.len() == 2 && (units.iter().any(digit) || units.iter().all(echo));
        let mut note = |start, end, read| {
            // Guises that overlap begin close to one another, so only the newest can be of the same unit.
            if !(out
                .iter()
                .rev()
                .take(NEAR)
                .any(|known| known.start == start))
            {
                out.push(Meaning {
                    start,
                    end,
                    read,
                    heard,
                });
            }
        };
        for (i, (unit, stands)) in units.iter().enumerate() {
            if *stands != Stands::Itself {
                note(unit.start, unit.end, Some(word[i]));
            }
            if let Some((next, _)) = units.get(i + 1)
                && next.start > unit.end
            {
                note(unit.end, next.start, None);
            }
        }
    }
    out.sort_by_key(|meaning| meaning.start);
    out
}

/// Units that stand for a word.
struct Guise<'t> {
    units: Units<'t>,
    word: &'static [char],
}

type Units<'t> = SmallVec<[(Unit<'t>, Stands); WORD_MAX]>;

/// The guise that begins at a place.
fn guise_at<'t>(text: &'t str, start: usize, gaps: &[usize]) -> Option<Guise<'t>> {
    let words = &*WORDS;
    let first = unit_at(text, start)?;
    let second = next_unit(text, &first)?;
    let (of_first, of_second) = (words.numbers(first.kind), words.numbers(second.kind));
    let mut found: Option<(usize, Guise<'_>)> = None;
    for at in words.beginning(of_first, of_second) {
        let word = words.words[at];
        let order = |at: usize| (std::cmp::Reverse(words.words[at].len()), at);
        let better = (found.as_ref()).is_none_or(|(known, _)| order(at) < order(*known));
        if better && let Some(units) = fits(text, first, at, gaps) {
            found = Some((at, Guise { units, word }));
        }
    }
    found.map(|(_, guise)| guise)
}

/// The units from this one on, if they are a guise of a word.
fn fits<'t>(text: &'t str, first: Unit<'t>, number: usize, gaps: &[usize]) -> Option<Units<'t>> {
    let words = &*WORDS;
    let word = words.words[number];
    let mut units = Units::new();
    let mut unit = first;
    for (at, wanted) in word.iter().enumerate() {
        if at > 0 {
            unit = next_unit(text, &unit)?;
            // White space that parts two clauses parts two words.
            if gaps.binary_search(&unit.start).is_ok() {
                return None;
            }
        }
        units.push((unit, unit.stands_for(*wanted)?));
    }
    let differ = || units.iter().filter(|(_, stands)| *stands != Stands::Itself);
    let letters = (units.iter()).all(|(unit, _)| matches!(unit.kind, Kind::Letters(_)));
    let heard = differ().all(|(_, stands)| *stands == Stands::BySound);
    let count = differ().count();
    let han = differ().all(|(unit, _)| matches!(unit.kind, Kind::Han(_)));
    let few = count <= units.len() / 2
        || heard && (count < units.len() || count >= WHOLE_MIN || han && words.in_sounds[number])
        || !heard && han && words.in_looks[number];
    let is_sign = |(unit, _): &(Unit<'_>, Stands)| !matches!(unit.kind, Kind::Han(_));
    let looks = words.in_looks[number]
        && differ()
            .all(|(unit, stands)| matches!(unit.kind, Kind::Han(_)) && *stands != Stands::BySound);
    let signs = differ().all(is_sign) && count < units.len();
    if words.in_signs[number] && !(signs || looks) {
        return None;
    }
    let vague = |(_, stands): &(Unit<'_>, Stands)| *stands == Stands::ByCommonLook;
    if differ().next().is_none() || !(few || letters) || units.len() == 2 && differ().any(vague) {
        return None;
    }
    let end = unit.end;
    if matches!(unit.kind, Kind::Digit(_)) && text[end..].chars().next().is_some_and(is_counter) {
        return None;
    }
    let ordinary = |unit: &Unit<'_>| {
        matches!(unit.kind, Kind::Han(_))
            && (in_ordinary_word(text, unit.start) || in_meant_word(text, unit.start))
    };
    if differ().any(|(unit, _)| ordinary(unit)) {
        return None;
    }
    Some(units)
}

/// True if the character at this byte belongs to a word of the table that stands as it is.
fn in_meant_word(text: &str, at: usize) -> bool {
    let words = &*WORDS;
    let mut starts: SmallVec<[usize; WORD_MAX]> = text[..at]
        .char_indices()
        .rev()
        .take(WORD_MAX - 1)
        .map(|(i, _)| i)
        .collect();
    starts.push(at);
    starts.iter().any(|start| {
        let mut chars = text[*start..].chars();
        let (Some(a), Some(b)) = (chars.next(), chars.next()) else {
            return false;
        };
        let (Some(x), Some(y)) = (words.number.get(&a), words.number.get(&b)) else {
            return false;
        };
        let lists = words.by_two.get(&(*x, *y));
        lists.into_iter().flatten().any(|word| {
            let (word, in_signs) = (words.words[*word], words.in_signs[*word]);
            let mut bytes = *start;
            let mut said = text[*start..].chars();
            !in_signs
                && word.iter().all(|c| {
                    bytes += c.len_utf8();
                    said.next() == Some(*c)
                })
                && bytes > at
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fold_mapped;
    use crate::text::table::any_neighbours;

    fn may_hold(raw: &str) -> bool {
        let mut look = Look::default();
        any_neighbours(raw, |two| look.take(two)) || look.ends()
    }

    /// Characters of the words that may be meant, what stands for them, and what parts them.
    fn signs() -> Vec<String> {
        let words = &*WORDS;
        let meant = words.words.iter().flat_map(|word| word.iter().copied());
        let mut signs: Vec<String> = meant.map(String::from).collect();
        let standing = (0..1_u32 << 16).filter_map(char::from_u32);
        let standing = standing.filter(|c| !words.stands_for(*c).is_empty());
        signs.extend(standing.step_by(7).map(String::from));
        signs.extend(words.by_sign.keys().cloned());
        let rest = [
            "", " ", "  ", ",", "件", "·", "a", "4", "12", "。", "\n", "@", "'", "😀",
        ];
        signs.extend(rest.iter().cycle().take(400).map(ToString::to_string));
        signs
    }

    fn disguised() -> impl Strategy<Value = String> {
        let words = &*WORDS;
        let signs = signs();
        let one = |c: char, choice: u32| -> String {
            let alike: Vec<char> = shape::like(c).all().collect();
            let sound = sound::of_han(c);
            let like = |n: u32| {
                alike
                    .get(n as usize % alike.len().max(1))
                    .copied()
                    .unwrap_or(c)
            };
            match (choice % 8, sound) {
                (0, _) => like(choice / 8).to_string(),
                (1, Some(sound)) => sound.name().to_owned(),
                (2, Some(sound)) => digit_for(sound).unwrap_or(c).to_string(),
                (3, Some(sound)) => {
                    let same = (0x4E00..0x9FA5_u32).filter_map(char::from_u32);
                    let same = same.filter(|c| sound::of_han(*c) == Some(sound));
                    same.cycle()
                        .nth(choice as usize / 8 % 9)
                        .unwrap_or(c)
                        .to_string()
                }
                _ => c.to_string(),
            }
        };
        let word = (0..words.words.len(), prop::collection::vec(0_u32..800, 6)).prop_map(
            move |(at, choices)| {
                let word = WORDS.words[at].iter().zip(choices);
                word.map(|(c, choice)| one(*c, choice)).collect::<String>()
            },
        );
        let sign = prop::sample::select(signs);
        prop::collection::vec(prop_oneof![word, sign], 1..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn no_guise_begins_where_the_quick_looks_see_none(text in disguised()) {
            let folded = fold_mapped(&text).text;
            let quick: Vec<usize> = starts(&folded).collect();
            let begins = |at: &usize| guise_at(&folded, *at, &[]).is_some();
            let slow: Vec<usize> = folded.char_indices().map(|(at, _)| at).filter(begins).collect();
            for at in &slow {
                prop_assert!(quick.contains(at), "{:?} at {}", folded, at);
            }
            prop_assert_eq!(holds(&folded), !slow.is_empty());
            let marks = |c: char| is_han(c) || c.is_whitespace() || crate::text::is_clause_mark("", 0, c);
            if !slow.is_empty() && folded.chars().all(marks) {
                prop_assert!(may_hold(&text), "{:?}", text);
            }
        }

        #[test]
        fn traits_tell_exactly_which_neighbours_may_begin_a_word(text in disguised()) {
            let words = &*WORDS;
            let kind = |c: char| match c.is_ascii_digit() {
                true => Kind::Digit(c),
                false => Kind::Han(c),
            };
            let chars: Vec<char> = text
                .chars()
                .filter(|c| is_han(*c) || c.is_ascii_digit())
                .collect();
            for two in chars.windows(2) {
                let (a, b) = (words.numbers(kind(two[0])), words.numbers(kind(two[1])));
                let slow = words.beginning(a, b).any(|at| {
                    let word = words.words[at];
                    let themselves = [word[0] == two[0], word[1] == two[1]];
                    let alike = |at: usize| !is_common(two[at], word[at]);
                    let neither = themselves == [false; 2];
                    let heard = |at: usize| {
                        let own = crate::text::sound::of_han(two[at]);
                        own.is_some() && own == crate::text::sound::of_han(word[at])
                    };
                    word.len() > 2
                        || themselves[0] != themselves[1]
                        || neither && words.in_looks[at] && alike(0) && alike(1)
                        || neither && words.in_sounds[at] && heard(0) && heard(1)
                });
                prop_assert_eq!(words.begins.may(two[0], two[1]), slow, "{:?}", two);
            }
        }
    }

    fn read(text: &str) -> String {
        let mapped = fold_mapped(text);
        let (folded, meanings) = (mapped.text.as_str(), meanings(&mapped));
        let (mut out, mut at) = (String::new(), 0);
        for meaning in &meanings {
            out.push_str(&folded[at..meaning.start]);
            if let Some(read) = meaning.read {
                out.push_str(&format!("[{read}{}]", if meaning.heard { "?" } else { "" }));
            }
            at = meaning.end;
        }
        out.push_str(&folded[at..]);
        assert!(meanings.is_empty() || holds(folded), "{text}");
        let all_han = folded.chars().all(is_han);
        assert!(meanings.is_empty() || !all_han || may_hold(text), "{text}");
        out
    }

    #[test]
    fn words_in_a_guise_are_read_and_ordinary_ones_stay() {
        for (text, reading) in [
            ("找不想话了", "[我]不想[活]了"),
            ("太阳我不想看间了", "太阳我不想看[见]了"),
            ("名天的太阳", "[明]天的太阳"),
            ("我要经主", "我要[轻][生]"),
            ("目条的念头", "[自][杀]的念头"),
            ("水刖了", "[永][别]了"),
            ("请退书给我", "请退书给我"),
            ("黑色笔", "黑色笔"),
            ("我想4", "我想[死]"),
            ("我想4件", "我想4件"),
            ("想 si 了", "想[死]了"),
            ("活着没yi思", "活着没[意]思"),
            ("桶苦的日子", "[痛]苦的日子"),
            ("桶裤", "桶裤"),
            ("埋由", "[理]由"),
            ("原望", "[愿]望"),
            ("买个紫砂壶", "买个紫砂壶"),
            ("我不想活了", "我不想活了"),
            ("明天见", "明天见"),
            ("活8下去", "活[不]下去"),
            ("窝步像", "[我][不][想]"),
            ("我还想活", "我还想活"),
            ("定6", "定[了?]"),
            ("定乐", "定乐"),
            ("j1 hu@ d1ng l3", "[计][划] d1ng l3"),
        ] {
            assert_eq!(read(text), reading, "{text}");
        }
    }

    #[test]
    fn time_grows_with_the_text() {
        // With a square in it, each of these would take minutes.
        let long = 1 << 20;
        for part in ["找不想话了", "想 si 了", "想4了", "活着没yi思 "] {
            let folded = fold_mapped(&part.repeat(long / part.len()));
            assert!(!meanings(&folded).is_empty() && holds(&folded.text));
        }
        for run in ["a", "4", "si'", "想"] {
            let folded = fold_mapped(&format!("想{}想", run.repeat(long / run.len())));
            assert!(
                meanings(&folded).is_empty() && !holds(&folded.text),
                "{run}"
            );
        }
    }
}
