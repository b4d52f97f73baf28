//! Cells on the host, one typed vector.

use std::ops::Range;

use half::{bf16, f16};

use crate::cpu::element::{Word, by_word};
use crate::cpu::simd::widen;
use crate::cpu::strided::row_major;
use crate::{DType, Layout};

/// The elements of a storage, or of a tensor in row-major order, on the host.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    Float64(Vec<f64>),
    Float32(Vec<f32>),
    Float16(Vec<f16>),
    BFloat16(Vec<bf16>),
    Int64(Vec<i64>),
    Int32(Vec<i32>),
    Int8(Vec<i8>),
    UInt8(Vec<u8>),
    Bool(Vec<bool>),
}

/// Runs `$body` with `$v` bound to the vector inside `$values`, whatever its type.
#[macro_export]
macro_rules! with_values {
    ($values:expr, $v:ident => $body:expr) => {
        match $values {
            $crate::Values::Float64($v) => $body,
            $crate::Values::Float32($v) => $body,
            $crate::Values::Float16($v) => $body,
            $crate::Values::BFloat16($v) => $body,
            $crate::Values::Int64($v) => $body,
            $crate::Values::Int32($v) => $body,
            $crate::Values::Int8($v) => $body,
            $crate::Values::UInt8($v) => $body,
            $crate::Values::Bool($v) => $body,
        }
    };
}

impl Values {
    /// `length` zeros (false for `Bool`).
    pub fn zeros(dtype: DType, length: usize) -> Values {
        Values::full(dtype, 0.0, length)
    }

    /// `length` times the value, rounded to `dtype` as [`Values::from_f64`] does.
    pub fn full(dtype: DType, value: f64, length: usize) -> Values {
        let one = Values::from_f64(dtype, &[value]);
        by_word!(dtype, T => {
            let word = T::slice(&one).and_then(|words| words.first().copied()).unwrap_or_default();
            T::values(vec![word; length], dtype)
        })
    }

    /// `values` rounded to `dtype` as PyTorch converts: floats to nearest even (float16 and bfloat16 by way of float32),
    /// integers by truncation, bool by `!= 0`.
    pub fn from_f64(dtype: DType, values: &[f64]) -> Values {
        let each = values.iter();
        match dtype {
            DType::Float64 => Values::Float64(values.to_vec()),
            DType::Float32 => Values::Float32(each.map(|&x| x as f32).collect()),
            DType::Float16 => Values::Float16(each.map(|&x| f16::from_f32(x as f32)).collect()),
            DType::BFloat16 => Values::BFloat16(each.map(|&x| bf16::from_f32(x as f32)).collect()),
            DType::Int64 => Values::Int64(each.map(|&x| x as i64).collect()),
            DType::Int32 => Values::Int32(each.map(|&x| x as i64 as i32).collect()),
            DType::Int8 => Values::Int8(each.map(|&x| x as i64 as i8).collect()),
            DType::UInt8 => Values::UInt8(each.map(|&x| x as i64 as u8).collect()),
            DType::Bool => Values::Bool(each.map(|&x| x != 0.0).collect()),
        }
    }

    /// `values` converted to `dtype`; integers wrap as PyTorch's do.
    pub fn from_i64(dtype: DType, values: &[i64]) -> Values {
        let each = values.iter();
        match dtype {
            DType::Float64 => Values::Float64(each.map(|&x| x as f64).collect()),
            DType::Float32 => Values::Float32(each.map(|&x| x as f32).collect()),
            DType::Float16 => Values::Float16(each.map(|&x| f16::from_f32(x as f32)).collect()),
            DType::BFloat16 => Values::BFloat16(each.map(|&x| bf16::from_f32(x as f32)).collect()),
            DType::Int64 => Values::Int64(values.to_vec()),
            DType::Int32 => Values::Int32(each.map(|&x| x as i32).collect()),
            DType::Int8 => Values::Int8(each.map(|&x| x as i8).collect()),
            DType::UInt8 => Values::UInt8(each.map(|&x| x as u8).collect()),
            DType::Bool => Values::Bool(each.map(|&x| x != 0).collect()),
        }
    }

    /// These values in another element type.
    pub fn cast(&self, dtype: DType) -> Values {
        if self.dtype() == dtype {
            self.clone()
        } else if dtype == DType::Float32 {
            Values::Float32(self.to_f32())
        } else if self.dtype().is_float() {
            Values::from_f64(dtype, &self.to_f64())
        } else {
            Values::from_i64(dtype, &self.to_i64())
        }
    }

    pub fn dtype(&self) -> DType {
        match self {
            Values::Float64(_) => DType::Float64,
            Values::Float32(_) => DType::Float32,
            Values::Float16(_) => DType::Float16,
            Values::BFloat16(_) => DType::BFloat16,
            Values::Int64(_) => DType::Int64,
            Values::Int32(_) => DType::Int32,
            Values::Int8(_) => DType::Int8,
            Values::UInt8(_) => DType::UInt8,
            Values::Bool(_) => DType::Bool,
        }
    }

