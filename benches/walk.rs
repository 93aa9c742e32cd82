//! Fold, match, assess and the whole walk, each beside a bare UTF-8 walk over the same texts, each with the count it must
//! find: a bench that finds something else is wrong, however fast.
//!
//! `cargo bench` prints criterion's figures; `cargo bench -- --test` only checks the counts.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lifeguard::assess::{Episode, From, assess};
use lifeguard::cases::Candidate;
use lifeguard::domain::{Event, EventKind, Signal, Time};
use lifeguard::matcher::{Matcher, Scratch, Who};
use lifeguard::pipeline::{ActivePersons, Screened, Walk};
use lifeguard::rules::{Ruleset, load_dir, load_files, read_dir};
use lifeguard::semantic::{Model, Tokens};
use lifeguard::text::fold_into;
use lifeguard::wire::{decode_protobuf, json_to_pb};
use lifeguard::{synth, wire};
use prost::Message as _;

const EVENTS: usize = 20_000;
/// The literals that the figures of the project are stated for.
const TERMS: usize = 2_000;

fn rules_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// The pack filled up with terms that nobody writes, so that the figure holds for a pack of at least 2,000 literals.
fn rules_with_terms() -> Ruleset {
    let mut files: BTreeMap<String, String> = read_dir(&rules_dir(), None).expect("the pack");
    let rare: Vec<char> = "龘靐齉爨癵驫麤籲灪蠿戆齾纞虋讟钃鸜麷鞻韽顟"
        .chars()
        .collect();
    let mut terms = String::new();
    for i in 0..TERMS {
        let (a, b, c) = (
            i % rare.len(),
            i / rare.len() % rare.len(),
            i / (rare.len() * rare.len()),
        );
        terms.push_str(&format!("{}{}{}\n", rare[a], rare[b], rare[c]));
    }
    files.insert("lexicons/filling.txt".to_owned(), terms);
    let signal = "signals:\n  - {id: filling, fields: [chat, search, note], lexicons: [filling]}\n";
    files.insert("signals/zz_filling.yaml".to_owned(), signal.to_owned());
    load_files(&files).expect("the filled pack")
}

/// Ordinary traffic only: no stories.
fn ordinary() -> Vec<(Vec<u8>, Event)> {
    let settings = synth::Settings {
        seed: 5,
        persons: 2_000,
        events: EVENTS as u64,
        crisis_per_mille: 0,
        harmless_per_mille: 0,
        ..synth::Settings::default()
    };
    synth::generate(&settings)
        .expect("our own texts")
        .map(|line| {
            let bytes = json_to_pb(line.as_bytes())
                .expect("an event")
                .0
                .encode_to_vec();
            let event = decode_protobuf(&bytes).expect("an event").event;
            (bytes, event)
        })
        .collect()
}

fn chat_texts(events: &[(Vec<u8>, Event)]) -> Vec<String> {
    let texts: Vec<String> = events
        .iter()
        .filter_map(|(_, event)| match &event.kind {
            EventKind::Chat { text, .. } => Some(text.reveal().to_owned()),
            _ => None,
        })
        .collect();
    assert!(
        texts.len() > EVENTS / 10,
        "a stream without talk measures nothing"
    );
    texts
}

/// What no matcher that looks at characters can beat.
fn utf8_walk(texts: &[String]) -> u64 {
    texts
        .iter()
        .flat_map(|text| text.chars())
        .fold(0, |sum, c| sum.wrapping_add(u64::from(u32::from(c))))
}

