//! Rows and blocks: brackets, commas, line breaks, blank lines between matrices, and the dots of what is left out.

use tensor::Values;

use super::PrintOptions;
use super::cells::CellFormatter;

/// The text of a tensor with at least one cell, whose first line already has `indent` characters.
/// `imaginary` are the imaginary parts of a complex tensor, of which `values` are the real ones.
pub(super) fn rows(
    shape: &[usize],
    values: &Values,
    imaginary: Option<&Values>,
    indent: usize,
    options: &PrintOptions,
) -> String {
    let kept = options.shown_indices(shape);
    let whole = values.len() == shape.iter().product::<usize>();
    // The offset of each shown index along each axis, in the cells that are there.
    let mut stride = 1;
    let mut offsets: Vec<Vec<usize>> = Vec::new();
    for (indices, &size) in kept.iter().zip(shape).rev() {
        offsets.push(
            indices
                .iter()
                .enumerate()
                .map(|(position, &index)| if whole { index } else { position } * stride)
                .collect(),
        );
        stride *= if whole { size } else { indices.len() };
    }
    offsets.reverse();

    let summarizes = options.summarizes(shape);
    let decisive = sample(&offsets, shape, summarizes);
    let page = Page {
        shape,
        imaginary: imaginary
            .map(|values| CellFormatter::new(values, decisive.iter().copied(), options)),
        cells: CellFormatter::new(values, decisive.iter().copied(), options),
        offsets,
        summarizes,
        options,
    };
    page.block(0, 0, indent)
}

/// The offsets of all cells whose magnitudes decide the format.
fn sample(offsets: &[Vec<usize>], shape: &[usize], summarizes: bool) -> Vec<usize> {
    // With no edge items PyTorch looks at a whole vector (its slice `[-0:]`) and at nothing of a matrix.
    if let [size] = shape
        && summarizes
        && offsets.iter().all(Vec::is_empty)
    {
        return (0..*size).collect();
    }
    let mut cells = vec![0];
    for axis in offsets {
        cells = cells
            .iter()
            .flat_map(|&start| axis.iter().map(move |&offset| start + offset))
            .collect();
    }
    cells
}

struct Page<'a> {
    shape: &'a [usize],
    cells: CellFormatter<'a>,
    imaginary: Option<CellFormatter<'a>>,
    offsets: Vec<Vec<usize>>,
    summarizes: bool,
    options: &'a PrintOptions,
}

impl Page<'_> {
    /// The part of the tensor from `axis` on that starts at `offset`.
    fn block(&self, axis: usize, offset: usize, indent: usize) -> String {
        let inner = self.shape.len() - axis;
        if inner == 0 {
            return self.cell(offset);
        }
        if inner == 1 {
            return self.row(axis, offset, indent);
        }
        let mut blocks: Vec<String> = self.offsets[axis]
            .iter()
            .map(|step| self.block(axis + 1, offset + step, indent + 1))
            .collect();
        if self.is_shortened(axis) {
            blocks.insert(self.options.edge_items, "...".to_owned());
        }
        let separator = format!(",{}{}", "\n".repeat(inner - 1), " ".repeat(indent + 1));
        format!("[{}]", blocks.join(&separator))
    }

    fn row(&self, axis: usize, offset: usize, indent: usize) -> String {
        let mut cells: Vec<String> = self.offsets[axis]
            .iter()
            .map(|step| self.cell(offset + step))
            .collect();
        if self.is_shortened(axis) {
            let dots = if self.options.edge_items == 0 {
                "..."
            } else {
                " ..."
            };
            cells.insert(self.options.edge_items, dots.to_owned());
        }
        let room = self.options.line_width.saturating_sub(indent);
        let imaginary = self.imaginary.as_ref().map_or(0, |cells| cells.width() + 1);
        let per_line = (room / (self.cells.width() + imaginary + 2)).max(1);
        let lines: Vec<String> = cells.chunks(per_line).map(|line| line.join(", ")).collect();
        format!(
            "[{}]",
            lines.join(&format!(",\n{}", " ".repeat(indent + 1)))
        )
    }

    fn cell(&self, offset: usize) -> String {
        let real = self.cells.cell(offset);
        let Some(cells) = &self.imaginary else {
            return real;
        };
        let imaginary = cells.cell(offset) + "j";
        let imaginary = imaginary.trim_start();
        let sign = if imaginary.starts_with('-') { "" } else { "+" };
        real + sign + imaginary
    }

    fn is_shortened(&self, axis: usize) -> bool {
        self.summarizes && self.shape[axis] > self.options.edge_items.saturating_mul(2)
    }
}
