//! The `math` module.

use tensor::cpu::special;

use super::numbers::checked;
use crate::machine::{BinaryOperator, items, operate};
use crate::value::{Args, Big, Module, Value, big_binary};
use crate::{Context, ErrorKind, Raise, torch};

pub fn fill(module: &Module) {
    for (name, value) in [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ] {
        module.attributes.set_text(name, Value::Float(value));
    }
    macro_rules! functions {
        ($($name:literal: $function:expr, $domain:expr);* $(;)?) => {
            $(module.add($name, |context, args| {
                let x = one(context, args, $name)?;
                let (function, domain): (fn(f64) -> f64, fn(f64) -> bool) = ($function, $domain);
                if !x.is_nan() && !domain(x) {
                    return Err(Raise::value_error("math domain error"));
                }
                let y = function(x);
                if y.is_infinite() && x.is_finite() {
                    return Err(Raise::error(ErrorKind::OverflowError, "math range error"));
                }
                Ok(Value::Float(y))
            });)*
        };
    }
    functions! {
        "sqrt": f64::sqrt, |x| x >= 0.0;
        "exp": f64::exp, |_| true;
        "expm1": f64::exp_m1, |_| true;
        "log2": f64::log2, |x| x > 0.0;
        "log10": f64::log10, |x| x > 0.0;
        "log1p": f64::ln_1p, |x| x > -1.0;
        "sin": f64::sin, f64::is_finite;
        "cos": f64::cos, f64::is_finite;
        "tan": f64::tan, f64::is_finite;
        "asin": f64::asin, |x| x.abs() <= 1.0;
        "acos": f64::acos, |x| x.abs() <= 1.0;
        "atan": f64::atan, |_| true;
        "sinh": f64::sinh, |_| true;
        "cosh": f64::cosh, |_| true;
        "tanh": f64::tanh, |_| true;
        "fabs": f64::abs, |_| true;
        "degrees": f64::to_degrees, |_| true;
        "radians": f64::to_radians, |_| true;
        "cbrt": f64::cbrt, |_| true;
    }
    module.add("erf", |context, args| Ok(Value::Float(special::erf(one(context, args, "erf")?))));
    module.add("erfc", |context, args| Ok(Value::Float(special::erfc(one(context, args, "erfc")?))));
    module.add("log", |context, args| {
        let [x, base] = args.bind("log", ["x", "base"], 1)?;
        let logarithm = |context: &mut Context, value: Option<Value>| {
            if let Some(Value::Big(big)) = &value
                && !big.is_negative()
            {
                // Longer than a float: the logarithm of its top bits, and that of what they are multiplied by.
                let shift = big.bits().saturating_sub(64);
                let top = big_binary(BinaryOperator::ShiftRight, big, &Big::from(shift))?.as_float().unwrap_or(1.0);
                return Ok(top.ln() + shift as f64 * std::f64::consts::LN_2);
            }
            let x = number(context, &value.unwrap_or(Value::None))?;
            if x <= 0.0 { Err(Raise::value_error("math domain error")) } else { Ok(x.ln()) }
        };
        let top = logarithm(context, x)?;
        match base {
            None => Ok(Value::Float(top)),
            Some(base) => match logarithm(context, Some(base))? {
                0.0 => Err(Raise::error(ErrorKind::ZeroDivisionError, "float division by zero")),
                bottom => Ok(Value::Float(top / bottom)),
            },
        }
    });
    module.add("floor", |context, args| whole(context, args, "floor", f64::floor));
    module.add("ceil", |context, args| whole(context, args, "ceil", f64::ceil));
    module.add("trunc", |context, args| whole(context, args, "trunc", f64::trunc));
    module.add("pow", |context, args| {
        let (x, y) = two(context, args, "pow")?;
        if x < 0.0 && y.fract() != 0.0 && y.is_finite() {
            return Err(Raise::value_error("math domain error"));
        }
        Ok(Value::Float(x.powf(y)))
    });
    module.add("atan2", |context, args| two(context, args, "atan2").map(|(y, x)| Value::Float(y.atan2(x))));
    module.add("fmod", |context, args| two(context, args, "fmod").map(|(x, y)| Value::Float(x % y)));
    module.add("copysign", |context, args| two(context, args, "copysign").map(|(x, y)| Value::Float(x.copysign(y))));
    module.add("hypot", |context, args| {
        let mut sum = 0.0;
        for value in &args.positional {
            sum += number(context, value)?.powi(2);
        }
        Ok(Value::Float(f64::sqrt(sum)))
    });
    module.add("isnan", |context, args| Ok(Value::Bool(one(context, args, "isnan")?.is_nan())));
    module.add("isinf", |context, args| Ok(Value::Bool(one(context, args, "isinf")?.is_infinite())));
    module.add("isfinite", |context, args| Ok(Value::Bool(one(context, args, "isfinite")?.is_finite())));
    module.add("isclose", |context, mut args| {
        let relative = args.take_keyword("rel_tol").and_then(|v| v.as_float()).unwrap_or(1e-9);
        let absolute = args.take_keyword("abs_tol").and_then(|v| v.as_float()).unwrap_or(0.0);
        let (a, b) = two(context, args, "isclose")?;
        let close = a == b || (a - b).abs() <= (relative * a.abs().max(b.abs())).max(absolute);
        Ok(Value::Bool(close && (a == b || (a.is_finite() && b.is_finite()))))
    });
    module.add("gcd", |context, args| {
        let mut divisor = Value::Int(0);
        for value in &args.positional {
            let value = whole_number(context, value)?;
            divisor = gcd(context, divisor, value)?;
        }
        Ok(divisor)
    });
    module.add("lcm", |context, args| {
        let mut multiple = Value::Int(1);
        for value in &args.positional {
            let value = whole_number(context, value)?;
            let divisor = gcd(context, multiple.clone(), value.clone())?;
            if operate::truth(context, &divisor)? {
                let share = checked(context, BinaryOperator::FloorDivide, &value, &divisor)?;
                multiple = size(&checked(context, BinaryOperator::Multiply, &multiple, &share)?)?;
            }
        }
        Ok(multiple)
    });
    module.add("factorial", |context, args| {
        let [n] = args.exactly("factorial")?;
        let n = integer(context, &n)?;
        if n < 0 {
            return Err(Raise::value_error("factorial() not defined for negative values"));
        }
        let mut product = Value::Int(1);
        for factor in 2..=n {
            product = checked(context, BinaryOperator::Multiply, &product, &Value::Int(factor))?;
        }
        Ok(product)
    });
    module.add("comb", |context, args| {
        let [n, k] = args.exactly("comb")?;
        let (n, k) = (integer(context, &n)?, integer(context, &k)?);
        if n < 0 || k < 0 {
            let which = if n < 0 { "n" } else { "k" };
            return Err(Raise::value_error(format!("{which} must be a non-negative integer")));
        }
        if k > n {
            return Ok(Value::Int(0));
        }
        let mut value = Value::Int(1);
        for i in 0..k.min(n - k) {
            value = checked(context, BinaryOperator::Multiply, &value, &Value::Int(n - i))?;
            value = checked(context, BinaryOperator::FloorDivide, &value, &Value::Int(i + 1))?;
        }
        Ok(value)
    });
    module.add("prod", |context, mut args| {
        let mut product = args.take_keyword("start").unwrap_or(Value::Int(1));
        let [values] = args.exactly("prod")?;
        for value in context.items(&values)? {
            product = checked(context, BinaryOperator::Multiply, &product, &value)?;
        }
        Ok(product)
    });
    module.add("fsum", |context, args| {
        let [values] = args.exactly("fsum")?;
        // Neumaier's sum: the rounding of each addition is kept and added at the end.
        let (mut sum, mut lost) = (0f64, 0f64);
        for value in context.items(&values)? {
            let x = number(context, &value)?;
            let next = sum + x;
            lost += if sum.abs() >= x.abs() { (sum - next) + x } else { (x - next) + sum };
            sum = next;
        }
        Ok(Value::Float(sum + lost))
    });
}

