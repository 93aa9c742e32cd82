//! The same events, the same rules: the same answer by every road, on every store, and the oracle's.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use prost::Message as _;

use crate::expected::{Expected, Outcome, by_oracle, by_store, compare, pack, stream};
use crate::service::{Place, Service, stream_all, to_pb};
use crate::topic::Topic;
use crate::{Findings, Size};

pub fn run(size: Size) -> Findings {
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(prove(size))
}

async fn prove(size: Size) -> Findings {
    let mut findings = Findings::default();
    let lines = stream(size);
    let expected = by_oracle(&lines);
    println!(
        "  {} events, {} cases by the oracle",
        lines.len(),
        expected.cases.len()
    );
    if size.events >= 200_000 {
        findings.check(expected.cases.len() >= 500, || {
            format!("only {} cases are expected", expected.cases.len())
        });
    }
    let mut found = by_assess(&lines);
    // `assess` says nothing of how many signals are stored.
    found.signals.clone_from(&expected.signals);
    compare(&mut findings, "assess", &found, &expected);
    for postgres in [false, true] {
        for kafka in [false, true] {
            let what = format!(
                "{} on {}",
                if kafka { "kafka" } else { "grpc" },
                if postgres { "postgres" } else { "sqlite" }
            );
            let url = if postgres {
                Some(crate::support::fresh_postgres().await)
            } else {
                None
            };
            let began = Instant::now();
            let found = if kafka {
                by_kafka(&lines, url).await
            } else {
                by_grpc(&lines, url).await
            };
            println!(
                "  {what}: {} cases in {:.1} s",
                found.cases.len(),
                began.elapsed().as_secs_f64()
            );
            compare(&mut findings, &what, &found, &expected);
        }
    }
    findings
}

async fn outcomes(place: &Place) -> Expected {
    by_store(place.open_store().await.outcomes().await.expect("outcomes"))
}

async fn by_grpc(lines: &[String], url: Option<String>) -> Expected {
    let place = Place::new(url, "");
    let service = Service::start(&place, "warn");
    let results = stream_all(&service, lines.iter().map(|line| to_pb(line)).collect()).await;
    assert_eq!(results.len(), lines.len(), "every event is answered");
    assert!(service.stop().0, "a clean end");
    outcomes(&place).await
}

async fn by_kafka(lines: &[String], url: Option<String>) -> Expected {
    let topic = Topic::create("equal", 4).await;
    for line in lines {
        let event = to_pb(line);
        topic.send(&event.person_id, Some(&event.encode_to_vec()));
    }
    topic.flush();
    let place = Place::new(url, &topic.config("protobuf"));
    let service = Service::start(&place, "warn");
    let until = Instant::now() + Duration::from_secs(300);
    loop {
        let done = service
            .metric("lifeguard_events_total", &["road=\"kafka\""])
            .await;
        if done >= lines.len() as u64 {
            break;
        }
        assert!(
            Instant::now() < until,
            "after five minutes {done} of {} events are through",
            lines.len()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(service.stop().0, "a clean end");
    outcomes(&place).await
}

fn by_assess(lines: &[String]) -> Expected {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lifeguard"))
        .args(["assess", "--rules"])
        .arg(pack())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut input = child.stdin.take().expect("piped");
    let text = lines.join("\n");
    let writing =
        std::thread::spawn(move || input.write_all(text.as_bytes()).expect("read to the end"));
    let output = child.wait_with_output().expect("an end");
    writing.join().expect("written");
    assert!(output.status.success(), "every line is readable");
    let mut levels: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let judged: serde_json::Value = serde_json::from_str(line).expect("a JSON object");
        let text = |v: &serde_json::Value| v.as_str().expect("a text").to_owned();
        let person = text(&judged["personId"]);
        if judged["case"]["opened"] == true {
            first.insert(person.clone(), text(&judged["eventId"]));
        }
        let types = judged["types"]
            .as_array()
            .expect("a list")
            .iter()
            .map(text)
            .collect();
        levels.insert(person, (text(&judged["level"]), types));
    }
    let cases = first
        .into_iter()
        .map(|(person, event)| {
            let (level, types) = levels.remove(&person).expect("the person's last line");
            (
                person,
                Outcome {
                    level,
                    types,
                    first_event: Some(event),
                },
            )
        })
        .collect();
    Expected {
        cases,
        signals: BTreeMap::new(),
    }
}
