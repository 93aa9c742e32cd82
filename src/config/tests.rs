//! Settings through the one door, `load`, as an operator meets them.

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
        let problems = self.load().err().expect("these settings must be refused");
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
fn unknown_keys_are_refused_with_a_suggestion() {
    let help = |wanted: &str| format!("    help: did you mean {wanted}?");
    for (file, line, wanted) in [
        (
            "[grpc]\nlisten_on = 1",
            "FILE:2:1: unknown key `grpc.listen_on`",
            "`grpc.listen`",
        ),
        (
            "[grpc]\nLISTEN = 1",
            "FILE:2:1: unknown key `grpc.LISTEN`",
            "`grpc.listen`",
        ),
        (
            "grpc.lisen = 1",
            "FILE:1:6: unknown key `grpc.lisen`",
            "`grpc.listen`",
        ),
        (
            "[http]\n\n[grcp]\nlisten = 1\nmore = 1",
            "FILE:3:2: unknown key `grcp`",
            "`grpc`",
        ),
        (
            "listen = 1",
            "FILE:1:1: unknown key `listen`",
            "`grpc.listen` or `http.listen`",
        ),
        (
            "[server]\nlisten = 1",
            "FILE:2:1: unknown key `server.listen`",
            "`grpc.listen` or `http.listen`",
        ),
        (
            "\"grpc.listen\" = 1",
            "FILE:1:1: unknown key `\\\"grpc.listen\\\"`",
            "`grpc.listen`",
        ),
    ] {
        check_refused(file, &[], &[], &[line, &help(wanted)]);
    }
    for (name, wanted) in [
        ("LIFEGUARD_GRPC_LISTEN", "`LIFEGUARD_GRPC__LISTEN`"),
        ("LIFEGUARD_GRPC__LISTNE", "`LIFEGUARD_GRPC__LISTEN`"),
        ("LIFEGUARD_grpc__listen", "`LIFEGUARD_GRPC__LISTEN`"),
        ("LIFEGUARD_LGO__LEVEL", "`LIFEGUARD_LOG__LEVEL`"),
    ] {
        let line = format!("environment {name}: unknown variable `{name}`");
        check_refused("", &[(name, "1")], &[], &[&line, &help(wanted)]);
    }
    check_refused(
        "",
        &[],
        &[("grpc.lisen", "1")],
        &[
            "flag grpc.lisen: unknown key `grpc.lisen`",
            &help("`grpc.listen`"),
        ],
    );
    let nothing_near = "    help: `lifeguard config show` lists every key";
    check_refused(
        "[kafka]\nfoo = 1",
        &[],
        &[],
        &["FILE:2:1: unknown key `kafka.foo`", nothing_near],
    );
}

#[test]
fn variables_that_are_not_settings_are_left_alone() {
    let ignored = [
        ("PATH", "/bin"),
        ("LIFEGUARD_TEST_KAFKA", "x"),
        ("LIFEGUARD_CACHE", "x"),
        ("LIFEGUARD_CONFIG", "x"),
        ("LIFEGUARD_SERVICE_HOST", "10.0.0.1"),
        ("LIFEGUARD_GRPC_SERVICE_PORT", "7700"),
        ("LIFEGUARD_SERVICE_PORT_GRPC", "7700"),
        ("LIFEGUARD_PORT", "tcp://10.0.0.1:7700"),
        ("LIFEGUARD_PORT_7700_TCP_ADDR", "10.0.0.1"),
    ];
    case("", &ignored, &[]).settings();
    // Without the address of a link it is somebody's idea of a setting.
    assert!(case("", &[("LIFEGUARD_PORT", "7700")], &[]).load().is_err());
}

