//! Views of a text, each with a map back to what the person wrote.
//!
//! The raw text is never changed. The *folded* view undoes width, case, script, look-alike letters, invisible characters
//! and separators between Han characters. Two further views are made only of texts in which a cheap gate saw a reason:
//! the *bare* one (marks between single characters, look-alike and split characters, leet, repeats) and the *sound* one
//! (syllables without tone: homophones, pinyin, first letters, digits, emoji). A [`reading`] is the whole text as it would
//! plainly be written. `rules/README.md`, section 1, states them all exactly. What is found in any of them is shown in the raw text, so every character of a view knows where it
//! came from.
//!
//! Tables come from well-kept data by `./dev tables`; each names its source.

pub mod common;
mod fold;
mod guise;
mod marks;
mod piece;
pub mod reading;
mod script;
pub mod shape;
pub mod sound;
mod table;
mod unmask;
mod words;

pub use fold::{Folded, Sink, fold, fold_into, fold_mapped};
pub use marks::{is_clause_mark, is_sentence_mark};
pub use piece::{is_trimming, piece_of};
pub use table::{Entry, Kind, entry_of, is_han, several_of};
pub use unmask::{Bare, Origin, Shapes, Unit, bare, letter_key, sound_units};
pub use words::in_ordinary_word;
