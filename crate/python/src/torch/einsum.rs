//! `torch.einsum`: sums of products by named dimensions.
//!
//! Operands are combined from the left, two at a time: letters that both have and nobody needs any more are summed
//! by a matrix product, the other shared letters are its batch.

use std::rc::Rc;

use tensor::Tensor;
use tensor::layout::{MAX_DIMENSIONS, numel};
use tensor::ops::binary::Operator;
use tensor::ops::reduce::Reduction;

use super::entry::{Entry, TORCH};
use super::{autograd, compute, linear_algebra, views};
use crate::value::{Args, TensorObject, Value, sorted_by};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[Entry("einsum", TORCH, einsum)];

/// A dimension's name: a letter, or a place in the ellipsis counted from its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    Named(char),
    Ellipsis(usize),
}

/// A tensor with the names of its dimensions.
struct Named {
    tensor: Tensor,
    letters: Vec<Letter>,
}

fn einsum(context: &mut Context, mut args: Args) -> Result<Value, Raise> {
    if matches!(args.positional.first(), Some(Value::Tensor(_))) {
        args.positional = with_equation(&args.positional)?;
    }
    let Some(Value::Str(equation)) = args.take_keyword("equation").or_else(|| {
        (!args.positional.is_empty()).then(|| args.positional.remove(0))
    }) else {
        return Err(Raise::type_error("einsum(): the first argument must be the equation, a str"));
    };
    let operands = match args.positional.as_slice() {
        [one] => one.as_sequence().unwrap_or_else(|| vec![one.clone()]),
        _ => args.positional,
    };
    let mut objects = Vec::with_capacity(operands.len());
    for operand in operands {
        let Value::Tensor(object) = operand else {
            return Err(Raise::type_error(format!("einsum(): operands must be tensors, not {}", operand.type_name())));
        };
        objects.push(object);
    }
    let (operands, output) = read(&equation, &objects)?;
    let mut operands: Vec<Named> = operands
        .into_iter()
        .zip(&objects)
        .map(|(letters, object)| diagonals(Named { tensor: object.handle(), letters }))
        .collect::<Result<_, _>>()?;
    check_sizes(&operands)?;
    operands.reverse();
    let Some(mut result) = operands.pop() else {
        return Err(Raise::value_error("einsum(): must provide at least one operand"));
    };
    let is_product = !operands.is_empty();
    let mut is_matrix_product = false;
    while let Some(next) = operands.pop() {
        let needed = |letter: &Letter| output.contains(letter) || operands.iter().any(|o| o.letters.contains(letter));
        (result, is_matrix_product) = combine(context, result, next, needed)?;
    }
    let (tensor, grad_fn) = arrange(context, result, &output, is_product)?;
    let grad_fn = if is_product && !is_matrix_product { "MulBackward0" } else { grad_fn };
    Ok(autograd::value(context, tensor, grad_fn, &objects.iter().collect::<Vec<_>>()))
}

/// `einsum(a, [0, 1], b, [1, 2], [0, 2])` with its equation: the lists' numbers as letters.
fn with_equation(arguments: &[Value]) -> Result<Vec<Value>, Raise> {
    let (mut parts, mut operands) = (Vec::new(), Vec::new());
    let mut output = None;
    for pair in arguments.chunks(2) {
        match pair {
            [operand, subscripts] => {
                operands.push(operand.clone());
                parts.push(subscripts_of(subscripts)?);
            }
            last => output = last.first().map(subscripts_of).transpose()?,
        }
    }
    let arrow = output.map(|output| format!("->{output}")).unwrap_or_default();
    operands.insert(0, Value::str(parts.join(",") + &arrow));
    Ok(operands)
}

fn subscripts_of(list: &Value) -> Result<String, Raise> {
    let items = list.as_sequence().ok_or_else(|| Raise::type_error("einsum(): the subscripts of an operand must be a list"))?;
    items.iter().map(|item| match (item, item.as_int()) {
        (Value::Ellipsis, _) => Ok("...".to_owned()),
        (_, Some(number @ 0..52)) => Ok(char::from(if number < 26 { b'A' + number as u8 } else { b'a' + (number - 26) as u8 }).to_string()),
        (_, Some(number)) => Err(Raise::value_error(format!("einsum(): subscripts must be in the range [0, 52), but got {number}"))),
        _ => Err(Raise::type_error("einsum(): subscripts must be numbers or an ellipsis")),
    }).collect()
}

