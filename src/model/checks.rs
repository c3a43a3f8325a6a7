//! Numbers a model has to reproduce: reading `[[checks]]`.

use super::error::{ModelError, Sort};
use super::file::{CovariateEntry, OutputEntry};
use super::names::SUBJECT_COVARIATES;
use super::parts::{CovariateKind, Setting};
use super::read::{Log, Place, Table, Text, Value};
use crate::error::nearest;
use crate::metrics::Measure;
use crate::units::{Dimension, Quantity, Unit, UnitError, number_length};

/// What a check is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The number is published: agreement is evidence.
    Published,
    /// The number was computed independently from the published parameters: agreement shows that the model was transcribed and solved rightly.
    Computed,
    /// The number was observed, and the model does not claim to meet it: it is shown with its deviation and fails nothing.
    Observed,
}

impl Evidence {
    const ALL: [Evidence; 3] = [Evidence::Published, Evidence::Computed, Evidence::Observed];

    /// Its word in a model file.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Published => "published",
            Evidence::Computed => "computed",
            Evidence::Observed => "observed",
        }
    }
}

/// One experiment and what it has to give.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What agreement is worth.
    pub kind: Evidence,
    /// The regimen, as text.
    pub give: String,
    /// The subject's covariates.
    pub covariates: Vec<(String, Setting)>,
    /// The expected numbers.
    pub expect: Vec<Expectation>,
    /// Where they come from.
    pub source: String,
    /// Where the check is written.
    pub place: Place,
}

/// An expected number, or several of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// Name of the output.
    pub output: String,
    /// What is measured, one measure per number.
    pub measures: Vec<Measure>,
    /// The regimen that bioavailability is relative to, as text.
    pub relative_to: Option<String>,
    /// The source's sampling times, h from the first dose: the measure is that of samples taken then, areas by straight lines
    /// from 0 at the beginning. Without them it is that of the solution.
    pub sampled: Option<Vec<f64>>,
    /// The numbers.
    pub values: Vec<Printed>,
    /// Their unit, as printed.
    pub unit: Unit,
    /// How near the result has to come.
    pub tolerance: Tolerance,
    /// Where it is written.
    pub place: Place,
}

/// A number as printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// As printed.
    pub text: String,
    /// In base units.
    pub value: f64,
    /// Half a unit of its last printed digit, in base units.
    pub half_digit: f64,
}

/// How near a result has to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// To print precision: half a unit of the last digit.
    Print,
    /// Relative to the expected number.
    Rel(f64),
    /// Absolute, in base units.
    Abs(f64),
}

impl Printed {
    /// Whether a result in base units is near enough.
    pub fn accepts(&self, result: f64, tolerance: Tolerance) -> bool {
        let allowed = match tolerance {
            // Half a digit is exact in decimal only: leave the double its last bits.
            Tolerance::Print => self.half_digit * (1.0 + 1e-9),
            Tolerance::Rel(rel) => rel * self.value.abs(),
            Tolerance::Abs(abs) => abs,
        };
        (result - self.value).abs() <= allowed
    }
}

/// Reads `[[checks]]`. Outputs and covariates are those of the file itself; an overlay's checks may name its base's.
pub(super) fn read(root: &Table<'_>, log: &Log, outputs: &[OutputEntry], covariates: &[CovariateEntry]) -> Vec<Check> {
    let Some(list) = root.get("checks").and_then(|v| v.list()) else { return Vec::new() };
    list.into_iter()
        .filter_map(|mut item| {
            item.what = "a check".into();
            let table = item.table(&["kind", "give", "covariates", "expect", "source"])?;
            let kind = one_of(&table.need("kind")?, &Evidence::ALL.map(Evidence::name))?;
            let give = table.need("give").and_then(|v| v.text());
            let source = table.need("source").and_then(|v| v.text());
            let settings = table.get("covariates").map_or(Vec::new(), |v| settings(&v, covariates));
            let expect = table.need("expect")?;
            let expected: Vec<Value<'_>> = if expect.is_list() { expect.list()? } else { vec![expect] };
            let expect = expected.iter().filter_map(|v| expectation(v, log, outputs)).collect();
            Some(Check {
                kind: Evidence::ALL.into_iter().find(|e| e.name() == kind)?,
                give: give?.text,
                covariates: settings,
                expect,
                source: source?.text,
                place: table.place.clone(),
            })
        })
        .collect()
}

