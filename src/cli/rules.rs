//! `lifeguard rules check` and `lifeguard rules test`.

#[path = "categories.rs"]
mod categories;

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Map, Value};

use super::{STARTER_MODEL, default_rules, with_model};
use crate::app::private_engine;
use crate::cases::Verdict;
use crate::domain::time::parse_length_ms;
use crate::domain::{Level, PersonId, Time};
use crate::matcher::Scratch;
use crate::pipeline::{Committer, Fate};
use crate::rules::condition::Anchors;
use crate::rules::load::Files;
use crate::rules::{Data, Node, Problems, Rule, Ruleset, load_files, parse_yaml, read_dir};
use crate::wire::decode_json;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Report every problem of the rule files at once.
    Check {
        /// The folder of rule files.
        #[arg(value_name = "DIR", default_value_os_t = default_rules())]
        dir: PathBuf,
        /// A folder of private lexicons, signals and rules that are added to the pack's.
        #[arg(long, value_name = "DIR")]
        private: Option<PathBuf>,
        /// Name every pattern that makes the service slow, not only the slowest.
        #[arg(long)]
        slow: bool,
    },
    /// Run the tests of the rule files, and the category examples by the rules alone and beside a model.
    Test {
        /// The folder of rule files.
        #[arg(value_name = "DIR", default_value_os_t = default_rules())]
        dir: PathBuf,
        /// Fail as well where the category examples fall short of their bars; beside the model, if there is one.
        #[arg(long)]
        bars: bool,
        /// Also show which of the category examples that are not held back fell short.
        #[arg(long)]
        misses: bool,
        /// A folder of private lexicons, signals and rules that are added to the pack's.
        #[arg(long, value_name = "DIR")]
        private: Option<PathBuf>,
        /// A model file beside which the category examples are judged once more; `none` for the rules alone
        /// [default: deploy/starter.model, where it is].
        #[arg(long, value_name = "FILE")]
        model: Option<PathBuf>,
    },
}

/// A pattern for which more ordinary texts than this are looked at closely is worth a word.
const COSTLY_SHARE: f64 = 0.003;
/// So many of them are named where nobody asks for all: what else `check` says would be lost among forty lines.
const COSTLY_NAMED: usize = 5;

/// Says which patterns make the service slow. They are found all the same, so this is no error.
fn name_costly(rules: &Ruleset, all: bool) {
    let mut costly: Vec<(f64, &str, usize)> = rules
        .signals
        .iter()
        .filter(|signal| !signal.beside && signal.longest.is_none())
        .flat_map(|signal| {
            let patterns = signal.patterns.iter().enumerate();
            patterns.map(|(i, pattern)| (pattern.share, &*signal.id, i + 1))
        })
        .filter(|(share, _, _)| *share > COSTLY_SHARE)
        .collect();
    costly.sort_by(|a, b| b.0.total_cmp(&a.0));
    let named = if all { costly.len() } else { COSTLY_NAMED };
    let rest = costly.len().saturating_sub(named);
    for (share, signal, number) in costly.into_iter().take(named) {
        eprintln!(
            "slow: for pattern {number} of signal `{signal}` one ordinary text in {:.0} is looked at closely; \
             give each of its alternatives a rarer word, `beside: true` or `longest`",
            1.0 / share
        );
    }
    if rest > 0 {
        eprintln!("slow: {rest} more patterns, each for fewer texts; --slow names them");
    }
}

/// Says which signals nothing asks for: they would be looked for in every text and kept of people to no end.
fn name_unasked(rules: &Ruleset) {
    let conditions = rules.rules.iter().map(|rule| &rule.when);
    let conditions = conditions.chain(rules.triage.modifiers.iter().map(|modifier| &modifier.when));
    let asked: HashSet<&str> = conditions
        .filter_map(|when| match &when.anchors {
            Anchors::Named(ids) => Some(ids.iter().map(|id| &**id)),
            Anchors::Any => None,
        })
        .flatten()
        .collect();
    let texts = rules.signals.iter().filter(|signal| !signal.opens);
    let texts = texts.map(|signal| &*signal.id);
    let scores = rules.scores.iter().map(|score| &*score.id);
    for id in texts.chain(scores).filter(|id| !asked.contains(id)) {
        eprintln!("unasked: no rule or modifier names the signal `{id}`; remove it, or ask for it");
    }
}

