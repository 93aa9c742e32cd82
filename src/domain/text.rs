//! Words of a person, in a type that cannot be logged by accident.

use std::fmt;

/// A person's words as they came. `Debug` shows the length only; there is no `Display`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PersonText(String);

impl PersonText {
    /// Takes the words.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The words themselves, for matching, for the encrypted column and for a specialist's eyes.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// True where nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for PersonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes of text>", self.0.len())
    }
}
