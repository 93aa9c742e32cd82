//! What is wrong in a rule file, where, and what to do next.

use std::fmt;

/// One problem. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the pack.
    pub file: String,
    /// The line; 0 where the whole file is meant.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do; empty if the message says it.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
        } else {
            write!(
                f,
                "{}:{}:{}: {}",
                self.file, self.line, self.column, self.message
            )?;
        }
        if !self.hint.is_empty() {
            write!(f, "\n    help: {}", self.hint)?;
        }
        Ok(())
    }
}

/// All problems of a pack, in the order of files and places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(
        &mut self,
        file: &str,
        (line, column): (usize, usize),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.0.push(Problem {
            file: file.to_owned(),
            line,
            column,
            message: message.into(),
            hint: hint.into(),
        });
    }

    /// Notes a problem found by another reader of the pack's files.
    pub fn report(&mut self, file: &str, place: (usize, usize), message: &str) {
        self.add(file, place, message, "");
    }

    /// Adds what another reader found.
    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems, sorted by place.
    pub fn sorted(&self) -> Vec<Problem> {
        let mut all = self.0.clone();
        all.sort();
        all.dedup();
        all
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.sorted();
        for problem in &all {
            writeln!(f, "{problem}")?;
        }
        write!(
            f,
            "{} problem{} found",
            all.len(),
            if all.len() == 1 { "" } else { "s" }
        )
    }
}

impl std::error::Error for Problems {}

/// "did you mean …?" for a misspelt name, if one of the known is near.
pub(crate) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(given, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 4)
        .min()
        .map_or_else(String::new, |(_, name)| format!("did you mean `{name}`?"))
}
