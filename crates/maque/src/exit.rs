//! Exit codes, and the errors that choose them.

use crate::cause::told;
use crate::say::Say;
use std::fmt;
use std::process::ExitCode;

/// What the exit code says; the numbers are part of the command's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Complete = 0,
    /// Any other failure.
    Failed = 1,
    /// Wrong arguments or settings.
    Usage = 2,
    /// The answer was cut by its token limit.
    Cut = 3,
    /// The input does not fit the context.
    TooLong = 4,
    /// The answer was stopped because it had become a loop.
    Loop = 5,
    /// No model or server to answer.
    Unavailable = 6,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// An error with its exit code and its sentence in both languages.
#[derive(Debug)]
pub(crate) struct Problem {
    exit: Exit,
    say: Say,
    cause: Option<anyhow::Error>,
}

impl Problem {
    /// A wrong argument or setting.
    pub(crate) fn usage(say: Say) -> Problem {
        Problem::new(Exit::Usage, say)
    }

    /// Any problem.
    pub(crate) fn new(exit: Exit, say: Say) -> Problem {
        Problem {
            exit,
            say,
            cause: None,
        }
    }

    /// Its exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The status with which the server refused, if it did.
    pub(crate) fn refusal(&self) -> Option<u16> {
        match self.say {
            Say::ServerRefused { status } => Some(status),
            _ => None,
        }
    }

    /// The same with what led to it.
    pub(crate) fn because(self, cause: impl Into<anyhow::Error>) -> Problem {
        Problem {
            cause: Some(cause.into()),
            ..self
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            None => write!(f, "{}", self.say),
            Some(cause) => {
                let (said, cause) = (self.say.to_string(), told(cause.as_ref()));
                write!(f, "{}", Say::Because { said, cause })
            }
        }
    }
}

impl std::error::Error for Problem {}

/// The exit code of an error; a pipe whose reader has left is a quiet end.
pub(crate) fn of(error: &anyhow::Error) -> Exit {
    if is_broken_pipe(error) {
        return Exit::Complete;
    }
    error
        .downcast_ref::<Problem>()
        .map_or(Exit::Failed, |problem| problem.exit)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    causes.any(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn a_reader_that_left_is_no_failure() {
        let gone =
            anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("cannot write");
        assert_eq!(of(&gone), Exit::Complete);
        assert_eq!(
            of(&anyhow::Error::from(io::Error::from(
                io::ErrorKind::NotFound
            ))),
            Exit::Failed
        );
    }

    #[test]
    fn a_problem_keeps_its_code_through_context() {
        let problem = Problem::new(Exit::TooLong, Say::NoPrompt);
        assert_eq!(
            of(&anyhow::Error::from(problem).context("more")),
            Exit::TooLong
        );
    }
}
