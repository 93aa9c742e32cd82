//! What the tests share: a small pack, real databases, real brokers, events.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lifeguard::app::engine;
use lifeguard::domain::{Event, Time};
use lifeguard::matcher::Scratch;
use lifeguard::pipeline::{Committer, Fate, Screened};
use lifeguard::rules::{Ruleset, load_files};
use lifeguard::store::{MasterKey, PostgresUrl, Settings, Store};
use lifeguard::wire::decode_json;

/// A pack just large enough to show every mechanism.
pub fn small_pack() -> Ruleset {
    load_files(&small_pack_files()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Its files.
pub fn small_pack_files() -> BTreeMap<String, String> {
    [
        ("pack.yaml", "name: small\nversion: '1'\nengine: '0.1'\ntime_zone: Asia/Shanghai\n"),
        ("lexicons/wish.zh.txt", "不想活 # a wish\n不想活了\n"),
        ("lexicons/farewell.en.txt", "goodbye forever\n"),
        ("lexicons/negation.zh.txt", "没有\n"),
        ("lexicons/agro.zh.txt", "农药\n"),
        (
            "signals/all.yaml",
            "guards:\n  - {id: negated, kind: before, lexicon: negation, within: 4}\n\
             signals:\n  - {id: wish, fields: [chat, search, note, concern], lexicons: [wish], unless: [negated]}\n\
             \x20 - {id: farewell, fields: [chat], lexicons: [farewell]}\n\
             \x20 - {id: unfinished, fields: [chat, search, note], patterns: ['我不[.]*$'], opens: true}\n\
             goods:\n  - {category: agro, codes: [agro_chemical], titles: agro, large_quantity: 3}\n",
        ),
        (
            "rules/all.yaml",
            "rules:\n  - {id: wish, title: {zh: 愿, en: wish}, owner: o, reason: r, false_alarms: f, state: live,\n\
             \x20    when: \"within('wish', '72h')\", gives: {type: SELF_HARM, intent: 3, points: 1.0, half_life: 24h}}\n\
             \x20 - {id: farewell, title: {zh: 别, en: farewell}, owner: o, reason: r, false_alarms: f, state: live,\n\
             \x20    when: \"within('farewell', '72h')\", gives: {type: SELF_HARM, intent: 5, points: 1.0, half_life: 24h}}\n\
             \x20 - {id: again, title: {zh: 再, en: again}, owner: o, reason: r, false_alarms: f, state: live,\n\
             \x20    when: \"earlier_case && within('wish', '72h')\", gives: {type: UNCLEAR, points: 1.0, half_life: 24h}}\n",
        ),
        (
            "triage.yaml",
            "columns: [[0, 1], [2], [3, 4], [5], [6]]\nmatrix:\n\
             \x20 - [NONE, NONE, NONE, NONE, NONE]\n  - [SUPPORT, SUPPORT, ELEVATED, ELEVATED, ELEVATED]\n\
             \x20 - [SUPPORT, ELEVATED, HIGH, HIGH, HIGH]\n  - [ELEVATED, HIGH, HIGH, CRITICAL, CRITICAL]\n\
             \x20 - [HIGH, HIGH, CRITICAL, CRITICAL, CRITICAL]\n  - [CRITICAL, CRITICAL, CRITICAL, CRITICAL, EMERGENCY]\n\
             \x20 - [EMERGENCY, EMERGENCY, EMERGENCY, EMERGENCY, EMERGENCY]\n\
             harm: [NONE, NONE, ELEVATED, CRITICAL, CRITICAL, EMERGENCY]\ntypes: {UNCLEAR: {level: ELEVATED}}\n\
             modifiers:\n  - {id: minor, title: {zh: 小, en: minor}, when: \"age_band in ['UNDER_14', 'UNDER_18']\"}\n\
             \x20 - {id: silent, title: {zh: 静, en: silent}, when: \"within('silence', '24h')\"}\n\
             silence: {from: ELEVATED, after: 30m}\n\
             raise_at_most: CRITICAL\nclocks: {ELEVATED: 2h, HIGH: 10m, CRITICAL: 3m, EMERGENCY: 60s}\n\
             holds: {from: HIGH, expires: 24h}\npurpose_question: {intent_at_most: 0, means: [2, 3, 4]}\n",
        ),
        (
            "playbooks/help.yaml",
            "help:\n  zh: {text: 我们在, emergency: 请拨打120, lines: [{name: 热线, number: '12356'}]}\n\
             \x20 en: {text: We are here, emergency: Call 120, lines: [{name: line, number: '12356'}]}\n",
        ),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .collect()
}

/// A database of one test; gone when the test is.
pub struct Database {
    pub name: &'static str,
    pub settings: Settings,
    pub master: MasterKey,
    pub folder: Option<tempfile::TempDir>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            name: "sqlite",
            settings: Settings::Sqlite {
                path: folder.path().join("test.db"),
            },
            master: MasterKey::ephemeral().expect("random bytes"),
            folder: Some(folder),
        }
    }

    /// A fresh database on the PostgreSQL that `./dev test` starts.
    pub async fn postgres() -> Self {
        Self {
            name: "postgres",
            settings: Settings::Postgres {
                url: PostgresUrl(fresh_postgres().await),
                connections_max: 4,
            },
            master: MasterKey::ephemeral().expect("random bytes"),
            folder: None,
        }
    }

    pub async fn both() -> [Self; 2] {
        [Self::sqlite(), Self::postgres().await]
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.settings, self.master.clone())
            .await
            .expect("the store opens")
    }

    pub async fn engine(&self) -> Arc<Committer> {
        let store = self.store().await;
        Arc::new(
            engine(small_pack(), store, 10_000, at(0))
                .await
                .expect("the engine starts"),
        )
    }
}

