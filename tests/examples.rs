//! The examples, through the real binary: both published cases and other tellings are found, their harmless twins are not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const LEVELS: [&str; 6] = [
    "NONE",
    "SUPPORT",
    "ELEVATED",
    "HIGH",
    "CRITICAL",
    "EMERGENCY",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn assess(file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lifeguard"))
        .arg("assess")
        .arg(file)
        .current_dir(root())
        .output()
        .expect("the binary runs")
}

/// The last level of each person, as a rank.
fn levels(file: &str) -> BTreeMap<String, usize> {
    let output = assess(&root().join("examples").join(file));
    assert!(
        output.status.success(),
        "{file}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut levels = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let judged: serde_json::Value = serde_json::from_str(line).expect("a JSON object");
        let level = judged["level"].as_str().expect("a level");
        let rank = LEVELS
            .iter()
            .position(|l| *l == level)
            .expect("a known level");
        levels.insert(
            judged["personId"].as_str().expect("a person").to_owned(),
            rank,
        );
    }
    levels
}

#[test]
fn both_published_cases_are_found_and_their_twins_left_alone() {
    let cases = levels("published-cases.jsonl");
    assert_eq!(cases.len(), 2);
    assert!(cases.values().all(|level| *level >= 3), "{cases:?}");
    let twins = levels("benign-twins.jsonl");
    assert_eq!(twins.len(), 2);
    assert!(twins.values().all(|level| *level <= 1), "{twins:?}");
}

#[test]
fn other_tellings_are_found_and_their_twins_left_alone() {
    let tellings = levels("paraphrases.jsonl");
    assert_eq!(tellings.len(), 24);
    let found = tellings.values().filter(|level| **level >= 3).count();
    assert!(found >= 20, "{found} of 24: {tellings:?}");
    let twins = levels("paraphrase-twins.jsonl");
    assert_eq!(twins.len(), 24);
    assert!(twins.values().all(|level| *level <= 1), "{twins:?}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let file = root().join("examples/paraphrases.jsonl");
    assert_eq!(assess(&file).stdout, assess(&file).stdout);
}

#[test]
fn an_unreadable_line_is_answered_with_its_number_and_the_rest_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("events.jsonl");
    let good = r#"{"eventId":"1","personId":"p","source":"s","occurredAt":"2026-03-02T12:00:00Z","chat":{"sender":"BUYER","text":"hi"}}"#;
    std::fs::write(&file, format!("{good}\n{{broken\n\n{good}\n")).expect("written");
    let output = assess(&file);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect();
    let status: Vec<&str> = lines
        .iter()
        .map(|l| l["status"].as_str().expect("a status"))
        .collect();
    assert_eq!(status, ["EVALUATED", "QUARANTINED", "EVALUATED"]);
    assert_eq!(
        (&lines[1]["line"], &lines[1]["eventId"]),
        (&2.into(), &serde_json::Value::Null)
    );
    assert!(output.stderr.is_empty(), "nothing else is said");
}

