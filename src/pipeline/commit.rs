//! Screened events through the one transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::screen::{Screened, Walk, candidate};
use crate::cases::Verdict;
use crate::domain::{Event, PersonId, Time};
use crate::matcher::{Matcher, Scratch};
use crate::store::{
    Batch, BatchItem, BatchOutcome, ItemOutcome, Judging, Lane, LaneAdvance, QuarantineItem, Store,
    StoreError,
};
use crate::telemetry;

/// What became of one event.
#[derive(Clone, Debug)]
pub enum Fate {
    /// No signal, nothing stored.
    Ordinary,
    /// Judged.
    Evaluated(Box<Verdict>),
    /// A repeat; with what is now thought of the person.
    Duplicate(Box<Verdict>),
    /// Set aside, with the reason.
    Quarantined(String),
}

/// Another node owns a lane of the batch now; read where it stands and go on from there.
#[derive(Debug, thiserror::Error)]
#[error("lane {0} has another owner")]
pub struct Fenced(pub String);

/// Waits that are looked at in one batch.
const SILENCES_MAX: u32 = 256;
const WAIT_MIN: Duration = Duration::from_millis(50);
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Takes batches through the transaction, one at a time: on one node commits would only wait for each other's generation.
#[derive(Debug)]
pub struct Committer {
    store: Store,
    /// The walk of the rule set in force; a batch keeps the one that it began with.
    walk: ArcSwap<Walk>,
    alone: Mutex<()>,
}

impl Committer {
    /// For one walk over one store. Reads who is active.
    ///
    /// # Errors
    /// The store's.
    pub async fn new(store: Store, walk: Arc<Walk>) -> Result<Self, StoreError> {
        let committer = Self {
            store,
            walk: ArcSwap::new(walk),
            alone: Mutex::new(()),
        };
        committer.refresh().await?;
        Ok(committer)
    }

    /// The walk of the rule set in force.
    pub fn walk(&self) -> Arc<Walk> {
        self.walk.load_full()
    }

    /// Puts another rule set in force, between two batches: whatever was found by the one before it is judged by the new
    /// one. The store has it in its log before it counts.
    ///
    /// # Errors
    /// The store's; then the one before stays.
    pub async fn adopt(&self, matcher: Matcher, now: Time) -> Result<(), StoreError> {
        let _alone = self.alone.lock().await;
        self.store.activate(matcher.rules(), now).await?;
        let active = self.walk().active().clone();
        self.walk.store(Arc::new(Walk::new(matcher, active)));
        Ok(())
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        let walk = self.walk();
        let active = walk.active();
        let (generation, persons) = self.store.activated_since(active.generation()).await?;
        for (person, latest) in &persons {
            active.insert(person);
            // No sentence of theirs was opened later; whether one was is for the transaction to say.
            active.opened(person, *latest);
            active.spoke(person, *latest);
        }
        active.seen(generation);
        Ok(())
    }

    /// Commits events in order and moves lanes on. Comes back only when all of it is durable.
    ///
    /// # Errors
    /// A lane has another owner; nothing was done.
    pub async fn commit(
        &self,
        events: &[(Option<Lane>, Screened)],
        advances: Vec<LaneAdvance>,
    ) -> Result<Vec<Fate>, Fenced> {
        let _alone = self.alone.lock().await;
        let walk = self.walk();
        let mut set_aside: Vec<Option<QuarantineItem>> = vec![None; events.len()];
        let mut wait = WAIT_MIN;
        loop {
            let (places, mut batch) = self.batch(&walk, events, &set_aside, &advances);
            if batch.items.is_empty()
                && batch.advances.is_empty()
                && !self.must_check_generation(events)
            {
                return Ok(fates(events, &set_aside, &places, Vec::new()));
            }
            batch.generation = walk.active().generation();
            let batch = Arc::new(batch);
            let started = Instant::now();
            match self.store.commit(batch.clone(), judging(&walk)).await {
                Ok(BatchOutcome { items, generation }) => {
                    telemetry::store_waiting(false);
                    telemetry::committed(items.len(), started.elapsed().as_secs_f64());
                    walk.active().seen(generation);
                    return Ok(fates(events, &set_aside, &places, items));
                }
                Err(StoreError::Fenced(lane)) => {
                    telemetry::commit_redone("fenced");
                    return Err(Fenced(lane));
                }
                Err(StoreError::StaleFilter) => {
                    telemetry::commit_redone("stale filter");
                    if let Err(error) = self.refresh().await {
                        self.pause(&error, &mut wait).await;
                    }
                }
                Err(error) if error.is_event_fault() => {
                    telemetry::commit_redone("event fault");
                    if let Some(culprit) = self.culprit(&walk, &batch).await {
                        set_aside[places[culprit]] =
                            Some(aside(&events[places[culprit]].1, &error));
                    } else {
                        self.pause(&error, &mut wait).await;
                    }
                }
                Err(error) => self.pause(&error, &mut wait).await,
            }
        }
    }

