//! Raw to checked settings: defaults < TOML file < environment < flags.
//!
//! A typing mistake in the settings of this service can mean that nobody listens to a person, so nothing is guessed: an
//! unknown key is an error with a suggestion, every problem is reported at once and each says where it came from. Secrets
//! come from files only; no value that looks like one is accepted, shown or repeated in a message.
//!
//! The `toml` crate parses and fills the structs. The layers are laid over each other here, in one map from dotted key to
//! value and origin: `figment` would do that, but knows the file of a value only, not its line, and stops at the first
//! problem.
//!
//! Must never read a secret while loading, or look at the process environment by itself: the caller hands it over.
//! Read next: [`keys`] for the one table of keys, [`settings`] for what comes out, then `layers`.

mod check;
mod file;
pub mod keys;
mod layers;
mod origin;
mod problem;
mod secrets;
pub mod settings;
mod show;
mod suggest;
#[cfg(test)]
mod tests;
mod value;

use std::path::Path;

use layers::Layers;

pub use keys::{Form, KeyInfo, known_keys, variable_of};
pub use origin::Origin;
pub use problem::{ConfigProblem, ConfigProblems, Fault};
pub use secrets::{Secret, ServeFiles};
pub use settings::{KafkaFormat, LogFormat, LogLevel, Rules, Settings, StartAt, StoreKind};
pub use show::show;

/// Where settings come from. No `Debug`: the environment of a process may hold anything.
#[derive(Clone, Default)]
pub struct Sources<'a> {
    /// The TOML file, if one was named; it must then be there.
    pub file: Option<&'a Path>,
    /// Variables of the environment; those that are not ours are ignored.
    pub environment: Vec<(String, String)>,
    /// Dotted key and value, from flags; of two for one key the later holds.
    pub overrides: Vec<(String, String)>,
}

/// Reads, lays over each other and checks.
///
/// Relative paths are left as they are, so they start from the working directory. An empty text for a key whose default is
/// empty means that it is not set.
///
/// # Errors
/// All problems of all sources at once.
pub fn load(sources: &Sources<'_>) -> Result<Settings, ConfigProblems> {
    let mut layers = Layers::defaults();
    if let Some(path) = sources.file {
        file::read(path, &mut layers);
    }
    layers.environment(&sources.environment);
    layers.flags(&sources.overrides);
    Settings::from_layers(layers)
}
