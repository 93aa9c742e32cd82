//! Settings through the one door, `load`, as an operator meets them.

mod refused;
mod secrets;
mod together;

use std::io::Write as _;
use std::path::Path;

use super::*;
use crate::domain::limits::EVENT_BYTES_MAX;

/// One set of sources: a file's text (empty for no file), variables, flags.
struct Case {
    file: tempfile::NamedTempFile,
    has_file: bool,
    environment: Vec<(String, String)>,
    flags: Vec<(String, String)>,
}

fn case(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Case {
    let owned = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    };
    let mut kept = tempfile::NamedTempFile::new().unwrap();
    kept.write_all(file.as_bytes()).unwrap();
    Case {
        file: kept,
        has_file: !file.is_empty(),
        environment: owned(environment),
        flags: owned(flags),
    }
}

impl Case {
    fn load(&self) -> Result<Settings, ConfigProblems> {
        load(&Sources {
            file: self.has_file.then(|| self.file.path()),
            environment: self.environment.clone(),
            overrides: self.flags.clone(),
        })
    }

    fn settings(&self) -> Settings {
        self.load().unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// The message, with the file's name made steady.
    fn refused(&self) -> String {
        let problems = self.load().expect_err("these settings must be refused");
        problems
            .to_string()
            .replace(&self.file.path().display().to_string(), "FILE")
    }
}

#[track_caller]
fn check_refused(
    file: &str,
    environment: &[(&str, &str)],
    flags: &[(&str, &str)],
    wanted: &[&str],
) {
    let refused = case(file, environment, flags).refused();
    let mut lines = wanted.to_vec();
    let count = wanted
        .iter()
        .filter(|line| !line.starts_with("    help"))
        .count();
    let end = format!("{count} problem{} found", if count == 1 { "" } else { "s" });
    lines.push(&end);
    assert_eq!(refused, lines.join("\n"));
}

fn values(settings: &Settings) -> Vec<(&'static str, String)> {
    let value = |key| {
        settings
            .in_force(key)
            .map(|(value, _)| value.to_string())
            .unwrap()
    };
    known_keys()
        .iter()
        .map(|info| (info.key, value(info.key)))
        .collect()
}

#[test]
fn the_table_fits_the_settings_and_defaults_need_nothing() {
    let settings = case("", &[], &[]).settings();
    assert_eq!(settings.grpc.listen.to_string(), "127.0.0.1:7700");
    assert_eq!(
        settings.store().unwrap(),
        crate::store::Settings::Sqlite {
            path: "lifeguard.db".into()
        }
    );
    assert_eq!(settings.kafka.message_bytes_max, EVENT_BYTES_MAX);
    assert_eq!(settings.intake.active_persons_expected, 2_000_000);
    assert!(!settings.kafka.is_on() && settings.kafka.topics.is_empty());
    assert!(settings.grpc.tls_files().is_none() && settings.sasl_password().unwrap().is_none());
    let sections: Vec<_> = known_keys()
        .chunk_by(|a, b| a.section() == b.section())
        .map(|all| all[0].section())
        .collect();
    let mut once = sections.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(
        once.len(),
        sections.len(),
        "each section stands together, so that it is shown once"
    );
}

#[test]
fn each_layer_covers_the_one_before() {
    let file = "[grpc]\nstreams_max = 1\ndeadline_ms_max = 1\nlisten = '127.0.0.1:1'";
    let environment = [
        ("LIFEGUARD_GRPC__STREAMS_MAX", "2"),
        ("LIFEGUARD_GRPC__DEADLINE_MS_MAX", "2"),
    ];
    let given = case(
        file,
        &environment,
        &[("grpc.streams_max", "7"), ("grpc.streams_max", "3")],
    );
    let settings = given.settings();
    assert_eq!(settings.grpc.streams_max, 3);
    assert_eq!(settings.grpc.deadline_ms_max, 2);
    assert_eq!(settings.grpc.listen.port(), 1);
    assert_eq!(settings.drain.seconds_max, 10);
    let shown = show(&settings);
    let place = format!(
        "listen = \"127.0.0.1:1\"  # file {}:4:10",
        given.file.path().display()
    );
    for line in [
        "streams_max = 3  # flag grpc.streams_max",
        "deadline_ms_max = 2  # environment LIFEGUARD_GRPC__DEADLINE_MS_MAX",
        &place,
        "seconds_max = 10  # default",
    ] {
        assert!(
            shown.lines().any(|shown| shown == line),
            "{line} is not in\n{shown}"
        );
    }
}

#[test]
fn what_is_shown_loads_to_the_same() {
    let settings = case(
        "",
        &[("LIFEGUARD_KAFKA__TOPICS", "a, b")],
        &[("kafka.brokers", "k:9092")],
    )
    .settings();
    assert_eq!(settings.kafka.topics, ["a", "b"]);
    assert_eq!(
        values(&case(&show(&settings), &[], &[]).settings()),
        values(&settings)
    );
}

#[test]
fn every_layer_reads_every_form() {
    let file = "[kafka]\ntopics = ['a', 'b']\nbrokers = 'k:1'\ntls = true\n[intake]\nactive_persons_expected = 3_000\n";
    let environment = [
        ("LIFEGUARD_KAFKA__TOPICS", "['a', 'b']"),
        ("LIFEGUARD_KAFKA__BROKERS", "k:1"),
        ("LIFEGUARD_KAFKA__TLS", "true"),
        ("LIFEGUARD_INTAKE__ACTIVE_PERSONS_EXPECTED", " 3_000"),
    ];
    let flags = [
        ("kafka.topics", "a,b"),
        ("kafka.brokers", "k:1"),
        ("kafka.tls", "true"),
        ("intake.active_persons_expected", "3000"),
    ];
    let from_file = values(&case(file, &[], &[]).settings());
    assert_eq!(from_file, values(&case("", &environment, &[]).settings()));
    assert_eq!(from_file, values(&case("", &[], &flags).settings()));
}

#[test]
fn the_annotated_example_loads_and_its_comments_are_true() {
    let path = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/deploy/lifeguard.toml"
    ));
    let loaded = load(&Sources {
        file: Some(path),
        ..Sources::default()
    })
    .unwrap_or_else(|problems| panic!("{problems}"));
    loaded.serve_files().unwrap();
    let defaults = case("", &[], &[]).settings();
    let text = std::fs::read_to_string(path).unwrap();
    let is_setting = |line: &str| {
        line.strip_prefix('#')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    let uncommented: Vec<_> = text
        .lines()
        .map(|line| if is_setting(line) { &line[1..] } else { line })
        .collect();
    let all = case(&uncommented.join("\n"), &[], &[]).settings();
    for info in known_keys() {
        let (value, origin) = all.in_force(info.key).unwrap();
        assert_ne!(
            *origin,
            Origin::Default,
            "{} is missing in deploy/lifeguard.toml",
            info.key
        );
        if loaded.origin(info.key) == Origin::Default && !info.default.is_empty() {
            assert_eq!(
                Some(value),
                defaults.in_force(info.key).map(|(value, _)| value),
                "{}",
                info.key
            );
        }
    }
}
