//! `lifeguard model evaluate`: other files, thresholds fixed beforehand by the model itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::ProgressBar;
use serde::Serialize;

use super::load;
use super::recall::BUDGETS;
use crate::cli::corpus::{Source, Text, Unfit};
use crate::semantic::train::{TRAFFIC_MIN, curve_of};
use crate::semantic::{Head, Model, Tokens};
use crate::text::{entry_of, is_han};

const HELP: &str = "\
Recall and alarms are told by file, language, length, script, level, and hour of the day where lines have `hour` (0 to 23), so \
that it can be seen for whom the model works less well. No text is printed.";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(in crate::cli) struct Arguments {
    /// The model file.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Labelled files.
    #[arg(value_name = "FILE", required_unless_present = "traffic")]
    labelled: Vec<PathBuf>,
    /// Ordinary traffic: benign unless labelled otherwise.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    traffic: Vec<PathBuf>,
    /// Write the complete figures, without any text.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Lines of one kind, and how many reach each threshold of the head.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Reached {
    /// All of them.
    pub lines: u64,
    /// Those that reach the threshold of each budget.
    pub reached: [u64; BUDGETS.len()],
}

/// By head, by what the lines have in common; risk lines and benign lines apart.
#[derive(Debug, Default, Serialize)]
struct Figures {
    budgets_per_100_000: [u32; BUDGETS.len()],
    risk: BTreeMap<&'static str, BTreeMap<String, Reached>>,
    benign: BTreeMap<&'static str, BTreeMap<String, Reached>>,
    /// What would be found if the thresholds had been fixed on this very traffic.
    fixed_here: BTreeMap<&'static str, Reached>,
    #[serde(skip)]
    scores: BTreeMap<&'static str, Scores>,
}

/// Scores of risk lines and of benign lines of the traffic.
#[derive(Debug, Default)]
struct Scores {
    risk: Vec<i32>,
    traffic: Vec<i32>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let model = load(&arguments.model)?;
    let mut figures = Figures {
        budgets_per_100_000: BUDGETS,
        ..Figures::default()
    };
    let mut bad = 0;
    let files = arguments.labelled.iter().map(|path| (path, false));
    for (path, benign) in files.chain(arguments.traffic.iter().map(|path| (path, true))) {
        bad += count(&model, path, benign, &mut figures)?;
    }
    for (head, scores) in &figures.scores {
        if scores.traffic.len() < TRAFFIC_MIN {
            continue;
        }
        let curve = curve_of(scores.traffic.clone());
        let thresholds = BUDGETS.map(|b| curve.threshold(b * 10));
        let reached = thresholds.map(|t| scores.risk.iter().filter(|s| **s >= t).count() as u64);
        let lines = scores.risk.len() as u64;
        figures.fixed_here.insert(head, Reached { lines, reached });
    }
    print(&figures);
    if let Some(path) = &arguments.json {
        let json = serde_json::to_vec_pretty(&figures).context("the figures have no JSON")?;
        std::fs::write(path, json)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(if bad == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn count(model: &Model, path: &Path, benign: bool, figures: &mut Figures) -> anyhow::Result<u64> {
    let source = Source::new(path, benign);
    let thresholds = Head::ALL.map(|head| BUDGETS.map(|b| model.threshold(head, b * 10)));
    let (mut tokens, mut bad) = (Tokens::default(), 0);
    for line in source
        .lines(&ProgressBar::hidden())
        .with_context(|| path.display().to_string())?
    {
        let line = line.with_context(|| format!("{} breaks off", path.display()))?;
        let text = match source.read(&line) {
            Ok(text) => text,
            Err(Unfit::TooLong) => continue,
            Err(Unfit::Bad(why)) => {
                bad += 1;
                eprintln!("{}: line {}: {why}", source.name, line.number);
                continue;
            }
        };
        let risk = text
            .head
            .or((text.label == Some(true)).then_some(Head::SelfHarm));
        let scores = model.score(text.text.reveal(), &mut tokens);
        for head in Head::ALL {
            let kinds = match (risk, text.benign) {
                (Some(risk), _) if risk == head => &mut figures.risk,
                (None, true) => &mut figures.benign,
                _ => continue,
            };
            let all = figures.scores.entry(head.name()).or_default();
            if risk.is_some() {
                all.risk.push(scores[head.index()]);
            } else if benign {
                all.traffic.push(scores[head.index()]);
            }
            let of_head = kinds.entry(head.name()).or_default();
            for common in what_it_is(&source.name, &text) {
                let of = of_head.entry(common).or_default();
                of.lines += 1;
                for (n, threshold) in of.reached.iter_mut().zip(thresholds[head.index()]) {
                    *n += u64::from(scores[head.index()] >= threshold);
                }
            }
        }
    }
    Ok(bad)
}

/// The groups that a line is counted in.
fn what_it_is(file: &str, text: &Text) -> Vec<String> {
    let words = text.text.reveal();
    let length = match words.chars().count() {
        0..=8 => "up to 8 characters",
        9..=20 => "9 to 20 characters",
        21..=60 => "21 to 60 characters",
        _ => "more than 60 characters",
    };
    let mut groups = vec![
        "all".to_owned(),
        format!("file {file}"),
        format!(
            "language {}",
            if text.language.is_empty() {
                "unstated"
            } else {
                &text.language
            }
        ),
        format!("length {length}"),
        format!("script {}", script(words)),
    ];
    groups.extend(text.level.map(|level| format!("level {level:>2}")));
    groups.extend(text.hour.map(|hour| {
        let from = hour / 6 * 6;
        format!("hour {from:02} to {:02}", from + 5)
    }));
    groups
}

/// Which Chinese characters a text is written in; a traditional one is one that folds to another.
fn script(text: &str) -> &'static str {
    let (mut han, mut traditional, mut letters) = (0, 0, 0);
    for c in text.chars() {
        if is_han(c) {
            han += 1;
            traditional += usize::from(entry_of(c).folded != c);
        } else if c.is_ascii_alphabetic() {
            letters += 1;
        }
    }
    match (han, traditional, letters) {
        (0, _, _) => "without Chinese",
        (_, 0, l) if l >= 3 => "simplified with letters",
        (_, 0, _) => "simplified",
        (han, t, _) if t * 6 >= han => "traditional",
        _ => "mixed",
    }
}

fn print(figures: &Figures) {
    println!(
        "{:<52} {:>7} {}",
        "reached at the model's thresholds of alarms per 100,000:",
        "lines",
        BUDGETS.map(|b| format!("{b:>7}")).join(" ")
    );
    for (head, of) in &figures.fixed_here {
        let shares = of
            .reached
            .map(|n| format!("{:>7.3}", n as f64 / of.lines.max(1) as f64));
        println!(
            "{:<52} {:>7} {}",
            format!("{head}, thresholds fixed on this traffic"),
            of.lines,
            shares.join(" ")
        );
    }
    for (kind, heads) in [("risk", &figures.risk), ("benign", &figures.benign)] {
        for (head, groups) in heads {
            for (group, of) in groups {
                let shares = of.reached.map(|n| {
                    let share = n as f64 / of.lines.max(1) as f64;
                    if kind == "risk" {
                        format!("{share:>7.3}")
                    } else {
                        format!("{:>7.1}", share * 1e5)
                    }
                });
                println!(
                    "{:<52} {:>7} {}",
                    format!("{kind}, {head}, {group}"),
                    of.lines,
                    shares.join(" ")
                );
            }
        }
    }
}
