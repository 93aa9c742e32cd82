//! The oracle against the specification's own sentences, with small packs. What it is held against
//! elsewhere is only worth as much as this.

#[allow(dead_code, reason = "each test program uses its part")]
#[path = "oracle/mod.rs"]
mod oracle;

#[path = "oracle/small.rs"]
mod small;

#[path = "oracle_self/disguise.rs"]
mod disguise;

#[path = "oracle_self/reading.rs"]
mod reading;

#[path = "oracle_self/together.rs"]
mod together;

use oracle::story::decayed;
use oracle::terms::alternatives;
use oracle::{Oracle, Step, Verdict};
use serde_json::json;
use small::{buy, chat, line, parcel, rule};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn load(rules: &str) -> Oracle {
    Oracle::load(small::pack(rules).path()).unwrap()
}

fn judge(oracle: &Oracle, lines: &[String]) -> Verdict {
    let mut verdicts = oracle.judge(lines.join("\n").as_bytes()).unwrap();
    assert_eq!(verdicts.len(), 1, "{verdicts:?}");
    verdicts.remove(0)
}

fn explain(oracle: &Oracle, lines: &[String]) -> Vec<Step> {
    oracle.explain(lines.join("\n").as_bytes(), "p").unwrap()
}

fn check(lines: &[String], table: &[(&str, bool)]) {
    for (when, fired) in table {
        assert_eq!(fires(when, lines), *fired, "{when}");
    }
}

/// Whether a rule with this condition fires at the last event.
fn fires(when: &str, lines: &[String]) -> bool {
    let oracle = load(&rule("r", when, "type: UNCLEAR, points: 1, half_life: 24h"));
    let steps = explain(&oracle, lines);
    !steps[steps.len() - 1].episode.fired.is_empty()
}

#[test]
fn folds_step_by_step() {
    let oracle = load("");
    for (raw, folded) in [
        ("ＫＩＬＬ Myself", "kill myself"),
        ("É\u{200B}é\u{FEFF}ﬁ", "eefi"),
        ("自殺 薴", "自杀苎"),
        ("a \t\u{3000}b\r\nc\u{2028}d\u{85}e\rf", "a b\nc\nd\ne f"),
        ("想-.死", "想-.死"),
        ("想 *~`·\"' 死", "想死"),
        ("想·········死", "想·········死"),
        ("想 a 死", "想 a 死"),
        ("想\u{3000}\u{3000}\n死", "想 \n死"),
        ("한각", "한각"),
        ("⑩！。｡", "10!。。"),
        ("İΣЖ", "ioж"),
        ("д\u{0489}想\u{20DD}\u{302A}\u{2800}死", "д想死"),
        ("🇦🇿", "az"),
        ("Ꮯаt 両 乗", "cat 两乘"),
    ] {
        assert_eq!(oracle.fold(raw).0, folded, "{raw:?}");
    }
    assert_eq!(oracle.fold("想- 死ﬁ"), ("想死fi".into(), vec![0, 3, 4, 4]));
}

#[test]
fn hits_and_guards() {
    let oracle = load("");
    let hits = |text| oracle.hits("wish", text);
    assert_eq!(hits("我想死,想 死"), [(1, 3), (4, 7)]);
    assert_eq!(hits("Kill myself"), [(0, 11)]);
    assert_eq!(hits("skill myself kill selves"), []);
    // What is no word is read as the one that it means.
    assert_eq!(hits("skill myself kill myself2"), [(13, 25)]);
    assert_eq!(hits("活 着好沒意思"), [(0, 7)]);
    // Before: near enough and in one clause.
    assert_eq!(hits("不是我想死"), []);
    assert_eq!(hits("不是说我想死"), []);
    assert_eq!(hits("不是他说我想死"), [(5, 7)]);
    assert_eq!(hits("不,想死"), [(2, 4)]);
    // After.
    assert_eq!(hits("想死呢了才怪"), []);
    assert_eq!(hits("想死、了才怪"), [(0, 2)]);
    // Covers: only the hit inside the phrase.
    assert_eq!(hits("笑到想死。想死"), [(5, 7)]);
    // Statement: a point between digits or letters ends no sentence, a comma neither.
    assert_eq!(hits("想死,第1.5句歌词"), []);
    assert_eq!(hits("想死.歌词"), [(0, 2)]);
    assert_eq!(hits("想死。歌词"), [(0, 2)]);
}

