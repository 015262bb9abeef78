//! What a model's token embeddings know of meanings: words that are used alike have vectors that point alike.

use crate::Model;
use std::io;
use std::sync::Arc;

/// One token of so many is looked at for what all embeddings have in common.
const STEP: usize = 32;
/// Directions that embeddings have in common.
const N_COMMON: usize = 5;
/// Rounds of the iteration that finds these.
const N_ROUNDS: usize = 12;

/// Token embeddings less their mean and less the directions that they have in common, which say nothing of meanings
/// ("All-but-the-Top", arXiv 1702.01417).
pub struct WordVectors {
    model: Arc<Model>,
    mean: Vec<f32>,
    common: Vec<Vec<f32>>, // [N_COMMON][width], orthonormal
}

impl WordVectors {
    /// Looks at the embeddings: a second's work, always with the same outcome.
    ///
    /// # Errors
    /// If the model's file cannot be read any more.
    pub fn new(model: Arc<Model>) -> io::Result<WordVectors> {
        let (n_tokens, width) = (model.config().n_vocab, model.width());
        let tokens = (0..n_tokens).step_by(STEP);
        let rows = tokens.map(|token| model.embedding(token as u32));
        let mut rows: Vec<Vec<f32>> = rows.collect::<io::Result<_>>()?;
        let mut mean = vec![0.0; width];
        for row in &rows {
            add(&mut mean, row, 1.0 / rows.len() as f32);
        }
        for row in &mut rows {
            add(row, &mean, -1.0);
        }
        let common = strongest(&rows, width);
        Ok(WordVectors {
            model,
            mean,
            common,
        })
    }

    /// The vector of a word that these tokens spell, of length 1; all 0 if they say nothing, as when the model's file cannot
    /// be read any more.
    ///
    /// # Panics
    /// If the model has no such token.
    pub fn of(&self, tokens: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.mean.len()];
        for mut row in tokens.iter().flat_map(|token| self.model.embedding(*token)) {
            add(&mut row, &self.mean, -1.0);
            for direction in &self.common {
                let share = dot(&row, direction);
                add(&mut row, direction, -share);
            }
            add(&mut sum, &row, 1.0);
        }
        normalise(&mut sum);
        sum
    }
}

/// The directions in which rows lie most, by orthogonal iteration from fixed beginnings.
fn strongest(rows: &[Vec<f32>], width: usize) -> Vec<Vec<f32>> {
    let hash = |n: usize| (n as u32 + 1).wrapping_mul(0x9E37_79B9).rotate_left(15) >> 16;
    let mut directions: Vec<Vec<f32>> = (0..N_COMMON * width)
        .map(|n| hash(n) as f32 / 32_768.0 - 1.0)
        .collect::<Vec<_>>()
        .chunks(width)
        .map(<[f32]>::to_vec)
        .collect();
    for _ in 0..N_ROUNDS {
        let mut next = vec![vec![0.0; width]; N_COMMON];
        for row in rows {
            for (next, direction) in next.iter_mut().zip(&directions) {
                add(next, row, dot(row, direction));
            }
        }
        directions = orthonormal(next);
    }
    directions
}

/// Gram and Schmidt's.
fn orthonormal(vectors: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    let mut done: Vec<Vec<f32>> = Vec::new();
    for mut vector in vectors {
        for other in &done {
            let share = dot(&vector, other);
            add(&mut vector, other, -share);
        }
        normalise(&mut vector);
        done.push(vector);
    }
    done
}

fn normalise(vector: &mut [f32]) {
    let length = dot(vector, vector).sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|x| *x /= length);
}

/// vector ← vector + factor · other
fn add(vector: &mut [f32], other: &[f32], factor: f32) {
    for (x, y) in vector.iter_mut().zip(other) {
        *x += factor * y;
    }
}

/// Σ a·b, in eight lanes that compilers vectorise.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut lanes = [0.0_f32; 8];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}
