//! `lifeguard evaluate` through the real binary and the real rules, over made-up lines.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Widely discussed in public, or plainly harmless; label and level as an author might set them.
const LINES: [(&str, i64, Option<u8>); 6] = [
    ("我不想活了", 1, Some(5)),
    ("活着好累，不想活了", 1, Some(4)),
    ("想离开这个世界，永别了", 1, Some(7)),
    ("这件衣服什么时候发货", 0, None),
    ("笑死我了，这个杯子真好看", 0, None),
    ("快递到了吗，谢谢", 0, None),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn lifeguard(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lifeguard"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("the binary runs")
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

fn written(path: &Path) -> String {
    std::fs::read_to_string(path).expect("written")
}

/// The levels that `assess` gives each line, each of a person of their own.
fn assessed(folder: &Path) -> Vec<String> {
    let events: Vec<String> = LINES
        .iter()
        .enumerate()
        .map(|(number, (text, _, _))| {
            let event = serde_json::json!({
                "eventId": format!("e{number}"), "personId": format!("p{number}"), "source": "test",
                "occurredAt": "2026-03-02T10:00:00+08:00", "chat": {"sender": "BUYER", "text": text},
            });
            event.to_string()
        })
        .collect();
    let file = folder.join("events.jsonl");
    std::fs::write(&file, events.join("\n")).expect("written");
    let output = lifeguard(&["assess", text_of(&file)]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    said.lines()
        .map(|line| {
            let judged: serde_json::Value = serde_json::from_str(line).expect("JSON");
            judged["level"].as_str().expect("a level").to_owned()
        })
        .collect()
}

#[test]
fn figures_agree_with_the_service_and_no_text_gets_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let [file, json, html] =
        ["made_up.jsonl", "figures.json", "figures.html"].map(|name| folder.path().join(name));
    let mut lines: Vec<String> = LINES
        .iter()
        .map(|(text, label, level)| {
            serde_json::json!({"text": text, "lang": "zh", "label": label, "level": level})
                .to_string()
        })
        .collect();
    std::fs::write(&file, lines.join("\n")).expect("written");
    let arguments = [
        "evaluate",
        text_of(&file),
        "--folds",
        "2",
        "--json",
        text_of(&json),
        "--html",
        text_of(&html),
    ];
    let output = lifeguard(&arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");

    let figures: serde_json::Value = serde_json::from_str(&written(&json)).expect("JSON");
    let levels = assessed(folder.path());
    for (name, wanted) in [
        (
            "support",
            &["SUPPORT", "ELEVATED", "HIGH", "CRITICAL", "EMERGENCY"][..],
        ),
        ("elevated", &["ELEVATED", "HIGH", "CRITICAL", "EMERGENCY"]),
        ("high", &["HIGH", "CRITICAL", "EMERGENCY"]),
    ] {
        let expected = levels
            .iter()
            .filter(|l| wanted.contains(&l.as_str()))
            .count();
        let all = &figures["corpora"][0]["all"];
        assert_eq!(all[name]["lines"], expected, "{name}: {levels:?}");
    }
    assert_eq!(figures["corpora"][0]["name"], "made_up");
    assert_eq!(figures["benign"][0]["lines"], 3);
    assert_eq!(figures["benign"][0]["support"]["lines"], 0);
    assert_eq!(figures["curves"][0]["positiveLines"], 3);
    assert_eq!(figures["folds"]["lines"], 3);

    let page = written(&html);
    assert_eq!(page.matches("<svg").count(), 2);
    for outside in ["<script", "<link", "src=", "href=", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for (text, _, _) in LINES {
        for place in [&said, &errors, &page, &written(&json)] {
            assert!(!place.contains(text), "a text got out");
        }
    }
    let (first_json, first_page) = (written(&json), page);
    assert_eq!(lifeguard(&arguments).stdout, output.stdout);
    assert_eq!((written(&json), written(&html)), (first_json, first_page));

    // What cannot be read is named by its place; the rest is measured, and the exit status tells.
    lines.insert(2, "不想活了 without braces".to_owned());
    std::fs::write(&file, lines.join("\n")).expect("written");
    let output = lifeguard(&["evaluate", "--benign", text_of(&file)]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("made_up.jsonl:3: not JSON"), "{errors}");
    assert!(!errors.contains("不想活"), "a text got out");
}

#[test]
fn a_file_that_is_not_there_and_no_file_are_told_at_once() {
    let output = lifeguard(&["evaluate", "nowhere.jsonl"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        errors.contains("nowhere.jsonl cannot be opened"),
        "{errors}"
    );
    assert_eq!(lifeguard(&["evaluate"]).status.code(), Some(2));
}