fn one_of(value: &Value<'_>, allowed: &[&str]) -> Option<String> {
    let text = value.text()?;
    super::sections::in_list(value.log, &value.what, &text, allowed)
}

fn settings(value: &Value<'_>, covariates: &[CovariateEntry]) -> Vec<(String, Setting)> {
    let Some(table) = value.entries() else { return Vec::new() };
    let read = |(name, place, value): (String, Place, Value<'_>)| {
        let known = covariates.iter().find(|c| c.name.text == name).map(|c| c.kind.clone());
        let common = SUBJECT_COVARIATES.iter().find(|(n, _)| *n == name);
        let kind = match (known, common) {
            (Some(kind), _) => kind,
            (None, Some((_, unit))) => CovariateKind::Number { unit: unit.parse().ok()? },
            (None, None) => {
                let names: Vec<String> = covariates.iter().map(|c| c.name.text.clone()).collect();
                let near = nearest(&name, names.iter().map(String::as_str)).map(str::to_string);
                value.log.report(&place, ModelError::UnknownName { what: Sort::Covariate, name, near, known: names });
                return None;
            }
        };
        let setting = match kind {
            CovariateKind::Number { unit } if unit.dimension().is_none() && !value.is_text() => {
                Setting::Number(Quantity::new(value.number()?.value, unit))
            }
            CovariateKind::Number { unit } => Setting::Number(value.quantity(unit.dimension())?),
            CovariateKind::Flag => Setting::Flag(value.flag()?),
            CovariateKind::Category { options } => {
                let options: Vec<&str> = options.iter().map(String::as_str).collect();
                Setting::Category(one_of(&value, &options)?)
            }
        };
        Some((name, setting))
    };
    table.named("the covariate").into_iter().filter_map(read).collect()
}

fn expectation(value: &Value<'_>, log: &Log, outputs: &[OutputEntry]) -> Option<Expectation> {
    let mut value = value.clone();
    value.what = "an expectation".into();
    let table = value.table(&["output", "metric", "value", "rel", "abs", "within", "at", "relative_to", "sampled"])?;
    let output = table.need("output").and_then(|v| v.text());
    let metric = table.need("metric").and_then(|v| v.text());
    let printed = table.need("value").and_then(|v| v.text());
    let tolerances: Vec<&str> = ["rel", "abs", "within"].into_iter().filter(|k| table.has(k)).collect();
    if let [first, second, ..] = tolerances[..] {
        log.report(
            &table.place,
            ModelError::TwoSpellings { within: "an expectation".into(), first: first.into(), second: second.into() },
        );
    }
    let (output, metric, printed) = (output?, metric?, printed?);
    let Some(measured) = outputs.iter().find(|o| o.name.text == output.text) else {
        let known: Vec<String> = outputs.iter().map(|o| o.name.text.clone()).collect();
        let near = nearest(&output.text, known.iter().map(String::as_str)).map(str::to_string);
        let kind = ModelError::UnknownName { what: Sort::Output, name: output.text.clone(), near, known };
        log.report(&output.place, kind);
        return None;
    };
    let (measures, dimension) = measures_of(&metric, &table, measured.unit.dimension(), log)?;
    let (values, unit) = printed_values(&printed, dimension, log)?;
    if measures.len() != values.len() {
        log.report(&printed.place, ModelError::CheckLength { times: measures.len(), values: values.len() });
        return None;
    }
    let relative_to = match measures.contains(&Measure::F) {
        true => Some(table.need("relative_to")?.text()?.text),
        false => None,
    };
    let sampled = match table.get("sampled") {
        Some(times) => Some(sampling(&times, &measures, &metric, log)?),
        None => None,
    };
    let tolerance = match tolerances.first() {
        None => Tolerance::Print,
        Some(&"rel") => {
            let rel = table.get("rel")?.number()?;
            if rel.value <= 0.0 {
                let kind = ModelError::OutOfRange {
                    what: "`rel`".into(),
                    value: rel.printed.clone(),
                    must: "more than 0".into(),
                };
                log.report(&rel.place, kind);
            }
            Tolerance::Rel(rel.value)
        }
        Some(key) => Tolerance::Abs(table.get(key)?.quantity(dimension)?.in_base()),
    };
    Some(Expectation {
        output: output.text,
        measures,
        relative_to,
        sampled,
        values,
        unit,
        tolerance,
        place: table.place.clone(),
    })
}

