//! `lifeguard demo`: the whole service in one process, a realistic stream through its real door, and the queue.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::ProgressBar;

use super::cases::{level_name, marked, type_names};
use super::client::{Connection, Service, refused};
use super::events::{STREAM_START, Sent, bar, count};
use super::serve::{new_secret, stop_asked, write_secret};
use super::{STARTER_MODEL, load_judging};
use crate::access::{Access, Role, token_entry};
use crate::app::{Running, ServeSettings, install_metrics, start};
use crate::domain::Level;
use crate::rules::condition::Anchors;
use crate::rules::{Rule, Ruleset, load_dir};
use crate::store::{self, MasterKey};
use crate::synth;
use crate::wire::{json_to_pb, pb};
use pb::case_service_client::CaseServiceClient;
use pb::ingest_service_client::IngestServiceClient;

/// The two published cases, retold; they must be found in every demo.
const PUBLISHED: &str = include_str!("../../examples/published-cases.jsonl");

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of rule files.
    #[arg(long, value_name = "DIR", default_value_os_t = super::default_rules())]
    rules: PathBuf,
    /// The learned scorer; `none` for rules alone.
    #[arg(long, value_name = "FILE", default_value = STARTER_MODEL)]
    model: PathBuf,
    /// The same seed gives the same stream.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many persons.
    #[arg(long, default_value_t = 2_000)]
    persons: u32,
    /// How many events.
    #[arg(long, default_value_t = 20_000)]
    events: u64,
    /// Events a second; 0 for as fast as it goes.
    #[arg(long, default_value_t = 2_000)]
    rate: u64,
    /// End after the stream instead of staying up.
    #[arg(long)]
    exit: bool,
}

impl Arguments {
    fn model(&self) -> Option<&Path> {
        (self.model != Path::new("none")).then_some(&self.model)
    }
}

