//! What this machine could do at best: memory bandwidth and arithmetic peaks, for `maque doctor`.

use crate::memory::Memory;
use crate::vectorise::vectorise;
use crate::{Isa, Machine};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Bytes that the bandwidth probe reads per pass: more than a model's weights, so that what a large
/// cache keeps of one pass is gone before the next one reads it.
const READ_BYTES: usize = 512 << 20;
/// Passes of which the median counts.
const N_PASSES: usize = 7;
/// Items of a pass: the threads share them as they share a product's.
const N_ITEMS: usize = 64;
/// Iterations of an arithmetic loop in an item (a pass takes 5 to 40 ms).
const ITEM_LOOPS: u64 = 1 << 14;

/// A machine whose limits are measured, and the memory that it reads meanwhile.
pub struct Probe {
    machine: Machine,
    memory: Memory,
}

impl Probe {
    /// Fills half a gigabyte.
    pub fn new(machine: Machine) -> Probe {
        let mut memory = Memory::alone(READ_BYTES);
        memory.as_mut_slice().fill(1);
        Probe { machine, memory }
    }

    /// Bytes per second that all threads together read from memory, in sequence, from huge pages and ahead of use, as products
    /// read weights.
    pub fn bytes_per_s(&self) -> f64 {
        let items: Vec<_> = self
            .memory
            .as_slice()
            .chunks(READ_BYTES / N_ITEMS)
            .collect();
        let read = |i: usize| {
            let sum = vectorise(
                Isa::best(),
                #[inline(always)]
                || sum(items[i]),
            );
            black_box(sum);
        };
        READ_BYTES as f64 / self.seconds(&read)
    }

    /// Multiply-adds of 8-bit integers per second, with the instructions that the instruction set has for them.
    pub fn int8_per_s(&self) -> f64 {
        self.peak(int8_loop(self.machine.isa()))
    }

    /// Multiply-adds of 16-bit integers per second, likewise.
    pub fn int16_per_s(&self) -> f64 {
        self.peak(int16_loop(self.machine.isa()))
    }

    /// Multiply-adds of f32 per second.
    pub fn f32_per_s(&self) -> f64 {
        self.peak(f32_loop(self.machine.isa()))
    }

    fn peak(&self, arithmetic: Loop) -> f64 {
        let n = arithmetic.n_per_iteration * ITEM_LOOPS * N_ITEMS as u64;
        n as f64 / self.seconds(&|_| (arithmetic.run)(black_box(ITEM_LOOPS)))
    }

    /// Of a pass, the median.
    fn seconds(&self, item: &(dyn Fn(usize) + Sync)) -> f64 {
        let mut times: [Duration; N_PASSES] = std::array::from_fn(|_| {
            let start = Instant::now();
            self.machine.pool().run(N_ITEMS, item);
            start.elapsed()
        });
        times.sort_unstable();
        times[N_PASSES / 2].as_secs_f64()
    }
}

/// A loop body of independent chains, and the multiply-adds in one iteration.
struct Loop {
    run: fn(u64),
    n_per_iteration: u64,
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
fn int16_loop(_: Isa) -> Loop {
    SCALAR_INT16
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
fn int16_loop(isa: Isa) -> Loop {
    match isa.name() {
        "avx512vnni" | "amx" if x86::has_avx512vnni() => Loop {
            run: x86::int16_avx512,
            n_per_iteration: 16 * 32,
        },
        "avx2" | "avxvnni" | "avx512vnni" if x86::has_avx2() => Loop {
            run: x86::int16_avx2,
            n_per_iteration: 12 * 16,
        },
        _ => SCALAR_INT16,
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
const SCALAR_INT16: Loop = Loop {
    run: int16_scalar,
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

fn int16_scalar(n: u64) {
    let (a, b) = black_box((3i16, 5i16));
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
    use crate::codes::x86::add_pair_products;
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

    pub(super) fn int16_avx2(n: u64) {
        assert!(has_avx2());
        // SAFETY: AVX2 was just found.
        unsafe { int16_avx2_loop(n) }
    }

    pub(super) fn int16_avx512(n: u64) {
        assert!(has_avx512vnni());
        // SAFETY: AVX-512 F and VNNI were just found.
        unsafe { int16_avx512_loop(n) }
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

    #[target_feature(enable = "avx2")]
    fn int16_avx2_loop(n: u64) {
        let a = black_box(_mm256_set1_epi16(1));
        let mut sums = [a; 12];
        for _ in 0..n {
            for sum in &mut sums {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*sum, a));
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn int16_avx512_loop(n: u64) {
        let (a, b) = black_box((_mm512_set1_epi16(1), _mm512_set1_epi16(2)));
        let mut sums = [a; 16];
        for _ in 0..n {
            for sum in &mut sums {
                *sum = add_pair_products(*sum, a, b);
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
    use std::num::NonZeroUsize;

    #[test]
    fn every_probe_measures_something() {
        for isa in Isa::available() {
            let probe = Probe::new(Machine::new(isa, NonZeroUsize::MIN));
            for value in [
                probe.int8_per_s(),
                probe.int16_per_s(),
                probe.f32_per_s(),
                probe.bytes_per_s(),
            ] {
                assert!(value.is_finite() && 0.0 < value, "{}: {value}", isa.name());
            }
        }
    }
}
