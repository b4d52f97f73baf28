//! Element types as kernels see them: the nine that are held, and the three that are computed in.
//!
//! Kernels that only move cells are generic over [`Word`]; kernels that compute are generic over
//! [`Compute`] (float32, float64, int64) or [`Float`](super::float::Float) (float32, float64). float16 and bfloat16 widen
//! to float32 when they are read and round to nearest even when they are stored.

use std::borrow::Cow;

use bytemuck::allocation::cast_vec;
use bytemuck::{cast_slice, cast_slice_mut};
use half::{bf16, f16};

use super::strided::row_major;
use crate::ops::View;
use crate::{DType, Error, Result, Values};

/// A type that a storage holds.
pub trait Element: Copy + Default + PartialEq + 'static {
    /// The elements, if `values` are of this type.
    fn slice(values: &Values) -> Option<&[Self]>;
    fn slice_mut(values: &mut Values) -> Option<&mut [Self]>;
    fn values(elements: Vec<Self>) -> Values;
}

macro_rules! elements {
    ($($variant:ident $type:ty),*) => {$(
        impl Element for $type {
            fn slice(values: &Values) -> Option<&[Self]> {
                if let Values::$variant(v) = values { Some(v) } else { None }
            }
            fn slice_mut(values: &mut Values) -> Option<&mut [Self]> {
                if let Values::$variant(v) = values { Some(v) } else { None }
            }
            fn values(elements: Vec<Self>) -> Values {
                Values::$variant(elements)
            }
        }
    )*};
}
elements!(Float64 f64, Float32 f32, Float16 f16, BFloat16 bf16, Int64 i64, Int32 i32, Int8 i8, UInt8 u8, Bool bool);

/// Runs `f` as a function of its own, so that what is compiled for types that programs seldom use is not part of what
/// is compiled for the others: a page loads it later.
#[inline(never)]
pub fn apart<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// Cells that are moved and nothing else: of one size they are the same, whatever they stand for. A kernel is then
/// compiled five times instead of nine. (A bool is no byte, since not every byte is a bool.)
pub trait Word: Copy + Default + 'static {
    /// The cells, if those of `values` are of this size.
    fn slice(values: &Values) -> Option<&[Self]>;
    fn slice_mut(values: &mut Values) -> Option<&mut [Self]>;
    /// Cells of `dtype`, which are of this size.
    fn values(words: Vec<Self>, dtype: DType) -> Values;
}

macro_rules! words {
    ($($word:ty: $first:ident $($variant:ident)?),*) => {$(
        impl Word for $word {
            fn slice(values: &Values) -> Option<&[Self]> {
                match values {
                    Values::$first(v) => Some(cast_slice(v)),
                    $(Values::$variant(v) => Some(cast_slice(v)),)?
                    _ => None,
                }
            }
            fn slice_mut(values: &mut Values) -> Option<&mut [Self]> {
                match values {
                    Values::$first(v) => Some(cast_slice_mut(v)),
                    $(Values::$variant(v) => Some(cast_slice_mut(v)),)?
                    _ => None,
                }
            }
            fn values(words: Vec<Self>, dtype: DType) -> Values {
                match dtype {
                    $(DType::$variant => Values::$variant(cast_vec(words)),)?
                    _ => Values::$first(cast_vec(words)),
                }
            }
        }
    )*};
}
words!(u64: Float64 Int64, u32: Float32 Int32, u16: Float16 BFloat16, u8: UInt8 Int8);

impl Word for bool {
    fn slice(values: &Values) -> Option<&[bool]> {
        Element::slice(values)
    }
    fn slice_mut(values: &mut Values) -> Option<&mut [bool]> {
        Element::slice_mut(values)
    }
    fn values(words: Vec<bool>, _: DType) -> Values {
        Values::Bool(words)
    }
}

/// Runs `$body` with `$t` naming the [`Word`] that cells of `$dtype` are moved as.
macro_rules! by_word {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype {
            $crate::DType::Float64 | $crate::DType::Int64 => { type $t = u64; $crate::cpu::element::apart(move || $body) }
            $crate::DType::Float32 | $crate::DType::Int32 => { type $t = u32; $crate::cpu::element::apart(move || $body) }
            $crate::DType::Float16 | $crate::DType::BFloat16 => { type $t = u16; $crate::cpu::element::apart(move || $body) }
            $crate::DType::Int8 | $crate::DType::UInt8 => { type $t = u8; $crate::cpu::element::apart(move || $body) }
            $crate::DType::Bool => { type $t = bool; $crate::cpu::element::apart(move || $body) }
        }
    };
}
pub(crate) use by_word;

