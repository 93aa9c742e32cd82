//! Both embedded files, read once in the life of the process.

use std::sync::LazyLock;

use super::SynthError;
use super::ordinary::{self, Tongue};
use super::stories::{self, Story};

static BOOK: LazyLock<Result<Book, SynthError>> = LazyLock::new(|| {
    let tongues = ordinary::load(include_str!("ordinary.yaml"))?;
    let stories = stories::load(include_str!("stories.yaml"), &tongues)?;
    Ok(Book { tongues, stories })
});

/// All words there are.
pub(super) struct Book {
    /// In the order of `ordinary::LOCALES`.
    pub tongues: Vec<Tongue>,
    /// In the order of the file.
    pub stories: Vec<Story>,
}

/// The words, or why they cannot be read.
pub(super) fn book() -> Result<&'static Book, SynthError> {
    BOOK.as_ref().map_err(Clone::clone)
}