#[test]
fn values_of_another_form_are_refused_at_their_place() {
    for (file, line, help) in [
        (
            "[grpc]\nlisten = 5",
            "FILE:2:10: `grpc.listen` must be an IP address and a port, such as 127.0.0.1:7700, not a whole number",
            "",
        ),
        (
            "[grpc]\nlisten = 'localhost'",
            "FILE:2:10: `grpc.listen` must be an IP address and a port, such as 127.0.0.1:7700, not `localhost`",
            "",
        ),
        (
            "grpc = 5",
            "FILE:1:1: `grpc` must be a section, not a whole number",
            "",
        ),
        (
            "[grpc.listen]",
            "FILE:1:1: `grpc.listen` must be an IP address and a port, such as 127.0.0.1:7700, not a section",
            "",
        ),
        (
            "[grpc]\nstreams_max = '9'",
            "FILE:2:15: `grpc.streams_max` must be a whole number from 1 to 100000, not `9`",
            "",
        ),
        (
            "[grpc]\nstreams_max = 0",
            "FILE:2:15: `grpc.streams_max` must be from 1 to 100000",
            "",
        ),
        (
            "[grpc]\nstreams_max = 99999999999999999999",
            "FILE:2:15: `grpc.streams_max` must be a whole number from 1 to 100000, not a number that is too large",
            "",
        ),
        (
            "[kafka]\ntopics = ['a', 2]",
            "FILE:2:10: `kafka.topics` must be a list of texts, not a list",
            "",
        ),
        (
            "[kafka]\ntls = 'ture'",
            "FILE:2:7: `kafka.tls` must be true or false, not `ture`",
            "    help: did you mean `true`?",
        ),
        (
            "[log]\nlevel = 'INFO'",
            "FILE:2:9: `log.level` must be one of error, warn, info, debug, trace, not `INFO`",
            "    help: did you mean `info`?",
        ),
        (
            "[store]\npath = ''",
            "FILE:2:8: `store.path` may not be empty",
            "",
        ),
        (
            "# 守护 'x'\nrules.dir = 1",
            "FILE:2:13: `rules.dir` must be the path of a file, not a whole number",
            "",
        ),
    ] {
        let lines: Vec<_> = [line, help]
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect();
        check_refused(file, &[], &[], &lines);
    }
    // Columns count characters, not bytes, and a byte order mark is none.
    let places = case("\u{feff}store = { kind = '守护', path = 1 }", &[], &[]).refused();
    assert!(
        places.starts_with("FILE:1:18: ") && places.contains("\nFILE:1:31: "),
        "{places}"
    );
    let wanted = "environment LIFEGUARD_DRAIN__SECONDS_MAX: `drain.seconds_max` must be a whole number from 0 to 3600, not `ten`";
    check_refused(
        "",
        &[("LIFEGUARD_DRAIN__SECONDS_MAX", "ten")],
        &[],
        &[wanted],
    );
}

#[test]
fn all_problems_are_reported_at_once_in_order() {
    let file = "[log]\nlevel = 1\nformat = 'xml'\n[grpc]\ntls_key_file = 'k'\nzzzzzz = 1\n";
    check_refused(
        file,
        &[
            ("LIFEGUARD_DRAIN__SECONDS_MAX", "-1"),
            ("LIFEGUARD_GRPC__LISTEN", "0.0.0.0:1"),
        ],
        &[("http.listen", "here")],
        &[
            "FILE:2:9: `log.level` must be one of error, warn, info, debug, trace, not a whole number",
            "FILE:3:10: `log.format` must be one of json, text, not `xml`",
            "FILE:5:16: `grpc.tls_key_file` needs `grpc.tls_certificate_file`",
            "    help: set it in the config file or as LIFEGUARD_GRPC__TLS_CERTIFICATE_FILE",
            "FILE:6:1: unknown key `grpc.zzzzzz`",
            "    help: `lifeguard config show` lists every key",
            "environment LIFEGUARD_DRAIN__SECONDS_MAX: `drain.seconds_max` must be from 0 to 3600",
            "flag http.listen: `http.listen` must be an IP address and a port, such as 127.0.0.1:7701, not `here`",
        ],
    );
}

#[test]
fn a_file_that_is_not_toml_says_where_and_nothing_it_holds() {
    let refused = case(
        "[store]\npath = 'a'\nx = \"hunter2\n[grpc]\ngrpc = = 1\n",
        &[("LIFEGUARD_LOG__LEVEL", "1")],
        &[],
    )
    .refused();
    assert!(
        refused.starts_with("FILE:3:") && refused.contains("\nFILE:5:"),
        "{refused}"
    );
    assert!(
        refused.contains("environment LIFEGUARD_LOG__LEVEL") && !refused.contains("hunter2"),
        "{refused}"
    );
    let absent = load(&Sources {
        file: Some(Path::new("/absent/lifeguard.toml")),
        ..Sources::default()
    });
    assert!(
        absent
            .unwrap_err()
            .to_string()
            .starts_with("/absent/lifeguard.toml: the file cannot be read: ")
    );
    let mut latin = case("# x\n# ", &[], &[]);
    latin.file.write_all(b"caf\xe9").unwrap();
    assert!(
        latin
            .refused()
            .starts_with("FILE:2:6: the file cannot be read: it is not UTF-8"),
        "{}",
        latin.refused()
    );
    let twice = case("[log]\nlevel = 'info'\nlevel = 'warn'", &[], &[]).refused();
    assert!(twice.starts_with("FILE:3:1: duplicate key"), "{twice}");
}

