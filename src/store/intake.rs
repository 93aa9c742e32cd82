//! The one transaction: a batch of events becomes signals, cases, tasks, holds, notices, audit leaves and an offset, all
//! or nothing.
//!
//! Order of locks, always: persons in sorted order, their case, then the lane. Reads of what a person has done come after
//! the lock on their row. Nothing of a person is written unless an event of theirs has a signal of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use prost::Message as _;

use super::conn::{Bulk, Cell, Conn};
use super::keys::{DataKey, MasterKey};
use super::rows::{self, CASE_COLUMNS, SIGNAL_COLUMNS, texts_from};
use super::{Store, StoreError, Work};
use crate::assess::{Episode, HORIZON_MS, outlives_a_case};
use crate::audit::Record;
use crate::cases::ids::IdKey;
use crate::cases::silence::{Waiting, silence};
use crate::cases::{
    Candidate, Case, CaseChange, Effects, PersonRecord, Piece, ReadTogether, Verdict, handle,
};
use crate::domain::limits::{PIECES_MS, SIGNALS_READ_MAX, believed};
use crate::domain::time::DAY_MS;
use crate::domain::{
    EventKey, Field, Needs, Notice, NoticeBody, PersonId, PersonText, Signal, Time, signal::engine,
};
use crate::rules::Ruleset;
use crate::text::piece_of;

/// Quarantined bytes must be looked at within this time.
pub const QUARANTINE_DUE_MS: i64 = 30 * DAY_MS;

/// A road on which events come: a Kafka partition, or a door of this process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(pub String);

/// How a batch moves its lane on, in the same transaction.
#[derive(Clone, Debug)]
pub struct LaneAdvance {
    /// Which.
    pub lane: Lane,
    /// The owner's number; rises with every assignment, so that a zombie's commit changes no row.
    pub epoch: i64,
    /// The offset before this batch.
    pub from: i64,
    /// The offset after it.
    pub to: i64,
    /// Events that ended at the matcher.
    pub ordinary: i64,
    /// Offsets that hold no event: control records and what compaction or retention took.
    pub gaps: i64,
    /// The newest event of this batch, by the events' own times.
    pub newest: Time,
}

/// What a lane has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneState {
    /// Which.
    pub lane: Lane,
    /// The offset it began at.
    pub start_at: i64,
    /// The next offset to read.
    pub applied: i64,
    /// The owner's number.
    pub epoch: i64,
    /// Evaluated events.
    pub evaluated: i64,
    /// Repeats.
    pub duplicates: i64,
    /// Set aside.
    pub quarantined: i64,
    /// Offsets without an event.
    pub gaps: i64,
}

/// An event that could not be judged.
#[derive(Clone, Debug)]
pub struct QuarantineItem {
    /// Made from where it came from, so that it is set aside once.
    pub origin: String,
    /// Why, without content.
    pub reason: String,
    /// True where a scan of its raw bytes found signs of the highest kind.
    pub urgent: bool,
    /// The bytes as they came; sealed when they are stored.
    pub bytes: Vec<u8>,
    /// When they came.
    pub received_at: Time,
}

/// One event of a batch.
#[derive(Clone, Debug)]
pub enum BatchItem {
    /// To be judged.
    Candidate(Box<Candidate>),
    /// To be set aside.
    Quarantine(Box<QuarantineItem>),
}

/// Events to commit together, in order.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The events, each with the lane it came by, for Kafka.
    pub items: Vec<(Option<Lane>, BatchItem)>,
    /// The lanes to move on, for Kafka.
    pub advances: Vec<LaneAdvance>,
    /// True: do everything, then take it back; to find the event that makes a batch fail.
    pub trial: bool,
    /// The generation of activations that the sender's filter has seen.
    pub generation: i64,
}

/// What became of one event.
#[derive(Clone, Debug)]
pub enum ItemOutcome {
    /// Judged, or found to be a repeat.
    Judged(Box<Verdict>),
    /// Set aside.
    Quarantined,
}

/// What became of a batch.
#[derive(Clone, Debug)]
pub struct BatchOutcome {
    /// One for each item, in order.
    pub items: Vec<ItemOutcome>,
    /// The generation after it.
    pub generation: i64,
}

/// What a batch is judged with.
#[derive(Clone)]
pub struct Judging {
    /// The rule set.
    pub rules: Arc<Ruleset>,
    /// Finds what shows only where texts are read together.
    pub read_together: Arc<ReadTogether<'static>>,
}

struct Means<'a> {
    rules: &'a Ruleset,
    read_together: &'a ReadTogether<'static>,
    ids: IdKey,
    master: &'a MasterKey,
}

impl Store {
    /// Commits a batch. After `Ok` everything in it is durable.
    ///
    /// # Errors
    /// Nothing of it was done. [`StoreError::is_event_fault`] tells whether an event is to blame.
    pub async fn commit(
        &self,
        batch: Arc<Batch>,
        judging: Judging,
    ) -> Result<BatchOutcome, StoreError> {
        let ids = self.id_key_held()?;
        let master = self.master.clone();
        let work: Work<BatchOutcome> = Arc::new(move |conn| {
            let (batch, judging, master) = (batch.clone(), judging.clone(), master.clone());
            Box::pin(async move {
                let means = Means {
                    rules: &judging.rules,
                    read_together: &*judging.read_together,
                    ids,
                    master: &master,
                };
                commit(conn, &batch, &means).await
            })
        });
        self.transaction(work).await
    }

