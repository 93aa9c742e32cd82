//! `lifeguard model`: the learned scorer trained, measured, explained and shown.

mod evaluate;
mod recall;
mod report;
mod teach;
mod train;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::semantic::{Head, Model, Tokens};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Train a model from labelled texts.
    Train(train::Arguments),
    /// Let the rules label a file, to train from.
    Teach(teach::Arguments),
    /// Measure a model on other files, at the thresholds it brings.
    Evaluate(evaluate::Arguments),
    /// Show which pieces of a text moved its score.
    Explain(ExplainArguments),
    /// Show where a model comes from.
    Inspect {
        /// The model file.
        #[arg(value_name = "FILE")]
        model: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArguments {
    /// The model file.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// What is asked about: self_harm, harm_to_others, concern or accident.
    #[arg(long, value_name = "HEAD", default_value = "self_harm")]
    head: String,
    /// The text.
    #[arg(value_name = "TEXT")]
    text: String,
}

pub(super) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Train(arguments) => train::run(arguments),
        Command::Teach(arguments) => teach::run(arguments),
        Command::Evaluate(arguments) => evaluate::run(arguments),
        Command::Explain(arguments) => explain(arguments),
        Command::Inspect { model } => inspect(model),
    }
}

fn load(path: &Path) -> anyhow::Result<Model> {
    Model::load(path).with_context(|| path.display().to_string())
}

/// So many pieces are shown.
const REASONS_SHOWN: usize = 12;

fn explain(arguments: &ExplainArguments) -> anyhow::Result<ExitCode> {
    let model = load(&arguments.model)?;
    let head = Head::from_name(&arguments.head).with_context(|| {
        format!(
            "there is no head {:?}; there are {}",
            arguments.head,
            Head::ALL.map(Head::name).join(", ")
        )
    })?;
    let mut tokens = Tokens::default();
    let score = model.score(&arguments.text, &mut tokens)[head.index()];
    let probability = f64::from(model.probability(head, score)) / 1e6;
    println!(
        "{}: score {score}, probability {probability:.4}",
        head.name()
    );
    let chars: Vec<char> = arguments.text.chars().collect();
    for reason in model
        .explain(&arguments.text, head, &mut tokens)
        .iter()
        .take(REASONS_SHOWN)
    {
        let piece: String = chars[reason.start as usize..(reason.end as usize).min(chars.len())]
            .iter()
            .collect();
        println!(
            "{:>6}  {}..{}  {piece}",
            reason.weight, reason.start, reason.end
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn inspect(path: &Path) -> anyhow::Result<ExitCode> {
    let model = load(path)?;
    println!("sha256 {}", model.hash());
    println!(
        "{}",
        serde_json::to_string_pretty(model.about()).context("no JSON")?
    );
    Ok(ExitCode::SUCCESS)
}
