//! Bad input: each entry has a clear result, and nothing is lost. Lists: bytes and encodings, duplicates and order, time,
//! identity.

#[allow(dead_code, reason = "each test program uses its part")]
mod support;

use lifeguard::domain::limits::{EVENT_BYTES_MAX, ID_BYTES_MAX, TEXT_BYTES_MAX};
use lifeguard::wire::{Unreadable, decode_json, decode_protobuf, json_to_pb};
use prost::Message as _;

fn with(person: &str, time: &str, kind: &str) -> String {
    format!(r#"{{"eventId":"e","personId":"{person}","source":"s","occurredAt":"{time}",{kind}}}"#)
}

const NOON: &str = "2026-03-02T12:00:00Z";
const CHAT: &str = r#""chat":{"sender":"BUYER","text":"hello"}"#;

/// "ok", or the word that the reason must contain.
fn result(bytes: &[u8]) -> String {
    match decode_json(bytes) {
        Ok(_) => "ok".to_owned(),
        Err(reason) => reason.to_string(),
    }
}

#[test]
fn bytes_and_encodings_in_json_have_a_clear_result() {
    let text = |text: &str| {
        with(
            "p",
            NOON,
            &format!(r#""chat":{{"sender":"BUYER","text":"{text}"}}"#),
        )
    };
    let long_id = "x".repeat(ID_BYTES_MAX);
    let deep = format!("{}{}", "[".repeat(129), "]".repeat(129));
    let rows: Vec<(&str, String, &str)> = vec![
        ("empty", String::new(), "nothing in the event"),
        ("one byte", "{".into(), "ends too early"),
        ("no object", "[]".into(), "wrong type"),
        ("a number", "1".into(), "wrong type"),
        ("nothing set", "{}".into(), "no kind"),
        ("plain", with("p", NOON, CHAT), "ok"),
        (
            "trailing data",
            format!("{} {{}}", with("p", NOON, CHAT)),
            "syntax error",
        ),
        (
            "a key twice",
            with(
                "p",
                NOON,
                r#""chat":{"sender":"BUYER","text":"a","text":"b"}"#,
            ),
            "stands twice",
        ),
        (
            "both spellings of a key",
            with("p", NOON, r#""event_id":"f","chat":{"sender":"BUYER"}"#),
            "stands twice",
        ),
        (
            "two kinds",
            with("p", NOON, &format!(r#"{CHAT},"search":{{"query":"a"}}"#)),
            "more than one kind",
        ),
        (
            "a kind that is not known",
            with("p", NOON, r#""telepathy":{"text":"a"}"#),
            "no kind",
        ),
        (
            "an unknown field",
            with("p", NOON, &format!(r#"{CHAT},"mood":1"#)),
            "ok",
        ),
        (
            "an unknown enum value",
            with("p", NOON, r#""chat":{"sender":"GHOST"}"#),
            "not known here",
        ),
        (
            "an enum value in lower case",
            with("p", NOON, r#""chat":{"sender":"buyer"}"#),
            "ok",
        ),
        (
            "an enum value with its prefix",
            with("p", NOON, r#""chat":{"sender":"SENDER_BUYER"}"#),
            "ok",
        ),
        (
            "an enum number",
            with("p", NOON, r#""chat":{"sender":1}"#),
            "ok",
        ),
        (
            "an enum number that is not known",
            with("p", NOON, r#""chat":{"sender":99}"#),
            "not known here",
        ),
        (
            "no sender",
            with("p", NOON, r#""chat":{"text":"a"}"#),
            "`chat.sender` is missing",
        ),
        ("a lone surrogate", text(r"\ud83d"), "cannot be read"),
        ("a surrogate pair", text(r"\ud83d\ude00"), "ok"),
        ("NUL", text(r"\u0000"), "ok"),
        ("right to left override", text("\u{202e}abc"), "ok"),
        ("ten thousand marks", text(&"\u{301}".repeat(10_000)), "ok"),
        (
            "nesting in an unknown field",
            with("p", NOON, &format!(r#"{CHAT},"x":{deep}"#)),
            "ok",
        ),
        (
            "nesting in a known field",
            with("p", NOON, &format!(r#""chat":{deep}"#)),
            "wrong type",
        ),
        (
            "1e999",
            with("p", NOON, r#""profile":{"accountAgeDays":1e999}"#),
            "cannot be read",
        ),
        (
            "NaN",
            with("p", NOON, r#""profile":{"accountAgeDays":NaN}"#),
            "syntax error",
        ),
        (
            "2^53+1",
            with(
                "p",
                NOON,
                r#""profile":{"accountAgeDays":9007199254740993}"#,
            ),
            "wrong type",
        ),
        (
            "minus zero",
            with("p", NOON, r#""profile":{"accountAgeDays":-0}"#),
            "wrong type",
        ),
        (
            "a number in quotes",
            with("p", NOON, r#""profile":{"accountAgeDays":"12"}"#),
            "ok",
        ),
        (
            "null for a field",
            with("p", NOON, r#""chat":{"sender":"BUYER","text":null}"#),
            "ok",
        ),
        (
            "empty person id",
            with("", NOON, CHAT),
            "`person_id` is missing",
        ),
        ("id at the limit", with(&long_id, NOON, CHAT), "ok"),
        (
            "id one over",
            with(&format!("{long_id}x"), NOON, CHAT),
            "no id",
        ),
        (
            "control character in an id",
            with(r"a\u0007b", NOON, CHAT),
            "control characters",
        ),
        ("text at the limit", text(&"x".repeat(TEXT_BYTES_MAX)), "ok"),
        (
            "text one over",
            text(&"x".repeat(TEXT_BYTES_MAX + 1)),
            "more than 65536",
        ),
        (
            "event one over",
            " ".repeat(EVENT_BYTES_MAX + 1),
            "more than 262144",
        ),
        (
            "negative dwell",
            with("p", NOON, r#""browse":{"item":{},"dwell":"-1s"}"#),
            "outside its range",
        ),
        (
            "no item",
            with("p", NOON, r#""browse":{}"#),
            "`browse.item` is missing",
        ),
        (
            "no order",
            with("p", NOON, r#""purchase":{}"#),
            "`purchase.order_id` is missing",
        ),
        (
            "no status counts as paid",
            with("p", NOON, r#""purchase":{"orderId":"o"}"#),
            "ok",
        ),
    ];
    for (name, json, expected) in rows {
        let found = result(json.as_bytes());
        assert!(
            found.contains(expected),
            "{name}: expected {expected:?}, found {found:?}"
        );
    }
    let mut broken = with("p", NOON, CHAT).into_bytes();
    broken[60] = 0xff;
    assert_eq!(result(&broken), Unreadable::NotUtf8.to_string());
}

#[test]
fn times_have_a_clear_result() {
    for (time, expected) in [
        ("1969-12-31T23:59:59Z", "no time between"),
        ("1970-01-01T00:00:00Z", "no time between"),
        ("1999-12-31T23:59:59.999Z", "no time between"),
        ("2000-01-01T00:00:00Z", "ok"),
        ("2038-01-19T03:14:08Z", "ok"),
        ("2099-12-31T23:59:59.999Z", "ok"),
        ("2100-01-01T00:00:00Z", "no time between"),
        ("9999-01-01T00:00:00Z", "no time between"),
        ("9999-12-31T23:59:59Z", "cannot be read"),
        ("2016-12-31T23:59:60Z", "ok"),
        ("2026-03-02T20:00:00+08:00", "ok"),
        ("2026-03-02T20:00:00", "wrong type"),
        ("2026", "wrong type"),
        ("", "wrong type"),
    ] {
        let found = result(with("p", time, CHAT).as_bytes());
        assert!(found.contains(expected), "{time}: {found}");
    }
}

#[test]
fn protobuf_cut_at_every_length_never_passes_for_the_whole() {
    let whole = json_to_pb(with("p", NOON, CHAT).as_bytes())
        .expect("an event")
        .0
        .encode_to_vec();
    let event = decode_protobuf(&whole).expect("the whole").event;
    for length in 0..whole.len() {
        if let Ok(decoded) = decode_protobuf(&whole[..length]) {
            panic!("{length} bytes pass: {}", decoded.event == event);
        }
    }
}

#[test]
fn hostile_protobuf_is_refused_or_counted() {
    let whole = json_to_pb(with("p", NOON, CHAT).as_bytes())
        .expect("an event")
        .0
        .encode_to_vec();
    let and = |tail: &[u8]| [whole.as_slice(), tail].concat();
    // Field 100, varint: unknown, ignored, counted.
    assert_eq!(
        decode_protobuf(&and(&[0xa0, 0x06, 0x01]))
            .expect("known well enough")
            .unknown_fields,
        1
    );
    // Inside the chat message too (field 10 merges with the first).
    assert_eq!(
        decode_protobuf(&and(&[0x52, 0x03, 0xa0, 0x06, 0x01]))
            .expect("merged")
            .unknown_fields,
        1
    );
    for (name, tail) in [
        (
            "a length of 1 GiB with one byte",
            &[0x0a, 0x80, 0x80, 0x80, 0x80, 0x04, b'x'][..],
        ),
        (
            "an overlong varint",
            &[
                0xa0, 0x06, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
            ],
        ),
        ("a wrong wire type for event_id", &[0x08, 0x01]),
        ("invalid UTF-8 in an id", &[0x0a, 0x01, 0xff]),
        ("an end of a group that never began", &[0x0c]),
    ] {
        assert!(decode_protobuf(&and(tail)).is_err(), "{name}");
    }
    assert!(matches!(
        decode_protobuf(&vec![0; EVENT_BYTES_MAX + 1]),
        Err(Unreadable::TooLarge { .. })
    ));
    assert_eq!(decode_protobuf(&[]), Err(Unreadable::Empty));
}

#[test]
fn both_formats_give_the_same_event_and_the_same_hash() {
    for kind in [
        CHAT,
        r#""search":{"query":"农药"}"#,
        r#""browse":{"item":{"title":"t","quantity":0},"dwell":"1.5s"}"#,
        r#""purchase":{"orderId":"o","items":[{"title":"t","category":"c","quantity":2}],"note":"n"}"#,
        r#""logistics":{"orderId":"o","status":"SHIPPED","expectedDelivery":"2026-03-04T00:00:00Z"}"#,
        r#""concern":{"reporter":"SELF","text":"x"}"#,
        r#""profile":{"ageBand":"UNDER_18","accountAgeDays":3}"#,
        r#""merchantAnswer":{"taskId":"t","answer":"a"}"#,
    ] {
        let json = with("p", NOON, kind);
        let by_json = decode_json(json.as_bytes()).expect("JSON").event;
        let bytes = json_to_pb(json.as_bytes()).expect("JSON").0.encode_to_vec();
        let by_protobuf = decode_protobuf(&bytes).expect("protobuf").event;
        assert_eq!(by_json, by_protobuf, "{kind}");
        assert_eq!(by_json.content_hash(), by_protobuf.content_hash(), "{kind}");
    }
}

#[test]
fn ids_that_differ_only_by_case_or_normal_form_are_different_persons() {
    let hash = |person: &str| {
        decode_json(with(person, NOON, CHAT).as_bytes())
            .expect("an event")
            .event
    };
    for (a, b) in [("ann", "Ann"), ("é", "e\u{301}")] {
        assert_ne!(hash(a).person, hash(b).person);
        assert_ne!(hash(a).content_hash(), hash(b).content_hash());
    }
}

#[tokio::test]
async fn a_story_told_backwards_interleaved_or_late_ends_at_the_same_level() {
    use support::{chat, event, feed, paid};
    let database = support::Database::sqlite();
    let engine = database.engine().await;
    let story = |person: &str| {
        let id = |n: &str| format!("{person}-{n}");
        let order = format!("o-{person}");
        vec![
            chat(&id("1"), person, 0, "不想活"),
            paid(&id("2"), person, 30, &order),
            event(
                &id("3"),
                person,
                60,
                &format!(r#""logistics":{{"orderId":"{order}","status":"SHIPPED"}}"#),
            ),
            chat(&id("4"), person, 90, "goodbye forever"),
        ]
    };
    let orders: [[usize; 4]; 5] = [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [1, 3, 0, 2],
        [2, 0, 3, 1],
        [0, 3, 1, 2],
    ];
    let mut levels = Vec::new();
    for (number, order) in orders.iter().enumerate() {
        let person = format!("p{number}");
        let events = story(&person);
        for step in order {
            feed(&engine, events[*step].clone()).await;
        }
        let outcomes = engine.store().outcomes().await.expect("outcomes");
        let outcome = outcomes
            .into_iter()
            .find(|o| o.person == person)
            .expect("known");
        levels.push((order, outcome.level));
    }
    // A parcel's step that comes before anything else is known of the person is not remembered: the one stated exception.
    for (order, level) in levels {
        let parcel_first = order[0] == 2;
        assert!(level == "CRITICAL" || parcel_first, "{order:?}: {level}");
    }
}
