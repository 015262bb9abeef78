//! The tensor list: names, shapes, formats, and byte ranges proven to lie inside the file.

use super::reader::Reader;
use crate::LoadError;
use crate::stored::{Shape, TensorInfo};
use maque_kernels::Format;

/// Name length, one byte of name, dimension count, one dimension, type, offset.
pub(super) const MIN_INFO_BYTES: usize = 33;
/// Longest tensor name (ggml's own limit is 64).
const MAX_NAME_BYTES: usize = 256;

/// Reads `n_tensors` entries; their data starts after them, at the next multiple of `alignment`.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    n_tensors: usize,
    alignment: usize,
) -> Result<Vec<TensorInfo<'a>>, LoadError> {
    let mut tensors = Vec::new();
    tensors
        .try_reserve_exact(n_tensors)
        .map_err(|_| LoadError::Memory {
            field: "the tensor list".into(),
            n_bytes: n_tensors.saturating_mul(size_of::<TensorInfo<'_>>()),
        })?;
    for index in 0..n_tensors {
        tensors.push(read_info(reader, index)?);
    }
    let start = reader.offset().checked_next_multiple_of(alignment);
    let data = start
        .and_then(|start| reader.file().get(start..))
        .unwrap_or_default();
    tensors.sort_unstable_by_key(|tensor: &TensorInfo<'_>| tensor.offset);
    let mut end = 0;
    for tensor in &mut tensors {
        end = place(tensor, data, end, alignment)?;
    }
    tensors.sort_unstable_by_key(|tensor| tensor.name);
    match tensors
        .windows(2)
        .find(|pair| matches!(pair, [a, b] if a.name == b.name))
    {
        Some([tensor, ..]) => Err(LoadError::invalid(
            format!("tensor {}", tensor.name),
            "there twice",
            "given once",
        )),
        _ => Ok(tensors),
    }
}

/// Reads one entry; its bytes are found later, by [`place`].
fn read_info<'a>(reader: &mut Reader<'a>, index: usize) -> Result<TensorInfo<'a>, LoadError> {
    let name = reader.string(&format_args!("the name of tensor {index}"))?;
    if name.is_empty() || MAX_NAME_BYTES < name.len() {
        let field = format!("the name of tensor {index}");
        return Err(LoadError::invalid(field, name, "1 to 256 bytes long"));
    }
    let shape = read_shape(reader, name)?;
    let format = read_format(reader, name)?;
    let offset = reader.u64(&format_args!("the offset of tensor {name}"))?;
    let tensor = TensorInfo {
        name,
        format,
        shape,
        bytes: &[],
        offset,
    };
    n_bytes(&tensor)?;
    Ok(tensor)
}

fn n_bytes(tensor: &TensorInfo<'_>) -> Result<usize, LoadError> {
    let TensorInfo {
        name,
        format,
        shape,
        ..
    } = tensor;
    shape.n_bytes(*format).ok_or_else(|| {
        let expected = format!("rows of whole {format:?} blocks whose size can be counted");
        LoadError::invalid(
            format!("the shape of tensor {name}"),
            format!("{shape:?}"),
            expected,
        )
    })
}

/// Files list the dimensions from the row's length up; here rows come first.
fn read_shape(reader: &mut Reader<'_>, name: &str) -> Result<Shape, LoadError> {
    let field = format_args!("the dimensions of tensor {name}");
    let n_dims = reader.u32(&field)?;
    let too_many = || {
        let field = format!("the number of dimensions of tensor {name}");
        LoadError::invalid(field, n_dims, "from 1 to 4")
    };
    if n_dims == 0 {
        return Err(too_many());
    }
    let mut shape = Shape::default();
    for _ in 0..n_dims {
        let dim = reader.u64(&field)?;
        let dim = usize::try_from(dim)
            .ok()
            .filter(|dim| *dim != 0)
            .ok_or_else(|| LoadError::invalid(field.to_string(), dim, "at least 1"))?;
        shape.push(dim).ok_or_else(too_many)?;
    }
    Ok(shape.reversed())
}

fn read_format(reader: &mut Reader<'_>, name: &str) -> Result<Format, LoadError> {
    let field = format_args!("the type of tensor {name}");
    let number = reader.u32(&field)?;
    Ok(match number {
        0 => Format::F32,
        1 => Format::F16,
        2 => Format::Q4_0,
        3 => Format::Q4_1,
        6 => Format::Q5_0,
        7 => Format::Q5_1,
        8 => Format::Q8_0,
        12 => Format::Q4_K,
        13 => Format::Q5_K,
        14 => Format::Q6_K,
        30 => Format::BF16,
        _ => {
            let found = match foreign_format(number) {
                Some(known) => known.to_owned(),
                None => format!("number {number}"),
            };
            let supported = "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K";
            return Err(LoadError::unsupported(field.to_string(), found, supported));
        }
    })
}

/// Names of ggml types that this program does not read.
fn foreign_format(number: u32) -> Option<&'static str> {
    Some(match number {
        9 => "Q8_1",
        10 => "Q2_K",
        11 => "Q3_K",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        20 => "IQ4_NL",
        21 => "IQ3_S",
        22 => "IQ2_S",
        23 => "IQ4_XS",
        24 => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        29 => "IQ1_M",
        34 => "TQ1_0",
        35 => "TQ2_0",
        39 => "MXFP4",
        _ => return None,
    })
}

/// Finds a tensor's bytes in `data`, not before `end`; returns where they end.
fn place<'a>(
    tensor: &mut TensorInfo<'a>,
    data: &'a [u8],
    end: usize,
    alignment: usize,
) -> Result<usize, LoadError> {
    let (name, n_bytes) = (tensor.name, n_bytes(tensor)?);
    let invalid = |expected: String| {
        LoadError::invalid(
            format!("the offset of tensor {name}"),
            tensor.offset,
            expected,
        )
    };
    let start = usize::try_from(tensor.offset).unwrap_or(usize::MAX);
    if !start.is_multiple_of(alignment) {
        return Err(invalid(format!("a multiple of the alignment {alignment}")));
    }
    if start < end {
        return Err(invalid(format!(
            "at least {end}, where the tensor before it ends"
        )));
    }
    let stop = start.checked_add(n_bytes);
    let Some((stop, bytes)) = stop.and_then(|stop| Some((stop, data.get(start..stop)?))) else {
        let most = data.len().checked_sub(n_bytes);
        return Err(match most {
            Some(most) => invalid(format!(
                "at most {most}, for the tensor to end inside the file"
            )),
            None => LoadError::Truncated {
                field: format!("tensor {name}"),
                offset: data.len(),
            },
        });
    };
    tensor.bytes = bytes;
    Ok(stop)
}
