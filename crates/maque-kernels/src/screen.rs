//! The best outputs of a large matrix by reading little more than half of it: the high plane shows which
//! rows can be among the best, and these alone are computed in full.
//!
//! A row's score of the high plane lacks `Σ low · x`, a sum of many small terms of either sign. In units of
//! `‖low‖ · ‖x‖ / √n_cols` it is distributed like a normal variable: of 7.6 million such sums over a real
//! output head the largest was 6.3. So a row is left out only if [`MARGIN`] units would not lift it to
//! the last of the best; what is found is a function of `x` alone, and the same as by computing everything
//! as far as chance can be trusted (bench/NOTES.md has the positions that were compared).

use crate::activations::TILE_TOKENS;
use crate::matmul::{Finish, Piece, Pieces, Product, run};
use crate::panel::GROUP_ROWS;
use crate::parts::Parts;
use crate::vectorise::vectorise;
use crate::{Activations, Machine, Matrix};
use norms::norm;
use std::ops::Range;

pub(crate) use norms::low_norms;

mod norms;

/// How many units a left-out part may reach.
const MARGIN: f32 = 12.0;
/// Groups that one thread takes at a time of those to be computed in full: their memory lies scattered.
const GROUPS_AT_ONCE: usize = 4;
/// Groups that are computed in full without being scored first.
const FEW_GROUPS: usize = 64;

/// A group that so many of a tile's tokens want, or fewer, is computed for each alone.
const FEW_TOKENS: u32 = 2;

/// What is wanted of one token's outputs.
#[derive(Clone, Copy, Debug)]
pub struct Best<'a> {
    /// The best so many, at least 1; equal ones all.
    pub n: usize,
    /// Rows that will still be lowered before the best are chosen, never raised: they do not count among
    /// the best so many, but are found if they would. In two lists, as they often are kept.
    pub lowered: [&'a [u32]; 2],
    /// The rows that count, if not all: bit `row % 32` of word `row / 32`.
    pub allowed: Option<&'a [u32]>,
}

impl Best<'_> {
    /// Whether a row counts.
    fn allows(&self, row: usize) -> bool {
        self.allowed.is_none_or(|words| {
            let word = words.get(row / 32);
            word.is_some_and(|word| word >> (row % 32) & 1 == 1)
        })
    }

    /// All outputs are wanted.
    pub const ALL: Best<'static> = Best {
        n: usize::MAX,
        lowered: [&[]; 2],
        allowed: None,
    };

    /// Whether all outputs are wanted.
    pub fn is_of_all(&self) -> bool {
        self.n == usize::MAX
    }

    /// Whether so few rows count that no others need be read to find the best.
    pub fn is_of_few(&self) -> bool {
        self.few_groups().is_some()
    }

    /// The groups with rows that count, if these are so few that the high plane need not be read.
    fn few_groups(&self) -> Option<impl Iterator<Item = usize>> {
        let words = self.allowed?;
        let groups = move || (0..2 * words.len()).filter(|group| has_allowed(words, *group));
        groups().nth(FEW_GROUPS).is_none().then(groups)
    }
}

/// Whether a group has a row whose bit is set.
fn has_allowed(words: &[u32], group: usize) -> bool {
    let word = words.get(group / 2);
    word.is_some_and(|word| word >> (16 * (group % 2)) & 0xffff != 0)
}

/// Buffers of [`Machine::matmul_best`], sized once.
#[derive(Default)]
pub struct Screen {
    reach: Vec<f32>,         // [n_tokens]            MARGIN · ‖x‖ / √n_cols
    scores: Vec<f32>,        // [n_tokens, n_groups]  the best score of each group
    bounds: Vec<f32>,        // [n_tokens, n_groups]  what its rows reach at most
    wanted: Vec<u8>,         // [n_tiles, n_groups]   bit t: to be computed for token t of the tile
    done: Vec<u8>,           // [n_tiles, n_groups]   bit t: computed
    list: Vec<Spot>,         // what is wanted, in order
    sorted: Vec<f32>,        // scores of groups, or outputs, partly sorted
    lowered: Vec<bool>,      // [n_rows]              all false between tokens
    alone: Vec<Activations>, // [n_tokens]       each a row of the product's
}

/// One group of rows and one tile of tokens.
#[derive(Clone, Copy)]
struct Spot {
    tile: usize,
    group: usize,
    tokens: u8,
}

/// A product under way.
struct Screening<'a> {
    machine: &'a Machine,
    weights: &'a Matrix,
    x: &'a Activations,
    screen: &'a mut Screen,
}