/// The letters of each operand and of the output.
fn read(equation: &str, objects: &[Rc<TensorObject>]) -> Result<(Vec<Vec<Letter>>, Vec<Letter>), Raise> {
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (equation, None),
    };
    let parts: Vec<&str> = left.split(',').collect();
    if parts.len() != objects.len() {
        let few = if parts.len() > objects.len() { "fewer" } else { "more" };
        return Err(Raise::runtime_error(format!(
            "einsum(): {few} operands were provided than specified in the equation"
        )));
    }
    let mut operands = Vec::with_capacity(parts.len());
    let mut widest = 0;
    for (position, (part, object)) in parts.iter().zip(objects).enumerate() {
        let rank = object.handle().dimensions();
        let names = part.chars().filter(|c| c.is_ascii_alphabetic()).count();
        let has_ellipsis = part.contains("...");
        if (has_ellipsis && names > rank) || (!has_ellipsis && names != rank) {
            let tail = if has_ellipsis { "even with the ellipsis" } else { "and no ellipsis was given" };
            return Err(Raise::runtime_error(format!(
                "einsum(): the number of subscripts in the equation ({names}) does not match the number of dimensions ({rank}) for operand {position} {tail}"
            )));
        }
        widest = widest.max(if has_ellipsis { rank - names } else { 0 });
        operands.push(letters(part, rank - names)?);
    }
    let output = match right {
        Some(right) => letters(right, widest)?,
        None => {
            // Without an arrow: the ellipsis, then the letters that appear once, in order.
            let all: Vec<char> = left.chars().filter(|c| c.is_ascii_alphabetic()).collect();
            let once: Vec<char> = all.iter().copied().filter(|c| all.iter().filter(|o| *o == c).count() == 1).collect();
            let once = sorted_by(once, &Ord::cmp);
            (0..widest).rev().map(Letter::Ellipsis).chain(once.into_iter().map(Letter::Named)).collect()
        }
    };
    for (position, letter) in output.iter().enumerate() {
        if let Letter::Named(name) = letter
            && output[..position].contains(letter)
        {
            return Err(Raise::runtime_error(format!("einsum(): output subscript {name} appears more than once in the output")));
        }
        if let Letter::Named(name) = letter
            && !operands.iter().any(|letters| letters.contains(letter))
        {
            return Err(Raise::runtime_error(format!(
                "einsum(): output subscript {name} does not appear in the equation for any input operand"
            )));
        }
    }
    if output.len() > MAX_DIMENSIONS {
        return Err(Raise::runtime_error(format!("einsum(): here a tensor has at most {MAX_DIMENSIONS} dimensions")));
    }
    Ok((operands, output))
}

fn letters(part: &str, ellipsis: usize) -> Result<Vec<Letter>, Raise> {
    let mut letters = Vec::new();
    let mut rest = part;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("...") {
            letters.extend((0..ellipsis).rev().map(Letter::Ellipsis));
            rest = after;
            continue;
        }
        if character.is_ascii_alphabetic() {
            letters.push(Letter::Named(character));
        } else if character != ' ' {
            return Err(Raise::runtime_error(format!(
                "einsum(): invalid subscript given at index {} in the equation string, subscripts must be in [a-zA-Z]",
                part.len() - rest.len()
            )));
        }
        rest = &rest[character.len_utf8()..];
    }
    Ok(letters)
}

/// A letter that stands twice in one operand is its diagonal.
fn diagonals(mut operand: Named) -> Result<Named, Raise> {
    let mut position = 0;
    while position < operand.letters.len() {
        let letter = operand.letters[position];
        match operand.letters[position + 1..].iter().position(|l| *l == letter) {
            None => position += 1,
            Some(offset) => {
                let other = position + 1 + offset;
                let (a, b) = (operand.tensor.shape()[position], operand.tensor.shape()[other]);
                if a != b {
                    return Err(Raise::runtime_error(format!(
                        "einsum(): subscript is repeated for an operand but the sizes don't match, {b} != {a}"
                    )));
                }
                operand.tensor = views::diagonal_of(&operand.tensor, 0, position as i64, other as i64)?;
                operand.letters.remove(other);
                operand.letters.remove(position);
                operand.letters.push(letter);
            }
        }
    }
    Ok(operand)
}

/// Dimensions of one name have one size, or 1.
fn check_sizes(operands: &[Named]) -> Result<(), Raise> {
    let mut seen: Vec<(Letter, usize)> = Vec::new();
    for (position, operand) in operands.iter().enumerate() {
        for (letter, &size) in operand.letters.iter().zip(operand.tensor.shape()) {
            match seen.iter_mut().find(|(l, _)| l == letter) {
                None => seen.push((*letter, size)),
                Some((_, known)) if *known == 1 => *known = size,
                Some((_, known)) if size == 1 || size == *known => {}
                Some((Letter::Named(name), known)) => {
                    return Err(Raise::runtime_error(format!(
                        "einsum(): subscript {name} has size {size} for operand {position} which does not broadcast with previously seen size {known}"
                    )));
                }
                Some(_) => return Err(Raise::runtime_error("einsum(): the dimensions of the ellipsis do not broadcast")),
            }
        }
    }
    Ok(())
}

