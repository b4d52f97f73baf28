//! One cell's text: every shown cell of a tensor has the same number of decimals and the same width.

use crate::format::{float_with_exponent, float_with_point};
use tensor::Values;

use super::PrintOptions;

/// Writes the cells of one tensor, each to the same width.
pub(super) struct CellFormatter<'a> {
    values: &'a Values,
    form: Form,
    width: usize,
}

enum Form {
    /// Integers and booleans, and floats that are all whole numbers, which end in a point.
    Whole,
    Decimals(usize),
    Exponent(usize),
}

impl<'a> CellFormatter<'a> {
    /// `sample` are the offsets into `values` of the cells that decide: those that are shown.
    pub(super) fn new(
        values: &'a Values,
        sample: impl Iterator<Item = usize> + Clone,
        options: &PrintOptions,
    ) -> Self {
        let mut formatter = Self {
            values,
            form: Form::Whole,
            width: 1,
        };
        let decisive = sample.filter(|&offset| match float_at(values, offset) {
            Some(value) => value.is_finite() && value != 0.0,
            None => true,
        });
        if values.dtype().is_float() {
            formatter.form = form_of_floats(
                decisive
                    .clone()
                    .filter_map(|offset| float_at(values, offset)),
                options,
            );
        }
        formatter.width = decisive
            .map(|offset| formatter.bare(offset).len())
            .max()
            .unwrap_or(1);
        formatter
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The cell at `offset`, padded on the left.
    pub(super) fn cell(&self, offset: usize) -> String {
        format!("{:>width$}", self.bare(offset), width = self.width)
    }

    fn bare(&self, offset: usize) -> String {
        let Some(value) = float_at(self.values, offset) else {
            return whole_at(self.values, offset);
        };
        match self.form {
            Form::Whole if value.is_finite() => float_with_point(value, 0) + ".",
            Form::Whole => float_with_point(value, 0),
            Form::Decimals(precision) => float_with_point(value, precision),
            Form::Exponent(precision) => float_with_exponent(value, precision),
        }
    }
}

/// The form of the finite floats other than zero that are shown.
fn form_of_floats(values: impl Iterator<Item = f64> + Clone, options: &PrintOptions) -> Form {
    let magnitudes = values.clone().map(f64::abs);
    let (smallest, largest) = magnitudes.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if largest == 0.0 {
        return Form::Whole;
    }
    // PyTorch widens to float64 before it divides, whatever the tensor's type.
    let scientific = options
        .scientific
        .unwrap_or(largest / smallest > 1000.0 || largest > 1e8 || smallest < 1e-4);
    if scientific {
        Form::Exponent(options.precision)
    } else if values.into_iter().all(|value| value == value.ceil()) {
        Form::Whole
    } else {
        Form::Decimals(options.precision)
    }
}

/// The float at `offset`, widened; nothing if the values are not floats.
fn float_at(values: &Values, offset: usize) -> Option<f64> {
    match values {
        Values::Float64(values) => values.get(offset).copied(),
        Values::Float32(values) => values.get(offset).copied().map(f64::from),
        Values::Float16(values) => values.get(offset).map(|value| value.to_f64()),
        Values::BFloat16(values) => values.get(offset).map(|value| value.to_f64()),
        _ => None,
    }
}

/// The integer or boolean at `offset` as Python writes it.
fn whole_at(values: &Values, offset: usize) -> String {
    fn text<T: ToString>(values: &[T], offset: usize) -> String {
        values.get(offset).map(T::to_string).unwrap_or_default()
    }
    match values {
        Values::Int64(values) => text(values, offset),
        Values::Int32(values) => text(values, offset),
        Values::Int8(values) => text(values, offset),
        Values::UInt8(values) => text(values, offset),
        Values::Bool(values) => if values.get(offset) == Some(&true) {
            "True"
        } else {
            "False"
        }
        .to_owned(),
        _ => String::new(),
    }
}
