//! The stream of a proof, and what the oracle says must come of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use lifeguard::domain::Time;
use lifeguard::store::PersonOutcome;
use lifeguard::synth;

use crate::oracle::Oracle;
use crate::{Findings, Size};

/// Monday, 2 March 2026, midnight in China.
const START: Time = Time::from_ms(1_772_380_800_000);

/// The pack, but nobody is waited for: that somebody said nothing more is told by the clock and by how far a partition was read,
/// so it is no matter of the events alone. `tests/store.rs` shows when it is told.
pub fn pack() -> PathBuf {
    static COPY: OnceLock<PathBuf> = OnceLock::new();
    COPY.get_or_init(|| {
        let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules");
        let to = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pack-without-silence");
        drop(std::fs::remove_dir_all(&to));
        for (name, text) in lifeguard::rules::read_dir(&from, None).expect("the pack") {
            let path = to.join(&name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            let waits = |line: &&str| line.starts_with("silence:");
            let kept: Vec<&str> = text.lines().filter(|line| !waits(line)).collect();
            assert_eq!(
                kept.len() < text.lines().count(),
                name == "triage.yaml",
                "{name}"
            );
            std::fs::write(path, kept.join("\n") + "\n").expect("written");
        }
        to
    })
    .clone()
}

/// A generated stream, rich in stories.
pub fn stream(size: Size) -> Vec<String> {
    let persons = u32::try_from(size.events / 10).expect("a stream that fits");
    let settings = synth::Settings {
        seed: size.seed,
        persons: persons.max(200),
        events: size.events,
        start: START,
        days: 7,
        crisis_per_mille: 60,
        harmless_per_mille: 40,
    };
    synth::generate(&settings).expect("our own texts").collect()
}

/// What is compared for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub level: String,
    pub types: Vec<String>,
    pub first_event: Option<String>,
}

/// Persons with a case, and how many signals each known person has.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expected {
    pub cases: BTreeMap<String, Outcome>,
    pub signals: BTreeMap<String, i64>,
}

pub fn by_oracle(lines: &[String]) -> Expected {
    let oracle = Oracle::load(&pack()).expect("the oracle reads the pack");
    let verdicts = oracle
        .judge(lines.join("\n").as_bytes())
        .expect("the oracle reads the events");
    let mut expected = Expected::default();
    for v in verdicts {
        expected.signals.insert(
            v.person.clone(),
            i64::try_from(v.signals).expect("few signals"),
        );
        if let Some(first_event) = v.first_event {
            let outcome = Outcome {
                level: v.level,
                types: v.types,
                first_event: Some(first_event),
            };
            expected.cases.insert(v.person, outcome);
        }
    }
    expected
}

pub fn by_store(outcomes: Vec<PersonOutcome>) -> Expected {
    let mut expected = Expected::default();
    for o in outcomes {
        expected.signals.insert(o.person.clone(), o.signals);
        if o.first_event.is_some() {
            let types = o.types.into_iter().map(str::to_owned).collect();
            let outcome = Outcome {
                level: o.level.to_owned(),
                types,
                first_event: o.first_event,
            };
            expected.cases.insert(o.person, outcome);
        }
    }
    expected
}

/// Compares case by case and person by person; every person is a check.
pub fn compare(findings: &mut Findings, what: &str, found: &Expected, expected: &Expected) {
    for (person, outcome) in &expected.cases {
        findings.check(found.cases.get(person) == Some(outcome), || {
            format!(
                "{what}: {person}: expected {outcome:?}, found {:?}",
                found.cases.get(person)
            )
        });
    }
    for person in found.cases.keys() {
        findings.check(expected.cases.contains_key(person), || {
            format!("{what}: {person} has a case of nothing")
        });
    }
    for (person, signals) in &expected.signals {
        let stored = found.signals.get(person);
        findings.check(stored == Some(signals), || {
            format!(
                "{what}: {person}: expected {signals} signals, found {stored:?}: lost or doubled"
            )
        });
    }
    let extra = found
        .signals
        .keys()
        .filter(|p| !expected.signals.contains_key(*p))
        .count();
    findings.check(extra == 0, || {
        format!("{what}: {extra} persons are remembered for nothing")
    });
}
