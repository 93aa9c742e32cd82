//! Every line judged as the service would judge the first event of a person nobody knows: the same screening, the same
//! handling, only the store is left out. Lines are independent, so they are shared out among threads and the figures added
//! up; sums do not know who counted.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use anyhow::Context as _;
use indicatif::ProgressBar;

use super::measure::{Figures, Outcome};
use crate::cases::ids::IdKey;
use crate::cases::{PersonRecord, handle};
use crate::cli::corpus::{Source, Text, Unfit};
use crate::cli::events::STREAM_START;
use crate::domain::time::HOUR_MS;
use crate::domain::{
    AgeBand, Draft, Earlier, Event, EventId, EventKind, Field, Level, PersonId, PersonText,
    RiskType, Sender, SourceId, Time,
};
use crate::intake::file::Line;
use crate::matcher::{Matcher, Scratch};
use crate::pipeline::{ActivePersons, Screened, Walk};
use crate::rules::Ruleset;

/// Monday, 2 March 2026, ten in the morning in China: an hour of no note.
const LINE_AT: Time = STREAM_START.plus_ms(10 * HOUR_MS);
/// So many lines, or bytes, are handed to a thread at once.
const CHUNK_LINES_MAX: usize = 256;
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// Judges lines one by one; shared by all threads.
#[derive(Debug)]
pub(in crate::cli) struct Judge {
    walk: Walk,
}

impl Judge {
    pub(in crate::cli) fn new(rules: Ruleset) -> anyhow::Result<Self> {
        let matcher = Matcher::new(Arc::new(rules)).context("the terms are too many")?;
        let active = Arc::new(ActivePersons::with_capacity(0));
        Ok(Self {
            walk: Walk::new(matcher, active),
        })
    }

    pub(in crate::cli) fn rules(&self) -> &Ruleset {
        self.walk.matcher().rules()
    }

    /// What the rules teach about a line without a label: risk to oneself where they would open a case for it, none where
    /// they see no sign at all, nothing in between.
    pub(in crate::cli) fn lesson(&self, text: &Text, scratch: &mut Scratch) -> Option<bool> {
        match self.walk.screen(event(text), LINE_AT, false, scratch) {
            Screened::Ordinary(_) | Screened::NothingYet(..) => Some(false),
            Screened::Candidate(candidate) => {
                let mut stranger = PersonRecord::unknown(candidate.person.clone());
                let ids = IdKey([0; 32]);
                let (verdict, _) = handle(self.rules(), &ids, &alone, &mut stranger, &candidate);
                let episode = verdict.assessment.episode;
                let own = episode.types.contains(RiskType::SelfHarm);
                (own && verdict.assessment.level() >= Level::Elevated).then_some(true)
            }
            Screened::IfKnown(_) | Screened::Quarantine(_) => None,
        }
    }

    /// What becomes of a line; `None` where judging failed. No record outlives its line, so every line is a stranger's.
    pub(super) fn outcome(&self, text: &Text, scratch: &mut Scratch) -> Option<Outcome> {
        let candidate = match self.walk.screen(event(text), LINE_AT, false, scratch) {
            // Signs that count only beside others are no signs of a stranger.
            Screened::Ordinary(_) | Screened::NothingYet(..) | Screened::IfKnown(_) => {
                return Some(Outcome::default());
            }
            Screened::Quarantine(_) => return None,
            Screened::Candidate(candidate) => candidate,
        };
        let mut stranger = PersonRecord::unknown(candidate.person.clone());
        let (verdict, effects) = handle(
            self.rules(),
            &IdKey([0; 32]),
            &alone,
            &mut stranger,
            &candidate,
        );
        let assessment = verdict.assessment;
        let mut signals: Vec<Arc<str>> = effects.signals.into_iter().map(|s| s.name).collect();
        signals.sort();
        signals.dedup();
        Some(Outcome {
            level: assessment.level(),
            score: Outcome::score_of(assessment.score()),
            rules: assessment.evidence.into_iter().map(|e| e.rule).collect(),
            signals,
        })
    }
}

/// A line is all that its person ever writes.
fn alone(_: &[Earlier], _: &[(Field, PersonText)]) -> Vec<Draft> {
    Vec::new()
}

/// The line as the one event of its person.
pub(super) fn event(text: &Text) -> Event {
    let words: PersonText = text.text.clone();
    Event {
        id: EventId::new("line"),
        person: PersonId::new("stranger"),
        source: SourceId::new("corpus"),
        occurred_at: LINE_AT,
        locale: text.language.clone(),
        age_band: AgeBand::Unspecified,
        canary: false,
        kind: if text.search {
            EventKind::Search { query: words }
        } else {
            EventKind::Chat {
                conversation: String::new(),
                sender: Sender::Buyer,
                merchant: String::new(),
                order: String::new(),
                text: words,
            }
        },
    }
}

/// Judges a whole file.
///
/// # Errors
/// Where the file cannot be opened. One that breaks off is measured up to there and says so among its troubles.
pub(super) fn measure(
    judge: &Judge,
    source: &Source,
    threads: NonZeroUsize,
    progress: &ProgressBar,
) -> anyhow::Result<Figures> {
    let lines = source
        .lines(progress)
        .with_context(|| format!("{} cannot be read", source.path.display()))?;
    let (give, take) = mpsc::sync_channel(2 * threads.get());
    let take = Mutex::new(take);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get())
            .map(|_| scope.spawn(|| work(judge, source, &take)))
            .collect();
        let mut figures = share_out(lines, &give);
        drop(give);
        for worker in workers {
            match worker.join() {
                Ok(part) => figures.merge(part),
                Err(_) => anyhow::bail!("counting {} failed", source.path.display()),
            }
        }
        Ok(figures)
    })
}

/// Reads to the end; what comes back tells only of trouble on the way.
fn share_out(
    lines: impl Iterator<Item = std::io::Result<Line>>,
    give: &mpsc::SyncSender<Vec<Line>>,
) -> Figures {
    let mut figures = Figures::default();
    let (mut chunk, mut bytes, mut last) = (Vec::new(), 0, 0);
    for line in lines {
        let line = match line {
            Ok(line) => line,
            Err(_) => {
                figures.broken(last + 1);
                break;
            }
        };
        last = line.number;
        bytes += line.bytes.len();
        chunk.push(line);
        if chunk.len() >= CHUNK_LINES_MAX || bytes >= CHUNK_BYTES_MAX {
            bytes = 0;
            if give.send(std::mem::take(&mut chunk)).is_err() {
                // Every worker is gone; joining them says why.
                return figures;
            }
        }
    }
    give.send(chunk).ok();
    figures
}

fn work(judge: &Judge, source: &Source, take: &Mutex<mpsc::Receiver<Vec<Line>>>) -> Figures {
    let mut figures = Figures::default();
    let mut scratch = Scratch::default();
    loop {
        let chunk = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(chunk) = chunk else { return figures };
        for line in chunk {
            match source.read(&line) {
                Ok(text) => match judge.outcome(&text, &mut scratch) {
                    Some(outcome) => figures.count(&text, &outcome),
                    None => figures.bad(line.number, "cannot be judged"),
                },
                Err(Unfit::TooLong) => figures.refused += 1,
                Err(Unfit::Bad(why)) => figures.bad(line.number, why),
            }
        }
    }
}
