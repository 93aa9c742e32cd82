//! What specialists do to cases. Every read, claim, note and close writes its audit leaf in its own transaction.

use std::sync::Arc;

use super::conn::{Cell, Conn};
use super::intake::{text_place, write_leaves};
use super::keys::{DataKey, MasterKey};
use super::rows::{self, CASE_COLUMNS, SIGNAL_COLUMNS, texts_from};
use super::{Store, StoreError, Work};
use crate::audit::Record;
use crate::cases::{Case, Closing};
use crate::domain::{PersonText, Span, Time};

/// Who acts, as `access` has made sure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The staff id, a pseudonym of its own.
    pub id: String,
    /// Their role.
    pub role: &'static str,
}

/// One remembered sign with its words.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseSignal {
    /// What was seen.
    pub signal: String,
    /// When.
    pub occurred_at: Time,
    /// The text it was seen in; empty for goods.
    pub text: PersonText,
    /// Where in it.
    pub spans: Vec<Span>,
}

/// One note.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseNote {
    /// Who wrote it.
    pub actor: String,
    /// When.
    pub written_at: Time,
    /// What.
    pub text: PersonText,
    /// True: the writer's lease had ended.
    pub after_lease: bool,
}

/// A case with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseView {
    /// The case.
    pub case: Case,
    /// Oldest first.
    pub signals: Vec<CaseSignal>,
    /// Oldest first.
    pub notes: Vec<CaseNote>,
}

/// A page of the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuePage {
    /// Worst first, or newest closed first.
    pub cases: Vec<Case>,
    /// Where the next page begins, if there is one.
    pub next: Option<u32>,
}

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteKept {
    /// True: the lease had ended; the note is kept and marked.
    pub after_lease: bool,
}