/// How many cases the table shows besides the published ones.
const ROWS: usize = 12;

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let rules = load_dir(&arguments.rules, None)?;
    let told = told(&rules);
    let place = tempfile::Builder::new()
        .prefix("lifeguard-demo-")
        .tempdir()
        .context("no temporary folder")?;
    let running = start_service(&arguments, rules, place.path()).await?;
    let url = format!("http://{}", running.grpc);
    let source = Connection::to(url.clone(), place.path().join("source.token"))
        .open()
        .await?;
    let staff = Connection::to(url.clone(), place.path().join("specialist.token"))
        .open()
        .await?;

    let stream = synth::generate(&synth::Settings {
        seed: arguments.seed,
        persons: arguments.persons,
        events: arguments.events,
        start: STREAM_START,
        days: 7,
        crisis_per_mille: 20,
        harmless_per_mille: 30,
    })?;
    let labels = stream.labels().to_vec();
    println!(
        "Lifeguard is running at {url}. Feeding {} events of {} persons; {} of them are in danger.",
        stream.total() + PUBLISHED.lines().count() as u64,
        arguments.persons,
        labels.iter().filter(|l| l.crisis).count() + 2
    );
    let began = Instant::now();
    let sent = feed(source, stream, arguments.rate, staff.clone()).await?;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{} evaluated, {} duplicate, {} quarantined in {seconds:.1} s.\n",
        sent.evaluated, sent.duplicate, sent.quarantined
    );
    let outcomes = running.store.outcomes().await?;
    let found: BTreeMap<&str, &store::PersonOutcome> =
        outcomes.iter().map(|o| (o.person.as_str(), o)).collect();
    show_queue(staff, &told, &found).await?;
    let published_found = published_persons()
        .iter()
        .all(|person| level_of(&found, person) >= Level::High);
    show_labels(&labels, &found);
    if !published_found {
        eprintln!("lifeguard: a published case was not found at HIGH or above");
    }
    if !arguments.exit {
        say_what_next(&url, &running, place.path());
        stop_asked().await?;
    }
    let drained = running.stop().await;
    Ok(if published_found && drained {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn start_service(
    arguments: &Arguments,
    rules: Ruleset,
    place: &Path,
) -> anyhow::Result<Running> {
    let mut tokens = String::new();
    for (id, role) in [
        ("demo-platform", Role::Source),
        ("demo-specialist", Role::Specialist),
        ("demo-auditor", Role::Auditor),
    ] {
        let token = new_secret()?;
        write_secret(&place.join(format!("{}.token", role.name())), &token)?;
        tokens.push_str(&token_entry(id, role, &token));
    }
    let tokens_file = place.join("tokens.toml");
    write_secret(&tokens_file, &tokens)?;
    let key_file = place.join("master.key");
    write_secret(&key_file, &new_secret()?)?;
    let settings = |port: u16| -> anyhow::Result<ServeSettings> {
        Ok(ServeSettings {
            store: store::Settings::Sqlite {
                path: place.join("lifeguard.db"),
            },
            master_key: MasterKey::from_file(&key_file)?,
            access: Access::from_file(&tokens_file)?,
            rules: load_judging(&arguments.rules, None, arguments.model())?,
            grpc_listen: ([127, 0, 0, 1], port).into(),
            tls: None,
            streams_max: 100,
            deadline_max: Duration::from_secs(3600),
            http_listen: ([127, 0, 0, 1], if port == 0 { 0 } else { port + 1 }).into(),
            kafka: None,
            outbound_prefix: String::new(),
            active_persons: 100_000,
            group_events_max: 512,
            drain_max: Duration::from_secs(10),
            metrics: install_metrics()?,
        })
    };
    drop(rules);
    // The usual port if it is free, so that the commands below are the usual ones; any other if not.
    let free = std::net::TcpListener::bind(("127.0.0.1", 7700)).is_ok();
    Ok(start(settings(if free { 7700 } else { 0 })?).await?)
}

/// What the table needs of a rule.
struct Told {
    title: String,
    /// Strong evidence is told first.
    strength: (u8, i64),
    /// The signals that it rests on.
    signals: Vec<Arc<str>>,
}

fn told(rules: &Ruleset) -> BTreeMap<String, Told> {
    let of = |rule: &Rule| Told {
        title: rule.title.en.clone(),
        strength: (rule.gives.intent.max(rule.gives.harm), rule.gives.points),
        signals: match &rule.when.anchors {
            Anchors::Named(ids) => ids.clone(),
            Anchors::Any => Vec::new(),
        },
    };
    rules
        .rules
        .iter()
        .map(|rule| (rule.id.to_string(), of(rule)))
        .collect()
}

fn published_persons() -> BTreeSet<String> {
    PUBLISHED
        .lines()
        .filter_map(|line| json_to_pb(line.as_bytes()).ok())
        .map(|(event, _)| event.person_id)
        .collect()
}

/// Sends the published cases and the stream through one gRPC stream, at a watchable speed.
async fn feed(
    source: Service,
    stream: synth::Generator,
    rate: u64,
    staff: Service,
) -> anyhow::Result<Sent> {
    let total = stream.total() + PUBLISHED.lines().count() as u64;
    let progress = bar(total, "watching");
    let (events, waiting) = tokio::sync::mpsc::channel(1024);
    let reading = tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        let began = Instant::now();
        let published = PUBLISHED.lines().map(str::to_owned);
        for (number, line) in published.chain(stream).enumerate() {
            let (event, _) = json_to_pb(line.as_bytes())?;
            if rate > 0 {
                let due = Duration::from_secs_f64(number as f64 / rate as f64);
                std::thread::sleep(due.saturating_sub(began.elapsed()));
            }
            if events
                .blocking_send(pb::SubmitStreamRequest { event: Some(event) })
                .is_err()
            {
                break;
            }
        }
        Ok(())
    });
    let summary = tokio::spawn(summarise(staff, progress.clone()));
    let requests = tokio_stream::wrappers::ReceiverStream::new(waiting);
    let mut answers = IngestServiceClient::new(source)
        .submit_stream(requests)
        .await
        .map_err(refused)?
        .into_inner();
    let mut sent = Sent::default();
    while let Some(answer) = answers.message().await.map_err(refused)? {
        count(&mut sent, answer.result);
        progress.inc(1);
    }
    summary.abort();
    progress.finish_and_clear();
    reading.await.context("reading ended badly")??;
    Ok(sent)
}

/// A line that lives while the stream runs: how many wait, at which level.
async fn summarise(staff: Service, progress: ProgressBar) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let mut client = CaseServiceClient::new(staff);
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let request = pb::ListCasesRequest {
            page_size: 500,
            ..Default::default()
        };
        let Ok(page) = client.list_cases(request).await else {
            continue;
        };
        let mut levels: BTreeMap<i32, usize> = BTreeMap::new();
        for case in &page.get_ref().cases {
            *levels.entry(case.level).or_default() += 1;
        }
        let parts: Vec<String> = levels
            .iter()
            .rev()
            .map(|(level, n)| format!("{n} {}", level_name(*level).to_lowercase()))
            .collect();
        progress.set_message(format!(
            "cases: {}",
            if parts.is_empty() {
                "none".to_owned()
            } else {
                parts.join(", ")
            }
        ));
    }
}

async fn show_queue(
    staff: Service,
    told: &BTreeMap<String, Told>,
    found: &BTreeMap<&str, &store::PersonOutcome>,
) -> anyhow::Result<()> {
    let mut client = CaseServiceClient::new(staff);
    let mut cases = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListCasesRequest {
            page_size: 500,
            page_token,
            ..Default::default()
        };
        let page = client
            .list_cases(request)
            .await
            .map_err(refused)?
            .into_inner();
        cases.extend(page.cases);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    // The published persons' cases are known by the event that opened them.
    let published: BTreeSet<String> = published_persons()
        .iter()
        .filter_map(|person| {
            found
                .get(person.as_str())
                .and_then(|o| o.first_event.clone())
        })
        .collect();
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["level", "types", "axes", "why", "words", "seen within"]);
    if !std::io::stdout().is_terminal() {
        table.set_width(160);
    }
    let mut shown = 0;
    for case in &cases {
        let view = if shown < ROWS || published.len() < cases.len() {
            let request = pb::GetCaseRequest {
                case_id: case.case_id.clone(),
            };
            client
                .get_case(request)
                .await
                .map_err(refused)?
                .into_inner()
        } else {
            break;
        };
        let is_published = is_published(&view);
        if shown >= ROWS && !is_published {
            continue;
        }
        shown += 1;
        table.add_row(row(case, &view, told, is_published));
    }
    println!("{table}");
    println!(
        "{} cases wait, worst first; {} are shown. ★ marks the two published cases.\n",
        cases.len(),
        shown
    );
    Ok(())
}

