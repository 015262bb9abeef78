//! A radix tree over token ids: which KV pages hold which prefixes, and for whom.
//!
//! A node is one page. Only leaves may be partly filled: longer ones replace them. A page is in at most one node, and a
//! sequence that holds a node's page holds those of all its ancestors.

use crate::kept::Filed;
use crate::pages::Pages;
use maque_kernels::PAGE_TOKENS;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Who may read a cached prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everyone: warmed system prompts.
    Shared,
    /// One client, so that nobody can time another's prompts.
    Client(u64),
}

impl Scope {
    pub(crate) fn sees(self, other: Scope) -> bool {
        other == Scope::Shared || self == other
    }
}

/// The longest cached prefix of a prompt.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Match {
    /// Pages that it fills, in order.
    pub(crate) pages: Vec<u32>,
    /// A further page whose first so many tokens go on with it.
    pub(crate) tail: Option<(u32, usize)>,
}

impl Match {
    /// Tokens in all.
    pub(crate) fn n_tokens(&self) -> usize {
        self.pages.len() * PAGE_TOKENS + self.tail.map_or(0, |(_, n_tokens)| n_tokens)
    }
}

/// The tree; it is one holder of each of its pages.
#[derive(Debug, Default)]
pub(crate) struct Prefixes {
    nodes: Vec<Option<Node>>,
    vacant: Vec<usize>,
    roots: Vec<usize>,
    n_uses: u64,
}

#[derive(Debug)]
struct Node {
    parent: Option<usize>,
    children: Vec<usize>,
    scope: Scope,
    page: u32,
    tokens: Vec<u32>, // 1..=PAGE_TOKENS
    last_use: u64,
    is_pinned: bool,
}

impl Prefixes {
    /// The longest cached prefix of `tokens` that `scope` may read; it counts as used now.
    pub(crate) fn find(&mut self, scope: Scope, tokens: &[u32]) -> Match {
        let (chunks, _) = tokens.as_chunks::<PAGE_TOKENS>();
        let mut ends: Vec<Option<usize>> = vec![None]; // the nodes that hold all chunks so far: one a scope, seldom more
        let mut depth = 0;
        for chunk in chunks {
            let children = ends.iter().flat_map(|&end| self.children(end));
            let next: Vec<_> = children
                .filter(|&&id| self.reads(id, scope, chunk))
                .map(|&id| Some(id))
                .collect();
            if next.is_empty() {
                break;
            }
            ends = next;
            depth += 1;
        }
        let rest = &tokens[depth * PAGE_TOKENS..];
        let tails = ends
            .iter()
            .flat_map(|&end| self.children(end))
            .filter(|&&id| scope.sees(self.node(id).scope));
        let tail = tails
            .map(|&id| (common(&self.node(id).tokens, rest), id))
            .max_by_key(|&(n_common, _)| n_common);
        let tail = tail.filter(|&(n_common, _)| 0 < n_common);
        let end = tail.map_or(ends[0], |(_, id)| self.node(id).parent);
        let pages = self
            .path(end)
            .iter()
            .map(|&id| self.node(id).page)
            .collect();
        self.touch(tail.map_or(end, |(_, id)| Some(id)));
        Match {
            pages,
            tail: tail.map(|(n_tokens, id)| (self.node(id).page, n_tokens)),
        }
    }

    /// Files `tokens` under `scope`; `held` are the caller's pages of them. Where the tree has a page with the same tokens the
    /// caller gets that one in exchange.
    pub(crate) fn insert(
        &mut self,
        pages: &mut Pages,
        scope: Scope,
        tokens: &[u32],
        held: &mut [u32],
    ) {
        let mut parent = None;
        for (chunk, page) in tokens.chunks(PAGE_TOKENS).zip(held) {
            let Some(id) = self.file(pages, parent, scope, chunk, page) else {
                break;
            };
            parent = Some(id);
        }
        self.touch(parent);
    }

    /// Files whole pages that have one holder, each after its parent, the most recently used first; that holder is now the tree.
    pub(crate) fn adopt(&mut self, pages: &mut Pages, filed: &[Filed]) {
        let mut ids: Vec<usize> = Vec::new();
        for one in filed {
            let (parent, mut page) = (one.parent.map(|place| ids[place]), one.page);
            let id = self.file(pages, parent, one.scope, &one.tokens, &mut page);
            ids.push(id.expect("no page has more tokens than a whole one"));
            pages.release(page);
        }
        for id in ids.into_iter().rev() {
            self.touch(Some(id));
        }
    }

