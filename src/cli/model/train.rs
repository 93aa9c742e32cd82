//! `lifeguard model train`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest as _, Sha256};

use super::load;
use super::report::{Made, Report};
use super::teach::{Labels, Lesson, sha256_of};
use crate::cli::corpus;
use crate::domain::limits::EVENT_BYTES_MAX;
use crate::semantic::train::{Line, Settings, TRAFFIC_MIN, Truth, train};
use crate::semantic::{About, HEADS, Head, Source};

const HELP: &str = "\
A file holds one JSON object a line, plain or gzip: `text`; `label` 1 for risk, 0 for benign, null for not known; or `head`: \
self_harm, harm_to_others, concern, accident or none (a risk line without a head is self_harm); `group`, a name of its \
writer, so that one writer is never on both sides of a fold. FILE@2 counts each line twice. No text is printed. The same \
files in the same order with the same seed give the same bytes.";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(in crate::cli) struct Arguments {
    /// Where the model is written.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Labelled lines.
    #[arg(value_name = "FILE", required_unless_present = "traffic")]
    labelled: Vec<String>,
    /// Ordinary traffic: benign unless labelled otherwise; false alarms are counted among these lines.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    traffic: Vec<String>,
    /// Lines without a label, and what `lifeguard model teach` said of them.
    #[arg(long, value_name = "FILE=LABELS", num_args = 1..)]
    taught: Vec<String>,
    /// Benign lines that are not like the traffic.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    benign: Vec<String>,
    /// Licence of a file, for the record: NAME=LICENCE.
    #[arg(long, value_name = "NAME=LICENCE")]
    licence: Vec<String>,
    /// What the model is called.
    #[arg(long, default_value = "model")]
    name: String,
    /// The day to write down, since nothing here asks the clock.
    #[arg(long, value_name = "DAY", default_value = "unstated")]
    date: String,
    /// Of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Parts of the lines that are scored by a model that has not seen them.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=20))]
    folds: u32,
    /// Write the complete figures, without any text of a person.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as one page with plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Train again on parts of the risk lines, to see whether more would help.
    #[arg(long)]
    learning_curve: bool,
    /// The model before this one, to see what changes.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
}

/// What a file is used as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Labelled,
    Traffic,
    Benign,
    Taught,
}

impl Use {
    fn name(self) -> &'static str {
        match self {
            Self::Labelled => "labelled",
            Self::Traffic => "traffic",
            Self::Benign => "benign",
            Self::Taught => "taught by the rules",
        }
    }
}

/// What is known of a line beside what it teaches.
pub(super) struct Known {
    pub file: usize,
    pub level: Option<u8>,
    pub traffic: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let files = [
        (Use::Labelled, &arguments.labelled),
        (Use::Traffic, &arguments.traffic),
        (Use::Benign, &arguments.benign),
        (Use::Taught, &arguments.taught),
    ];
    let (mut lines, mut known, mut sources, mut bad) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (used_as, files) in files {
        for written in files {
            let (source, trouble) = read(
                written,
                used_as,
                sources.len(),
                arguments,
                &mut lines,
                &mut known,
            )?;
            sources.push(source);
            bad += trouble;
        }
    }
    licences_of_files(&arguments.licence, &sources)?;
    let ordinary = known.iter().filter(|k| k.traffic).count();
    if ordinary < TRAFFIC_MIN {
        eprintln!(
            "warning: {ordinary} lines of traffic are too few to promise anything about false alarms: no text will reach a \
             threshold of this model; name files of ordinary talk with --traffic"
        );
    }
    let settings = Settings {
        seed: arguments.seed,
        folds: arguments.folds as usize,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        ..Settings::default()
    };
    let about = About {
        name: arguments.name.clone(),
        trained_by: env!("CARGO_PKG_VERSION").to_owned(),
        trained_on: arguments.date.clone(),
        seed: arguments.seed,
        sources: sources.clone(),
        epochs: 0,
        pieces: 0,
        bias: [0; HEADS],
        calibration: Default::default(),
        curves: Default::default(),
    };
    let kept: Vec<Line> = lines.clone();
    let bar = steps(settings.folds as u64 + 1)?;
    let (model, measured) =
        train(lines, &settings, about, &|| bar.inc(1)).map_err(anyhow::Error::msg)?;
    bar.finish_and_clear();
    let previous = arguments.previous.as_deref().map(load).transpose()?;
    let made = Made {
        model: &model,
        settings: &settings,
        measured: &measured,
        lines: &kept,
        known: &known,
        sources: &sources,
        previous: previous.as_ref(),
    };
    let report =
        Report::new(&made, arguments.learning_curve, &|| {}).map_err(anyhow::Error::msg)?;
    report.print();
    if let Some(path) = &arguments.json {
        let json = serde_json::to_vec_pretty(&report).context("the figures have no JSON")?;
        write(path, &json)?;
    }
    if let Some(path) = &arguments.html {
        write(path, report.page()?.as_bytes())?;
    }
    if let Some(path) = &arguments.out {
        let bytes = model.to_bytes()?;
        write(path, &bytes)?;
    }
    eprintln!(
        "{} lines in {:.1} s",
        known.len(),
        began.elapsed().as_secs_f64()
    );
    Ok(if bad == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

fn steps(n: u64) -> anyhow::Result<ProgressBar> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(n)
    } else {
        ProgressBar::hidden()
    };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} models, {elapsed}")
        .context("no style")?;
    Ok(bar.with_style(style))
}

