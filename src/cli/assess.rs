//! `lifeguard assess`: events in, judgements out, over a private store.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::Judging;
use super::judged::{Judged, State};
use crate::app::private_engine;
use crate::domain::Time;
use crate::intake::file::{Line, Lines};
use crate::matcher::Scratch;
use crate::pipeline::{Committer, Fate, Screened};
use crate::wire::{Unreadable, decode_json};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    judging: Judging,
    /// Events, one JSON object a line; `-` or nothing for standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let engine = private_engine(arguments.judging.load()?).await?;
    let input: Box<dyn BufRead> = match &arguments.file {
        Some(path) if path.as_os_str() != "-" => {
            let file =
                File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
            Box::new(BufReader::with_capacity(1 << 16, file))
        }
        _ => Box::new(BufReader::with_capacity(1 << 16, io::stdin())),
    };
    let output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let unreadable = assess(&engine, input, output).await?;
    Ok(if unreadable == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Judges every line in order; tells how many could not be read.
pub(crate) async fn assess(
    engine: &Committer,
    input: impl BufRead,
    mut output: impl Write,
) -> anyhow::Result<u64> {
    let mut now = Time::default();
    let mut unreadable = 0;
    let mut scratch = Scratch::default();
    for line in Lines::new(input) {
        let line = line.context("reading failed")?;
        match decode_json(&line.bytes) {
            Ok(decoded) => {
                now = now.max(decoded.event.occurred_at);
                let event = engine.walk().screen(decoded.event, now, true, &mut scratch);
                judge(engine, event, &mut output).await?;
            }
            Err(reason) => {
                unreadable += 1;
                set_aside(engine, line, &reason, now, &mut output).await?;
            }
        }
    }
    output.flush().context("writing failed")?;
    Ok(unreadable)
}

async fn judge(engine: &Committer, event: Screened, output: &mut impl Write) -> anyhow::Result<()> {
    let Screened::Candidate(candidate) = &event else {
        anyhow::bail!("an event that was to be judged was not");
    };
    let candidate = candidate.clone();
    let fates = engine.commit(&[(None, event)], Vec::new()).await?;
    let (status, verdict) = match fates.into_iter().next() {
        Some(Fate::Evaluated(verdict)) => ("EVALUATED", Some(verdict)),
        Some(Fate::Duplicate(verdict)) => ("DUPLICATE", Some(verdict)),
        _ => ("QUARANTINED", None),
    };
    let judged = Judged {
        event_id: Some(candidate.key.event.as_str()),
        person_id: Some(candidate.person.as_str()),
        status,
        reason: verdict
            .is_none()
            .then(|| "the event could not be judged".to_owned()),
        line: None,
        state: verdict.as_deref().map(|v| State::of(v, &candidate)),
        ruleset: &engine.walk().matcher().rules().hash.clone(),
    };
    write(&judged, output)
}

async fn set_aside(
    engine: &Committer,
    line: Line,
    reason: &Unreadable,
    now: Time,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let origin = format!("file:line {}", line.number);
    let event = engine.walk().unreadable(origin, reason, line.bytes, now);
    engine.commit(&[(None, event)], Vec::new()).await?;
    let judged = Judged {
        event_id: None,
        person_id: None,
        status: "QUARANTINED",
        reason: Some(reason.to_string()),
        line: Some(line.number),
        state: None,
        ruleset: &engine.walk().matcher().rules().hash.clone(),
    };
    write(&judged, output)
}

fn write(judged: &Judged<'_>, output: &mut impl Write) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *output, judged).context("writing failed")?;
    output.write_all(b"\n").context("writing failed")
}
