// A running sum of cells, as float or as integer by their type; floats are rounded once, at its end.
struct Sum {
    float: f32,
    integer: vec2<u32>,
}

fn sum_of(bits: vec2<u32>, dtype: u32) -> Sum {
    if is_float(dtype) {
        return Sum(float_of(bits.x, dtype), vec2(0u));
    }
    return Sum(0.0, integer_of(bits, dtype));
}

fn sum_add(a: Sum, b: Sum) -> Sum {
    return Sum(a.float + b.float, integer_add(a.integer, b.integer));
}

fn bits_of_sum(sum: Sum, dtype: u32) -> vec2<u32> {
    if is_float(dtype) {
        return vec2(bits_of_float(sum.float, dtype), 0u);
    }
    return bits_of_integer(sum.integer, dtype);
}