/// The product of two operands, summed over the letters that nobody needs any more, and whether that took a sum.
fn combine(
    context: &Context,
    a: Named,
    b: Named,
    needed: impl Fn(&Letter) -> bool,
) -> Result<(Named, bool), Raise> {
    let (a, b) = (summed(context, a, |l| needed(l) || b.letters.contains(l))?, b);
    let b = summed(context, b, |l| needed(l) || a.letters.contains(l))?;
    let shared: Vec<Letter> = a.letters.iter().copied().filter(|l| b.letters.contains(l)).collect();
    let (batch, contracted): (Vec<Letter>, Vec<Letter>) = shared.iter().copied().partition(|l| needed(l));
    let left: Vec<Letter> = a.letters.iter().copied().filter(|l| !shared.contains(l)).collect();
    let right: Vec<Letter> = b.letters.iter().copied().filter(|l| !shared.contains(l)).collect();
    let letters = [batch.clone(), left.clone(), right.clone()].concat();
    if letters.len() > MAX_DIMENSIONS {
        return Err(Raise::runtime_error(format!("einsum(): here a tensor has at most {MAX_DIMENSIONS} dimensions")));
    }
    let dtype = super::promotion::promote(a.tensor.dtype(), b.tensor.dtype());
    let x = compute::cast(context, &a.tensor, dtype)?;
    let y = compute::cast(context, &b.tensor, dtype)?;
    if contracted.is_empty() {
        let x = aligned(&x, &a.letters, &letters)?;
        let y = aligned(&y, &b.letters, &letters)?;
        return Ok((Named { tensor: compute::binary(context, Operator::Mul, &x, &y)?, letters }, false));
    }
    let size = |letter: &Letter| {
        let of = |t: &Tensor, letters: &[Letter]| letters.iter().position(|l| l == letter).map(|d| t.shape()[d]);
        // What lacks the letter, or has one cell of it, repeats.
        of(&x, &a.letters).filter(|&size| size != 1).or(of(&y, &b.letters)).unwrap_or(1)
    };
    let sizes = |letters: &[Letter]| letters.iter().map(size).collect::<Vec<usize>>();
    // Contracted dimensions of size 1 on one side repeat there, as everything broadcasts.
    let x = grouped(context, &x, &a.letters, [&batch, &left, &contracted], &size)?;
    let y = grouped(context, &y, &b.letters, [&batch, &contracted, &right], &size)?;
    let product = linear_algebra::product(context, &x, &y)?;
    let shape = sizes(&letters);
    Ok((Named { tensor: compute::reshape(context, &product, &shape)?, letters }, true))
}

/// The operand summed over the letters that nobody needs.
fn summed(context: &Context, operand: Named, needed: impl Fn(&Letter) -> bool) -> Result<Named, Raise> {
    let dims: Vec<usize> = (0..operand.letters.len()).filter(|&d| !needed(&operand.letters[d])).collect();
    if dims.is_empty() {
        return Ok(operand);
    }
    let letters = operand.letters.iter().copied().filter(|l| needed(l)).collect();
    Ok(Named { tensor: compute::reduce(context, Reduction::Sum, &operand.tensor, &dims, false)?, letters })
}

/// The dimensions in the order of `letters`, with one cell where the tensor lacks one.
fn aligned(tensor: &Tensor, own: &[Letter], letters: &[Letter]) -> Result<Tensor, Raise> {
    let order: Vec<usize> = letters.iter().filter_map(|l| own.iter().position(|o| o == l)).collect();
    let mut layout = tensor.layout().permute(&order);
    for (position, letter) in letters.iter().enumerate() {
        if !own.contains(letter) {
            layout = layout.unsqueeze(position);
        }
    }
    numel(&layout.shape)?;
    Ok(tensor.view(layout))
}

/// The batch's dimensions, then the two groups as one dimension each: a batch of matrices.
fn grouped(
    context: &Context,
    tensor: &Tensor,
    own: &[Letter],
    [batch, rows, columns]: [&[Letter]; 3],
    size: &impl Fn(&Letter) -> usize,
) -> Result<Tensor, Raise> {
    let letters = [batch, rows, columns].concat();
    let aligned = aligned(tensor, own, &letters)?;
    let full: Vec<usize> = letters.iter().map(size).collect();
    let expanded = compute::expand(&aligned, &full)
        .ok_or_else(|| Raise::runtime_error("einsum(): operands could not be broadcast"))?;
    let mut shape: Vec<usize> = batch.iter().map(size).collect();
    shape.push(rows.iter().map(size).product());
    shape.push(columns.iter().map(size).product());
    numel(&shape)?;
    compute::reshape(context, &expanded, &shape)
}

/// The result in the order of the output's letters, and the name of the last step's gradient.
fn arrange(
    context: &Context,
    result: Named,
    output: &[Letter],
    is_product: bool,
) -> Result<(Tensor, &'static str), Raise> {
    let rank = result.letters.len();
    let result = summed(context, result, |l| output.contains(l))?;
    let was_summed = result.letters.len() < rank;
    let tensor = aligned(&result.tensor, &result.letters, output)?;
    let grad_fn = match (is_product, was_summed) {
        (false, true) => "SumBackward1",
        (false, false) => "PermuteBackward0",
        (true, _) => "ViewBackward0",
    };
    Ok((tensor, grad_fn))
}
