//! How a torch function is listed: its name, where programs find it, and its body.

use crate::value::NativeFunction;

/// `torch.NAME`
pub const TORCH: u8 = 1;
/// `x.NAME`
pub const TENSOR: u8 = 2;
/// `torch.nn.functional.NAME`
pub const FUNCTIONAL: u8 = 4;
/// `torch.linalg.NAME`
pub const LINALG: u8 = 8;
/// `torch.NAME` and `x.NAME`
pub const BOTH: u8 = TORCH | TENSOR;

/// Name, homes, body. Signatures stand in the bodies, where they bind the arguments.
pub struct Entry(pub &'static str, pub u8, pub NativeFunction);
