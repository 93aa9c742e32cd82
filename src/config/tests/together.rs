//! What must hold between keys.

use super::*;

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
