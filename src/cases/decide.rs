//! One event of one person: signals, assessment, effects.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::help;
use super::ids::IdKey;
use super::lifecycle::{Case, CaseState};
use super::silence::Waiting;
use crate::assess::{Assessment, Episode, From, OpenOrder, assess, open_orders};
use crate::audit::Record;
use crate::domain::limits::{PIECES_MAX, PIECES_MS, believed};
use crate::domain::{
    AgeBand, CaseId, Draft, Earlier, EventKey, Field, HelpOffer, Hold, MerchantAction,
    MerchantTask, Needs, Notice, NoticeBody, PersonId, PersonText, Signal, Span, Time,
    signal::engine, signal::unite,
};
use crate::rules::Ruleset;
use crate::rules::condition::Anchors;
use crate::text::piece_of;

/// An event that enters the transaction: what is needed of it to judge and to remember.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// What makes it the same event.
    pub key: EventKey,
    /// Whom it is about.
    pub person: PersonId,
    /// When it happened, by the source's clock.
    pub occurred_at: Time,
    /// When it reached us.
    pub arrived_at: Time,
    /// The age band it gives.
    pub age_band: AgeBand,
    /// The language of help texts.
    pub locale: String,
    /// The shop it names; empty if none.
    pub merchant: String,
    /// The signals found in it.
    pub drafts: Vec<Draft>,
    /// The texts that spans may point into, sealed when they are stored.
    pub texts: Vec<(Field, PersonText)>,
    /// True where the person themself wrote, looked or bought; false for what others said or did.
    pub own_act: bool,
    /// True for a synthetic person.
    pub canary: bool,
}

/// A piece of a longer sentence that a person may be writing over several texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The event that it is a text of.
    pub event: EventKey,
    /// When that happened.
    pub at: Time,
    /// Which of its texts.
    pub field: Field,
    /// The text.
    pub text: PersonText,
    /// Whether a signal that opens a sentence was seen in it.
    pub opens: bool,
}

impl Piece {
    fn earlier(&self) -> Earlier {
        Earlier {
            text: self.text.clone(),
            opens: self.opens,
        }
    }
}

/// Finds what shows only where texts are read together: those before an event, and its own.
pub type ReadTogether<'a> =
    dyn Fn(&[Earlier], &[(Field, PersonText)]) -> Vec<Draft> + Send + Sync + 'a;

impl Candidate {
    /// The spans of this event on which a rule rests.
    pub fn spans_of(&self, verdict: &Verdict, signals: &Anchors) -> Vec<Span> {
        let mut spans: Vec<Span> = self
            .drafts
            .iter()
            .chain(&verdict.together)
            .filter(|draft| match signals {
                Anchors::Named(ids) => ids.contains(&draft.name),
                Anchors::Any => true,
            })
            .flat_map(|draft| draft.spans.clone())
            .collect();
        spans.sort();
        spans.dedup();
        spans
    }
}

/// What the store knows of a person, read under the lock on their row.
#[derive(Clone, Debug)]
pub struct PersonRecord {
    /// Whom it is about.
    pub person: PersonId,
    /// Counts closed cases; signals of earlier episodes are not read, save for goods.
    pub episode: i64,
    /// Remembered signals, newest 512.
    pub signals: Vec<Signal>,
    /// Texts that may be pieces of a sentence which goes on in another one: those of events that the signals tell of, and of
    /// interest only where an event to be judged may go on with it.
    pub pieces: Vec<Piece>,
    /// The last fold, if there was one.
    pub state: Option<Episode>,
    /// True: there are older signals that are not read; the last fold summarises them.
    pub truncated: bool,
    /// The case that is not closed, if any.
    pub open_case: Option<Case>,
    /// The wait for a sign of them, if there is one.
    pub waiting: Option<Waiting>,
    /// Ids of tasks and holds already asked for.
    pub asked: BTreeSet<String>,
    /// Keys of events already evaluated in full.
    pub evaluated: BTreeSet<EventKey>,
    /// (source, event id) of those, whatever their content.
    pub ids_seen: BTreeSet<(String, String)>,
}

impl PersonRecord {
    /// A person of whom nothing is known.
    pub fn unknown(person: PersonId) -> Self {
        Self {
            person,
            episode: 0,
            signals: Vec::new(),
            pieces: Vec::new(),
            state: None,
            truncated: false,
            open_case: None,
            waiting: None,
            asked: BTreeSet::new(),
            evaluated: BTreeSet::new(),
            ids_seen: BTreeSet::new(),
        }
    }
}

