//! `abs`, `round`, `pow`, `divmod`, `chr`, `hex` and methods of numbers.

use super::{late, maker, method};
use crate::machine::{BinaryOperator, attribute, items, operate};
use crate::value::{Args, Big, Native, Value};
use crate::{Context, ErrorKind, Raise};

pub fn install(context: &mut Context) {
    let complex = context.types.complex.clone();
    maker(&complex, Native::lazy("complex", |context, args| Err(late(context, "_complex_numbers", "complex", args))));
    for name in ["complex", ".complex"] {
        context.builtins.set_text(name, Value::Class(complex.clone()));
    }
    context.lazy_builtin("abs", |context, args| {
        let [value] = args.exactly("abs")?;
        match &value {
            Value::Int(_) | Value::Bool(_) | Value::Big(_) => {
                let n = Big::of(&value).unwrap_or(Big::from(0i64));
                if n.is_negative() { n.negated() } else { n }.value()
            }
            Value::Float(x) => Ok(Value::Float(x.abs())),
            Value::Tensor(_) => call_method(context, &value, "abs"),
            Value::Instance(i) if i.class_attribute("__abs__").is_some() => call_method(context, &value, "__abs__"),
            _ => Err(Raise::type_error(format!("bad operand type for abs(): '{}'", value.type_name()))),
        }
    });
    context.lazy_builtin("round", round);
    context.lazy_builtin("pow", |context, args| {
        let [base, exponent, modulus] = args.bind("pow", ["base", "exp", "mod"], 2)?;
        let (base, exponent) = (base.unwrap_or(Value::None), exponent.unwrap_or(Value::None));
        if let (Some(modulus), Some(mut x), Some(mut n)) = (modulus.as_ref().and_then(Value::as_int), base.as_int(), exponent.as_int()) {
            if modulus == 0 {
                return Err(Raise::value_error("pow() 3rd argument cannot be 0"));
            }
            if n < 0 {
                x = inverse(x, modulus).ok_or_else(|| Raise::value_error("base is not invertible for the given modulus"))?;
                n = n.saturating_neg();
            }
            let mut power = 1i128;
            while n > 0 {
                if n % 2 == 1 {
                    power = power * i128::from(x) % i128::from(modulus);
                }
                x = (i128::from(x) * i128::from(x) % i128::from(modulus)) as i64;
                n /= 2;
            }
            return Ok(Value::Int(power.rem_euclid(i128::from(modulus)) as i64));
        }
        checked(context, BinaryOperator::Power, &base, &exponent)
    });
    context.lazy_builtin("divmod", |context, args| {
        let [a, b] = args.exactly("divmod")?;
        if let Some(method) = a.special("__divmod__") {
            return Err(Raise::call(method, Args::positional(vec![a, b])));
        }
        let quotient = checked(context, BinaryOperator::FloorDivide, &a, &b)?;
        let remainder = checked(context, BinaryOperator::Modulo, &a, &b)?;
        Ok(Value::tuple(vec![quotient, remainder]))
    });
    context.builtin("chr", |_, args| {
        let [code] = args.exactly("chr")?;
        let c = code.as_int().and_then(|n| u32::try_from(n).ok()).and_then(char::from_u32);
        c.map(|c| Value::str(c.to_string())).ok_or_else(|| Raise::value_error("chr() arg not in range(0x110000)"))
    });
    context.builtin("ord", |_, args| {
        let [text] = args.exactly("ord")?;
        if let Value::Bytes(bytes) = &text
            && let [byte] = bytes[..]
        {
            return Ok(Value::Int(byte.into()));
        }
        let Value::Str(text) = &text else {
            return Err(Raise::type_error(format!("ord() expected string of length 1, but {} found", text.type_name())));
        };
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(Value::Int(c as i64)),
            _ => Err(Raise::type_error(format!("ord() expected a character, but string of length {} found", text.chars().count()))),
        }
    });
    context.builtin("hex", |context, args| radix(context, args, "hex"));
    context.builtin("oct", |context, args| radix(context, args, "oct"));
    context.builtin("bin", |context, args| radix(context, args, "bin"));
    let types = &context.types;
    method(&types.float, "is_integer", |_, args| {
        let [x] = args.exactly("is_integer")?;
        Ok(Value::Bool(x.as_float().is_some_and(|x| x.is_finite() && x.fract() == 0.0)))
    });
    method(&types.int, "bit_length", |_, args| {
        let [n] = args.exactly("bit_length")?;
        Ok(Value::Int(Big::of(&n).map_or(0, |n| n.bits() as i64)))
    });
    macro_rules! operators {
        ($($name:literal $operator:ident),*) => {
            for class in [&types.int, &types.float] {
                $(method(class, $name, |context, args| {
                    let [a, b] = args.exactly($name)?;
                    operate::binary(context, BinaryOperator::$operator, &a, &b)
                });)*
            }
        };
    }
    operators!("__add__" Add, "__sub__" Subtract, "__mul__" Multiply, "__truediv__" Divide, "__floordiv__" FloorDivide, "__mod__" Modulo, "__pow__" Power);
    method(&types.float, "as_integer_ratio", |_, args| {
        let [x] = args.exactly("as_integer_ratio")?;
        let mut x = x.as_float().unwrap_or(0.0);
        if !x.is_finite() {
            return Err(Raise::value_error("cannot convert NaN or infinity to integer ratio"));
        }
        // A float is a whole number over a power of two.
        let mut halvings = 0i64;
        while x.fract() != 0.0 {
            x *= 2.0;
            halvings += 1;
        }
        let bottom = operate::binary_of_integers(BinaryOperator::ShiftLeft, 1, halvings)?;
        Ok(Value::tuple(vec![Big::from_f64(x).value()?, bottom]))
    });
    method(&types.int, "conjugate", |_, args| args.exactly("conjugate").map(|[n]| n));
    method(&types.int, "bit_count", |_, args| {
        let [n] = args.exactly("bit_count")?;
        let words = Big::of(&n).unwrap_or(Big::from(0i64));
        Ok(Value::Int(words.words().iter().map(|word| i64::from(word.count_ones())).sum()))
    });
}

