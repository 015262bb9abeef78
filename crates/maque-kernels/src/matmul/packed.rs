//! Formats as types: the code of a product is compiled once for each.

use crate::Format;
use crate::block::Kind;

/// A format, known when the code is compiled.
pub(super) trait Packed {
    const FORMAT: Format;
    /// Asked of block formats only.
    const KIND: Kind = Kind::of(Self::FORMAT);
}

macro_rules! packed {
    ($($name:ident)*) => { $(
        #[allow(non_camel_case_types)]
        pub(super) struct $name;
        impl Packed for $name {
            const FORMAT: Format = Format::$name;
        }
    )* };
}
packed!(F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q4_K Q5_K Q6_K);
