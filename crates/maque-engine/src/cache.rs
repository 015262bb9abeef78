//! Who holds which KV page: running sequences, cached prefixes, or nobody.

use crate::Request;
use crate::kept::Filed;
use crate::pages::Pages;
use crate::prefix::{Prefixes, Scope};
use crate::queue::Retention;
use maque_kernels::PAGE_TOKENS;

/// All pages of an engine. What a sequence was promised is always there: free or evictable pages cover all promises.
#[derive(Debug)]
pub(crate) struct Cache {
    pages: Pages,
    prefixes: Prefixes,
    n_promised: usize,
}

/// The pages of one sequence. It must be given back with [`Cache::retire`] or [`Cache::abandon`].
#[derive(Debug)]
pub(crate) struct PageTable {
    pages: Vec<u32>,
    n_promised: usize, // further pages that it may take
}

impl PageTable {
    /// Page numbers in the order of positions.
    pub(crate) fn pages(&self) -> &[u32] {
        &self.pages
    }
}

/// What a sequence wants of the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand<'a> {
    /// Whose prefixes it may read.
    pub(crate) scope: Scope,
    /// Leading tokens whose KV it would reuse.
    pub(crate) reusable: &'a [u32],
    /// Positions whose KV it may need in all; more than `reusable` has.
    pub(crate) n_positions: usize,
}

impl<'a> Demand<'a> {
    /// The demand of a request in a context of so many tokens.
    pub(crate) fn of(request: &'a Request, retention: Retention, context: usize) -> Demand<'a> {
        let n_limit = request
            .prompt
            .len()
            .saturating_add(request.max_tokens)
            .min(context);
        Demand::new(request, retention, &request.prompt, n_limit)
    }

    /// The demand of a request with this prompt and at most `n_limit` tokens in all. One prompt token is left to be evaluated, for
    /// its logits; where logprobs of the prompt are asked for, all from the one before the first of those. The last token of an
    /// answer is never evaluated.
    pub(crate) fn new(
        request: &Request,
        retention: Retention,
        prompt: &'a [u32],
        n_limit: usize,
    ) -> Demand<'a> {
        let n_reusable = match request.prompt_logprobs {
            Some(wanted) => wanted.from.clamp(1, prompt.len()) - 1,
            None => prompt.len() - 1,
        };
        let scope = match retention {
            Retention::Client => Scope::Client(request.client),
            Retention::Everyone => Scope::Shared,
        };
        Demand {
            scope,
            reusable: &prompt[..n_reusable],
            n_positions: prompt.len().max(n_limit - 1),
        }
    }
}

/// A place in the cache for a new sequence.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Its pages.
    pub(crate) table: PageTable,
    /// Leading tokens whose KV is there.
    pub(crate) n_cached: usize,
    /// A page to be copied, at once, from the first number to the second.
    pub(crate) copy: Option<(u32, u32)>,
}

/// Page counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageCounts {
    /// Held by sequences.
    pub(crate) n_used: usize,
    /// Held by the prefix tree alone.
    pub(crate) n_cached: usize,
}

impl Cache {
    pub(crate) fn new(n_pages: usize) -> Cache {
        Cache {
            pages: Pages::new(n_pages),
            prefixes: Prefixes::default(),
            n_promised: 0,
        }
    }

    /// Promises pages for all positions; `None` when there are too few now.
    pub(crate) fn admit(&mut self, demand: Demand<'_>) -> Option<Admission> {
        self.admit_leaving(demand, 0)
    }

    /// The same, where so many pages are left to be promised to others.
    pub(crate) fn admit_leaving(&mut self, demand: Demand<'_>, n_left: usize) -> Option<Admission> {
        let found = self.prefixes.find(demand.scope, demand.reusable);
        let n_new = demand.n_positions.div_ceil(PAGE_TOKENS) - found.pages.len();
        for &page in &found.pages {
            self.pages.retain(page);
        }
        if !self.covers(n_new + n_left) {
            for &page in &found.pages {
                self.pages.release(page);
            }
            return None;
        }
        self.n_promised += n_new;
        let n_full = found.pages.len() * PAGE_TOKENS;
        let mut table = PageTable {
            pages: found.pages,
            n_promised: n_new,
        };
        let copy = found
            .tail
            .and_then(|(page, n_tokens)| Some((self.copy_target(&mut table, page)?, n_tokens)));
        let n_cached = n_full + copy.map_or(0, |(_, n_tokens)| n_tokens);
        Some(Admission {
            table,
            n_cached,
            copy: copy.map(|(pair, _)| pair),
        })
    }

