//! A running service reads rules and model again on SIGHUP; what cannot be used changes nothing.

#[expect(dead_code, reason = "shared by several test programs")]
mod support;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lifeguard::access::{Role, token_entry};
use lifeguard::wire::{json_to_pb, pb};
use pb::ingest_service_client::IngestServiceClient;

const TOKEN: &str = "renewing-source-token";
/// Longer than any step here takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Service {
    child: Child,
    grpc: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn start(config: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lifeguard"))
            .args(["serve", "--config"])
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (stderr, kept) = (child.stderr.take().expect("piped"), log.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                kept.lock().expect("one writer").push(line);
            }
        });
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let grpc = line
            .split_whitespace()
            .find_map(|w| w.strip_prefix("grpc="))
            .unwrap_or_else(|| panic!("not ready: {line} {:?}", log.lock()))
            .to_owned();
        Self { child, grpc, log }
    }

    /// SIGHUP, and the line of the log that answers it.
    fn renew(&self) -> String {
        let answers = |line: &&String| line.contains("in force");
        let before = self
            .log
            .lock()
            .expect("readable")
            .iter()
            .filter(answers)
            .count();
        let sent = Command::new("kill")
            .args(["-HUP", &self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success());
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let answer = self
                .log
                .lock()
                .expect("readable")
                .iter()
                .filter(answers)
                .nth(before)
                .cloned();
            if let Some(answer) = answer {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("no answer to SIGHUP: {:?}", self.log.lock());
    }

    async fn assess(&self, id: &str) -> pb::Assessment {
        let event = format!(
            r#"{{"eventId":"{id}","personId":"p-{id}","source":"test","occurredAt":"2026-03-01T10:00:00Z","chat":{{"sender":"SENDER_BUYER","text":"我不想活了"}}}}"#
        );
        let event = json_to_pb(event.as_bytes()).expect("an event").0;
        let channel = tonic::transport::Channel::from_shared(format!("http://{}", self.grpc))
            .expect("a URL")
            .connect()
            .await
            .expect("it answers");
        let mut request = tonic::Request::new(pb::AssessRequest { event: Some(event) });
        let bearer = format!("Bearer {TOKEN}").parse().expect("ASCII");
        request.metadata_mut().insert("authorization", bearer);
        let answer = IngestServiceClient::new(channel).assess(request).await;
        answer
            .expect("an answer")
            .into_inner()
            .assessment
            .expect("assessed")
    }
}

/// As a deployment does it: never half a file under the name that is read.
fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes).expect("written");
    std::fs::rename(beside, path).expect("moved");
}

fn write_pack(folder: &Path, version: &str) {
    let mut files = support::small_pack_files();
    files.insert(
        "pack.yaml".to_owned(),
        format!("name: small\nversion: '{version}'\nengine: '0.1'\ntime_zone: Asia/Shanghai\n"),
    );
    files.insert(
        "signals/scores.yaml".to_owned(),
        "scores:\n  - {id: meaning, head: self_harm, fields: [chat], alarms_per_million: 1000}\n"
            .to_owned(),
    );
    files.insert(
        "rules/scores.yaml".to_owned(),
        "rules:\n  - {id: meaning, title: {zh: 意, en: meaning}, owner: o, reason: r, false_alarms: f, state: live,\n\
         \x20    when: \"within('meaning', '72h')\", gives: {type: SELF_HARM, intent: 1, points: 1.0, half_life: 24h}}\n"
            .to_owned(),
    );
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_model_or_pack_is_refused_and_the_last_good_one_stays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let shown = |name: &str| path(name).display().to_string();
    let good =
        std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/starter.model"))
            .expect("the model");
    write_pack(&path("rules"), "1");
    replace(&path("the.model"), &good);
    std::fs::write(
        path("master.key"),
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    )
    .expect("written");
    std::fs::write(
        path("tokens.toml"),
        token_entry("test", Role::Source, TOKEN),
    )
    .expect("written");
    let config = format!(
        "[rules]\ndir = \"{}\"\nmodel = \"{}\"\n[store]\nkind = \"sqlite\"\npath = \"{}\"\n[keys]\nmaster_key_file = \"{}\"\n\
         [access]\ntokens_file = \"{}\"\n[grpc]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
        shown("rules"),
        shown("the.model"),
        shown("test.db"),
        shown("master.key"),
        shown("tokens.toml"),
    );
    std::fs::write(path("lifeguard.toml"), config).expect("written");
    let service = Service::start(&path("lifeguard.toml"));
    let first = service.assess("first").await;
    let ruleset = first.ruleset.clone();
    assert!(
        ruleset.contains('+'),
        "the name holds the model's hash: {ruleset}"
    );
    let in_force = async |id: &str| {
        let now = service.assess(id).await;
        assert_eq!(now.ruleset, ruleset, "{id}");
        assert!(now.degraded.is_empty(), "{id}: {:?}", now.degraded);
        assert!(
            now.evidence.iter().any(|e| e.rule == "meaning"),
            "{id}: the model still judges"
        );
    };
    in_force("again").await;

    let mut flipped = good.clone();
    flipped[1_000_000] ^= 1;
    let format = |n: u32| {
        let mut other = good.clone();
        other[8..12].copy_from_slice(&n.to_le_bytes());
        other
    };
    for (what, bytes, reason) in [
        ("truncated", good[..good.len() / 2].to_vec(), "cut off"),
        ("flipped", flipped, "damaged"),
        ("older", format(0), "train it again"),
        ("newer", format(2), "newer lifeguard"),
        ("another", b"not a model".to_vec(), "not a model file"),
    ] {
        replace(&path("the.model"), &bytes);
        let answer = service.renew();
        assert!(
            answer.contains("refused") && answer.contains(reason),
            "{what}: {answer}"
        );
        in_force(what).await;
    }
    std::fs::remove_file(path("the.model")).expect("removed");
    assert!(service.renew().contains("refused"));
    in_force("removed").await;

    replace(&path("the.model"), &good);
    replace(&path("rules/triage.yaml"), b"columns: 3\n");
    assert!(service.renew().contains("refused"));
    in_force("bad-pack").await;

    write_pack(&path("rules"), "2");
    assert!(service.renew().contains("read again"));
    let renewed = service.assess("renewed").await;
    assert_ne!(renewed.ruleset, ruleset);
    assert!(renewed.degraded.is_empty());
}