/// The argument as a float. Tensors of one cell count, as in Python.
fn number(context: &mut Context, value: &Value) -> Result<f64, Raise> {
    let value = match value {
        Value::Tensor(tensor) => torch::item(context, tensor)?,
        other => other.clone(),
    };
    value.as_float().ok_or_else(|| Raise::type_error(format!("must be real number, not {}", value.type_name())))
}

fn integer(context: &mut Context, value: &Value) -> Result<i64, Raise> {
    items::integer(context, value)?.ok_or_else(|| {
        Raise::type_error(format!("'{}' object cannot be interpreted as an integer", value.type_name()))
    })
}

/// The argument as an integer of any length.
fn whole_number(context: &mut Context, value: &Value) -> Result<Value, Raise> {
    if let Value::Big(_) = value { Ok(value.clone()) } else { integer(context, value).map(Value::Int) }
}

fn one(context: &mut Context, args: Args, name: &str) -> Result<f64, Raise> {
    args.no_keywords(&format!("math.{name}"))?;
    let [value] = args.exactly(&format!("math.{name}"))?;
    number(context, &value)
}

fn two(context: &mut Context, args: Args, name: &str) -> Result<(f64, f64), Raise> {
    let [x, y] = args.exactly(name)?;
    Ok((number(context, &x)?, number(context, &y)?))
}

fn whole(context: &mut Context, args: Args, name: &str, round: fn(f64) -> f64) -> Result<Value, Raise> {
    let [value] = args.exactly(&format!("math.{name}"))?;
    if let Value::Big(_) = value {
        return Ok(value);
    }
    if let Some(n) = value.as_int() {
        return Ok(Value::Int(n));
    }
    let x = round(number(context, &value)?);
    if x.is_nan() {
        return Err(Raise::value_error("cannot convert float NaN to integer"));
    }
    if x.is_finite() && x.abs() >= 9.2e18 {
        return Big::from_f64(x).value();
    }
    if x.is_infinite() {
        return Err(Raise::error(ErrorKind::OverflowError, "cannot convert float infinity to integer"));
    }
    Ok(Value::Int(x as i64))
}

/// The greatest common divisor, never negative.
fn gcd(context: &mut Context, a: Value, b: Value) -> Result<Value, Raise> {
    let (mut a, mut b) = (a, b);
    while operate::truth(context, &b)? {
        (a, b) = (b.clone(), checked(context, BinaryOperator::Modulo, &a, &b)?);
    }
    size(&a)
}

/// An integer without its sign.
fn size(value: &Value) -> Result<Value, Raise> {
    let size = Big::of(value).unwrap_or(Big::from(0i64));
    if size.is_negative() { size.negated() } else { size }.value()
}