#[test]
fn keys_that_belong_together() {
    let help = |key: &str| {
        format!(
            "    help: set it in the config file or as {}",
            variable_of(key)
        )
    };
    for (flags, line, needs) in [
        (
            &[("grpc.tls_certificate_file", "c")][..],
            "`grpc.tls_certificate_file` needs `grpc.tls_key_file`",
            "grpc.tls_key_file",
        ),
        (
            &[("kafka.sasl_username", "u")],
            "`kafka.sasl_username` needs `kafka.sasl_password_file`",
            "kafka.sasl_password_file",
        ),
        (
            &[("store.kind", "postgres")],
            "`store.kind` needs `store.postgres_url_file`",
            "store.postgres_url_file",
        ),
        (
            &[("store.postgres_url_file", "f")],
            "`store.postgres_url_file` needs `store.kind`",
            "store.kind",
        ),
        (
            &[("kafka.brokers", "k:1")],
            "`kafka.brokers` needs `kafka.topics`",
            "kafka.topics",
        ),
        (
            &[("kafka.topics", "t")],
            "`kafka.topics` needs `kafka.brokers`",
            "kafka.brokers",
        ),
    ] {
        let line = format!("flag {}: {line}", flags[0].0);
        check_refused("", &[], flags, &[&line, &help(needs)]);
    }
    check_refused(
        "",
        &[],
        &[("http.listen", "127.0.0.1:7700")],
        &["flag http.listen: `grpc.listen` and `http.listen` are the same address"],
    );
    check_refused(
        "[kafka]\nbrokers = 'k'\ntopics = ['t']",
        &[],
        &[],
        &["FILE:2:11: `kafka.brokers` must be host:port, separated by commas"],
    );
    let topic = "FILE:3:10: `kafka.topics` holds a name that Kafka refuses: 1 to 249 of letters, digits, `.`, `_` and `-`";
    check_refused(
        "[kafka]\nbrokers = 'k:1'\ntopics = ['t', 'a b']",
        &[],
        &[],
        &[topic],
    );
    // Switched off on purpose, here for a trial on a production file.
    let off = case(
        "[kafka]\nbrokers = 'k:1'\ntopics = ['t']",
        &[("LIFEGUARD_KAFKA__BROKERS", "")],
        &[],
    )
    .settings();
    assert!(!off.kafka.is_on());
}

#[test]
fn nothing_is_open_beyond_this_machine_without_tls() {
    let tls = [
        ("grpc.tls_certificate_file", "c"),
        ("grpc.tls_key_file", "k"),
    ];
    for listen in [
        "0.0.0.0:7700",
        "[::]:7700",
        "10.1.2.3:7700",
        "[::ffff:10.1.2.3]:7700",
    ] {
        let refused = case("", &[("LIFEGUARD_GRPC__LISTEN", listen)], &[]).refused();
        let line = "environment LIFEGUARD_GRPC__LISTEN: `grpc.listen` is open beyond this machine without TLS\n";
        assert!(refused.starts_with(line), "{refused}");
        case("", &[("LIFEGUARD_GRPC__LISTEN", listen)], &tls).settings();
        case(
            "",
            &[("LIFEGUARD_GRPC__LISTEN", listen)],
            &[("grpc.allow_plaintext", "true")],
        )
        .settings();
    }
    for listen in [
        "127.0.0.1:0",
        "[::1]:7700",
        "127.9.9.9:7700",
        "[::ffff:127.0.0.1]:7700",
    ] {
        case("", &[("LIFEGUARD_GRPC__LISTEN", listen)], &[]).settings();
    }
}

