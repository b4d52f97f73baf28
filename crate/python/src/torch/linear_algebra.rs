//! Matrix products, and what is made of them.

use std::rc::Rc;

use tensor::ops::binary::Operator;
use tensor::ops::matmul::MatMul;
use tensor::ops::reduce::Reduction;
use tensor::Tensor;

use super::arguments::Arguments;
use super::dimensions::dimensions;
use super::entry::{BOTH, Entry, LINALG};
use super::promotion::{Operand, c_name, scalar_type_name};
use super::{autograd, compute, statistics};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("matmul", BOTH | LINALG, matmul_),
    Entry("mm", BOTH, mm),
    Entry("bmm", BOTH, bmm),
    Entry("mv", BOTH, mv),
    Entry("dot", BOTH, dot),
    Entry("inner", BOTH, inner),
    Entry("outer", BOTH, outer),
    Entry("addmm", BOTH, addmm),
    Entry("baddbmm", BOTH, baddbmm),
    Entry("trace", BOTH, trace),
    Entry("norm", LINALG, linalg_norm),
    Entry("vector_norm", LINALG, linalg_norm),
];

/// (.., N, K) times (.., K, M), batches broadcast.
pub fn product(context: &Context, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    let product = uncounted_product(context, a, b)?;
    context.torch.flops.count_product(a, &product);
    Ok(product)
}

/// A product with a vector: PyTorch has kernels of their own for those, and its counter of FLOPs passes them over.
fn uncounted_product(context: &Context, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    check_dtypes(a, b)?;
    Ok(context.engine.run(MatMul, &[a, b])?)
}

pub fn check_dtypes(a: &Tensor, b: &Tensor) -> Result<(), Raise> {
    if a.dtype() == b.dtype() {
        return Ok(());
    }
    Err(Raise::runtime_error(format!(
        "expected m1 and m2 to have the same dtype, but got: {} != {}",
        c_name(a.dtype()),
        c_name(b.dtype())
    )))
}

/// The product as `a @ b` has it, and the name of its gradient.
pub fn matmul(context: &Context, a: &Rc<TensorObject>, b: &Rc<TensorObject>) -> Result<Value, Raise> {
    let (x, y) = (a.handle(), b.handle());
    let (result, grad_fn) = match (x.dimensions(), y.dimensions()) {
        (0, _) | (_, 0) => {
            return Err(Raise::runtime_error(format!(
                "both arguments to matmul need to be at least 1D, but they are {}D and {}D",
                x.dimensions(),
                y.dimensions()
            )));
        }
        (1, 1) => (dot_of(context, &x, &y)?, "DotBackward0"),
        (a, b) if (a > 2 || b > 2) && a > 1 && b > 1 && x.dtype() != y.dtype() => return Err(expected_scalar(&x, &y)),
        (2, 1) => (matrix_vector(context, &x, &y)?, "MvBackward0"),
        (1, 2) => {
            let row = x.view(x.layout().unsqueeze(0));
            let result = matrices(context, &row, &y)?;
            (result.view(result.layout().squeeze(0)), "SqueezeBackward4")
        }
        (2, 2) => (matrices(context, &x, &y)?, "MmBackward0"),
        (1, _) => {
            let row = x.view(x.layout().unsqueeze(0));
            let result = batched(context, &row, &y)?;
            let dim = result.dimensions() - 2;
            (result.view(result.layout().squeeze(dim)), "UnsafeViewBackward0")
        }
        (_, 1) => {
            let column = y.view(y.layout().unsqueeze(1));
            // Matrices that lie one after the other are one matrix to PyTorch, and this a product with a vector.
            let is_one = x.layout().view(&[x.numel() / y.numel().max(1), y.numel()]).is_some();
            let result = if is_one { uncounted_batched(context, &x, &column)? } else { batched(context, &x, &column)? };
            let dim = result.dimensions() - 1;
            (result.view(result.layout().squeeze(dim)), "UnsafeViewBackward0")
        }
        (2, _) => (batched(context, &x, &y)?, "CloneBackward0"),
        _ => (batched(context, &x, &y)?, "UnsafeViewBackward0"),
    };
    Ok(autograd::value(context, result, grad_fn, &[a, b]))
}

/// What batches of matrices say of two dtypes.
fn expected_scalar(a: &Tensor, b: &Tensor) -> Raise {
    let (a, b) = (scalar_type_name(a.dtype()), scalar_type_name(b.dtype()));
    Raise::runtime_error(format!("expected scalar type {a} but found {b}"))
}

fn matrices(context: &Context, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    check_matrices("mm", a.shape(), b.shape())?;
    product(context, a, b)
}

pub fn check_matrices(kernel: &str, a: &[usize], b: &[usize]) -> Result<(), Raise> {
    let (&[n, k], &[rows, m]) = (a, b) else { return Ok(()) };
    if k == rows {
        return Ok(());
    }
    Err(Raise::runtime_error(format!("{kernel}: mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {rows}x{m})")))
}

/// At least one operand has batch dimensions.
fn batched(context: &Context, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    let product = uncounted_batched(context, a, b)?;
    context.torch.flops.count_product(a, &product);
    Ok(product)
}

