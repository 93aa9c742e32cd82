//! Texts read together: section 2.1.

use serde_json::json;

use super::explain;
use super::oracle::Oracle;
use super::oracle::event;
use super::oracle::together::{Line, pieces};
use super::small::{self, line_ms};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

/// What the last of some events is remembered with: `Field start..end View`, for one signal.
struct Case {
    name: &'static str,
    lines: Vec<String>,
    signal: &'static str,
    spans: &'static [&'static str],
}

fn case(
    name: &'static str,
    lines: impl Into<Vec<String>>,
    signal: &'static str,
    spans: &'static [&'static str],
) -> Case {
    let lines = lines.into();
    Case {
        name,
        lines,
        signal,
        spans,
    }
}

fn check(cases: &[Case]) {
    let oracle = Oracle::load(small::together().path()).unwrap();
    for case in cases {
        let last = event::read(case.lines[case.lines.len() - 1].as_bytes()).unwrap();
        let steps = explain(&oracle, &case.lines);
        let step = steps.iter().find(|step| step.event == last.id);
        let named = |name: &String| name == case.signal;
        let place = step.and_then(|step| Some((step, step.signals.iter().position(named)?)));
        let spans: Vec<String> = match place {
            None => Vec::new(),
            Some((step, at)) => step.spans[at]
                .iter()
                .map(|((field, (start, end)), guise)| format!("{field:?} {start}..{end} {guise:?}"))
                .collect(),
        };
        assert_eq!(spans, case.spans, "{}", case.name);
    }
}

fn said(sender: &str, id: &str, at: i64, text: &str) -> String {
    line_ms(id, at, "chat", json!({"sender": sender, "text": text}))
}

fn say(id: &str, at: i64, text: &str) -> String {
    said("BUYER", id, at, text)
}

fn search(id: &str, at: i64, query: &str) -> String {
    line_ms(id, at, "search", json!({"query": query}))
}

fn buy(id: &str, at: i64, note: &str, delivery_note: &str) -> String {
    let body = json!({"orderId": "o", "note": note, "deliveryNote": delivery_note});
    line_ms(id, at, "purchase", body)
}

fn concern(id: &str, at: i64, text: &str) -> String {
    let body = json!({"reporter": "SELF", "text": text});
    line_ms(id, at, "concern", body)
}

/// The buyer's messages, a second apart, from time 0 on.
fn talk(texts: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let at = i64::try_from(number).unwrap() * SECOND;
        lines.push(say(&format!("{number:03}"), at, text));
    }
    lines
}

#[test]
fn a_sentence_is_found_over_its_pieces() {
    check(&[
        case(
            "cut between two messages",
            talk(&["晚安", "累到", "想睡"]),
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "cut between what opens and the next message",
            talk(&["晚安,我累到", "想睡了"]),
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "cut between two messages of letters",
            talk(&["晚安", "I am so tired", "OF IT now"]),
            "tired",
            &["Chat 0..5 Raw"],
        ),
        case(
            "cut between a search and a message",
            [
                say("0", 0, "晚安"),
                search("1", 1, "累到"),
                say("2", 2, "想睡"),
            ],
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "cut between a message and a search",
            [
                say("0", 0, "晚安"),
                say("1", 1, "累到"),
                search("2", 2, "想睡"),
            ],
            "tired",
            &["Search 0..2 Raw"],
        ),
        case(
            "over three pieces",
            talk(&["晚安", "累", "到想", "睡"]),
            "tired",
            &["Chat 0..1 Raw"],
        ),
        case(
            "not yet at the second of three pieces",
            talk(&["晚安", "累", "到想"]),
            "tired",
            &[],
        ),
        case(
            "no more after the last piece",
            talk(&["晚安", "累到", "想睡", "了"]),
            "tired",
            &[],
        ),
        case(
            "nothing opens",
            talk(&["早安", "累到", "想睡"]),
            "tired",
            &[],
        ),
        case(
            "it opens too late",
            talk(&["累到", "晚安", "想睡"]),
            "tired",
            &[],
        ),
        case(
            "note and delivery note of a stranger",
            [buy("0", 0, "累到", "想睡")],
            "tired",
            &["DeliveryNote 0..2 Raw"],
        ),
        case(
            "note and delivery note are no `piece` of a stranger",
            [buy("0", 0, "累到", "想睡")],
            "piece",
            &[],
        ),
        case(
            "delivery note and note",
            [buy("0", 0, "想睡", "累到")],
            "tired",
            &[],
        ),
        case(
            "note and delivery note after what opens",
            [say("0", 0, "晚安"), buy("1", 1, "累到", "想睡")],
            "tired",
            &["DeliveryNote 0..2 Raw"],
        ),
        case(
            "a message, note and delivery note",
            [say("0", 0, "晚安,累"), buy("1", 1, "到想睡", "累到想睡")],
            "tired",
            &["Note 0..3 Raw", "DeliveryNote 0..4 Raw"],
        ),
    ]);
}

