//! The people that every engine simulates.

/// Factors on the two parameters that differ between people.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// On a clearance or a largest rate.
    pub elimination: f64,
    /// On the central volume.
    pub volume: f64,
}

impl Person {
    /// A typical person, then people with a CV of 30 %: log-normal with a variance of ln 1.09. Normal numbers are made by
    /// Box and Muller's formula from SplitMix64, seed 1, elimination before volume.
    pub fn many(count: usize) -> Vec<Person> {
        let mut uniform = Uniform::new(1);
        let sd = 1.09_f64.ln().sqrt();
        let person = || {
            let (radius, angle) = ((-2.0 * uniform.next().ln()).sqrt(), std::f64::consts::TAU * uniform.next());
            Person { elimination: (sd * radius * angle.cos()).exp(), volume: (sd * radius * angle.sin()).exp() }
        };
        let typical = Person { elimination: 1.0, volume: 1.0 };
        std::iter::once(typical).chain(std::iter::repeat_with(person)).take(count).collect()
    }
}

/// Numbers between 0 and 1 by SplitMix64 (Steele, Lea and Flood 2014).
pub struct Uniform(u64);

impl Uniform {
    pub fn new(seed: u64) -> Self {
        Uniform(seed)
    }

    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 0.5 / (1_u64 << 53) as f64
    }
}
