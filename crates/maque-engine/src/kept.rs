//! Cached prefixes on their way out of an engine, and into the next one: whole pages with their tokens.

use crate::Runner;
use crate::cache::Cache;
use crate::prefix::Scope;
use maque_kernels::PAGE_TOKENS;

/// A whole page of a cached prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptPage<'a> {
    /// The page that it goes on from: its place in the order of the pages; `None` at the beginning of a prompt.
    pub parent: Option<usize>,
    /// The client that may read it; `None` for everyone.
    pub client: Option<u64>,
    /// Its tokens.
    pub tokens: [u32; PAGE_TOKENS],
    /// Their keys and values, in the runner's layout.
    pub kv: &'a [i16],
}

/// All whole pages of cached prefixes, the most recently used first, each after the one that it goes on from.
pub(crate) fn kept<'a>(
    cache: &Cache,
    runner: &'a dyn Runner,
) -> impl Iterator<Item = KeptPage<'a>> {
    cache.filed().into_iter().map(|filed| KeptPage {
        parent: filed.parent,
        client: match filed.scope {
            Scope::Shared => None,
            Scope::Client(client) => Some(client),
        },
        tokens: filed.tokens,
        kv: runner.page(filed.page),
    })
}

/// A page in a list where each comes after the one that it goes on from.
#[derive(Clone, Debug)]
pub(crate) struct Filed {
    /// The place of that one in the list.
    pub(crate) parent: Option<usize>,
    /// Who may read it.
    pub(crate) scope: Scope,
    /// All of its tokens.
    pub(crate) tokens: [u32; PAGE_TOKENS],
    /// Its number.
    pub(crate) page: u32,
}

/// Why a page is not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdopted {
    /// There is no room for this one and further ones.
    #[error("no page is free")]
    Full,
    /// It goes on from none of the pages before it, or is not its reader's, or has no tokens of this model.
    #[error("the page does not fit the pages before it")]
    Unfit,
}

/// Pages that an engine takes over from an earlier one. Requests find them once [`Adoption::finish`] is called; otherwise
/// they are given back.
pub struct Adoption<'a> {
    cache: &'a mut Cache,
    runner: &'a mut dyn Runner,
    filed: Vec<Filed>,
}

impl<'a> Adoption<'a> {
    pub(crate) fn new(cache: &'a mut Cache, runner: &'a mut dyn Runner) -> Adoption<'a> {
        Adoption {
            cache,
            runner,
            filed: Vec::new(),
        }
    }

    /// Room for the keys and values of the next page, in the order and with the meaning of [`KeptPage`].
    pub fn page(
        &mut self,
        parent: Option<usize>,
        client: Option<u64>,
        tokens: [u32; PAGE_TOKENS],
    ) -> Result<&mut [i16], NotAdopted> {
        let scope = client.map_or(Scope::Shared, Scope::Client);
        let parent_scope = match parent {
            Some(parent) => self.filed.get(parent).ok_or(NotAdopted::Unfit)?.scope,
            None => Scope::Shared,
        };
        let n_vocab = self.runner.n_vocab();
        if !scope.sees(parent_scope) || tokens.iter().any(|&id| n_vocab <= id as usize) {
            return Err(NotAdopted::Unfit);
        }
        let page = self.cache.take().ok_or(NotAdopted::Full)?;
        self.filed.push(Filed {
            parent,
            scope,
            tokens,
            page,
        });
        Ok(self.runner.page_mut(page))
    }

    /// Lets requests reuse all of them; how many there are.
    pub fn finish(mut self) -> usize {
        let filed = std::mem::take(&mut self.filed);
        self.cache.adopt(&filed);
        filed.len()
    }
}

impl Drop for Adoption<'_> {
    fn drop(&mut self) {
        for filed in &self.filed {
            self.cache.give_back(filed.page);
        }
    }
}