/// What became of an event that entered the transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// True: seen before with the same content; nothing was added.
    pub duplicate: bool,
    /// What is now thought of the person.
    pub assessment: Assessment,
    /// The person's open case, and whether this event opened it.
    pub case: Option<(CaseId, bool)>,
    /// New tasks for merchant support.
    pub tasks: Vec<MerchantTask>,
    /// New holds asked for.
    pub holds: Vec<Hold>,
    /// Help to show.
    pub help: Option<HelpOffer>,
    /// What could not be judged.
    pub degraded: Vec<String>,
    /// Signs that showed only where the event's texts were read together with those before them.
    pub together: Vec<Draft>,
    /// The rule set that judged, by its hash; another one may have come into force since.
    pub ruleset: Arc<str>,
}

/// What the transaction writes for one event.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// New signals.
    pub signals: Vec<Signal>,
    /// The case, where it opened or its row changes.
    pub case: Option<CaseChange>,
    /// New tasks.
    pub tasks: Vec<MerchantTask>,
    /// New holds.
    pub holds: Vec<Hold>,
    /// What leaves the house.
    pub notices: Vec<Notice>,
    /// Audit leaves.
    pub leaves: Vec<Record>,
}

/// A case row to write.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseChange {
    /// A new case.
    Opened(Case),
    /// Newer evidence, and perhaps a higher level or another deadline.
    Changed(Case),
}

/// Handles one event of a person and lets the record grow by it.
pub fn handle(
    rules: &Ruleset,
    ids: &IdKey,
    read_together: &ReadTogether<'_>,
    record: &mut PersonRecord,
    candidate: &Candidate,
) -> (Verdict, Effects) {
    let mut effects = Effects::default();
    let mut degraded = Vec::new();
    let duplicate = record.evaluated.contains(&candidate.key);
    let occurred_at = believed(candidate.occurred_at, candidate.arrived_at);
    if occurred_at != candidate.occurred_at {
        degraded.push("clock-ahead".to_owned());
    }
    degraded.extend(rules.unscored());
    let mut together = Vec::new();
    if !duplicate {
        if record.just_opened(rules, occurred_at) {
            let (before, own) = record.line(candidate, occurred_at);
            if !own.is_empty() {
                together = read_together(&before, &own);
            }
        }
        remember(
            rules,
            record,
            candidate,
            &together,
            occurred_at,
            &mut effects,
        );
        if !effects.signals.is_empty() {
            let id = (
                candidate.key.source.as_str().to_owned(),
                candidate.key.event.as_str().to_owned(),
            );
            if !record.ids_seen.insert(id) {
                degraded.push("conflicting-event-id".to_owned());
                effects.leaves.push(Record::system(
                    candidate.arrived_at,
                    "event.conflict",
                    None,
                    &rules.hash,
                ));
            }
            record.evaluated.insert(candidate.key.clone());
        }
    }
    let mut assessment = record.assess(rules, &effects.signals);
    if !effects.signals.is_empty() {
        record.state = Some(assessment.episode);
    }
    let last = assessment.episode.last_at.unwrap_or(occurred_at);
    assessment.episode = assessment.episode.at(last.max(occurred_at));
    degraded.extend(
        assessment
            .unknown
            .iter()
            .map(|rule| format!("unknown:{rule}")),
    );
    let mut verdict = Verdict {
        duplicate,
        case: record
            .open_case
            .as_ref()
            .map(|case| (case.case_id.clone(), false)),
        tasks: Vec::new(),
        holds: Vec::new(),
        help: help::offer(rules, &assessment, &candidate.locale),
        degraded,
        together,
        ruleset: rules.hash.clone(),
        assessment,
    };
    if !effects.signals.is_empty() {
        let mut act = Acting {
            rules,
            ids,
            record,
            candidate,
            occurred_at,
            effects: &mut effects,
        };
        act.case(&mut verdict);
        act.goods(&mut verdict);
        // Help was shown when they spoke, in their language, which silence does not tell.
        if !candidate.is_silence() {
            act.offer_help(&verdict);
        }
    }
    if !duplicate {
        // A word that means something in company only is an answer all the same.
        let tells = |d: &Draft| d.needs == Needs::Nothing && rules.tells(&d.name);
        let said = |d: &Draft| tells(d) && !d.spans.is_empty();
        let mut drafts = candidate.drafts.iter().chain(&verdict.together);
        let spoke = drafts.any(said);
        let level = verdict.assessment.level();
        record.wait(rules, candidate, occurred_at, level, spoke);
    }
    effects.tasks.clone_from(&verdict.tasks);
    effects.holds.clone_from(&verdict.holds);
    (verdict, effects)
}

