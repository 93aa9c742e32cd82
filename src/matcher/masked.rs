//! Terms of signals that people disguise, looked for in the bare and in the sound view.
//!
//! Han terms are looked for by shape and by sound, terms of letters by the keys of their letters. A hit says through which
//! view it was seen; [`View::Loose`] where something else could well be meant, so that rules ask for more beside it.

use std::collections::BTreeSet;

use aho_corasick::BuildError;

use super::gate::{Gate, KEYS, Waiting, Windows};
use super::literals::{Literals, stands_alone};
use super::steps::step;
use super::texts::Hit;
use crate::domain::View;
use crate::rules::{Ruleset, TextSignal};
use crate::text::common::symbol_of;
use crate::text::sound::{self, Syllable, is_counter};
use crate::text::{
    Folded, Origin, Shapes, Unit, bare, in_ordinary_word, is_han, letter_key, sound_units,
};

/// Longer terms are not put on.
const SYLLABLES_MAX: usize = 8;
/// Letters from which a disguised term may stand inside a longer run of letters.
const LETTERS_ALONE: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct InBare {
    signal: usize,
    letters: bool,
    /// Index of the term, for telling a disguise from the term as it stands.
    written: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct InSound {
    signal: usize,
    term: usize,
}

/// Forms looked for in one view, behind a look of their own: what opened a view is seldom in it.
#[derive(Debug)]
struct Forms<U> {
    literals: Literals<U>,
    windows: Windows,
}

/// Bits of the last characters of a view.
const CHARACTERS: u32 = 128;

impl<U: Copy + Ord> Forms<U> {
    fn new(forms: Vec<(String, U)>) -> Result<Self, BuildError> {
        let mut windows = Windows::new(16, 2);
        for (form, _) in &forms {
            let symbols: Vec<u16> = form.chars().map(symbol_of).collect();
            let anywhere = |_| Some(0);
            let alone = Waiting::alone();
            let kept = windows.add(&symbols, CHARACTERS, anywhere, |_| 1.0, alone);
            debug_assert!(kept, "a form has two characters or more");
        }
        windows.finish();
        Ok(Self {
            literals: Literals::new(forms)?,
            windows,
        })
    }

    fn occurrences<'a>(
        &'a self,
        view: &'a str,
    ) -> impl Iterator<Item = (usize, usize, &'a [U])> + 'a {
        let shown = self.shown(view);
        let found = shown.then(|| self.literals.occurrences(view));
        found.into_iter().flatten()
    }

    /// False where no form can be.
    fn shown(&self, view: &str) -> bool {
        let mut recent = 0_u128;
        view.chars().any(|c| {
            recent = (recent << 16) | u128::from(symbol_of(c));
            let mut shown = false;
            if self.windows.may_end(recent as u64) {
                self.windows.ask(recent, |_, _| shown = true);
            }
            shown
        })
    }
}

#[derive(Debug)]
pub(super) struct Masked {
    shapes: Shapes,
    bare: Forms<InBare>,
    sound: Forms<InSound>,
    written: Vec<String>,
    terms: Vec<Vec<(char, Syllable)>>,
}

impl Masked {
    /// The disguised forms of all terms of signals that ask for it, added to the gate as well.
    pub(super) fn new(
        rules: &Ruleset,
        shapes: Shapes,
        gate: &mut Gate,
    ) -> Result<Self, BuildError> {
        let (mut in_bare, mut in_sound, mut terms) = (Vec::new(), Vec::new(), Vec::new());
        let mut all_written: Vec<String> = Vec::new();
        for (signal, term) in masked_terms(rules) {
            let written = all_written.len();
            all_written.push(term.to_owned());
            if term.chars().all(is_han) {
                for form in han_forms(term) {
                    gate.add_bare(&form);
                    in_bare.push((
                        form,
                        InBare {
                            signal,
                            letters: false,
                            written,
                        },
                    ));
                }
                let syllables: Option<Vec<(char, Syllable)>> = term
                    .chars()
                    .map(|c| sound::of_han(c).map(|s| (c, s)))
                    .collect();
                if let Some(syllables) = syllables
                    && (2..=SYLLABLES_MAX).contains(&syllables.len())
                {
                    let heard: Vec<Syllable> = syllables.iter().map(|(_, s)| *s).collect();
                    for form in sound_forms(&heard, gate) {
                        in_sound.push((
                            form,
                            InSound {
                                signal,
                                term: terms.len(),
                            },
                        ));
                    }
                    terms.push(syllables);
                }
            } else if term.is_ascii() {
                for form in letter_forms(term) {
                    gate.add_bare(&form);
                    in_bare.push((
                        form,
                        InBare {
                            signal,
                            letters: true,
                            written,
                        },
                    ));
                }
            }
        }
        shapes.splits().for_each(|form| gate.add_parts(form));
        // Two million forms by sound take twice as long as those that are written: one beside the other.
        let (bare, sound) = std::thread::scope(|scope| {
            let bare = scope.spawn(|| Forms::new(in_bare));
            let sound = Forms::new(in_sound);
            match bare.join() {
                Ok(bare) => (bare, sound),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        });
        Ok(Self {
            shapes,
            bare: bare?,
            sound: sound?,
            written: all_written,
            terms,
        })
    }

    /// Appends the hits in the bare view of a text.
    pub(super) fn in_bare(
        &self,
        rules: &Ruleset,
        heard: impl Fn(&TextSignal) -> bool,
        folded: &Folded,
        hits: &mut Vec<Hit>,
    ) {
        let view = bare(folded, &self.shapes);
        step(view.text.len());
        for (start, end, uses) in self.bare.occurrences(&view.text) {
            let (first, last) = (view.folded[start].0, view.folded[end - 1].1);
            step(uses.len());
            for used in uses {
                let apart =
                    || end - start >= LETTERS_ALONE || stands_alone(&folded.text, first, last);
                // As it stands it is no disguise.
                let plain = folded.text[first..last] == self.written[used.written];
                if heard(&rules.signals[used.signal]) && !plain && (!used.letters || apart()) {
                    hits.push(Hit {
                        signal: used.signal,
                        stretch: (first, last),
                        view: View::Bare,
                    });
                }
            }
        }
    }

    /// Appends the hits in the sound view of a text.
    pub(super) fn in_sound(
        &self,
        rules: &Ruleset,
        heard: impl Fn(&TextSignal) -> bool,
        folded: &Folded,
        hits: &mut Vec<Hit>,
    ) {
        let units = sound_units(folded, &self.shapes);
        step(units.len());
        let mut text = String::with_capacity(4 * units.len());
        let mut unit_of_byte = Vec::with_capacity(4 * units.len());
        for (i, unit) in units.iter().enumerate() {
            text.push(unit.symbol);
            unit_of_byte.resize(text.len(), i);
        }
        for (start, end, uses) in self.sound.occurrences(&text) {
            let said = &units[unit_of_byte[start]..=unit_of_byte[end - 1]];
            step(uses.len() * said.len());
            for used in uses {
                if heard(&rules.signals[used.signal])
                    && let Some(view) = judge(&self.terms[used.term], said, &folded.text)
                {
                    hits.push(Hit {
                        signal: used.signal,
                        stretch: (said[0].start, said[said.len() - 1].end),
                        view,
                    });
                }
            }
        }
    }
}

fn masked_terms(rules: &Ruleset) -> impl Iterator<Item = (usize, &str)> {
    rules
        .signals
        .iter()
        .enumerate()
        .flat_map(|(i, signal)| signal.disguised.iter().map(move |term| (i, term.as_str())))
}

/// The shapes that the disguised terms of a rule set call for.
pub(super) fn shapes_of(rules: &Ruleset) -> Shapes {
    Shapes::towards(masked_terms(rules).map(|(_, term)| term))
}

fn without_repeats(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for c in chars {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

/// A Han term as it stands, reversed (from three characters) and with two neighbours swapped (from four).
fn han_forms(term: &str) -> BTreeSet<String> {
    let chars: Vec<char> = term.chars().collect();
    let mut forms = BTreeSet::from([without_repeats(chars.iter().copied())]);
    if chars.len() >= 3 {
        forms.insert(without_repeats(chars.iter().rev().copied()));
    }
    if chars.len() >= 4 {
        for i in 1..chars.len() {
            let mut swapped = chars.clone();
            swapped.swap(i - 1, i);
            forms.insert(without_repeats(swapped.into_iter()));
        }
    }
    // Without repeats a term may shrink to what is written everywhere.
    forms.retain(|form| form.chars().count() >= 3 || chars.len() == 2 && form == term);
    forms
}

fn keys(text: &str) -> String {
    without_repeats(text.chars().filter_map(letter_key))
}

/// A term of letters by its keys; reversed; with one of its words reversed, or rotated by thirteen, or with a vowel left out.
fn letter_forms(term: &str) -> BTreeSet<String> {
    let reversed = |text: &str| text.chars().rev().collect::<String>();
    let mut forms = BTreeSet::from([keys(term)]);
    if term.len() >= LETTERS_ALONE {
        forms.insert(keys(&reversed(term)));
    }
    let words: Vec<&str> = term.split(' ').collect();
    let mut with = |at: usize, word: &str| {
        let mut changed = words.clone();
        changed[at] = word;
        forms.insert(keys(&changed.join(" ")));
    };
    for (at, word) in words.iter().enumerate() {
        if word.len() >= 3 {
            with(at, &reversed(word));
            with(at, &rotated(word));
        }
        if word.len() >= 4 {
            for (i, c) in word.char_indices() {
                if "aeiou".contains(c) {
                    with(at, &format!("{}{}", &word[..i], &word[i + 1..]));
                }
            }
        }
    }
    // Fewer letters in a row say nothing.
    forms.retain(|form| form.len() >= KEYS);
    forms
}

fn rotated(word: &str) -> String {
    word.bytes()
        .map(|b| match b {
            b'a'..=b'z' => char::from((b - b'a' + 13) % 26 + b'a'),
            b => char::from(b),
        })
        .collect()
}

/// At most so many syllables of a term are given by digits.
const DIGITS_MAX: usize = 4;

/// The symbols of a term; with any of its syllables that a digit can stand for given by it; and, from three syllables on,
/// with any run of them given by first letters.
fn sound_forms(syllables: &[Syllable], gate: &mut Gate) -> BTreeSet<String> {
    let symbol = |s: &Syllable| s.class().symbol();
    let mut forms = BTreeSet::new();
    let digits: Vec<(usize, char)> = syllables
        .iter()
        .enumerate()
        .filter_map(|(i, s)| Some((i, sound::digit_for(*s)?)))
        .take(DIGITS_MAX)
        .collect();
    for chosen in 0..1_u32 << digits.len() {
        let mut form: Vec<char> = syllables.iter().map(symbol).collect();
        for (bit, (i, digit)) in digits.iter().enumerate() {
            if chosen & (1 << bit) != 0 {
                form[*i] = sound::digit_symbol(*digit);
            }
        }
        gate.add_sound(&form);
        forms.insert(form.into_iter().collect());
    }
    gate.add_typed(syllables);
    if syllables.len() < 3 {
        return forms;
    }
    for from in 0..syllables.len() {
        for to in from + 1..=syllables.len() {
            let short = |i: usize| (from..to).contains(&i);
            forms.insert(
                syllables
                    .iter()
                    .enumerate()
                    .map(|(i, s)| {
                        if short(i) {
                            sound::initial_symbol(s.initial())
                        } else {
                            symbol(s)
                        }
                    })
                    .collect(),
            );
            let word: String = syllables
                .iter()
                .enumerate()
                .map(|(i, s)| if short(i) { &s.name()[..1] } else { s.name() })
                .collect();
            gate.add_initials(&word);
        }
    }
    forms
}

/// How a term was heard, or `None` where it was not.
fn judge(term: &[(char, Syllable)], said: &[Unit], folded: &str) -> Option<View> {
    let n = term.len();
    let (mut han_alike, mut hidden, mut first_letters, mut digits) = (0, 0, 0, 0);
    let (mut fuzzy, mut ordinary, mut written) = (false, false, 0);
    for (i, ((c, syllable), unit)) in term.iter().zip(said).enumerate() {
        match unit.origin {
            Origin::Han(other, _) if other == *c => written += 1,
            Origin::Han(_, other) => {
                han_alike += 1;
                fuzzy |= other != *syllable;
                ordinary |= in_ordinary_word(folded, unit.start);
            }
            Origin::Pinyin(other) | Origin::Emoji(other) => {
                if other != *syllable {
                    return None;
                }
                hidden += 1;
            }
            Origin::Digit => {
                let next = folded[unit.end..].chars().next();
                let counted = next.is_some_and(|c| is_counter(c) || c.is_ascii_digit());
                if i + 1 == n && counted {
                    return None;
                }
                digits += 1;
            }
            Origin::Initial => first_letters += 1,
            Origin::Barrier => return None,
        }
    }
    if han_alike + hidden + first_letters + digits == 0 {
        return None;
    }
    // A lone letter beyond a mark belongs to something else.
    if first_letters > 0 && said[1..].iter().any(|unit| unit.parted) {
        return None;
    }
    let only_letters = said
        .iter()
        .all(|u| matches!(u.origin, Origin::Pinyin(_) | Origin::Initial));
    if first_letters > 0 && only_letters {
        let (start, end) = (said[0].start, said[said.len() - 1].end);
        let one_word = folded[start..end]
            .bytes()
            .all(|b| b.is_ascii_alphanumeric())
            && stands_alone(folded, start, end);
        if !one_word {
            return None;
        }
    }
    if n == 2 && (ordinary || fuzzy) || fuzzy && ordinary {
        return None;
    }
    let loose = ordinary
        || fuzzy && n <= 3
        || n == 2 && written == 0
        || digits == n
        || first_letters > 0 && n - first_letters < 2;
    Some(if loose { View::Loose } else { View::Sound })
}
