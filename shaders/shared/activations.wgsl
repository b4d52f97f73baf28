fn hyperbolic_tangent(x: f32) -> f32 {
    let size = magnitude(x);
    if size > 9.02 {
        return with_sign_of(1.0, x);
    }
    if size >= 0.625 {
        return with_sign_of(1.0 - divide(2.0, exponential(2.0 * size) + 1.0), x);
    }
    let z = x * x;
    var p = -5.70498872745e-3;
    p = p * z + 2.06390887954e-2;
    p = p * z - 5.37397155531e-2;
    p = p * z + 1.33314422036e-1;
    p = p * z - 3.33332819422e-1;
    return p * z * x + x;
}

fn sigmoid(x: f32) -> f32 {
    if is_negative(x) {
        let e = exponential(x);
        return divide(e, 1.0 + e);
    }
    return divide(1.0, 1.0 + exponential(-x));
}

fn silu(x: f32) -> f32 {
    if is_infinite(x) {
        return from_bits(select(INFINITY, NAN, is_negative(x)));
    }
    return x * sigmoid(x);
}

// x Φ(x) = ½ x erfc(-x / √2).
fn gelu(x: f32) -> f32 {
    if is_infinite(x) {
        return from_bits(select(INFINITY, NAN, is_negative(x)));
    }
    return 0.5 * x * complementary_error_function(-x * 0.70710678);
}

fn gelu_tanh(x: f32) -> f32 {
    if magnitude(x) > 1e6 {
        return select(x, select(with_sign_of(0.0, x), from_bits(NAN), is_infinite(x)), is_negative(x));
    }
    let inner = 0.79788456 * (x + 0.044715 * x * x * x);
    // 1 + tanh(y) = 2 / (1 + e^(-2y)), which keeps its digits where tanh is near -1.
    return x * sigmoid(2.0 * inner);
}

// erf(x) (Cephes, ndtrf).
fn error_function(x: f32) -> f32 {
    if magnitude(x) > 1.0 {
        return with_sign_of(1.0 - error_function_tail(magnitude(x)), x);
    }
    return error_function_near_zero(x);
}

// erfc(x) = 1 - erf(x).
fn complementary_error_function(x: f32) -> f32 {
    if magnitude(x) < 1.0 {
        return 1.0 - error_function_near_zero(x);
    }
    let tail = error_function_tail(magnitude(x));
    return select(tail, 2.0 - tail, is_negative(x));
}

fn error_function_near_zero(x: f32) -> f32 {
    let z = x * x;
    var p = 7.853861353153693e-5;
    p = p * z - 8.010193625184903e-4;
    p = p * z + 5.188327685732524e-3;
    p = p * z - 2.685381193529856e-2;
    p = p * z + 1.128358514861418e-1;
    p = p * z - 3.761262582423300e-1;
    p = p * z + 1.128379165726710;
    return p * x;
}

// erfc(x) for x >= 1.
fn error_function_tail(x: f32) -> f32 {
    if x > 10.1 {
        return 0.0;
    }
    let q = divide(1.0, x);
    let y = q * q;
    var p: f32;
    if x < 2.0 {
        p = 2.326819970068386e-2;
        p = p * y - 1.387039388740657e-1;
        p = p * y + 3.687424674597105e-1;
        p = p * y - 5.824733027278666e-1;
        p = p * y + 6.210004621745983e-1;
        p = p * y - 4.944515323274145e-1;
        p = p * y + 3.404879937665872e-1;
        p = p * y - 2.741127028184656e-1;
        p = p * y + 5.638259427386472e-1;
    } else {
        p = -1.047766399936249e+1;
        p = p * y + 1.297719955372516e+1;
        p = p * y - 7.495518717768503;
        p = p * y + 2.921019019210786;
        p = p * y - 1.015265279202700;
        p = p * y + 4.218463358204948e-1;
        p = p * y - 2.820767439740514e-1;
        p = p * y + 5.641895067754075e-1;
    }
    // e^(-x²), with the digits that x² loses to rounding.
    let square = x * x;
    return exponential(-square) * (1.0 - product_error(x, x, square)) * q * p;
}