#[test]
fn a_space_between_phrases_is_a_comma() {
    let oracle = load("");
    for (text, is_hit) in [
        ("我们不 想死", true),
        ("我们不- -想死", true),
        ("我们不-想死", false),
        ("不 想死", false),
        ("我 不 想死", false),
        ("我们不 想 死", false),
        ("我们不 想\u{200B}死", false),
        // Only what lies between the two counts.
        ("我们 不想死", false),
        ("我们不想 死了", false),
        ("我们不想死 好的", false),
    ] {
        assert_eq!(!oracle.hits("wish", text).is_empty(), is_hit, "{text:?}");
    }
    // A sentence goes on.
    assert_eq!(oracle.hits("wish", "歌词 想死了"), []);
    assert_eq!(oracle.hits("wish", "听着歌词 想死了"), []);
}

#[test]
fn a_line_stands_for_its_alternatives() {
    let all = |line| alternatives(line).unwrap();
    assert_eq!(all("好困"), ["好困"]);
    assert_eq!(all("{我|}好{困|累}"), ["我好困", "我好累", "好困", "好累"]);
    assert_eq!(alternatives(&"{a|b}".repeat(8)).unwrap().len(), 256);
    assert!(alternatives(&"{a|b}".repeat(9)).is_err());
    for wrong in ["{a|b", "a}", "{a{b}}"] {
        assert!(alternatives(wrong).is_err(), "{wrong}");
    }
    let oracle = Oracle::load(small::disguised("so {very |}{tired|}\n", "", "").path()).unwrap();
    assert_eq!(
        oracle.hits("low", "so tired, so very"),
        [(0, 2), (0, 8), (10, 12), (10, 17)]
    );
}

#[test]
fn speakers_and_fields() {
    let oracle = load("");
    let signals = |kind, body| {
        explain(&oracle, &[line("1", 0, kind, body)])
            .remove(0)
            .signals
    };
    let merchant = json!({"sender": "sender_merchant", "text": "想死"});
    assert_eq!(signals("chat", merchant), ["other"]);
    let search = json!({"query": "除草剂 想死"});
    assert_eq!(signals("search", search), ["wish", "watched-goods"]);
}

#[test]
fn decays_in_straight_lines_between_halvings() {
    for (age, left) in [(0, 1000), (50, 750), (100, 500), (150, 375), (999, 1)] {
        assert_eq!(decayed(1000, age, 100), left, "{age}");
    }
    assert_eq!(decayed(1000, 33, 100), 1000 - 33_000 / 200);
    assert_eq!(decayed(1000, 2000, 100), 0);
    assert_eq!(decayed(1000, 1 << 60, 1 << 61), 750);
}

#[test]
fn conditions_have_three_values() {
    let one = [chat("1", 0, "想死")];
    let table = [
        ("since('wish') == 0", true),
        ("since('calm') < 10", false),
        ("!(since('calm') < 10)", false),
        ("since('calm') < 10 || within('wish', '1h')", true),
        ("since('calm') < 10 && within('wish', '1h')", false),
        ("!(since('calm') < 10 && within('calm', '1h'))", true),
        ("age_band != 'UNDER_14'", false),
        ("age_band in ['UNDER_14']", false),
        ("!(age_band in ['UNDER_14']) || true", true),
        ("hour == 12 && means == 0 && !earlier_case", true),
        ("1 + 2 - 3 == 0 && !(2 <= 1) && 2 != 3 && 2 in [1, 2]", true),
        (
            "within('calm', '1h') || within('wish', '1h') && means > 0",
            false,
        ),
    ];
    check(&one, &table);
}

#[test]
fn windows_are_open_at_their_far_end() {
    let lines = [
        chat("1", 0, "想死"),
        chat("2", HOUR, "你好"),
        chat("3", 2 * HOUR, "你好"),
    ];
    let table = [
        ("within('wish', '2h')", false),
        ("within('wish', '7201s')", true),
        ("count(['calm', 'wish'], '3h') == 3", true),
        ("count('calm', '60m') == 1", true),
        (
            "since('wish') == 7200 && since(['wish', 'calm']) == 0",
            true,
        ),
        ("sequence('wish', 'calm', '1h')", true),
        ("sequence('wish', 'calm', '59m')", false),
        ("sequence('calm', 'wish', '9h')", false),
        (
            "sequence('calm', 'calm', '1h') && !sequence('wish', 'wish', '1h')",
            true,
        ),
    ];
    check(&lines, &table);
    // Nothing older than 35 days is looked at, whatever the window.
    let late = [chat("1", 0, "想死"), chat("2", 35 * DAY, "你好")];
    assert!(!fires("within('wish', '90d')", &late));
}