    /// Makes a rule set the one in force.
    ///
    /// # Errors
    /// The store's.
    pub async fn activate(&self, rules: &Ruleset, now: Time) -> Result<(), StoreError> {
        let (hash, name, version) = (
            rules.hash.to_string(),
            rules.name.clone(),
            rules.version.clone(),
        );
        let work: Work<()> = Arc::new(move |conn| {
            let (hash, name, version) = (hash.clone(), name.clone(), version.clone());
            Box::pin(async move {
                let sql = "SELECT hash FROM rulesets WHERE in_force = 1 AND hash = $1";
                if !conn.query(sql, &[hash.as_str().into()]).await?.is_empty() {
                    return Ok(());
                }
                conn.execute("UPDATE rulesets SET in_force = 0", &[])
                    .await?;
                let sql = "INSERT INTO rulesets (hash, name, version, activated_at, in_force)
                           VALUES ($1, $2, $3, $4, 1)
                           ON CONFLICT (hash) DO UPDATE SET in_force = 1, activated_at = excluded.activated_at";
                conn.execute(
                    sql,
                    &[
                        hash.as_str().into(),
                        name.into(),
                        version.into(),
                        now.ms().into(),
                    ],
                )
                .await?;
                write_leaves(conn, &[Record::system(now, "rules.activate", None, &hash)]).await
            })
        });
        self.transaction(work).await
    }

    /// Takes a lane: raises its epoch and tells where to go on. A new lane begins at `start_at`.
    ///
    /// # Errors
    /// The store's.
    pub async fn take_lane(&self, lane: &Lane, start_at: i64) -> Result<LaneState, StoreError> {
        let lane = lane.clone();
        let work: Work<LaneState> = Arc::new(move |conn| {
            let lane = lane.clone();
            Box::pin(async move {
                let sql = "INSERT INTO lanes (lane, start_at, applied, epoch, evaluated, duplicates, quarantined, gaps)
                           VALUES ($1, $2, $2, 0, 0, 0, 0, 0) ON CONFLICT (lane) DO NOTHING";
                conn.execute(sql, &[lane.0.as_str().into(), start_at.into()])
                    .await?;
                conn.execute(
                    "UPDATE lanes SET epoch = epoch + 1 WHERE lane = $1",
                    &[lane.0.as_str().into()],
                )
                .await?;
                let states = lanes(conn, Some(&lane)).await?;
                states
                    .into_iter()
                    .next()
                    .ok_or(StoreError::Damaged("the lane is gone"))
            })
        });
        self.transaction(work).await
    }

    /// Begins a lane anew after its topic was made anew: offsets start at `start_at`, counts go on from nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn restart_lane(&self, lane: &Lane, start_at: i64) -> Result<(), StoreError> {
        let lane = lane.clone();
        let work: Work<()> = Arc::new(move |conn| {
            let lane = lane.clone();
            Box::pin(async move {
                let sql = "UPDATE lanes SET start_at = $2, applied = $2, evaluated = 0, duplicates = 0, quarantined = 0,
                           gaps = 0 WHERE lane = $1";
                conn.execute(sql, &[lane.0.as_str().into(), start_at.into()])
                    .await?;
                Ok(())
            })
        });
        self.transaction(work).await
    }

    /// Waits that have ended by now without a sign of their person, oldest first, each as the event to be judged.
    ///
    /// # Errors
    /// The store's.
    pub async fn silences(&self, now: Time, most: u32) -> Result<Vec<Candidate>, StoreError> {
        let work: Work<Vec<Candidate>> = Arc::new(move |conn| {
            Box::pin(async move {
                let sql = "SELECT p.person, p.waited_until FROM persons p LEFT JOIN lanes l ON l.lane = p.waited_lane
                           WHERE p.waited_until IS NOT NULL AND p.waited_until <= $1
                           AND (p.waited_at_most <= $1 OR l.read_until > p.waited_until)
                           ORDER BY p.waited_until LIMIT $2";
                let rows = conn
                    .query(sql, &[now.ms().into(), i64::from(most).into()])
                    .await?;
                rows.into_iter()
                    .map(|mut row| {
                        let person = PersonId::new(row.text()?);
                        Ok(silence(person, Time::from_ms(row.int()?), now))
                    })
                    .collect()
            })
        });
        self.transaction(work).await
    }

    /// What every lane has done.
    ///
    /// # Errors
    /// The store's.
    pub async fn lanes(&self) -> Result<Vec<LaneState>, StoreError> {
        self.transaction(Arc::new(|conn| Box::pin(lanes(conn, None))))
            .await
    }

    /// Persons activated after `seen`, each with the time of their latest signal, and the generation that they lead up to.
    /// Who opens a sentence is activated again, so that every node knows that it may go on.
    ///
    /// # Errors
    /// The store's.
    pub async fn activated_since(
        &self,
        seen: i64,
    ) -> Result<(i64, Vec<(PersonId, Time)>), StoreError> {
        let work: Work<(i64, Vec<(PersonId, Time)>)> = Arc::new(move |conn| {
            Box::pin(async move {
                // The generation first: a person who comes later is read twice, never missed.
                let generation = generation(conn).await?;
                let sql = "SELECT p.person, (SELECT max(s.occurred_at) FROM signals s WHERE s.person = p.person)
                           FROM persons p WHERE p.activated > $1";
                let rows = conn.query(sql, &[seen.into()]).await?;
                let persons = rows
                    .into_iter()
                    .map(|mut row| {
                        let person = PersonId::new(row.text()?);
                        let latest = row.int_or_null()?.unwrap_or_default();
                        Ok::<_, StoreError>((person, Time::from_ms(latest)))
                    })
                    .collect::<Result<_, _>>()?;
                Ok((generation, persons))
            })
        });
        self.transaction(work).await
    }
}

async fn generation(conn: &mut dyn Conn) -> Result<i64, StoreError> {
    let rows = conn
        .query("SELECT generation FROM activations WHERE id = 1", &[])
        .await?;
    rows.into_iter()
        .next()
        .ok_or(StoreError::Damaged("no generation"))?
        .int()
}

async fn lanes(conn: &mut dyn Conn, one: Option<&Lane>) -> Result<Vec<LaneState>, StoreError> {
    let sql =
        "SELECT lane, start_at, applied, epoch, evaluated, duplicates, quarantined, gaps FROM lanes
               WHERE lane = $1 OR $1 = '' ORDER BY lane";
    let rows = conn
        .query(sql, &[one.map_or("", |l| l.0.as_str()).into()])
        .await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(LaneState {
                lane: Lane(row.text()?),
                start_at: row.int()?,
                applied: row.int()?,
                epoch: row.int()?,
                evaluated: row.int()?,
                duplicates: row.int()?,
                quarantined: row.int()?,
                gaps: row.int()?,
            })
        })
        .collect()
}

