//! The starter model can be made again: the part that needs no outside data, bit for bit, on every machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest as _, Sha256};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sha256(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("readable");
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

fn lifeguard(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_lifeguard"))
        .args(arguments)
        .current_dir(root())
        .output();
    output.expect("the program starts")
}

#[test]
fn our_own_texts_give_the_model_whose_hash_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("own.model");
    let made = Command::new(root().join("dev"))
        .args(["model", "--own", "--out"])
        .arg(&out)
        .env("LIFEGUARD_PROGRAM", env!("CARGO_BIN_EXE_lifeguard"))
        .output()
        .expect("dev starts");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let kept = std::fs::read_to_string(root().join("deploy/own.model.sha256")).expect("the hash");
    assert_eq!(
        sha256(&out),
        kept.trim(),
        "texts or training changed: run ./dev model --corpora for the model that ships, ./dev model --own for this hash"
    );
}

#[test]
fn the_shipped_model_was_made_of_the_texts_that_are_here() {
    let shown = lifeguard(&["model", "inspect", "deploy/starter.model"]);
    let text = String::from_utf8(shown.stdout).expect("UTF-8");
    let about: serde_json::Value =
        serde_json::from_str(&text[text.find('{').expect("JSON")..]).expect("JSON");
    let (mut own, mut public) = (0, 0);
    for source in about["sources"].as_array().expect("sources") {
        let name = source["name"].as_str().expect("a name");
        let file = root().join(format!("src/semantic/texts/{name}.jsonl"));
        if file.exists() {
            own += 1;
            assert_eq!(
                source["sha256"],
                sha256(&file),
                "{name} changed: ./dev model"
            );
        } else {
            public += 1;
        }
    }
    assert_eq!((own, public), (20, 3), "{about}");
}

#[test]
fn the_report_tells_what_was_measured_and_no_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (model, json, html) = (path("a.model"), path("a.json"), path("a.html"));
    let texts = |name: &str| format!("src/semantic/texts/{name}.jsonl");
    let (risk, benign, shop) = (
        texts("risk.zh"),
        texts("benign.zh"),
        texts("benign_shop.zh"),
    );
    let train = |more: &[&str]| {
        let made = lifeguard(
            &[
                &[
                    "model",
                    "train",
                    &risk,
                    &benign,
                    "--folds",
                    "3",
                    "--traffic",
                    &shop,
                ][..],
                more,
            ]
            .concat(),
        );
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
    };
    train(&["--out", &model]);
    train(&[
        "--learning-curve",
        "--previous",
        &model,
        "--json",
        &json,
        "--html",
        &html,
    ]);
    let report = std::fs::read_to_string(&json).expect("a report");
    let page = std::fs::read_to_string(&html).expect("a page");
    let figures: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let rows = figures["recall"].as_array().expect("rows");
    let all = rows
        .iter()
        .find(|r| r["head"] == "self_harm" && r["of"] == "all")
        .expect("self_harm");
    let found: Vec<u64> = all["found"]
        .as_array()
        .expect("figures")
        .iter()
        .filter_map(|n| n.as_u64())
        .collect();
    assert!(found.is_sorted() && found.len() == 5, "{found:?}");
    assert!(
        found[4] * 2 > all["lines"].as_u64().expect("lines"),
        "most are found at the largest budget: {found:?}"
    );
    let learning = figures["learning"].as_array().expect("points");
    let lines: Vec<u64> = learning
        .iter()
        .filter_map(|l| l["riskLines"].as_u64())
        .collect();
    assert!(
        lines.is_sorted() && lines.len() == 4 && lines[0] * 4 < lines[3],
        "{lines:?}"
    );
    for of in figures["reliability"].as_array().expect("heads") {
        let brier = of["brier"].as_f64().expect("a score");
        assert!((0.0..0.25).contains(&brier), "better than a coin: {of}");
    }
    // The same lines make the same model: nothing drifts from itself.
    for drift in figures["drift"].as_array().expect("heads") {
        for side in ["risk", "ordinary"] {
            assert_eq!(drift[side]["onlyPrevious"], 0, "{drift}");
            assert_eq!(drift[side]["onlyThis"], 0, "{drift}");
        }
        assert!(
            drift["stability"].as_f64().expect("a number") < 1e-9,
            "{drift}"
        );
    }
    assert_eq!(page.matches("<svg").count(), 3);
    let written = std::fs::read_to_string(root().join(&risk)).expect("texts");
    for line in written.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = line["text"].as_str().expect("a text");
        if text.chars().count() > 8 {
            assert!(
                !report.contains(text) && !page.contains(text),
                "a whole line in the report: {text}"
            );
        }
    }
}

