//! The reading child on its own, for this crate's tests; the `maque` binary has the same behind a hidden command.

fn main() -> std::process::ExitCode {
    let kind = std::env::args().nth(1).unwrap_or_default();
    match maque_library::child(&kind) {
        true => std::process::ExitCode::SUCCESS,
        false => std::process::ExitCode::FAILURE,
    }
}
