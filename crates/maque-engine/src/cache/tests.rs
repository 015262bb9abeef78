//! The cache by itself: promises, copies, eviction, scopes.

use super::*;

impl Cache {
    /// Holders add up, and free or evictable pages cover all promises.
    pub(crate) fn assert_consistent(&self) {
        let n_evictable = self.prefixes.n_evictable(&self.pages);
        assert!(
            self.n_promised <= self.pages.n_free() + n_evictable,
            "promises are not covered: {self:?}"
        );
        self.prefixes.assert_consistent(&self.pages);
    }
}

fn demand(scope: Scope, reusable: &[u32], n_positions: usize) -> Demand<'_> {
    Demand {
        scope,
        reusable,
        n_positions,
    }
}

fn tokens(n: usize) -> Vec<u32> {
    (0..n as u32).collect()
}

const ANNA: Scope = Scope::Client(1);
const BERT: Scope = Scope::Client(2);

/// Evaluates `tokens` and leaves them cached.
fn leave(cache: &mut Cache, scope: Scope, tokens: &[u32]) {
    let admission = cache
        .admit(demand(scope, &[], tokens.len()))
        .expect("there is room");
    let mut table = admission.table;
    cache.grow(&mut table, tokens.len());
    cache.retire(table, scope, tokens);
    cache.assert_consistent();
}

#[test]
fn promises_are_kept_and_given_back() {
    let mut cache = Cache::new(4);
    let first = cache.admit(demand(ANNA, &[], 70)).expect("3 of 4 pages");
    assert!(cache.admit(demand(ANNA, &[], 33)).is_none());
    let second = cache.admit(demand(BERT, &[], 32)).expect("the last page");
    assert_eq!(
        cache.counts(),
        PageCounts {
            n_used: 0,
            n_cached: 0
        }
    );
    cache.abandon(first.table);
    cache.abandon(second.table);
    assert!(cache.admit(demand(ANNA, &[], 128)).is_some());
}

#[test]
fn a_prefix_is_found_to_the_token() {
    let mut cache = Cache::new(16);
    let cached = tokens(80);
    leave(&mut cache, ANNA, &cached);
    for (n_common, n_copies) in [
        (0, 0),
        (1, 1),
        (31, 1),
        (32, 0),
        (33, 1),
        (64, 0),
        (70, 1),
        (80, 1),
    ] {
        let mut prompt = cached[..n_common].to_vec();
        prompt.extend([1_000, 1_001]);
        let admission = cache
            .admit(demand(ANNA, &prompt, prompt.len() + 1))
            .expect("there is room");
        assert_eq!(admission.n_cached, n_common);
        assert_eq!(
            usize::from(admission.copy.is_some()),
            n_copies,
            "{n_common} common tokens"
        );
        cache.abandon(admission.table);
        cache.assert_consistent();
    }
}

#[test]
fn a_copy_never_takes_its_own_source_for_a_target() {
    let mut cache = Cache::new(2);
    leave(&mut cache, ANNA, &tokens(40));
    // two pages in all: the first is reused, so the partly filled second is the only one left for the new tokens
    let admission = cache
        .admit(demand(ANNA, &tokens(60), 60))
        .expect("there is room");
    assert_eq!((admission.n_cached, admission.copy), (32, None));
    let mut table = admission.table;
    cache.grow(&mut table, 60);
    assert_eq!(table.pages().len(), 2);
    cache.retire(table, ANNA, &tokens(60));
    cache.assert_consistent();
}

#[test]
fn equal_pages_are_kept_once() {
    let mut cache = Cache::new(8);
    leave(&mut cache, ANNA, &tokens(64));
    leave(&mut cache, ANNA, &tokens(64));
    assert_eq!(
        cache.counts(),
        PageCounts {
            n_used: 0,
            n_cached: 2
        }
    );
    leave(&mut cache, ANNA, &tokens(70));
    leave(&mut cache, ANNA, &tokens(68));
    leave(&mut cache, ANNA, &tokens(75));
    assert_eq!(cache.counts().n_cached, 3);
    leave(&mut cache, BERT, &tokens(64));
    assert_eq!(cache.counts().n_cached, 5);
}

#[test]
fn a_shared_prefix_is_seen_by_all_and_a_clients_own_by_it_alone() {
    let mut cache = Cache::new(16);
    leave(&mut cache, Scope::Shared, &tokens(32));
    leave(&mut cache, ANNA, &tokens(64));
    let cached = |cache: &mut Cache, scope| {
        let admission = cache
            .admit(demand(scope, &tokens(64), 65))
            .expect("there is room");
        let n_cached = admission.n_cached;
        cache.abandon(admission.table);
        n_cached
    };
    assert_eq!(cached(&mut cache, ANNA), 64);
    assert_eq!(cached(&mut cache, BERT), 32);
    assert_eq!(cached(&mut cache, Scope::Shared), 32);
    assert_eq!(cache.counts().n_cached, 2); // Anna's first page is the shared one
}

#[test]
fn warming_later_than_a_conversation_loses_neither() {
    let mut cache = Cache::new(16);
    let mut conversation = cache
        .admit(demand(ANNA, &[], 96))
        .expect("there is room")
        .table;
    cache.grow(&mut conversation, 64);
    cache.share(&mut conversation, ANNA, &tokens(64));
    leave(&mut cache, Scope::Shared, &tokens(64));
    cache.grow(&mut conversation, 96);
    cache.retire(conversation, ANNA, &tokens(96));
    cache.assert_consistent();
    let admission = cache
        .admit(demand(ANNA, &tokens(96), 97))
        .expect("there is room");
    assert_eq!(admission.n_cached, 96);
    cache.abandon(admission.table);
    assert_eq!(
        cache.counts(),
        PageCounts {
            n_used: 0,
            n_cached: 5
        }
    );
}

#[test]
fn pins_hold_a_quarter_of_the_pages_at_most() {
    let mut cache = Cache::new(8);
    leave(&mut cache, Scope::Shared, &tokens(40));
    cache.pin(&tokens(40));
    let other: Vec<u32> = (100..140).collect();
    leave(&mut cache, Scope::Shared, &other);
    cache.pin(&other); // would make four
    let all = cache
        .admit(demand(ANNA, &[], 6 * PAGE_TOKENS))
        .expect("six can be evicted");
    assert!(cache.admit(demand(ANNA, &[], 1)).is_none());
    cache.unpin();
    assert!(cache.admit(demand(ANNA, &[], 2 * PAGE_TOKENS)).is_some());
    cache.abandon(all.table);
}

#[test]
fn the_least_recently_used_leaf_goes_first() {
    let mut cache = Cache::new(4);
    leave(&mut cache, ANNA, &tokens(64));
    let other: Vec<u32> = (100..164).collect();
    leave(&mut cache, ANNA, &other);
    let used = cache
        .admit(demand(ANNA, &tokens(64), 64))
        .expect("it is cached");
    cache.abandon(used.table);
    leave(&mut cache, ANNA, &[500]);
    let n_cached = |cache: &mut Cache, tokens: &[u32]| {
        let admission = cache
            .admit(demand(ANNA, tokens, 64))
            .expect("there is room");
        let n_cached = admission.n_cached;
        cache.abandon(admission.table);
        n_cached
    };
    assert_eq!(n_cached(&mut cache, &other), 32);
    assert_eq!(n_cached(&mut cache, &tokens(64)), 64);
}
