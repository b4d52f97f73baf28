//! The surface against what PyTorch 2.15 printed for the same calls.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::rc::Rc;

use tensor::{DType, Engine};

use super::*;
use crate::Cause;
use crate::value::{Args, Slice};

fn context() -> Context {
    Context::new(Rc::new(Engine::cpu()), Rc::new(|| 0.0), Rc::new(crate::files::NoFiles), 1 << 30)
}

/// Calls `torch.NAME`, or `F.NAME`, or the method.
fn call(context: &mut Context, name: &str, positional: Vec<Value>, keyword: &[(&str, Value)]) -> Result<Value, Raise> {
    let modules = modules(context);
    let function = ["torch", "torch.nn.functional"]
        .iter()
        .find_map(|home| modules.iter().find(|m| &*m.name == *home)?.attributes.get_text(name))
        .filter(|value| matches!(value, Value::Native(_)))
        .or_else(|| namespaces::method(name));
    let Some(Value::Native(native)) = function else { panic!("there is no {name}") };
    let keyword = keyword.iter().map(|(name, value)| (Rc::from(*name), value.clone())).collect();
    native.call(context, Args { positional, keyword })
}

fn text(context: &mut Context, value: &Value) -> String {
    match value {
        Value::Tensor(tensor) => repr(context, tensor).unwrap_or_else(|_| panic!("repr")),
        Value::Tuple(tuple) => tuple.items.iter().map(|item| text(context, item)).collect::<Vec<_>>().join(" "),
        Value::Bool(b) => b.to_string(),
        other => other.type_name(),
    }
}

fn shows(context: &mut Context, result: Result<Value, Raise>, expected: &str) {
    match result.map_err(Raise::cause) {
        Ok(value) => assert_eq!(text(context, &value), expected),
        Err(Cause::Error(kind, message)) => assert_eq!(format!("{kind:?}: {message}"), expected),
        Err(_) => panic!("an unexpected kind of failure"),
    }
}

fn object(value: &Value) -> Rc<TensorObject> {
    let Value::Tensor(tensor) = value else { panic!("no tensor") };
    tensor.clone()
}

fn ints(numbers: &[i64]) -> Value {
    Value::list(numbers.iter().map(|&n| Value::Int(n)).collect())
}

/// 0, 1, 2, … in this shape, as int64.
fn counting(context: &mut Context, shape: &[i64]) -> Value {
    let flat = call(context, "arange", vec![Value::Int(shape.iter().product())], &[]).ok().unwrap();
    call(context, "view", vec![flat, ints(shape)], &[]).ok().unwrap()
}

fn slice(start: Value, stop: Value, step: Value) -> Value {
    Value::Slice(Rc::new(Slice { start, stop, step }))
}

#[test]
fn creation_infers_types() {
    let context = &mut context();
    let rows = Value::list(vec![ints(&[1, 2]), Value::list(vec![Value::Float(0.5), Value::Bool(true)])]);
    let result = call(context, "tensor", vec![rows], &[]);
    shows(context, result, "tensor([[1.0000, 2.0000],\n        [0.5000, 1.0000]])");
    let result = call(context, "tensor", vec![Value::list(vec![ints(&[1, 2]), ints(&[3])])], &[]);
    shows(context, result, "ValueError: expected sequence of length 2 at dim 1 (got 1)");
    let result = call(context, "arange", vec![Value::Int(5), Value::Int(0), Value::Int(-2)], &[]);
    shows(context, result, "tensor([5, 3, 1])");
    let result = call(context, "zeros", vec![Value::Int(2), Value::Int(0)], &[]);
    shows(context, result, "tensor([], size=(2, 0))");
}

#[test]
fn types_promote_by_rank() {
    let context = &mut context();
    let whole = counting(context, &[3]);
    for (other, expected) in [
        (Value::Int(2), "tensor([2, 3, 4])"),
        (Value::Float(0.5), "tensor([0.5000, 1.5000, 2.5000])"),
        (Value::Bool(true), "tensor([1, 2, 3])"),
    ] {
        let sum = binary(context, BinaryOperator::Add, &whole, &other);
        shows(context, sum, expected);
    }
    let quotient = binary(context, BinaryOperator::Divide, &whole, &Value::Int(2));
    shows(context, quotient, "tensor([0.0000, 0.5000, 1.0000])");
    let half = call(context, "ones", vec![Value::Int(1)], &[("dtype", Value::DType(DType::BFloat16))]).ok().unwrap();
    let product = binary(context, BinaryOperator::Multiply, &Value::Float(0.1), &half);
    shows(context, product, "tensor([0.1001], dtype=torch.bfloat16)");
}