/// The address of a new, empty database.
pub async fn fresh_postgres() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let base = std::env::var("LIFEGUARD_TEST_POSTGRES")
        .expect("LIFEGUARD_TEST_POSTGRES is not set: these tests need a real PostgreSQL; run them by `./dev test`");
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_nanos();
    let name = format!("t{}_{}_{number}", std::process::id(), nanos % 1_000_000_000);
    let (client, connection) = tokio_postgres::connect(&base, tokio_postgres::NoTls)
        .await
        .expect("PostgreSQL answers");
    tokio::spawn(connection);
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await
        .expect("a database can be made");
    let (server, _) = base
        .rsplit_once('/')
        .expect("the address ends in a database");
    format!("{server}/{name}")
}

/// The address of the Kafka that `./dev test` starts.
pub fn kafka() -> String {
    std::env::var("LIFEGUARD_TEST_KAFKA")
        .expect("LIFEGUARD_TEST_KAFKA is not set: these tests need a real Apache Kafka; run them by `./dev test`")
}

/// Minutes after Monday, 2 March 2026, ten in the morning in China.
pub fn at(minutes: i64) -> Time {
    Time::from_ms(1_772_416_800_000 + minutes * 60_000)
}

/// An event of a person from its kind in JSON.
pub fn event(id: &str, person: &str, minutes: i64, kind: &str) -> Event {
    let json = format!(
        r#"{{"eventId":"{id}","personId":"{person}","source":"test","occurredAt":"{}",{kind}}}"#,
        at(minutes)
    );
    decode_json(json.as_bytes())
        .unwrap_or_else(|e| panic!("{json}: {e}"))
        .event
}

pub fn chat(id: &str, person: &str, minutes: i64, text: &str) -> Event {
    event(
        id,
        person,
        minutes,
        &format!(r#""chat":{{"sender":"BUYER","merchantId":"m1","text":"{text}"}}"#),
    )
}

pub fn paid(id: &str, person: &str, minutes: i64, order: &str) -> Event {
    let items = r#"[{"title":"t","category":"agro_chemical","quantity":1}]"#;
    event(
        id,
        person,
        minutes,
        &format!(
            r#""purchase":{{"orderId":"{order}","merchantId":"m1","status":"PAID","items":{items}}}"#
        ),
    )
}

/// One event through screening and the transaction.
pub async fn feed(engine: &Committer, event: Event) -> Fate {
    feed_all(engine, vec![event]).await.remove(0)
}

pub async fn feed_all(engine: &Committer, events: Vec<Event>) -> Vec<Fate> {
    let mut scratch = Scratch::default();
    let screened: Vec<(Option<lifeguard::store::Lane>, Screened)> = events
        .into_iter()
        .map(|event| {
            let arrived = event.occurred_at;
            (
                None,
                engine.walk().screen(event, arrived, false, &mut scratch),
            )
        })
        .collect();
    engine
        .commit(&screened, Vec::new())
        .await
        .expect("no lane, no fence")
}
