//! Who is asking and what they may do. Deny by default: a token that is not in the file is nobody, an action that a role
//! does not have in [`Role::may`] is refused. A [`Permit`] proves that the question was asked.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::domain::event::named;

named!(
    /// What somebody is here to do.
    Role {
        /// A platform pipeline that feeds events.
        Source = "source",
        /// An intervention specialist.
        Specialist = "specialist",
        /// A duty lead.
        Lead = "lead",
        /// An auditor: the log, no content.
        Auditor = "auditor",
    }
);

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Feed events.
    SubmitEvents,
    /// See the queue, without any text.
    ListCases,
    /// Read a case with its words.
    ReadCase,
    /// Take a case.
    ClaimCase,
    /// Write a note.
    NoteCase,
    /// End a case.
    CloseCase,
    /// See the head of the log.
    ReadTreeHead,
}

impl Role {
    /// The one table of rights.
    pub fn may(self, action: Action) -> bool {
        match action {
            Action::SubmitEvents => self == Role::Source,
            Action::ListCases
            | Action::ReadCase
            | Action::ClaimCase
            | Action::NoteCase
            | Action::CloseCase => {
                matches!(self, Role::Specialist | Role::Lead)
            }
            Action::ReadTreeHead => matches!(self, Role::Auditor | Role::Lead),
        }
    }
}

/// Somebody who is known, and may do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    id: String,
    role: Role,
    sources: Vec<String>,
    _minted_here: (),
}

impl Permit {
    /// The holder's id, a pseudonym of its own.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The holder's role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether the holder may send events of this source.
    pub fn speaks_for(&self, source: &str) -> bool {
        self.sources
            .iter()
            .any(|allowed| allowed == "*" || allowed == source)
    }
}

/// Why somebody is turned away. Says nothing about what exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No token, or one that is not known.
    #[error("a valid bearer token is needed")]
    Unknown,
    /// The role does not have this right.
    #[error("this token may not do that")]
    Forbidden,
}

/// Why a token file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// It cannot be read.
    #[error("the token file {path} cannot be read")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("the token file {path} is wrong: {why}")]
    Malformed {
        /// Which.
        path: String,
        /// What is wrong; never a token.
        why: String,
    },
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Entry>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    role: String,
    sha256: String,
    #[serde(default)]
    sources: Vec<String>,
}

/// The tokens that are known, by their hashes.
#[derive(Debug, Default)]
pub struct Access {
    tokens: Vec<(Vec<u8>, Permit)>,
}

impl Access {
    /// Reads a token file: TOML, `[[token]]` with `id`, `role`, `sha256` of the token in hexadecimal, and for sources
    /// `sources`, the event sources they speak for (`["*"]` for all).
    ///
    /// # Errors
    /// The file cannot be read or is wrong.
    pub fn from_file(path: &Path) -> Result<Self, TokenFileError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| TokenFileError::Unreadable {
            path: shown.clone(),
            source,
        })?;
        Self::from_toml(&text).map_err(|why| TokenFileError::Malformed { path: shown, why })
    }

    fn from_toml(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let mut access = Self::default();
        for (number, entry) in file.token.into_iter().enumerate() {
            let number = number + 1;
            let role = Role::from_name(&entry.role).ok_or_else(|| {
                format!(
                    "token {number} has an unknown role; one of source, specialist, lead, auditor"
                )
            })?;
            let hash = unhex(&entry.sha256)
                .filter(|hash| hash.len() == 32)
                .ok_or_else(|| format!("token {number} has no SHA-256 of 64 hexadecimal digits"))?;
            if entry.id.is_empty() || entry.id.len() > 64 || entry.id.chars().any(char::is_control)
            {
                return Err(format!("token {number} has no usable id (1 to 64 bytes)"));
            }
            if role == Role::Source && entry.sources.is_empty() {
                return Err(format!(
                    "token {number} is a source's and names no `sources`"
                ));
            }
            access.tokens.push((
                hash,
                Permit {
                    id: entry.id,
                    role,
                    sources: entry.sources,
                    _minted_here: (),
                },
            ));
        }
        Ok(access)
    }

    /// Asks for a right with a token.
    ///
    /// # Errors
    /// The token is not known, or its role does not have the right.
    pub fn permit(&self, token: Option<&str>, action: Action) -> Result<Permit, Denied> {
        let hash = Sha256::digest(token.ok_or(Denied::Unknown)?.as_bytes());
        // Every entry is compared, so that the time tells nothing.
        let mut found = None;
        for (known, permit) in &self.tokens {
            if bool::from(known.as_slice().ct_eq(&hash)) {
                found = Some(permit);
            }
        }
        let permit = found.ok_or(Denied::Unknown)?;
        if permit.role.may(action) {
            Ok(permit.clone())
        } else {
            Err(Denied::Forbidden)
        }
    }
}

/// The line of a token file for a new token.
pub fn token_entry(id: &str, role: Role, token: &str) -> String {
    let hash = crate::domain::ids::hex(&Sha256::digest(token.as_bytes()));
    let sources = if role == Role::Source {
        "sources = [\"*\"]\n"
    } else {
        ""
    };
    format!(
        "[[token]]\nid = {id:?}\nrole = \"{}\"\nsha256 = \"{hash}\"\n{sources}",
        role.name()
    )
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        let file: String = [
            token_entry("shop", Role::Source, "source-token"),
            token_entry("anna", Role::Specialist, "anna-token"),
            token_entry("olga", Role::Auditor, "olga-token"),
        ]
        .join("\n");
        Access::from_toml(&file).expect("our own entries are well formed")
    }

    #[test]
    fn every_right_is_refused_unless_the_table_gives_it() {
        use Action::*;
        for (token, action, expected) in [
            (None, SubmitEvents, Err(Denied::Unknown)),
            (Some(""), SubmitEvents, Err(Denied::Unknown)),
            (Some("guess"), ReadCase, Err(Denied::Unknown)),
            (Some("source-token"), SubmitEvents, Ok("shop")),
            (Some("source-token"), ReadCase, Err(Denied::Forbidden)),
            (Some("anna-token"), ReadCase, Ok("anna")),
            (Some("anna-token"), SubmitEvents, Err(Denied::Forbidden)),
            (Some("olga-token"), ReadTreeHead, Ok("olga")),
            (Some("olga-token"), ListCases, Err(Denied::Forbidden)),
        ] {
            let found = access()
                .permit(token, action)
                .map(|permit| permit.id().to_owned());
            assert_eq!(found.as_deref().map_err(|e| *e), expected, "{action:?}");
        }
    }

    #[test]
    fn a_wrong_token_file_says_which_entry_and_never_a_token() {
        for (text, part) in [
            (
                "[[token]]\nid='a'\nrole='boss'\nsha256='00'",
                "unknown role",
            ),
            ("[[token]]\nid='a'\nrole='lead'\nsha256='00'", "SHA-256"),
            (
                "[[token]]\nid=''\nrole='lead'\nsha256='e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
                "id",
            ),
            ("[[tokens]]\nid='a'", "tokens"),
        ] {
            let why = Access::from_toml(text).expect_err("it is wrong");
            assert!(why.contains(part), "{why}");
        }
    }
}
