//! A model's vocabulary as grammars need it, and the compiler of grammars over it.

use super::constraint::{Matching, Triggered};
use super::worker::{self, Overdue};
use super::{Onset, Structure};
use crate::error::ApiError;
use crate::limits::{COMPILE_PATIENCE, COMPILE_TIME, MAX_COMPILERS, MAX_LEXER_STATES};
use crate::service::Parts;
use llguidance::api::ParserLimits;
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::{
    INVALID_TOKEN, InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv,
};
use llguidance::{Matcher, ParserFactory};
use maque_engine::Constraint;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

/// Steps that building the automata of a grammar may take: about 50,000 a millisecond.
const COMPILE_FUEL: u64 = 1_000_000;
/// Symbols of a compiled grammar.
const MAX_SYMBOLS: usize = 100_000;
/// Grammars that are kept, in case that others ask for the same.
const MAX_RECENT: usize = 4;
/// Letters of an error that are passed on.
const MAX_MESSAGE: usize = 300;

/// Compiles grammars. What it needs of the vocabulary is built when it is first asked.
#[derive(Clone)]
pub(crate) struct Vocabulary {
    parts: Arc<Parts>,
    compiler: Arc<OnceLock<Compiler>>,
    room: Arc<Semaphore>,
    recent: Arc<Mutex<VecDeque<Recent>>>,
}

/// A structure that was asked for, and its grammar once that is compiled: many requests with one schema compile it once.
struct Recent {
    structure: Structure,
    grammar: Arc<OnceCell<Mutex<Box<dyn Constraint>>>>,
}

struct Compiler {
    tokens: Arc<Tokens>,
    factory: ParserFactory,
}

/// Tokens by their bytes, and text to tokens.
pub(super) struct Tokens {
    parts: Arc<Parts>,
    trie: TokTrie,
}

impl Vocabulary {
    /// Of the model of `parts`.
    pub(crate) fn new(parts: Arc<Parts>) -> Vocabulary {
        Vocabulary {
            parts,
            compiler: Arc::new(OnceLock::new()),
            room: Arc::new(Semaphore::new(MAX_COMPILERS)),
            recent: Arc::default(),
        }
    }

    /// A structure's grammar: compiled, unless it was lately.
    ///
    /// # Errors
    /// When it is wrong or too complex; the error names its field.
    pub(crate) async fn compile(
        &self,
        structure: Structure,
    ) -> Result<Box<dyn Constraint>, ApiError> {
        let grammar = self.recent(&structure);
        let compiled = grammar.get_or_try_init(|| async {
            let compiled = self.compile_anew(structure).await?;
            Ok::<_, ApiError>(Mutex::new(compiled))
        });
        let compiled = compiled.await?.lock();
        Ok(compiled.unwrap_or_else(PoisonError::into_inner).fork())
    }

    /// The place of a structure among the last ones.
    fn recent(&self, structure: &Structure) -> Arc<OnceCell<Mutex<Box<dyn Constraint>>>> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = recent.iter();
        if let Some(known) = known.find(|known| known.structure == *structure) {
            return Arc::clone(&known.grammar);
        }
        if recent.len() == MAX_RECENT {
            recent.pop_front();
        }
        let grammar = Arc::default();
        recent.push_back(Recent {
            structure: structure.clone(),
            grammar: Arc::clone(&grammar),
        });
        grammar
    }

    /// Compiles a structure, on a thread of its own.
    async fn compile_anew(&self, structure: Structure) -> Result<Box<dyn Constraint>, ApiError> {
        let field = structure.field.clone();
        let room = Arc::clone(&self.room).acquire_owned();
        let permit = tokio::time::timeout(COMPILE_PATIENCE, room).await;
        let permit = permit.map_err(|_| busy())?.map_err(|_| busy())?;
        let permit = self.build(permit).await?;
        let vocabulary = self.clone();
        let compiled = worker::within(COMPILE_TIME, move || {
            let _permit = permit; // kept to the end, even when nobody waits any more
            Some(vocabulary.compiler.get()?.compile(structure))
        });
        match compiled.await {
            Ok(compiled) => compiled.ok_or_else(busy)?,
            Err(Overdue::Machine) => Err(busy()),
            Err(Overdue::Work) => Err(ApiError::field(
                &field,
                "takes too long to compile or is too complex; make it simpler",
            )),
        }
    }

    /// Builds the compiler if that was not done yet; the place is kept as long as that takes.
    async fn build(&self, permit: OwnedSemaphorePermit) -> Result<OwnedSemaphorePermit, ApiError> {
        if self.compiler.get().is_some() {
            return Ok(permit);
        }
        let vocabulary = self.clone();
        let built = worker::whole(move || {
            let compiler = Compiler::new(Arc::clone(&vocabulary.parts)).ok()?;
            let _ = vocabulary.compiler.set(compiler); // another request may have been faster
            Some(permit)
        });
        built.await.ok().flatten().ok_or_else(busy)
    }
}