    /// Judges whoever said that they are in danger and then nothing more, where the wait for them has ended by now; comes
    /// back with what became of it, once all of it is durable.
    ///
    /// # Errors
    /// The store's; those not yet judged are found again.
    pub async fn hear_silences(&self, now: Time) -> Result<Vec<(PersonId, Fate)>, StoreError> {
        let due = self.store.silences(now, SILENCES_MAX).await?;
        let persons: Vec<PersonId> = due.iter().map(|c| c.person.clone()).collect();
        let events: Vec<(Option<Lane>, Screened)> = due
            .into_iter()
            .map(|candidate| (None, Screened::IfKnown(Box::new(candidate))))
            .collect();
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let fates = match self.commit(&events, Vec::new()).await {
            Ok(fates) => fates,
            Err(Fenced(lane)) => return Err(StoreError::Fenced(lane)),
        };
        Ok(persons.into_iter().zip(fates).collect())
    }

    /// Only a store that other nodes write to can know of persons that this node has not seen.
    fn must_check_generation(&self, events: &[(Option<Lane>, Screened)]) -> bool {
        self.store.dialect() == "postgres"
            && events
                .iter()
                .any(|(_, e)| matches!(e, Screened::IfKnown(_) | Screened::NothingYet(..)))
    }

    async fn pause(&self, error: &StoreError, wait: &mut Duration) {
        telemetry::store_waiting(true);
        tracing::error!(%error, wait_ms = wait.as_millis() as u64, "the store failed; nothing is acknowledged until it answers");
        tokio::time::sleep(*wait).await;
        *wait = (*wait * 2).min(WAIT_MAX);
    }

    /// The items of a batch, and for each its place among the events.
    fn batch(
        &self,
        walk: &Walk,
        events: &[(Option<Lane>, Screened)],
        set_aside: &[Option<QuarantineItem>],
        advances: &[LaneAdvance],
    ) -> (Vec<usize>, Batch) {
        let mut advances = advances.to_vec();
        let (mut places, mut items) = (Vec::new(), Vec::new());
        let mut scratch = Scratch::default();
        for (place, (lane, event)) in events.iter().enumerate() {
            if let (Some(at), Some(advance)) = (
                event.happened_at(),
                advances.iter_mut().find(|a| Some(&a.lane) == lane.as_ref()),
            ) {
                advance.newest = advance.newest.max(at);
            }
            // Somebody else may have learnt of this person meanwhile.
            let again = match event {
                Screened::NothingYet(event, arrived_at, who)
                    if walk.who(event, *arrived_at) > *who
                        || walk.waited_for(event, *arrived_at) =>
                {
                    let event = Event::clone(event);
                    Some(walk.screen(event, *arrived_at, false, &mut scratch))
                }
                _ => None,
            };
            let item = match (&set_aside[place], again.as_ref().unwrap_or(event)) {
                (Some(aside), _) => BatchItem::Quarantine(Box::new(aside.clone())),
                (None, Screened::Candidate(candidate)) => BatchItem::Candidate(candidate.clone()),
                (None, Screened::IfKnown(candidate))
                    if walk.active().may_contain(&candidate.person) =>
                {
                    BatchItem::Candidate(candidate.clone())
                }
                (None, Screened::Quarantine(item)) => BatchItem::Quarantine(item.clone()),
                (None, Screened::Ordinary(_) | Screened::NothingYet(..) | Screened::IfKnown(_)) => {
                    if let Some(advance) =
                        advances.iter_mut().find(|a| Some(&a.lane) == lane.as_ref())
                    {
                        advance.ordinary += 1;
                    }
                    continue;
                }
            };
            places.push(place);
            items.push((lane.clone(), item));
        }
        (
            places,
            Batch {
                items,
                advances,
                trial: false,
                generation: 0,
            },
        )
    }