async fn commit(
    conn: &mut dyn Conn,
    batch: &Batch,
    means: &Means<'_>,
) -> Result<BatchOutcome, StoreError> {
    check_ruleset(conn, means.rules).await?;
    let mut persons = Persons::lock(conn, batch).await?;
    // Read after the locks: whoever was activated and acknowledged before this batch began is seen here.
    if generation(conn).await? != batch.generation {
        return Err(StoreError::StaleFilter);
    }
    persons.read(conn, batch).await?;
    persons.read_pieces(conn, batch, means).await?;
    let mut writes = Writes::default();
    let mut outcomes = Vec::with_capacity(batch.items.len());
    let mut tally: BTreeMap<Lane, Tally> = BTreeMap::new();
    for (lane, item) in &batch.items {
        let mut unlaned = Tally::default();
        let counts = match lane {
            Some(lane) => tally.entry(lane.clone()).or_default(),
            None => &mut unlaned,
        };
        outcomes.push(match item {
            BatchItem::Quarantine(item) => {
                counts.quarantined += 1;
                writes.quarantine(means, item)?;
                ItemOutcome::Quarantined
            }
            BatchItem::Candidate(candidate) => {
                if let Some(silence) = persons.record(&candidate.person).silence_before(candidate) {
                    judge(means, &mut persons, &mut writes, lane.as_ref(), &silence)?;
                }
                let verdict = judge(means, &mut persons, &mut writes, lane.as_ref(), candidate)?;
                if verdict.duplicate {
                    counts.duplicates += 1;
                } else {
                    counts.evaluated += 1;
                }
                ItemOutcome::Judged(Box::new(verdict))
            }
        });
    }
    let mut generation = batch.generation;
    if persons.to_activate(&writes).next().is_some() {
        generation += 1;
        persons.write_new(conn, generation, &writes).await?;
    }
    persons.write_states(conn, &writes).await?;
    writes.write(conn).await?;
    if generation != batch.generation {
        let sql = "UPDATE activations SET generation = $1 WHERE id = 1 AND generation = $2";
        if conn
            .execute(sql, &[generation.into(), batch.generation.into()])
            .await?
            != 1
        {
            return Err(StoreError::StaleFilter);
        }
    }
    for advance in &batch.advances {
        advance_lane(
            conn,
            advance,
            tally.remove(&advance.lane).unwrap_or_default(),
        )
        .await?;
    }
    if batch.trial {
        return Err(StoreError::Tried);
    }
    Ok(BatchOutcome {
        items: outcomes,
        generation,
    })
}

/// Judges one event of a person whose row is locked and read.
fn judge(
    means: &Means<'_>,
    persons: &mut Persons,
    writes: &mut Writes,
    lane: Option<&Lane>,
    candidate: &Candidate,
) -> Result<Verdict, StoreError> {
    let record = persons.record(&candidate.person);
    let waited = record.waiting;
    let (verdict, effects) = handle(
        means.rules,
        &means.ids,
        means.read_together,
        record,
        candidate,
    );
    if record.waiting != waited {
        let wait = record.waiting.map(|w| wait_on(w, lane, candidate));
        writes.waits.insert(candidate.person.clone(), wait);
    }
    let episode = record.episode;
    writes.take(means, episode, candidate, &verdict, effects, persons)?;
    Ok(verdict)
}

/// A wait with the lane on which its person spoke, and the time from which it ends whatever was read of that.
///
/// Events of a lane may lie waiting to be read: it must have been read past the end of the wait, or as much time again have gone
/// by. What comes by a door of its own is not kept waiting; only that it may tell of long ago counts.
fn wait_on(wait: Waiting, lane: Option<&Lane>, candidate: &Candidate) -> (Waiting, String, Time) {
    let length = wait.until.since_ms(wait.since);
    let ends = candidate.arrived_at.plus_ms(length);
    match lane {
        Some(lane) => (wait, lane.0.clone(), ends.plus_ms(length)),
        None => (wait, String::new(), ends),
    }
}

async fn check_ruleset(conn: &mut dyn Conn, rules: &Ruleset) -> Result<(), StoreError> {
    let rows = conn
        .query("SELECT hash FROM rulesets WHERE in_force = 1", &[])
        .await?;
    match rows.into_iter().next() {
        Some(mut row) => match row.text()? {
            hash if *hash == *rules.hash => Ok(()),
            other => Err(StoreError::StaleRuleset(other)),
        },
        None => Err(StoreError::StaleRuleset("none".to_owned())),
    }
}

async fn advance_lane(
    conn: &mut dyn Conn,
    advance: &LaneAdvance,
    tally: Tally,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE lanes SET applied = $1, evaluated = evaluated + $2, duplicates = duplicates + $3,
               quarantined = quarantined + $4, gaps = gaps + $5,
               read_until = CASE WHEN read_until < $9 THEN $9 ELSE read_until END
               WHERE lane = $6 AND applied = $7 AND epoch = $8";
    let cells: [Cell; 9] = [
        advance.to.into(),
        (tally.evaluated + advance.ordinary).into(),
        tally.duplicates.into(),
        tally.quarantined.into(),
        advance.gaps.into(),
        advance.lane.0.as_str().into(),
        advance.from.into(),
        advance.epoch.into(),
        advance.newest.ms().into(),
    ];
    match conn.execute(sql, &cells).await? {
        1 => Ok(()),
        _ => Err(StoreError::Fenced(advance.lane.0.clone())),
    }
}

/// What became of a lane's events in one batch.
#[derive(Clone, Copy, Default)]
struct Tally {
    evaluated: i64,
    duplicates: i64,
    quarantined: i64,
}

