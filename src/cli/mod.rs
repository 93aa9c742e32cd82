//! The command line: what a person types becomes a call into `app`. Nothing is decided here.

mod assess;
mod cases;
mod client;
mod corpus;
mod demo;
mod evaluate;
mod events;
mod judged;
mod model;
mod page;
mod rules;
mod serve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::rules::{Ruleset, load_dir};
use crate::semantic::Model;

/// Finds people in crisis in a marketplace's event streams and brings a trained human to them.
#[derive(Debug, Parser)]
#[command(name = "lifeguard", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge events from a file or standard input; one JSON object a line, in input order.
    Assess(assess::Arguments),
    /// See it work: one process, a realistic stream, the queue.
    Demo(demo::Arguments),
    /// Run the service.
    Serve(serve::ConfigArguments),
    /// Work the queue of a running service.
    Cases(cases::Arguments),
    /// Make, check and send events.
    #[command(subcommand)]
    Events(events::Command),
    /// Check and test rule files.
    #[command(subcommand)]
    Rules(rules::Command),
    /// Measure the rules on labelled texts: what they find, and what that costs in false alarms.
    Evaluate(evaluate::Arguments),
    /// Train, measure and explain the learned scorer.
    #[command(subcommand)]
    Model(model::Command),
    /// Check the audit log.
    #[command(subcommand)]
    Audit(serve::AuditCommand),
    /// Show and check the settings.
    #[command(subcommand)]
    Config(serve::ConfigCommand),
    /// Make a token and the line for the token file.
    Token(serve::TokenArguments),
    /// Write completions for a shell to standard output.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write man pages into a folder.
    Man {
        /// The folder.
        dir: PathBuf,
    },
}

/// The model that ships, from the project's folder.
const STARTER_MODEL: &str = "deploy/starter.model";

/// The default place of rule files.
fn default_rules() -> PathBuf {
    PathBuf::from("rules")
}

/// What judges, as every command that judges is told it.
#[derive(Debug, clap::Args)]
struct Judging {
    /// The folder of rule files.
    #[arg(long, value_name = "DIR", default_value_os_t = default_rules())]
    rules: PathBuf,
    #[command(flatten)]
    beside: Beside,
}

/// What stands beside the rule files.
#[derive(Debug, clap::Args)]
struct Beside {
    /// A folder of private lexicons, signals and rules that are added to the pack's.
    #[arg(long, value_name = "DIR")]
    private: Option<PathBuf>,
    /// A model file; without one the rules judge alone.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

impl Judging {
    fn load(&self) -> anyhow::Result<Ruleset> {
        let Beside { private, model } = &self.beside;
        load_judging(&self.rules, private.as_deref(), model.as_deref())
    }
}

/// The rule set of a folder, with what is private, and the learned scorer, if they are given.
fn load_judging(
    rules: &Path,
    private: Option<&Path>,
    model: Option<&Path>,
) -> anyhow::Result<Ruleset> {
    with_model(load_dir(rules, private)?, model)
}

/// The rule set with the learned scorer of a file, if one is given.
fn with_model(rules: Ruleset, file: Option<&Path>) -> anyhow::Result<Ruleset> {
    let Some(path) = file else { return Ok(rules) };
    let model = Model::load(path).with_context(|| path.display().to_string())?;
    Ok(rules.with_model(Arc::new(model)))
}

/// Parses the command line and runs it. The exit status is 0 where all went well, 1 where something was wrong with what
/// was read or asked, 2 where the command line was.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lifeguard: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Assess(arguments) => here(assess::run(arguments)),
        Command::Rules(command) => here(rules::run(command)),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Model(command) => model::run(&command),
        Command::Demo(arguments) => everywhere(demo::run(arguments)),
        Command::Serve(arguments) => everywhere(serve::run(arguments)),
        Command::Cases(arguments) => here(cases::run(arguments)),
        Command::Events(command) => here(events::run(command)),
        Command::Audit(command) => here(serve::run_audit(command)),
        Command::Config(command) => serve::run_config(command),
        Command::Token(arguments) => serve::run_token(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Arguments::command(),
                "lifeguard",
                &mut std::io::stdout(),
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { dir } => {
            std::fs::create_dir_all(&dir)
                .with_context(|| format!("{} cannot be made", dir.display()))?;
            clap_mangen::generate_to(Arguments::command(), &dir)
                .context("the man pages cannot be written")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs the service on all processors.
fn everywhere<F: Future<Output = anyhow::Result<ExitCode>>>(job: F) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no runtime")?
        .block_on(job)
}

/// Runs a short job on this thread.
fn here<F: Future<Output = anyhow::Result<ExitCode>>>(job: F) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?
        .block_on(job)
}
