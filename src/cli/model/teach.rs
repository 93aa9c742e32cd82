//! `lifeguard model teach`: the rules label a file, and the labels are kept without its words, so that a model learnt from
//! them can be made again after the rules have changed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cli::evaluate::judge::Judge;
use crate::cli::{Judging, corpus};
use crate::matcher::Scratch;
use crate::semantic::Head;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The labels are risk where the rules would open a case, benign where they see no sign, unknown between."
)]
pub(in crate::cli) struct Arguments {
    /// Lines without a label.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The rules that teach, and a first model that teaches beside them.
    #[command(flatten)]
    judging: Judging,
    /// Where the labels are written.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Labels of one file's lines.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Labels {
    /// The file's name without folder.
    corpus: String,
    /// SHA-256 of the file.
    sha256: String,
    /// Who taught: the hash of a rule set, and whoever read the lines.
    taught_by: String,
    /// One letter a line: `r` risk to oneself, `h` harm to others, `c` concern for somebody, `b` benign, `?` unknown; rows of a
    /// hundred.
    labels: Vec<String>,
}

/// What a label says of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lesson {
    Risk(Head),
    Benign,
}

const ROW: usize = 100;

impl Labels {
    /// Reads the labels of a file of that hash.
    pub(super) fn read(path: &Path, sha256: &str) -> anyhow::Result<Self> {
        let bytes =
            std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let labels: Self = serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{} holds no labels; `lifeguard model teach` makes them",
                path.display()
            )
        })?;
        anyhow::ensure!(
            labels.sha256 == sha256,
            "{} are labels of another file ({}, sha256 {}); teach again",
            path.display(),
            labels.corpus,
            labels.sha256
        );
        Ok(labels)
    }

    /// The label of a line, counted from 1.
    pub(super) fn of(&self, line: u64) -> Option<Lesson> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        match self.labels.get(index / ROW)?.as_bytes().get(index % ROW)? {
            b'r' => Some(Lesson::Risk(Head::SelfHarm)),
            b'h' => Some(Lesson::Risk(Head::HarmToOthers)),
            b'c' => Some(Lesson::Risk(Head::Concern)),
            b'b' => Some(Lesson::Benign),
            _ => None,
        }
    }
}

/// SHA-256 of a file, in hexadecimal.
pub(super) fn sha256_of(path: &Path) -> anyhow::Result<String> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect())
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let teacher = Judge::new(arguments.judging.load()?)?;
    let source = corpus::Source::new(&arguments.file, false);
    let mut scratch = Scratch::default();
    let mut letters = String::new();
    let lines = source
        .lines(&ProgressBar::hidden())
        .with_context(|| arguments.file.display().to_string())?;
    for line in lines {
        let line = line.with_context(|| format!("{} breaks off", arguments.file.display()))?;
        let label = match source.read(&line) {
            Ok(text) => teacher.lesson(&text, &mut scratch),
            Err(_) => None,
        };
        // Empty lines are passed over and counted.
        while (letters.len() as u64) < line.number - 1 {
            letters.push('?');
        }
        letters.push(match label {
            Some(true) => 'r',
            Some(false) => 'b',
            None => '?',
        });
    }
    let risk = letters.bytes().filter(|l| *l == b'r').count();
    let benign = letters.bytes().filter(|l| *l == b'b').count();
    let labels = Labels {
        sha256: sha256_of(&arguments.file)?,
        corpus: source.name,
        taught_by: format!("rule set {}", teacher.rules().hash),
        labels: letters
            .as_bytes()
            .chunks(ROW)
            .map(|row| String::from_utf8_lossy(row).into_owned())
            .collect(),
    };
    let json = serde_json::to_string_pretty(&labels).context("the labels have no JSON")?;
    std::fs::write(&arguments.out, json + "\n")
        .with_context(|| format!("{} cannot be written", arguments.out.display()))?;
    println!("{} lines: {risk} risk, {benign} benign", letters.len());
    Ok(ExitCode::SUCCESS)
}