#[test]
fn recall_and_alarms_are_told_by_script_language_length_and_hour() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("made_up.jsonl");
    std::fs::write(
        &file,
        "{\"text\":\"我真的不想活了\",\"lang\":\"zh\",\"label\":1,\"hour\":3}\n\
         {\"text\":\"我真的不想活下去，對這個世界絕望\",\"lang\":\"zh-Hant\",\"label\":1,\"hour\":23}\n\
         {\"text\":\"i do not want to live any more\",\"lang\":\"en\",\"label\":1,\"hour\":12}\n\
         {\"text\":\"请问有现货吗\",\"lang\":\"zh\",\"label\":0,\"hour\":9}\n",
    )
    .expect("written");
    let file = file.display().to_string();
    let measured = lifeguard(&[
        "model",
        "evaluate",
        "--model",
        "deploy/starter.model",
        &file,
    ]);
    assert!(measured.status.success());
    let text = String::from_utf8(measured.stdout).expect("UTF-8");
    for group in [
        "risk, self_harm, hour 00 to 05",
        "risk, self_harm, hour 18 to 23",
        "benign, self_harm, hour 06 to 11",
        "risk, self_harm, language en",
        "risk, self_harm, script simplified",
        "risk, self_harm, script traditional",
        "risk, self_harm, length up to 8 characters",
    ] {
        assert!(text.contains(group), "{group} is not told:\n{text}");
    }
    std::fs::write(
        folder.path().join("made_up.jsonl"),
        "{\"text\":\"a\",\"hour\":24}\n",
    )
    .expect("written");
    let refused = lifeguard(&[
        "model",
        "evaluate",
        "--model",
        "deploy/starter.model",
        &file,
    ]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("`hour` is 0 to 23"));
}

/// Text, what the score alone makes of it, and the rule that says so; each by a person of their own.
const SCORED: [(&str, &str, &str); 4] = [
    ("老板你好请问什么时候发货", "NONE", ""),
    ("天黑了就开始哭，停不下来", "SUPPORT", "model-self-harm"),
    (
        "如果死能抵债，我是不是就不欠谁了",
        "ELEVATED",
        "model-self-harm-sure",
    ),
    (
        "好累，一个人坐在天台吹风，突然什么都想通了",
        "SUPPORT",
        "model-weak-beside-words",
    ),
];

/// Most of what the scorer knows of it stands in disguise.
const DISGUISED: &str = "sum d4ys i l00k 4t my ch1ldren and th1nk th3y w0uld gr0w up h4pp1er w1th4ut th3ir m0ther ar0und";

#[test]
fn the_shipped_pack_and_model_say_help_alone_a_case_where_sure_and_more_beside_goods() {
    let chat = |person: usize, text: &str, age: &str| {
        serde_json::json!({
            "source": "t", "eventId": format!("c{person}"), "personId": format!("p{person}"), "ageBand": age,
            "occurredAt": "2026-11-27T10:00:00Z", "chat": {"sender": "BUYER", "text": text}
        })
    };
    let mut lines: Vec<serde_json::Value> = SCORED
        .iter()
        .enumerate()
        .map(|(person, (text, ..))| chat(person, text, "AGE_BAND_UNSPECIFIED"))
        .collect();
    lines.push(chat(10, SCORED[1].0, "AGE_BAND_UNDER_14"));
    lines.push(chat(
        11,
        "好想有个人抱抱我，可是没有",
        "AGE_BAND_UNSPECIFIED",
    ));
    lines.push(serde_json::json!({
        "source": "t", "eventId": "g11", "personId": "p11", "occurredAt": "2026-11-27T11:00:00Z",
        "search": {"query": "农药"}
    }));
    lines.push(chat(12, DISGUISED, "AGE_BAND_UNSPECIFIED"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("events.jsonl");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&file, text).expect("written");
    let judged = |model: &[&str]| -> Vec<serde_json::Value> {
        let mut arguments = vec!["assess"];
        arguments.extend(model);
        arguments.push(file.to_str().expect("a plain path"));
        let output = lifeguard(&arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    };
    let fires = |judged: &serde_json::Value, rule: &str| {
        let evidence = judged["evidence"].as_array().expect("evidence");
        evidence.iter().any(|e| e["rule"] == rule)
    };

    let with = judged(&["--model", "deploy/starter.model"]);
    for (judged, (text, level, rule)) in with.iter().zip(SCORED) {
        assert_eq!(judged["level"], level, "{text}");
        assert!(rule.is_empty() || fires(judged, rule), "{text}: {judged}");
        assert_eq!(judged["case"].is_null(), level != "ELEVATED", "{text}");
        assert_eq!(judged["degraded"], serde_json::json!([]));
    }
    // Minors first: what offers an adult help opens a child's case.
    assert_eq!(with[4]["level"], "ELEVATED");
    assert_eq!(with[5]["level"], "NONE", "a weak score by itself");
    assert_eq!(with[6]["level"], "SUPPORT");
    assert!(
        fires(&with[6], "model-weak-in-sight-of-goods"),
        "{}",
        with[6]
    );
    // What is read is scored too; the signs are shown where they were written.
    let evidence = with[7]["evidence"].as_array().expect("evidence");
    let scored = |e: &&serde_json::Value| {
        e["rule"]
            .as_str()
            .is_some_and(|r| r.starts_with("model-self-harm"))
    };
    let spans: Vec<&serde_json::Value> = evidence
        .iter()
        .filter(scored)
        .flat_map(|e| e["spans"].as_array().expect("spans"))
        .collect();
    let shown = |span: &serde_json::Value| -> String {
        let at = |key: &str| span[key].as_u64().expect("a place") as usize;
        let written = DISGUISED.chars().skip(at("start"));
        written.take(at("end") - at("start")).collect()
    };
    assert!(
        spans
            .iter()
            .any(|s| s["view"] == "sound" && shown(s).contains("l00k")),
        "{spans:?}"
    );

    for judged in judged(&[]) {
        assert_eq!(judged["level"], "NONE", "the rules alone: {judged}");
        assert_eq!(judged["degraded"], serde_json::json!(["model:none"]));
    }
}
