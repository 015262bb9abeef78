//! The reading child on its own, for this crate's tests; the `maque` binary has the same behind a hidden command.

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().unwrap_or_default();
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok());
    match maque_library::child(&kind, seconds.unwrap_or(0)) {
        true => std::process::ExitCode::SUCCESS,
        false => std::process::ExitCode::FAILURE,
    }
}