/// The scores of all groups on their way out of a product of the high plane.
struct Scoring<'a> {
    product: Product<'a>,
    weights: &'a Matrix,
    reach: &'a [f32],       // [n_tokens]
    scores: Parts<'a, f32>, // [n_tokens, n_groups]
    bounds: Parts<'a, f32>, // [n_tokens, n_groups]
}

impl Screen {
    /// Room for `max_tokens` tokens of a matrix in planes; none is needed for another one.
    pub fn new(weights: &Matrix, max_tokens: usize) -> Screen {
        if !weights.is_in_planes() {
            return Screen::default();
        }
        let n_groups = weights.n_groups();
        let n_tiles = max_tokens.div_ceil(TILE_TOKENS);
        Screen {
            reach: vec![0.0; max_tokens],
            scores: vec![0.0; max_tokens * n_groups],
            bounds: vec![0.0; max_tokens * n_groups],
            wanted: vec![0; n_tiles * n_groups],
            done: vec![0; n_tiles * n_groups],
            list: Vec::with_capacity(n_groups),
            sorted: Vec::with_capacity(n_groups),
            lowered: vec![false; weights.n_rows()],
            alone: (0..max_tokens)
                .map(|_| Activations::read_by([weights], 1, weights.n_cols()))
                .collect(),
        }
    }
}