    pub fn len(&self) -> usize {
        with_values!(self, v => v.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at `index` as a float64, or `None` past the end. Exact for all but int64 beyond 2^53.
    pub fn get_f64(&self, index: usize) -> Option<f64> {
        Some(match self {
            Values::Float64(v) => *v.get(index)?,
            Values::Float32(v) => (*v.get(index)?).into(),
            Values::Float16(v) => v.get(index)?.to_f64(),
            Values::BFloat16(v) => v.get(index)?.to_f64(),
            Values::Int64(v) => *v.get(index)? as f64,
            Values::Int32(v) => (*v.get(index)?).into(),
            Values::Int8(v) => (*v.get(index)?).into(),
            Values::UInt8(v) => (*v.get(index)?).into(),
            Values::Bool(v) => u8::from(*v.get(index)?).into(),
        })
    }

    /// Every element as a float64.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Values::Float64(v) => v.clone(),
            Values::Float32(v) => v.iter().map(|&x| x.into()).collect(),
            Values::Float16(v) => v.iter().map(|x| x.to_f64()).collect(),
            Values::BFloat16(v) => v.iter().map(|x| x.to_f64()).collect(),
            Values::Int64(v) => v.iter().map(|&x| x as f64).collect(),
            Values::Int32(v) => v.iter().map(|&x| x.into()).collect(),
            Values::Int8(v) => v.iter().map(|&x| x.into()).collect(),
            Values::UInt8(v) => v.iter().map(|&x| x.into()).collect(),
            Values::Bool(v) => v.iter().map(|&x| u8::from(x).into()).collect(),
        }
    }

    /// Every element as a float32 (what float16 and bfloat16 are computed in).
    pub fn to_f32(&self) -> Vec<f32> {
        self.wide(0..self.len())
    }

    /// The elements of a range as float32.
    pub fn wide(&self, range: Range<usize>) -> Vec<f32> {
        let mut wide = Vec::with_capacity(range.len());
        self.widen(range, &mut wide);
        wide
    }

    /// Appends the elements of a range as float32. Those past the end are left out; nobody asks for any.
    pub fn widen(&self, range: Range<usize>, wide: &mut Vec<f32>) {
        match self {
            Values::Float32(v) => wide.extend_from_slice(part(v, range)),
            Values::Float16(v) => widen(part(v, range), wide),
            Values::BFloat16(v) => widen(part(v, range), wide),
            Values::Int8(v) => widen(part(v, range), wide),
            Values::Int64(v) => wide.extend(part(v, range).iter().map(|&x| x as f32)),
            _ => wide.extend(range.filter_map(|i| self.get_f64(i)).map(|x| x as f32)),
        }
    }

    /// Every element as an int64; floats are truncated.
    pub fn to_i64(&self) -> Vec<i64> {
        match self {
            Values::Int64(v) => v.clone(),
            Values::Int32(v) => v.iter().map(|&x| x.into()).collect(),
            Values::Int8(v) => v.iter().map(|&x| x.into()).collect(),
            Values::UInt8(v) => v.iter().map(|&x| x.into()).collect(),
            Values::Bool(v) => v.iter().map(|&x| x.into()).collect(),
            _ => self.to_f64().iter().map(|&x| x as i64).collect(),
        }
    }

    /// The cells that `layout` shows, in row-major order.
    pub fn shown(&self, layout: &Layout) -> Values {
        macro_rules! shown {
            ($($variant:ident),*) => {
                match self {
                    $(Values::$variant(v) => row_major(v, layout).map(|cells| Values::$variant(cells.into_owned())),)*
                }
            };
        }
        let cells = shown!(Float64, Float32, Float16, BFloat16, Int64, Int32, Int8, UInt8, Bool);
        // A layout never reaches outside its storage; if one did, the cells inside would be all there is.
        cells.unwrap_or_else(|_| self.take(layout.positions()))
    }

    /// The elements at `positions`, in that order. Positions past the end are left out; layouts never have any.
    pub fn take(&self, positions: impl Iterator<Item = usize>) -> Values {
        macro_rules! take {
            ($($variant:ident),*) => {
                match self {
                    $(Values::$variant(v) => Values::$variant(positions.filter_map(|p| v.get(p).copied()).collect()),)*
                }
            };
        }
        take!(Float64, Float32, Float16, BFloat16, Int64, Int32, Int8, UInt8, Bool)
    }

    /// Keeps the first `length` elements (a device pads its buffers).
    pub fn truncate(&mut self, length: usize) {
        with_values!(self, v => v.truncate(length));
    }

    /// The bytes as a device holds them: little-endian elements, one byte a bool.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Values::Bool(v) => bytemuck::cast_slice(v),
            Values::Float64(v) => bytemuck::cast_slice(v),
            Values::Float32(v) => bytemuck::cast_slice(v),
            Values::Float16(v) => bytemuck::cast_slice(v),
            Values::BFloat16(v) => bytemuck::cast_slice(v),
            Values::Int64(v) => bytemuck::cast_slice(v),
            Values::Int32(v) => bytemuck::cast_slice(v),
            Values::Int8(v) => bytemuck::cast_slice(v),
            Values::UInt8(v) => v,
        }
    }

    /// The inverse of [`Values::bytes`]; surplus bytes are left out, bools are `!= 0`.
    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Values {
        fn collect<T: bytemuck::Pod>(bytes: &[u8]) -> Vec<T> {
            bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()
        }
        match dtype {
            DType::Float64 => Values::Float64(collect(bytes)),
            DType::Float32 => Values::Float32(collect(bytes)),
            DType::Float16 => Values::Float16(collect(bytes)),
            DType::BFloat16 => Values::BFloat16(collect(bytes)),
            DType::Int64 => Values::Int64(collect(bytes)),
            DType::Int32 => Values::Int32(collect(bytes)),
            DType::Int8 => Values::Int8(collect(bytes)),
            DType::UInt8 => Values::UInt8(bytes.to_vec()),
            DType::Bool => Values::Bool(bytes.iter().map(|&b| b != 0).collect()),
        }
    }
}

fn part<T>(cells: &[T], range: Range<usize>) -> &[T] {
    cells.get(range).unwrap_or_default()
}
