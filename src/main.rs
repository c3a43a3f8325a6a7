//! The command `posology`.

fn main() -> std::process::ExitCode {
    posology::cli::main()
}