impl Store {
    /// A page of the queue: worst level, then what is due first, then oldest.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_cases(
        &self,
        actor: Actor,
        closed: bool,
        offset: u32,
        limit: u32,
        now: Time,
    ) -> Result<QueuePage, StoreError> {
        let work: Work<QueuePage> = Arc::new(move |conn| {
            let actor = actor.clone();
            Box::pin(async move {
                let (which, order) = if closed {
                    ("state = 'CLOSED'", "closed_at DESC, case_id")
                } else {
                    (
                        "state <> 'CLOSED'",
                        "level DESC, due_at, opened_at, case_id",
                    )
                };
                let sql = format!(
                    "SELECT {CASE_COLUMNS} FROM cases WHERE {which} ORDER BY {order} LIMIT $1 OFFSET $2"
                );
                let rows = conn
                    .query(
                        &sql,
                        &[i64::from(limit + 1).into(), i64::from(offset).into()],
                    )
                    .await?;
                let mut cases = rows
                    .into_iter()
                    .map(|mut row| rows::case(&mut row))
                    .collect::<Result<Vec<_>, _>>()?;
                let more = cases.len() > limit as usize;
                cases.truncate(limit as usize);
                let record = Record::staff(now, &actor.id, actor.role, "case.list", None);
                write_leaves(conn, &[record.with(format!("{} cases", cases.len()))]).await?;
                Ok(QueuePage {
                    cases,
                    next: more.then_some(offset + limit),
                })
            })
        });
        self.transaction(work).await
    }

    /// One case with its evidence in clear text.
    ///
    /// # Errors
    /// No such case, or the store's.
    pub async fn read_case(
        &self,
        actor: Actor,
        case_id: String,
        now: Time,
    ) -> Result<CaseView, StoreError> {
        let master = self.master.clone();
        let work: Work<CaseView> = Arc::new(move |conn| {
            let (actor, case_id, master) = (actor.clone(), case_id.clone(), master.clone());
            Box::pin(async move {
                let case = find(conn, &case_id, false).await?;
                leaf(conn, &actor, "case.read", &case, now, None).await?;
                let key = data_key(conn, &case, &master).await?;
                let signals = signals(conn, &case, key.as_ref()).await?;
                let notes = notes(conn, &case, key.as_ref()).await?;
                Ok(CaseView {
                    case,
                    signals,
                    notes,
                })
            })
        });
        self.transaction(work).await
    }

    /// Takes or renews a case.
    ///
    /// # Errors
    /// No such case, a refusal, or the store's.
    pub async fn claim_case(
        &self,
        actor: Actor,
        case_id: String,
        now: Time,
    ) -> Result<Case, StoreError> {
        let work: Work<Case> = Arc::new(move |conn| {
            let (actor, case_id) = (actor.clone(), case_id.clone());
            Box::pin(async move {
                let case = find(conn, &case_id, true).await?.claim(&actor.id, now)?;
                let sql = "UPDATE cases SET state = $2, holder = $3, lease_no = $4, lease_until = $5 WHERE case_id = $1";
                let cells: [Cell; 5] = [
                    case.case_id.as_str().into(),
                    case.state.name().into(),
                    case.holder.as_deref().into(),
                    case.lease_no.into(),
                    case.lease_until.map(Time::ms).into(),
                ];
                conn.execute(sql, &cells).await?;
                leaf(
                    conn,
                    &actor,
                    "case.claim",
                    &case,
                    now,
                    Some(format!("lease {}", case.lease_no)),
                )
                .await?;
                Ok(case)
            })
        });
        self.transaction(work).await
    }

    /// Adds a note. A writer whose lease has ended keeps the note, marked.
    ///
    /// # Errors
    /// No such case, or the store's.
    pub async fn add_note(
        &self,
        actor: Actor,
        case_id: String,
        lease_no: i64,
        text: PersonText,
        now: Time,
    ) -> Result<NoteKept, StoreError> {
        let (master, ids) = (self.master.clone(), self.id_key_held()?);
        let work: Work<NoteKept> = Arc::new(move |conn| {
            let (actor, case_id, master, text) =
                (actor.clone(), case_id.clone(), master.clone(), text.clone());
            Box::pin(async move {
                let case = find(conn, &case_id, true).await?;
                let after_lease = !case.holds_lease(&actor.id, lease_no, now);
                let key = data_key(conn, &case, &master)
                    .await?
                    .ok_or(StoreError::Damaged("no data key"))?;
                let sql = "SELECT count(*) FROM notes WHERE case_id = $1";
                let count = conn.query(sql, &[case_id.as_str().into()]).await?;
                let number = count
                    .into_iter()
                    .next()
                    .ok_or(StoreError::Damaged("no count"))?
                    .int()?;
                let note_id = ids.derive("NOTE", &[case_id.as_bytes(), &number.to_be_bytes()]);
                let sealed = key.seal(&note_place(&note_id, &case), text.reveal())?;
                let sql =
                    "INSERT INTO notes (note_id, case_id, actor, written_at, after_lease, sealed)
                           VALUES ($1, $2, $3, $4, $5, $6)";
                let cells: [Cell; 6] = [
                    note_id.into(),
                    case_id.as_str().into(),
                    actor.id.as_str().into(),
                    now.ms().into(),
                    i64::from(after_lease).into(),
                    sealed.into(),
                ];
                conn.execute(sql, &cells).await?;
                let detail = after_lease.then(|| "after the lease".to_owned());
                leaf(conn, &actor, "case.note", &case, now, detail).await?;
                Ok(NoteKept { after_lease })
            })
        });
        self.transaction(work).await
    }

    /// Ends a case and with it the person's episode. Evidence that comes afterwards begins a new one.
    ///
    /// # Errors
    /// No such case, a refusal, or the store's.
    pub async fn close_case(
        &self,
        actor: Actor,
        case_id: String,
        closing: Closing,
        now: Time,
    ) -> Result<Case, StoreError> {
        let work: Work<Case> = Arc::new(move |conn| {
            let (actor, case_id, closing) = (actor.clone(), case_id.clone(), closing.clone());
            Box::pin(async move {
                // The person's row first: closing and newer evidence must not cross.
                let person = find(conn, &case_id, false).await?.person;
                let lock = format!(
                    "SELECT episode FROM persons WHERE person = $1{}",
                    conn.for_update()
                );
                conn.query(&lock, &[person.as_str().into()]).await?;
                let case = find(conn, &case_id, true)
                    .await?
                    .close(&actor.id, &closing, now)?;
                let sql = "UPDATE cases SET state = $2, lease_until = $3, contact = $4, safety = $5, verdict = $6,
                           closed_at = $3 WHERE case_id = $1";
                let cells: [Cell; 6] = [
                    case.case_id.as_str().into(),
                    case.state.name().into(),
                    now.ms().into(),
                    closing.contact.name().into(),
                    closing.safety.name().into(),
                    closing.verdict.name().into(),
                ];
                conn.execute(sql, &cells).await?;
                let sql =
                    "UPDATE persons SET episode = episode + 1, state = NULL WHERE person = $1";
                conn.execute(sql, &[person.as_str().into()]).await?;
                let names = (
                    closing.contact.name(),
                    closing.safety.name(),
                    closing.verdict.name(),
                );
                let detail = format!("{} {} {}: {}", names.0, names.1, names.2, closing.reason);
                leaf(conn, &actor, "case.close", &case, now, Some(detail)).await?;
                Ok(case)
            })
        });
        self.transaction(work).await
    }
}

