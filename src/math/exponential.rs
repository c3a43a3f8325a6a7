//! e^x by arithmetic alone, so that loops over lanes of it become wide instructions.

/// One over ln 2, and ln 2 in two parts, of which the first times a whole number below 2^20 is exact.
const PER_LN_2: f64 = std::f64::consts::LOG2_E;
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Added to a number below 2^51 it leaves the nearest whole number in the last bits.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// Bits of 1.
const ONE: u64 = 0x3ff0_0000_0000_0000;
/// Below this the result is zero, and above the other infinite.
const LEAST: f64 = -690.0;
const MOST: f64 = 700.0;
/// e^x by powers of x where |x| < ln(2) / 2, equally well everywhere (Remez 1934; the first two terms are exact): the
/// largest relative error is 1.2e-17 with the terms rounded as they are here.
const TERMS: [f64; 12] = [
    1.0,
    1.0,
    0.500_000_000_000_001_1,
    0.166_666_666_666_664_13,
    4.166_666_666_653_027e-2,
    8.333_333_333_494_336e-3,
    1.388_888_894_359_776_6e-3,
    1.984_126_950_677_226e-4,
    2.480_149_313_610_629_6e-5,
    2.755_758_627_339_054_5e-6,
    2.763_023_394_999_241_6e-7,
    2.500_006_998_103_542_3e-8,
];

/// e^x within three units of the last place; 0 where it would be below 1e-299, infinite where it would be above 1e304.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let shifted = x * PER_LN_2 + MAGIC;
    let whole = shifted - MAGIC;
    let rest = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    // By pairs of pairs of terms, so that no term waits for all the others.
    let (square, c) = (rest * rest, &TERMS);
    let fourth = square * square;
    let pair = |k: usize| c[k] + c[k + 1] * rest;
    let four = |k: usize| pair(k) + pair(k + 2) * square;
    let sum = (four(0) + four(4) * fourth) + four(8) * (fourth * fourth);
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(ONE));
    let value = sum * power;
    let value = if x > MOST { f64::INFINITY } else { value };
    if x < LEAST { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        for k in -69_000..60_000 {
            let x = f64::from(k) * 0.010_007;
            let (got, want) = (exp(x), x.exp());
            assert!((got - want).abs() <= 3.0 * f64::EPSILON * want || x < LEAST, "{x}: {got} is not {want}");
        }
        assert_eq!((exp(0.0), exp(-1e4), exp(-800.0), exp(1e6)), (1.0, 0.0, 0.0, f64::INFINITY));
        assert!(exp(f64::NAN).is_nan());
    }
}
