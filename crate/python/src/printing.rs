//! A tensor's text, as `print` shows it in PyTorch, character for character.
//!
//! One formatter is chosen for all cells that are shown: whole numbers with a point, a fixed number of decimals, or an
//! exponent where the magnitudes are too far apart.
//! Then rows are laid out and wrapped, and what a tensor is besides its numbers follows as suffixes.
//! Source: PyTorch's `torch/_tensor_str.py`.

mod cells;
mod layout;

use tensor::{DType, Values};

/// What `torch.set_printoptions` sets.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintOptions {
    /// Decimals of a float.
    pub precision: usize,
    /// Tensors with more cells than this show their corners only; infinite: never.
    pub threshold: f64,
    /// Cells shown at each end of an axis that is shortened.
    pub edge_items: usize,
    /// Characters after which a row wraps.
    pub line_width: usize,
    /// Whether floats have an exponent; `None` lets the magnitudes decide.
    pub scientific: Option<bool>,
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self {
            precision: 4,
            threshold: 1000.0,
            edge_items: 3,
            line_width: 80,
            scientific: None,
        }
    }
}

impl PrintOptions {
    /// `profile="default"`, `"short"` or `"full"`: all but the scientific mode, or nothing if the name is unknown.
    pub fn set_profile(&mut self, profile: &str) {
        let (precision, threshold, edge_items) = match profile {
            "default" => (4, 1000.0, 3),
            "short" => (2, 1000.0, 2),
            "full" => (4, f64::INFINITY, 3),
            _ => return,
        };
        *self = Self {
            precision,
            threshold,
            edge_items,
            line_width: 80,
            scientific: self.scientific,
        };
    }

    /// Whether a tensor of this shape shows its corners only.
    pub fn summarizes(&self, shape: &[usize]) -> bool {
        shape.iter().map(|&size| size as f64).product::<f64>() > self.threshold
    }

    /// The indices along each axis of the cells that are shown, in order: all of them, or both ends of long axes.
    pub fn shown_indices(&self, shape: &[usize]) -> Vec<Vec<usize>> {
        let summarizes = self.summarizes(shape);
        let edge = self.edge_items;
        let along = |&size: &usize| {
            if summarizes && size > edge.saturating_mul(2) {
                (0..edge).chain(size - edge..size).collect()
            } else {
                (0..size).collect()
            }
        };
        shape.iter().map(along).collect()
    }
}

/// A tensor to be printed.
#[derive(Clone, Debug)]
pub struct Printed<'a> {
    pub shape: &'a [usize],
    pub dtype: DType,
    /// The type of floats that goes without saying.
    pub default_dtype: DType,
    /// The cells in row-major order: all of them, or only the shown ones (`PrintOptions::shown_indices`), so that a
    /// large tensor need not be read whole. `None` on the meta device.
    pub values: Option<&'a Values>,
    /// The imaginary parts where the cells are complex numbers, whose real parts are `values`.
    pub imaginary: Option<&'a Values>,
    /// The device where it is not the one that PyTorch takes for granted: `meta`.
    pub device: Option<&'a str>,
    /// The name of the function that made it where gradients are recorded: `AddBackward0`.
    pub grad_fn: Option<&'a str>,
    pub requires_grad: bool,
}

impl Printed<'_> {
    /// `repr(tensor)`.
    pub fn text(&self, options: &PrintOptions) -> String {
        const PREFIX: &str = "tensor(";
        let body = match self.values {
            None => "...".to_owned(),
            Some(_) if self.shape.contains(&0) => "[]".to_owned(),
            Some(values) => layout::rows(
                self.shape,
                values,
                self.imaginary,
                PREFIX.len(),
                options,
            ),
        };
        with_suffixes(
            PREFIX.to_owned() + &body,
            &self.suffixes(options),
            PREFIX.len(),
            options.line_width,
        )
    }

    fn suffixes(&self, options: &PrintOptions) -> Vec<String> {
        let mut suffixes = Vec::new();
        if let Some(device) = self.device {
            suffixes.push(format!("device='{device}'"));
        }
        let empty = self.shape.contains(&0);
        let no_numbers = self.values.is_none() || empty;
        if self.values.is_none()
            || empty && self.shape.len() != 1
            || !empty && options.edge_items == 0
        {
            suffixes.push(format!("size={}", shape_tuple(self.shape)));
        }
        // Numbers tell an integer or a boolean tensor apart from the default type; without numbers only the name can.
        let evident = match self.dtype {
            // Complex numbers are complex64 by default, whatever size real ones have, unless that is float64.
            part if self.imaginary.is_some() => (part == DType::Float64) == (self.default_dtype == DType::Float64),
            float if float == self.default_dtype => true,
            DType::Int64 | DType::Bool => !no_numbers,
            _ => false,
        };
        if !evident {
            let name = match self.dtype {
                DType::Float32 if self.imaginary.is_some() => "complex64",
                _ if self.imaginary.is_some() => "complex128",
                dtype => dtype.name(),
            };
            suffixes.push(format!("dtype=torch.{name}"));
        }
        if let Some(name) = self.grad_fn {
            suffixes.push(format!("grad_fn=<{name}>"));
        } else if self.requires_grad {
            suffixes.push("requires_grad=True".to_owned());
        }
        suffixes
    }
}

/// A shape as a Python tuple: `()`, `(3,)`, `(2, 3)`.
pub fn shape_tuple(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    match sizes.as_slice() {
        [only] => format!("({only},)"),
        sizes => format!("({})", sizes.join(", ")),
    }
}

/// Appends suffixes, each on the last line while it fits there and on a new one otherwise.
fn with_suffixes(
    mut text: String,
    suffixes: &[String],
    indent: usize,
    line_width: usize,
) -> String {
    // PyTorch's own count, which takes two characters more than the last of several lines has.
    let mut last_line = match text.rfind('\n') {
        Some(newline) => text.len() - newline + 1,
        None => text.len() + 2,
    };
    for suffix in suffixes {
        if last_line + suffix.len() + 2 > line_width {
            text += ",\n";
            text += &" ".repeat(indent);
            last_line = indent + suffix.len();
        } else {
            text += ", ";
            last_line += suffix.len() + 2;
        }
        text += suffix;
    }
    text + ")"
}

#[cfg(test)]
mod tests;
