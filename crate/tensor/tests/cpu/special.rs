//! The functions of our own against float64's over their whole range.

use tensor::cpu::special::{erf, erfc, exp_f32};

/// Within 1 unit in the last place where results are normal numbers; below, within the smallest subnormal number.
#[test]
fn the_branchless_exp_is_right_to_a_unit() {
    let mut worst = 0.0f64;
    for i in -1_040_000..=890_000 {
        let x = i as f32 * 1e-4;
        let (y, exact) = (f64::from(exp_f32(x)), f64::from(x).exp());
        if exact > f64::from(f32::MAX) {
            assert_eq!(y, f64::INFINITY, "exp({x})");
            continue;
        }
        let unit = (exact.log2().floor() - 23.0).exp2().max(2f64.powi(-149));
        worst = worst.max((y - exact).abs() / unit);
    }
    assert!(worst <= 1.0, "{worst} units");
    assert_eq!((exp_f32(0.0), exp_f32(f32::NEG_INFINITY), exp_f32(f32::INFINITY)), (1.0, 0.0, f32::INFINITY));
    assert!(exp_f32(f32::NAN).is_nan());
}

#[test]
fn erf_and_its_complement_add_up_and_are_odd() {
    for i in -6000..=6000 {
        let x = f64::from(i) * 1e-3;
        assert!((erf(x) + erfc(x) - 1.0).abs() <= f64::EPSILON, "{x}");
        assert_eq!(erf(-x), -erf(x));
    }
    // Abramowitz and Stegun, table 7.1, and the tail where 1 - erf has no digits left.
    assert!((erf(0.5) - 0.520_499_877_813_046_5).abs() <= 2e-16);
    assert!((erfc(5.0) / 1.537_459_794_428_034_8e-12 - 1.0).abs() <= 1e-15);
}