/// The persons of a batch, locked and read.
struct Persons {
    records: BTreeMap<PersonId, PersonRecord>,
    stored: BTreeSet<PersonId>,
    keys: BTreeMap<PersonId, Vec<u8>>,
    /// The last fold of each person, to be stored as the summary of what is older than the window.
    states: BTreeMap<PersonId, Episode>,
    new_keys: BTreeMap<PersonId, DataKey>,
    fresh_wrapped: BTreeMap<PersonId, Vec<u8>>,
}

const INSERT_PERSONS: Bulk<'static> = Bulk {
    postgres: "INSERT INTO persons (person, episode, data_key, state, activated)
               SELECT p, 0, NULL, NULL, 0 FROM unnest($1::text[]) AS p ORDER BY p ON CONFLICT (person) DO NOTHING",
    sqlite: "INSERT INTO persons (person, episode, data_key, state, activated) VALUES ($1, 0, NULL, NULL, 0)
             ON CONFLICT (person) DO NOTHING",
};
const LOCK_PERSONS: Bulk<'static> = Bulk {
    postgres:
        "SELECT person, episode, data_key, state, activated, waited_since, waited_until FROM persons
               WHERE person = ANY($1::text[])
               ORDER BY person FOR UPDATE",
    sqlite:
        "SELECT person, episode, data_key, state, activated, waited_since, waited_until FROM persons
             WHERE person = $1",
};
const DELETE_EMPTY: Bulk<'static> = Bulk {
    postgres: "DELETE FROM persons WHERE person = ANY($1::text[]) AND activated = 0",
    sqlite: "DELETE FROM persons WHERE person = $1 AND activated = 0",
};
const EVENTS_SEEN: Bulk<'static> = Bulk {
    postgres: "SELECT e.source, e.event, e.content FROM events e
               JOIN unnest($1::text[], $2::text[]) AS k(source, event) ON e.source = k.source AND e.event = k.event",
    sqlite: "SELECT source, event, content FROM events WHERE source = $1 AND event = $2",
};
const TEXTS_OF: Bulk<'static> = Bulk {
    postgres: "SELECT t.source, t.event, t.content, t.sealed FROM texts t
               JOIN unnest($1::text[], $2::text[], $3::bytea[]) AS k(source, event, content)
               ON t.source = k.source AND t.event = k.event AND t.content = k.content",
    sqlite: "SELECT source, event, content, sealed FROM texts WHERE source = $1 AND event = $2 AND content = $3",
};
const ASKED: Bulk<'static> = Bulk {
    postgres: "SELECT person, id FROM asked WHERE person = ANY($1::text[])",
    sqlite: "SELECT person, id FROM asked WHERE person = $1",
};
const SET_KEYS: Bulk<'static> = Bulk {
    postgres: "UPDATE persons SET data_key = v.data_key
               FROM unnest($1::text[], $2::bytea[]) AS v(person, data_key) WHERE persons.person = v.person",
    sqlite: "UPDATE persons SET data_key = $2 WHERE person = $1",
};
const SET_ACTIVE: Bulk<'static> = Bulk {
    postgres: "UPDATE persons SET activated = v.activated
               FROM unnest($1::text[], $2::bigint[]) AS v(person, activated) WHERE persons.person = v.person",
    sqlite: "UPDATE persons SET activated = $2 WHERE person = $1",
};
const SET_WAITS: Bulk<'static> = Bulk {
    postgres: "UPDATE persons SET waited_since = v.b, waited_until = v.c, waited_lane = v.d, waited_at_most = v.e
               FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[]) AS v(a, b, c, d, e)
               WHERE persons.person = v.a",
    sqlite: "UPDATE persons SET waited_since = $2, waited_until = $3, waited_lane = $4, waited_at_most = $5
             WHERE person = $1",
};
const END_WAITS: Bulk<'static> = Bulk {
    postgres: "UPDATE persons SET waited_since = NULL, waited_until = NULL, waited_lane = NULL, waited_at_most = NULL
               WHERE person = ANY($1::text[])",
    sqlite: "UPDATE persons SET waited_since = NULL, waited_until = NULL, waited_lane = NULL, waited_at_most = NULL
             WHERE person = $1",
};
const SET_STATES: Bulk<'static> = Bulk {
    postgres: "UPDATE persons SET state = v.state
               FROM unnest($1::text[], $2::text[]) AS v(person, state) WHERE persons.person = v.person",
    sqlite: "UPDATE persons SET state = $2 WHERE person = $1",
};

fn each(persons: impl IntoIterator<Item = PersonId>) -> Vec<Vec<Cell>> {
    persons
        .into_iter()
        .map(|p| vec![p.as_str().into()])
        .collect()
}

impl Persons {
    /// Makes rows for persons with a signal of their own and locks every row of the batch, in sorted order.
    async fn lock(conn: &mut dyn Conn, batch: &Batch) -> Result<Self, StoreError> {
        let mut all = BTreeSet::new();
        let mut own = BTreeSet::new();
        for (_, item) in &batch.items {
            if let BatchItem::Candidate(candidate) = item {
                all.insert(candidate.person.clone());
                if candidate
                    .drafts
                    .iter()
                    .any(|draft| draft.needs == Needs::Nothing)
                {
                    own.insert(candidate.person.clone());
                }
            }
        }
        conn.execute_all(INSERT_PERSONS, each(own)).await?;
        let mut persons = Self {
            records: all
                .iter()
                .map(|p| (p.clone(), PersonRecord::unknown(p.clone())))
                .collect(),
            stored: BTreeSet::new(),
            keys: BTreeMap::new(),
            states: BTreeMap::new(),
            new_keys: BTreeMap::new(),
            fresh_wrapped: BTreeMap::new(),
        };
        for mut row in conn.query_all(LOCK_PERSONS, each(all)).await? {
            let person = PersonId::new(row.text()?);
            let Some(record) = persons.records.get_mut(&person) else {
                continue;
            };
            record.episode = row.int()?;
            if let Some(wrapped) = row.blob_or_null()? {
                persons.keys.insert(person.clone(), wrapped);
            }
            if let Some(state) = row.text_or_null()? {
                let episode = serde_json::from_str(&state)
                    .map_err(|_| StoreError::Damaged("a person's state"))?;
                persons.states.insert(person.clone(), episode);
            }
            if row.int()? > 0 {
                persons.stored.insert(person);
            }
            if let (Some(since), Some(until)) = (row.int_or_null()?, row.int_or_null()?) {
                record.waiting = Some(Waiting {
                    since: Time::from_ms(since),
                    until: Time::from_ms(until),
                });
            }
        }
        Ok(persons)
    }

