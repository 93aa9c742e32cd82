//! Secrets come from files, late, and are never repeated.

use super::*;

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