    /// The same for a sequence that has `n_done` tokens already, when more are cached by now.
    pub(crate) fn admit_better(&mut self, demand: Demand<'_>, n_done: usize) -> Option<Admission> {
        let found = self.prefixes.find(demand.scope, demand.reusable);
        if found.n_tokens() <= n_done {
            None
        } else {
            self.admit(demand)
        }
    }

    /// Takes as many of the promised pages as `n_positions` positions need.
    pub(crate) fn grow(&mut self, table: &mut PageTable, n_positions: usize) {
        while table.pages.len() * PAGE_TOKENS < n_positions {
            assert!(0 < table.n_promised, "a sequence stays within its promise");
            if self.pages.n_free() == 0 {
                self.prefixes.evict(&mut self.pages);
            }
            table.pages.push(
                self.pages
                    .take()
                    .expect("free or evictable pages cover all promises"),
            );
            table.n_promised -= 1;
            self.n_promised -= 1;
        }
    }

    /// Lets others reuse the KV of `tokens` as far as it fills whole pages: the last one is still written to.
    pub(crate) fn share(&mut self, table: &mut PageTable, scope: Scope, tokens: &[u32]) {
        let n_full = tokens.len() / PAGE_TOKENS * PAGE_TOKENS;
        self.prefixes
            .insert(&mut self.pages, scope, &tokens[..n_full], &mut table.pages);
    }

    /// Takes a sequence's pages and promises back; the KV of `tokens` stays cached until the pages are needed.
    pub(crate) fn retire(&mut self, mut table: PageTable, scope: Scope, tokens: &[u32]) {
        self.prefixes
            .insert(&mut self.pages, scope, tokens, &mut table.pages);
        self.abandon(table);
    }

    /// Takes pages and promises back; nothing of it is cached.
    pub(crate) fn abandon(&mut self, table: PageTable) {
        self.n_promised -= table.n_promised;
        for page in table.pages {
            self.pages.release(page);
        }
    }

    /// Keeps a published shared prefix from eviction; a quarter of all pages may be kept so.
    pub(crate) fn pin(&mut self, tokens: &[u32]) {
        self.prefixes.pin(tokens, self.pages.len() / 4);
    }

    /// Lets kept prefixes go when pages are needed.
    pub(crate) fn unpin(&mut self) {
        self.prefixes.unpin();
    }

    /// All whole pages of cached prefixes.
    pub(crate) fn filed(&self) -> Vec<Filed> {
        self.prefixes.filed()
    }

    /// A free page that nobody was promised; it must be given back, or adopted.
    pub(crate) fn take(&mut self) -> Option<u32> {
        if !self.covers(1) {
            return None;
        }
        self.pages.take()
    }

    /// Takes such a page back.
    pub(crate) fn give_back(&mut self, page: u32) {
        self.pages.release(page);
    }

    /// Makes such pages, now written, cached prefixes.
    pub(crate) fn adopt(&mut self, filed: &[Filed]) {
        self.prefixes.adopt(&mut self.pages, filed);
    }

    pub(crate) fn counts(&self) -> PageCounts {
        let n_cached = self.prefixes.n_cached(&self.pages);
        PageCounts {
            n_used: self.pages.len() - self.pages.n_free() - n_cached,
            n_cached,
        }
    }

    /// Whether so many further pages could be promised.
    fn covers(&self, n_new: usize) -> bool {
        self.n_promised + n_new <= self.pages.n_free() + self.prefixes.n_evictable(&self.pages)
    }

    /// A new last page of `table` for a copy of `source`, unless holding `source` meanwhile would break a promise.
    fn copy_target(&mut self, table: &mut PageTable, source: u32) -> Option<(u32, u32)> {
        let is_held = 1 < self.pages.n_holders(source);
        if !is_held && !self.covers(1) {
            return None;
        }
        self.pages.retain(source);
        self.grow(table, (table.pages.len() + 1) * PAGE_TOKENS);
        self.pages.release(source);
        Some((source, *table.pages.last()?))
    }
}

#[cfg(test)]
mod tests;
