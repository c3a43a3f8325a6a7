//! Sobol's sequence: points that fill a cube evenly, each from its number alone.

/// The most dimensions.
pub const DIMENSIONS: usize = 32;
/// Points are fractions of so many bits.
const BITS: usize = 32;

/// For dimensions 2 to 32 the degree of a primitive polynomial, its inner coefficients as bits, and the first direction
/// numbers: file `new-joe-kuo-6.21201` of Joe & Kuo 2008, SIAM J Sci Comput 30:2635.
const POLYNOMIALS: [(usize, u32, &[u32]); DIMENSIONS - 1] = [
    (1, 0, &[1]),
    (2, 1, &[1, 3]),
    (3, 1, &[1, 3, 1]),
    (3, 2, &[1, 1, 1]),
    (4, 1, &[1, 1, 3, 3]),
    (4, 4, &[1, 3, 5, 13]),
    (5, 2, &[1, 1, 5, 5, 17]),
    (5, 4, &[1, 1, 5, 5, 5]),
    (5, 7, &[1, 1, 7, 11, 19]),
    (5, 11, &[1, 1, 5, 1, 1]),
    (5, 13, &[1, 1, 1, 3, 11]),
    (5, 14, &[1, 3, 5, 5, 31]),
    (6, 1, &[1, 3, 3, 9, 7, 49]),
    (6, 13, &[1, 1, 1, 15, 21, 21]),
    (6, 16, &[1, 3, 1, 13, 27, 49]),
    (6, 19, &[1, 1, 1, 15, 7, 5]),
    (6, 22, &[1, 3, 1, 15, 13, 25]),
    (6, 25, &[1, 1, 5, 5, 19, 61]),
    (7, 1, &[1, 3, 7, 11, 23, 15, 103]),
    (7, 4, &[1, 3, 7, 13, 13, 15, 69]),
    (7, 7, &[1, 1, 3, 13, 7, 35, 63]),
    (7, 8, &[1, 3, 5, 9, 1, 25, 53]),
    (7, 14, &[1, 3, 1, 13, 9, 35, 107]),
    (7, 19, &[1, 3, 1, 5, 27, 61, 31]),
    (7, 21, &[1, 1, 5, 11, 19, 41, 61]),
    (7, 28, &[1, 3, 5, 3, 3, 13, 69]),
    (7, 31, &[1, 1, 7, 13, 1, 19, 1]),
    (7, 32, &[1, 3, 7, 5, 13, 19, 59]),
    (7, 37, &[1, 1, 3, 9, 25, 29, 41]),
    (7, 41, &[1, 3, 5, 13, 23, 1, 55]),
    (7, 42, &[1, 3, 7, 3, 13, 59, 17]),
];

/// One coordinate of the sequence.
#[derive(Debug, Clone)]
pub struct Sobol {
    directions: [u32; BITS],
}

impl Sobol {
    /// The coordinate of a dimension, counted from 0; none from [`DIMENSIONS`] on.
    pub fn dimension(dimension: usize) -> Option<Self> {
        let mut directions: [u32; BITS] = std::array::from_fn(|k| 1 << (BITS - 1 - k));
        if let Some(before) = dimension.checked_sub(1) {
            let (degree, inner, first) = POLYNOMIALS.get(before)?;
            for k in 0..BITS {
                directions[k] = match first.get(k) {
                    Some(m) => m << (BITS - 1 - k),
                    None => {
                        let last = directions[k - degree];
                        let taken = (1..*degree).filter(|j| inner >> (degree - 1 - j) & 1 == 1);
                        taken.fold(last ^ last >> degree, |sum, j| sum ^ directions[k - j])
                    }
                };
            }
        }
        Some(Sobol { directions })
    }

    /// The coordinate of a point, in parts of 2^32. Points are in the order of Gray's code (Antonov & Saleev 1979); the first
    /// is zero.
    pub fn point(&self, index: u32) -> u32 {
        let gray = index ^ index >> 1;
        self.directions.iter().enumerate().filter(|(k, _)| gray >> k & 1 == 1).fold(0, |sum, (_, v)| sum ^ v)
    }