fn busy() -> ApiError {
    ApiError::busy("too many grammars are being compiled; ask again soon")
}

impl Compiler {
    fn new(parts: Arc<Parts>) -> Result<Compiler, String> {
        let trie = trie(&parts);
        let tokens = Arc::new(Tokens { parts, trie });
        let environment: TokEnv = Arc::clone(&tokens) as TokEnv;
        let slices = SlicedBiasComputer::general_slices();
        let capabilities = InferenceCapabilities::default();
        let mut factory = ParserFactory::new(&environment, capabilities, &slices)
            .map_err(|error| error.to_string())?;
        factory.quiet();
        *factory.limits_mut() = ParserLimits {
            initial_lexer_fuel: COMPILE_FUEL,
            max_lexer_states: MAX_LEXER_STATES,
            max_grammar_size: MAX_SYMBOLS,
            verbose_errors: false,
            ..ParserLimits::default()
        };
        Ok(Compiler { tokens, factory })
    }

    fn compile(&self, structure: Structure) -> Result<Box<dyn Constraint>, ApiError> {
        let Structure {
            field,
            source,
            onset,
        } = structure;
        let wrong = |message: String| ApiError::field(&field, &said(&message));
        let parser = self.factory.create_parser(source.grammar());
        let parser = parser.map_err(|error| wrong(format!("{error:#}")))?;
        let mut matcher = Matcher::new(Ok(parser));
        if let Some(message) = matcher.get_error() {
            return Err(wrong(message));
        }
        // The first mask shows grammars that allow nothing, and what it computes is kept.
        if matcher.is_stopped() || matcher.compute_mask().is_err() {
            return Err(wrong("nothing can be said within it".to_owned()));
        }
        let matching = Matching::new(matcher);
        if onset == Onset::Start {
            return Ok(Box::new(matching));
        }
        let triggered = Triggered::new(Arc::clone(&self.tokens), onset, matching);
        triggered
            .map(|triggered| Box::new(triggered) as Box<dyn Constraint>)
            .ok_or_else(|| wrong("has no trigger".to_owned()))
    }
}

/// The compiler's complaint for the person who wrote the grammar.
fn said(message: &str) -> String {
    let line = message.lines().find(|line| !line.trim().is_empty());
    match line {
        Some(line) if !line.starts_with("panic") => {
            let line: String = line.trim().chars().take(MAX_MESSAGE).collect();
            format!("cannot be compiled: {line}")
        }
        _ => "is too complex to be compiled; make it simpler".to_owned(),
    }
}

fn trie(parts: &Parts) -> TokTrie {
    let tokenizer = &parts.tokenizer;
    let ids = 0..tokenizer.n_vocab() as u32;
    // Special tokens are no text: a grammar must ask for them by name.
    let special = |id| {
        let name = tokenizer.piece(id);
        let mark = (!name.is_empty()).then_some(TokTrie::SPECIAL_TOKEN_MARKER);
        mark.into_iter().chain(name.into_bytes()).collect()
    };
    let words: Vec<Vec<u8>> = ids
        .map(|id| match tokenizer.bytes(id) {
            [] => special(id),
            bytes => bytes.to_vec(),
        })
        .collect();
    let n_vocab = words.len() as u32;
    let stops = &parts.generation.stop_tokens;
    let stops: Vec<u32> = stops.iter().copied().filter(|id| *id < n_vocab).collect();
    let info = TokRxInfo::new(n_vocab, stops.first().copied().unwrap_or(INVALID_TOKEN));
    let trie = TokTrie::from(&info, &words);
    match stops.is_empty() {
        true => trie,
        false => trie.with_eos_tokens(&stops),
    }
}

impl Tokens {
    pub(super) fn trie(&self) -> &TokTrie {
        &self.trie
    }

    /// The text of a token; none of special tokens.
    pub(super) fn bytes(&self, id: u32) -> &[u8] {
        self.parts.tokenizer.bytes(id)
    }

    /// The model's own way to write a text. Tokens that stand for markup (`<tool_call>`) are used, special ones are not.
    fn encode(&self, text: &str) -> Vec<u32> {
        let tokenizer = &self.parts.tokenizer;
        let is_text = |ids: &Vec<u32>| {
            let bytes = ids.iter().flat_map(|&id| tokenizer.bytes(id));
            bytes.eq(text.as_bytes()) // normalisation may have changed it
        };
        let marked = tokenizer.encode_with_special(text).ok().filter(is_text);
        marked
            .or_else(|| tokenizer.encode(text).ok().filter(is_text))
            .unwrap_or_else(|| self.trie.greedy_tokenize(text.as_bytes()))
    }
}

impl TokenizerEnv for Tokens {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        self.trie
            .tokenize_with_greedy_fallback(bytes, |text| self.encode(text))
    }
}
