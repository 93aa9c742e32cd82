//! Every property is checked over whole runs, on the lines as they leave the house.

use std::collections::{BTreeMap, BTreeSet};

use super::book::book;
use super::stories::Told;
use super::{Generator, Settings, SynthError, generate};
use crate::domain::time::{DAY_MS, MINUTE_MS};
use crate::domain::{Event, EventKind, Time};
use crate::wire::decode_json;

fn settings() -> Settings {
    Settings {
        seed: 7,
        persons: 400,
        events: 8_000,
        ..Settings::default()
    }
}

/// Half in crisis, half harmless, and nothing else: with so many persons every story is told.
fn only_stories() -> Settings {
    Settings {
        events: 0,
        crisis_per_mille: 500,
        harmless_per_mille: 500,
        ..settings()
    }
}

fn generator(settings: &Settings) -> Generator {
    generate(settings).expect("good settings")
}

fn lines(settings: &Settings) -> Vec<String> {
    generator(settings).collect()
}

fn events(settings: &Settings) -> Vec<Event> {
    let read = |line: String| {
        let decoded = decode_json(line.as_bytes()).expect("a readable event");
        assert_eq!(decoded.unknown_fields, 0);
        decoded.event
    };
    generator(settings).map(read).collect()
}

/// What each person with a story lives through, in order. Only for runs without ordinary events.
fn lives(settings: &Settings) -> BTreeMap<String, Vec<Event>> {
    let mut lives: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in events(settings) {
        lives
            .entry(event.person.as_str().to_owned())
            .or_default()
            .push(event);
    }
    lives
}

