//! The real binary as a child process, and a client that sends again what was not acknowledged.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lifeguard::access::{Role, token_entry};
use lifeguard::store::{MasterKey, PostgresUrl, Settings, Store};
use lifeguard::wire::{json_to_pb, pb};
use pb::ingest_service_client::IngestServiceClient;
use tonic::transport::Channel;

pub const TOKEN: &str = "proof-source-token";

/// A folder with keys, tokens and a configuration.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub store: Settings,
    extra: String,
}

impl Place {
    pub fn new(postgres: Option<String>, extra: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(
            path("master.key"),
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        )
        .expect("written");
        std::fs::write(
            path("tokens.toml"),
            token_entry("proof", Role::Source, TOKEN),
        )
        .expect("written");
        let store = match postgres {
            Some(url) => {
                std::fs::write(path("postgres.url"), &url).expect("written");
                Settings::Postgres {
                    url: PostgresUrl(url),
                    connections_max: 4,
                }
            }
            None => Settings::Sqlite {
                path: path("lifeguard.db"),
            },
        };
        Self {
            folder,
            store,
            extra: extra.to_owned(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self, log_level: &str) -> PathBuf {
        let shown = |name: &str| self.path(name).display().to_string();
        let store = match &self.store {
            Settings::Postgres { .. } => {
                format!(
                    "kind = \"postgres\"\npostgres_url_file = \"{}\"\nconnections_max = 4",
                    shown("postgres.url")
                )
            }
            _ => format!("kind = \"sqlite\"\npath = \"{}\"", shown("lifeguard.db")),
        };
        let text = format!(
            "[rules]\ndir = \"{}\"\n[store]\n{store}\n[keys]\nmaster_key_file = \"{}\"\n[access]\n\
             tokens_file = \"{}\"\n[grpc]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
             [log]\nlevel = \"{log_level}\"\n{}",
            crate::expected::pack().display(),
            shown("master.key"),
            shown("tokens.toml"),
            self.extra
        );
        let path = self.path("lifeguard.toml");
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Opens the store directly, once no service has it.
    pub async fn open_store(&self) -> Store {
        let key = MasterKey::from_file(&self.path("master.key")).expect("our own key");
        Store::open(&self.store, key)
            .await
            .expect("the store opens")
    }
}

/// A running child.
pub struct Service {
    child: Child,
    pub grpc: String,
    pub http: String,
    /// True while the child is between the beginning and the end of a transaction, by its own log.
    inside: Arc<AtomicBool>,
    log: Option<std::thread::JoinHandle<()>>,
}

impl Service {
    pub fn start(place: &Place, log_level: &str) -> Self {
        let config = place.config(log_level);
        let mut child = Command::new(env!("CARGO_BIN_EXE_lifeguard"))
            .args(["serve", "--config"])
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let inside = Arc::new(AtomicBool::new(false));
        let log = read_log(&mut child, &place.path("serve.log"), inside.clone());
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let field = |name: &str| {
            let found = line.split_whitespace().find_map(|w| w.strip_prefix(name));
            found.map(str::to_owned).unwrap_or_else(|| {
                let log = std::fs::read_to_string(place.path("serve.log")).unwrap_or_default();
                panic!("the service did not get ready: {line}\n{log}")
            })
        };
        let (grpc, http) = (field("grpc="), field("http="));
        Self {
            child,
            grpc,
            http,
            inside,
            log: Some(log),
        }
    }

    /// The mark of being inside a transaction, to aim at.
    pub fn inside(&self) -> Arc<AtomicBool> {
        self.inside.clone()
    }

    /// SIGKILL; tells whether it struck inside a transaction.
    pub fn kill(mut self) -> bool {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
        // The pipe is read to its end, so the last mark is the last thing the child did.
        self.log
            .take()
            .expect("one reader")
            .join()
            .expect("the log reader ends");
        self.inside.load(Ordering::Acquire)
    }

    /// SIGTERM, and the time until it was gone.
    pub fn stop(mut self) -> (bool, Duration) {
        let began = Instant::now();
        let killed = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .expect("kill runs");
        assert!(killed.success());
        let status = self.child.wait().expect("reaped");
        self.log
            .take()
            .expect("one reader")
            .join()
            .expect("the log reader ends");
        (status.success(), began.elapsed())
    }

    /// The sum of a metric over series whose labels contain all the parts.
    pub async fn metric(&self, name: &str, parts: &[&str]) -> u64 {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = tokio::net::TcpStream::connect(&self.http)
            .await
            .expect("health answers");
        stream
            .write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
            .await
            .expect("asked");
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("answered");
        text.lines()
            .filter(|line| line.starts_with(name) && parts.iter().all(|part| line.contains(part)))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum::<f64>() as u64
    }

    pub async fn client(&self) -> IngestServiceClient<Channel> {
        let channel = Channel::from_shared(format!("http://{}", self.grpc)).expect("a URL");
        IngestServiceClient::new(channel.connect().await.expect("the service answers"))
    }
}

fn read_log(
    child: &mut Child,
    path: &Path,
    inside: Arc<AtomicBool>,
) -> std::thread::JoinHandle<()> {
    use std::io::Write as _;
    let stderr = child.stderr.take().expect("piped");
    let mut kept = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("a log file");
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if line.contains("transaction begun") {
                inside.store(true, Ordering::Release);
            } else if line.contains("transaction ended") {
                inside.store(false, Ordering::Release);
            } else {
                writeln!(kept, "{line}").expect("the log file");
            }
        }
    })
}

/// A request with the proof's token.
pub fn with_token<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert(
        "authorization",
        format!("Bearer {TOKEN}").parse().expect("ASCII"),
    );
    request
}

pub fn to_pb(line: &str) -> pb::Event {
    json_to_pb(line.as_bytes()).expect("a generated event").0
}

/// Sends everything by one stream and waits for every answer.
pub async fn stream_all(service: &Service, events: Vec<pb::Event>) -> Vec<pb::EventResult> {
    let mut client = service.client().await;
    let requests = tokio_stream::iter(
        events
            .into_iter()
            .map(|event| pb::SubmitStreamRequest { event: Some(event) }),
    );
    let mut answers = client
        .submit_stream(with_token(requests))
        .await
        .expect("a stream")
        .into_inner();
    let mut results = Vec::new();
    while let Some(answer) = answers.message().await.expect("an answer") {
        results.push(answer.result.expect("a result"));
    }
    results
}
