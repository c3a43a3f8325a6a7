//! What kind of thing a number measures.

use std::fmt;

/// The base dimensions. Volume stands beside length because every volume here is written in litres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Time,
    Mass,
    Substance,
    Volume,
    Pressure,
    Score,
    /// The `kg` of a dose in `mg/kg`: not the same thing as a mass, so that `mg/kg` is not a plain number.
    BodyWeight,
}

const BASES: usize = 7;
/// The base unit of each dimension, in the order of [`Base`]: every number inside the library is in these.
const SYMBOLS: [&str; BASES] = ["h", "mg", "nmol", "L", "mmHg", "point", "kg"];

/// Exponents of the base dimensions: `L/h` is volume 1, time -1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dimension([i8; BASES]);

impl Dimension {
    /// A plain number.
    pub const NONE: Dimension = Dimension([0; BASES]);
    /// h
    pub const TIME: Dimension = Dimension([1, 0, 0, 0, 0, 0, 0]);
    /// 1/h
    pub const RATE: Dimension = Dimension([-1, 0, 0, 0, 0, 0, 0]);
    /// mg
    pub const MASS: Dimension = Dimension([0, 1, 0, 0, 0, 0, 0]);
    /// nmol
    pub const SUBSTANCE: Dimension = Dimension([0, 0, 1, 0, 0, 0, 0]);
    /// L
    pub const VOLUME: Dimension = Dimension([0, 0, 0, 1, 0, 0, 0]);
    /// L/h
    pub const CLEARANCE: Dimension = Dimension([-1, 0, 0, 1, 0, 0, 0]);
    /// mg/L
    pub const CONCENTRATION: Dimension = Dimension([0, 1, 0, -1, 0, 0, 0]);
    /// nmol/L
    pub const MOLAR_CONCENTRATION: Dimension = Dimension([0, 0, 1, -1, 0, 0, 0]);
    /// mg/h
    pub const FLUX: Dimension = Dimension([-1, 1, 0, 0, 0, 0, 0]);
    /// mmHg
    pub const PRESSURE: Dimension = Dimension([0, 0, 0, 0, 1, 0, 0]);
    /// point
    pub const SCORE: Dimension = Dimension([0, 0, 0, 0, 0, 1, 0]);

    pub(crate) fn of(base: Base) -> Self {
        let mut exponents = [0; BASES];
        exponents[base as usize] = 1;
        Dimension(exponents)
    }

    /// Whether a number of this dimension has no unit.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Whether this is an amount per kilogram of body weight (`mg/kg`, `mg/kg/h`).
    pub fn is_per_body_weight(self) -> bool {
        self.0[Base::BodyWeight as usize] == -1
    }

    /// The dimension that remains once an amount per body weight is multiplied by the weight.
    pub fn without_body_weight(mut self) -> Self {
        self.0[Base::BodyWeight as usize] = 0;
        self
    }

    /// Dimension of a product; `None` where an exponent leaves -127..127.
    pub fn times(self, other: Self) -> Option<Self> {
        self.zip(other, i8::checked_add)
    }

    /// Dimension of a quotient.
    pub fn over(self, other: Self) -> Option<Self> {
        self.zip(other, i8::checked_sub)
    }

    fn zip(self, other: Self, f: impl Fn(i8, i8) -> Option<i8>) -> Option<Self> {
        let mut out = Self::NONE;
        for (o, (&a, &b)) in out.0.iter_mut().zip(self.0.iter().zip(&other.0)) {
            *o = f(a, b)?;
        }
        Some(out)
    }

    /// Dimension of a power; `None` unless every exponent stays a whole number (`L^0.5` is none).
    pub fn power(self, exponent: f64) -> Option<Self> {
        let mut out = Self::NONE;
        for (o, &e) in out.0.iter_mut().zip(&self.0) {
            let product = f64::from(e) * exponent;
            if product.fract() != 0.0 || product.abs() > 127.0 {
                return None;
            }
            *o = product as i8;
        }
        Some(out)
    }
}

impl fmt::Display for Dimension {
    /// The base unit of the dimension: `mg/L`, `1/h`; `1` for a plain number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Mass and substance come first, time last, as people write them: mg*h/L, L/h.
        const ORDER: [usize; BASES] = [1, 2, 5, 4, 3, 0, 6];
        let write = |f: &mut fmt::Formatter<'_>, sign: i8, separator: &str, lead: bool| -> Result<bool, fmt::Error> {
            let mut any = lead;
            for i in ORDER {
                let e = self.0[i] * sign;
                if e > 0 {
                    if any {
                        f.write_str(separator)?;
                    }
                    f.write_str(SYMBOLS[i])?;
                    if e > 1 {
                        write!(f, "^{e}")?;
                    }
                    any = true;
                }
            }
            Ok(any)
        };
        if !write(f, 1, "*", false)? {
            f.write_str("1")?;
        }
        write(f, -1, "/", true).map(|_| ())
    }
}
