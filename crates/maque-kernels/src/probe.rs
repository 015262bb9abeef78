//! What this machine could do at best: memory bandwidth and arithmetic peaks, for `maque doctor`.

use crate::Isa;
use crate::memory::{Arena, Memory};
use crate::vectorise::vectorise;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

/// Bytes that the bandwidth probe reads per pass, over all threads: more than a model's weights, so that what a large
/// cache keeps of one pass is gone before the next one reads it.
const READ_BYTES: usize = 512 << 20;
/// Passes of which the fastest counts.
const N_PASSES: usize = 7;
/// Iterations of an arithmetic loop per pass (5 to 40 ms).
const N_LOOPS: u64 = 500_000;

/// Bytes per second that `n_threads` threads read from memory together, in sequence, from huge pages and
/// ahead of use, as products read weights.
pub fn read_bandwidth(n_threads: NonZeroUsize) -> f64 {
    let (n_bytes, arena) = (READ_BYTES / n_threads.get(), Arena::default());
    let buffers: Vec<Memory> = (0..n_threads.get())
        .map(|i| {
            let mut buffer = arena.take(n_bytes);
            buffer.as_mut_slice().fill(i as u8 + 1);
            buffer
        })
        .collect();
    let time = fastest(&|| {
        std::thread::scope(|scope| {
            for buffer in &buffers {
                scope.spawn(|| {
                    black_box(vectorise(
                        Isa::best(),
                        #[inline(always)]
                        || sum(buffer.as_slice()),
                    ))
                });
            }
        });
    });
    (n_bytes * n_threads.get()) as f64 / time.as_secs_f64()
}

/// Multiply-adds of 8-bit integers per second, with the instructions that `isa` has for them.
pub fn int8_peak(isa: Isa, n_threads: NonZeroUsize) -> f64 {
    peak(n_threads, int8_loop(isa))
}

/// Multiply-adds of f32 per second.
pub fn f32_peak(isa: Isa, n_threads: NonZeroUsize) -> f64 {
    peak(n_threads, f32_loop(isa))
}

/// A loop body of independent chains, and the multiply-adds in one iteration.
struct Loop {
    run: fn(u64),
    n_per_iteration: u64,
}

fn peak(n_threads: NonZeroUsize, arithmetic: Loop) -> f64 {
    let run = arithmetic.run;
    let time = fastest(&|| {
        std::thread::scope(|scope| {
            for _ in 0..n_threads.get() {
                scope.spawn(|| run(black_box(N_LOOPS)));
            }
        });
    });
    (arithmetic.n_per_iteration * N_LOOPS) as f64 * n_threads.get() as f64 / time.as_secs_f64()
}

fn fastest(pass: &dyn Fn()) -> Duration {
    let time = || {
        let start = Instant::now();
        pass();
        start.elapsed()
    };
    (0..N_PASSES).map(|_| time()).min().unwrap_or_default()
}

/// Chains of four cache lines, which the compiler keeps in vector registers.
#[inline(always)]
fn sum(bytes: &[u8]) -> u64 {
    let (words, _) = bytes.as_chunks::<8>();
    let (chunks, _) = words.as_chunks::<32>();
    let mut sums = [0u64; 32];
    for chunk in chunks {
        fetch_ahead(chunk);
        for (sum, word) in sums.iter_mut().zip(chunk) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*word));
        }
    }
    sums.iter().fold(0, |all, sum| all.wrapping_add(*sum))
}