    fn record(&mut self, person: &PersonId) -> &mut PersonRecord {
        self.records
            .entry(person.clone())
            .or_insert_with(|| PersonRecord::unknown(person.clone()))
    }

    async fn read(&mut self, conn: &mut dyn Conn, batch: &Batch) -> Result<(), StoreError> {
        self.read_events(conn, batch).await?;
        let stored: Vec<PersonId> = self.stored.iter().cloned().collect();
        self.read_signals(conn, &stored).await?;
        let many = format!(
            "SELECT {CASE_COLUMNS} FROM cases WHERE person = ANY($1::text[]) AND state <> 'CLOSED'
             ORDER BY case_id FOR UPDATE"
        );
        let one =
            format!("SELECT {CASE_COLUMNS} FROM cases WHERE person = $1 AND state <> 'CLOSED'");
        let open_cases = Bulk {
            postgres: &many,
            sqlite: &one,
        };
        for mut row in conn.query_all(open_cases, each(stored.clone())).await? {
            let case = rows::case(&mut row)?;
            if let Some(record) = self.records.get_mut(&case.person) {
                record.open_case = Some(case);
            }
        }
        for mut row in conn.query_all(ASKED, each(stored)).await? {
            let (person, id) = (PersonId::new(row.text()?), row.text()?);
            if let Some(record) = self.records.get_mut(&person) {
                record.asked.insert(id);
            }
        }
        Ok(())
    }

    async fn read_events(&mut self, conn: &mut dyn Conn, batch: &Batch) -> Result<(), StoreError> {
        let mut asked: BTreeMap<(String, String), Vec<PersonId>> = BTreeMap::new();
        for (_, item) in &batch.items {
            if let BatchItem::Candidate(candidate) = item {
                let id = (
                    candidate.key.source.as_str().to_owned(),
                    candidate.key.event.as_str().to_owned(),
                );
                asked.entry(id).or_default().push(candidate.person.clone());
            }
        }
        let keys = asked
            .keys()
            .map(|(s, e)| vec![s.as_str().into(), e.as_str().into()])
            .collect();
        for mut row in conn.query_all(EVENTS_SEEN, keys).await? {
            let key = rows::key(&mut row)?;
            let id = (
                key.source.as_str().to_owned(),
                key.event.as_str().to_owned(),
            );
            for person in asked.get(&id).into_iter().flatten() {
                if let Some(record) = self.records.get_mut(person) {
                    record.evaluated.insert(key.clone());
                    record.ids_seen.insert(id.clone());
                }
            }
        }
        Ok(())
    }

    async fn read_signals(
        &mut self,
        conn: &mut dyn Conn,
        stored: &[PersonId],
    ) -> Result<(), StoreError> {
        // One more than is used tells whether older ones must be summarised.
        let most = SIGNALS_READ_MAX + 1;
        let columns = SIGNAL_COLUMNS;
        let postgres = format!(
            "SELECT {columns} FROM unnest($1::text[]) AS p(who) CROSS JOIN LATERAL
             (SELECT {columns} FROM signals WHERE person = p.who ORDER BY occurred_at DESC LIMIT {most}) AS s"
        );
        let sqlite = format!(
            "SELECT {columns} FROM signals WHERE person = $1 ORDER BY occurred_at DESC LIMIT {most}"
        );
        let mut read: BTreeMap<String, usize> = BTreeMap::new();
        let newest = Bulk {
            postgres: &postgres,
            sqlite: &sqlite,
        };
        for mut row in conn.query_all(newest, each(stored.iter().cloned())).await? {
            let found = rows::signal(&mut row)?;
            let person = PersonId::new(found.person.as_str());
            let Some(record) = self.records.get_mut(&person) else {
                continue;
            };
            let count = read.entry(found.person).or_default();
            *count += 1;
            if *count > SIGNALS_READ_MAX {
                record.truncated = true;
                continue;
            }
            if found.episode == record.episode || outlives_a_case(&found.signal.name) {
                record.signals.push(found.signal);
            }
        }
        for (person, record) in &mut self.records {
            record.state = self.states.get(person).copied();
            keep_recent_goods(record);
        }
        Ok(())
    }

    /// The texts that an event of the batch may go on with.
    async fn read_pieces(
        &mut self,
        conn: &mut dyn Conn,
        batch: &Batch,
        means: &Means<'_>,
    ) -> Result<(), StoreError> {
        let mut asked: BTreeMap<EventKey, (PersonId, Time, BTreeMap<Field, bool>)> =
            BTreeMap::new();
        for (_, item) in &batch.items {
            let BatchItem::Candidate(candidate) = item else {
                continue;
            };
            if !candidate.drafts.iter().any(|d| d.needs == Needs::Opening) {
                continue;
            }
            let Some(record) = self.records.get(&candidate.person) else {
                continue;
            };
            let now = believed(candidate.occurred_at, candidate.arrived_at);
            let near = |s: &&Signal| (0..=PIECES_MS).contains(&now.since_ms(s.occurred_at));
            // Whether a sentence is open may hang on an event of this very batch, so its earlier pieces are read in any case.
            for signal in record.signals.iter().filter(near) {
                let opens = means.rules.opens(&signal.name);
                if &*signal.name == engine::PIECE || opens {
                    let entry = asked.entry(signal.event.clone());
                    let entry = entry.or_insert_with(|| {
                        (
                            candidate.person.clone(),
                            signal.occurred_at,
                            BTreeMap::new(),
                        )
                    });
                    for span in &signal.spans {
                        *entry.2.entry(span.field).or_default() |= opens;
                    }
                }
            }
        }
        let keys = asked
            .keys()
            .map(|key| {
                vec![
                    key.source.as_str().into(),
                    key.event.as_str().into(),
                    key.content.as_slice().into(),
                ]
            })
            .collect();
        for mut row in conn.query_all(TEXTS_OF, keys).await? {
            let (key, sealed) = (rows::key(&mut row)?, row.blob()?);
            let Some((person, at, fields)) = asked.remove(&key) else {
                continue;
            };
            let place = text_place(key.source.as_str(), key.event.as_str(), person.as_str());
            let opened = match self.data_key(means, &person)?.open(&place, &sealed) {
                Ok(opened) => opened,
                // A damaged row must not hold up everybody's events: this one is judged by its own texts.
                Err(error) => {
                    tracing::error!(%error, "a sealed text does not open; it is not read together with later ones");
                    continue;
                }
            };
            let mut texts = texts_from(&opened);
            for (field, opens) in fields {
                if let Some(text) = texts.remove(field.name())
                    && piece_of(&text).is_some()
                    && let Some(record) = self.records.get_mut(&person)
                {
                    record.pieces.push(Piece {
                        event: key.clone(),
                        at,
                        field,
                        text: PersonText::new(text),
                        opens,
                    });
                }
            }
        }
        Ok(())
    }

