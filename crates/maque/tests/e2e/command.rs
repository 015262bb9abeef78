//! The binary as a child process with a home of its own.

use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a child that was let run to its end came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A `MAQUE_HOME` that goes away with the test.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Home {
        Home(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// `maque` with these arguments, and nothing of the caller's settings or language.
    pub(crate) fn maque<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        self.program(Path::new(env!("CARGO_BIN_EXE_maque")), arguments)
    }

    /// The binary under the name `qwen`.
    pub(crate) fn qwen<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let link = self.path().join("qwen");
        if !link.exists() {
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_maque"), &link).expect("a link");
        }
        self.program(&link, arguments)
    }

    fn program<A: AsRef<OsStr>>(&self, program: &Path, arguments: &[A]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("MAQUE_HOME", self.path())
            .stdin(Stdio::null());
        for variable in [
            "MAQUE_MODEL",
            "MAQUE_THREADS",
            "MAQUE_ISA",
            "MAQUE_API_KEY",
            "HF_ENDPOINT",
            "LC_ALL",
            "LC_MESSAGES",
            "LANG",
        ] {
            command.env_remove(variable);
        }
        command
    }
}

/// Runs to the end with this standard input.
pub(crate) fn run(command: &mut Command, stdin: &[u8]) -> Ran {
    let mut child = spawn(command.stdin(Stdio::piped()));
    let mut pipe = child.stdin.take().expect("a pipe");
    let stdin = stdin.to_owned();
    let writer = std::thread::spawn(move || drop(pipe.write_all(&stdin))); // a child may well not read it
    let output = child.wait_with_output().expect("the child ends");
    writer.join().expect("the writer ends");
    Ran::from(output)
}

/// Starts with both outputs on pipes.
pub(crate) fn spawn(command: &mut Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

/// Sends a signal to a child.
pub(crate) fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a process number");
    kill_process(pid, signal).expect("the child lives");
}

/// The child's end, which must come within `limit`.
pub(crate) fn wait(mut child: Child, limit: Duration) -> Ran {
    let start = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if limit < start.elapsed() {
            child.kill().expect("the child lives");
            panic!("the process did not end within {limit:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ran::from(child.wait_with_output().expect("the child ended"))
}

/// Waits until something is so; it must be within a minute.
pub(crate) fn until<T>(what: &str, check: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    let mut check = check;
    loop {
        if let Some(value) = check() {
            return value;
        }
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "waited in vain for {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Names of the files in a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("the answer is UTF-8"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
