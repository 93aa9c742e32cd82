//! `prove fuzz`: folding, matching and the two parsers, fed with own texts that were bent, cut, spliced and filled with
//! whatever Unicode has. Nothing may panic, and what is found must lie inside what was written. `--points` is seconds.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lifeguard::domain::limits::{SPANS_MAX, TEXT_BYTES_MAX};
use lifeguard::domain::{Draft, Event};
use lifeguard::matcher::{Matcher, Scratch, Who};
use lifeguard::rules::load_dir;
use lifeguard::text::{fold, fold_mapped};
use lifeguard::wire::{decode_json, decode_protobuf, json_to_pb};
use prost::Message as _;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use crate::{Findings, Size};

const THREADS: u64 = 2;

/// Characters that have made trouble somewhere.
const STRANGE: &[char] = &[
    '\0',
    '\u{1}',
    '\t',
    '\n',
    '\r',
    '\u{85}',
    '\u{a0}',
    '\u{ad}',
    '\u{300}',
    '\u{301}',
    '\u{308}',
    '\u{323}',
    '\u{34f}',
    '\u{600}',
    '\u{61c}',
    '\u{e33}',
    '\u{1100}',
    '\u{1161}',
    '\u{11a8}',
    '\u{180e}',
    '\u{1e9e}',
    '\u{200b}',
    '\u{200d}',
    '\u{200e}',
    '\u{202e}',
    '\u{2028}',
    '\u{2060}',
    '\u{2066}',
    '\u{20e3}',
    '\u{212a}',
    '\u{2f00}',
    '\u{3000}',
    '\u{3099}',
    '\u{3164}',
    '\u{fb03}',
    '\u{fdfa}',
    '\u{fe0f}',
    '\u{feff}',
    '\u{ff21}',
    '\u{ff9e}',
    '\u{fffd}',
    '\u{ffff}',
    '\u{1d400}',
    '\u{1f1e8}',
    '\u{1f3fb}',
    '\u{1f468}',
    '\u{1f480}',
    '\u{20000}',
    '\u{2f800}',
    '\u{e0001}',
    '\u{e0100}',
    '\u{f0000}',
    '\u{10ffff}',
    'İ',
    'ı',
    'ß',
    'ſ',
    'ﬁ',
    'Ⅷ',
    '①',
    '㎏',
    '½',
    '死',
    '活',
    '想',
    '瞭',
    '⺼',
    '亻',
    'a',
    'Z',
    '0',
    '9',
    '@',
    '$',
    '*',
    '·',
    '。',
    '，',
    ' ',
    '’',
];

/// Texts of the pack's own examples and tests: whatever stands between quotes.
fn own_texts(folder: &Path, into: &mut Vec<String>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            own_texts(&path, into);
        } else {
            let text = std::fs::read_to_string(&path).expect("a text file");
            into.extend(
                text.split(['"', '\''])
                    .filter(|t| t.chars().count() >= 2 && t.len() < 400)
                    .map(str::to_owned),
            );
        }
    }
}

fn any_char(random: &mut ChaCha12Rng) -> char {
    if random.random_bool(0.7) {
        return *STRANGE.choose(random).expect("some");
    }
    loop {
        let most = if random.random_bool(0.8) {
            0xFFFF
        } else {
            0x10_FFFF
        };
        if let Some(c) = char::from_u32(random.random_range(0..=most)) {
            return c;
        }
    }
}

fn bent(texts: &[String], random: &mut ChaCha12Rng) -> String {
    let mut chars: Vec<char> = texts.choose(random).expect("texts").chars().collect();
    for _ in 0..random.random_range(0..6) {
        let at = random.random_range(0..=chars.len());
        match random.random_range(0..9) {
            0 => chars.insert(at, any_char(random)),
            1 if at < chars.len() => drop(chars.remove(at)),
            2 => {
                let other: Vec<char> = texts.choose(random).expect("texts").chars().collect();
                let from = random.random_range(0..=other.len());
                chars.splice(at..at, other[from..].iter().copied());
            }
            3 => {
                let mark = any_char(random);
                chars = chars.into_iter().flat_map(|c| [c, mark]).collect();
            }
            4 if at < chars.len() => {
                let again = vec![chars[at]; random.random_range(1..40)];
                chars.splice(at..at, again);
            }
            5 => chars[at..].reverse(),
            6 if at + 1 < chars.len() => chars.swap(at, at + 1),
            7 => chars.truncate(at),
            _ => (0..random.random_range(1..6)).for_each(|_| chars.insert(at, any_char(random))),
        }
    }
    let mut text: String = chars.into_iter().collect();
    if random.random_bool(0.002) && !text.is_empty() {
        text = text.repeat(TEXT_BYTES_MAX / text.len());
    }
    while text.len() > TEXT_BYTES_MAX {
        text.pop();
    }
    text
}