#[test]
fn a_broken_pack_reports_every_problem_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    for part in ["lexicons", "signals", "rules", "playbooks", "tests"] {
        std::fs::create_dir(folder.path().join(part)).expect("made");
    }
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("pack.yaml", "name: x\nversion: '1'\nengine: '99.0'\n");
    write("lexicons/a.txt", "不想活\n");
    write(
        "signals/s.yaml",
        "signals:\n  - {id: s, fields: [chatt], lexicons: [a], patterns: ['.*'], unless: [nobody]}\n\
         \x20 - {id: t, fields: [chat], patterns: ['no {daay}', '\\{day} soon', 'a {{ring}}', '{odd} then']}\n\
         words:\n  - {id: day, any: [today, '{ring}']}\n  - {id: ring, any: ['{loop}']}\n  - {id: loop, any: ['{ring}']}\n\
         \x20 - {id: odd, any: [one, 'two)']}\n  - {id: odd, any: [x]}\n  - {id: Odd, any: [x]}\n  - {id: none, any: []}\n",
    );
    write(
        "rules/r.yaml",
        "rules:\n  - id: r\n    title: {zh: 中, en: e}\n    owner: o\n    reason: r\n    false_alarms: f\n    state: live\n\
         \x20   when: within('z', '72 hours') && cuont('s', '1d') > 0\n    gives: {type: SELF_HARM, points: 1.5, half_life: 1d}\n",
    );
    // Sixty words of seventy letters: each line is short, the pattern that names them is not.
    let many: Vec<String> = (0..60).map(|n| format!("a{n}{}", "b".repeat(70))).collect();
    write(
        "signals/wide.yaml",
        &format!(
            "words:\n  - {{id: wide, any: [{}]}}\nsignals:\n  - {{id: w, fields: [chat], patterns: ['not {{wide}}']}}\n",
            many.join(", ")
        ),
    );
    write("lexicons/stops.txt", "{not|to—}\nfar\n再也不、\n");
    write(
        "signals/ends.yaml",
        "signals:\n  - {id: e, fields: [chat], ends: [a, stops]}\n",
    );
    write("triage.yaml", "gender: 1\n");
    write(
        "tests/t.yaml",
        "tests: [{name: n, events: [{at: 0m}], expect: {level_at_last: HIGH}}]\n",
    );
    let output = Command::new(env!("CARGO_BIN_EXE_lifeguard"))
        .args(["rules", "check"])
        .arg(folder.path())
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    for part in [
        "pack.yaml:3:9: the pack needs engine 99.0",
        "signals/s.yaml:2:22: `chatt` is no field",
        "did you mean `chat`?",
        "signals/s.yaml:2:56: no literal of two characters",
        "signals/s.yaml:2:72: no guard is called `nobody`",
        "signals/s.yaml:3:40: no group of words is called `daay`",
        "did you mean `day`?",
        "signals/s.yaml:5:5: the group of words `day` names itself, or others that do",
        "signals/s.yaml:6:5: the group of words `ring` names itself",
        "signals/s.yaml:7:5: the group of words `loop` names itself",
        "signals/s.yaml:8:26: `two)` does not parse",
        "signals/s.yaml:9:5: the group of words `odd` stands twice",
        "signals/s.yaml:10:10: `Odd` cannot name a group of words",
        "signals/s.yaml:11:5: the group of words `none` is empty",
        "signals/s.yaml:11:5: no pattern names the group of words `none`",
        "signals/wide.yaml:4:40: with its words filled in it is longer than 4 KiB",
        "signals/ends.yaml:2:39: `to—` of the lexicon `stops` can never end a text",
        "signals/ends.yaml:2:39: `再也不、` of the lexicon `stops` can never end a text",
        "rules/r.yaml:8:18: no signal is called `z`",
        "rules/r.yaml:8:23: `72 hours` is no length of time",
        "rules/r.yaml:8:38: there is no function `cuont`",
        "did you mean `count`?",
        "rules/r.yaml:9:38: `points` must be from 0 to 1",
        "triage.yaml:1:1: unknown field `gender`",
        "never weigh",
        "`matrix` needs seven rows",
        "no help texts in `zh`",
        "tests/t.yaml:1:9: `expect` has no key `level_at_last`",
    ] {
        assert!(said.contains(part), "{part:?} is missing in:\n{said}");
    }
}

