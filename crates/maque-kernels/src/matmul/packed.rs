//! Formats as types: the code of a product is compiled once for each.

use crate::Format;
use crate::block::Kind;
use crate::panel::{Codes, Layout};

/// A format, known when the code is compiled.
pub(super) trait Packed {
    const FORMAT: Format;
    const CODES: Codes = Codes::Whole;
    /// Whether codes lie in memory as products take them.
    const IS_UNPACKED: bool =
        matches!(Self::FORMAT, Format::Q8_0) && matches!(Self::CODES, Codes::Whole);
    /// Bytes of a sub-block's lines that lie together.
    const LINES_BYTES: usize = match Self::CODES {
        Codes::Whole => Layout::quant_bytes(Self::FORMAT),
        Codes::Planes | Codes::HighPlane => Layout::plane_bytes(Self::FORMAT),
    };
    /// Bytes of a sub-block's lines below the high plane.
    const LOW_BYTES: usize = Layout::quant_bytes(Self::FORMAT) - Layout::plane_bytes(Self::FORMAT);
    /// Bytes that a sub-block takes, with its share of the scales.
    const BYTES: usize = match Self::CODES {
        Codes::Whole | Codes::Planes => Layout::quant_bytes(Self::FORMAT),
        Codes::HighPlane => Layout::plane_bytes(Self::FORMAT),
    } + Layout::scale_bytes(Self::FORMAT) / Layout::n_subs(Self::FORMAT);
    /// Asked of formats with codes of up to 8 bits only.
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

/// Q8_0 in planes.
pub(super) struct Q8Planes;
impl Packed for Q8Planes {
    const FORMAT: Format = Format::Q8_0;
    const CODES: Codes = Codes::Planes;
}

/// The high plane of Q8_0.
pub(super) struct Q8HighPlane;
impl Packed for Q8HighPlane {
    const FORMAT: Format = Format::Q8_0;
    const CODES: Codes = Codes::HighPlane;
}

/// F16 in planes.
pub(super) struct F16Planes;
impl Packed for F16Planes {
    const FORMAT: Format = Format::F16;
    const CODES: Codes = Codes::Planes;
}

/// The high plane of F16.
pub(super) struct F16HighPlane;
impl Packed for F16HighPlane {
    const FORMAT: Format = Format::F16;
    const CODES: Codes = Codes::HighPlane;
}

/// Calls `$blocks`, for F16 with `Pairs` of the caller's module, or `float::groups` of it, for the format of a layout.
macro_rules! for_format {
    ($layout:expr, $blocks:ident::<$A:ty>, $arguments:tt) => {
        match ($layout.format, $layout.codes) {
            (Format::Q4_0, _) => $blocks::<Q4_0, $A> $arguments,
            (Format::Q4_1, _) => $blocks::<Q4_1, $A> $arguments,
            (Format::Q5_0, _) => $blocks::<Q5_0, $A> $arguments,
            (Format::Q5_1, _) => $blocks::<Q5_1, $A> $arguments,
            (Format::Q8_0, Codes::Whole) => $blocks::<Q8_0, $A> $arguments,
            (Format::Q8_0, Codes::Planes) => $blocks::<Q8Planes, $A> $arguments,
            (Format::Q8_0, Codes::HighPlane) => $blocks::<Q8HighPlane, $A> $arguments,
            (Format::Q4_K, _) => $blocks::<Q4_K, $A> $arguments,
            (Format::Q5_K, _) => $blocks::<Q5_K, $A> $arguments,
            (Format::Q6_K, _) => $blocks::<Q6_K, $A> $arguments,
            (Format::F32, _) => float::groups::<F32> $arguments,
            (Format::F16, Codes::Whole) => $blocks::<F16, Pairs> $arguments,
            (Format::F16, Codes::Planes) => $blocks::<F16Planes, Pairs> $arguments,
            (Format::F16, Codes::HighPlane) => $blocks::<F16HighPlane, Pairs> $arguments,
            (Format::BF16, _) => float::groups::<BF16> $arguments,
        }
    };
}
pub(super) use for_format;

/// `$body` for each pair `$j` of a sub-block of F16, written out sixteen times: the compiler would leave a loop, in which no shift is
/// constant.
macro_rules! for_each_pair {
    ($j:ident => $body:expr) => {
        for_each_pair!(@ $j $body; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    (@ $j:ident $body:expr; $($number:literal)*) => { $( {
        const $j: usize = $number;
        $body;
    } )* };
}
pub(super) use for_each_pair;
