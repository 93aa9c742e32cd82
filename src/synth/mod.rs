//! A marketplace that does not exist: days of shop traffic with the stories of people in crisis, and confusingly
//! harmless ones, somewhere inside, for demonstrations, load and measuring. The same settings always give the same
//! bytes. All words come from `stories.yaml` and `ordinary.yaml`; they are invented, and still none is ever logged.
//!
//! The way: `book` reads the two files once; `people` decides who lives in which language and whose days hold a
//! story; `plan` writes every event as a record of 24 bytes and sorts them by time; `stream` gives one record after the
//! other, which `scene` puts into words. So ten million events need some 400 MiB, and the words of one event at a time.
//!
//! Nothing here reads a clock, the rules or the label while it makes an event: who has a story shows in no id.

mod book;
mod chance;
mod line;
mod ordinary;
mod people;
mod plan;
mod scene;
mod stories;
mod stream;
#[cfg(test)]
mod tests;
mod yaml;

use crate::domain::Time;
use crate::domain::limits::{OCCURRED_MAX, OCCURRED_MIN};
use crate::domain::time::DAY_MS;

pub use stream::Generator;

/// Most persons of one run.
pub const PERSONS_MAX: u32 = 10_000_000;
/// Most events of one run; a plan of so many takes 2.4 GB.
pub const EVENTS_MAX: u64 = 100_000_000;
/// Stories may run so long past the window.
const OVERRUN_MS: i64 = 60 * DAY_MS;

/// What to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Same seed, same bytes.
    pub seed: u64,
    /// How many persons live here, 1 to [`PERSONS_MAX`].
    pub persons: u32,
    /// How many events, at most [`EVENTS_MAX`]. If the stories alone have more, there are as many as they have.
    pub events: u64,
    /// The first instant.
    pub start: Time,
    /// How many days of 24 hours, at least 1.
    pub days: u32,
    /// Of 1,000 persons, how many have a crisis story.
    pub crisis_per_mille: u32,
    /// Of 1,000 persons, how many have a harmless story that looks like one.
    pub harmless_per_mille: u32,
}

impl Default for Settings {
    /// A week from Monday 2026-03-02T00:00:00+08:00: 1,000 persons with 20 events each on average.
    fn default() -> Self {
        Self {
            seed: 1,
            persons: 1_000,
            events: 20_000,
            start: Time::from_ms(1_772_380_800_000),
            days: 7,
            crisis_per_mille: 20,
            harmless_per_mille: 30,
        }
    }
}

/// What is true of a person who has a story; persons without one have no label.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// The person's id in the events.
    pub person: String,
    /// The story's id in `stories.yaml`.
    pub story: String,
    /// True for a crisis, false for a harmless story.
    pub crisis: bool,
    /// The level the story's author expects: a name of [`crate::domain::Level`].
    pub expect: String,
    /// The kinds of danger: names of [`crate::domain::RiskType`].
    pub types: Vec<String>,
}

/// Why nothing can be made. Holds no text of a story.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SynthError {
    /// No persons, or too many.
    #[error("the persons must be 1 to {PERSONS_MAX}")]
    Persons,
    /// Too many events.
    #[error("the events must be at most {EVENTS_MAX}")]
    Events,
    /// The window is empty or leaves the believed times.
    #[error("the window must have at least one day and lie between 2000 and 2099")]
    Window,
    /// More story persons than persons.
    #[error("the shares of crisis and harmless stories must be at most 1000 per mille together")]
    Shares,
    /// An embedded file is not YAML.
    #[error("{file} is not YAML")]
    Yaml {
        /// Which.
        file: &'static str,
        /// What the parser says.
        source: saphyr::ScanError,
    },
    /// An embedded file has something else than it should at a place.
    #[error("{path}: {expected} expected")]
    Malformed {
        /// File and keys, such as `stories.yaml: stories[3].steps[0].chat`.
        path: String,
        /// What should be there.
        expected: &'static str,
    },
}

/// Plans a run; the words are made while iterating.
///
/// ```
/// use lifeguard::synth::{Settings, generate};
///
/// let generator = generate(&Settings { persons: 50, events: 500, ..Settings::default() })?;
/// assert_eq!(generator.total(), 500);
/// assert!(generator.into_iter().all(|line| line.starts_with("{\"eventId\":\"g1-")));
/// # Ok::<(), lifeguard::synth::SynthError>(())
/// ```
///
/// # Errors
/// Where the settings are out of range or an embedded file is broken.
pub fn generate(settings: &Settings) -> Result<Generator, SynthError> {
    check(settings)?;
    Ok(Generator::new(settings, book::book()?))
}

fn check(settings: &Settings) -> Result<(), SynthError> {
    if !(1..=PERSONS_MAX).contains(&settings.persons) {
        return Err(SynthError::Persons);
    }
    if settings.events > EVENTS_MAX {
        return Err(SynthError::Events);
    }
    let end = settings
        .start
        .plus_ms(i64::from(settings.days) * DAY_MS + OVERRUN_MS);
    if settings.days == 0 || settings.start < OCCURRED_MIN || end >= OCCURRED_MAX {
        return Err(SynthError::Window);
    }
    if settings
        .crisis_per_mille
        .saturating_add(settings.harmless_per_mille)
        > 1_000
    {
        return Err(SynthError::Shares);
    }
    Ok(())
}
