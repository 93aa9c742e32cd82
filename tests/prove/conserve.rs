//! received = evaluated + duplicate + quarantined + refused, exactly, by each road; for Kafka received is the span of
//! offsets less its gaps, read from the broker and not from us.

use std::time::{Duration, Instant};

use prost::Message as _;
use rand::{Rng as _, SeedableRng as _};

use crate::expected::stream;
use crate::service::{Place, Service, stream_all, to_pb};
use crate::topic::Topic;
use crate::{Findings, Size};

pub fn run(size: Size) -> Findings {
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(async {
            let mut findings = Findings::default();
            grpc(size, &mut findings).await;
            for postgres in [false, true] {
                kafka(size, postgres, &mut findings).await;
            }
            findings
        })
}

async fn grpc(size: Size, findings: &mut Findings) {
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(size.seed);
    let mut events = Vec::new();
    let mut broken = 0;
    for line in stream(size) {
        let event = to_pb(&line);
        if dice.random_ratio(1, 50) {
            events.push(event.clone());
        }
        if dice.random_ratio(1, 200) {
            let mut bad = event.clone();
            bad.person_id.clear();
            events.push(bad);
            broken += 1;
        }
        events.push(event);
    }
    let sent = events.len() as u64;
    let place = Place::new(None, "");
    let service = Service::start(&place, "warn");
    let answered = stream_all(&service, events).await.len() as u64;
    let road = "road=\"grpc\"";
    let received = service
        .metric("lifeguard_events_received_total", &[road])
        .await;
    let outcome = async |name: &str| {
        service
            .metric("lifeguard_events_total", &[road, name])
            .await
    };
    let (evaluated, duplicate) = (outcome("evaluated").await, outcome("duplicate").await);
    let quarantined = outcome("quarantined").await;
    println!(
        "  grpc: sent {sent} = received {received} = {evaluated} evaluated + {duplicate} duplicate + {quarantined} quarantined"
    );
    findings.check(sent == answered && sent == received, || {
        format!("sent {sent}, answered {answered}, received {received}")
    });
    findings.check(received == evaluated + duplicate + quarantined, || {
        "the sum does not hold".to_owned()
    });
    findings.check(quarantined == broken, || {
        format!("{broken} were broken, {quarantined} are quarantined")
    });
    findings.check(duplicate > 0, || {
        "no duplicate: nothing is proved about them".to_owned()
    });
    assert!(service.stop().0, "a clean end");
    let counts = place.open_store().await.counts().await.expect("counts");
    // The same broken event sent twice is set aside once.
    findings.check(
        counts.quarantine > 0 && counts.quarantine <= broken as i64,
        || format!("{counts:?}"),
    );
}

async fn kafka(size: Size, postgres: bool, findings: &mut Findings) {
    let what = if postgres {
        "kafka on postgres"
    } else {
        "kafka on sqlite"
    };
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(size.seed);
    let topic = Topic::create("conserve", 3).await;
    let (mut sent, mut broken) = (0_i64, 0_i64);
    for line in stream(size) {
        let event = to_pb(&line);
        let bytes = event.encode_to_vec();
        topic.send(&event.person_id, Some(&bytes));
        sent += 1;
        if dice.random_ratio(1, 50) {
            topic.send(&event.person_id, Some(&bytes));
            sent += 1;
        }
        if dice.random_ratio(1, 300) {
            // A tombstone, bytes that are no event, or one cut short.
            match dice.random_range(0..3) {
                0 => topic.send(&event.person_id, None),
                1 => topic.send(&event.person_id, Some(&[0xff, 0xff, 0x01])),
                _ => topic.send(&event.person_id, Some(&bytes[..bytes.len() - 1])),
            }
            sent += 1;
            broken += 1;
        }
    }
    topic.flush();
    let url = if postgres {
        Some(crate::support::fresh_postgres().await)
    } else {
        None
    };
    let place = Place::new(url, &topic.config("protobuf"));
    let service = Service::start(&place, "warn");
    let until = Instant::now() + Duration::from_secs(300);
    while service
        .metric("lifeguard_events_total", &["road=\"kafka\""])
        .await
        < sent.unsigned_abs()
    {
        assert!(
            Instant::now() < until,
            "{what}: not through after five minutes"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(service.stop().0, "a clean end");
    let store = place.open_store().await;
    let lanes = store.lanes().await.expect("lanes");
    let sum = |of: fn(&lifeguard::store::LaneState) -> i64| lanes.iter().map(of).sum::<i64>();
    let (evaluated, duplicates) = (sum(|l| l.evaluated), sum(|l| l.duplicates));
    let (quarantined, gaps) = (sum(|l| l.quarantined), sum(|l| l.gaps));
    let span = topic.span();
    println!(
        "  {what}: span {span} = {evaluated} evaluated + {duplicates} duplicate + {quarantined} quarantined + {gaps} gaps"
    );
    findings.check(span == sent, || {
        format!("{what}: {sent} sent, {span} offsets")
    });
    findings.check(span == evaluated + duplicates + quarantined + gaps, || {
        format!("{what}: the sum does not hold")
    });
    for lane in &lanes {
        let sum = lane.evaluated + lane.duplicates + lane.quarantined + lane.gaps;
        findings.check(lane.applied - lane.start_at == sum, || {
            format!("{what}: {lane:?}")
        });
    }
    findings.check(quarantined == broken, || {
        format!("{what}: {broken} were broken, {quarantined} are quarantined")
    });
    findings.check(duplicates > 0, || {
        format!("{what}: no duplicate, nothing is proved about them")
    });
}
