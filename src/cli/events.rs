//! `lifeguard events …`: make, check and send events.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::client::{Connection, Service, refused};
use crate::domain::Time;
use crate::intake::file::Lines;
use crate::synth;
use crate::wire::{decode_json, json_to_pb, pb};
use pb::ingest_service_client::IngestServiceClient;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Write a realistic stream of events, one JSON object a line.
    Generate(Generate),
    /// Check that every line is an event.
    Validate {
        /// The file; `-` for standard input.
        file: PathBuf,
    },
    /// Send events to a running service and wait until each is durable.
    Send {
        #[command(flatten)]
        connection: Connection,
        /// The file; `-` for standard input.
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Generate {
    /// The same seed gives the same stream.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many persons.
    #[arg(long, default_value_t = 2_000)]
    persons: u32,
    /// How many events.
    #[arg(long, default_value_t = 20_000)]
    events: u64,
    /// Over so many days.
    #[arg(long, default_value_t = 7)]
    days: u32,
    /// Persons in a thousand with a crisis story.
    #[arg(long, default_value_t = 20)]
    crisis: u32,
    /// Persons in a thousand with a confusing but harmless story.
    #[arg(long, default_value_t = 30)]
    harmless: u32,
    /// Where to write the events; standard output if not given.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Where to write who has which story.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
}

/// Monday, 2 March 2026, midnight in China.
pub(super) const STREAM_START: Time = Time::from_ms(1_772_380_800_000);

pub(super) fn bar(length: u64, what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length)
        .with_style(style)
        .with_message(what)
}

pub(super) fn input(file: &Path) -> anyhow::Result<Box<dyn BufRead + Send>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let opened =
        File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, opened)))
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Generate(arguments) => generate(&arguments),
        Command::Validate { file } => validate(&file),
        Command::Send { connection, file } => {
            let mut client = IngestServiceClient::new(connection.open().await?);
            send(&mut client, &file).await
        }
    }
}

fn generate(arguments: &Generate) -> anyhow::Result<ExitCode> {
    let settings = synth::Settings {
        seed: arguments.seed,
        persons: arguments.persons,
        events: arguments.events,
        start: STREAM_START,
        days: arguments.days,
        crisis_per_mille: arguments.crisis,
        harmless_per_mille: arguments.harmless,
    };
    let stream = synth::generate(&settings)?;
    if let Some(path) = &arguments.labels {
        let file =
            File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        let mut out = BufWriter::new(file);
        for label in stream.labels() {
            serde_json::to_writer(&mut out, label)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
    }
    let mut out: Box<dyn Write> = match &arguments.output {
        Some(path) => {
            let file = File::create(path)
                .with_context(|| format!("{} cannot be written", path.display()))?;
            Box::new(BufWriter::with_capacity(1 << 16, file))
        }
        None => Box::new(BufWriter::with_capacity(1 << 16, io::stdout().lock())),
    };
    let progress = if arguments.output.is_some() {
        bar(stream.total(), "generating")
    } else {
        ProgressBar::hidden()
    };
    for line in stream {
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
        progress.inc(1);
    }
    out.flush()?;
    progress.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

fn validate(file: &Path) -> anyhow::Result<ExitCode> {
    let (mut good, mut bad, mut unknown) = (0_u64, 0_u64, 0_u64);
    for line in Lines::new(input(file)?) {
        let line = line.context("reading failed")?;
        match decode_json(&line.bytes) {
            Ok(decoded) => {
                good += 1;
                unknown += u64::from(decoded.unknown_fields);
            }
            Err(reason) => {
                bad += 1;
                println!("{}:{}: {reason}", file.display(), line.number);
            }
        }
    }
    println!("{good} events, {bad} unreadable, {unknown} unknown fields");
    Ok(if bad == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// How many events of each fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub evaluated: u64,
    pub duplicate: u64,
    pub quarantined: u64,
    pub unreadable: u64,
}

async fn send(client: &mut IngestServiceClient<Service>, file: &Path) -> anyhow::Result<ExitCode> {
    let progress = bar(0, "sending");
    let source = input(file)?;
    let shown = file.display().to_string();
    let (events, waiting) = tokio::sync::mpsc::channel(1024);
    let reading = tokio::task::spawn_blocking(move || -> anyhow::Result<u64> {
        let mut unreadable = 0;
        for line in Lines::new(source) {
            let line = line.context("reading failed")?;
            match json_to_pb(&line.bytes) {
                Ok((event, _)) => {
                    if events
                        .blocking_send(pb::SubmitStreamRequest { event: Some(event) })
                        .is_err()
                    {
                        break;
                    }
                }
                Err(reason) => {
                    unreadable += 1;
                    eprintln!("{shown}:{}: {reason}", line.number);
                }
            }
        }
        Ok(unreadable)
    });
    let mut sent = Sent::default();
    let requests = tokio_stream::wrappers::ReceiverStream::new(waiting);
    let mut answers = client
        .submit_stream(requests)
        .await
        .map_err(refused)?
        .into_inner();
    while let Some(answer) = answers.message().await.map_err(refused)? {
        count(&mut sent, answer.result);
        progress.inc(1);
    }
    sent.unreadable = reading.await.context("reading ended badly")??;
    progress.finish_and_clear();
    println!(
        "{} evaluated, {} duplicate, {} quarantined, {} not sent",
        sent.evaluated, sent.duplicate, sent.quarantined, sent.unreadable
    );
    Ok(if sent.quarantined + sent.unreadable == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

pub(super) fn count(sent: &mut Sent, result: Option<pb::EventResult>) {
    match result.map(|r| r.status()) {
        Some(pb::EventStatus::Evaluated) => sent.evaluated += 1,
        Some(pb::EventStatus::Duplicate) => sent.duplicate += 1,
        _ => sent.quarantined += 1,
    }
}