#[test]
fn counts_what_was_paid() {
    let coal = json!({"title": "木炭", "quantity": 9});
    let lines = [
        buy("1", 0, "a", "CART", 9),
        buy("2", 1, "a", "PAID", 3),
        buy("3", 2, "a", "PAID", 1),
        buy("4", 3, "b", "STATUS_PLACED", 5),
        line("5", 4, "purchase", json!({"orderId": "c", "items": [coal]})),
    ];
    let table = [
        ("paid_orders('1d') == 2", true),
        ("paid_items('1d') == 2", true),
        ("paid_quantity('1d') == 12", true),
        ("large_orders('1d') == 1", true),
        ("paid_orders('1s') == 1 && large_orders('2s') == 0", true),
        ("distinct('watched-goods', 'category', '1d') == 2", true),
        ("distinct('watched-goods', 'merchant', '1d') == 1", true),
        ("distinct('watched-goods', 'order', '1d') == 3", true),
        ("distinct('watched-goods', 'act', '1d') == 3", true),
    ];
    check(&lines, &table);
}

#[test]
fn orders_step_forward_and_back() {
    let oracle = load("");
    let means = |lines: &[String]| -> Vec<u8> {
        explain(&oracle, lines)
            .iter()
            .map(|step| step.episode.means)
            .collect()
    };
    let lines = [
        line("0", 0, "search", json!({"query": "除草剂"})),
        buy("1", 1, "a", "CART", 1),
        buy("2", 2, "a", "PAID", 1),
        parcel("3", 3, "a", "HELD"),
        parcel("4", 4, "a", "IN_TRANSIT"),
        parcel("5", 5, "a", "PACKED"),
        parcel("6", 6, "a", "DELIVERED"),
        parcel("7", 7, "other", "DELIVERED"),
        parcel("8", 8, "a", "RETURNED"),
        buy("9", 7 * DAY, "b", "CANCELLED", 1),
    ];
    assert_eq!(means(&lines), [1, 3, 4, 4, 5, 5, 6, 6, 1, 0]);
    // A parcel counts before its purchase, but only where the person had a signal already.
    let early = [
        chat("1", 0, "你好"),
        parcel("2", 1, "a", "SHIPPED"),
        buy("3", 2, "a", "PAID", 1),
    ];
    assert_eq!(means(&early), [0, 0, 5]);
    assert_eq!(means(&early[1..]), [4]);
}

#[test]
fn a_low_episode_lapses_and_a_case_stays() {
    let gives = "type: SELF_HARM, intent: 1, points: 1, half_life: 1d";
    let low = load(&rule("low", "within('wish', '1h')", gives));
    let lines = |gap| [chat("1", 0, "想死"), chat("2", gap, "你好")];
    assert_eq!(judge(&low, &lines(72 * HOUR)).level, "SUPPORT");
    let lapsed = judge(&low, &lines(72 * HOUR + 1));
    assert_eq!(
        (lapsed.level.as_str(), lapsed.intent, lapsed.types.len()),
        ("NONE", 0, 0)
    );

    let gives = "type: SELF_HARM, intent: 2, points: 1, half_life: 1d";
    let high = load(&rule("high", "within('wish', '1h')", gives));
    let kept = judge(&high, &lines(30 * DAY));
    assert_eq!((kept.level.as_str(), kept.intent), ("ELEVATED", 2));
    assert_eq!((kept.first_event.as_deref(), kept.signals), (Some("1"), 2));
}

#[test]
fn evidence_adds_up_by_axis() {
    let gives =
        |axis: &str, points: &str| format!("type: PACT, {axis}, points: {points}, half_life: 2h");
    let rules = rule("a", "within('wish', '9h')", &gives("intent: 3", "0.6"))
        + &rule("b", "within('calm', '9h')", &gives("intent: 1", "0.4"));
    let oracle = load(&rules);
    let both = judge(&oracle, &[chat("1", 0, "想死,你好")]);
    assert_eq!((both.intent, both.level.as_str()), (1, "CRITICAL"));
    assert_eq!(both.types, ["PACT"]);
    // An hour later the first has lost a quarter of its points.
    let apart = judge(&oracle, &[chat("1", 0, "想死"), chat("2", HOUR, "你好")]);
    assert_eq!(
        (apart.intent, apart.level.as_str(), apart.first_event),
        (0, "NONE", None)
    );
}