fn line_of(text: &str, kind: usize) -> String {
    let quoted = serde_json::to_string(text).expect("JSON");
    let body = match kind {
        0 => format!(r#""chat":{{"sender":"SENDER_BUYER","text":{quoted}}}"#),
        1 => format!(r#""search":{{"query":{quoted}}}"#),
        2 => format!(r#""purchase":{{"orderId":"o","note":{quoted},"deliveryNote":{quoted}}}"#),
        _ => format!(r#""concern":{{"text":{quoted}}}"#),
    };
    format!(
        r#"{{"eventId":"e","personId":"p","source":"s","occurredAt":"2026-01-01T00:00:00Z",{body}}}"#
    )
}

fn event_of(text: &str, kind: usize) -> Option<Event> {
    decode_json(line_of(text, kind).as_bytes())
        .ok()
        .map(|decoded| decoded.event)
}

/// What must hold of any text; what does not, in words.
fn hold(matcher: &Matcher, text: &str, scratch: &mut Scratch) -> Result<(), String> {
    let once = fold(text);
    if fold(&once) != once {
        return Err("folding twice is not folding once".to_owned());
    }
    let folded = fold_mapped(text);
    let count = text.chars().count() as u32;
    let in_order = folded.raw_of_byte.windows(2).all(|w| w[0] <= w[1]);
    if folded.text != once
        || folded.raw_of_byte.len() != once.len()
        || !in_order
        || folded.raw_of_byte.iter().any(|r| *r >= count)
    {
        return Err("the map of the folding does not fit".to_owned());
    }
    for kind in 0..4 {
        // Longer than an event may be.
        let Some(event) = event_of(text, kind) else {
            continue;
        };
        let mut found = [Vec::new(), Vec::new()];
        for (who, found) in [Who::Stranger, Who::PerhapsKnown]
            .into_iter()
            .zip(&mut found)
        {
            matcher.find(&event, who, scratch, found);
            let inside = |draft: &Draft| {
                draft.spans.len() <= SPANS_MAX
                    && draft
                        .spans
                        .iter()
                        .all(|s| s.start < s.end && s.end <= count)
            };
            if let Some(outside) = found.iter().find(|draft| !inside(draft)) {
                return Err(format!("{} lies outside of the text", outside.name));
            }
        }
        // Of a stranger nothing is found that is not found of one who may be known.
        let names = |of: &[Draft]| {
            of.iter()
                .map(|d| d.name.to_string())
                .collect::<BTreeSet<_>>()
        };
        if !names(&found[0]).is_subset(&names(&found[1])) {
            return Err("a stranger has signs that a known person has not".to_owned());
        }
    }
    Ok(())
}

/// Bytes that are nearly an event.
fn parse(text: &str, random: &mut ChaCha12Rng) {
    let line = line_of(text, random.random_range(0..4));
    let mut bytes = if random.random_bool(0.5) {
        json_to_pb(line.as_bytes())
            .map(|(event, _)| event.encode_to_vec())
            .unwrap_or_default()
    } else {
        line.into_bytes()
    };
    for _ in 0..random.random_range(0..4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..4) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, random.random()),
            _ => drop(bytes.remove(at)),
        }
    }
    // An answer, whatever it is, and no panic.
    drop(decode_json(&bytes));
    drop(decode_protobuf(&bytes));
}

pub fn run(size: Size) -> Findings {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let matcher = Matcher::new(Arc::new(
        load_dir(&root.join("rules"), None).expect("the pack"),
    ))
    .expect("the automata");
    let mut texts = Vec::new();
    own_texts(&root.join("rules/tests"), &mut texts);
    assert!(
        texts.len() > 2_000,
        "the pack's own examples: {}",
        texts.len()
    );
    let (done, wrong) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let end = Instant::now() + Duration::from_secs(size.points);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (matcher, texts, done, wrong) = (&matcher, &texts, &done, &wrong);
            scope.spawn(move || {
                let mut random = ChaCha12Rng::seed_from_u64(
                    size.seed.wrapping_mul(THREADS).wrapping_add(thread),
                );
                let mut scratch = Scratch::default();
                while Instant::now() < end {
                    let text = bent(texts, &mut random);
                    let tried = catch_unwind(AssertUnwindSafe(|| {
                        parse(&text, &mut random);
                        hold(matcher, &text, &mut scratch)
                    }));
                    done.fetch_add(1, Ordering::Relaxed);
                    let trouble = match tried {
                        Ok(Ok(())) => continue,
                        Ok(Err(trouble)) => trouble,
                        Err(_) => "it panicked".to_owned(),
                    };
                    scratch = Scratch::default();
                    let shown: String = text
                        .chars()
                        .take(200)
                        .flat_map(char::escape_unicode)
                        .collect();
                    wrong
                        .lock()
                        .expect("no panic inside")
                        .push(format!("{trouble}: \"{shown}\""));
                }
            });
        }
    });
    let (done, wrong) = (
        done.into_inner(),
        wrong.into_inner().expect("no panic inside"),
    );
    println!("  {done} texts in {} s", size.points);
    let mut findings = Findings::default();
    findings.check(done > size.points * 10, || {
        format!("{done} texts are too few to say anything")
    });
    findings.passed += done - wrong.len() as u64;
    findings.failed.extend(wrong);
    findings
}
