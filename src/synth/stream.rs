//! The run: plans everything, then gives one record after the other in words.

use super::book::Book;
use super::people::{Part, Town};
use super::plan::{Record, plan};
use super::{Label, Settings, scene};

/// The events of one run, in the order of `occurredAt`, each as a line of protobuf JSON without its newline.
pub struct Generator {
    town: Town,
    labels: Vec<Label>,
    records: Vec<Record>,
    /// Index of the next record.
    next: usize,
}

impl Generator {
    pub(super) fn new(settings: &Settings, book: &'static Book) -> Self {
        let town = Town::new(settings, book);
        let labels = town
            .parts
            .iter()
            .filter_map(|part| label(part, &town))
            .collect();
        let records = plan(&town);
        Self {
            town,
            labels,
            records,
            next: 0,
        }
    }

    /// What is true of the persons with a story; who is not named has none.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// How many events there are in all, whatever was taken already.
    pub fn total(&self) -> u64 {
        self.records.len() as u64
    }
}

impl std::fmt::Debug for Generator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "<generator at event {} of {}>",
            self.next,
            self.records.len()
        )
    }
}

impl Iterator for Generator {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let record = self.records.get(self.next)?;
        self.next += 1;
        let line = scene::line(&self.town, self.next, record);
        // Every record has words: each index in it was made from the list that it points into.
        debug_assert!(line.is_some(), "event {} has no words", self.next);
        line
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.records.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Generator {}

fn label(part: &Part, town: &Town) -> Option<Label> {
    let story = town.book.stories.get(part.story as usize)?;
    Some(Label {
        person: town.person_id(part.person),
        story: story.id.clone(),
        crisis: story.crisis,
        expect: story.expect.name().to_owned(),
        types: story
            .types
            .iter()
            .map(|kind| kind.name().to_owned())
            .collect(),
    })
}
