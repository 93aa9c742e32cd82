//! What is wrong in the settings, where, and what to do next.

use std::fmt;

use super::keys::variable_of;
use super::origin::Origin;

/// One problem and the place it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where.
    pub origin: Origin,
    /// What.
    pub fault: Fault,
}

/// What can be wrong. No variant holds a value that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The config file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// The config file is not TOML.
    #[error("{0}")]
    Syntax(String),
    /// There is no such key or variable.
    #[error("unknown {kind} `{name}`")]
    Unknown {
        /// "key" or "variable".
        kind: &'static str,
        /// As it was written.
        name: String,
        /// Known ones that may have been meant.
        near: Vec<String>,
    },
    /// A secret given by value.
    #[error("`{name}` looks like a secret given by value")]
    InlineSecret {
        /// The key or variable, as it was written.
        name: String,
        /// The key or variable that takes a file instead; empty if it is this one.
        instead: String,
    },
    /// A value of another form.
    #[error("`{key}` must be {wanted}, not {found}")]
    WrongForm {
        /// The key or section.
        key: &'static str,
        /// What it must be.
        wanted: String,
        /// What it is.
        found: String,
        /// What may have been meant; empty if nothing is near.
        near: &'static str,
    },
    /// A number beyond its limits.
    #[error("`{key}` must be from {min} to {max}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// Smallest accepted.
        min: i64,
        /// Largest accepted.
        max: i64,
    },
    /// A text that may not be empty.
    #[error("`{0}` may not be empty")]
    Empty(&'static str),
    /// A key that does not make sense without another.
    #[error("`{key}` needs `{needs}`")]
    Needs {
        /// The key that is set.
        key: &'static str,
        /// The one that is not.
        needs: &'static str,
    },
    /// Words of persons would cross a network readable by others.
    #[error("`grpc.listen` is open beyond this machine without TLS")]
    Plaintext,
    /// Two services on one address.
    #[error("`grpc.listen` and `http.listen` are the same address")]
    SameAddress,
    /// A list of brokers that cannot be read.
    #[error("`kafka.brokers` must be host:port, separated by commas")]
    Brokers,
    /// A name that Kafka refuses.
    #[error(
        "`{key}` holds a name that Kafka refuses: 1 to 249 of letters, digits, `.`, `_` and `-`"
    )]
    TopicName {
        /// The key.
        key: &'static str,
    },
    /// A command needs it.
    #[error("`{0}` must be set")]
    Required(&'static str),
    /// The file of a secret cannot be used.
    #[error("`{key}` names {path}, which cannot be used: {reason}")]
    SecretFile {
        /// The key.
        key: &'static str,
        /// The file.
        path: String,
        /// Why not; never a word of what it holds.
        reason: String,
    },
    /// The table of keys and the settings disagree: a mistake of ours, shown by the first test.
    #[error("the table of keys does not fit the settings: {0}")]
    Table(String),
}

impl Fault {
    /// What to do; empty if the message says it.
    pub fn hint(&self) -> String {
        match self {
            Fault::Unknown { near, .. } if !near.is_empty() => did_you_mean(near),
            Fault::Unknown { .. } => "`lifeguard config show` lists every key".to_owned(),
            Fault::InlineSecret { instead, .. } if instead.is_empty() => {
                "write the secret into a file that only lifeguard can read, and name that file here".to_owned()
            }
            Fault::InlineSecret { instead, .. } => {
                format!("write the secret into a file that only lifeguard can read, and name that file in `{instead}`")
            }
            Fault::WrongForm { near, .. } if !near.is_empty() => format!("did you mean `{near}`?"),
            Fault::Needs { needs, .. } | Fault::Required(needs) => {
                format!("set it in the config file or as {}", variable_of(needs))
            }
            Fault::Plaintext => "set `grpc.tls_certificate_file` and `grpc.tls_key_file`, or `grpc.allow_plaintext = true` \
                                 where a mesh or proxy encrypts"
                .to_owned(),
            _ => String::new(),
        }
    }
}

fn did_you_mean(near: &[String]) -> String {
    let near: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", near.join(" or "))
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Default => write!(f, "settings: {}", self.fault)?,
            origin => write!(f, "{origin}: {}", self.fault)?,
        }
        match self.fault.hint() {
            hint if hint.is_empty() => Ok(()),
            hint => write!(f, "\n    help: {hint}"),
        }
    }
}

impl std::error::Error for ConfigProblem {}

/// All problems: those of the file by place, then the environment's, then those of flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblems(Vec<ConfigProblem>);

impl ConfigProblems {
    pub(super) fn new(mut problems: Vec<ConfigProblem>) -> Self {
        problems.sort_by(|a, b| a.origin.cmp(&b.origin));
        Self(problems)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigProblem> {
        self.0.iter()
    }
}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        let count = self.0.len();
        write!(
            f,
            "{count} problem{} found",
            if count == 1 { "" } else { "s" }
        )
    }
}

impl std::error::Error for ConfigProblems {}