async fn leaf(
    conn: &mut dyn Conn,
    actor: &Actor,
    action: &'static str,
    case: &Case,
    now: Time,
    detail: Option<String>,
) -> Result<(), StoreError> {
    let record = Record::staff(now, &actor.id, actor.role, action, Some(&case.case_id));
    let record = match detail {
        Some(detail) => record.with(detail),
        None => record,
    };
    write_leaves(conn, &[record]).await
}

async fn find(conn: &mut dyn Conn, case_id: &str, lock: bool) -> Result<Case, StoreError> {
    let lock = if lock { conn.for_update() } else { "" };
    let sql = format!("SELECT {CASE_COLUMNS} FROM cases WHERE case_id = $1{lock}");
    let rows = conn.query(&sql, &[case_id.into()]).await?;
    rows::case(&mut rows.into_iter().next().ok_or(StoreError::NoSuchCase)?)
}

async fn data_key(
    conn: &mut dyn Conn,
    case: &Case,
    master: &MasterKey,
) -> Result<Option<DataKey>, StoreError> {
    let person = case.person.as_str();
    let rows = conn
        .query(
            "SELECT data_key FROM persons WHERE person = $1",
            &[person.into()],
        )
        .await?;
    let wrapped = rows
        .into_iter()
        .next()
        .ok_or(StoreError::Damaged("a case without its person"))?
        .blob_or_null()?;
    if let Some(wrapped) = wrapped {
        return master.unwrap_data_key(person, &wrapped).map(Some);
    }
    // A case of goods or concern alone has no words yet; the first note makes the key.
    let (key, wrapped) = master.new_data_key(person)?;
    let sql = "UPDATE persons SET data_key = $2 WHERE person = $1 AND data_key IS NULL";
    conn.execute(sql, &[person.into(), wrapped.into()]).await?;
    Ok(Some(key))
}

async fn signals(
    conn: &mut dyn Conn,
    case: &Case,
    key: Option<&DataKey>,
) -> Result<Vec<CaseSignal>, StoreError> {
    let columns = SIGNAL_COLUMNS
        .split(", ")
        .map(|c| format!("s.{c}"))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "SELECT {columns}, t.sealed FROM signals s
         LEFT JOIN texts t ON t.source = s.source AND t.event = s.event AND t.content = s.content
         WHERE s.person = $1 AND s.episode = $2 ORDER BY s.occurred_at, s.source, s.event, s.name LIMIT 512"
    );
    let rows = conn
        .query(&sql, &[case.person.as_str().into(), case.episode.into()])
        .await?;
    let mut found = Vec::with_capacity(rows.len());
    for mut row in rows {
        let stored = rows::signal(&mut row)?;
        let sealed = row.blob_or_null()?;
        let field = stored.signal.spans.first().map(|span| span.field);
        let text = match (sealed, key, field) {
            (Some(sealed), Some(key), Some(field)) => {
                let event = &stored.signal.event;
                let place = text_place(event.source.as_str(), event.event.as_str(), &stored.person);
                texts_from(&key.open(&place, &sealed)?)
                    .remove(field.name())
                    .unwrap_or_default()
            }
            _ => String::new(),
        };
        found.push(CaseSignal {
            signal: describe(&stored.signal),
            occurred_at: stored.signal.occurred_at,
            text: PersonText::new(text),
            spans: stored
                .signal
                .spans
                .into_iter()
                .filter(|span| Some(span.field) == field)
                .collect(),
        });
    }
    Ok(found)
}

/// A signal's name, and for goods what was done with which category.
fn describe(signal: &crate::domain::Signal) -> String {
    let act = signal.facts.act.map_or("", crate::domain::Act::name);
    [&*signal.name, &signal.facts.category, act]
        .iter()
        .filter(|w| !w.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

fn note_place(note_id: &str, case: &Case) -> String {
    format!("notes\0{note_id}\0{}", case.person.as_str())
}

async fn notes(
    conn: &mut dyn Conn,
    case: &Case,
    key: Option<&DataKey>,
) -> Result<Vec<CaseNote>, StoreError> {
    let sql = "SELECT note_id, actor, written_at, after_lease, sealed FROM notes WHERE case_id = $1
               ORDER BY written_at, note_id LIMIT 512";
    let rows = conn.query(sql, &[case.case_id.as_str().into()]).await?;
    let mut found = Vec::with_capacity(rows.len());
    for mut row in rows {
        let (note_id, actor) = (row.text()?, row.text()?);
        let (written_at, after_lease) = (Time::from_ms(row.int()?), row.int()? != 0);
        let sealed = row.blob()?;
        let text = key
            .ok_or(StoreError::WrongKey)?
            .open(&note_place(&note_id, case), &sealed)?;
        found.push(CaseNote {
            actor,
            written_at,
            text: PersonText::new(text),
            after_lease,
        });
    }
    Ok(found)
}