#[test]
fn pieces_are_remembered() {
    let oracle = Oracle::load(small::together().path()).unwrap();
    let signals = |lines: &[String]| -> Vec<Vec<String>> {
        explain(&oracle, lines)
            .into_iter()
            .map(|step| step.signals)
            .collect()
    };
    assert_eq!(signals(&talk(&["晚安", "ok"])), [["opener"], ["piece"]]);
    assert_eq!(signals(&talk(&["早安", "ok"])), [[""; 0]; 0]);
    check(&[
        case(
            "the pieces of an event",
            [say("0", 0, "晚安"), buy("1", 1, "(门口 ) ", "…等我!")],
            "piece",
            &["Note 0..5 Raw", "DeliveryNote 1..4 Raw"],
        ),
        case(
            "an event of which one text is a piece",
            [say("0", 0, "晚安"), buy("1", 1, " - ", "等我")],
            "piece",
            &["DeliveryNote 0..2 Raw"],
        ),
        case(
            "an event without pieces",
            [say("0", 0, "晚安"), buy("1", 1, "", "…")],
            "piece",
            &[],
        ),
        case(
            "what a merchant writes",
            [say("0", 0, "晚安"), said("MERCHANT", "1", 1, "ok")],
            "piece",
            &[],
        ),
        case(
            "what is written as a concern",
            [say("0", 0, "晚安"), concern("1", 1, "ok")],
            "piece",
            &[],
        ),
        case(
            "what opens is a piece of what was open",
            talk(&["晚安", "晚安"]),
            "piece",
            &["Chat 0..2 Raw"],
        ),
        case("it does not open itself", talk(&["晚安"]), "piece", &[]),
        case(
            "no piece of another kind opens",
            [
                say("0", 0, "晚安"),
                say("1", 10 * MINUTE, "ok"),
                say("2", 20 * MINUTE, "ok"),
            ],
            "piece",
            &[],
        ),
        case(
            "a merchant may open",
            [said("MERCHANT", "0", 0, "晚安,累到"), say("1", 1, "想睡")],
            "piece",
            &["Chat 0..2 Raw"],
        ),
        case(
            "but writes no piece",
            [said("MERCHANT", "0", 0, "晚安,累到"), say("1", 1, "想睡")],
            "tired",
            &[],
        ),
    ]);
}

#[test]
fn fifteen_minutes() {
    let apart = |milliseconds| [say("0", 0, "晚安,累到"), say("1", milliseconds, "想睡")];
    let last = 15 * MINUTE;
    check(&[
        case("exactly", apart(last), "tired", &["Chat 0..2 Raw"]),
        case("exactly: piece", apart(last), "piece", &["Chat 0..2 Raw"]),
        case("a millisecond more", apart(last + 1), "tired", &[]),
        case("a millisecond more: piece", apart(last + 1), "piece", &[]),
        case("at one time", apart(0), "tired", &["Chat 0..2 Raw"]),
        case("a millisecond before", apart(-1), "piece", &[]),
        case(
            "the piece is near, what opened it is not",
            [
                say("0", 0, "晚安"),
                say("1", 10 * MINUTE, "累到"),
                say("2", last + 1, "想睡"),
            ],
            "tired",
            &[],
        ),
        case(
            "what opens is near, the piece is not",
            [
                say("0", 0, "晚安,累到"),
                say("1", 10 * MINUTE, "晚安"),
                say("2", last + 1, "想睡"),
            ],
            "tired",
            &[],
        ),
        case(
            "both are near",
            [
                say("0", 0, "晚安"),
                say("1", 10 * MINUTE, "晚安,累到"),
                say("2", 20 * MINUTE, "想睡"),
            ],
            "tired",
            &["Chat 0..2 Raw"],
        ),
    ]);
}