fn words(event: &Event) -> Vec<&str> {
    match &event.kind {
        EventKind::Chat { text, .. } | EventKind::Concern { text, .. } => vec![text.reveal()],
        EventKind::Search { query } => vec![query.reveal()],
        EventKind::Browse { item, .. } => vec![item.title.reveal()],
        EventKind::Purchase {
            items,
            note,
            delivery_note,
            ..
        } => {
            let titles = items.iter().map(|item| item.title.reveal());
            titles
                .chain([note.reveal(), delivery_note.reveal()])
                .collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let first = lines(&settings());
    assert!(first == lines(&settings()));
    assert!(
        first
            != lines(&Settings {
                seed: 8,
                ..settings()
            })
    );
    assert_eq!(
        generator(&settings()).labels(),
        generator(&settings()).labels()
    );
}

#[test]
fn there_are_exactly_as_many_events_as_asked_for() {
    for (persons, events, days) in [
        (400, 8_000, 7),
        (400, 2_001, 7),
        (3, 5_000, 1),
        (1_000, 10_007, 30),
        (1, 1, 1),
        (1, 0, 1),
    ] {
        let generator = generator(&Settings {
            persons,
            events,
            days,
            ..settings()
        });
        assert_eq!(generator.total(), events, "{persons} persons, {days} days");
        assert_eq!(generator.len() as u64, events);
        assert_eq!(generator.count() as u64, events);
    }
}

#[test]
fn stories_are_told_to_the_end_even_if_there_are_more_steps_than_events() {
    let generator = generator(&Settings {
        events: 10,
        ..settings()
    });
    let steps_of = |id: &str| {
        let stories = &book().expect("readable").stories;
        stories
            .iter()
            .find(|story| story.id == id)
            .map_or(0, |story| story.steps.len())
    };
    let steps: usize = generator
        .labels()
        .iter()
        .map(|label| steps_of(&label.story))
        .sum();
    assert!(steps > 10);
    assert_eq!(generator.total(), steps as u64);
    assert_eq!(generator.count(), steps);
}

#[test]
fn every_line_is_readable_unique_in_order_and_within_the_window() {
    let settings = Settings {
        crisis_per_mille: 0,
        harmless_per_mille: 0,
        ..settings()
    };
    let events = events(&settings);
    let end = settings.start.plus_ms(7 * DAY_MS);
    assert!(events.is_sorted_by_key(|event| event.occurred_at));
    assert!(
        events
            .iter()
            .all(|e| e.occurred_at >= settings.start && e.occurred_at < end)
    );
    let ids: BTreeSet<_> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids.len(), events.len());
    assert!(
        events
            .iter()
            .all(|e| e.source.as_str() == "generator" && !e.locale.is_empty())
    );
    for event in &events {
        let unfilled = words(event).iter().any(|text| text.contains('{'));
        assert!(!unfilled, "{:?} has an unfilled slot", event.id);
    }
}

#[test]
fn an_order_keeps_its_person_goods_and_shop_and_no_two_persons_share_one() {
    let mut orders = BTreeMap::new();
    for event in events(&settings()) {
        if let EventKind::Purchase {
            order,
            merchant,
            items,
            ..
        } = event.kind
        {
            let content = (event.person, merchant, format!("{items:?}"));
            let known = orders.entry(order).or_insert_with(|| content.clone());
            assert!(*known == content);
        }
    }
    assert!(orders.len() > 200);
}

#[test]
fn labels_name_the_asked_share_of_persons_and_ids_say_nothing() {
    let settings = Settings {
        persons: 1_000,
        ..settings()
    };
    let generator = generator(&settings);
    let crisis = generator
        .labels()
        .iter()
        .filter(|label| label.crisis)
        .count();
    assert_eq!((crisis, generator.labels().len()), (20, 50));
    let persons: BTreeSet<_> = generator
        .labels()
        .iter()
        .map(|label| &label.person)
        .collect();
    assert_eq!(persons.len(), 50);
    for label in generator.labels() {
        let digits = label.person.strip_prefix("p-").expect("a prefix");
        assert!(digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(label.crisis, !label.types.is_empty(), "{}", label.story);
    }
    let json = serde_json::to_string(&generator.labels()[0]).expect("plain data");
    assert!(json.starts_with("{\"person\":\"p-"));
}

#[test]
fn persons_with_a_story_also_shop() {
    let settings = settings();
    let told: BTreeSet<_> = generator(&settings)
        .labels()
        .iter()
        .map(|label| label.person.clone())
        .collect();
    let all = events(&settings);
    let theirs = all
        .iter()
        .filter(|event| told.contains(event.person.as_str()))
        .count();
    let steps = generator(&Settings {
        events: 0,
        ..settings
    })
    .total() as usize;
    assert!(theirs > steps + told.len());
}

#[test]
fn every_story_is_told_with_its_steps_at_their_times() {
    let settings = only_stories();
    let lives = lives(&settings);
    let stories = &book().expect("readable").stories;
    let mut seen = BTreeSet::new();
    for label in generator(&settings).labels() {
        let story = stories
            .iter()
            .find(|story| story.id == label.story)
            .expect("known");
        let life = &lives[&label.person];
        let start = life[0].occurred_at;
        let at = |time: Time| time.since_ms(start);
        let times: Vec<i64> = life.iter().map(|event| at(event.occurred_at)).collect();
        let stated: Vec<i64> = story.steps.iter().map(|step| step.at_ms).collect();
        assert_eq!(times, stated, "{}", story.id);
        for (event, step) in life.iter().zip(&story.steps) {
            assert!(
                same_kind(event, &step.told),
                "{} tells something else",
                story.id
            );
        }
        seen.insert(&story.id);
    }
    assert_eq!(seen.len(), stories.len());
}

fn same_kind(event: &Event, told: &Told) -> bool {
    matches!(
        (&event.kind, told),
        (EventKind::Chat { .. }, Told::Chat { .. })
            | (EventKind::Search { .. }, Told::Search { .. })
            | (EventKind::Browse { .. }, Told::Browse { .. })
            | (EventKind::Purchase { .. }, Told::Purchase(_))
            | (EventKind::Logistics { .. }, Told::Logistics { .. })
            | (EventKind::Concern { .. }, Told::Concern { .. })
    )
}

#[test]
fn a_story_fits_into_the_window_if_it_can_and_else_begins_on_the_first_day() {
    let settings = only_stories();
    let window_ms = 7 * DAY_MS;
    for (person, life) in lives(&settings) {
        let [first, .., last] = life.as_slice() else {
            panic!("{person} has one step only")
        };
        let begins_ms = first.occurred_at.since_ms(settings.start);
        let length_ms = last.occurred_at.since_ms(first.occurred_at);
        assert!(begins_ms >= 0);
        if length_ms < window_ms {
            assert!(begins_ms + length_ms < window_ms);
        } else {
            assert!(begins_ms < DAY_MS);
        }
    }
}

#[test]
fn a_story_that_comes_again_is_told_in_other_words_until_none_are_left() {
    for story in &book().expect("readable").stories {
        let rounds = story.combinations.min(12);
        let told: BTreeSet<_> = (0..rounds)
            .map(|nth| story.combination(u64::MAX, nth))
            .collect();
        assert_eq!(told.len() as u64, rounds, "{}", story.id);
    }
}

#[test]
fn steps_at_one_time_follow_each_other_closely() {
    let stories = &book().expect("readable").stories;
    let story = stories
        .iter()
        .find(|s| s.id == "zh-intent-breakup-05")
        .expect("known");
    let minutes: Vec<i64> = story
        .steps
        .iter()
        .map(|step| step.at_ms / MINUTE_MS)
        .collect();
    assert_eq!(minutes, [0, 300, 300, 360, 360]);
    assert!(story.steps.is_sorted_by(|a, b| a.at_ms < b.at_ms));
}

#[test]
fn evenings_are_busy_and_nights_quiet() {
    let mut hours = [0_u32; 24];
    for event in events(&Settings {
        events: 20_000,
        ..settings()
    }) {
        let local_ms = event.occurred_at.ms() + 8 * 3_600_000;
        hours[(local_ms.rem_euclid(DAY_MS) / 3_600_000) as usize] += 1;
    }
    let mean = |of: &[u32]| of.iter().sum::<u32>() / of.len() as u32;
    assert!(mean(&hours[19..23]) > 5 * mean(&hours[2..6]));
}

#[test]
fn settings_out_of_range_are_refused() {
    let good = settings();
    for (settings, error) in [
        (
            Settings {
                persons: 0,
                ..good.clone()
            },
            SynthError::Persons,
        ),
        (
            Settings {
                events: u64::MAX,
                ..good.clone()
            },
            SynthError::Events,
        ),
        (
            Settings {
                days: 0,
                ..good.clone()
            },
            SynthError::Window,
        ),
        (
            Settings {
                start: Time::from_ms(0),
                ..good.clone()
            },
            SynthError::Window,
        ),
        (
            Settings {
                crisis_per_mille: 990,
                ..good.clone()
            },
            SynthError::Shares,
        ),
    ] {
        assert_eq!(generate(&settings).err(), Some(error));
    }
}

#[test]
fn a_broken_story_file_says_where_and_not_what() {
    let tongues = &book().expect("readable").tongues;
    let told = "stories:\n- {id: a, locale: en, label: crisis, expect: HIGH, types: [], steps: [\
                {at: 0m, chat: {sender: NOBODY, text: [a secret]}}]}";
    let error = super::stories::load(told, tongues)
        .err()
        .expect("refused")
        .to_string();
    assert_eq!(
        error,
        "stories.yaml: stories[0] steps[0] chat sender: a sender expected"
    );
    let error = super::stories::load("stories: [", tongues)
        .err()
        .expect("refused");
    assert!(matches!(
        error,
        SynthError::Yaml {
            file: "stories.yaml",
            ..
        }
    ));
}
