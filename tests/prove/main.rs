//! Proofs of the promises, each a command: `./dev prove NAME [--seed N] [--points N] [--events N]`. Without a name all run
//! small, as in every test run. Every proof prints its seed, its counts, `N passed, N failed` and how to replay it.

#[allow(dead_code, reason = "each test program uses its part")]
#[path = "../oracle/mod.rs"]
mod oracle;
#[allow(dead_code, reason = "each test program uses its part")]
#[path = "../support/mod.rs"]
mod support;

mod conserve;
mod equal;
mod expected;
mod fuzz;
mod kill9;
mod service;
mod topic;

use std::process::ExitCode;

/// What a proof is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub seed: u64,
    /// How many faults.
    pub points: u64,
    /// How many events.
    pub events: u64,
}

/// What a proof found: checks that held, and what each that did not hold says.
#[derive(Debug, Default)]
pub struct Findings {
    passed: u64,
    failed: Vec<String>,
}

impl Findings {
    pub fn check(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if holds {
            self.passed += 1;
        } else {
            self.failed.push(otherwise());
        }
    }
}

struct Proof {
    name: &'static str,
    small: Size,
    full: Size,
    run: fn(Size) -> Findings,
}

const PROOFS: &[Proof] = &[
    Proof {
        name: "kill9",
        small: Size {
            seed: 1,
            points: 6,
            events: 6_000,
        },
        full: Size {
            seed: 1,
            points: 60,
            events: 60_000,
        },
        run: kill9::run,
    },
    Proof {
        name: "conserve",
        small: Size {
            seed: 1,
            points: 0,
            events: 10_000,
        },
        full: Size {
            seed: 1,
            points: 0,
            events: 200_000,
        },
        run: conserve::run,
    },
    Proof {
        name: "equal",
        small: Size {
            seed: 1,
            points: 0,
            events: 12_000,
        },
        full: Size {
            seed: 1,
            points: 0,
            events: 200_000,
        },
        run: equal::run,
    },
    // Points are seconds.
    Proof {
        name: "fuzz",
        small: Size {
            seed: 1,
            points: 60,
            events: 0,
        },
        full: Size {
            seed: 1,
            points: 600,
            events: 0,
        },
        run: fuzz::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|a| a == "--list") {
        return ExitCode::SUCCESS;
    }
    let named: Vec<&Proof> = PROOFS
        .iter()
        .filter(|p| arguments.iter().any(|a| a == p.name))
        .collect();
    let number = |flag: &str| -> Option<u64> {
        let at = arguments.iter().position(|a| a == flag)?;
        let text = arguments
            .get(at + 1)
            .unwrap_or_else(|| panic!("{flag} needs a number"));
        Some(
            text.parse()
                .unwrap_or_else(|_| panic!("{flag} needs a number, not {text}")),
        )
    };
    let chosen: Vec<(&Proof, Size)> = if named.is_empty() {
        if let Some(name) = arguments.first().filter(|a| !a.starts_with('-')) {
            let known: Vec<&str> = PROOFS.iter().map(|p| p.name).collect();
            eprintln!("no proof is called {name}; known: {}", known.join(", "));
            return ExitCode::FAILURE;
        }
        PROOFS.iter().map(|p| (p, p.small)).collect()
    } else {
        named.into_iter().map(|p| (p, p.full)).collect()
    };
    let mut all_held = true;
    for (proof, size) in chosen {
        let size = Size {
            seed: number("--seed").unwrap_or(size.seed),
            points: number("--points").unwrap_or(size.points),
            events: number("--events").unwrap_or(size.events),
        };
        println!(
            "prove {}: seed {}, points {}, events {}",
            proof.name, size.seed, size.points, size.events
        );
        let findings = (proof.run)(size);
        for failure in findings.failed.iter().take(20) {
            println!("  FAILED: {failure}");
        }
        println!(
            "  replay: ./dev prove {} --seed {} --points {} --events {}",
            proof.name, size.seed, size.points, size.events
        );
        println!(
            "{} passed, {} failed",
            findings.passed,
            findings.failed.len()
        );
        all_held &= findings.failed.is_empty();
    }
    if all_held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
