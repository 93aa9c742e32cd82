//! The bare view (section 1.3): look-alikes undone, words by their keys, repeats gone.

use super::fold::Folded;
use super::looks::Looks;
use super::matching::Span;
use super::pieces::{Kind, Piece};
use super::trie::Trie;

const FEWEST_KEYS: usize = 6;
/// From this many keys on, a form may stand inside a longer word.
const KEYS_ANYWHERE: usize = 8;

/// A term in one of the forms in which it is looked for.
struct Form {
    lexicon: usize,
    term: Vec<char>,
    /// Whether no ASCII letter or digit may stand beside it.
    stands_free: bool,
}

/// All forms of all terms.
#[derive(Default)]
pub struct Forms {
    trie: Trie<Form>,
}

impl Forms {
    pub fn add_han(&mut self, lexicon: usize, term: &[char]) {
        for form in han_forms(term) {
            self.add(lexicon, term, &form, false);
        }
    }

    pub fn add_letters(&mut self, lexicon: usize, term: &[char]) {
        for form in letter_forms(term) {
            self.add(lexicon, term, &form, form.len() < KEYS_ANYWHERE);
        }
    }

    fn add(&mut self, lexicon: usize, term: &[char], form: &[char], stands_free: bool) {
        let known_by = Form {
            lexicon,
            term: term.to_vec(),
            stands_free,
        };
        self.trie.add(form, known_by);
    }

    /// The lexicons whose terms are found, each with the stretch of the folded text.
    pub fn find(&self, folded: &Folded, pieces: &[Piece], looks: &Looks) -> Vec<(usize, Span)> {
        let view = View::new(folded, pieces, looks);
        let mut found = Vec::new();
        for first in 0..view.chars.len() {
            for (length, form) in self.trie.at_start(&view.chars[first..]) {
                let start = view.spans[first].0;
                let end = view.spans[first + length - 1].1;
                let is_plain = folded.chars[start..end] == form.term;
                let beside = folded.alphanumeric_before(start) || folded.alphanumeric_after(end);
                if !(is_plain || form.stands_free && beside) {
                    found.push((form.lexicon, (start, end)));
                }
            }
        }
        found
    }
}

/// The characters of the view, and the stretch of the folded text that each one stands for.
#[derive(Default)]
struct View {
    chars: Vec<char>,
    spans: Vec<Span>,
}

impl View {
    fn new(folded: &Folded, pieces: &[Piece], looks: &Looks) -> View {
        let text = &folded.chars;
        let mut view = View::default();
        let mut at = 0;
        while at < pieces.len() {
            let piece = pieces[at];
            let own = (piece.start..piece.end).map(|i| (i, text[i]));
            let mut taken = 1;
            match piece.kind {
                Kind::Han => match looks.joined(text, &pieces[at..]) {
                    Some((count, whole)) => {
                        taken = count;
                        view.push(whole, piece.start, pieces[at + count - 1].end);
                    }
                    None => view.push(looks.by_any(text[piece.start]), piece.start, piece.end),
                },
                Kind::Word => {
                    for (i, c) in own {
                        if let Some(key) = key(c) {
                            view.push(key, i, i + 1);
                        }
                    }
                }
                Kind::Number | Kind::Emoji | Kind::Other => {
                    own.for_each(|(i, c)| view.push(c, i, i + 1));
                }
                Kind::Barrier => view.push('\n', piece.start, piece.end),
                Kind::Mark => {}
            }
            at += taken;
        }
        view
    }

    fn push(&mut self, c: char, start: usize, end: usize) {
        match self.spans.last_mut() {
            Some(span) if self.chars.last() == Some(&c) => span.1 = end,
            _ => {
                self.chars.push(c);
                self.spans.push((start, end));
            }
        }
    }
}

fn key(c: char) -> Option<char> {
    Some(match c {
        'l' | '1' | '!' | '|' => 'i',
        '0' => 'o',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' | 'z' => 's',
        '7' => 't',
        '8' => 'b',
        '9' | '6' => 'g',
        '2' | 'a'..='z' => c,
        _ => return None,
    })
}

fn without_repeats(mut form: Vec<char>) -> Vec<char> {
    form.dedup();
    form
}

fn reversed(term: &[char]) -> Vec<char> {
    term.iter().rev().copied().collect()
}

fn han_forms(term: &[char]) -> Vec<Vec<char>> {
    let mut forms = vec![term.to_vec()];
    if term.len() >= 3 {
        forms.push(reversed(term));
    }
    if term.len() >= 4 {
        for left in 0..term.len() - 1 {
            let mut form = term.to_vec();
            form.swap(left, left + 1);
            forms.push(form);
        }
    }
    let mut forms: Vec<Vec<char>> = forms.into_iter().map(without_repeats).collect();
    // Forms of fewer than three characters: only for a term of two, and as it stands.
    forms.retain(|form| form.len() >= 3 || term.len() == 2 && form == term);
    forms
}

fn letter_forms(term: &[char]) -> Vec<Vec<char>> {
    let mut written = vec![term.to_vec()];
    if term.len() >= 8 {
        written.push(reversed(term));
    }
    let words: Vec<&[char]> = term.split(|c| *c == ' ').collect();
    for (place, word) in words.iter().enumerate() {
        for other in other_words(word) {
            let mut changed = words.clone();
            changed[place] = &other;
            written.push(changed.concat());
        }
    }
    written
        .into_iter()
        .map(|form| without_repeats(form.into_iter().filter_map(key).collect()))
        .filter(|keys| keys.len() >= FEWEST_KEYS)
        .collect()
}

/// What may be written for one word of a term.
fn other_words(word: &[char]) -> Vec<Vec<char>> {
    let mut others = Vec::new();
    if word.len() >= 3 {
        others.push(reversed(word));
        others.push(word.iter().map(|c| rotated(*c)).collect());
    }
    if word.len() >= 4 {
        for (left_out, c) in word.iter().enumerate() {
            if "aeiou".contains(*c) {
                let mut other = word.to_vec();
                other.remove(left_out);
                others.push(other);
            }
        }
    }
    others
}

fn rotated(c: char) -> char {
    match c {
        'a'..='m' => char::from(c as u8 + 13),
        'n'..='z' => char::from(c as u8 - 13),
        _ => c,
    }
}
