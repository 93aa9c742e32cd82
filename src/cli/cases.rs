//! `lifeguard cases …`: the queue from a terminal.

use std::process::ExitCode;

use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table, presets};

use super::client::{Connection, Service, refused};
use crate::domain::{Level, RiskType, Time};
use crate::wire::pb;
use pb::case_service_client::CaseServiceClient;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The queue, worst first.
    List {
        /// Closed cases, newest first.
        #[arg(long)]
        closed: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
    },
    /// One case with its evidence. The read is logged.
    Show {
        /// The case.
        case_id: String,
    },
    /// Take a case.
    Claim {
        /// The case.
        case_id: String,
    },
    /// Add a note.
    Note {
        /// The case.
        case_id: String,
        /// The number of your claim.
        #[arg(long, default_value_t = 0)]
        lease: u64,
        /// What to note.
        text: String,
    },
    /// Close a case.
    Close {
        /// The case.
        case_id: String,
        /// The number of your claim.
        #[arg(long)]
        lease: u64,
        /// The revision of the evidence you saw; `show` tells it.
        #[arg(long)]
        revision: u64,
        /// reached, reached-other, not-reached, declined, not-needed.
        #[arg(long)]
        contact: String,
        /// safe-plan, safe-family, safe-care, rescue-voluntary, rescue-involuntary, means-stopped, benign, referred,
        /// death, unknown.
        #[arg(long)]
        safety: String,
        /// right, unsure, wrong: was finding this person right?
        #[arg(long)]
        verdict: String,
        /// Why it can be closed.
        #[arg(long)]
        reason: String,
    },
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut client = CaseServiceClient::new(arguments.connection.open().await?);
    match arguments.command {
        Command::List { closed, limit } => {
            let request = pb::ListCasesRequest {
                closed,
                page_size: limit,
                page_token: String::new(),
            };
            let page = client
                .list_cases(request)
                .await
                .map_err(refused)?
                .into_inner();
            println!("{}", table(&page.cases));
            let more = if page.next_page_token.is_empty() {
                ""
            } else {
                ", more below"
            };
            println!("{} case(s){more}", page.cases.len());
        }
        Command::Show { case_id } => show(&mut client, case_id).await?,
        Command::Claim { case_id } => {
            let response = client
                .claim_case(pb::ClaimCaseRequest { case_id })
                .await
                .map_err(refused)?;
            let case = response
                .into_inner()
                .case
                .context("no case in the answer")?;
            println!(
                "{} is yours: lease {} until {}",
                case.case_id,
                case.lease_no,
                time(case.lease_until.as_ref())
            );
        }
        Command::Note {
            case_id,
            lease,
            text,
        } => {
            let request = pb::AddNoteRequest {
                case_id,
                lease_no: lease,
                text,
            };
            let kept = client
                .add_note(request)
                .await
                .map_err(refused)?
                .into_inner();
            println!(
                "noted{}",
                if kept.after_lease {
                    ", marked: your claim had ended"
                } else {
                    ""
                }
            );
        }
        Command::Close {
            case_id,
            lease,
            revision,
            contact,
            safety,
            verdict,
            reason,
        } => {
            let request = pb::CloseCaseRequest {
                case_id,
                lease_no: lease,
                evidence_revision: revision,
                contact: value("contact", &contact, |n| {
                    pb::ContactOutcome::from_str_name(&format!("CONTACT_OUTCOME_{n}"))
                        .map(|v| v as i32)
                })?,
                safety: value("safety", &safety, |n| {
                    pb::SafetyOutcome::from_str_name(&format!("SAFETY_OUTCOME_{n}"))
                        .map(|v| v as i32)
                })?,
                verdict: value("verdict", &verdict, |n| {
                    pb::DetectionVerdict::from_str_name(&format!("DETECTION_VERDICT_{n}"))
                        .map(|v| v as i32)
                })?,
                reason,
            };
            client.close_case(request).await.map_err(refused)?;
            println!("closed");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn value(flag: &str, text: &str, by_name: impl Fn(&str) -> Option<i32>) -> anyhow::Result<i32> {
    by_name(&text.to_ascii_uppercase().replace('-', "_"))
        .with_context(|| format!("--{flag}: `{text}` is none of the values; see --help"))
}

async fn show(client: &mut CaseServiceClient<Service>, case_id: String) -> anyhow::Result<()> {
    let view = client
        .get_case(pb::GetCaseRequest { case_id })
        .await
        .map_err(refused)?
        .into_inner();
    let case = view.case.context("no case in the answer")?;
    println!("{}", table(std::slice::from_ref(&case)));
    println!(
        "revision {}, held by {}",
        case.evidence_revision,
        or_nobody(&case.holder)
    );
    println!("\nWhat was seen:");
    for signal in &view.signals {
        println!("  {}  {}", time(signal.occurred_at.as_ref()), signal.signal);
        if !signal.text.is_empty() {
            println!("      {}", marked(&signal.text, &signal.spans));
        }
    }
    if !view.notes.is_empty() {
        println!("\nNotes:");
    }
    for note in &view.notes {
        let late = if note.after_lease {
            " (after the claim had ended)"
        } else {
            ""
        };
        println!(
            "  {}  {}{late}: {}",
            time(note.written_at.as_ref()),
            note.actor,
            safe(&note.text)
        );
    }
    Ok(())
}

fn or_nobody(holder: &str) -> &str {
    if holder.is_empty() { "nobody" } else { holder }
}

/// Words of persons go to a terminal without control characters: an escape sequence must not rule the screen.
pub(super) fn safe(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A text with its hits in brackets.
pub(super) fn marked(text: &str, spans: &[pb::Span]) -> String {
    let mut out = String::new();
    for (i, c) in safe(text).chars().enumerate() {
        let i = u32::try_from(i).unwrap_or(u32::MAX);
        let depth = |at: u32| spans.iter().filter(|s| s.start <= at && at < s.end).count();
        if depth(i) > 0 && (i == 0 || depth(i - 1) == 0) {
            out.push('[');
        }
        out.push(c);
        if depth(i) > 0 && depth(i + 1) == 0 {
            out.push(']');
        }
    }
    out
}

fn time(timestamp: Option<&prost_types::Timestamp>) -> String {
    timestamp.map_or_else(
        || "-".to_owned(),
        |t| Time::from_ms(t.seconds * 1000 + i64::from(t.nanos) / 1_000_000).to_string(),
    )
}

pub(super) fn level_name(level: i32) -> &'static str {
    usize::try_from(level - 1)
        .ok()
        .and_then(|i| Level::ALL.get(i))
        .map_or("?", |l| l.name())
}

pub(super) fn type_names(types: &[i32]) -> String {
    let names: Vec<&str> = types
        .iter()
        .filter_map(|t| {
            usize::try_from(t - 1)
                .ok()
                .and_then(|i| RiskType::ALL.get(i))
        })
        .map(|t| t.name())
        .collect();
    names.join(" ")
}

fn table(cases: &[pb::Case]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["level", "case", "state", "types", "axes", "why", "seen by"]);
    for case in cases {
        table.add_row([
            level_name(case.level).to_owned(),
            case.case_id.clone(),
            pb::CaseState::try_from(case.state)
                .map_or("?", |s| &s.as_str_name()["CASE_STATE_".len()..])
                .to_owned(),
            type_names(&case.types),
            format!("I{} M{} H{}", case.intent, case.means, case.harm_to_others),
            case.rules.join(", "),
            time(case.deadline_at.as_ref()),
        ]);
    }
    table
}