/// Says which live rules no test makes fire, or keeps silent: nobody would see them break. What needs a model is left out.
fn name_untested(rules: &Ruleset, tests: &[Test]) {
    let named = |of: fn(&Expect) -> &[String]| -> HashSet<&str> {
        let names = tests.iter().flat_map(|test| of(&test.expect));
        names.map(String::as_str).collect()
    };
    let (fires, silent) = (named(|e| &e.fires), named(|e| &e.silent));
    let scores: HashSet<&str> = rules.scores.iter().map(|score| &*score.id).collect();
    let scored = |rule: &Rule| match &rule.when.anchors {
        Anchors::Named(ids) => ids.iter().any(|id| scores.contains(&**id)),
        Anchors::Any => false,
    };
    for rule in rules.rules.iter().filter(|rule| !scored(rule)) {
        let lacks = [(&fires, "fires it"), (&silent, "keeps it silent")];
        for (_, what) in lacks.iter().filter(|(known, _)| !known.contains(&*rule.id)) {
            eprintln!("untested: no test {what}: rule `{}`", rule.id);
        }
    }
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check { dir, private, slow } => {
            let files = read_dir(&dir, private.as_deref())?;
            let (rules, tests) = load(&files)?;
            categories::read(&files)?;
            let terms: usize = rules.signals.iter().map(|s| s.terms.len()).sum();
            let patterns: usize = rules.signals.iter().map(|s| s.patterns.len()).sum();
            println!(
                "{} {}: {} rules, {} signals, {terms} terms, {patterns} patterns, {} guards, {} tests; hash {}",
                rules.name,
                rules.version,
                rules.rules.len(),
                rules.signals.len(),
                rules.guards.len(),
                tests.len(),
                rules.hash
            );
            name_costly(&rules, slow);
            name_unasked(&rules);
            name_untested(&rules, &tests);
            Ok(ExitCode::SUCCESS)
        }
        Command::Test {
            dir,
            bars,
            misses,
            private,
            model,
        } => {
            let files = read_dir(&dir, private.as_deref())?;
            let (rules, tests) = load(&files)?;
            let examples = categories::read(&files)?;
            let starter = PathBuf::from(STARTER_MODEL);
            let here = model.is_some() || starter.exists();
            let model = model.or(Some(starter).filter(|_| here));
            let model = model.filter(|file| file.as_os_str() != "none");
            // Read before anything runs: what is wrong with it is said at once.
            let beside = match &model {
                Some(file) => Some((with_model(load_files(&files)?, model.as_deref())?, file)),
                None => None,
            };
            let engine = private_engine(rules).await?;
            let (mut passed, mut failed) = (0, 0);
            for (number, test) in tests.iter().enumerate() {
                match run_test(&engine, test, number).await {
                    Ok(()) => passed += 1,
                    Err(why) => {
                        failed += 1;
                        println!("{}:{}: {}: {why:#}", test.file, test.line, test.name);
                    }
                }
            }
            println!("{passed} passed, {failed} failed");
            if !examples.is_empty() {
                println!("\nthe rules alone:");
            }
            let mut kept = categories::run(&engine, &examples, misses).await?;
            if let Some((rules, file)) = beside.filter(|_| !examples.is_empty()) {
                println!("\nbeside {}:", file.display());
                let engine = private_engine(rules).await?;
                kept = categories::run(&engine, &examples, misses).await?;
            } else if !here && !examples.is_empty() {
                println!(
                    "no {STARTER_MODEL} here: name a model by --model to judge beside it as well"
                );
            }
            Ok(if failed == 0 && (kept || !bars) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
    }
}

/// The rule set and its tests, or every problem of both.
fn load(files: &Files) -> anyhow::Result<(Ruleset, Vec<Test>)> {
    let loaded = load_files(files);
    let mut problems = loaded.as_ref().err().cloned().unwrap_or_default();
    let tests = read_tests(files, &mut problems);
    match loaded {
        Ok(rules) if problems.is_empty() => Ok((rules, tests)),
        _ => Err(problems.into()),
    }
}

/// One test of a pack: events with relative times, and what must come of them.
struct Test {
    file: String,
    line: usize,
    name: String,
    events: Vec<(i64, Map<String, Value>)>,
    expect: Expect,
}

#[derive(Default)]
struct Expect {
    at_least: Option<Level>,
    at_most: Option<Level>,
    types: Option<Vec<String>>,
    fires: Vec<String>,
    silent: Vec<String>,
}

fn read_tests(files: &Files, problems: &mut Problems) -> Vec<Test> {
    let mut tests = Vec::new();
    let own = |name: &str| name.starts_with("tests/") && !name.starts_with(categories::FOLDER);
    for (file, text) in files.iter().filter(|(name, _)| own(name)) {
        let Some(root) = parse_yaml(file, text, problems) else {
            continue;
        };
        let Some(list) = entry(&root, "tests") else {
            problems.report(file, root.place, "a test file has one key, `tests`");
            continue;
        };
        let Data::List(items) = &list.data else {
            problems.report(file, list.place, "`tests` is a list");
            continue;
        };
        for item in items {
            match read_test(file, item) {
                Ok(test) => tests.push(test),
                Err(why) => problems.report(file, item.place, &format!("{why:#}")),
            }
        }
    }
    tests
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.data {
        Data::Map(entries) => entries.iter().find(|(k, _, _)| k == key).map(|(_, _, n)| n),
        _ => None,
    }
}

fn read_test(file: &str, node: &Node) -> anyhow::Result<Test> {
    let Value::Object(mut test) = node.to_json() else {
        anyhow::bail!("a test is a map")
    };
    let name = test
        .remove("name")
        .and_then(|n| n.as_str().map(str::to_owned))
        .context("`name` is missing")?;
    let locale = test.remove("locale").unwrap_or(Value::Null);
    let Some(Value::Array(list)) = test.remove("events") else {
        anyhow::bail!("`events` is missing")
    };
    let mut events = Vec::new();
    for event in list {
        let Value::Object(mut event) = event else {
            anyhow::bail!("an event is a map")
        };
        let at = event
            .remove("at")
            .and_then(|at| at.as_str().map(str::to_owned))
            .unwrap_or_else(|| "0m".to_owned());
        let at_ms = if at.trim_start_matches('0').len() <= 1 {
            0
        } else {
            parse_length_ms(&at).with_context(|| format!("`at: {at}` is no length of time"))?
        };
        event.entry("locale").or_insert_with(|| locale.clone());
        events.push((at_ms, event));
    }
    anyhow::ensure!(!events.is_empty(), "`events` is empty");
    let Some(Value::Object(wanted)) = test.remove("expect") else {
        anyhow::bail!("`expect` is missing")
    };
    if let Some(key) = test.keys().next() {
        anyhow::bail!("unknown field `{key}`");
    }
    Ok(Test {
        file: file.to_owned(),
        line: node.place.0,
        name,
        events,
        expect: read_expect(wanted)?,
    })
}

fn read_expect(wanted: Map<String, Value>) -> anyhow::Result<Expect> {
    anyhow::ensure!(!wanted.is_empty(), "`expect` needs at least one key");
    let mut expect = Expect::default();
    for (key, value) in wanted {
        let level = || {
            let name = value.as_str().unwrap_or_default();
            Level::from_name(name).with_context(|| format!("`{name}` is no level"))
        };
        let words = || -> Vec<String> {
            value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|v| v.as_str().map(str::to_owned))
                .collect()
        };
        match key.as_str() {
            "level_at_least" => expect.at_least = Some(level()?),
            "level_at_most" => expect.at_most = Some(level()?),
            "types" => expect.types = Some(words()),
            "fires" => expect.fires = words(),
            "silent" => expect.silent = words(),
            other => anyhow::bail!("`expect` has no key `{other}`"),
        }
    }
    Ok(expect)
}

