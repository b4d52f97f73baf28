//! Element types, named as PyTorch names them.

/// The type of a tensor's elements.
///
/// `Float32` is computed with; `Float16` and `BFloat16` are held and widened to float32 for arithmetic;
/// `Float64` lives on the CPU, since WGSL has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    Float64,
    Float32,
    Float16,
    BFloat16,
    Int64,
    Int32,
    Int8,
    UInt8,
    Bool,
}

impl DType {
    /// Every element type, widest first within floats and within integers.
    pub const ALL: [DType; 9] = [
        DType::Float64,
        DType::Float32,
        DType::Float16,
        DType::BFloat16,
        DType::Int64,
        DType::Int32,
        DType::Int8,
        DType::UInt8,
        DType::Bool,
    ];

    /// PyTorch's name without its module: `float32`.
    pub fn name(self) -> &'static str {
        match self {
            DType::Float64 => "float64",
            DType::Float32 => "float32",
            DType::Float16 => "float16",
            DType::BFloat16 => "bfloat16",
            DType::Int64 => "int64",
            DType::Int32 => "int32",
            DType::Int8 => "int8",
            DType::UInt8 => "uint8",
            DType::Bool => "bool",
        }
    }

    /// Size of one element in bytes.
    pub fn size(self) -> usize {
        match self {
            DType::Float64 | DType::Int64 => 8,
            DType::Float32 | DType::Int32 => 4,
            DType::Float16 | DType::BFloat16 => 2,
            DType::Int8 | DType::UInt8 | DType::Bool => 1,
        }
    }

    pub fn is_float(self) -> bool {
        matches!(self, DType::Float64 | DType::Float32 | DType::Float16 | DType::BFloat16)
    }

    /// Integers without `Bool`.
    pub fn is_integer(self) -> bool {
        matches!(self, DType::Int64 | DType::Int32 | DType::Int8 | DType::UInt8)
    }

    /// The number by which shaders know the type (`override` constants named `DTYPE_…`).
    pub fn code(self) -> u32 {
        match self {
            DType::Float32 => 0,
            DType::Float16 => 1,
            DType::BFloat16 => 2,
            DType::Int64 => 3,
            DType::Int32 => 4,
            DType::Int8 => 5,
            DType::UInt8 => 6,
            DType::Bool => 7,
            DType::Float64 => 8,
        }
    }
}
