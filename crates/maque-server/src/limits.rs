//! What a client may take of the server; one table.

use std::time::Duration;

/// Connections at once.
pub(crate) const MAX_CONNECTIONS: usize = 256;
/// Bytes of a request's body.
pub(crate) const MAX_BODY: usize = 10 << 20;
/// Bytes of a request's head.
pub(crate) const MAX_HEAD: usize = 16 << 10;
/// Header lines of a request.
pub(crate) const MAX_HEADERS: usize = 100;
/// How long a connection may take to send its first byte, and to send a whole head.
pub(crate) const HEAD_DEADLINE: Duration = Duration::from_secs(15);
/// How long a body may take to arrive.
pub(crate) const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// How long answers may go on when the server is asked to end.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(5);
/// Bytes of a JSON schema, regex or grammar; of the parameters of all tools together.
pub(crate) const MAX_GRAMMAR: usize = 64 << 10;
/// Nesting of a JSON schema or of a grammar's brackets.
pub(crate) const MAX_GRAMMAR_DEPTH: usize = 64;
/// States that a grammar's automata may come to have.
pub(crate) const MAX_LEXER_STATES: usize = 50_000;
/// Grammars compiled at once.
pub(crate) const MAX_COMPILERS: usize = 2;
/// How long compiling a grammar may take, and waiting for it to begin.
pub(crate) const COMPILE_DEADLINE: Duration = Duration::from_secs(1);
/// Tools of one request.
pub(crate) const MAX_TOOLS: usize = 128;