/// The sampling times of a metric that samples can give.
fn sampling(times: &Value<'_>, measures: &[Measure], metric: &Text, log: &Log) -> Option<Vec<f64>> {
    let of_samples = |m: &Measure| matches!(m, Measure::Cmax(None) | Measure::Tmax(None) | Measure::Auc(..));
    if !measures.iter().all(of_samples) {
        let kind = ModelError::NotInList {
            what: "a metric of samples".into(),
            found: metric.text.clone(),
            near: None,
            allowed: ["Cmax", "Tmax", "AUC(0 h, 24 h)"].map(String::from).into(),
        };
        log.report(&metric.place, kind);
        return None;
    }
    let text = times.text()?;
    let (times, _) = printed_values(&text, Dimension::TIME, log)?;
    let times: Vec<f64> = times.iter().map(|t| t.value).collect();
    if times.first().is_some_and(|t| *t < 0.0) || times.windows(2).any(|pair| pair[1] <= pair[0]) {
        let must = "times from the first dose that go up".to_string();
        log.report(&text.place, ModelError::OutOfRange { what: "`sampled`".into(), value: text.text.clone(), must });
        return None;
    }
    Some(times)
}

/// The measures, one per time where there are several, and the dimension of their numbers.
fn measures_of(text: &Text, table: &Table<'_>, output: Dimension, log: &Log) -> Option<(Vec<Measure>, Dimension)> {
    let measures = match table.get("at") {
        Some(at) if text.text == "C" => {
            let (times, _) = printed_values(&at.text()?, Dimension::TIME, log)?;
            times.iter().map(|p| Measure::At(p.value)).collect()
        }
        _ => match text.text.parse::<Measure>() {
            Ok(measure) => vec![measure],
            Err(fault) => {
                log.push(text.fault(fault, ModelError::Measure));
                return None;
            }
        },
    };
    let dimension = measures.first()?.definition().scale.dimension(output)?;
    Some((measures, dimension))
}

/// Numbers with one unit behind them: `34.436 43.393 ng/mL`.
fn printed_values(text: &Text, dimension: Dimension, log: &Log) -> Option<(Vec<Printed>, Unit)> {
    let mut rest = text.text.trim_start();
    let mut numbers = Vec::new();
    loop {
        let length = number_length(rest);
        let ends_word = rest[length..].chars().next().is_none_or(char::is_whitespace);
        if length == 0 || !ends_word {
            break;
        }
        numbers.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    let start = text.text.len() - rest.len();
    let unit_text = text.slice(start, text.text.len());
    let unit = if rest.is_empty() { Ok(Unit::none()) } else { rest.parse::<Unit>() };
    let unit = match unit {
        Ok(unit) => unit,
        Err(fault) => {
            log.push(unit_text.fault(fault, ModelError::Unit));
            return None;
        }
    };
    let values: Option<Vec<Printed>> = numbers.iter().map(|n| printed(n, &unit)).collect();
    match values.filter(|v| !v.is_empty()) {
        Some(_) if unit.dimension() != dimension => {
            let kind = UnitError::Mismatch { found: unit, expected: Unit::base(dimension).to_string() };
            log.report(&text.place, ModelError::Unit(kind));
            None
        }
        Some(values) => Some((values, unit)),
        None => {
            log.report(&text.place, ModelError::Unit(UnitError::NotANumber { text: text.text.clone() }));
            None
        }
    }
}

fn printed(text: &str, unit: &Unit) -> Option<Printed> {
    let value: f64 = text.parse().ok().filter(|v: &f64| v.is_finite())?;
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let decimals = mantissa.split_once('.').map_or(0, |(_, d)| d.len());
    let half_digit = 0.5 * 10f64.powi(exponent - i32::try_from(decimals).ok()?);
    Some(Printed { text: text.to_string(), value: unit.to_base(value), half_digit: unit.to_base(half_digit) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_digit_follows_from_what_is_printed() {
        let unit: Unit = "ng/mL".parse().unwrap();
        for (text, half) in [("43.8", 0.05), ("1037", 0.5), ("12.0", 0.05), ("7.3673", 0.00005), ("1.2e3", 50.0)] {
            let p = printed(text, &unit).unwrap();
            assert!((p.half_digit / unit.to_base(half) - 1.0).abs() < 1e-12, "{text}: {}", p.half_digit);
        }
        let p = printed("43.8", &unit).unwrap();
        assert!(
            p.accepts(unit.to_base(43.85), Tolerance::Print) && !p.accepts(unit.to_base(43.8501), Tolerance::Print)
        );
    }
}