    fn data_key(&mut self, means: &Means<'_>, person: &PersonId) -> Result<&DataKey, StoreError> {
        if !self.new_keys.contains_key(person) {
            let key = match self.keys.get(person) {
                Some(wrapped) => means.master.unwrap_data_key(person.as_str(), wrapped)?,
                None => {
                    let (key, wrapped) = means.master.new_data_key(person.as_str())?;
                    self.fresh_wrapped.insert(person.clone(), wrapped);
                    key
                }
            };
            self.new_keys.insert(person.clone(), key);
        }
        self.new_keys
            .get(person)
            .ok_or(StoreError::Damaged("a data key was lost"))
    }

    /// Who must be made known to every node: whoever is remembered for the first time, opened a sentence, or is waited for.
    fn to_activate<'a>(&'a self, writes: &'a Writes) -> impl Iterator<Item = &'a PersonId> {
        let news = |person: &&PersonId| {
            !self.stored.contains(*person)
                || writes.opened_sentence.contains(*person)
                || matches!(writes.waits.get(*person), Some(Some(_)))
        };
        writes.touched.iter().filter(news)
    }

    async fn write_new(
        &self,
        conn: &mut dyn Conn,
        generation: i64,
        writes: &Writes,
    ) -> Result<(), StoreError> {
        let rows = self
            .to_activate(writes)
            .map(|p| vec![p.as_str().into(), generation.into()])
            .collect();
        conn.execute_all(SET_ACTIVE, rows).await?;
        Ok(())
    }

    async fn write_states(&self, conn: &mut dyn Conn, writes: &Writes) -> Result<(), StoreError> {
        let keys = self
            .fresh_wrapped
            .iter()
            .map(|(p, key)| vec![p.as_str().into(), key.as_slice().into()])
            .collect();
        conn.execute_all(SET_KEYS, keys).await?;
        let states = writes
            .touched
            .iter()
            .filter_map(|person| {
                let state = serde_json::to_string(self.states.get(person)?).ok()?;
                Some(vec![person.as_str().into(), state.into()])
            })
            .collect();
        conn.execute_all(SET_STATES, states).await?;
        let begun = writes.waits.iter().filter_map(|(person, wait)| {
            let (waiting, lane, at_most) = wait.as_ref()?;
            Some(vec![
                person.as_str().into(),
                waiting.since.ms().into(),
                waiting.until.ms().into(),
                lane.as_str().into(),
                at_most.ms().into(),
            ])
        });
        conn.execute_all(SET_WAITS, begun.collect()).await?;
        let ended = writes.waits.iter().filter(|(_, wait)| wait.is_none());
        conn.execute_all(END_WAITS, each(ended.map(|(person, _)| person.clone())))
            .await?;
        // A repeat may have made a row for a person of whom nothing is kept.
        let empty = self
            .records
            .keys()
            .filter(|p| !self.stored.contains(*p) && !writes.touched.contains(*p));
        conn.execute_all(DELETE_EMPTY, each(empty.cloned())).await?;
        Ok(())
    }
}

/// Goods of an earlier episode count as long as goods count at all.
fn keep_recent_goods(record: &mut PersonRecord) {
    if let Some(newest) = record.signals.iter().map(|s| s.occurred_at).max() {
        record
            .signals
            .retain(|s| newest.since_ms(s.occurred_at) < 2 * HORIZON_MS);
    }
}

/// Rows to write at the end, in few statements.
#[derive(Default)]
struct Writes {
    touched: BTreeSet<PersonId>,
    opened_sentence: BTreeSet<PersonId>,
    /// Waits that began, each with its lane and the time from which it ends whatever was read; or ended.
    waits: BTreeMap<PersonId, Option<(Waiting, String, Time)>>,
    events: Vec<Vec<Cell>>,
    signals: Vec<Vec<Cell>>,
    texts: Vec<Vec<Cell>>,
    opened: BTreeMap<String, Case>,
    changed: BTreeMap<String, Case>,
    asked: Vec<Vec<Cell>>,
    tasks: Vec<Vec<Cell>>,
    holds: Vec<Vec<Cell>>,
    notices: Vec<Vec<Cell>>,
    quarantined: Vec<Vec<Cell>>,
    leaves: Vec<Record>,
}