fn texts(c: &mut Criterion) {
    let events = ordinary();
    let texts = chat_texts(&events);
    let mut group = c.benchmark_group("text");
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function("utf8 walk (bound)", |b| {
        b.iter(|| black_box(utf8_walk(black_box(&texts))))
    });
    let chars: usize = texts.iter().map(|t| t.chars().count()).sum();
    group.bench_function("fold", |b| {
        let mut out = String::new();
        b.iter(|| {
            let mut folded = 0;
            for text in &texts {
                out.clear();
                fold_into(text, &mut out);
                folded += out.len();
            }
            assert!(folded > chars / 2, "folding keeps the text");
            folded
        });
    });
    let matcher = Matcher::new(Arc::new(rules_with_terms())).expect("the automata");
    let chats: Vec<&Event> = events
        .iter()
        .map(|(_, e)| e)
        .filter(|e| matches!(e.kind, EventKind::Chat { .. }))
        .collect();
    let expected = count_hits(&matcher, &chats);
    let passing = || {
        let mut scratch = Scratch::default();
        let may_hold = |text: &&String| matcher.may_hold(text, &mut scratch);
        texts.iter().filter(may_hold).count()
    };
    let passed = passing();
    eprintln!(
        "the gate opens for {passed} of {} ordinary texts",
        texts.len()
    );
    group.bench_function("gate, 2,000 terms more", |b| {
        b.iter(|| assert_eq!(passing(), passed));
    });
    group.bench_function("fold and match, 2,000 terms more", |b| {
        b.iter(|| assert_eq!(count_hits(&matcher, black_box(&chats)), expected));
    });
    group.finish();
    let walk = nanos_each(texts.len(), || {
        black_box(utf8_walk(black_box(&texts)));
    });
    let path = nanos_each(texts.len(), || {
        assert_eq!(count_hits(&matcher, black_box(&chats)), expected);
    });
    eprintln!(
        "the text path takes {path:.0} ns a text, {:.1} times the UTF-8 walk's {walk:.0} ns",
        path / walk
    );
}

/// Nanoseconds that a pass takes for each of `count`: the median of as many passes as fit into a second, taken together
/// with nothing else so that two of them may be compared.
fn nanos_each(count: usize, mut pass: impl FnMut()) -> f64 {
    let begin = Instant::now();
    let mut taken: Vec<f64> = Vec::new();
    while taken.len() < 5 || begin.elapsed() < Duration::from_secs(1) {
        let start = Instant::now();
        pass();
        taken.push(start.elapsed().as_nanos() as f64 / count as f64);
    }
    taken.sort_by(f64::total_cmp);
    taken[taken.len() / 2]
}

fn count_hits(matcher: &Matcher, events: &[&Event]) -> usize {
    let (mut scratch, mut found, mut sum) = (Scratch::default(), Vec::new(), 0);
    for event in events {
        found.clear();
        matcher.find(event, Who::Stranger, &mut scratch, &mut found);
        sum += found.len();
    }
    sum
}

fn whole_walk(c: &mut Criterion) {
    let events = ordinary();
    let matcher = Matcher::new(Arc::new(rules_with_terms())).expect("the automata");
    let walk = Walk::new(matcher, Arc::new(ActivePersons::with_capacity(100_000)));
    let chats: Vec<Vec<u8>> = events
        .iter()
        .filter(|(_, e)| matches!(e.kind, EventKind::Chat { .. }))
        .map(|(bytes, _)| bytes.clone())
        .collect();
    // Of whom something is remembered, everything is looked at: the second pass is as all later ones.
    pass(&walk, &chats);
    let ordinary = pass(&walk, &chats);
    // One text in a hundred ends where nobody ends; what its writer says in the next quarter of an hour is looked at with it.
    assert!(
        ordinary * 100 >= chats.len() * 95,
        "ordinary chat ends at the matcher: {ordinary} of {}",
        chats.len()
    );
    let mut group = c.benchmark_group("walk");
    group.throughput(Throughput::Elements(chats.len() as u64));
    group.bench_function("decode, fold, match, end: ordinary chat", |b| {
        b.iter(|| assert_eq!(pass(&walk, black_box(&chats)), ordinary));
    });
    group.finish();
    let nanos = nanos_each(chats.len(), || {
        assert_eq!(pass(&walk, black_box(&chats)), ordinary);
    });
    eprintln!(
        "the walk takes {:.0} events a second on one core; {} of {} ordinary chats go on to the transaction",
        1e9 / nanos,
        chats.len() - ordinary,
        chats.len()
    );
}

fn pass(walk: &Walk, events: &[Vec<u8>]) -> usize {
    let mut scratch = Scratch::default();
    events
        .iter()
        .filter(|bytes| {
            let decoded: wire::Decoded = decode_protobuf(bytes).expect("an event");
            let now = decoded.event.occurred_at;
            matches!(
                walk.screen(decoded.event, now, false, &mut scratch),
                Screened::Ordinary(_) | Screened::NothingYet(..)
            )
        })
        .count()
}

