//! The walk that makes the folded view.

use super::table::{Class, TABLE, Table, is_han};

/// Takes the folded view, character by character.
pub trait Sink {
    /// The next folded character, and the index of the raw character it came from.
    fn push(&mut self, c: char, raw: u32);
    /// White space was taken out here, between two Han characters.
    fn gap(&mut self) {}
}

/// The folded view with its map.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Folded {
    /// The view.
    pub text: String,
    /// For each byte of `text`, the raw character its character came from.
    pub raw_of_byte: Vec<u32>,
    /// Bytes of `text` before which white space was taken out between Han characters.
    pub gaps: Vec<usize>,
    /// In a reading: those of its gaps that part two clauses, known from the text that is read.
    pub parting: Option<Vec<usize>>,
}

impl Folded {
    /// The gaps that part two clauses, as a comma would: where two Han characters that stand together in the raw text are on
    /// either side. Between single characters white space hides a word.
    pub fn clause_gaps(&self) -> Vec<usize> {
        if let Some(parting) = &self.parting {
            return parting.clone();
        }
        let together = |a: Option<(usize, char)>, b: Option<(usize, char)>| match (a, b) {
            (Some((i, a)), Some((j, b))) => {
                is_han(a) && is_han(b) && self.raw_of_byte[j] - self.raw_of_byte[i] == 1
            }
            _ => false,
        };
        let parts = |gap: &usize| {
            let mut before = self.text[..*gap].char_indices().rev();
            let mut after = self.text[*gap..].char_indices().map(|(i, c)| (gap + i, c));
            let (b, a) = (before.next(), before.next());
            let (c, d) = (after.next(), after.next());
            together(a, b) && together(c, d)
        };
        self.gaps.iter().copied().filter(|gap| parts(gap)).collect()
    }
}

impl Sink for Folded {
    fn push(&mut self, c: char, raw: u32) {
        self.text.push(c);
        self.raw_of_byte.resize(self.text.len(), raw);
    }

    fn gap(&mut self) {
        self.gaps.push(self.text.len());
    }
}

impl Sink for String {
    fn push(&mut self, c: char, _raw: u32) {
        String::push(self, c);
    }
}

/// The longest run of separators that is taken for a disguise; a longer one is left as it stands.
const SEPARATORS_MAX: usize = 8;

/// Folds for its text alone.
pub fn fold(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    fold_into(raw, &mut out);
    out
}

/// Folds with the map back.
pub fn fold_mapped(raw: &str) -> Folded {
    let mut out = Folded {
        text: String::with_capacity(raw.len()),
        raw_of_byte: Vec::with_capacity(raw.len()),
        gaps: Vec::new(),
        parting: None,
    };
    fold_into(raw, &mut out);
    out
}

/// Folds into any sink; linear in the text, with a fixed-size memory of pending separators.
pub fn fold_into<S: Sink>(raw: &str, sink: &mut S) {
    let table: &Table = &TABLE;
    let mut walk = Walk {
        sink,
        after_han: false,
        pending: Pending::default(),
        return_at: None,
    };
    for (index, c) in raw.chars().enumerate() {
        // Texts are at most 64 KiB, so the index fits.
        let index = index as u32;
        match table.class(c) {
            Class::Several => table
                .expansion(c)
                .iter()
                .for_each(|class| walk.take(*class, index)),
            class => walk.take(class, index),
        }
    }
    walk.settle_return();
    walk.flush();
}

#[derive(Default)]
struct Pending {
    run: [(char, u32); SEPARATORS_MAX],
    len: usize,
}

struct Walk<'s, S: Sink> {
    sink: &'s mut S,
    /// The last character given out was Han, and since then only separators came.
    after_han: bool,
    pending: Pending,
    /// A carriage return waits to see whether a line feed follows.
    return_at: Option<u32>,
}

impl<S: Sink> Walk<'_, S> {
    #[inline]
    fn take(&mut self, class: Class, raw: u32) {
        if self.return_at.is_some() {
            if class == Class::Line {
                self.return_at = None;
            } else if class != Class::Dropped {
                self.settle_return();
            }
        }
        match class {
            Class::Han(c) => {
                if self.pending.len > 0 {
                    if self.after_han {
                        if self.pending.run[..self.pending.len]
                            .iter()
                            .any(|(c, _)| *c == ' ')
                        {
                            self.sink.gap();
                        }
                        self.pending.len = 0;
                    } else {
                        self.flush();
                    }
                }
                self.after_han = true;
                self.sink.push(c, raw);
            }
            Class::Plain(c) => {
                self.flush();
                self.after_han = false;
                self.sink.push(c, raw);
            }
            Class::Soft(c) => self.separator(c, raw),
            Class::Space => self.space(raw),
            Class::Line => {
                self.flush();
                self.after_han = false;
                self.sink.push('\n', raw);
            }
            Class::Return => self.return_at = Some(raw),
            Class::Dropped | Class::Several => {}
        }
    }

    fn settle_return(&mut self) {
        if let Some(raw) = self.return_at.take() {
            self.space(raw);
        }
    }

    fn space(&mut self, raw: u32) {
        let last = self
            .pending
            .len
            .checked_sub(1)
            .map(|i| self.pending.run[i].0);
        if last != Some(' ') {
            self.separator(' ', raw);
        }
    }

    fn separator(&mut self, c: char, raw: u32) {
        if self.pending.len == SEPARATORS_MAX {
            // Too long to be a disguise: the run stays. Its last character is kept back only so that a following
            // white space still joins it.
            self.after_han = false;
            self.flush_all_but_last();
        }
        self.pending.run[self.pending.len] = (c, raw);
        self.pending.len += 1;
    }

    fn flush_all_but_last(&mut self) {
        let last = self.pending.len - 1;
        for (c, raw) in &self.pending.run[..last] {
            self.sink.push(*c, *raw);
        }
        self.pending.run[0] = self.pending.run[last];
        self.pending.len = 1;
    }

    #[inline]
    fn flush(&mut self) {
        if self.pending.len > 0 {
            for (c, raw) in &self.pending.run[..self.pending.len] {
                self.sink.push(*c, *raw);
            }
            self.pending.len = 0;
        }
    }
}
