//! Compiles a piece of plain Rust once for each instruction set.

use crate::Isa;

/// Runs `job` compiled for `isa`. The closure must be `#[inline(always)]`, and so must what it calls.
///
/// The bits are those of scalar code: Rust neither reorders nor contracts float arithmetic.
#[inline(always)]
pub(crate) fn vectorise<R>(isa: Isa, job: impl FnOnce() -> R) -> R {
    match isa {
        Isa::Scalar => job(),
        // SAFETY: the value proves that the CPU has AVX2, FMA and F16C.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::AvxVnni(_) => unsafe { avx2(job) },
        // SAFETY: the value proves that the CPU has AVX-512 F, BW, DQ, VL and VNNI beside AVX2, FMA and F16C.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(_) | Isa::Amx(_) => unsafe { avx512(job) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2<R>(job: impl FnOnce() -> R) -> R {
    job()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn avx512<R>(job: impl FnOnce() -> R) -> R {
    job()
}
