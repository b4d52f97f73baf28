#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::Generator;
use tensor::{DType, Values};

/// Recorded from PyTorch by the script beside it, which also says how a line reads.
const RECORDED: &str = include_str!("../../../../tests/data/random_numbers.txt");
const WEIGHTS: [f32; 8] = [0.1, 0.2, 0.0, 0.4, 0.25, 0.05, 1.5, 0.3];

#[test]
fn every_draw_is_pytorchs_to_the_last_bit() {
    let mut wrong = Vec::new();
    for line in RECORDED.lines() {
        let (draws, expected) = line.split_once(" | ").unwrap();
        let (seed, draws) = draws.split_once(' ').unwrap();
        let mut generator = Generator::new(seed.parse().unwrap());
        let drawn: Vec<String> = draws
            .split("; ")
            .map(|draw| shown(&bits_of_draw(&mut generator, draw)))
            .collect();
        if drawn.join("; ") != expected {
            wrong.push(format!("{line}\n  drew {}", drawn.join("; ")));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} draws differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_clone_goes_on_from_the_same_state() {
    let mut generator = Generator::new(7);
    generator.normal_f32(3, 0.0, 1.0);
    let mut snapshot = generator.clone();
    assert_eq!(
        generator.normal_f32(5, 0.0, 1.0),
        snapshot.normal_f32(5, 0.0, 1.0)
    );
}

#[test]
fn manual_seed_forgets_the_spare_normal() {
    let mut generator = Generator::new(7);
    let first = generator.normal_f32(1, 0.0, 1.0);
    generator.manual_seed(7);
    assert_eq!(first, generator.normal_f32(1, 0.0, 1.0));
}

#[test]
fn multinomial_says_what_pytorch_says() {
    let mut generator = Generator::default();
    let mut error = |weights: &[f32], samples, replacement| {
        generator
            .multinomial(weights, 1, weights.len(), samples, replacement)
            .unwrap_err()
    };
    assert_eq!(
        error(&[1.0, 1.0], 0, true),
        "cannot sample n_sample <= 0 samples"
    );
    assert!(error(&[1.0, 1.0], 3, false).contains("without replacement"));
    assert!(error(&[1.0, f32::NAN], 1, false).contains("nan"));
    assert!(error(&[1.0, -1.0], 2, true).contains("element < 0"));
    assert!(error(&[0.0, 0.0], 1, true).contains("sum of probabilities <= 0"));
}

fn bits_of_draw(generator: &mut Generator, draw: &str) -> Vec<u32> {
    let words: Vec<&str> = draw.split(' ').collect();
    let number = |i: usize| words[i].parse::<f64>().unwrap();
    let whole = |i: usize| words[i].parse::<i64>().unwrap();
    let n = whole(1) as usize;
    let of_floats = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
    let of_doubles = |values: Vec<f64>| {
        values
            .into_iter()
            .map(|value| (value.to_bits() >> 32) as u32)
            .collect()
    };
    let of_bfloats =
        |values: Vec<f32>| of_floats(Values::Float32(values).cast(DType::BFloat16).to_f32());
    let of_integers = |values: Vec<i64>| values.into_iter().map(|value| value as u32).collect();
    match words[0] {
        "uniform" => of_floats(generator.uniform_f32(n, number(2), number(3))),
        "normal" => of_floats(generator.normal_f32(n, number(2), number(3))),
        "exponential" => of_floats(generator.exponential_f32(n, number(2))),
        "uniform64" => of_doubles(generator.uniform_f64(n, number(2), number(3))),
        "normal64" => of_doubles(generator.normal_f64(n, number(2), number(3))),
        "normal16" => of_bfloats(generator.normal_half(n, number(2), number(3))),
        "randint" => of_integers(generator.randint(n, whole(2), whole(3))),
        "randperm" => of_integers(generator.randperm(n)),
        "bernoulli" => generator
            .bernoulli(n, number(2))
            .into_iter()
            .map(u32::from)
            .collect(),
        "multinomial" => {
            let weights = WEIGHTS.repeat(n);
            of_integers(
                generator
                    .multinomial(
                        &weights,
                        n,
                        WEIGHTS.len(),
                        whole(2) as usize,
                        words[3] == "true",
                    )
                    .unwrap(),
            )
        }
        other => panic!("unknown draw {other}"),
    }
}

fn shown(bits: &[u32]) -> String {
    let digest = bits.iter().fold(0_u32, |digest, bits| {
        digest.wrapping_mul(31).wrapping_add(*bits)
    });
    let ends: Vec<u32> = if bits.len() > 12 {
        [&bits[..4], &bits[bits.len() - 4..]].concat()
    } else {
        bits.to_vec()
    };
    let values: Vec<String> = ends.iter().map(|bits| format!("{bits:x}")).collect();
    format!("{} # {digest:x}", values.join(" "))
}

#[test]
fn a_state_goes_on_with_the_same_numbers() {
    // The head of the state is what PyTorch 2.15 gives after the same draws.
    let mut generator = Generator::new(5);
    generator.uniform_f32(624, 0.0, 1.0);
    assert_eq!(generator.state()[..20], [5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 112, 2, 0, 0]);
    generator.normal_f32(3, 0.0, 1.0);
    let state = generator.state();
    assert_eq!(state[5024..5044], [15, 65, 228, 214, 32, 225, 5, 192, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    let mut copy = Generator::from_state(&state).unwrap();
    assert_eq!(generator.normal_f32(7, 0.0, 1.0), copy.normal_f32(7, 0.0, 1.0));
    assert!(Generator::from_state(&state[1..]).is_none());
    assert!(Generator::from_state(&[0; super::STATE_BYTES]).is_none());
}