fn uncounted_batched(context: &Context, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    let (x, y) = (a.shape(), b.shape());
    let k = x[x.len() - 1];
    let rows = y[y.len() - 2];
    if y.len() == 2 {
        // PyTorch folds the batch into the rows.
        check_matrices("mm", &[x[..x.len() - 1].iter().product(), k], y)?;
    }
    let batch = tensor::layout::broadcast(&x[..x.len() - 2], &y[..y.len() - 2])?;
    if k != rows {
        let count: usize = batch.iter().product();
        return Err(Raise::runtime_error(format!(
            "Expected size for first two dimensions of batch2 tensor to be: [{count}, {k}] but got: [{count}, {rows}]."
        )));
    }
    uncounted_product(context, a, b)
}

fn dot_of(context: &Context, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    if a.dimensions() != 1 || b.dimensions() != 1 {
        return Err(Raise::runtime_error(format!(
            "1D tensors expected, but got {}D and {}D tensors",
            a.dimensions(),
            b.dimensions()
        )));
    }
    if a.numel() != b.numel() {
        return Err(Raise::runtime_error(format!(
            "inconsistent tensor size, expected tensor [{}] and src [{}] to have the same number of elements, but got {} and {} elements respectively",
            a.numel(),
            b.numel(),
            a.numel(),
            b.numel()
        )));
    }
    if a.dtype() != b.dtype() {
        return Err(Raise::runtime_error(format!(
            "dot : expected both vectors to have same dtype, but found {} and {}",
            scalar_type_name(a.dtype()),
            scalar_type_name(b.dtype())
        )));
    }
    let row = a.view(a.layout().unsqueeze(0));
    let column = b.view(b.layout().unsqueeze(1));
    let result = uncounted_product(context, &row, &column)?;
    Ok(result.view(result.layout().squeeze(0).squeeze(0)))
}

fn matrix_vector(context: &Context, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    let (&[n, k], &[length]) = (a.shape(), b.shape()) else {
        return Err(Raise::runtime_error("vector + matrix @ vector expected, got other dimensions"));
    };
    if k != length {
        return Err(Raise::runtime_error(format!("size mismatch, got input ({n}), mat ({n}x{k}), vec ({length})")));
    }
    let column = b.view(b.layout().unsqueeze(1));
    let result = uncounted_product(context, a, &column)?;
    Ok(result.view(result.layout().squeeze(1)))
}

fn pair(arguments: &Arguments, second: &str) -> Result<(Rc<TensorObject>, Rc<TensorObject>), Raise> {
    Ok((arguments.object("input")?, arguments.object(second)?))
}

fn matmul_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let (a, b) = pair(&Arguments::bind(context, "matmul(input, other)", args)?, "other")?;
    matmul(context, &a, &b)
}

fn mm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let (a, b) = pair(&Arguments::bind(context, "mm(input, mat2)", args)?, "mat2")?;
    for (name, handle) in [("self", a.handle()), ("mat2", b.handle())] {
        if handle.dimensions() != 2 {
            return Err(Raise::runtime_error(format!("mm: {name} must be a matrix, got {}-D tensor", handle.dimensions())));
        }
    }
    Ok(autograd::value(context, matrices(context, &a.handle(), &b.handle())?, "MmBackward0", &[&a, &b]))
}

fn bmm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let (a, b) = pair(&Arguments::bind(context, "bmm(input, mat2)", args)?, "mat2")?;
    let result = batches(context, &a.handle(), &b.handle())?;
    Ok(autograd::value(context, result, "BmmBackward0", &[&a, &b]))
}

fn batches(context: &Context, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    for (name, handle) in [("batch1", a), ("batch2", b)] {
        if handle.dimensions() != 3 {
            return Err(Raise::runtime_error(format!("{name} must be a 3D tensor")));
        }
    }
    let (x, y) = (a.shape(), b.shape());
    if x[0] != y[0] || x[2] != y[1] {
        return Err(Raise::runtime_error(format!(
            "Expected size for first two dimensions of batch2 tensor to be: [{}, {}] but got: [{}, {}].",
            x[0], x[2], y[0], y[1]
        )));
    }
    product(context, a, b)
}

fn mv(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let (a, b) = pair(&Arguments::bind(context, "mv(input, vec)", args)?, "vec")?;
    Ok(autograd::value(context, matrix_vector(context, &a.handle(), &b.handle())?, "MvBackward0", &[&a, &b]))
}

fn dot(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let (a, b) = pair(&Arguments::bind(context, "dot(input, tensor)", args)?, "tensor")?;
    Ok(autograd::value(context, dot_of(context, &a.handle(), &b.handle())?, "DotBackward0", &[&a, &b]))
}