#[test]
fn the_order_of_the_pieces() {
    check(&[
        case(
            "by time, whichever was handled first",
            [
                say("0", 0, "晚安"),
                say("1", 2 * MINUTE, "想"),
                say("2", MINUTE, "累到"),
                say("3", 3 * MINUTE, "睡"),
            ],
            "tired",
            &["Chat 0..1 Raw"],
        ),
        case(
            "at one time by id",
            [
                say("0", 0, "晚安"),
                say("b", MINUTE, "想"),
                say("a", MINUTE, "累到"),
                say("c", MINUTE, "睡"),
            ],
            "tired",
            &["Chat 0..1 Raw"],
        ),
        case(
            "the event's own come last",
            [
                say("0", 0, "晚安"),
                say("b", MINUTE, "累到"),
                say("a", MINUTE, "想睡"),
            ],
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "one of a later time is not there",
            [
                say("0", 0, "晚安"),
                say("1", 2 * MINUTE, "累到"),
                say("2", MINUTE, "想睡"),
            ],
            "tired",
            &[],
        ),
        case(
            "by field in one event",
            [
                say("0", 0, "晚安"),
                buy("1", MINUTE, "累", "到"),
                buy("2", 2 * MINUTE, "想", "睡"),
            ],
            "tired",
            &["DeliveryNote 0..1 Raw"],
        ),
        case(
            "the last eight",
            talk(&[
                "晚安", "累到", "好", "好", "好", "好", "好", "好", "好", "想睡",
            ]),
            "far",
            &["Chat 0..2 Raw"],
        ),
        case(
            "not the ninth",
            talk(&[
                "晚安", "累到", "好", "好", "好", "好", "好", "好", "好", "好", "想睡",
            ]),
            "far",
            &[],
        ),
        case(
            "a second content of one id is another event",
            [
                say("0", 0, "晚安"),
                say("1", MINUTE, "累到"),
                say("1", MINUTE, "累到"),
                say("1", 2 * MINUTE, "想"),
                say("2", 3 * MINUTE, "睡"),
            ],
            "tired",
            &["Chat 0..1 Raw"],
        ),
    ]);
}

#[test]
fn trimmings_are_left_out() {
    let one = |text| [say("0", 0, "晚安"), say("1", 1, text)];
    check(&[
        case(
            "in the line",
            talk(&["晚安", " ~累到，\n", "|…想睡。 、"]),
            "tired",
            &["Chat 2..4 Raw"],
        ),
        case(
            "of every kind",
            one(" .,;:…-–—好的~|/\\_、。，；：～｜\u{3000}\t\n"),
            "piece",
            &["Chat 9..11 Raw"],
        ),
        case(
            "not within",
            one("- 好 - 的 -"),
            "piece",
            &["Chat 2..7 Raw"],
        ),
        case("no others", one("(好的！)?"), "piece", &["Chat 0..6 Raw"]),
        case("only trimmings", one("…… 。"), "piece", &[]),
        case(
            "a piece of a single sign",
            one(" ?"),
            "piece",
            &["Chat 1..2 Raw"],
        ),
    ]);
}

#[test]
fn sixty_characters_and_no_more() {
    let of = |length: usize| format!("想睡{}", "好".repeat(length - 2));
    let ends = |text: &str| talk(&["晚安", "累到", text]);
    let begins = |more: usize| talk(&["晚安", &format!("{}累到", "好".repeat(more)), "想睡"]);
    check(&[
        case("60", ends(&of(60)), "tired", &["Chat 0..2 Raw"]),
        case("60: piece", ends(&of(60)), "piece", &["Chat 0..60 Raw"]),
        case("61", ends(&of(61)), "tired", &[]),
        case("61: piece", ends(&of(61)), "piece", &[]),
        case(
            "60 and trimmings",
            ends(&format!("… {}。", of(60))),
            "piece",
            &["Chat 2..62 Raw"],
        ),
        case("60 before", begins(58), "tired", &["Chat 0..2 Raw"]),
        case("61 before", begins(59), "tired", &[]),
    ]);
}