    /// All whole pages, the most recently used first, each after its parent.
    pub(crate) fn filed(&self) -> Vec<Filed> {
        let is_whole = |&id: &usize| self.node(id).tokens.len() == PAGE_TOKENS;
        let mut ids: Vec<usize> = self.ids().filter(is_whole).collect();
        // What goes on from a page was never used later than that page.
        ids.sort_by_cached_key(|&id| (Reverse(self.node(id).last_use), self.path(Some(id)).len()));
        let places: HashMap<usize, usize> = ids.iter().copied().zip(0..).collect();
        let filed = ids.iter().filter_map(|&id| {
            let node = self.node(id);
            Some(Filed {
                parent: node.parent.map(|parent| places[&parent]),
                scope: node.scope,
                tokens: *node.tokens.as_array()?,
                page: node.page,
            })
        });
        filed.collect()
    }

    /// Gives back the least recently used page that nobody else holds; false when there is none.
    pub(crate) fn evict(&mut self, pages: &mut Pages) -> bool {
        let leaves = self
            .ids()
            .filter(|&id| self.node(id).children.is_empty() && self.is_evictable(id, pages));
        let Some(id) = leaves.min_by_key(|&id| self.node(id).last_use) else {
            return false;
        };
        let node = self.nodes[id].take().expect("ids are of nodes");
        self.siblings_mut(node.parent)
            .retain(|&sibling| sibling != id);
        self.vacant.push(id);
        pages.release(node.page);
        true
    }

    /// Pages that eviction could give back, one after the other.
    pub(crate) fn n_evictable(&self, pages: &Pages) -> usize {
        self.ids()
            .filter(|&id| self.is_evictable(id, pages))
            .count()
    }

    /// Pages that nobody but the tree holds.
    pub(crate) fn n_cached(&self, pages: &Pages) -> usize {
        self.ids()
            .filter(|&id| pages.n_holders(self.node(id).page) == 1)
            .count()
    }

    /// Keeps a shared prefix from eviction as long as no more than `max_pinned` pages are kept so.
    pub(crate) fn pin(&mut self, tokens: &[u32], max_pinned: usize) {
        let found = self.find(Scope::Shared, tokens);
        let wanted: Vec<u32> = found
            .pages
            .iter()
            .copied()
            .chain(found.tail.map(|(page, _)| page))
            .collect();
        let wanted: Vec<usize> = self
            .ids()
            .filter(|&id| wanted.contains(&self.node(id).page))
            .collect();
        let n_pinned = self
            .ids()
            .filter(|id| self.node(*id).is_pinned && !wanted.contains(id))
            .count();
        if n_pinned + wanted.len() <= max_pinned {
            for id in wanted {
                self.node_mut(id).is_pinned = true;
            }
        }
    }