/// Writes to `out` the outputs that [`Machine::matmul_best`] promises.
///
/// # Panics
/// If shapes do not fit together, or the screen is smaller than the product.
pub(crate) fn multiply_best(
    machine: &Machine,
    out: &mut [f32],
    weights: &Matrix,
    x: &Activations,
    screen: &mut Screen,
    wanted: &[Best<'_>],
) {
    assert_eq!(wanted.len(), x.n_tokens(), "each token wants something");
    let mut screening = Screening {
        machine,
        weights,
        x,
        screen,
    };
    screening.begin();
    if wanted.iter().all(Best::is_of_few) {
        out[..wanted.len() * weights.n_rows()].fill(f32::NEG_INFINITY);
        screening.want_few(wanted);
        return screening.compute(out);
    }
    screening.score(out);
    for (token, best) in wanted.iter().enumerate() {
        best.allowed
            .into_iter()
            .for_each(|words| screening.leave_out(token, words));
        // Twice as many as wanted: some of them may be lowered.
        screening.want_best(token, best.n.saturating_mul(2));
    }
    screening.compute(out);
    for (token, best) in wanted.iter().enumerate() {
        let floor = screening.floor(&out[token * weights.n_rows()..], token, best);
        screening.want_above(token, floor);
    }
    screening.compute(out);
}

impl Screening<'_> {
    /// Nothing is computed yet.
    fn begin(&mut self) {
        self.screen.done[..self.x.n_tiles() * self.weights.n_groups()].fill(0);
        let alone = self.screen.alone.iter_mut().take(self.x.n_tokens());
        for (token, alone) in alone.enumerate() {
            alone.become_row(self.x, token);
        }
    }

    /// Scores all groups; `out` is −∞ afterwards.
    fn score(&mut self, out: &mut [f32]) {
        let (n_groups, n_tokens) = (self.weights.n_groups(), self.x.n_tokens());
        let n_tiles = self.x.n_tiles();
        let (machine, weights, x) = (self.machine, self.weights, self.x);
        for (token, reach) in self.screen.reach[..n_tokens].iter_mut().enumerate() {
            *reach = MARGIN * norm(x, token, weights.precision()) / (x.n_cols() as f32).sqrt();
        }
        let scoring = Scoring {
            product: Product::new(out, weights, Finish::Write, x).of_high_plane(),
            weights,
            reach: &self.screen.reach[..n_tokens],
            scores: Parts::new(&mut self.screen.scores),
            bounds: Parts::new(&mut self.screen.bounds),
        };
        let pieces = Pieces::of(weights, n_tiles, machine.n_threads());
        machine.pool().run(pieces.n, &|i| {
            let groups = pieces.groups(i, n_groups);
            let piece = Piece {
                groups: groups.clone(),
                tiles: 0..n_tiles,
            };
            run(machine.isa(), &scoring.product, x, piece);
            vectorise(
                machine.isa(),
                #[inline(always)]
                || {
                    for token in 0..n_tokens {
                        // SAFETY: the pool hands out each piece once.
                        unsafe { scoring.take(token, &groups) };
                    }
                },
            );
        });
    }

    /// Takes groups without a bit out of the race.
    fn leave_out(&mut self, token: usize, words: &[u32]) {
        let of_token = self.groups_of(token);
        let scores = &mut self.screen.scores[of_token.clone()];
        let bounds = &mut self.screen.bounds[of_token];
        let pairs = scores.iter_mut().zip(bounds).enumerate();
        for (group, (score, bound)) in pairs {
            if !has_allowed(words, group) {
                (*score, *bound) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
            }
        }
    }

    /// Wants the few groups that have rows which count.
    fn want_few(&mut self, wanted: &[Best<'_>]) {
        let n_groups = self.weights.n_groups();
        for (token, best) in wanted.iter().enumerate() {
            let groups = best.few_groups().into_iter().flatten();
            for group in groups.filter(|group| *group < n_groups) {
                let at = token / TILE_TOKENS * n_groups + group;
                self.screen.wanted[at] |= 1 << (token % TILE_TOKENS);
            }
        }
    }

    /// Wants the `n` groups with the best scores.
    fn want_best(&mut self, token: usize, n: usize) {
        let of_token = self.groups_of(token);
        let Screen {
            scores,
            sorted,
            wanted,
            ..
        } = &mut *self.screen;
        let scores = &scores[of_token];
        sorted.clear();
        sorted.extend_from_slice(scores);
        want_reaching(wanted, scores, token, select_nth_largest(sorted, n));
    }

    /// The last of the best among the rows computed so far that stay as they are.
    fn floor(&mut self, out: &[f32], token: usize, best: &Best<'_>) -> f32 {
        let (n_groups, n_rows) = (self.weights.n_groups(), self.weights.n_rows());
        let Screen {
            done,
            sorted,
            lowered,
            ..
        } = &mut *self.screen;
        mark(lowered, best, true);
        let done = &done[token / TILE_TOKENS * n_groups..][..n_groups];
        let groups = (0..n_groups).filter(|&group| done[group] >> (token % TILE_TOKENS) & 1 == 1);
        let rows =
            groups.flat_map(|group| GROUP_ROWS * group..n_rows.min(GROUP_ROWS * (group + 1)));
        sorted.clear();
        sorted.extend(
            rows.filter(|&row| !lowered[row] && !out[row].is_nan() && best.allows(row))
                .map(|row| out[row]),
        );
        mark(lowered, best, false);
        select_nth_largest(sorted, best.n)
    }

    /// Wants all groups that may reach `floor`.
    fn want_above(&mut self, token: usize, floor: f32) {
        let of_token = self.groups_of(token);
        let Screen { bounds, wanted, .. } = &mut *self.screen;
        want_reaching(wanted, &bounds[of_token], token, floor);
    }

    /// Where a token's groups are among those of all tokens.
    fn groups_of(&self, token: usize) -> Range<usize> {
        let n_groups = self.weights.n_groups();
        token * n_groups..(token + 1) * n_groups
    }

    /// Computes what is wanted and not done.
    fn compute(&mut self, out: &mut [f32]) {
        self.take_list();
        let (machine, weights, x) = (self.machine, self.weights, self.x);
        let (list, n_rows) = (&self.screen.list, weights.n_rows());
        let alone = &self.screen.alone;
        let out = Parts::new(out);
        machine
            .pool()
            .run(list.len().div_ceil(GROUPS_AT_ONCE), &|i| {
                let spots = list.iter().enumerate().skip(i * GROUPS_AT_ONCE);
                for (at, spot) in spots.take(GROUPS_AT_ONCE) {
                    let group = spot.group;
                    let rows = GROUP_ROWS * group..n_rows.min(GROUP_ROWS * (group + 1));
                    let ahead = spot.distance(list.get(at + 1)) * weights.layout().group_bytes;
                    let multiply = |x, tile| {
                        let mut sums = [0.0; TILE_TOKENS * GROUP_ROWS];
                        let piece = Piece {
                            groups: group..group + 1,
                            tiles: tile..tile + 1,
                        };
                        let product = Product::of_piece(&mut sums, GROUP_ROWS, weights, x, &piece);
                        run(machine.isa(), &product.fetching(ahead), x, piece);
                        sums
                    };
                    let keep = |token: usize, sums: &[f32]| {
                        let start = token * n_rows;
                        // SAFETY: each group of rows is in the list once for a token.
                        let out = unsafe { out.take(start + rows.start..start + rows.end) };
                        out.copy_from_slice(&sums[..rows.len()]);
                    };
                    match spot.tokens.count_ones() {
                        ..=FEW_TOKENS => spot
                            .wanted()
                            .for_each(|token| keep(token, &multiply(&alone[token], 0))),
                        _ => {
                            let sums = multiply(x, spot.tile);
                            for token in spot.wanted() {
                                keep(token, &sums[token % TILE_TOKENS * GROUP_ROWS..]);
                            }
                        }
                    }
                }
            });
    }

    /// Makes a list of what is wanted and not done, and takes it as done.
    fn take_list(&mut self) {
        let n_groups = self.weights.n_groups();
        let Screen {
            wanted, done, list, ..
        } = &mut *self.screen;
        list.clear();
        let spots = wanted
            .iter_mut()
            .zip(done)
            .take(self.x.n_tiles() * n_groups);
        for (at, (wanted, done)) in spots.enumerate() {
            let tokens = std::mem::take(wanted) & !*done;
            if tokens != 0 {
                *done |= tokens;
                list.push(Spot {
                    tile: at / n_groups,
                    group: at % n_groups,
                    tokens,
                });
            }
        }
    }
}

impl Scoring<'_> {
    /// Takes one token's outputs of some groups for their scores, and leaves −∞ in their place.
    ///
    /// # Safety
    /// No other thread may have these groups.
    #[inline(always)]
    unsafe fn take(&self, token: usize, groups: &Range<usize>) {
        let first = token * self.weights.n_groups();
        let range = first + groups.start..first + groups.end;
        // SAFETY: these groups are the caller's alone.
        let scores = unsafe { self.scores.take(range.clone()) };
        // SAFETY: as above.
        let bounds = unsafe { self.bounds.take(range) };
        for (group, (score, bound)) in groups.clone().zip(scores.iter_mut().zip(bounds)) {
            // SAFETY: as above.
            let out = unsafe { self.product.out_of(token, &self.product.rows(group)) };
            let low_norms = &self.weights.low_norms()[group];
            (*score, *bound) = extremes(out, low_norms, self.reach[token]);
            out.fill(f32::NEG_INFINITY);
        }
    }
}

