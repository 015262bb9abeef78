//! Rows and recipes to prompts, answers to rows: tables in and out, checks, and the journal that survives a kill.
//!
//! A [`Recipe`] has a prompt with places for a row's cells, the JSON schema that answers keep to, the columns they fill and the
//! checks they must pass. [`Sheet`] is a table in memory, whatever file it came from. [`Journal`] has the rows that are done.
//!
//! ```
//! use maque_batch::{Recipe, Sheet};
//!
//! let recipe = Recipe::of_prompt("Translate into French: {text}")?;
//! let sheet = Sheet::new(vec!["text".into()], vec![vec!["cheese".into()]]);
//! assert_eq!(recipe.prompt(&sheet.row(0)), "Translate into French: cheese");
//! # Ok::<(), maque_batch::BatchError>(())
//! ```

mod answer;
mod check;
mod error;
mod form;
mod journal;
mod recipe;
mod requests;
mod sentences;
mod sheet;
mod shelf;
mod slips;
mod template;

pub use answer::Answered;
pub use error::BatchError;
pub use journal::{Begin, Journal, Record, Work};
pub use recipe::{Column, Input, Recipe};
pub use requests::{Endpoint, LineError, Request, failure, requests, response};
pub use sheet::{Format, Row, Sheet, Table, text, write_lines};
pub use shelf::{Entry, find, shelf, source};