    /// The item whose presence makes the batch fail: the last of the shortest beginning that fails.
    async fn culprit(&self, walk: &Arc<Walk>, batch: &Batch) -> Option<usize> {
        let (mut good, mut bad) = (0, batch.items.len());
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            match self.trial(walk, batch, middle).await {
                Err(StoreError::Tried) => good = middle,
                Err(error) if error.is_event_fault() => bad = middle,
                // The store itself fails now; the caller waits and begins again.
                _ => return None,
            }
        }
        (bad > 0).then(|| bad - 1)
    }

    async fn trial(
        &self,
        walk: &Arc<Walk>,
        batch: &Batch,
        items: usize,
    ) -> Result<BatchOutcome, StoreError> {
        let trial = Batch {
            items: batch.items[..items].to_vec(),
            advances: Vec::new(),
            trial: true,
            generation: batch.generation,
        };
        self.store.commit(Arc::new(trial), judging(walk)).await
    }
}

/// What the transaction judges with.
fn judging(walk: &Arc<Walk>) -> Judging {
    let rules = walk.matcher().rules().clone();
    let walk = walk.clone();
    Judging {
        rules,
        read_together: Arc::new(move |before, own| walk.read_together(before, own)),
    }
}

/// A candidate that the store or the judging refuses, as a quarantine item without its words: those are in the broker or
/// with the sender, and its key leads there.
fn aside(event: &Screened, error: &StoreError) -> QuarantineItem {
    let (origin, bytes, received_at) = match event {
        Screened::Candidate(c) | Screened::IfKnown(c) => (
            format!("{}/{}", c.key.source.as_str(), c.key.event.as_str()),
            c.texts
                .iter()
                .flat_map(|(_, text)| text.reveal().as_bytes().to_vec())
                .collect(),
            c.arrived_at,
        ),
        Screened::Quarantine(item) => (item.origin.clone(), item.bytes.clone(), item.received_at),
        // Its words are kept as well: it was looked at again, and that failed.
        Screened::NothingYet(event, arrived_at, _) => {
            let again = candidate(Event::clone(event), Vec::new(), *arrived_at);
            return aside(&Screened::IfKnown(Box::new(again)), error);
        }
        Screened::Ordinary(_) => (String::new(), Vec::new(), Time::default()),
    };
    QuarantineItem {
        origin,
        reason: error.to_string(),
        urgent: true,
        bytes,
        received_at,
    }
}

fn fates(
    events: &[(Option<Lane>, Screened)],
    set_aside: &[Option<QuarantineItem>],
    places: &[usize],
    outcomes: Vec<ItemOutcome>,
) -> Vec<Fate> {
    let mut fates: Vec<Fate> = events.iter().map(|_| Fate::Ordinary).collect();
    for (place, outcome) in places.iter().zip(outcomes) {
        fates[*place] = match outcome {
            ItemOutcome::Judged(verdict) if verdict.duplicate => Fate::Duplicate(verdict),
            ItemOutcome::Judged(verdict) => {
                if let Some((_, true)) = verdict.case {
                    telemetry::case_opened(verdict.assessment.level().name());
                }
                Fate::Evaluated(verdict)
            }
            ItemOutcome::Quarantined => {
                Fate::Quarantined(match (&set_aside[*place], &events[*place].1) {
                    (Some(item), _) => item.reason.clone(),
                    (None, Screened::Quarantine(item)) => item.reason.clone(),
                    _ => String::new(),
                })
            }
        };
    }
    fates
}