#[test]
fn keys_select_as_in_pytorch() {
    let context = &mut context();
    let value = counting(context, &[2, 3, 4]);
    let cube = object(&value);
    let all = || slice(Value::None, Value::None, Value::None);
    let numbers = |context: &mut Context, n: &[i64]| call(context, "tensor", vec![ints(n)], &[]).ok().unwrap();
    let (first, second) = (numbers(context, &[0, 1]), numbers(context, &[1, 3]));
    for (key, expected) in [
        (Value::tuple(vec![Value::Int(-1), Value::Int(-2)]), "tensor([16, 17, 18, 19])"),
        (Value::tuple(vec![Value::Ellipsis, Value::Int(0)]), "tensor([[ 0,  4,  8],\n        [12, 16, 20]])"),
        (
            Value::tuple(vec![Value::Int(0), all(), slice(Value::Int(1), Value::None, Value::Int(2))]),
            "tensor([[ 1,  3],\n        [ 5,  7],\n        [ 9, 11]])",
        ),
        // Tensors side by side stay in place; apart, their dimension comes first.
        (Value::tuple(vec![all(), first.clone(), second.clone()]), "tensor([[ 1,  7],\n        [13, 19]])"),
        (
            Value::tuple(vec![first.clone(), all(), second.clone()]),
            "tensor([[ 1,  5,  9],\n        [15, 19, 23]])",
        ),
        (Value::tuple(vec![Value::Int(0), Value::Int(3)]), "IndexError: index 3 is out of bounds for dimension 1 with size 3"),
        (
            Value::tuple(vec![all(), all(), all(), Value::Int(0)]),
            "IndexError: too many indices for tensor of dimension 3",
        ),
        (slice(Value::None, Value::None, Value::Int(-1)), "ValueError: step must be greater than zero"),
        (Value::Float(1.5), "IndexError: only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got float)"),
    ] {
        let result = get_item(context, &cube, &key);
        shows(context, result, expected);
    }
}

#[test]
fn assignment_reaches_every_view() {
    let context = &mut context();
    let value = counting(context, &[2, 3]);
    let matrix = object(&value);
    let row = get_item(context, &matrix, &Value::Int(1)).ok().unwrap();
    assert!(set_item(context, &object(&row), &ints(&[0, 2]), &Value::Int(-1)).is_ok());
    shows(context, Ok(value.clone()), "tensor([[ 0,  1,  2],\n        [-1,  4, -1]])");
    let negative = compare(context, CompareOperator::Less, &value, &Value::Int(0)).ok().unwrap();
    assert!(set_item(context, &matrix, &negative, &Value::Int(9)).is_ok());
    shows(context, Ok(row), "tensor([9, 4, 9])");
    let wide = call(context, "ones", vec![Value::Int(4)], &[]).ok().unwrap();
    let failed = set_item(context, &matrix, &Value::Int(0), &wide).map(|()| Value::None);
    shows(
        context,
        failed,
        "RuntimeError: The expanded size of the tensor (3) must match the existing size (4) at non-singleton dimension 0.  Target sizes: [3].  Tensor sizes: [4]",
    );
}