#[test]
fn secrets_given_by_value_are_refused_and_never_repeated() {
    const KEY: &str = "aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMjEyMzQ=";
    for (key, value, advice) in [
        (
            "store.postgres_url",
            "postgres://u:hunter2@h/db",
            "name that file in `store.postgres_url_file`",
        ),
        (
            "store.postgres_url_file",
            "postgres://u:hunter2@h/db",
            "name that file here",
        ),
        (
            "store.postgres_url_file",
            "host=h user=u password=hunter2",
            "name that file here",
        ),
        (
            "store.path",
            "postgres://u:hunter2@h/db",
            "name that file in `store.postgres_url_file`",
        ),
        (
            "kafka.brokers",
            "u:hunter2@k:9092",
            "name that file in `kafka.sasl_password_file`",
        ),
        (
            "kafka.topics",
            "a,sasl://u:hunter2@k",
            "name that file in `kafka.sasl_password_file`",
        ),
        (
            "kafka.sasl_password",
            "hunter2",
            "name that file in `kafka.sasl_password_file`",
        ),
        (
            "keys.master_key",
            KEY,
            "name that file in `keys.master_key_file`",
        ),
        ("keys.master_key_file", KEY, "name that file here"),
        (
            "grpc.tls_key_file",
            "-----BEGIN PRIVATE KEY-----\nhunter2",
            "name that file here",
        ),
        (
            "rules.dir",
            "https://u:hunter2@host/rules",
            "name that file in `a key that ends in _file`",
        ),
    ] {
        let file = format!("{key} = {}", toml::Value::from(value));
        let variable = variable_of(key);
        for given in [
            case(&file, &[], &[]),
            case("", &[(&variable, value)], &[]),
            case("", &[], &[(key, value)]),
        ] {
            let refused = given.refused().replace(
                &variable_of("store.postgres_url_file"),
                "store.postgres_url_file",
            );
            let refused = refused.replace(
                &variable_of("kafka.sasl_password_file"),
                "kafka.sasl_password_file",
            );
            let refused =
                refused.replace(&variable_of("keys.master_key_file"), "keys.master_key_file");
            assert!(
                refused.contains("looks like a secret given by value") && refused.contains(advice),
                "{refused}"
            );
            assert!(refused.ends_with("\n1 problem found"), "{refused}");
            assert!(
                !refused.contains("hunter2") && !refused.contains(KEY),
                "{refused}"
            );
        }
    }
    let plain = [
        ("kafka.brokers", "SASL_SSL://a.example:9092,b:1"),
        ("kafka.topics", "t"),
        ("store.path", "/a:b/c@d.db"),
    ];
    case("", &[], &plain).settings();
}

#[test]
fn secrets_are_read_from_their_files_only_when_asked_for() {
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    writeln!(secret, "postgres://u:hunter2@h/db").unwrap();
    let path = secret.path().display().to_string();
    let flags = [
        ("store.kind", "postgres"),
        ("store.postgres_url_file", &path),
        ("keys.master_key_file", &path),
    ];
    let settings = case("", &[], &flags).settings();
    let url = crate::store::PostgresUrl("postgres://u:hunter2@h/db".to_owned());
    assert_eq!(
        settings.store().unwrap(),
        crate::store::Settings::Postgres {
            url,
            connections_max: 8
        }
    );
    assert!(!show(&settings).contains("hunter2") && !format!("{settings:?}").contains("hunter2"));
    let malformed = settings.master_key().unwrap_err().to_string();
    assert!(
        malformed.starts_with("flag keys.master_key_file: ") && !malformed.contains("hunter2"),
        "{malformed}"
    );
    secret.as_file().set_len(0).unwrap();
    assert!(
        settings
            .store()
            .unwrap_err()
            .to_string()
            .ends_with("which cannot be used: it is empty")
    );
    drop(secret);
    assert!(settings.store().is_err());
}

#[test]
fn serving_needs_a_master_key_and_tokens() {
    let missing = case("", &[], &[])
        .settings()
        .serve_files()
        .unwrap_err()
        .to_string();
    assert!(
        missing.starts_with("settings: `keys.master_key_file` must be set\n"),
        "{missing}"
    );
    assert!(
        missing.contains("LIFEGUARD_ACCESS__TOKENS_FILE") && missing.ends_with("2 problems found"),
        "{missing}"
    );
    let files = case(
        "",
        &[],
        &[("keys.master_key_file", "k"), ("access.tokens_file", "t")],
    )
    .settings()
    .serve_files();
    assert_eq!(
        files.unwrap(),
        ServeFiles {
            master_key: "k".into(),
            tokens: "t".into()
        }
    );
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