fn remember(
    rules: &Ruleset,
    record: &mut PersonRecord,
    candidate: &Candidate,
    together: &[Draft],
    occurred_at: Time,
    effects: &mut Effects,
) {
    // By the time of the events, not of their arrival: a batch sent again after its transaction was lost from sight must not
    // find a person known whom its first sending did not.
    let known = record
        .signals
        .iter()
        .any(|s| s.occurred_at < occurred_at && rules.tells(&s.name));
    let opened = record.just_opened(rules, occurred_at);
    let silent = record.is_silent(occurred_at);
    let mut drafts = candidate.drafts.clone();
    unite(&mut drafts, together);
    let company = |draft: &Draft| draft.needs == Needs::Nothing && rules.tells(&draft.name);
    let company = drafts.iter().any(company);
    let counts = |draft: &&Draft| match draft.needs {
        Needs::Nothing => true,
        Needs::Company => known || company,
        Needs::KnownPerson => known,
        Needs::Opening => opened,
        Needs::Silence => silent,
    };
    for draft in drafts.iter().filter(counts) {
        record.keep_pieces(rules, candidate, draft, occurred_at);
        let signal = Signal {
            name: draft.name.clone(),
            event: candidate.key.clone(),
            occurred_at,
            age_band: candidate.age_band,
            facts: draft.facts.clone(),
            spans: draft.spans.clone(),
        };
        effects.signals.push(signal.clone());
        record.signals.push(signal);
    }
}

/// The effects of one event, step by step.
struct Acting<'a> {
    rules: &'a Ruleset,
    ids: &'a IdKey,
    record: &'a mut PersonRecord,
    candidate: &'a Candidate,
    occurred_at: Time,
    effects: &'a mut Effects,
}