/// Asks for the four cache lines 8 KiB after these, as products do.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn fetch_ahead(chunk: &[[u8; 8]; 32]) {
    use crate::panel::AHEAD;
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    for line in 0..4 {
        let address = chunk.as_ptr().cast::<i8>().wrapping_add(AHEAD + 64 * line);
        // SAFETY: a prefetch of any address reads nothing that the program sees, and never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address) };
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn fetch_ahead(_: &[[u8; 8]; 32]) {}

#[cfg(not(target_arch = "x86_64"))]
fn int8_loop(_: Isa) -> Loop {
    SCALAR_INT8
}

#[cfg(not(target_arch = "x86_64"))]
fn f32_loop(_: Isa) -> Loop {
    SCALAR_F32
}

#[cfg(target_arch = "x86_64")]
fn int8_loop(isa: Isa) -> Loop {
    match isa.name() {
        "amx" => Loop {
            run: x86::int8_amx,
            n_per_iteration: 4 * 16 * 16 * 64,
        },
        "avx512vnni" if x86::has_avx512vnni() => Loop {
            run: x86::int8_avx512vnni,
            n_per_iteration: 16 * 64,
        },
        "avxvnni" if x86::has_avxvnni() => Loop {
            run: x86::int8_avxvnni,
            n_per_iteration: 12 * 32,
        },
        "avx2" | "avxvnni" | "avx512vnni" if x86::has_avx2() => Loop {
            run: x86::int8_avx2,
            n_per_iteration: 6 * 8 * 32,
        },
        _ => SCALAR_INT8,
    }
}

#[cfg(target_arch = "x86_64")]
fn f32_loop(isa: Isa) -> Loop {
    match isa.name() {
        "avx512vnni" | "amx" if x86::has_avx512vnni() => Loop {
            run: x86::f32_avx512,
            n_per_iteration: 16 * 16,
        },
        "avx2" | "avxvnni" | "avx512vnni" if x86::has_avx2() => Loop {
            run: x86::f32_avx2,
            n_per_iteration: 12 * 8,
        },
        _ => SCALAR_F32,
    }
}

const SCALAR_INT8: Loop = Loop {
    run: int8_scalar,
    n_per_iteration: 16,
};
const SCALAR_F32: Loop = Loop {
    run: f32_scalar,
    n_per_iteration: 16,
};

fn int8_scalar(n: u64) {
    let (a, b) = black_box((3i8, 5i8));
    let mut sums = [1i32; 16];
    for _ in 0..n {
        for sum in &mut sums {
            *sum = black_box(*sum).wrapping_add(i32::from(a) * i32::from(b));
        }
    }
    black_box(sums);
}

fn f32_scalar(n: u64) {
    let (a, b) = black_box((0.999_f32, 0.001_f32));
    let mut sums = [1f32; 16];
    for _ in 0..n {
        for sum in &mut sums {
            *sum = a.mul_add(*sum, b);
        }
    }
    black_box(sums);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! The same loops with vector instructions; each chain depends on itself, so nothing can be hoisted.

    use crate::Isa;
    use crate::matmul::multiply_whole_tiles;
    use std::arch::x86_64::*;
    use std::hint::black_box;

    pub(super) fn has_avx2() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }

    pub(super) fn has_avxvnni() -> bool {
        has_avx2() && is_x86_feature_detected!("avxvnni")
    }

    pub(super) fn has_avx512vnni() -> bool {
        is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni")
    }

    pub(super) fn int8_avx2(n: u64) {
        assert!(has_avx2());
        // SAFETY: AVX2 was just found.
        unsafe { int8_avx2_loop(n) }
    }

    pub(super) fn int8_avxvnni(n: u64) {
        assert!(has_avxvnni());
        // SAFETY: AVX2 and AVX-VNNI were just found.
        unsafe { int8_avxvnni_loop(n) }
    }

    pub(super) fn int8_avx512vnni(n: u64) {
        assert!(has_avx512vnni());
        // SAFETY: AVX-512 F and VNNI were just found.
        unsafe { int8_avx512vnni_loop(n) }
    }

    pub(super) fn int8_amx(n: u64) {
        assert!(Isa::named("amx").is_some());
        // SAFETY: AMX was just found.
        unsafe { multiply_whole_tiles(n) }
    }

    pub(super) fn f32_avx2(n: u64) {
        assert!(has_avx2());
        // SAFETY: AVX2 and FMA were just found.
        unsafe { f32_avx2_loop(n) }
    }

    pub(super) fn f32_avx512(n: u64) {
        assert!(has_avx512vnni());
        // SAFETY: AVX-512 F was just found.
        unsafe { f32_avx512_loop(n) }
    }

    /// Eight products are summed in 16 bits before they are widened, as weights of 4 bits allow.
    #[target_feature(enable = "avx2")]
    fn int8_avx2_loop(n: u64) {
        let a: [__m256i; 8] = black_box(std::array::from_fn(|i| _mm256_set1_epi8(1 + i as i8)));
        let ones = black_box(_mm256_set1_epi16(1));
        let mut sums = [ones; 6];
        for _ in 0..n {
            for sum in &mut sums {
                let mut narrow = _mm256_maddubs_epi16(*sum, a[0]);
                for a in &a[1..] {
                    narrow = _mm256_add_epi16(narrow, _mm256_maddubs_epi16(*sum, *a));
                }
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(narrow, ones));
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx2,avxvnni")]
    fn int8_avxvnni_loop(n: u64) {
        let (a, b) = black_box((_mm256_set1_epi8(1), _mm256_set1_epi8(2)));
        let mut sums = [a; 12];
        for _ in 0..n {
            for sum in &mut sums {
                *sum = _mm256_dpbusd_avx_epi32(*sum, a, b);
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn int8_avx512vnni_loop(n: u64) {
        let (a, b) = black_box((_mm512_set1_epi8(1), _mm512_set1_epi8(2)));
        let mut sums = [a; 16];
        for _ in 0..n {
            for sum in &mut sums {
                *sum = _mm512_dpbusd_epi32(*sum, a, b);
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx2,fma")]
    fn f32_avx2_loop(n: u64) {
        let (a, b) = black_box((_mm256_set1_ps(0.999), _mm256_set1_ps(0.001)));
        let mut sums = [a; 12];
        for _ in 0..n {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, a, b);
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx512f")]
    fn f32_avx512_loop(n: u64) {
        let (a, b) = black_box((_mm512_set1_ps(0.999), _mm512_set1_ps(0.001)));
        let mut sums = [a; 16];
        for _ in 0..n {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, a, b);
            }
        }
        black_box(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probe_measures_something() {
        let one = NonZeroUsize::MIN;
        for isa in Isa::available() {
            for value in [int8_peak(isa, one), f32_peak(isa, one)] {
                assert!(value.is_finite() && 0.0 < value, "{}: {value}", isa.name());
            }
        }
        assert!(0.0 < read_bandwidth(one));
    }
}
