//! Every command block of the README runs, in order, in a folder of its own; what `./dev` lists exists.

use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The lines of the `sh` blocks.
fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    let mut inside = false;
    let mut lines = Vec::new();
    for line in readme.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => lines.push(line.to_owned()),
            _ => {}
        }
    }
    lines
}

#[test]
fn every_block_of_the_readme_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    for part in ["rules", "examples", "deploy"] {
        std::os::unix::fs::symlink(root().join(part), folder.path().join(part)).expect("linked");
    }
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_lifeguard"));
    let path = format!(
        "{}:{}",
        binary.parent().expect("a folder").display(),
        std::env::var("PATH").expect("a PATH")
    );
    let commands = commands();
    assert!(commands.len() >= 10, "the README has its blocks");
    for command in commands {
        // This very run is `./dev test`; running it inside itself would never end.
        if command == "./dev test" {
            continue;
        }
        let place = if command.starts_with("./dev") {
            root()
        } else {
            folder.path().to_owned()
        };
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(place)
            .env("PATH", &path)
            .env_remove("LIFEGUARD_TEST_KAFKA")
            .env_remove("LIFEGUARD_TEST_POSTGRES")
            .output()
            .expect("sh runs");
        assert!(
            output.status.success(),
            "{command}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        if command.starts_with("./dev demo") {
            let said = String::from_utf8_lossy(&output.stdout);
            let stars = said
                .lines()
                .filter(|line| line.trim_start().starts_with('★'))
                .count();
            assert_eq!(stars, 2, "both published cases are in the table:\n{said}");
        }
    }
}

#[test]
fn what_dev_lists_is_what_dev_knows() {
    let output = Command::new(root().join("dev"))
        .output()
        .expect("./dev runs");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let script = std::fs::read_to_string(root().join("dev")).expect("the script");
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|l| l.strip_prefix("./dev ")?.split_whitespace().next())
        .collect();
    assert!(names.len() >= 6, "{listed}");
    for name in names {
        assert!(
            script.contains(&format!("{name})")),
            "./dev lists {name} and does not know it"
        );
    }
}