impl Acting<'_> {
    fn now(&self) -> Time {
        self.candidate.arrived_at
    }

    /// Opens a case, or lets the open one grow.
    fn case(&mut self, verdict: &mut Verdict) {
        let level = verdict.assessment.level();
        let orders = open_orders(&self.record.signals);
        let arrival = arrival(&orders);
        match self.record.open_case.take() {
            None if level.opens_case() => {
                let case = self.opened(&verdict.assessment, arrival);
                verdict.case = Some((case.case_id.clone(), true));
                self.notify_case(&case, true);
                self.leaf("case.open", &case.case_id);
                self.effects.case = Some(CaseChange::Opened(case.clone()));
                self.record.open_case = Some(case);
            }
            None => {}
            Some(case) => {
                let grown = self.grown(&case, &verdict.assessment, arrival);
                if grown.level > case.level {
                    self.notify_case(&grown, false);
                    self.leaf("case.raise", &grown.case_id);
                }
                verdict.case = Some((grown.case_id.clone(), false));
                self.effects.case = Some(CaseChange::Changed(grown.clone()));
                self.record.open_case = Some(grown);
            }
        }
    }

    fn clock_ms(&self, assessment: &Assessment) -> i64 {
        self.rules
            .triage
            .clocks_ms
            .get(&(assessment.level() as usize))
            .copied()
            .unwrap_or(0)
    }

    fn opened(&self, assessment: &Assessment, arrival: Option<Time>) -> Case {
        let key = &self.candidate.key;
        let episode = self.record.episode.to_be_bytes();
        let case_id = self.ids.derive(
            "C",
            &[
                self.record.person.as_str().as_bytes(),
                &episode,
                key.source.as_str().as_bytes(),
                key.event.as_str().as_bytes(),
                &key.content,
            ],
        );
        Case {
            case_id: CaseId::new(case_id),
            person: self.record.person.clone(),
            episode: self.record.episode,
            state: CaseState::Open,
            level: assessment.level(),
            types: assessment.episode.types,
            intent: assessment.episode.intent,
            means: assessment.means,
            harm: assessment.episode.harm,
            signalled_at: self.occurred_at,
            opened_at: self.now(),
            deadline_at: self.now().plus_ms(self.clock_ms(assessment)),
            means_arrival_at: arrival,
            holder: None,
            lease_no: 0,
            lease_until: None,
            revision: 1,
            rules: assessment.evidence.iter().map(|e| e.rule.clone()).collect(),
            opened_by: key.clone(),
        }
    }

    /// Newer evidence may raise, never lower.
    fn grown(&self, case: &Case, assessment: &Assessment, arrival: Option<Time>) -> Case {
        let level = case.level.max(assessment.level());
        let deadline_at = if level > case.level {
            case.deadline_at
                .min(self.now().plus_ms(self.clock_ms(assessment)))
        } else {
            case.deadline_at
        };
        let mut rules = case.rules.clone();
        for evidence in &assessment.evidence {
            if !rules.contains(&evidence.rule) {
                rules.push(evidence.rule.clone());
            }
        }
        Case {
            level,
            types: case.types.union(assessment.episode.types),
            intent: case.intent.max(assessment.episode.intent),
            means: assessment.means,
            harm: case.harm.max(assessment.episode.harm),
            deadline_at,
            means_arrival_at: arrival,
            revision: case.revision + 1,
            rules,
            ..case.clone()
        }
    }

    fn notify_case(&mut self, case: &Case, opened: bool) {
        let rank = [case.level as u8];
        let notice_id = self
            .ids
            .derive("N", &[case.case_id.as_str().as_bytes(), &rank]);
        let body = NoticeBody::Case {
            case: case.case_id.clone(),
            level: case.level,
            opened,
            deadline_at: case.deadline_at,
        };
        self.effects.notices.push(Notice {
            notice_id,
            decided_at: self.now(),
            body,
        });
    }

    fn leaf(&mut self, action: &'static str, case: &CaseId) {
        let record = Record::system(self.now(), action, Some(case), &self.rules.hash);
        self.effects.leaves.push(record);
    }

    /// Purpose questions, company in the shop's chat, and holds.
    fn goods(&mut self, verdict: &mut Verdict) {
        let assessment = &verdict.assessment;
        let level = assessment.level();
        let orders = open_orders(&self.record.signals);
        let ask = &self.rules.triage.purpose_question;
        if assessment.episode.intent <= ask.intent_at_most
            && assessment.episode.harm == 0
            && ask.means.contains(&assessment.means)
        {
            for order in orders.iter().filter(|o| ask.means.contains(&o.stage)) {
                self.task(
                    MerchantAction::PurposeQuestion,
                    order.order.clone(),
                    order.merchant.clone(),
                    verdict,
                );
            }
        }
        if level.opens_case() && !self.candidate.merchant.is_empty() {
            self.task(
                MerchantAction::StayAndListen,
                String::new(),
                self.candidate.merchant.clone(),
                verdict,
            );
        }
        if self
            .rules
            .triage
            .holds_from
            .is_some_and(|from| level >= from)
        {
            for order in orders.into_iter().filter(|o| matches!(o.stage, 3..=5)) {
                self.task(
                    MerchantAction::HoldParcel,
                    order.order.clone(),
                    order.merchant.clone(),
                    verdict,
                );
                self.hold(order, verdict);
            }
        }
    }

    fn task(
        &mut self,
        action: MerchantAction,
        order: String,
        merchant: String,
        verdict: &mut Verdict,
    ) {
        let episode = self.record.episode.to_be_bytes();
        let about = [
            self.record.person.as_str().as_bytes(),
            &episode[..],
            action.name().as_bytes(),
            order.as_bytes(),
            if order.is_empty() {
                merchant.as_bytes()
            } else {
                b""
            },
        ];
        let task_id = self.ids.derive("T", &about);
        if self.record.asked.insert(task_id.clone()) {
            let task = MerchantTask {
                task_id: task_id.clone(),
                action,
                order,
                merchant,
            };
            let body = NoticeBody::MerchantTask(task.clone());
            self.effects.notices.push(Notice {
                notice_id: task_id,
                decided_at: self.now(),
                body,
            });
            verdict.tasks.push(task);
        }
    }

    fn hold(&mut self, order: OpenOrder, verdict: &mut Verdict) {
        let episode = self.record.episode.to_be_bytes();
        let about = [
            self.record.person.as_str().as_bytes(),
            &episode[..],
            order.order.as_bytes(),
        ];
        let hold_id = self.ids.derive("H", &about);
        if self.record.asked.insert(hold_id.clone()) {
            let expires_at = self.now().plus_ms(self.rules.triage.holds_expire_ms);
            let hold = Hold {
                hold_id: hold_id.clone(),
                order: order.order,
                expires_at,
            };
            let body = NoticeBody::HoldRequest(hold.clone());
            self.effects.notices.push(Notice {
                notice_id: hold_id,
                decided_at: self.now(),
                body,
            });
            let case = verdict.case.as_ref().map(|(case, _)| case);
            self.effects.leaves.push(Record::system(
                self.now(),
                "hold.request",
                case,
                &self.rules.hash,
            ));
            verdict.holds.push(hold);
        }
    }

    /// One help notice for each level an episode reaches: a page that shows it every time would be noise.
    fn offer_help(&mut self, verdict: &Verdict) {
        let Some(offer) = &verdict.help else { return };
        let episode = self.record.episode.to_be_bytes();
        let state = [
            verdict.assessment.level() as u8,
            u8::from(offer.emergency_card),
        ];
        let about = [
            self.record.person.as_str().as_bytes(),
            &episode[..],
            &state[..],
        ];
        let notice_id = self.ids.derive("P", &about);
        if self.record.asked.insert(notice_id.clone()) {
            let body = NoticeBody::Help {
                person: self.record.person.clone(),
                offer: offer.clone(),
            };
            self.effects.notices.push(Notice {
                notice_id,
                decided_at: self.now(),
                body,
            });
        }
    }
}