fn judging(c: &mut Criterion) {
    let rules = Arc::new(load_dir(&rules_dir(), None).expect("the pack"));
    let matcher = Matcher::new(rules.clone()).expect("the automata");
    let walk = Walk::new(matcher, Arc::new(ActivePersons::with_capacity(1_000)));
    let published = include_str!("../examples/published-cases.jsonl");
    let mut scratch = Scratch::default();
    let mut signals: BTreeMap<String, Vec<Signal>> = BTreeMap::new();
    for line in published.lines() {
        let decoded = wire::decode_json(line.as_bytes()).expect("an event");
        let now = decoded.event.occurred_at;
        if let Screened::Candidate(candidate) = walk.screen(decoded.event, now, true, &mut scratch)
        {
            signals
                .entry(candidate.person.as_str().to_owned())
                .or_default()
                .extend(remembered(&candidate, now));
        }
    }
    let mut group = c.benchmark_group("assess");
    group.throughput(Throughput::Elements(signals.len() as u64));
    group.bench_function("both published cases, from the beginning", |b| {
        b.iter(|| {
            let high = signals
                .values()
                .map(|s| {
                    assess(
                        &rules,
                        &mut s.clone(),
                        From::Beginning(Episode::default()),
                        false,
                    )
                    .level()
                })
                .filter(|level| level.rank() >= 3)
                .count();
            assert_eq!(high, 2, "both are found");
        });
    });
    group.finish();
}

fn remembered(candidate: &Candidate, now: Time) -> Vec<Signal> {
    candidate
        .drafts
        .iter()
        .map(|draft| Signal {
            name: draft.name.clone(),
            event: candidate.key.clone(),
            occurred_at: now,
            age_band: candidate.age_band,
            facts: draft.facts.clone(),
            spans: draft.spans.clone(),
        })
        .collect()
}

/// A message of 37 characters, as they are written to shops.
const MESSAGE: &str = "老板你好请问这款大号的灰色还有没有现货今天下单周五之前能不能送到我们这边来";

fn scoring(c: &mut Criterion) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/starter.model");
    let load = || Model::load(&path).expect("the starter model");
    let model = load();
    let loading = nanos_each(1, || {
        black_box(load());
    });
    assert!(loading <= 50e6, "a model loads in {:.1} ms", loading / 1e6);
    let message = [MESSAGE.to_owned()];
    assert_eq!(MESSAGE.chars().count(), 37);
    let mut tokens = Tokens::default();
    let expected = model.score(MESSAGE, &mut tokens);
    let mut group = c.benchmark_group("semantic");
    group.bench_function("utf8 walk of 37 characters (bound)", |b| {
        b.iter(|| black_box(utf8_walk(black_box(&message))))
    });
    group.bench_function("score 37 characters", |b| {
        b.iter(|| assert_eq!(model.score(black_box(MESSAGE), &mut tokens), expected));
    });
    group.finish();
    let walk = nanos_each(1_000, || {
        (0..1_000).for_each(|_| {
            black_box(utf8_walk(black_box(&message)));
        });
    });
    let score = nanos_each(1_000, || {
        (0..1_000).for_each(|_| {
            black_box(model.score(black_box(MESSAGE), &mut tokens));
        });
    });
    let mut folded = String::new();
    let fold = nanos_each(1_000, || {
        (0..1_000).for_each(|_| {
            folded.clear();
            fold_into(black_box(MESSAGE), &mut folded);
        });
    });
    eprintln!(
        "the model loads in {:.1} ms; a score takes {score:.0} ns, {:.1} times the UTF-8 walk's {walk:.0} ns; {fold:.0} ns of it \
         are folding, {:.0} ns scoring what is folded",
        loading / 1e6,
        score / walk,
        score - fold
    );
    assert!(
        score - fold <= 400.0,
        "scoring a folded message takes {:.0} ns",
        score - fold
    );
}

criterion_group!(benches, texts, whole_walk, judging, scoring);
criterion_main!(benches);
