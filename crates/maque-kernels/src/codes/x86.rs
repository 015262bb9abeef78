//! Products of pairs of codes in vector registers.

use std::arch::asm;
use std::arch::x86_64::*;

/// `sum + a₀b₀ + a₁b₁` of each lane: `vpdpwssd`, written out, since where LLVM thinks of latency only it makes two
/// instructions of the intrinsic.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
pub(crate) fn add_pair_products(mut sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: the function's features prove the instruction, and it touches registers only.
    unsafe {
        asm!(
            "vpdpwssd {}, {}, {}",
            inout(zmm_reg) sum, in(zmm_reg) a, in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}
