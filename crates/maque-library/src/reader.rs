//! Reads documents in a child process with limits: a file that is made to break its reader breaks only the child.

use crate::Kind;
use crate::extract::extract;
use crate::extracted::Extracted;
use crate::skipped::Reason;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use wait_timeout::ChildExt;

/// Processor time that a document may take at first, while others wait.
const BRIEF_SECONDS: u64 = 3;
/// Processor time that a document may take.
const MAX_SECONDS: u64 = 30;
/// Time that it may take on a busy machine, where answers leave the child a tenth of a core.
const DEADLINE: Duration = Duration::from_secs(600);
/// Memory that it may take.
#[cfg(unix)]
const MAX_MEMORY: u64 = 1 << 30;
/// Bytes that the child may answer.
const MAX_ANSWER: u64 = 128 << 20;

/// How much processor time a document is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Little: others wait.
    Brief,
    /// All that a document may take.
    Whole,
}

impl Patience {
    fn seconds(self) -> u64 {
        match self {
            Patience::Brief => BRIEF_SECONDS,
            Patience::Whole => MAX_SECONDS,
        }
    }
}

/// The program that reads a document: it is started once for each and must call [`child`].
#[derive(Clone, Debug)]
pub struct Reader {
    /// The program.
    pub program: PathBuf,
    /// What comes before the name of the document's kind and the seconds that it may take.
    pub arguments: Vec<OsString>,
}

impl Reader {
    /// Reads a document of this kind.
    pub(crate) fn read(
        &self,
        kind: Kind,
        file: File,
        patience: Patience,
    ) -> Result<Extracted, Reason> {
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(kind.name())
            .arg(patience.seconds().to_string())
            .env_clear()
            .stdin(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.map_err(|error| Reason::Io {
            why: error.to_string(),
        })?;
        let answer = hear(&mut child);
        let Ok(Some(status)) = child.wait_timeout(DEADLINE) else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(too_slow());
        };
        let answer = answer.join().unwrap_or_default();
        match status.success() {
            true => serde_json::from_slice(&answer).unwrap_or(Err(Reason::Fatal)),
            false => Err(ended(status)),
        }
    }
}

/// Takes in what the child says while it runs.
fn hear(child: &mut Child) -> std::thread::JoinHandle<Vec<u8>> {
    let pipe = child.stdout.take();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(MAX_ANSWER).read_to_end(&mut answer); // what is cut is no JSON
        }
        answer
    })
}

/// Why a child ended by itself.
fn ended(status: ExitStatus) -> Reason {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        let by = |signal: rustix::process::Signal| status.signal() == Some(signal.as_raw());
        if by(rustix::process::Signal::XCPU) || by(rustix::process::Signal::KILL) {
            return too_slow();
        }
    }
    let _ = status;
    Reason::Fatal
}

fn too_slow() -> Reason {
    Reason::TooSlow {
        seconds: MAX_SECONDS,
    }
}

/// The child's whole life: reads a document of the kind with this name from standard input, and writes what is in it to
/// standard output. It cannot open a file or a socket, and has bounds to its memory and, by `seconds`, its processor time. False if
/// nobody heard it.
pub fn child(kind: &str, seconds: u64) -> bool {
    std::panic::set_hook(Box::new(|_| {})); // the parent says it
    let kind = Kind::named(kind);
    let Some(kind) = kind.filter(|_| limit(seconds).is_ok()) else {
        return false;
    };
    let read = catch_unwind(|| {
        let mut bytes = Vec::new();
        let input = std::io::stdin().lock().take(kind.max_bytes());
        let read = { input }.read_to_end(&mut bytes);
        read.map_err(|error| Reason::Io {
            why: error.to_string(),
        })?;
        extract(kind, &bytes)
    });
    let read = read.unwrap_or_else(|_| Err(Reason::broken("its reader gave up")));
    let answer = serde_json::to_vec(&read).unwrap_or_default();
    std::io::stdout().lock().write_all(&answer).is_ok()
}

/// Sets the limits of this process for the rest of its life.
#[cfg(unix)]
fn limit(seconds: u64) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let bound = |resource, soft: u64, hard: u64| {
        let (current, maximum) = (Some(soft), Some(hard));
        setrlimit(resource, Rlimit { current, maximum })
    };
    bound(Resource::As, MAX_MEMORY, MAX_MEMORY)?;
    let seconds = seconds.min(MAX_SECONDS);
    bound(Resource::Cpu, seconds, seconds + 1)?;
    bound(Resource::Nofile, 3, 3)?; // standard input, output and error: no more files, no sockets
    bound(Resource::Fsize, 0, 0)?;
    bound(Resource::Core, 0, 0)?;
    let _ = rustix::process::nice(10); // answers go first
    Ok(())
}

#[cfg(not(unix))]
fn limit(_seconds: u64) -> std::io::Result<()> {
    Ok(())
}