/// Products over the last dimensions.
fn inner(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let (a, b) = pair(&Arguments::bind(context, "inner(input, other)", args)?, "other")?;
    let (x, y) = (a.handle(), b.handle());
    if x.dimensions() == 1 && y.dimensions() == 1 {
        return Ok(autograd::value(context, dot_of(context, &x, &y)?, "ViewBackward0", &[&a, &b]));
    }
    if x.dimensions() == 0 || y.dimensions() == 0 {
        return super::arithmetic::apply(
            context,
            &super::arithmetic::MULTIPLY,
            &Operand::Tensor(a),
            &Operand::Tensor(b),
        );
    }
    let (k, length) = (x.shape()[x.dimensions() - 1], y.shape()[y.dimensions() - 1]);
    if k != length {
        return Err(Raise::runtime_error(format!(
            "inner() the last dimension must match on both input tensors but got shapes {:?} and {:?}",
            x.shape(),
            y.shape()
        )));
    }
    let flat = |t: &Tensor| compute::reshape(context, t, &[t.numel() / k.max(1), k]);
    let (left, right) = (flat(&x)?, flat(&y)?);
    let result = product(context, &left, &right.view(right.layout().transpose(0, 1)))?;
    let shape = [&x.shape()[..x.dimensions() - 1], &y.shape()[..y.dimensions() - 1]].concat();
    Ok(autograd::value(context, compute::reshape(context, &result, &shape)?, "ViewBackward0", &[&a, &b]))
}

fn outer(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let (a, b) = pair(&Arguments::bind(context, "outer(input, vec2)", args)?, "vec2")?;
    for (name, handle) in [("self", a.handle()), ("vec2", b.handle())] {
        if handle.dimensions() != 1 {
            return Err(Raise::runtime_error(format!(
                "outer: Expected 1-D argument {name}, but got {}-D",
                handle.dimensions()
            )));
        }
    }
    let column = TensorObject::new(a.handle().view(a.handle().layout().unsqueeze(1)));
    let operands = [Operand::Tensor(column), Operand::Tensor(b.clone())];
    let result = super::arithmetic::compute(context, Operator::Mul, &operands[0], &operands[1])?;
    Ok(autograd::value(context, result, "MulBackward0", &[&a, &b]))
}

fn addmm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "addmm(input, mat1, mat2, *, beta=1, alpha=1)", args)?;
    let (a, b) = (arguments.object("mat1")?, arguments.object("mat2")?);
    check_matrices("addmm", a.handle().shape(), b.handle().shape())?;
    let [left, right] = [&a, &b].map(|factor| compute::widened(context, &factor.handle()));
    let result = matrices(context, &left?, &right?)?;
    added(context, &arguments, result, &[&a, &b], "AddmmBackward0")
}

fn baddbmm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "baddbmm(input, batch1, batch2, *, beta=1, alpha=1)", args)?;
    let (a, b) = (arguments.object("batch1")?, arguments.object("batch2")?);
    let result = batches(context, &a.handle(), &b.handle())?;
    added(context, &arguments, result, &[&a, &b], "BaddbmmBackward0")
}

/// beta · input + alpha · result
fn added(
    context: &Context,
    arguments: &Arguments,
    mut result: Tensor,
    factors: &[&Rc<TensorObject>],
    grad_fn: &'static str,
) -> Result<Value, Raise> {
    let input = arguments.object("input")?;
    let mut term = compute::cast(context, &input.handle(), result.dtype())?;
    for (name, tensor) in [("alpha", &mut result), ("beta", &mut term)] {
        let factor = arguments.float_or(name, 1.0)?;
        if factor != 1.0 {
            *tensor = compute::with_number(context, Operator::Mul, tensor, factor)?;
        }
    }
    let sizes: Vec<i64> = result.shape().iter().map(|&size| size as i64).collect();
    let term = super::views::expand_to(&term, &sizes)?;
    let sum = compute::binary(context, Operator::Add, &term, &result)?;
    let sum = compute::cast(context, &sum, input.handle().dtype())?;
    let inputs: Vec<&Rc<TensorObject>> = std::iter::once(&input).chain(factors.iter().copied()).collect();
    Ok(autograd::value(context, sum, grad_fn, &inputs))
}

fn trace(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "trace(input)", args)?;
    let input = arguments.object("input")?;
    if input.handle().dimensions() != 2 {
        return Err(Raise::runtime_error(format!(
            "trace: expected a matrix, but got tensor with dim {}",
            input.handle().dimensions()
        )));
    }
    let diagonal = super::views::diagonal_of(&input.handle(), 0, 0, 1)?;
    let sum = compute::reduce(context, Reduction::Sum, &diagonal, &[0], false)?;
    Ok(autograd::value(context, sum, "TraceBackward0", &[&input]))
}

fn linalg_norm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "linalg.norm(input, ord=None, dim=None, keepdim=False, *, dtype=None)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let order = match arguments.get("ord") {
        Some(Value::Str(name)) if **name != *"fro" => {
            return Err(Raise::not_implemented(format!("linalg.norm: the order '{name}' is not supported")));
        }
        Some(Value::Str(_)) | None => 2.0,
        Some(_) => arguments.float_or("ord", 2.0)?,
    };
    let dims = dimensions(&arguments.optional_ints("dim")?.unwrap_or_default(), handle.dimensions())?;
    let result = statistics::vector_norm(context, &handle, order, &dims, arguments.bool_or("keepdim", false)?)?;
    Ok(autograd::value(context, result, "LinalgVectorNormBackward0", &[&input]))
}