#[test]
fn a_private_folder_adds_to_the_pack_and_never_takes_its_place() {
    let write = |folder: &Path, name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    let rules = |arguments: &[&str], pack: &Path, private: Option<&Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeguard"));
        command.arg("rules").args(arguments).arg(pack);
        if let Some(private) = private {
            command.arg("--private").arg(private);
        }
        let output = command.output().expect("the binary runs");
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        (
            output.status.success(),
            String::from_utf8(said).expect("UTF-8"),
        )
    };
    let hash = |said: &str| said.split_once("hash ").expect("a hash").1[..64].to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    let (pack, private) = (folder.path().join("pack"), folder.path().join("private"));
    write(
        &pack,
        "pack.yaml",
        "name: small\nversion: '1'\nengine: '0.1'\n",
    );
    for part in ["triage.yaml", "playbooks/help.yaml"] {
        let shipped = std::fs::read_to_string(root().join("rules").join(part)).expect("the pack's");
        // Its modifiers name signals of the whole pack.
        let kept: Vec<&str> = shipped
            .split_inclusive('\n')
            .map(|line| {
                if line.contains("when: within(") {
                    "    when: earlier_case\n"
                } else {
                    line
                }
            })
            .collect();
        write(&pack, part, &kept.concat());
    }
    write(&pack, "lexicons/leaving.txt", "leave this world\n");
    write(
        &pack,
        "signals/s.yaml",
        "signals: [{id: leaving, fields: [chat], lexicons: [leaving]}]\n",
    );
    let rule = |id: &str, signal: &str| {
        format!(
            "rules:\n  - {{id: {id}, title: {{zh: 中, en: e}}, owner: o, reason: r, false_alarms: f, state: live, \
             when: \"within('{signal}', '72h')\", gives: {{type: SELF_HARM, intent: 2, points: 1, half_life: 24h}}}}\n"
        )
    };
    write(&pack, "rules/r.yaml", &rule("leaving", "leaving"));
    // A word of the group in a lexicon of the pack, and one with a signal and a rule of its own.
    write(
        &private,
        "lexicons/leaving.private.txt",
        "take the blue tram\n",
    );
    write(&private, "lexicons/meeting.txt", "feed the paper ducks\n");
    write(
        &private,
        "signals/private.yaml",
        "signals: [{id: meeting, fields: [chat], lexicons: [meeting]}]\n",
    );
    write(&private, "rules/private.yaml", &rule("meeting", "meeting"));
    write(
        &private,
        "tests/private.yaml",
        "tests:\n\
         \x20 - {name: a word, events: [{at: 0m, chat: {sender: BUYER, text: i take the blue tram}}], expect: {fires: [leaving]}}\n\
         \x20 - {name: own rule, events: [{at: 0m, chat: {sender: BUYER, text: we feed the paper ducks}}], \
         expect: {fires: [meeting], silent: [leaving]}}\n",
    );

    let (good, alone) = rules(&["check"], &pack, None);
    assert!(good && alone.contains("1 rules, 1 signals"), "{alone}");
    let (good, both) = rules(&["check"], &pack, Some(&private));
    assert!(good && both.contains("2 rules, 2 signals"), "{both}");
    assert_ne!(hash(&alone), hash(&both), "another set has another name");
    let (good, tested) = rules(&["test"], &pack, Some(&private));
    assert!(good && tested.contains("2 passed, 0 failed"), "{tested}");

    write(&private, "lexicons/leaving.txt", "something else\n");
    let (good, said) = rules(&["check"], &pack, Some(&private));
    assert!(
        !good && said.contains("lexicons/leaving.txt: the pack and the private folder both have"),
        "{said}"
    );
    // What would be passed over in silence is named, all at once.
    write(&private, "triage.yaml", "raise_at_most: HIGH\n");
    write(&private, "lexicons/more.TXT", "a word\n");
    write(&private, "signals/more.yml", "signals: []\n");
    let (good, said) = rules(&["check"], &pack, Some(&private));
    assert!(
        !good
            && said.contains("triage.yaml: ")
            && said.contains("a private folder adds to the pack's folders only")
            && said.contains(
                "lexicons/more.TXT: this file is not read: its name does not end in .txt"
            )
            && said.contains(
                "signals/more.yml: this file is not read: its name does not end in .yaml"
            ),
        "{said}"
    );
    let (good, said) = rules(&["check"], &pack, Some(&folder.path().join("absent")));
    assert!(!good && said.contains("nothing to read in"), "{said}");
}