/// Monday, 2 March 2026, ten in the morning in China: an hour of no note.
const TEST_START_MS: i64 = 1_772_416_800_000;

async fn run_test(engine: &Committer, test: &Test, number: usize) -> anyhow::Result<()> {
    let last = play(engine, &test.events, &number.to_string()).await?;
    check(&test.expect, &last)
}

/// Feeds events with relative times to fresh persons; what is thought after the last.
async fn play(
    engine: &Committer,
    events: &[(i64, Map<String, Value>)],
    name: &str,
) -> anyhow::Result<Box<Verdict>> {
    let mut last = None;
    let mut scratch = Scratch::default();
    for (step, (at_ms, event)) in events.iter().enumerate() {
        let mut event = event.clone();
        let person = event
            .remove("person")
            .and_then(|p| p.as_str().map(str::to_owned))
            .unwrap_or_default();
        let at = Time::from_ms(TEST_START_MS + at_ms);
        if let Some(nothing) = event.remove("nothing") {
            anyhow::ensure!(
                nothing == true && event.keys().all(|key| key == "locale"),
                "event {}: `nothing: true` stands alone beside `at`",
                step + 1
            );
            // Until then nobody said or did anything.
            let person = PersonId::new(format!("t{name}-{person}"));
            let heard = engine.hear_silences(at).await?.into_iter();
            for (_, fate) in heard.filter(|(silent, _)| *silent == person) {
                if let Fate::Evaluated(verdict) = fate {
                    last = Some(verdict);
                }
            }
            continue;
        }
        event.insert("eventId".into(), format!("t{name}-{step}").into());
        event.insert("personId".into(), format!("t{name}-{person}").into());
        event.insert("source".into(), "test".into());
        event.insert("occurredAt".into(), at.to_string().into());
        let bytes = serde_json::to_vec(&event)?;
        let decoded = decode_json(&bytes).with_context(|| format!("event {}", step + 1))?;
        anyhow::ensure!(
            decoded.unknown_fields == 0,
            "event {} has a field that is not known",
            step + 1
        );
        let screened = engine.walk().screen(decoded.event, at, true, &mut scratch);
        match engine
            .commit(&[(None, screened)], Vec::new())
            .await?
            .into_iter()
            .next()
        {
            Some(Fate::Evaluated(verdict) | Fate::Duplicate(verdict)) => last = Some(verdict),
            _ => anyhow::bail!("event {} was not judged", step + 1),
        }
    }
    last.context("no events")
}