#[test]
fn a_space_between_pieces_that_are_not_both_han() {
    let read = |text: &str| pieces(&event::read(say("0", 0, text).as_bytes()).unwrap());
    for (texts, line) in [
        (["累到", "想睡", "觉"], "累到想睡觉"),
        (["so", "tired", "2"], "so tired 2"),
        (["累so", "累", "so"], "累so 累 so"),
        (["累!", "想", "😴"], "累! 想 😴"),
        (["𠀀", "㐀", "ㄅ"], "𠀀㐀 ㄅ"),
        (["- 累 -", "想, ", ". 睡"], "累想睡"),
        (
            ["累\u{200B}", "想", "\u{200B}睡"],
            "累\u{200B} 想 \u{200B}睡",
        ),
    ] {
        let all = texts.iter().flat_map(|text| read(text)).collect();
        assert_eq!(Line::new(Vec::new(), all).text, line);
    }
    check(&[
        case(
            "the space belongs to the later piece",
            talk(&["晚安", "so tired", "of it"]),
            "spaced",
            &[],
        ),
        case(
            "but is part of what is found over it",
            talk(&["晚安", "so tired", "of it"]),
            "tired",
            &["Chat 0..5 Raw"],
        ),
        case(
            "no space is there between Han",
            talk(&["晚安", "累到", "想睡"]),
            "brief",
            &["Chat 0..2 Raw"],
        ),
    ]);
}

#[test]
fn hits_in_the_line() {
    check(&[
        case(
            "a guard in the earlier piece",
            talk(&["晚安", "我不是累到", "想睡"]),
            "tired",
            &[],
        ),
        case(
            "a guard in a piece of its own",
            talk(&["晚安", "不,", "累到", "想睡"]),
            "tired",
            &[],
        ),
        case(
            "a guard too far before the hit",
            talk(&["晚安", "不是他说我累到", "想睡"]),
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "a guard in the line excuses nothing in the text",
            talk(&["晚安", "不", "累到想睡"]),
            "tired",
            &["Chat 0..4 Raw"],
        ),
        case(
            "wholly inside an earlier piece",
            talk(&["晚安", "累到想睡", "好"]),
            "tired",
            &[],
        ),
        case(
            "wholly inside the event's own piece: found in the text, once",
            talk(&["晚安", "好", " 累到想睡"]),
            "tired",
            &["Chat 1..5 Raw"],
        ),
        case(
            "in the text and in the line",
            talk(&["晚安", "累到", "想睡,累到想睡"]),
            "tired",
            &["Chat 0..2 Raw", "Chat 3..7 Raw"],
        ),
        case(
            "a term in disguise over a joint",
            talk(&["晚安", "累到", "响睡"]),
            "veiled",
            &["Chat 0..2 Sound"],
        ),
        case(
            "the very term over a joint is no disguise",
            talk(&["晚安", "累到", "想睡"]),
            "veiled",
            &[],
        ),
        case(
            "a term in disguise in the text",
            talk(&["晚安", "好", "响睡觉"]),
            "mixed",
            &["Chat 0..3 Sound"],
        ),
        case(
            "the plainest view of one place",
            talk(&["晚安", "累到", "响睡觉"]),
            "mixed",
            &["Chat 0..3 Raw"],
        ),
        case(
            "a line as long as the signal allows",
            talk(&["晚安", "累到", "想睡"]),
            "brief",
            &["Chat 0..2 Raw"],
        ),
        case(
            "a line longer than the signal allows",
            talk(&["晚安!", "累到", "想睡"]),
            "brief",
            &[],
        ),
        case(
            "the field in which the hit ends",
            [say("0", 0, "晚安,累到"), buy("1", 1, "想睡", "")],
            "noted",
            &["Note 0..2 Raw"],
        ),
        case(
            "the field in which the hit begins",
            [say("0", 0, "晚安"), buy("1", 1, "累到", "想睡")],
            "noted",
            &[],
        ),
        case(
            "a signal of what merchants say",
            talk(&["晚安", "累到", "想睡"]),
            "told",
            &[],
        ),
    ]);
}

