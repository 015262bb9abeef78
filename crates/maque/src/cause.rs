//! What led to a problem: usual causes in the user's language, rare ones quoted as they were said.

use crate::exit::Problem;
use crate::say::Say;
use std::error::Error;
use std::io::{self, ErrorKind};

/// An error and what led to it, outermost first.
pub(crate) fn told(error: &(dyn Error + 'static)) -> String {
    let said = word(error);
    let Some(cause) = error.source().map(told).filter(|cause| *cause != said) else {
        return said;
    };
    Say::Because { said, cause }.to_string()
}

fn word(error: &(dyn Error + 'static)) -> String {
    let text = error.to_string();
    if error.is::<Problem>() {
        return text; // in the user's language already
    }
    let io = error.downcast_ref::<io::Error>().and_then(of_system);
    let json = error.downcast_ref::<serde_json::Error>().and_then(of_json);
    io.or(json).unwrap_or(Say::Quoted { text }).to_string()
}

/// What the system says; a name that no server of names knows has no kind.
fn of_system(error: &io::Error) -> Option<Say> {
    let text = || error.to_string();
    Some(match error.kind() {
        ErrorKind::NotFound => Say::CauseMissing,
        ErrorKind::PermissionDenied => Say::CauseForbidden,
        ErrorKind::IsADirectory => Say::CauseFolder,
        ErrorKind::NotADirectory => Say::CauseNoFolder,
        ErrorKind::AlreadyExists => Say::CauseExists,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Say::CauseFull,
        ErrorKind::ReadOnlyFilesystem => Say::CauseReadOnly,
        ErrorKind::UnexpectedEof => Say::CauseCut,
        ErrorKind::ConnectionRefused => Say::CauseRefused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Say::CauseBroken,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Say::CauseUnreachable,
        ErrorKind::TimedOut => Say::CauseLate,
        ErrorKind::AddrInUse => Say::CauseTaken,
        ErrorKind::AddrNotAvailable => Say::CauseForeign,
        ErrorKind::InvalidData if text().contains("valid UTF-8") => Say::CauseNotText,
        _ if text().contains("failed to lookup address") => Say::CauseUnknownHost,
        _ => return None,
    })
}

/// Where JSON ends to be JSON.
fn of_json(error: &serde_json::Error) -> Option<Say> {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Eof => Some(Say::CauseJsonCut { line, column }),
        serde_json::error::Category::Syntax => Some(Say::CauseJson { line, column }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_cause_is_told_once_and_a_rare_one_as_it_was_said() {
        let missing = || io::Error::from(ErrorKind::NotFound);
        let within = io::Error::new(ErrorKind::NotFound, missing());
        assert_eq!(told(&within), Say::CauseMissing.to_string());
        assert_eq!(told(&io::Error::other("odd")), "odd");
        let json = serde_json::from_str::<u8>("\n  x").expect_err("no JSON");
        assert_eq!(
            told(&json),
            Say::CauseJson { line: 2, column: 3 }.to_string()
        );
        let say = Say::CannotRead { path: "a".into() };
        let problem = Problem::new(Exit::Failed, say).because(missing());
        assert_eq!(
            told(&problem),
            format!("cannot read a: {}", Say::CauseMissing)
        );
    }
}
