//! Which instruction sets this CPU has; holding a value proves that the CPU can run it.

/// An instruction set with its proof of availability. Obtained from [`Isa::available`] only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isa {
    /// Portable Rust: the specification.
    Scalar,
    /// AVX2, FMA and F16C.
    Avx2(Detected),
    /// AVX-VNNI, beside everything of `Avx2`.
    AvxVnni(Detected),
    /// AVX-512 F, BW, DQ, VL and VNNI, beside everything of `Avx2`.
    Avx512Vnni(Detected),
    /// AMX tiles of 8-bit integers, beside everything of `Avx512Vnni`.
    Amx(Detected),
}

/// Proof that an instruction set was found on this CPU; only this module makes one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Detected(());

impl Isa {
    /// Every instruction set that this CPU can run, slowest first.
    pub fn available() -> Vec<Isa> {
        [Some(Isa::Scalar), avx2(), avxvnni(), avx512vnni(), amx()]
            .into_iter()
            .flatten()
            .collect()
    }
    /// The fastest one.
    pub fn best() -> Isa {
        Isa::available().pop().unwrap_or(Isa::Scalar)
    }
    /// By name (`scalar`, `avx2`, `avxvnni`, `avx512vnni`, `amx`); `None` when unknown or this CPU lacks it.
    pub fn named(name: &str) -> Option<Isa> {
        Isa::available().into_iter().find(|isa| isa.name() == name)
    }
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Scalar => "scalar",
            Isa::Avx2(_) => "avx2",
            Isa::AvxVnni(_) => "avxvnni",
            Isa::Avx512Vnni(_) => "avx512vnni",
            Isa::Amx(_) => "amx",
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn avx2() -> Option<Isa> {
    let found = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    found.then_some(Isa::Avx2(Detected(())))
}

#[cfg(target_arch = "x86_64")]
fn avxvnni() -> Option<Isa> {
    avx2()
        .filter(|_| is_x86_feature_detected!("avxvnni"))
        .map(|_| Isa::AvxVnni(Detected(())))
}

#[cfg(target_arch = "x86_64")]
fn avx512vnni() -> Option<Isa> {
    let found = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni");
    avx2()
        .filter(|_| found)
        .map(|_| Isa::Avx512Vnni(Detected(())))
}

/// Linux lends a process the tiles' registers only when it asks for them.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn amx() -> Option<Isa> {
    const AMX_TILE_AND_INT8: u32 = 1 << 24 | 1 << 25; // EDX of leaf 7
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_long = 18;
    let features = std::arch::x86_64::__cpuid_count(7, 0).edx;
    avx512vnni().filter(|_| {
        let is_there = features & AMX_TILE_AND_INT8 == AMX_TILE_AND_INT8;
        // SAFETY: the call changes nothing but the permission, and fails where the system knows no tiles.
        is_there
            && unsafe {
                libc::syscall(
                    libc::SYS_arch_prctl,
                    ARCH_REQ_XCOMP_PERM,
                    XFEATURE_XTILEDATA,
                )
            } == 0
    })?;
    Some(Isa::Amx(Detected(())))
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn amx() -> Option<Isa> {
    None
}

#[cfg(not(target_arch = "x86_64"))]
fn avx2() -> Option<Isa> {
    None
}

#[cfg(not(target_arch = "x86_64"))]
fn avxvnni() -> Option<Isa> {
    None
}

#[cfg(not(target_arch = "x86_64"))]
fn avx512vnni() -> Option<Isa> {
    None
}
