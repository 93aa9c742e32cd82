//! An acknowledged event survives SIGKILL at any instant, and what is sent again adds nothing.

use std::sync::atomic::Ordering;
use std::time::Duration;

use lifeguard::wire::pb;
use rand::{Rng as _, SeedableRng as _};

use crate::expected::{by_oracle, by_store, compare, stream};
use crate::service::{Place, Service, to_pb, with_token};
use crate::{Findings, Size};

const BATCH: usize = 50;

pub fn run(size: Size) -> Findings {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(prove(size))
}

async fn prove(size: Size) -> Findings {
    let mut findings = Findings::default();
    let lines = stream(size);
    let batches: Vec<Vec<pb::Event>> = lines
        .chunks(BATCH)
        .map(|chunk| chunk.iter().map(|line| to_pb(line)).collect())
        .collect();
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(size.seed);
    let place = Place::new(None, "");
    let (mut acknowledged, mut sent_again) = (0, 0_u64);
    let (mut kills, mut inside) = (0, 0);
    let mut service = Service::start(&place, "debug");
    // Kills are spread over the stream: the next one comes once its share of batches is acknowledged, at a random moment
    // after that, under load.
    while acknowledged < batches.len() {
        let share = batches.len() as u64 * (kills + 1) / (size.points + 1);
        let mut client = service.client().await;
        let mut deadline = None;
        loop {
            if deadline.is_none() && kills < size.points && acknowledged as u64 >= share {
                deadline = Some(
                    tokio::time::Instant::now()
                        + Duration::from_micros(dice.random_range(0..30_000)),
                );
            }
            let Some(events) = batches.get(acknowledged) else {
                break;
            };
            let request = with_token(pb::SubmitBatchRequest {
                events: events.clone(),
            });
            // Every second kill waits for its random moment and then for the next transaction; the others strike wherever
            // the child is.
            let aimed = kills % 2 == 1;
            let mark = service.inside();
            let struck = async {
                match deadline {
                    None => std::future::pending().await,
                    Some(at) => tokio::time::sleep_until(at).await,
                }
                while aimed && !mark.load(Ordering::Acquire) {
                    tokio::task::yield_now().await;
                }
            };
            let answered = tokio::select! {
                biased;
                () = struck => None,
                answer = client.submit_batch(request) => Some(answer),
            };
            match answered {
                Some(Ok(_)) => acknowledged += 1,
                Some(Err(status)) => panic!("refused without a kill: {status}"),
                None => {
                    sent_again += 1;
                    break;
                }
            }
        }
        if deadline.is_some() || (kills < size.points && acknowledged == batches.len()) {
            inside += u64::from(service.kill());
            kills += 1;
            service = Service::start(&place, "debug");
        }
    }
    let (clean, took) = service.stop();
    println!(
        "  {kills} kills, {inside} of them inside a transaction, {sent_again} batches sent again, drained in {took:?}"
    );
    findings.check(kills == size.points, || {
        format!("{kills} kills instead of {}", size.points)
    });
    findings.check(clean && took < Duration::from_secs(10), || {
        format!("draining took {took:?}, clean: {clean}")
    });
    if size.points >= 60 {
        findings.check(inside >= 5, || {
            format!("only {inside} kills were inside a transaction")
        });
    }
    let store = place.open_store().await;
    let found = by_store(store.outcomes().await.expect("outcomes"));
    let expected = by_oracle(&lines);
    println!(
        "  {} cases and {} persons with signals by the oracle",
        expected.cases.len(),
        expected.signals.len()
    );
    findings.check(expected.cases.len() as u64 >= size.events / 1000, || {
        "too few cases to prove anything".to_owned()
    });
    compare(&mut findings, "after the kills", &found, &expected);
    let log = store.verify_log().await.expect("the log is read");
    findings.check(log.faults.is_empty(), || {
        format!("the audit log: {:?}", log.faults)
    });
    findings
}
