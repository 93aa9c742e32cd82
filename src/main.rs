//! The `lifeguard` program.

fn main() -> std::process::ExitCode {
    lifeguard::cli::main()
}
