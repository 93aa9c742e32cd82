//! Whole files through the judging, and folds, over a made-up pack; every line is made up too.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use indicatif::ProgressBar;

use super::folds::folds;
use super::judge::{Judge, measure};
use super::measure::Figures;
use super::report::Report;
use super::{page, sources};
use crate::cli::corpus::{Source, Text};
use crate::domain::{Level, PersonText};
use crate::rules::load::Files;
use crate::rules::load_files;

/// Two signals: a wish, SUPPORT by itself, and a farewell, CRITICAL; 不是 takes a wish back.
fn pack() -> Files {
    [
        ("pack.yaml", "name: made-up\nversion: '1'\nengine: '0.1'\ntime_zone: Asia/Shanghai\n"),
        ("lexicons/wish.zh.txt", "不想活\n活够了\n活累了\n"),
        ("lexicons/farewell.zh.txt", "永别了\n"),
        ("lexicons/negation.zh.txt", "不是\n"),
        (
            "signals/all.yaml",
            "guards:\n  - {id: negated, kind: before, lexicon: negation, within: 4}\n\
             signals:\n  - {id: wish, fields: [chat, search], lexicons: [wish], patterns: ['想(?:早点)?解脱'], unless: [negated]}\n\
             \x20 - {id: farewell, fields: [chat], lexicons: [farewell]}\n",
        ),
        (
            "rules/all.yaml",
            "rules:\n  - {id: wish, title: {zh: 愿, en: wish}, owner: o, reason: r, false_alarms: f, state: live,\n\
             \x20    when: \"within('wish', '72h')\", gives: {type: SELF_HARM, intent: 1, points: 1.0, half_life: 24h}}\n\
             \x20 - {id: farewell, title: {zh: 别, en: farewell}, owner: o, reason: r, false_alarms: f, state: live,\n\
             \x20    when: \"within('farewell', '72h')\", gives: {type: SELF_HARM, intent: 5, points: 1.0, half_life: 24h}}\n",
        ),
        (
            "triage.yaml",
            "columns: [[0, 1], [2], [3, 4], [5], [6]]\nmatrix:\n\
             \x20 - [NONE, NONE, NONE, NONE, NONE]\n  - [SUPPORT, SUPPORT, ELEVATED, ELEVATED, ELEVATED]\n\
             \x20 - [SUPPORT, ELEVATED, HIGH, HIGH, HIGH]\n  - [ELEVATED, HIGH, HIGH, CRITICAL, CRITICAL]\n\
             \x20 - [HIGH, HIGH, CRITICAL, CRITICAL, CRITICAL]\n  - [CRITICAL, CRITICAL, CRITICAL, CRITICAL, EMERGENCY]\n\
             \x20 - [EMERGENCY, EMERGENCY, EMERGENCY, EMERGENCY, EMERGENCY]\n\
             harm: [NONE, NONE, ELEVATED, CRITICAL, CRITICAL, EMERGENCY]\ntypes: {}\nmodifiers: []\n\
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

fn judge() -> Judge {
    let rules = load_files(&pack()).unwrap_or_else(|problems| panic!("{problems}"));
    Judge::new(rules).expect("a matcher")
}

const LINES: &str = r#"{"text":"我不想活了","lang":"zh","label":1,"level":5}
{"text":"永别了","lang":"zh","label":1,"level":9}
{"text":"心里难受","lang":"zh","label":null,"level":2}

not a line
{"text":"什么时候发货","lang":"zh","label":0}
{"text":"不是不想活","lang":"zh","label":0}
{"text":"活 够 了","lang":"zh","label":0}
{"text":"hello","label":3}
"#;

fn measured(name: &str, bytes: &[u8], threads: usize) -> Figures {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    let threads = NonZeroUsize::new(threads).expect("a thread");
    let source = Source::new(&path, false);
    measure(&judge(), &source, threads, &ProgressBar::hidden()).expect("measured")
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[test]
fn a_file_is_counted_by_label_level_and_what_spoke() {
    let figures = measured("talk.jsonl", LINES.as_bytes(), 1);
    assert_eq!(figures.all.lines(), 6);
    assert_eq!(figures.bad, 2);
    let bad: Vec<u64> = figures.bad_named.keys().copied().collect();
    assert_eq!(bad, [5, 9]);
    for (label, lines, support, elevated) in [
        (None, 1, 0, 0),
        (Some(false), 3, 1, 0),
        (Some(true), 2, 2, 1),
    ] {
        let reached = &figures.by_label[&label];
        let found = (
            reached.lines(),
            reached.at_least(Level::Support),
            reached.at_least(Level::Elevated),
        );
        assert_eq!(found, (lines, support, elevated), "{label:?}");
    }
    assert_eq!(figures.level_at_least(6).at_least(Level::Critical), 1);
    assert_eq!(figures.rules["wish"].all.lines(), 2);
    assert_eq!(figures.rules["wish"].benign.lines(), 1);
    assert_eq!(figures.signals["farewell"].risk, 1);
}

#[test]
fn queries_are_searches_where_no_farewell_is_looked_for() {
    let figures = measured("my_queries.jsonl", LINES.as_bytes(), 1);
    assert_eq!(figures.all.at_least(Level::Critical), 0);
    assert_eq!(figures.all.at_least(Level::Support), 2);
}

#[test]
fn figures_do_not_depend_on_threads_or_packing() {
    let many = LINES.repeat(400);
    let one = measured("talk.jsonl", many.as_bytes(), 1);
    assert_eq!(one.all.lines(), 2_400);
    for (threads, bytes) in [
        (2, many.clone().into_bytes()),
        (7, many.clone().into_bytes()),
        (1, zipped(many.as_bytes())),
        (3, zipped(many.as_bytes())),
    ] {
        assert!(
            measured("talk.jsonl", &bytes, threads) == one,
            "{threads} threads"
        );
    }
}

#[test]
fn a_file_that_breaks_off_is_measured_up_to_there() {
    let mut bytes = zipped(LINES.repeat(50).as_bytes());
    bytes.truncate(bytes.len() - 12);
    let figures = measured("talk.jsonl.gz", &bytes, 2);
    assert!(figures.all.lines() > 0 && figures.broken_at > Some(1));
    let short = measured("talk.jsonl.gz", &zipped(b"{\"text\":\"a\"}\n")[..15], 2);
    assert_eq!((short.all.lines(), short.bad), (0, 1));
    assert_eq!(short.broken_at, Some(1));
}

#[test]
fn a_text_longer_than_the_service_takes_is_refused() {
    let long = "x".repeat(64 * 1024 + 1);
    let longer = "x".repeat(1 << 20);
    let lines = format!("{{\"text\":\"{long}\"}}\n{{\"text\":\"{longer}\"}}\n{{\"text\":\"a\"}}\n");
    let figures = measured("talk.jsonl", lines.as_bytes(), 2);
    assert_eq!(
        (figures.refused, figures.bad, figures.all.lines()),
        (2, 0, 1)
    );
}

#[test]
fn files_are_taken_once_under_names_that_differ() {
    let path = |text: &str| PathBuf::from(text);
    let files = [path("a/talk.jsonl"), path("b/talk.jsonl.gz")];
    let taken = sources(&files, &[path("c/talk.jsonl")]).expect("three files");
    let names: Vec<(&str, bool)> = taken.iter().map(|s| (s.name.as_str(), s.benign)).collect();
    assert_eq!(
        names,
        [("talk", false), ("talk (2)", false), ("talk (3)", true)]
    );
    assert!(sources(&files, &files[..1]).is_err());
}

fn urgent(words: &str) -> Text {
    Text {
        text: PersonText::new(words),
        language: "zh".into(),
        search: false,
        label: Some(true),
        level: Some(5),
        benign: false,
        head: None,
        group: None,
        hour: None,
    }
}

#[test]
fn a_fold_loses_what_only_its_own_lines_speak_for() {
    // Two parts: even lines and odd ones.
    let lines = [
        "我不想活了",     // also in the other part: stays
        "真的不想活",     // also in the other part: stays
        "我活够了",       // only here: goes, and the line with it
        "今天天气好",     // nothing
        "活累了，永别了", // 活累了 only in this part: goes; the farewell of the other part finds the line
        "永别了",         // also in the other part: stays
        "不是活够了",     // a guard speaks: no support for 活够了 anywhere
        "想早点解脱",     // the pattern only here: goes, and the line with it
    ]
    .map(urgent);
    let folds_on = |threads: usize| {
        let threads = NonZeroUsize::new(threads).expect("a thread");
        folds(&pack(), &lines, 2, threads).expect("two folds")
    };
    let folds = folds_on(1);
    assert!([2, 3].into_iter().all(|threads| folds_on(threads) == folds));
    let parts: Vec<(u64, u64, u64, usize, usize)> = folds
        .folds
        .iter()
        .map(|f| {
            (
                f.lines,
                f.found_with_all,
                f.found_without,
                f.terms_taken,
                f.patterns_taken,
            )
        })
        .collect();
    assert_eq!(parts, [(4, 3, 2, 2, 0), (4, 3, 2, 0, 1)]);
    assert!((folds.recall_with_all - 0.75).abs() < 1e-9);
    assert!((folds.recall_without - 0.5).abs() < 1e-9);
    assert!((folds.loss - 0.25).abs() < 1e-9);
}

#[test]
fn folds_without_enough_lines_are_refused() {
    let error =
        folds(&pack(), &[urgent("我不想活了")], 2, NonZeroUsize::MIN).expect_err("one line");
    assert!(error.to_string().contains("there are 1"), "{error}");
}

#[test]
fn names_of_files_cannot_break_the_page() {
    let name = "<b>&\"talk\"</b>";
    let figures = measured("talk.jsonl", LINES.as_bytes(), 1);
    let report = Report::new(judge().rules(), &[(name.to_owned(), figures)], None);
    let page = page::page(&report).expect("a page");
    assert!(page.contains("&lt;b&gt;&amp;") && !page.contains("<b>"));
    assert_eq!(page.matches("<svg").count(), 2);
}