fn is_published(view: &pb::GetCaseResponse) -> bool {
    let words: BTreeSet<&str> = view
        .signals
        .iter()
        .map(|s| s.text.as_str())
        .filter(|t| !t.is_empty())
        .collect();
    words.iter().any(|text| {
        let quoted = serde_json::to_string(text).unwrap_or_default();
        PUBLISHED.contains(&quoted)
    })
}

fn row(
    case: &pb::Case,
    view: &pb::GetCaseResponse,
    told: &BTreeMap<String, Told>,
    is_published: bool,
) -> [String; 6] {
    let mut rules: Vec<&Told> = case
        .rules
        .iter()
        .filter_map(|rule| told.get(rule))
        .collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.strength));
    let why: Vec<&str> = rules
        .iter()
        .take(3)
        .map(|rule| rule.title.as_str())
        .collect();
    // The latest words that the strongest evidence rests on.
    let said = || view.signals.iter().rev().filter(|s| !s.text.is_empty());
    let of_rule = |rule: &&Told| said().find(|s| rule.signals.iter().any(|id| **id == *s.signal));
    let words = rules
        .iter()
        .find_map(of_rule)
        .or_else(|| said().next())
        .map(|s| {
            marked(&s.text, &s.spans)
                .chars()
                .take(60)
                .collect::<String>()
        })
        .unwrap_or_default();
    let seconds = |t: &Option<prost_types::Timestamp>| t.as_ref().map_or(0, |t| t.seconds);
    let within = seconds(&case.deadline_at) - seconds(&case.opened_at);
    [
        format!(
            "{}{}",
            if is_published { "★ " } else { "" },
            level_name(case.level)
        ),
        type_names(&case.types),
        format!("I{} M{} H{}", case.intent, case.means, case.harm_to_others),
        why.join("; "),
        words,
        if within >= 3600 {
            format!("{} h", within / 3600)
        } else if within >= 120 {
            format!("{} min", within / 60)
        } else {
            format!("{within} s")
        },
    ]
}

fn level_of(found: &BTreeMap<&str, &store::PersonOutcome>, person: &str) -> Level {
    found
        .get(person)
        .and_then(|o| Level::from_name(o.level))
        .unwrap_or(Level::None)
}

/// How the labelled persons came out: missed ones and wrongly flagged ones, honestly.
fn show_labels(labels: &[synth::Label], found: &BTreeMap<&str, &store::PersonOutcome>) {
    let opened = |label: &&synth::Label| level_of(found, &label.person).opens_case();
    let crisis: Vec<&synth::Label> = labels.iter().filter(|l| l.crisis).collect();
    let harmless: Vec<&synth::Label> = labels.iter().filter(|l| !l.crisis).collect();
    let missed: Vec<&&synth::Label> = crisis.iter().filter(|l| !opened(l)).collect();
    let low = crisis.iter().filter(|l| opened(l)).filter(|l| {
        Level::from_name(&l.expect).is_some_and(|expected| level_of(found, &l.person) < expected)
    });
    let flagged: Vec<&&synth::Label> = harmless.iter().filter(|l| opened(l)).collect();
    println!(
        "Labelled persons in danger: {}, missed {} (no case), placed lower than a clinician asked {}.",
        crisis.len(),
        missed.len(),
        low.count()
    );
    println!(
        "Labelled harmless persons: {}, flagged {} (a case opened).",
        harmless.len(),
        flagged.len()
    );
    let names = |list: &[&&synth::Label]| -> String {
        let stories: BTreeSet<&str> = list.iter().map(|l| l.story.as_str()).collect();
        stories.into_iter().take(12).collect::<Vec<_>>().join(", ")
    };
    if !missed.is_empty() {
        println!("  missed stories: {}", names(&missed));
    }
    if !flagged.is_empty() {
        println!("  flagged stories: {}", names(&flagged));
    }
}

fn say_what_next(url: &str, running: &Running, place: &Path) {
    let token = place.join("specialist.token");
    println!(
        "\nIt stays up until you press Ctrl-C. In another terminal:\n  \
         lifeguard cases --server {url} --token-file {token} list\n  \
         lifeguard cases --server {url} --token-file {token} show CASE\n  \
         lifeguard cases --server {url} --token-file {token} claim CASE\n  \
         curl http://{http}/metrics",
        token = token.display(),
        http = running.http
    );
}
