//! A small pack on disk and lines of a log, for the oracle's own tests.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

const SIGNALS: &str = "
guards:
  - {id: negated, kind: before, lexicon: negation, within: 3}
  - {id: softened, kind: after, lexicon: softener, within: 2}
  - {id: idiom, kind: covers, lexicon: idiom}
  - {id: song, kind: statement, lexicon: song}
signals:
  - id: wish
    fields: [chat, search, note, concern]
    lexicons: [wish]
    patterns: ['活着(?:真|好)没意思']
    unless: [negated, softened, idiom, song]
  - {id: other, fields: [chat], speaker: [MERCHANT, STAFF], lexicons: [wish]}
  - {id: calm, fields: [chat], lexicons: [calm]}
goods:
  - {category: agro, codes: [agro_chemical], titles: agro, large_quantity: 3}
  - {category: charcoal, codes: [coal], titles: coal}
";

const DISGUISED: &str = "
signals:
  - {id: low, fields: [chat, note], lexicons: [low], disguised: [low], unless: [negated]}
  - {id: hidden, fields: [concern], disguised: [low]}
  - {id: plain, fields: [delivery_note], lexicons: [low], patterns: ['so (?:very )?cold'], unless: [negated, song]}
";

const TOGETHER: &str = "
signals:
  - id: opener
    fields: [chat, search, note, delivery_note, concern]
    speaker: [BUYER, MERCHANT]
    lexicons: [opener]
    opens: true
  - {id: halting, fields: [chat, note], longest: 8, ends: [halt], opens: true}
  - {id: tired, fields: [chat, search, note, delivery_note], lexicons: [tired], unless: [negated]}
  - {id: told, fields: [chat], speaker: [MERCHANT], lexicons: [tired]}
  - {id: noted, fields: [note], lexicons: [tired]}
  - {id: brief, fields: [chat], lexicons: [tired], longest: 6}
  - {id: veiled, fields: [chat], disguised: [tired]}
  - {id: far, fields: [chat], patterns: ['累到.*想睡']}
  - {id: spaced, fields: [chat], patterns: [' of it']}
  - {id: mixed, fields: [chat], patterns: ['累到响睡觉'], disguised: [asleep]}
  - {id: aside, fields: [chat, note, delivery_note], lexicons: [aside], beside: true}
";

const LEXICONS: [(&str, &str); 8] = [
    ("wish.zh.txt", "想死 # the plainest words\n自殺\n"),
    ("wish.en.txt", "# English\nkill myself\n"),
    ("negation.txt", "不\n"),
    ("softener.txt", "了才怪\n"),
    ("idiom.txt", "笑到想死\n"),
    ("song.txt", "歌词\n"),
    ("calm.txt", "你好\n"),
    ("agro.txt", "除草剂\n"),
];

const TRIAGE: &str = "
columns: [[0, 1], [2], [3, 4], [5], [6]]
matrix:
  - [NONE, NONE, NONE, NONE, NONE]
  - [SUPPORT, SUPPORT, ELEVATED, ELEVATED, HIGH]
  - [ELEVATED, ELEVATED, HIGH, CRITICAL, CRITICAL]
  - [HIGH, HIGH, CRITICAL, CRITICAL, EMERGENCY]
  - [HIGH, HIGH, CRITICAL, CRITICAL, EMERGENCY]
  - [CRITICAL, CRITICAL, CRITICAL, EMERGENCY, EMERGENCY]
  - [EMERGENCY, EMERGENCY, EMERGENCY, EMERGENCY, EMERGENCY]
harm: [NONE, NONE, ELEVATED, CRITICAL, CRITICAL, EMERGENCY]
types:
  PACT: {level: CRITICAL}
  HARM_TO_ANIMALS: {level: SUPPORT, with_goods: ELEVATED}
modifiers:
  - {id: minor, title: {en: A minor}, when: \"age_band in ['UNDER_14', 'UNDER_18']\"}
  - {id: night, title: {en: Night}, when: hour == 3}
raise_at_most: CRITICAL
";

/// A rule that gives `gives` while `when` holds.
pub fn rule(id: &str, when: &str, gives: &str) -> String {
    format!("  - {{id: {id}, state: live, when: \"{when}\", gives: {{{gives}}}}}\n")
}

/// A directory with a whole pack whose rules are these.
pub fn pack(rules: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for part in ["lexicons", "signals", "rules"] {
        fs::create_dir(dir.path().join(part)).unwrap();
    }
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("pack.yaml", "name: small\ntime_zone: Asia/Shanghai\n");
    write("signals/all.yaml", SIGNALS);
    write("lexicons/coal.txt", "木炭\n");
    for (name, terms) in LEXICONS {
        write(&format!("lexicons/{name}"), terms);
    }
    write("rules/all.yaml", &format!("rules:\n{rules}"));
    write("triage.yaml", TRIAGE);
    dir
}

/// The same with three more signals: `low`, whose terms are looked for as they stand and in disguise,
/// `hidden`, that looks for the same ones in disguise only, and `plain`, that does so never. `main` is
/// added to pack.yaml.
pub fn disguised(terms: &str, main: &str, rules: &str) -> TempDir {
    let dir = pack(rules);
    let add = |name: &str, text: &str| {
        let path = dir.path().join(name);
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + text).unwrap();
    };
    add("lexicons/low.txt", terms);
    add("pack.yaml", main);
    add("signals/low.yaml", DISGUISED);
    dir
}

/// The same with signals that say nothing but what reading texts together is about: `opener` opens, and
/// the others are found in what follows.
pub fn together() -> TempDir {
    let dir = pack("");
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("signals/together.yaml", TOGETHER);
    for (name, terms) in [
        ("opener", "晚安\n"),
        ("tired", "累到想睡\nso tired of it\n"),
        ("aside", "好冷\n"),
        ("asleep", "想睡觉\n"),
        ("halt", "困\nso\n"),
    ] {
        write(&format!("lexicons/{name}.txt"), terms);
    }
    dir
}

/// One line of a log; times are in seconds after an arbitrary noon in Shanghai.
pub fn line(id: &str, seconds: i64, kind: &str, body: Value) -> String {
    line_ms(id, seconds * 1000, kind, body)
}

pub fn line_ms(id: &str, milliseconds: i64, kind: &str, body: Value) -> String {
    let noon: jiff::Timestamp = "2024-05-01T04:00:00Z".parse().unwrap();
    let at = noon + jiff::SignedDuration::from_millis(milliseconds);
    json!({"eventId": id, "personId": "p", "source": "s", "occurredAt": at.to_string(), kind: body})
        .to_string()
}

pub fn chat(id: &str, seconds: i64, text: &str) -> String {
    line(
        id,
        seconds,
        "chat",
        json!({"sender": "BUYER", "text": text}),
    )
}

pub fn buy(id: &str, seconds: i64, order: &str, status: &str, quantity: u32) -> String {
    let item = json!({"title": "强力除草剂", "category": "agro_chemical", "quantity": quantity});
    let body = json!({"orderId": order, "merchantId": "m", "status": status, "items": [item]});
    line(id, seconds, "purchase", body)
}

pub fn parcel(id: &str, seconds: i64, order: &str, status: &str) -> String {
    line(
        id,
        seconds,
        "logistics",
        json!({"orderId": order, "status": status}),
    )
}
