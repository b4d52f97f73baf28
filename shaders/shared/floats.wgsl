// Special values are handled by their bits: WGSL lets an implementation assume that there are none.
const NAN = 0x7fc00000u;
const INFINITY = 0x7f800000u;
const SIGN = 0x80000000u;

fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & ~SIGN) > INFINITY;
}

fn is_infinite(x: f32) -> bool {
    return (bitcast<u32>(x) & ~SIGN) == INFINITY;
}

fn is_negative(x: f32) -> bool {
    return bitcast<u32>(x) >= SIGN;
}

fn magnitude(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) & ~SIGN);
}

fn with_sign_of(x: f32, sign: f32) -> f32 {
    return bitcast<f32>((bitcast<u32>(x) & ~SIGN) | (bitcast<u32>(sign) & SIGN));
}

// A number from its bits. A function, since WGSL refuses constant expressions that are infinite or not a number.
fn from_bits(bits: u32) -> f32 {
    return bitcast<f32>(bits);
}

// x · 2^n in two factors, so that neither leaves the range of normal numbers; |n| < 252.
fn scaled(x: f32, n: i32) -> f32 {
    let half = n / 2;
    return x * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(n - half + 127) << 23u);
}

// The first twelve bits of a number. Sums that are meant to lose nothing go through here:
// a compiler may reorder (a + b) - a to b, but it does not see through a mask.
fn first_half(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

// The error of a product that was rounded: a · b - product. Halves of twelve bits multiply exactly.
fn product_error(a: f32, b: f32, product: f32) -> f32 {
    let a_high = first_half(a);
    let b_high = first_half(b);
    let a_low = a - a_high;
    let b_low = b - b_high;
    return (((a_high * b_high - product) + a_high * b_low) + a_low * b_high) + a_low * b_low;
}

// a / b. WGSL allows 2.5 units in the last place; programs print whole numbers, so the quotient is corrected by its rest.
fn divide(a: f32, b: f32) -> f32 {
    if is_nan(a) || is_nan(b) {
        return from_bits(NAN);
    }
    let sign = (bitcast<u32>(a) ^ bitcast<u32>(b)) & SIGN;
    let top = bitcast<u32>(a) & ~SIGN;
    let bottom = bitcast<u32>(b) & ~SIGN;
    if top == INFINITY || bottom == 0u {
        return from_bits(select(sign | INFINITY, NAN, top == bottom || (top == INFINITY && bottom == INFINITY)));
    }
    if top == 0u || bottom == INFINITY {
        return from_bits(sign);
    }
    let quotient = a / b;
    // Where the quotient or the rest leaves the range of normal numbers there is nothing to correct it by.
    let size = magnitude(quotient);
    if size < 0x1p-100f || size > 0x1p100f || magnitude(a) < 0x1p-90f || magnitude(b) > 0x1p100f {
        return quotient;
    }
    return quotient - (product_error(quotient, b, a)) / b;
}

// √x, corrected like the quotient.
fn square_root(x: f32) -> f32 {
    if is_nan(x) || (is_negative(x) && x != 0.0) {
        return from_bits(NAN);
    }
    let root = sqrt(x);
    if x < 0x1p-90f || is_infinite(x) {
        return select(root, x, x == 0.0 || is_infinite(x));
    }
    return root - product_error(root, root, x) / (2.0 * root);
}
