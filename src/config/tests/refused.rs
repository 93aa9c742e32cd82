//! What is refused, at which place and with what advice.

use super::*;

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