impl Writes {
    fn take(
        &mut self,
        means: &Means<'_>,
        episode: i64,
        candidate: &Candidate,
        verdict: &Verdict,
        effects: Effects,
        persons: &mut Persons,
    ) -> Result<(), StoreError> {
        self.leaves.extend(effects.leaves);
        if effects.signals.is_empty() {
            return Ok(());
        }
        self.touched.insert(candidate.person.clone());
        persons
            .states
            .insert(candidate.person.clone(), verdict.assessment.episode);
        let key = &candidate.key;
        let id = || -> Vec<Cell> {
            vec![
                key.source.as_str().into(),
                key.event.as_str().into(),
                key.content.as_slice().into(),
            ]
        };
        self.events
            .push([id(), vec![candidate.arrived_at.ms().into()]].concat());
        for signal in &effects.signals {
            if means.rules.opens(&signal.name) {
                self.opened_sentence.insert(candidate.person.clone());
            }
            let cells = rows::signal_cells(
                signal,
                &candidate.person,
                episode,
                candidate.arrived_at,
                &means.rules.hash,
            );
            self.signals.push(cells);
        }
        if let Some(text) = texts_with_spans(candidate, &effects.signals) {
            let place = text_place(
                key.source.as_str(),
                key.event.as_str(),
                candidate.person.as_str(),
            );
            let sealed = persons
                .data_key(means, &candidate.person)?
                .seal(&place, text.reveal())?;
            let rest = vec![
                candidate.person.as_str().into(),
                sealed.into(),
                candidate.arrived_at.ms().into(),
            ];
            self.texts.push([id(), rest].concat());
        }
        match effects.case {
            Some(CaseChange::Opened(case)) => {
                self.opened.insert(case.case_id.to_string(), case);
            }
            Some(CaseChange::Changed(case)) => {
                // A case that this very batch opened is written once, in its last form.
                let id = case.case_id.to_string();
                match self.opened.get_mut(&id) {
                    Some(opened) => *opened = case,
                    None => {
                        self.changed.insert(id, case);
                    }
                }
            }
            None => {}
        }
        self.ask(candidate, &effects.notices);
        for task in effects.tasks {
            self.tasks.push(vec![
                task.task_id.into(),
                task.action.name().into(),
                task.order.into(),
                task.merchant.into(),
                candidate.arrived_at.ms().into(),
            ]);
        }
        for hold in effects.holds {
            self.holds.push(vec![
                hold.hold_id.into(),
                hold.order.into(),
                "REQUESTED".into(),
                "duty-lead".into(),
                candidate.arrived_at.ms().into(),
                hold.expires_at.ms().into(),
            ]);
        }
        Ok(())
    }

    fn ask(&mut self, candidate: &Candidate, notices: &[Notice]) {
        for notice in notices {
            if !matches!(notice.body, NoticeBody::Case { .. }) {
                self.asked.push(vec![
                    candidate.person.as_str().into(),
                    notice.notice_id.as_str().into(),
                ]);
            }
            self.notice(notice);
        }
    }

    fn notice(&mut self, notice: &Notice) {
        self.notices.push(vec![
            notice.notice_id.as_str().into(),
            notice.body.topic().into(),
            crate::wire::notice_to_pb(notice).encode_to_vec().into(),
            notice.decided_at.ms().into(),
        ]);
    }

    fn quarantine(&mut self, means: &Means<'_>, item: &QuarantineItem) -> Result<(), StoreError> {
        let quarantine_id = means
            .ids
            .derive("Q", &[item.origin.as_bytes(), &item.bytes]);
        let sealed = means
            .master
            .seal(&format!("quarantine\0{quarantine_id}"), &item.bytes)?;
        self.quarantined.push(vec![
            quarantine_id.as_str().into(),
            item.origin.as_str().into(),
            item.reason.as_str().into(),
            i64::from(item.urgent).into(),
            sealed.into(),
            item.received_at.ms().into(),
            item.received_at.plus_ms(QUARANTINE_DUE_MS).ms().into(),
        ]);
        self.notice(&Notice {
            notice_id: quarantine_id.clone(),
            decided_at: item.received_at,
            body: NoticeBody::DeadLetter {
                quarantine_id: quarantine_id.clone(),
                origin: item.origin.clone(),
                reason: item.reason.clone(),
            },
        });
        let record = Record::system(
            item.received_at,
            "event.quarantine",
            None,
            &means.rules.hash,
        );
        self.leaves.push(record.with(quarantine_id));
        Ok(())
    }

    async fn write(self, conn: &mut dyn Conn) -> Result<(), StoreError> {
        conn.execute_all(WRITE_EVENTS, self.events).await?;
        conn.execute_all(WRITE_SIGNALS, self.signals).await?;
        conn.execute_all(WRITE_TEXTS, self.texts).await?;
        conn.execute_all(WRITE_CASES, self.opened.values().map(case_cells).collect())
            .await?;
        conn.execute_all(
            CHANGE_CASES,
            self.changed.values().map(change_cells).collect(),
        )
        .await?;
        conn.execute_all(WRITE_ASKED, self.asked).await?;
        conn.execute_all(WRITE_TASKS, self.tasks).await?;
        conn.execute_all(WRITE_HOLDS, self.holds).await?;
        conn.execute_all(WRITE_NOTICES, self.notices).await?;
        conn.execute_all(WRITE_QUARANTINE, self.quarantined).await?;
        write_leaves(conn, &self.leaves).await
    }
}

/// The texts in which something was found, by field, as JSON; the others are not kept.
fn texts_with_spans(candidate: &Candidate, signals: &[Signal]) -> Option<PersonText> {
    let spoken: BTreeMap<&str, &str> = candidate
        .texts
        .iter()
        .filter(|(field, _)| {
            signals
                .iter()
                .any(|s| s.spans.iter().any(|span| span.field == *field))
        })
        .map(|(field, text)| (field.name(), text.reveal()))
        .collect();
    if spoken.is_empty() {
        None
    } else {
        serde_json::to_string(&spoken).ok().map(PersonText::new)
    }
}

/// What goes into the seal of a text, so that it opens only in its own row.
pub(super) fn text_place(source: &str, event: &str, person: &str) -> String {
    format!("texts\0{source}\0{event}\0{person}")
}

pub(super) async fn write_leaves(
    conn: &mut dyn Conn,
    records: &[Record],
) -> Result<(), StoreError> {
    conn.execute_all(
        WRITE_LEAVES,
        records.iter().map(|r| vec![r.bytes().into()]).collect(),
    )
    .await?;
    Ok(())
}

