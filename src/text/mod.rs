//! Views of a text, each with a map back to what the person wrote.
//!
//! The raw text is never changed. The *folded* view undoes width, case, script, invisible characters and separators
//! between Han characters; `rules/README.md`, section 1, states it exactly. What is found in it is shown in the raw
//! text, so every folded character knows the raw character it came from.
//!
//! Folding walks a text once. For ordinary traffic it feeds a [`Sink`] that keeps no map; only texts in which something
//! was found are folded again with one.

mod fold;
mod marks;
mod table;

pub use fold::{Folded, Sink, fold, fold_into, fold_mapped};
pub use marks::{is_clause_mark, is_sentence_mark, same_clause, same_sentence};
pub use table::is_han;
