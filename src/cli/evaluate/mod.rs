//! `lifeguard evaluate`: what the rules find in labelled texts, and what that costs in false alarms. Pure measuring in
//! memory; nothing is stored, and no text is ever printed, since corpora hold people's own words.

mod curve;
mod folds;
pub(super) mod judge;
mod measure;
mod page;
mod report;
mod sheets;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

use self::folds::{FOLD_LEVEL_MIN, FOLD_LINES_MAX, Folds};
use self::judge::Judge;
use self::measure::Figures;
use self::report::Report;
use super::corpus::{Source, Text};
use super::{Judging, with_model};
use crate::rules::load::Files;
use crate::rules::{load_files, read_dir};

const FILES_HELP: &str = "\
A file holds one JSON object a line, plain or gzip: `text`; `lang`; `label` 1 for risk, 0 for benign, null for not known; \
`level` 0 to 10, how urgent its authors found it; `kind`. Each line is judged as the first thing that a person of unknown \
age says to a shop, or looks for, where the file is named after queries or `kind` is `search`. No text is printed or \
written. The exit status is 1 where a line could not be read.";

#[derive(Debug, clap::Args)]
#[command(after_help = FILES_HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    judging: Judging,
    /// Labelled files.
    #[arg(value_name = "FILE", required_unless_present = "benign")]
    files: Vec<PathBuf>,
    /// Files whose lines are benign unless they are labelled otherwise.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    benign: Vec<PathBuf>,
    /// Write the complete figures, without any text.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a page with plots that needs no other file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Choose terms again without each of so many parts of the lines with `level` 4 or above, and tell what is lost.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1000))]
    folds: Option<u32>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    // A panic's message may quote what it fell over, and that would be a person's words.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        eprintln!("lifeguard: fault at {}", place.unwrap_or_default());
    }));
    let began = Instant::now();
    let Judging { rules, beside } = &arguments.judging;
    let files = read_dir(rules, beside.private.as_deref())?;
    let judge = Judge::new(with_model(load_files(&files)?, beside.model.as_deref())?)?;
    let sources = sources(&arguments.files, &arguments.benign)?;
    let progress = bar(&sources)?;
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut measured: Vec<(String, Figures)> = Vec::new();
    for source in &sources {
        progress.set_message(source.name.clone());
        let figures = judge::measure(&judge, source, threads, &progress)?;
        name_bad_lines(source, &figures, &progress);
        measured.push((source.name.clone(), figures));
    }
    progress.finish_and_clear();
    let folds = match arguments.folds {
        Some(parts) => Some(fold(&files, &sources, parts as usize, threads)?),
        None => None,
    };
    let report = Report::new(judge.rules(), &measured, folds);
    print(&report)?;
    if let Some(path) = &arguments.json {
        let mut json = serde_json::to_vec_pretty(&report).context("the figures have no JSON")?;
        json.push(b'\n');
        write(path, &json)?;
    }
    if let Some(path) = &arguments.html {
        write(path, page::page(&report)?.as_bytes())?;
    }
    let lines: u64 = report.corpora.iter().map(|corpus| corpus.all.lines).sum();
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("{lines} lines in {seconds:.1} s");
    Ok(if report.bad() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The files in the order given, each once, under names that differ.
fn sources(files: &[PathBuf], benign: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let given = files.iter().map(|path| (path, false));
    let given = given.chain(benign.iter().map(|path| (path, true)));
    let mut sources: Vec<Source> = Vec::new();
    for (path, benign) in given {
        anyhow::ensure!(
            !sources.iter().any(|known| known.path == *path),
            "{} is given twice",
            path.display()
        );
        sources.push(Source::new(path, benign));
    }
    let mut taken = BTreeSet::new();
    for source in &mut sources {
        let plain = source.name.clone();
        let mut number = 2;
        while !taken.insert(source.name.clone()) {
            source.name = format!("{plain} ({number})");
            number += 1;
        }
    }
    Ok(sources)
}

/// A bar over the bytes of all files, so that one that cannot be opened is told of before an hour is spent on the others.
fn bar(sources: &[Source]) -> anyhow::Result<ProgressBar> {
    let bytes = sources.iter().try_fold(0_u64, |sum, source| {
        Ok::<u64, anyhow::Error>(sum.saturating_add(source.bytes()?))
    })?;
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    Ok(ProgressBar::new(bytes).with_style(style))
}

fn name_bad_lines(source: &Source, figures: &Figures, progress: &ProgressBar) {
    if figures.bad == 0 {
        return;
    }
    progress.suspend(|| {
        let path = source.path.display();
        for (line, why) in &figures.bad_named {
            eprintln!("{path}:{line}: {why}");
        }
        let named = figures.bad_named.len() as u64 + u64::from(figures.broken_at.is_some());
        if figures.bad > named {
            eprintln!("{path}: {} more bad lines", figures.bad - named);
        }
        if let Some(line) = figures.broken_at {
            eprintln!("{path}:{line}: the file breaks off here");
        }
    });
}

/// The folds over the lines of the labelled files, in their order.
fn fold(
    files: &Files,
    sources: &[Source],
    parts: usize,
    threads: NonZeroUsize,
) -> anyhow::Result<Folds> {
    let mut urgent: Vec<Text> = Vec::new();
    for source in sources.iter().filter(|source| !source.benign) {
        let lines = source
            .lines(&ProgressBar::hidden())
            .with_context(|| format!("{} cannot be read", source.path.display()))?;
        // Lines that cannot be read were told of when they were measured.
        let texts = lines
            .map_while(Result::ok)
            .filter_map(|line| source.read(&line).ok());
        for text in texts.filter(|t| t.level.is_some_and(|level| level >= FOLD_LEVEL_MIN)) {
            anyhow::ensure!(
                urgent.len() < FOLD_LINES_MAX,
                "folds take at most {FOLD_LINES_MAX} lines"
            );
            urgent.push(text);
        }
    }
    folds::folds(files, &urgent, parts, threads)
}

fn print(report: &Report) -> anyhow::Result<()> {
    let name = &report.rules;
    let mut said = format!("{} {}, rule set {}\n", name.name, name.version, name.hash);
    for sheet in sheets::sheets(report) {
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(&sheet.header);
        if !std::io::stdout().is_terminal() {
            table.set_width(160);
        }
        for row in &sheet.rows {
            table.add_row(row);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        said.push_str(&format!("\n{}\n{}\n{table}\n", sheet.title, sheet.note));
    }
    match std::io::stdout().write_all(said.as_bytes()) {
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing failed"),
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}