/// What times `x` is one, to this modulus.
fn inverse(x: i64, modulus: i64) -> Option<i64> {
    let modulus = i128::from(modulus.unsigned_abs());
    let (mut a, mut b) = (i128::from(x).rem_euclid(modulus), modulus);
    let (mut of_a, mut of_b) = (1i128, 0i128);
    while b != 0 {
        let quotient = a / b;
        (a, b) = (b, a - quotient * b);
        (of_a, of_b) = (of_b, of_a - quotient * of_b);
    }
    (a == 1).then(|| of_a.rem_euclid(modulus) as i64)
}

/// Calls a method of the value without arguments.
fn call_method(context: &mut Context, value: &Value, name: &str) -> Result<Value, Raise> {
    let method = attribute::get(context, value, name)?;
    Err(Raise::call(method, Args::default()))
}

/// An operator on built-in values, with Python's TypeError where there is none.
pub fn checked(context: &mut Context, operator: BinaryOperator, a: &Value, b: &Value) -> Result<Value, Raise> {
    match operate::binary(context, operator, a, b)? {
        Value::NotImplemented => Err(Raise::type_error(format!(
            "unsupported operand type(s) for {}: '{}' and '{}'",
            operator.symbol(),
            a.type_name(),
            b.type_name()
        ))),
        value => Ok(value),
    }
}

fn round(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value, digits] = args.bind("round", ["number", "ndigits"], 1)?;
    let value = value.unwrap_or(Value::None);
    if let Some(method) = value.special("__round__") {
        return Err(Raise::call(method, Args::positional([Some(value), digits].into_iter().flatten().collect())));
    }
    let digits = match digits {
        None | Some(Value::None) => None,
        Some(digits) => items::integer(context, &digits)?,
    };
    match (&value, digits) {
        (Value::Tensor(_), digits) => {
            let method = attribute::get(context, &value, "round")?;
            let keyword = digits.map(|digits| ("decimals".into(), Value::Int(digits)));
            Err(Raise::call(method, Args { positional: Vec::new(), keyword: keyword.into_iter().collect() }))
        }
        (Value::Float(x), None) => {
            let rounded = x.round_ties_even();
            if rounded.is_nan() {
                Err(Raise::value_error("cannot convert float NaN to integer"))
            } else if rounded.abs() < 9.2e18 {
                Ok(Value::Int(rounded as i64))
            } else if rounded.is_finite() {
                Big::from_f64(rounded).value()
            } else {
                Err(Raise::error(ErrorKind::OverflowError, "cannot convert float infinity to integer"))
            }
        }
        (Value::Float(x), Some(digits)) => Ok(Value::Float(round_to(*x, digits))),
        (Value::Big(_), _) => Ok(value),
        (_, digits) => match value.as_int() {
            Some(n) if digits.unwrap_or(0) >= 0 => Ok(Value::Int(n)),
            Some(n) => {
                let unit = 10f64.powi(-(digits.unwrap_or(0).max(-18)) as i32);
                Ok(Value::Int(((n as f64 / unit).round_ties_even() * unit) as i64))
            }
            None => Err(Raise::type_error(format!("type {} doesn't define __round__ method", value.type_name()))),
        },
    }
}

/// The nearest number of that many decimals: correctly rounded, since Rust writes a float's exact value.
fn round_to(x: f64, digits: i64) -> f64 {
    if !x.is_finite() || digits > 300 {
        return x;
    }
    if digits < 0 {
        let unit = 10f64.powi((-digits).min(308) as i32);
        return (x / unit).round_ties_even() * unit;
    }
    format!("{x:.*}", digits as usize).parse().unwrap_or(x)
}

fn radix(_: &mut Context, args: Args, name: &str) -> Result<Value, Raise> {
    let [value] = args.exactly(name)?;
    let Some(n) = Big::of(&value) else {
        return Err(Raise::type_error(format!("'{}' object cannot be interpreted as an integer", value.type_name())));
    };
    let sign = if n.is_negative() { "-" } else { "" };
    let (prefix, base) = match name {
        "hex" => ("0x", 16),
        "oct" => ("0o", 8),
        _ => ("0b", 2),
    };
    Ok(Value::str(format!("{sign}{prefix}{}", n.digits(base))))
}