impl Spot {
    /// The tokens that want it.
    fn wanted(self) -> impl Iterator<Item = usize> {
        let first = self.tile * TILE_TOKENS;
        (0..TILE_TOKENS)
            .filter(move |t| self.tokens >> t & 1 == 1)
            .map(move |t| first + t)
    }

    /// Groups from this one to the next one's; none where it is in another tile.
    fn distance(&self, next: Option<&Spot>) -> usize {
        next.map_or(0, |next| next.group.saturating_sub(self.group))
    }
}

fn mark(lowered: &mut [bool], best: &Best<'_>, is_lowered: bool) {
    for row in best.lowered.into_iter().flatten() {
        lowered[*row as usize] = is_lowered;
    }
}

/// The best of one group's scores, and what its rows reach at most; NaN is taken for +∞.
#[inline(always)]
fn extremes(scores: &[f32], low_norms: &[f32; GROUP_ROWS], reach: f32) -> (f32, f32) {
    let (mut best, mut bound) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for (score, low_norm) in scores.iter().zip(low_norms) {
        best = best.max(or_infinity(*score));
        bound = bound.max(or_infinity(low_norm.mul_add(reach, *score)));
    }
    (best, bound)
}

#[inline(always)]
fn or_infinity(x: f32) -> f32 {
    if x.is_nan() { f32::INFINITY } else { x }
}

/// Wants, for one token, the groups whose number is at least `floor`, and more than −∞.
fn want_reaching(wanted: &mut [u8], of_groups: &[f32], token: usize, floor: f32) {
    let tile = &mut wanted[token / TILE_TOKENS * of_groups.len()..][..of_groups.len()];
    for (wanted, number) in tile.iter_mut().zip(of_groups) {
        let is_wanted = floor <= *number && f32::NEG_INFINITY < *number;
        *wanted |= u8::from(is_wanted) << (token % TILE_TOKENS);
    }
}

/// The `n`-th largest, −∞ when there are fewer.
fn select_nth_largest(numbers: &mut [f32], n: usize) -> f32 {
    match n.checked_sub(1) {
        Some(index) if index < numbers.len() => {
            *numbers
                .select_nth_unstable_by(index, |a, b| b.total_cmp(a))
                .1
        }
        _ => f32::NEG_INFINITY,
    }
}

#[cfg(test)]
mod tests;
