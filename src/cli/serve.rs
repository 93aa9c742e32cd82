//! `lifeguard serve`, `lifeguard config …`, `lifeguard audit verify` and `lifeguard token`: what needs the settings.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use tokio::signal::unix::{SignalKind, signal};

use super::load_judging;
use crate::access::{Access, Role, token_entry};
use crate::app::{Running, ServeSettings, install_metrics, start};
use crate::config::{self, Settings, Sources};
use crate::intake::kafka;
use crate::rules::Ruleset;
use crate::store::{MasterKey, Store};
use crate::telemetry;

/// Where settings come from: defaults, then the file, then `LIFEGUARD_…` variables, then `--set`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ConfigArguments {
    /// The configuration file.
    #[arg(long, value_name = "FILE", env = "LIFEGUARD_CONFIG")]
    config: Option<PathBuf>,
    /// One setting, such as `grpc.listen=127.0.0.1:7700`; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    overrides: Vec<(String, String)>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .ok_or_else(|| "write it as key=value".to_owned())
}

impl ConfigArguments {
    pub(super) fn load(&self) -> anyhow::Result<Settings> {
        let environment = std::env::vars_os()
            .map(|(key, value)| {
                (
                    key.to_string_lossy().into_owned(),
                    value.to_string_lossy().into_owned(),
                )
            })
            .filter(|(key, _)| key.starts_with("LIFEGUARD_"))
            .collect();
        let sources = Sources {
            file: self.config.as_deref(),
            environment,
            overrides: self.overrides.clone(),
        };
        Ok(config::load(&sources)?)
    }
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Show the settings in effect and where each comes from.
    Show {
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Check the settings, the files they name and the rules.
    Check {
        #[command(flatten)]
        config: ConfigArguments,
    },
}

pub(super) fn run_config(command: ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Show { config } => print!("{}", config::show(&config.load()?)),
        ConfigCommand::Check { config } => {
            let settings = config.load()?;
            master_key(&settings)?;
            access(&settings)?;
            settings.store()?;
            kafka_settings(&settings)?;
            let rules = judging(&settings.rules)?;
            println!(
                "good: rule set {} {} ({})",
                rules.name, rules.version, rules.hash
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum AuditCommand {
    /// Hash the whole log again and compare with its head.
    Verify {
        #[command(flatten)]
        config: ConfigArguments,
    },
}

pub(super) async fn run_audit(command: AuditCommand) -> anyhow::Result<ExitCode> {
    let AuditCommand::Verify { config } = command;
    let settings = config.load()?;
    let store = Store::open(&settings.store()?, master_key(&settings)?).await?;
    let check = store.verify_log().await?;
    println!(
        "{} leaves, root {}, {} waiting",
        check.head.size,
        crate::domain::ids::hex(&check.head.root),
        check.head.pending
    );
    if check.faults.is_empty() {
        println!("the log is whole");
        return Ok(ExitCode::SUCCESS);
    }
    check
        .faults
        .iter()
        .for_each(|fault| println!("FAULT: {fault}"));
    Ok(ExitCode::FAILURE)
}

#[derive(Debug, clap::Args)]
pub(super) struct TokenArguments {
    /// Whose token it is: a pseudonym of its own, shown in the audit log.
    #[arg(long)]
    id: String,
    /// source, specialist, lead or auditor.
    #[arg(long)]
    role: String,
    /// Where to write the token; the line for the token file goes to standard output.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

pub(super) fn run_token(arguments: &TokenArguments) -> anyhow::Result<ExitCode> {
    let role = Role::from_name(&arguments.role)
        .context("--role: one of source, specialist, lead, auditor")?;
    let token = new_secret()?;
    write_secret(&arguments.output, &token)?;
    print!("{}", token_entry(&arguments.id, role, &token));
    Ok(ExitCode::SUCCESS)
}

/// 32 random bytes in base64.
pub(super) fn new_secret() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    Ok(base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// Writes a secret that only its owner can read; refuses to overwrite one.
pub(super) fn write_secret(path: &std::path::Path, secret: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options
        .open(path)
        .with_context(|| format!("{} cannot be made", path.display()))?;
    file.write_all(secret.as_bytes())
        .with_context(|| format!("{} cannot be written", path.display()))
}

fn master_key(settings: &Settings) -> anyhow::Result<MasterKey> {
    let path = settings.keys.master_key_file.as_ref().context(
        "keys.master_key_file is not set: the store needs a key-encryption key; \
         make one with `openssl rand -base64 32 > master.key`",
    )?;
    Ok(MasterKey::from_file(path)?)
}

fn access(settings: &Settings) -> anyhow::Result<Access> {
    let path = settings.access.tokens_file.as_ref().context(
        "access.tokens_file is not set: nobody could come in; \
         `lifeguard token --id NAME --role specialist --output FILE` prints a line for it",
    )?;
    Ok(Access::from_file(path)?)
}

fn kafka_settings(settings: &Settings) -> anyhow::Result<Option<kafka::Settings>> {
    let kafka = &settings.kafka;
    if kafka.brokers.is_empty() {
        return Ok(None);
    }
    anyhow::ensure!(
        !kafka.topics.is_empty(),
        "kafka.topics is empty: name the topics to read"
    );
    let mut security = Vec::new();
    let sasl = kafka
        .sasl_username
        .as_ref()
        .zip(kafka.sasl_password_file.as_ref());
    let protocol = match (kafka.tls, sasl.is_some()) {
        (false, false) => "PLAINTEXT",
        (true, false) => "SSL",
        (false, true) => "SASL_PLAINTEXT",
        (true, true) => "SASL_SSL",
    };
    security.push(("security.protocol".to_owned(), protocol.to_owned()));
    if let Some((user, file)) = sasl {
        let password = std::fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        security.push(("sasl.mechanism".to_owned(), "PLAIN".to_owned()));
        security.push(("sasl.username".to_owned(), user.clone()));
        security.push(("sasl.password".to_owned(), password.trim().to_owned()));
    }
    Ok(Some(kafka::Settings {
        brokers: kafka.brokers.clone(),
        topics: kafka.topics.clone(),
        group: kafka.group.clone(),
        member_id: kafka.member_id.clone(),
        format: if kafka.format == config::KafkaFormat::Json {
            kafka::Format::Json
        } else {
            kafka::Format::Protobuf
        },
        from_earliest: kafka.start_at == config::StartAt::Earliest,
        batch_events_max: kafka.batch_events_max,
        batch_wait: Duration::from_millis(kafka.batch_wait_ms_max),
        security,
    }))
}

fn tls(settings: &Settings) -> anyhow::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let files = settings
        .grpc
        .tls_certificate_file
        .as_ref()
        .zip(settings.grpc.tls_key_file.as_ref());
    let read = |path: &PathBuf| {
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
    };
    files
        .map(|(certificate, key)| Ok((read(certificate)?, read(key)?)))
        .transpose()
}

fn start_log(settings: &Settings) -> anyhow::Result<()> {
    let level = match settings.log.level {
        config::LogLevel::Error => "error",
        config::LogLevel::Warn => "warn",
        config::LogLevel::Info => "info",
        config::LogLevel::Debug => "debug",
        config::LogLevel::Trace => "trace",
    };
    // Libraries speak only when something is wrong: their finer lines may hold what passes through them.
    let filter = tracing_subscriber::EnvFilter::new(format!("warn,lifeguard={level}"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let installed = if settings.log.format == config::LogFormat::Json {
        log.json().flatten_event(true).try_init()
    } else {
        log.try_init()
    };
    installed.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
}

pub(super) async fn run(arguments: ConfigArguments) -> anyhow::Result<ExitCode> {
    let settings = arguments.load()?;
    start_log(&settings)?;
    // Before anything takes time: without it a signal meanwhile would end the process.
    let mut hang_up = signal(SignalKind::hangup())?;
    let running = start(ServeSettings {
        store: settings.store()?,
        master_key: master_key(&settings)?,
        access: access(&settings)?,
        rules: judging(&settings.rules)?,
        grpc_listen: settings.grpc.listen,
        tls: tls(&settings)?,
        streams_max: settings.grpc.streams_max,
        deadline_max: Duration::from_millis(settings.grpc.deadline_ms_max),
        http_listen: settings.http.listen,
        kafka: kafka_settings(&settings)?,
        outbound_prefix: settings.kafka.outbound_prefix.clone(),
        active_persons: settings.intake.active_persons_expected,
        group_events_max: settings.intake.group_events_max,
        drain_max: Duration::from_secs(settings.drain.seconds_max),
        metrics: install_metrics()?,
    })
    .await?;
    // One line for scripts and proofs: where the doors are, whatever port was asked for.
    println!("ready grpc={} http={}", running.grpc, running.http);
    let stop = stop_asked();
    let renewing = async {
        loop {
            hang_up.recv().await;
            renew(&running, &settings).await;
        }
    };
    // A store that fails holds up a renewal, and must not hold up the end.
    tokio::select! {
        stopped = stop => stopped?,
        () = renewing => {}
    }
    Ok(if running.stop().await {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What judges, by the settings.
fn judging(named: &config::Rules) -> anyhow::Result<Ruleset> {
    load_judging(&named.dir, named.private.as_deref(), named.model.as_deref())
}

/// Reads rules and model again. What cannot be used changes nothing: the last good ones stay in force.
async fn renew(running: &Running, settings: &Settings) {
    let named = settings.rules.clone();
    let read = tokio::task::spawn_blocking(move || judging(&named)).await;
    let adopted = match read {
        Ok(Ok(rules)) => {
            let hash = rules.hash.clone();
            let adopted = running.adopt(rules).await.map_err(anyhow::Error::from);
            adopted.map(|()| hash)
        }
        Ok(Err(error)) => Err(error),
        Err(error) => Err(error.into()),
    };
    match adopted {
        Ok(hash) => {
            telemetry::renewed("adopted");
            tracing::info!(ruleset = &*hash, "rules read again and in force");
        }
        Err(error) => {
            telemetry::renewed("refused");
            let error = format!("{error:#}");
            tracing::error!(error, "rules or model refused; those before stay in force");
        }
    }
}

/// Waits for an interrupt or a termination.
pub(super) async fn stop_asked() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