fn check(expect: &Expect, verdict: &Verdict) -> anyhow::Result<()> {
    let assessment = &verdict.assessment;
    let level = assessment.level();
    let rules: Vec<&str> = assessment.evidence.iter().map(|e| &*e.rule).collect();
    let said = format!(
        "level {} I{} M{} H{} by {}",
        level.name(),
        assessment.episode.intent,
        assessment.means,
        assessment.episode.harm,
        if rules.is_empty() {
            "no rule".to_owned()
        } else {
            rules.join(", ")
        }
    );
    if let Some(least) = expect.at_least {
        anyhow::ensure!(
            level >= least,
            "expected at least {}, found {said}",
            least.name()
        );
    }
    if let Some(most) = expect.at_most {
        anyhow::ensure!(
            level <= most,
            "expected at most {}, found {said}",
            most.name()
        );
    }
    if let Some(types) = &expect.types {
        let found = assessment.episode.types.names();
        for kind in types {
            anyhow::ensure!(
                found.contains(&kind.as_str()),
                "expected {kind}, found {found:?}, {said}"
            );
        }
    }
    for rule in &expect.fires {
        anyhow::ensure!(
            rules.contains(&rule.as_str()),
            "`{rule}` should have fired; {said}"
        );
    }
    for rule in &expect.silent {
        anyhow::ensure!(
            !rules.contains(&rule.as_str()),
            "`{rule}` should have been silent; {said}"
        );
    }
    Ok(())
}