    /// Lets all kept prefixes be evicted.
    pub(crate) fn unpin(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            node.is_pinned = false;
        }
    }

    fn place(&self, parent: Option<usize>, scope: Scope, chunk: &[u32], page: u32) -> Place {
        let visible = || {
            self.children(parent)
                .iter()
                .copied()
                .filter(|&id| scope.sees(self.node(id).scope))
        };
        let same = visible().filter(|&id| self.node(id).tokens == chunk);
        if let Some(id) = same.max_by_key(|&id| {
            (
                self.node(id).page == page,
                self.node(id).scope == Scope::Shared,
            )
        }) {
            return Place::Same(id);
        }
        if visible().any(|id| self.node(id).tokens.starts_with(chunk)) {
            return Place::Covered;
        }
        let shorter =
            |&id: &usize| self.node(id).scope == scope && chunk.starts_with(&self.node(id).tokens);
        visible().find(shorter).map_or(Place::New, Place::Longer)
    }

    /// Files one page below `parent`; `None` where the tree has one with more tokens.
    fn file(
        &mut self,
        pages: &mut Pages,
        parent: Option<usize>,
        scope: Scope,
        chunk: &[u32],
        page: &mut u32,
    ) -> Option<usize> {
        match self.place(parent, scope, chunk, *page) {
            Place::Same(id) => {
                self.exchange(pages, id, page);
                Some(id)
            }
            Place::Covered => None,
            Place::Longer(id) => {
                self.replace(pages, id, chunk, *page);
                Some(id)
            }
            Place::New => Some(self.add(pages, Node::new(parent, scope, *page, chunk))),
        }
    }

    fn exchange(&self, pages: &mut Pages, id: usize, held: &mut u32) {
        let page = self.node(id).page;
        if page != *held {
            pages.retain(page);
            pages.release(*held);
            *held = page;
        }
    }

    fn replace(&mut self, pages: &mut Pages, id: usize, chunk: &[u32], page: u32) {
        let node = self.node_mut(id);
        let old = std::mem::replace(&mut node.page, page);
        node.tokens = chunk.to_vec();
        pages.retain(page);
        pages.release(old);
    }

    fn add(&mut self, pages: &mut Pages, node: Node) -> usize {
        pages.retain(node.page);
        let parent = node.parent;
        let id = self.vacant.pop().unwrap_or_else(|| {
            self.nodes.push(None);
            self.nodes.len() - 1
        });
        self.nodes[id] = Some(node);
        self.siblings_mut(parent).push(id);
        id
    }

    /// Marks a node and its ancestors as used now.
    fn touch(&mut self, end: Option<usize>) {
        self.n_uses += 1;
        let mut next = end;
        while let Some(id) = next {
            let n_uses = self.n_uses;
            let node = self.node_mut(id);
            node.last_use = n_uses;
            next = node.parent;
        }
    }

    /// Nodes from the root to `end`.
    fn path(&self, end: Option<usize>) -> Vec<usize> {
        let mut path: Vec<_> = std::iter::successors(end, |&id| self.node(id).parent).collect();
        path.reverse();
        path
    }

    fn reads(&self, id: usize, scope: Scope, chunk: &[u32]) -> bool {
        let node = self.node(id);
        scope.sees(node.scope) && node.tokens == chunk
    }

    fn is_evictable(&self, id: usize, pages: &Pages) -> bool {
        let node = self.node(id);
        !node.is_pinned && pages.n_holders(node.page) == 1
    }

    fn ids(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|&id| self.nodes[id].is_some())
    }

    fn children(&self, parent: Option<usize>) -> &[usize] {
        parent.map_or(&self.roots, |id| &self.node(id).children)
    }

    fn siblings_mut(&mut self, parent: Option<usize>) -> &mut Vec<usize> {
        match parent {
            Some(id) => &mut self.node_mut(id).children,
            None => &mut self.roots,
        }
    }

    fn node(&self, id: usize) -> &Node {
        self.nodes[id].as_ref().expect("ids are of nodes")
    }

    fn node_mut(&mut self, id: usize) -> &mut Node {
        self.nodes[id].as_mut().expect("ids are of nodes")
    }
}

/// Where a page of tokens belongs among its siblings.
enum Place {
    /// This node has the same tokens.
    Same(usize),
    /// A node has the same and more.
    Covered,
    /// This leaf has the same but fewer.
    Longer(usize),
    New,
}

impl Node {
    fn new(parent: Option<usize>, scope: Scope, page: u32, tokens: &[u32]) -> Node {
        Node {
            parent,
            children: Vec::new(),
            scope,
            page,
            tokens: tokens.to_vec(),
            last_use: 0,
            is_pinned: false,
        }
    }
}

/// Length of the common prefix.
fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
impl Prefixes {
    /// The tree's invariants: see the module's description.
    pub(crate) fn assert_consistent(&self, pages: &Pages) {
        let mut held = Vec::new();
        for id in self.ids() {
            let node = self.node(id);
            assert!((1..=PAGE_TOKENS).contains(&node.tokens.len()));
            assert!(
                node.tokens.len() == PAGE_TOKENS || node.children.is_empty(),
                "a partly filled page has children"
            );
            assert!(
                !held.contains(&node.page),
                "page {} is in two nodes",
                node.page
            );
            assert!(self.children(node.parent).contains(&id));
            for &child in &node.children {
                let child = self.node(child);
                assert!(
                    pages.n_holders(child.page) <= pages.n_holders(node.page)
                        || child.page == node.page
                );
                assert!(
                    child.scope != Scope::Shared || node.scope == Scope::Shared,
                    "a shared page below a client's"
                );
            }
            held.push(node.page);
        }
    }
}