/// Runs `$body` with `$f` naming the type that floats of `$dtype` are computed in: float64 in itself, the rest in float32.
macro_rules! by_float {
    ($dtype:expr, $f:ident => $body:expr) => {
        if $dtype == $crate::DType::Float64 {
            type $f = f64;
            $crate::cpu::element::apart(move || $body)
        } else {
            type $f = f32;
            $crate::cpu::element::apart(move || $body)
        }
    };
}
pub(crate) use by_float;

/// Runs `$body` with `$c` naming the type that cells of `$dtype` are computed in: integers and bools in int64.
macro_rules! by_compute {
    ($dtype:expr, $c:ident => $body:expr) => {
        if $dtype.is_float() {
            $crate::cpu::element::by_float!($dtype, $c => $body)
        } else {
            type $c = i64;
            $crate::cpu::element::apart(move || $body)
        }
    };
}
pub(crate) use by_compute;

/// The elements of a view in row-major order, borrowed where they lie so already.
pub fn cells<'a, T: Element>(view: &View<'a>) -> Result<Cow<'a, [T]>> {
    let elements = T::slice(view.values).ok_or_else(|| unexpected(view.values.dtype()))?;
    row_major(elements, view.layout)
}

/// As [`cells`], of whatever type of this size.
pub fn words<'a, T: Word>(view: &View<'a>) -> Result<Cow<'a, [T]>> {
    let words = T::slice(view.values).ok_or_else(|| unexpected(view.values.dtype()))?;
    row_major(words, view.layout)
}

/// The type mismatch that an operation's rule should have refused.
pub fn unexpected(dtype: DType) -> Error {
    Error::Runtime(format!("a kernel met unexpected elements of {}", dtype.name()))
}

/// A type that kernels compute in.
pub trait Compute: Element + PartialOrd {
    /// The elements of a view in row-major order, converted; borrowed where nothing needs to move.
    fn read<'a>(view: &View<'a>) -> Result<Cow<'a, [Self]>>;
    /// Results rounded to `dtype`.
    fn store(results: Vec<Self>, dtype: DType) -> Values;
    fn is_nan(self) -> bool;
    /// The sum; integers wrap.
    fn plus(self, other: Self) -> Self;
}

impl Compute for f32 {
    fn read<'a>(view: &View<'a>) -> Result<Cow<'a, [f32]>> {
        match view.values {
            Values::Float32(v) => row_major(v, view.layout),
            _ => Ok(Cow::Owned(view.contiguous().to_f32())),
        }
    }

    fn store(results: Vec<f32>, dtype: DType) -> Values {
        match dtype {
            DType::Float32 => Values::Float32(results),
            DType::Float16 => Values::Float16(results.into_iter().map(f16::from_f32).collect()),
            DType::BFloat16 => Values::BFloat16(results.into_iter().map(bf16::from_f32).collect()),
            _ => Values::Float32(results).cast(dtype),
        }
    }

    fn is_nan(self) -> bool {
        f32::is_nan(self)
    }

    fn plus(self, other: Self) -> Self {
        self + other
    }
}

impl Compute for f64 {
    fn read<'a>(view: &View<'a>) -> Result<Cow<'a, [f64]>> {
        match view.values {
            Values::Float64(v) => row_major(v, view.layout),
            _ => Ok(Cow::Owned(view.contiguous().to_f64())),
        }
    }

    fn store(results: Vec<f64>, dtype: DType) -> Values {
        if dtype == DType::Float64 { Values::Float64(results) } else { Values::from_f64(dtype, &results) }
    }

    fn is_nan(self) -> bool {
        f64::is_nan(self)
    }

    fn plus(self, other: Self) -> Self {
        self + other
    }
}

impl Compute for i64 {
    fn read<'a>(view: &View<'a>) -> Result<Cow<'a, [i64]>> {
        match view.values {
            Values::Int64(v) => row_major(v, view.layout),
            _ => Ok(Cow::Owned(view.contiguous().to_i64())),
        }
    }

    fn store(results: Vec<i64>, dtype: DType) -> Values {
        if dtype == DType::Int64 { Values::Int64(results) } else { Values::from_i64(dtype, &results) }
    }

    fn is_nan(self) -> bool {
        false
    }

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
}