fn case_cells(case: &Case) -> Vec<Cell> {
    vec![
        case.case_id.as_str().into(),
        case.person.as_str().into(),
        case.episode.into(),
        case.state.name().into(),
        case.level.rank().into(),
        i64::from(case.types.bits()).into(),
        i64::from(case.intent).into(),
        i64::from(case.means).into(),
        i64::from(case.harm).into(),
        case.signalled_at.ms().into(),
        case.opened_at.ms().into(),
        case.deadline_at.ms().into(),
        case.means_arrival_at.map(Time::ms).into(),
        rows::due_at(case).into(),
        case.revision.into(),
        rows::rules_text(case).into(),
        case.opened_by.source.as_str().into(),
        case.opened_by.event.as_str().into(),
        case.opened_by.content.as_slice().into(),
    ]
}

/// Only what evidence changes: who holds the case is not the machine's to touch.
fn change_cells(case: &Case) -> Vec<Cell> {
    vec![
        case.case_id.as_str().into(),
        case.level.rank().into(),
        i64::from(case.types.bits()).into(),
        i64::from(case.intent).into(),
        i64::from(case.means).into(),
        i64::from(case.harm).into(),
        case.deadline_at.ms().into(),
        case.means_arrival_at.map(Time::ms).into(),
        rows::due_at(case).into(),
        case.revision.into(),
        rows::rules_text(case).into(),
    ]
}

const WRITE_EVENTS: Bulk<'static> = Bulk {
    postgres: "INSERT INTO events (source, event, content, evaluated_at)
               SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[])",
    sqlite: "INSERT INTO events (source, event, content, evaluated_at) VALUES ($1, $2, $3, $4)",
};
const WRITE_SIGNALS: Bulk<'static> = Bulk {
    postgres: "INSERT INTO signals (source, event, content, name, person, episode, occurred_at, age_band, act, category,
               order_id, merchant, quantity, items, expected, spans, arrived_at, ruleset)
               SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::bigint[],
               $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::text[],
               $15::bigint[], $16::text[], $17::bigint[], $18::text[])",
    sqlite: "INSERT INTO signals (source, event, content, name, person, episode, occurred_at, age_band, act, category,
             order_id, merchant, quantity, items, expected, spans, arrived_at, ruleset)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
};
const WRITE_TEXTS: Bulk<'static> = Bulk {
    postgres: "INSERT INTO texts (source, event, content, person, sealed, stored_at)
               SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::bigint[])",
    sqlite: "INSERT INTO texts (source, event, content, person, sealed, stored_at) VALUES ($1, $2, $3, $4, $5, $6)",
};
const WRITE_CASES: Bulk<'static> = Bulk {
    postgres: "INSERT INTO cases (case_id, person, episode, state, level, types, intent, means, harm, signalled_at,
               opened_at, deadline_at, means_arrival_at, due_at, lease_no, revision, rules, opened_source, opened_event,
               opened_content)
               SELECT a, b, c, d, e, f, g, h, i, j, k, l, m, n, 0, o, p, q, r, s FROM unnest($1::text[], $2::text[],
               $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
               $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[],
               $17::text[], $18::text[], $19::bytea[]) AS v(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s)",
    sqlite: "INSERT INTO cases (case_id, person, episode, state, level, types, intent, means, harm, signalled_at,
             opened_at, deadline_at, means_arrival_at, due_at, lease_no, revision, rules, opened_source, opened_event,
             opened_content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, $16, $17, $18, $19)",
};
const CHANGE_CASES: Bulk<'static> = Bulk {
    postgres: "UPDATE cases SET level = v.b, types = v.c, intent = v.d, means = v.e, harm = v.f, deadline_at = v.g,
               means_arrival_at = v.h, due_at = v.i, revision = v.j, rules = v.k
               FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
               $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[])
               AS v(a, b, c, d, e, f, g, h, i, j, k) WHERE cases.case_id = v.a",
    sqlite: "UPDATE cases SET level = $2, types = $3, intent = $4, means = $5, harm = $6, deadline_at = $7,
             means_arrival_at = $8, due_at = $9, revision = $10, rules = $11 WHERE case_id = $1",
};
const WRITE_ASKED: Bulk<'static> = Bulk {
    postgres: "INSERT INTO asked (person, id) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING",
    sqlite: "INSERT INTO asked (person, id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
};
const WRITE_TASKS: Bulk<'static> = Bulk {
    postgres: "INSERT INTO tasks (task_id, action, order_id, merchant, asked_at)
               SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) ON CONFLICT DO NOTHING",
    sqlite: "INSERT INTO tasks (task_id, action, order_id, merchant, asked_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
};
const WRITE_HOLDS: Bulk<'static> = Bulk {
    postgres: "INSERT INTO holds (hold_id, order_id, state, owner, asked_at, expires_at)
               SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
               ON CONFLICT DO NOTHING",
    sqlite: "INSERT INTO holds (hold_id, order_id, state, owner, asked_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
};
const WRITE_NOTICES: Bulk<'static> = Bulk {
    postgres: "INSERT INTO notices (notice_id, topic, body, decided_at)
               SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[]) ON CONFLICT DO NOTHING",
    sqlite: "INSERT INTO notices (notice_id, topic, body, decided_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
};
const WRITE_QUARANTINE: Bulk<'static> = Bulk {
    postgres: "INSERT INTO quarantine (quarantine_id, origin, reason, urgent, sealed, received_at, due_at)
               SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::bigint[],
               $7::bigint[]) ON CONFLICT DO NOTHING",
    sqlite: "INSERT INTO quarantine (quarantine_id, origin, reason, urgent, sealed, received_at, due_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
};
const WRITE_LEAVES: Bulk<'static> = Bulk {
    postgres: "INSERT INTO leaves (bytes) SELECT * FROM unnest($1::bytea[])",
    sqlite: "INSERT INTO leaves (bytes) VALUES ($1)",
};
