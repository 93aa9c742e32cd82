//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from, weakest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The table of keys.
    Default,
    /// The config file.
    File {
        /// As it was named.
        path: PathBuf,
        /// From 1; 0 where the whole file is meant.
        line: usize,
        /// From 1, in characters.
        column: usize,
    },
    /// A variable of the environment.
    Environment(String),
    /// A flag; its dotted key.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line: 0, .. } => write!(f, "{}", path.display()),
            Origin::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Origin::Environment(variable) => write!(f, "environment {}", short(variable)),
            Origin::Flag(key) => write!(f, "flag {}", short(key)),
        }
    }
}

/// A foreign name for a message: one line, at most 80 characters.
pub(super) fn short(name: &str) -> String {
    const CHARS_MAX: usize = 80;
    let mut shown: String = name
        .chars()
        .take(CHARS_MAX)
        .flat_map(char::escape_debug)
        .collect();
    if name.chars().nth(CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}