#[test]
fn fields_in_which_it_opens() {
    check(&[
        case(
            "only the piece that opens",
            [buy("0", 0, "晚安", "累到"), say("1", 1, "想睡")],
            "tired",
            &[],
        ),
        case(
            "the piece that opens",
            [buy("0", 0, "晚安,累到", "好"), say("1", 1, "想睡")],
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "both pieces where both open",
            [buy("0", 0, "晚安,累", "到晚安"), say("1", 1, "想睡")],
            "far",
            &["Chat 0..2 Raw"],
        ),
        case(
            "all pieces of what was open already",
            [
                say("0", 0, "晚安"),
                buy("1", 1, "晚安", "累到"),
                say("2", 2, "想睡"),
            ],
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "a concern opens",
            [concern("0", 0, "晚安,累到"), say("1", 1, "想睡")],
            "piece",
            &["Chat 0..2 Raw"],
        ),
        case(
            "but is no piece",
            [concern("0", 0, "晚安,累到"), say("1", 1, "想睡")],
            "tired",
            &[],
        ),
        case(
            "found in a line, it opens in the field in which it ends",
            [buy("0", 0, "晚", "安,累到"), say("1", 1, "想睡")],
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "and in no other",
            [buy("0", 0, "累到晚", "安"), say("1", 1, "想睡")],
            "far",
            &[],
        ),
    ]);
}

#[test]
fn an_errand_in_the_middle() {
    check(&[
        case(
            "is left out",
            talk(&["晚安,累到", "发什么货", "想睡"]),
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "as are several",
            talk(&["晚安,累到", "发什么货", "几时", "想睡"]),
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "in another field of the event that opens",
            [
                say("0", 0, "晚安"),
                buy("1", 1, "晚安,累到", "放门口"),
                say("2", 2, "想睡"),
            ],
            "tired",
            &["Chat 0..2 Raw"],
        ),
        case(
            "stands there where it opens as well",
            talk(&["晚安,累到", "晚安,发什么货", "想睡"]),
            "tired",
            &[],
        ),
        case(
            "is read with the rest all the same",
            talk(&["晚安", "累到", "想睡"]),
            "tired",
            &["Chat 0..2 Raw"],
        ),
    ]);
}

#[test]
fn a_word_that_the_text_ends_with() {
    let halting = |text: &str| talk(&[text]);
    check(&[
        case(
            "opens",
            talk(&["累到困", "想睡"]),
            "far",
            &["Chat 0..2 Raw"],
        ),
        case(
            "is remembered",
            halting("累到困"),
            "halting",
            &["Chat 2..3 Raw"],
        ),
        case(
            "before trimmings",
            halting("累到困 … 。"),
            "halting",
            &["Chat 2..3 Raw"],
        ),
        case(
            "of width and case",
            halting("I'm ＳＯ"),
            "halting",
            &["Chat 4..6 Folded"],
        ),
        case("not before other marks", halting("累到困!"), "halting", &[]),
        case("not elsewhere", halting("困了"), "halting", &[]),
        case(
            "at the end alone",
            halting("困,困"),
            "halting",
            &["Chat 2..3 Raw"],
        ),
        case("not in a longer word", halting("also"), "halting", &[]),
        case(
            "not in a longer text",
            halting("累到累到累到累到困"),
            "halting",
            &[],
        ),
        case(
            "each field by itself",
            [buy("0", 0, "很困", "困")],
            "halting",
            &["Note 1..2 Raw"],
        ),
    ]);
}

#[test]
fn what_counts_in_company_only() {
    check(&[
        case(
            "with a signal of an earlier time",
            talk(&["累到想睡", "晚安", "好", "冷"]),
            "aside",
            &["Chat 0..1 Raw"],
        ),
        case(
            "with one that only opens",
            talk(&["晚安", "好", "冷"]),
            "aside",
            &[],
        ),
        case(
            "with one that only opens, in the same text",
            talk(&["晚安,好冷"]),
            "aside",
            &[],
        ),
        case(
            "with `piece` alone",
            [say("0", 0, "晚安"), say("1", 0, "好"), say("2", 0, "冷")],
            "aside",
            &[],
        ),
        case(
            "which is remembered nevertheless",
            [say("0", 0, "晚安"), say("1", 0, "好"), say("2", 0, "冷")],
            "piece",
            &["Chat 0..1 Raw"],
        ),
        case(
            "in a stranger's line",
            [buy("0", 0, "好", "冷")],
            "aside",
            &[],
        ),
        case(
            "with what is found in a stranger's line",
            [buy("0", 0, "好冷,累到", "想睡")],
            "aside",
            &["Note 0..2 Raw"],
        ),
    ]);
}
