//! Units as written, with their dimension and their size in base units.

use super::dimension::{Base, Dimension};
use super::{UnitError, UnitFault};
use crate::error::{Fault, Span};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A positive ratio of whole numbers, kept exact so that `40 min` is the double nearest to 2/3 h.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ratio {
    num: u64,
    den: u64,
}

impl Ratio {
    const ONE: Ratio = Ratio { num: 1, den: 1 };

    fn new(num: u64, den: u64) -> Self {
        let g = gcd(num, den);
        Ratio { num: num / g, den: den / g }
    }

    fn times(self, other: Ratio) -> Option<Ratio> {
        let (a, b) = (Ratio::new(self.num, other.den), Ratio::new(other.num, self.den));
        Some(Ratio { num: a.num.checked_mul(b.num)?, den: a.den.checked_mul(b.den)? })
    }

    fn inverse(self) -> Ratio {
        Ratio { num: self.den, den: self.num }
    }

    pub(crate) fn apply(self, value: f64) -> f64 {
        match (self.num, self.den) {
            (1, 1) => value,
            (num, 1) => value * num as f64,
            (1, den) => value / den as f64,
            (num, den) => value * num as f64 / den as f64,
        }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A unit as it was written (`ng/mL`), with its dimension and exact size in base units (h, mg, nmol, L).
#[derive(Debug, Clone)]
pub struct Unit {
    text: Arc<str>,
    dimension: Dimension,
    scale: Ratio,
}

impl Unit {
    /// The unit of a plain number.
    pub fn none() -> Self {
        Unit { text: "".into(), dimension: Dimension::NONE, scale: Ratio::ONE }
    }

    /// The base unit of a dimension: what numbers inside the library are in.
    pub fn base(dimension: Dimension) -> Self {
        let text = if dimension.is_none() { String::new() } else { dimension.to_string() };
        Unit { text: text.into(), dimension, scale: Ratio::ONE }
    }

    /// What it measures.
    pub fn dimension(&self) -> Dimension {
        self.dimension
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A number in this unit, in base units.
    pub fn to_base(&self, value: f64) -> f64 {
        self.scale.apply(value)
    }

    /// A number in base units, in this unit.
    pub fn from_base(&self, value: f64) -> f64 {
        self.scale.inverse().apply(value)
    }

    /// A number in this unit, in another unit of the same dimension.
    ///
    /// # Errors
    /// [`UnitError::Mismatch`] when the dimensions differ.
    pub fn convert(&self, value: f64, to: &Unit) -> Result<f64, UnitError> {
        if self.dimension != to.dimension {
            return Err(UnitError::Mismatch { found: self.clone(), expected: to.to_string() });
        }
        match self.scale.times(to.scale.inverse()) {
            Some(ratio) => Ok(ratio.apply(value)),
            None => Ok(to.from_base(self.to_base(value))),
        }
    }

    /// The product of two units, written `a*b`.
    ///
    /// # Errors
    /// [`UnitError::TooLarge`] beyond any physical size.
    pub fn times(&self, other: &Unit) -> Result<Unit, UnitError> {
        let text = match (self.as_str(), other.as_str()) {
            ("", b) => b.to_string(),
            (a, "") => a.to_string(),
            (a, b) => match a.split_once('/') {
                // (ng/mL) * h reads as ng*h/mL
                Some((above, below)) => format!("{above}*{b}/{below}"),
                None => format!("{a}*{b}"),
            },
        };
        let dimension = self.dimension.times(other.dimension);
        let scale = self.scale.times(other.scale);
        match dimension.zip(scale) {
            Some((dimension, scale)) => Ok(Unit { text: text.into(), dimension, scale }),
            None => Err(UnitError::TooLarge { text }),
        }
    }
}

impl PartialEq for Unit {
    /// Equal in dimension and size, however written: `ug/L` is `ng/mL`.
    fn eq(&self, other: &Self) -> bool {
        self.dimension == other.dimension && self.scale == other.scale
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.text.is_empty() { "1" } else { &self.text })
    }
}

impl FromStr for Unit {
    type Err = UnitFault;

    /// Reads products and quotients of symbols with whole exponents: `L/h/year`, `ng*h/mL`, `1/(h*L)`, `h^-1`.
    /// A `kg` below an amount is body weight (`mg/kg`); elsewhere it is a mass (`L/kg`).
    fn from_str(text: &str) -> Result<Self, UnitFault> {
        let mut parser = Parser { text, at: 0, factors: Vec::new() };
        parser.product(1)?;
        parser.skip_space();
        if parser.at < text.len() {
            return Err(parser.fault(parser.at, text.len()));
        }
        let amount_above = parser.factors.iter().any(|(s, e)| *e > 0 && s.base.is_some_and(is_amount));
        let mut dimension = Dimension::NONE;
        let mut scale = Ratio::ONE;
        for (symbol, exponent) in &parser.factors {
            let per_body_weight = *exponent == -1 && symbol.is_kilogram && amount_above;
            let (base, ratio) = if per_body_weight {
                (Dimension::of(Base::BodyWeight), Ratio::ONE)
            } else {
                (symbol.dimension(), symbol.ratio)
            };
            for _ in 0..exponent.unsigned_abs() {
                let up = *exponent > 0;
                let d = if up { dimension.times(base) } else { dimension.over(base) };
                let s = scale.times(if up { ratio } else { ratio.inverse() });
                (dimension, scale) =
                    d.zip(s).ok_or_else(|| Fault::new(UnitError::TooLarge { text: text.to_string() }))?;
            }
        }
        let text = text.trim();
        let text = if text == "1" { "" } else { text };
        Ok(Unit { text: text.into(), dimension, scale })
    }
}

fn is_amount(base: Base) -> bool {
    matches!(base, Base::Mass | Base::Substance)
}

#[derive(Clone, Copy)]
struct Symbol {
    base: Option<Base>,
    /// Divided by litres as well (`nM`).
    per_litre: bool,
    is_kilogram: bool,
    ratio: Ratio,
}

impl Symbol {
    fn dimension(self) -> Dimension {
        let d = self.base.map_or(Dimension::NONE, Dimension::of);
        if self.per_litre { d.over(Dimension::VOLUME).unwrap_or(d) } else { d }
    }
}

const SYMBOLS: &[&str] = &[
    "s", "min", "h", "d", "day", "week", "year", "pg", "ng", "ug", "mg", "g", "kg", "pmol", "nmol", "umol", "mmol",
    "mol", "nM", "uM", "mM", "L", "dL", "mL", "uL", "mmHg", "point", "%",
];

fn symbol(word: &str) -> Option<Symbol> {
    use Base::*;
    let plain =
        |base, num, den| Symbol { base: Some(base), per_litre: false, is_kilogram: false, ratio: Ratio::new(num, den) };
    let molar = |num| Symbol { per_litre: true, ..plain(Substance, num, 1) };
    Some(match word {
        "s" | "sec" | "second" | "seconds" => plain(Time, 1, 3600),
        "min" | "minute" | "minutes" => plain(Time, 1, 60),
        "h" | "hr" | "hour" | "hours" => plain(Time, 1, 1),
        "d" | "day" | "days" => plain(Time, 24, 1),
        "week" | "weeks" => plain(Time, 168, 1),
        "year" | "years" => plain(Time, 8766, 1),
        "pg" => plain(Mass, 1, 1_000_000_000),
        "ng" => plain(Mass, 1, 1_000_000),
        "ug" | "µg" | "μg" | "mcg" => plain(Mass, 1, 1000),
        "mg" => plain(Mass, 1, 1),
        "g" => plain(Mass, 1000, 1),
        "kg" => Symbol { is_kilogram: true, ..plain(Mass, 1_000_000, 1) },
        "pmol" => plain(Substance, 1, 1000),
        "nmol" => plain(Substance, 1, 1),
        "umol" | "µmol" | "μmol" => plain(Substance, 1000, 1),
        "mmol" => plain(Substance, 1_000_000, 1),
        "mol" => plain(Substance, 1_000_000_000, 1),
        "nM" => molar(1),
        "uM" | "µM" | "μM" => molar(1000),
        "mM" => molar(1_000_000),
        "L" | "l" => plain(Volume, 1, 1),
        "dL" | "dl" => plain(Volume, 1, 10),
        "mL" | "ml" => plain(Volume, 1, 1000),
        "uL" | "µL" | "μL" | "ul" => plain(Volume, 1, 1_000_000),
        "mmHg" => plain(Pressure, 1, 1),
        "point" | "points" => plain(Score, 1, 1),
        "%" => Symbol { base: None, per_litre: false, is_kilogram: false, ratio: Ratio::new(1, 100) },
        "1" => Symbol { base: None, per_litre: false, is_kilogram: false, ratio: Ratio::ONE },
        _ => return None,
    })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    factors: Vec<(Symbol, i32)>,
}

impl Parser<'_> {
    fn fault(&self, start: usize, end: usize) -> UnitFault {
        let word = self.text[start..end].trim().to_string();
        let near = crate::error::nearest(&word, SYMBOLS.iter().copied()).map(str::to_string);
        Fault::at(UnitError::Unknown { word, near }, Span::new(start, end))
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn product(&mut self, sign: i32) -> Result<(), UnitFault> {
        self.factor(sign)?;
        loop {
            self.skip_space();
            let next = self.rest().chars().next();
            let sign = match next {
                Some('*' | '·') => sign,
                Some('/') => -sign,
                _ => return Ok(()),
            };
            self.at += next.map_or(0, char::len_utf8);
            self.factor(sign)?;
        }
    }

    fn factor(&mut self, sign: i32) -> Result<(), UnitFault> {
        self.skip_space();
        let start = self.at;
        if self.rest().starts_with('(') {
            self.at += 1;
            self.product(sign)?;
            self.skip_space();
            if !self.rest().starts_with(')') {
                return Err(self.fault(start, self.text.len()));
            }
            self.at += 1;
            return Ok(());
        }
        let length = match self.rest().chars().next() {
            Some(c @ ('%' | '1')) => c.len_utf8(),
            _ => self.rest().find(|c: char| !c.is_alphabetic()).unwrap_or(self.rest().len()),
        };
        let Some(symbol) = symbol(&self.text[start..start + length]).filter(|_| length > 0) else {
            let end = start + if length > 0 { length } else { self.rest().chars().next().map_or(0, char::len_utf8) };
            return Err(self.fault(start, end));
        };
        self.at += length;
        let exponent = self.exponent()?;
        self.factors.push((symbol, sign * exponent));
        Ok(())
    }

    fn exponent(&mut self) -> Result<i32, UnitFault> {
        if !self.rest().starts_with('^') {
            return Ok(1);
        }
        let start = self.at;
        self.at += 1;
        let digits = self.rest().find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(self.rest().len());
        let end = self.at + digits;
        let value = self.text[self.at..end].parse::<i32>().ok().filter(|e| e.abs() <= 9);
        self.at = end;
        value.ok_or_else(|| self.fault(start, end))
    }
}