/// The next arrival of watched goods that are paid and not yet there.
fn arrival(orders: &[OpenOrder]) -> Option<Time> {
    orders
        .iter()
        .filter(|o| matches!(o.stage, 4 | 5))
        .filter_map(|o| o.expected)
        .min()
}

/// The texts in which a sign was seen.
fn fields_of<'a>(
    draft: &'a Draft,
    candidate: &'a Candidate,
) -> impl Iterator<Item = (Field, PersonText)> + 'a {
    let seen = |field: Field| draft.spans.iter().any(|span| span.field == field);
    let texts = candidate.texts.iter();
    texts.filter(move |(field, _)| seen(*field)).cloned()
}

impl PersonRecord {
    /// Whether the person opened a sentence not long before.
    fn just_opened(&self, rules: &Ruleset, now: Time) -> bool {
        self.signals
            .iter()
            .any(|s| (0..=PIECES_MS).contains(&now.since_ms(s.occurred_at)) && rules.opens(&s.name))
    }

    /// The pieces before an event, and its own texts that are pieces.
    fn line(&self, candidate: &Candidate, now: Time) -> (Vec<Earlier>, Vec<(Field, PersonText)>) {
        let mut before: Vec<&Piece> = self
            .pieces
            .iter()
            .filter(|p| p.event != candidate.key && (0..=PIECES_MS).contains(&now.since_ms(p.at)))
            .collect();
        before.sort_by_key(|piece| (piece.at, &piece.event, piece.field));
        let newest = before.len().saturating_sub(PIECES_MAX);
        let own = candidate
            .drafts
            .iter()
            .filter(|d| &*d.name == engine::PIECE);
        let own = own.flat_map(|draft| fields_of(draft, candidate));
        (
            before[newest..].iter().map(|p| p.earlier()).collect(),
            own.collect(),
        )
    }

    /// Keeps the texts of an event in which a sentence is opened or goes on, for those that follow it.
    fn keep_pieces(&mut self, rules: &Ruleset, candidate: &Candidate, draft: &Draft, at: Time) {
        if &*draft.name != engine::PIECE && !rules.opens(&draft.name) {
            return;
        }
        for (field, text) in fields_of(draft, candidate) {
            let opens = rules.opens(&draft.name);
            let known = |p: &&mut Piece| p.event == candidate.key && p.field == field;
            if let Some(piece) = self.pieces.iter_mut().find(known) {
                piece.opens |= opens;
            } else if piece_of(text.reveal()).is_some() {
                self.pieces.push(Piece {
                    event: candidate.key.clone(),
                    at,
                    field,
                    text,
                    opens,
                });
            }
        }
    }

    /// Folds the person's signals, of which `new` are the ones just added: all of them where something came late, else
    /// the last event alone.
    fn assess(&mut self, rules: &Ruleset, new: &[Signal]) -> Assessment {
        let order = |s: &Signal| (s.occurred_at, s.event.clone());
        let newest_known = self
            .signals
            .iter()
            .filter(|s| !new.iter().any(|n| n.event == s.event))
            .map(order)
            .max();
        let late = new
            .first()
            .is_some_and(|n| newest_known.is_some_and(|known| order(n) < known));
        let from = match self.state {
            Some(state) if !late => From::LastEvent(state),
            Some(state) if self.truncated => From::Beginning(state),
            _ => From::Beginning(Episode::default()),
        };
        assess(rules, &mut self.signals, from, self.episode > 0)
    }

    /// True if anything is remembered of the person.
    pub fn is_known(&self) -> bool {
        !self.signals.is_empty()
    }
}