    /// The coordinate after a scrambling that depends on the key: between 0 and 1 and never either. Every bit is flipped or not
    /// by the bits before it, which keeps the points as even as they are (Owen 1995, in Monte Carlo and Quasi-Monte Carlo
    /// Methods in Scientific Computing, p. 299).
    pub fn scrambled(&self, index: u32, key: u64) -> f64 {
        let point = self.point(index);
        let flips = (0..BITS).fold(0, |flips, bit| {
            // The leading one tells prefixes of different lengths apart.
            let prefix = (1u64 << bit) | (u64::from(point) >> (BITS - bit));
            flips | ((mixed(key ^ mixed(prefix)) >> 63) as u32) << (BITS - 1 - bit)
        });
        (f64::from(point ^ flips) + 0.5) / 2f64.powi(BITS as i32)
    }
}

/// A number whose bits depend on all bits of another: the generator `splitmix64` (Steele, Lea & Flood 2014).
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coordinates(index: u32) -> Vec<u32> {
        (0..DIMENSIONS).map(|d| Sobol::dimension(d).unwrap().point(index)).collect()
    }

    /// Points 1000 and 5000 as SciPy 1.17 (`scipy.stats.qmc.Sobol`, 32 bits, not scrambled) gives them.
    #[test]
    fn points_are_those_of_another_program_in_every_dimension() {
        assert_eq!(
            coordinates(1000),
            [
                943718400, 415236096, 2227175424, 2906652672, 1203765248, 3896508416, 197132288, 3862953984,
                2151677952, 297795584, 364904448, 1094713344, 692060160, 1648361472, 616562688, 1589641216, 3091202048,
                1480589312, 4257218560, 3116367872, 2243952640, 2361393152, 4081057792, 2319450112, 2503999488,
                3896508416, 171966464, 4206886912, 255852544, 1463812096, 633339904, 624951296
            ]
        );
        assert_eq!(
            coordinates(5000),
            [
                844627968, 1119354880, 926416896, 1771569152, 4026007552, 4239917056, 3634888704, 2859991040,
                1811415040, 4251451392, 1536688128, 2469920768, 3040346112, 2102919168, 3210215424, 2279079936,
                1796734976, 2438463488, 3226992640, 3100114944, 3420979200, 992477184, 2472017920, 898105344,
                4034396160, 236453888, 1777860608, 3966238720, 1574436864, 2621440, 1946681344, 886571008
            ]
        );
        assert!(Sobol::dimension(DIMENSIONS).is_none());
    }

    #[test]
    fn scrambled_or_not_every_dyadic_interval_holds_its_point() {
        for dimension in 0..DIMENSIONS {
            let sobol = Sobol::dimension(dimension).unwrap();
            for scramble in [false, true] {
                let place = |i| match scramble {
                    true => (sobol.scrambled(i, 77 + dimension as u64) * 256.0) as usize,
                    false => (sobol.point(i) >> 24) as usize,
                };
                let mut seen = [false; 256];
                (0..256).for_each(|i| seen[place(i)] = true);
                assert!(seen.iter().all(|s| *s), "dimension {dimension}");
            }
        }
    }

    #[test]
    fn scrambling_keeps_pairs_of_the_first_dimensions_even() {
        // The first two dimensions are a (0, m, 2)-net: each rectangle of area 1/64 holds one of 64 points.
        let [x, y] = [0, 1].map(|d| Sobol::dimension(d).unwrap());
        for power in 0..=6 {
            let (wide, high) = (f64::from(1 << power), f64::from(1 << (6 - power)));
            let mut seen = [false; 64];
            for i in 0..64 {
                let place = [x.scrambled(i, 1) * wide, y.scrambled(i, 2) * high].map(|v| v as usize);
                seen[place[0] * high as usize + place[1]] = true;
            }
            assert!(seen.iter().all(|s| *s), "{wide} by {high}");
        }
    }

    #[test]
    fn another_key_is_another_scrambling() {
        let sobol = Sobol::dimension(3).unwrap();
        assert!((0..100).all(|i| sobol.scrambled(i, 1) != sobol.scrambled(i, 2)));
    }
}