/// Reads a file; appends its lines.
fn read(
    written: &str,
    used_as: Use,
    file: usize,
    arguments: &Arguments,
    lines: &mut Vec<Line>,
    known: &mut Vec<Known>,
) -> anyhow::Result<(Source, u64)> {
    let (written, labels) = match written.split_once('=').filter(|_| used_as == Use::Taught) {
        Some((file, labels)) => (file.to_owned(), Some(labels)),
        None if used_as == Use::Taught => {
            anyhow::bail!("{written}: labels are missing, write FILE=LABELS")
        }
        None => (written.to_owned(), None),
    };
    let (labels, weighed) = match labels.and_then(|l| l.rsplit_once('@')) {
        Some((labels, weight)) => (Some(labels), format!("{written}@{weight}")),
        None => (labels, written),
    };
    let (path, weight) = match weighed.rsplit_once('@') {
        Some((path, weight)) => {
            let weight: f32 = weight
                .parse()
                .with_context(|| format!("{weighed}: after @ stands a weight"))?;
            anyhow::ensure!(
                (0.001..=1000.0).contains(&weight),
                "{weighed}: a weight is 0.001 to 1000"
            );
            (path, weight)
        }
        None => (weighed.as_str(), 1.0),
    };
    let path = Path::new(path);
    let source = corpus::Source::new(path, matches!(used_as, Use::Traffic | Use::Benign));
    let sha256 = sha256_of(path)?;
    let taught = match labels {
        Some(l) => format!(" (labels {})", sha256_of(Path::new(l))?),
        None => String::new(),
    };
    let labels = labels
        .map(|l| Labels::read(Path::new(l), &sha256))
        .transpose()?;
    let (before, mut bad) = (lines.len(), 0);
    for line in source
        .lines(&ProgressBar::hidden())
        .with_context(|| path.display().to_string())?
    {
        let line = line.with_context(|| format!("{} breaks off", path.display()))?;
        if line.bytes.len() > EVENT_BYTES_MAX {
            continue;
        }
        let mut text = match source.read(&line) {
            Ok(text) => text,
            Err(corpus::Unfit::TooLong) => continue,
            Err(corpus::Unfit::Bad(why)) => {
                bad += 1;
                eprintln!("{}: line {}: {why}", source.name, line.number);
                continue;
            }
        };
        if let Some(labels) = &labels {
            let lesson = labels.of(line.number);
            text.benign = lesson == Some(Lesson::Benign);
            text.label = lesson.map(|lesson| lesson != Lesson::Benign);
            text.head = match lesson {
                Some(Lesson::Risk(head)) => Some(head),
                _ => None,
            };
        }
        let head = text
            .head
            .or((text.label == Some(true)).then_some(Head::SelfHarm));
        let truth = match (head, text.benign) {
            (Some(risk), _) => {
                Head::ALL.map(|head| if head == risk { Truth::Yes } else { Truth::No })
            }
            (None, true) => [Truth::No; HEADS],
            (None, false) => [Truth::Unknown; HEADS],
        };
        let traffic = used_as == Use::Traffic && text.benign;
        known.push(Known {
            file,
            level: text.level,
            traffic,
        });
        lines.push(Line {
            group: group(text.group.as_deref().unwrap_or(text.text.reveal())),
            text: text.text,
            truth,
            weight,
            traffic,
        });
    }
    let licence = arguments
        .licence
        .iter()
        .filter_map(|l| l.split_once('='))
        .find(|(name, _)| *name == source.name);
    Ok((
        Source {
            name: source.name,
            sha256,
            lines: (lines.len() - before) as u64,
            used_as: format!("{}{taught}", used_as.name()),
            weight: (weight * 1000.0).round() as u32,
            licence: licence
                .map_or("unstated", |(_, licence)| licence)
                .to_owned(),
        },
        bad,
    ))
}

/// A licence stated for a file that is not there is a slip of the pen that would leave another file without one.
fn licences_of_files(licences: &[String], sources: &[Source]) -> anyhow::Result<()> {
    for licence in licences {
        let name = licence.split_once('=').map_or(&**licence, |(name, _)| name);
        let known = sources.iter().any(|source| source.name == name);
        anyhow::ensure!(
            known && licence.contains('='),
            "--licence {licence}: write NAME=LICENCE with the name of a file that is read here, without folder and ending: {}",
            sources
                .iter()
                .map(|s| &*s.name)
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    Ok(())
}

/// The same on every machine.
fn group(name: &str) -> u64 {
    let hash = Sha256::digest(name.as_bytes());
    let first = hash.iter().take(8);
    first.fold(0, |group, byte| (group << 8) | u64::from(*byte))
}
