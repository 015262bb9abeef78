//! Which instruction sets this CPU has; holding a value proves that the CPU can run it.

/// An instruction set with its proof of availability. Obtained from [`Isa::available`] only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isa {
    /// Portable Rust: the specification.
    Scalar,
}

impl Isa {
    /// Every instruction set that this CPU can run, slowest first.
    pub fn available() -> Vec<Isa> {
        todo!()
    }
    /// The fastest one.
    pub fn best() -> Isa {
        todo!()
    }
    /// By name (`scalar`, `avx2`, `avx512vnni`); `None` when unknown or this CPU lacks it.
    pub fn named(name: &str) -> Option<Isa> {
        todo!("{name}")
    }
    /// Its name.
    pub fn name(self) -> &'static str {
        todo!()
    }
}