#[test]
fn products_say_which_shapes_do_not_fit() {
    let context = &mut context();
    let matrix = counting(context, &[2, 3]);
    let failed = binary(context, BinaryOperator::MatrixMultiply, &matrix, &matrix);
    shows(context, failed, "RuntimeError: mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
    let turned = get_attribute(context, &object(&matrix), "T").ok().unwrap();
    let product = binary(context, BinaryOperator::MatrixMultiply, &matrix, &turned);
    shows(context, product, "tensor([[ 5, 14],\n        [14, 50]])");
    let equation = |text: &str, operands: Vec<Value>| [vec![Value::str(text)], operands].concat();
    let traced = call(context, "einsum", equation("ij,kj->ik", vec![matrix.clone(), matrix.clone()]), &[]);
    shows(context, traced, "tensor([[ 5, 14],\n        [14, 50]])");
    let batch = counting(context, &[2, 2, 3]);
    let contracted = call(context, "einsum", equation("bij,bij->b", vec![batch.clone(), batch.clone()]), &[]);
    shows(context, contracted, "tensor([ 55, 451])");
    let outer = call(context, "einsum", equation("...j,kj->...k", vec![batch, matrix]), &[]);
    shows(
        context,
        outer,
        "tensor([[[  5,  14],\n         [ 14,  50]],\n\n        [[ 23,  86],\n         [ 32, 122]]])",
    );
}

#[test]
fn results_carry_the_names_of_their_gradients() {
    let context = &mut context();
    let ones = call(
        context,
        "ones",
        vec![Value::Int(2), Value::Int(2)],
        &[("requires_grad", Value::Bool(true))],
    )
    .ok()
    .unwrap();
    let product = binary(context, BinaryOperator::MatrixMultiply, &ones, &ones).ok().unwrap();
    shows(context, Ok(product), "tensor([[2., 2.],\n        [2., 2.]], grad_fn=<MmBackward0>)");
    let less = binary(context, BinaryOperator::Subtract, &Value::Int(1), &ones).ok().unwrap();
    shows(context, Ok(less), "tensor([[0., 0.],\n        [0., 0.]], grad_fn=<RsubBackward1>)");
    let changed = in_place(context, BinaryOperator::Add, &object(&ones), &Value::Int(1));
    shows(
        context,
        changed,
        "RuntimeError: a leaf Variable that requires grad is being used in an in-place operation.",
    );
}

#[test]
fn calls_are_checked_against_signatures() {
    let context = &mut context();
    let x = counting(context, &[3]);
    for (result, expected) in [
        (call(context, "softmax", vec![x.clone()], &[]), "TypeError: softmax() missing 1 required positional arguments: \"dim\""),
        (
            call(context, "topk", vec![x.clone(), Value::Int(1)], &[("foo", Value::Int(3))]),
            "TypeError: topk() got an unexpected keyword argument 'foo'",
        ),
        (call(context, "exp", vec![Value::Float(1.0)], &[]), "TypeError: exp(): argument 'input' (position 1) must be Tensor, not float"),
        (
            call(context, "softmax", vec![x], &[("dim", Value::Int(0))]),
            "NotImplementedError: \"softmax_lastdim_kernel_impl\" not implemented for 'Long'",
        ),
    ] {
        shows(context, result, expected);
    }
}

#[test]
fn reductions_and_orders() {
    let context = &mut context();
    let matrix = counting(context, &[2, 3]);
    let floats = call(context, "float", vec![matrix.clone()], &[]).ok().unwrap();
    let most = call(context, "max", vec![floats.clone()], &[("dim", Value::Int(1))]);
    shows(context, most, "tensor([2., 5.]) tensor([2, 2])");
    let spread = call(context, "std", vec![floats.clone()], &[("dim", Value::Int(0))]);
    shows(context, spread, "tensor([2.1213, 2.1213, 2.1213])");
    let best = call(context, "topk", vec![floats.clone(), Value::Int(2)], &[]);
    shows(context, best, "tensor([[2., 1.],\n        [5., 4.]]) tensor([[2, 1],\n        [2, 1]])");
    let total = call(context, "logsumexp", vec![floats], &[("dim", Value::Int(-1))]);
    shows(context, total, "tensor([2.4076, 5.4076])");
    let mean = call(context, "mean", vec![matrix], &[]);
    shows(context, mean, "NotImplementedError: mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Long");
}

#[test]
fn what_is_saved_is_a_copy_that_lasts_for_the_run() {
    let program = "
import torch
model = torch.nn.Linear(2, 2)
weight = model.weight.detach().clone()
torch.save({'model': model.state_dict(), 'step': [3]}, 'checkpoint.pt')
model.weight.data.zero_()
checkpoint = torch.load('checkpoint.pt', map_location='cpu', weights_only=True)
model.load_state_dict(checkpoint['model'])
assert torch.equal(model.weight, weight) and checkpoint['step'] == [3]
checkpoint['step'].append(4)
assert torch.load('checkpoint.pt')['step'] == [3]
try:
    torch.load('other.pt')
except FileNotFoundError as error:
    assert 'other.pt' in str(error)
";
    let mut session = crate::Session::new(Rc::new(Engine::cpu()), Rc::new(|| 0.0));
    session.start(program, crate::Limits::default());
    while !matches!(session.advance(10_000), crate::Progress::Finished) {}
    assert_eq!(session.failure(), None);
}