#[test]
fn harm_with_goods_in_hand_is_higher_and_types_look_at_goods() {
    let gives = "type: HARM_TO_OTHERS, harm: 2, points: 1, half_life: 1d";
    let oracle = load(&rule("harm", "within('wish', '1h')", gives));
    let mut lines = vec![chat("1", 0, "想死")];
    assert_eq!(judge(&oracle, &lines).level, "ELEVATED");
    lines.push(buy("2", DAY, "a", "PAID", 1));
    let armed = judge(&oracle, &lines);
    assert_eq!(
        (armed.harm, armed.means, armed.level.as_str()),
        (4, 4, "CRITICAL")
    );

    let gives = "type: HARM_TO_ANIMALS, points: 1, half_life: 1d";
    let oracle = load(&rule("animals", "within('wish', '1h')", gives));
    let mut lines = vec![chat("1", 0, "想死")];
    assert_eq!(judge(&oracle, &lines).level, "SUPPORT");
    lines.push(buy("2", 1, "a", "CART", 1));
    assert_eq!(judge(&oracle, &lines).level, "ELEVATED");
}

#[test]
fn modifiers_raise_once_and_not_above_the_limit() {
    let level = |intent: u8, seconds: i64, age: &str| {
        let gives = format!("type: SELF_HARM, intent: {intent}, points: 1, half_life: 1d");
        let oracle = load(&rule("r", "within('wish', '1h')", &gives));
        let profile = line("0", seconds + 1, "profile", json!({"ageBand": age}));
        let lines = [
            chat("1", seconds, "你好"),
            profile,
            chat("2", seconds + 2, "想死"),
        ];
        judge(&oracle, &lines).level
    };
    assert_eq!(level(2, 0, "UNSPECIFIED"), "ELEVATED");
    assert_eq!(level(2, 0, "age_band_under_18"), "HIGH");
    assert_eq!(level(2, 15 * HOUR, "UNDER_18"), "HIGH");
    assert_eq!(level(2, 15 * HOUR, "60_PLUS"), "HIGH");
    assert_eq!(level(5, 0, "UNDER_14"), "CRITICAL");
    assert_eq!(level(6, 0, "UNDER_14"), "EMERGENCY");
}

#[test]
fn repeats_and_bad_lines_add_nothing() {
    let oracle = load("");
    let bare = json!({"event_id": "1", "person_id": "p", "source": "s", "ageBand": 0,
        "occurred_at": "2024-05-01T12:00:00+08:00", "chat": {"sender": 1, "text": "想死"}});
    let lines = [
        chat("1", 0, "想死"),
        bare.to_string(),
        line("2", 0, "chat", json!({"text": "想死"})),
        line("3", 0, "teleport", json!({})),
        line("4", 0, "logistics", json!({"orderId": "a"})),
        "{".to_owned(),
        String::new(),
    ];
    assert_eq!(judge(&oracle, &lines).signals, 1);
    let changed = [chat("1", 0, "想死"), chat("1", 0, "自杀")];
    assert_eq!(judge(&oracle, &changed).signals, 2);
}

#[test]
fn what_needs_an_earlier_signal_waits_for_one() {
    let oracle = load("");
    let plain = |id: &str, at| line(id, at, "purchase", json!({"orderId": id, "note": "想死"}));
    let signals = |second| -> Vec<_> {
        explain(&oracle, &[plain("1", 1), plain("2", second)])
            .into_iter()
            .map(|step| step.signals)
            .collect()
    };
    assert_eq!(signals(2), [vec!["wish"], vec!["wish", "ordinary-goods"]]);
    // Earlier by the time of the events: handled later is not enough.
    assert_eq!(signals(1), [vec!["wish"], vec!["wish"]]);
    assert_eq!(signals(0), [vec!["wish"], vec!["wish"]]);
}

#[test]
fn late_events_take_their_place() {
    let gives = "type: SELF_HARM, intent: 2, points: 1, half_life: 1d";
    let oracle = load(&rule("r", "sequence('wish', 'calm', '1h')", gives));
    let lines = [
        chat("b", HOUR, "你好"),
        chat("z", 0, "你好"),
        chat("a", 30 * MINUTE, "想死"),
    ];
    let verdict = judge(&oracle, &lines);
    assert_eq!(
        (verdict.level.as_str(), verdict.first_event.as_deref()),
        ("ELEVATED", Some("a"))
    );
}
