//! Who lives here: language, age, tastes, how busy, and whose days hold a story.

use rand::seq::{SliceRandom as _, index};
use rand::{Rng as _, RngCore as _};
use rand_chacha::ChaCha8Rng;

use super::Settings;
use super::book::Book;
use super::chance::{Chance, TRAITS, per_mille, weighted};
use super::ordinary::LOCALES;
use super::stories::Story;
use crate::domain::AgeBand;

/// What a person is like, in few bytes: there may be ten million.
#[derive(Clone, Copy)]
pub(super) struct Person {
    pub tongue: u8,
    pub age_band: AgeBand,
    pub account_age_days: u16,
    /// Chooses their city.
    pub city_draw: u32,
    /// Everyday shelves they like best.
    pub tastes: [u8; 3],
    /// The one watched shelf they buy from, as few do and no child.
    pub watched: Option<u8>,
    /// Index into the parts.
    pub part: Option<u32>,
}

/// A person's part in a story.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub person: u32,
    /// Index of the story.
    pub story: u32,
    /// Which of its combinations of wordings.
    pub combination: u64,
}

/// Age bands and how many of 100 persons have them: all persons, and those of a story that does not say.
const AGES: [(AgeBand, u32, u32); 6] = [
    (AgeBand::Unspecified, 30, 40),
    (AgeBand::Under14, 1, 0),
    (AgeBand::Under18, 4, 0),
    (AgeBand::From18, 25, 25),
    (AgeBand::From25, 33, 33),
    (AgeBand::From60, 7, 2),
];

/// All that is known before the first event.
pub(super) struct Town {
    pub settings: Settings,
    pub book: &'static Book,
    pub chance: Chance,
    /// By their numbers.
    pub people: Vec<Person>,
    /// In the order of their persons.
    pub parts: Vec<Part>,
}

impl Town {
    pub fn new(settings: &Settings, book: &'static Book) -> Self {
        let chance = Chance::new(settings.seed);
        let parts = cast(settings, book, &chance);
        let people = people(settings.persons, &parts, book, &chance);
        Self {
            settings: settings.clone(),
            book,
            chance,
            people,
            parts,
        }
    }

    /// The pseudonym of a person, the same in events and labels.
    pub fn person_id(&self, number: u32) -> String {
        format!("p-{:012x}", self.chance.opaque48(number.into()))
    }
}

/// Casts the stories: the parts in the order of their persons.
fn cast(settings: &Settings, book: &Book, chance: &Chance) -> Vec<Part> {
    let mut rng = chance.of_cast();
    let share = |per_mille: u32| (u64::from(settings.persons) * u64::from(per_mille) + 500) / 1_000;
    let crisis = share(settings.crisis_per_mille);
    let both = (crisis + share(settings.harmless_per_mille)).min(u64::from(settings.persons));
    let persons = index::sample(&mut rng, settings.persons as usize, both as usize).into_vec();
    let (in_crisis, harmless) = persons.split_at(persons.len().min(crisis as usize));
    let mut parts = play(in_crisis, true, book, &mut rng);
    parts.extend(play(harmless, false, book, &mut rng));
    parts.sort_by_key(|part| part.person);
    parts
}

/// Deals the stories of one label in turn, from the first again when all are dealt, then in other words.
fn play(persons: &[usize], crisis: bool, book: &Book, rng: &mut ChaCha8Rng) -> Vec<Part> {
    let mut stories: Vec<(usize, &Story, u64)> = book
        .stories
        .iter()
        .enumerate()
        .filter(|(_, story)| story.crisis == crisis)
        .map(|(index, story)| (index, story, rng.next_u64()))
        .collect();
    stories.shuffle(rng);
    let rounds = (0_u64..).flat_map(|round| stories.iter().map(move |story| (round, story)));
    persons
        .iter()
        .zip(rounds)
        .map(|(person, (round, (index, story, offset)))| Part {
            person: *person as u32,
            story: *index as u32,
            combination: story.combination(*offset, round),
        })
        .collect()
}

/// Everybody, in the order of their numbers.
fn people(persons: u32, parts: &[Part], book: &Book, chance: &Chance) -> Vec<Person> {
    let mut parts = parts.iter().enumerate().peekable();
    (0..persons)
        .map(|number| {
            let mut rng = chance.on(number, TRAITS);
            match parts.next_if(|(_, part)| part.person == number) {
                None => person(None, book, &mut rng),
                Some((index, part)) => {
                    let story = book.stories.get(part.story as usize);
                    Person {
                        part: Some(index as u32),
                        ..person(story, book, &mut rng)
                    }
                }
            }
        })
        .collect()
}

fn person(story: Option<&Story>, book: &Book, rng: &mut ChaCha8Rng) -> Person {
    let spoken = weighted(rng, &LOCALES.map(|(_, share)| share)) as u8;
    let tongue = story.map_or(spoken, |story| story.tongue);
    let shares = AGES.map(|(_, of_all, of_story)| if story.is_some() { of_story } else { of_all });
    let drawn = AGES[weighted(rng, &shares)].0;
    let age_band = story.and_then(|story| story.age_band).unwrap_or(drawn);
    let minor = matches!(age_band, AgeBand::Under14 | AgeBand::Under18);
    let shelves = book.tongues.get(usize::from(tongue));
    let everyday = shelves.map_or(1, |tongue| tongue.everyday.len().max(1)) as u8;
    let watched = shelves.map_or(1, |tongue| tongue.watched.len().max(1)) as u8;
    Person {
        tongue,
        age_band,
        account_age_days: rng.random_range(1..3_000),
        city_draw: rng.next_u32(),
        tastes: std::array::from_fn(|_| rng.random_range(0..everyday)),
        watched: (!minor && per_mille(rng, 300)).then(|| rng.random_range(0..watched)),
        part: None,
    }
}

/// How many ordinary events each person has, `events` in all: the nth busiest has about 1 / (n + a 25th of all), which
/// is Zipf's law with a flat head, so that nobody shops all day long. In whole numbers, for the same shares everywhere.
pub(super) fn shares(persons: u32, events: u64, chance: &Chance) -> Vec<u64> {
    let mut ranks: Vec<u32> = (1..=persons).collect();
    ranks.shuffle(&mut chance.of_ranks());
    let weight = |rank: u32| (1_u128 << 40) / u128::from(rank + persons / 25);
    let all = ranks.iter().map(|rank| weight(*rank)).sum::<u128>().max(1);
    let mut before = 0_u128;
    let mut share = |rank: u32| {
        let given = before * u128::from(events) / all;
        before += weight(rank);
        // No more than all events, which fit.
        (before * u128::from(events) / all - given) as u64
    };
    ranks.into_iter().map(&mut share).collect()
}
