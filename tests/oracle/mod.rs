//! A second reading of rules/README.md: slow, plain, and sharing no code with the engine, so that
//! the two can be held against each other. It forgets nothing, keeps no clock and knows nobody who
//! closes a case; every question is answered from all remembered signals of a person, and the events that
//! they came from.
//!
//! Include it with `#[path = "…/oracle/mod.rs"] mod oracle;`.

pub mod bare;
pub mod condition;
pub mod disguise;
pub mod english;
pub mod event;
pub mod fold;
pub mod grammar;
pub mod guise;
pub mod looks;
pub mod matching;
pub mod pack;
pub mod pieces;
pub mod reading;
mod regexes;
pub mod script;
pub mod signals;
pub mod sound;
pub mod story;
pub mod tables;
pub mod terms;
pub mod texts;
pub mod together;
pub mod triage;
pub mod trie;
pub mod units;
pub mod view;
pub mod yaml;

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
use std::path::Path;

use event::Event;
use matching::{Guise, Span};
use pack::Pack;
use story::{ELEVATED, Episode};
use triage::{LEVELS, TYPES};
use view::{Moment, Spans};

/// What must be concluded of one person after the last event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub person: String,
    pub level: String,
    /// In the order in which the specification lists them.
    pub types: Vec<String>,
    /// The id of the event after whose handling a case stood open.
    pub first_event: Option<String>,
    pub intent: u8,
    pub means: u8,
    pub harm: u8,
    /// How many pairs of event and signal are remembered.
    pub signals: usize,
}

/// How one event left its person's episode, in the order of the fold; for finding out where two
/// readings part.
#[derive(Debug, Clone)]
pub struct Step {
    pub event: String,
    pub signals: Vec<String>,
    /// The view in which each of the signals was seen.
    pub guises: Vec<Guise>,
    /// Where each of them was seen.
    pub spans: Vec<Spans>,
    pub episode: Episode,
}

#[derive(Default)]
struct Person {
    /// In the order of the fold.
    moments: Vec<Moment>,
    opened_by: Option<String>,
}

pub struct Oracle {
    pub pack: Pack,
}

impl Oracle {
    pub fn load(pack: &Path) -> Result<Oracle, String> {
        Pack::load(pack).map(|pack| Oracle { pack })
    }

    /// Reads events in the order of their arrival; a verdict for every person with a signal, sorted
    /// by person.
    pub fn judge<R: BufRead>(&self, events: R) -> Result<Vec<Verdict>, String> {
        let mut verdicts = Vec::new();
        for (person, state) in self.remember(events)? {
            let Some(last) = story::fold(&self.pack, &state.moments)?.pop() else {
                continue;
            };
            verdicts.push(Verdict {
                person,
                level: LEVELS[usize::from(last.level)].to_owned(),
                types: last
                    .types
                    .iter()
                    .map(|kind| TYPES[*kind].to_owned())
                    .collect(),
                first_event: state.opened_by,
                intent: last.intent,
                means: last.means,
                harm: last.harm,
                signals: state
                    .moments
                    .iter()
                    .map(|moment| moment.signals.len())
                    .sum(),
            });
        }
        Ok(verdicts)
    }

    /// The story of one person, event by event.
    pub fn explain<R: BufRead>(&self, events: R, person: &str) -> Result<Vec<Step>, String> {
        let people = self.remember(events)?;
        let Some(state) = people.get(person) else {
            return Ok(Vec::new());
        };
        let names: HashMap<usize, &String> = self
            .pack
            .signals
            .iter()
            .map(|(name, number)| (*number, name))
            .collect();
        let episodes = story::fold(&self.pack, &state.moments)?;
        let step = |(moment, episode): (&Moment, Episode)| Step {
            event: moment.event.id.clone(),
            signals: moment
                .signals
                .iter()
                .map(|signal| names[&signal.id].clone())
                .collect(),
            guises: moment.signals.iter().map(|signal| signal.guise()).collect(),
            spans: moment
                .signals
                .iter()
                .map(|signal| signal.spans.clone())
                .collect(),
            episode,
        };
        Ok(state.moments.iter().zip(episodes).map(step).collect())
    }

    /// The folded view of a text, and the raw character that each folded one came from.
    pub fn fold(&self, text: &str) -> (String, Vec<usize>) {
        let folded = self.pack.folder.fold(text);
        (folded.text(), folded.raw)
    }

    /// The raw spans of a text signal's hits that no guard excuses, in a text of any field.
    pub fn hits(&self, signal: &str, text: &str) -> Vec<Span> {
        self.sights(signal, text).into_keys().collect()
    }

    /// The same spans, each with the view in which it is seen.
    pub fn sights(&self, signal: &str, text: &str) -> BTreeMap<Span, Guise> {
        let number = self.pack.signals.get(signal);
        let Some(signal) = self.pack.texts.iter().find(|text| Some(&text.id) == number) else {
            return BTreeMap::new();
        };
        signals::readable(&self.pack, text).hits(&signal.phrases)
    }

    fn remember<R: BufRead>(&self, events: R) -> Result<BTreeMap<String, Person>, String> {
        let mut people: BTreeMap<String, Person> = BTreeMap::new();
        let mut seen: HashMap<(String, String), Vec<Event>> = HashMap::new();
        for line in events.split(b'\n') {
            let line = line.map_err(|e| e.to_string())?;
            let Some(event) = event::read(&line) else {
                continue;
            };
            let contents = seen
                .entry((event.source.clone(), event.id.clone()))
                .or_default();
            if contents.contains(&event) {
                continue;
            }
            contents.push(event.clone());
            let person = people.entry(event.person.clone()).or_default();
            let moment = signals::of_event(&self.pack, &event, &person.moments);
            if !moment.signals.is_empty() {
                self.take(person, moment)?;
            }
        }
        Ok(people)
    }

    /// An open case stays open and its first event stays the first, so the fold is asked only until
    /// then.
    fn take(&self, person: &mut Person, moment: Moment) -> Result<(), String> {
        let id = moment.event.id.clone();
        let place = person
            .moments
            .partition_point(|earlier| earlier.key() < moment.key());
        person.moments.insert(place, moment);
        if person.opened_by.is_none() {
            let episodes = story::fold(&self.pack, &person.moments)?;
            if episodes
                .last()
                .is_some_and(|episode| episode.level >= ELEVATED)
            {
                person.opened_by = Some(id);
            }
        }
        Ok(())
    }
}
