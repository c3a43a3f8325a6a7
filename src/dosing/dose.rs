//! One planned dose, and what becomes of it for a body weight: mg/kg, then the maximum, then rounding, then devices.

use super::phase::tidy;
use super::{Direction, DosingError, Input, Rounding, Step};
use crate::units::{Dimension, Quantity};

/// How far a count of devices or steps may be from a whole number and still be one, relative.
const WHOLE: f64 = 1e-9;

/// One dose of a regimen, as planned: before body weight, maximum and rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedDose {
    /// Hours since the start of the regimen.
    pub time: f64,
    /// Index of its course, from 0.
    pub course: usize,
    /// Index of its phase in the course, from 0.
    pub phase: usize,
    /// Index of its slot in the phase, from 0; left-out doses have slots.
    pub slot: usize,
    /// Number among the doses given in its course, from 1: the session.
    pub session: usize,
    /// The amount as written, or the rate with [`Input::AtRate`].
    pub quantity: Quantity,
    /// The salt the quantity is weighed as; `None` is the base.
    pub salt: Option<String>,
    /// The route; `None` is the model's only one.
    pub route: Option<String>,
    /// How it goes in.
    pub input: Input,
    /// The most that is given at once.
    pub max: Option<Quantity>,
    /// How it is rounded.
    pub rounding: Option<Rounding>,
}

/// The amount of a dose at each step of its way, in base units (mg or nmol).
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The amount as written, for the weight.
    pub planned: Quantity,
    /// After the maximum.
    pub capped: Quantity,
    /// After rounding: what is given.
    pub given: Quantity,
}

impl PlannedDose {
    /// The amount before body weight: the quantity, or rate times duration.
    pub fn amount(&self) -> Quantity {
        let Input::AtRate(duration) = self.input else { return self.quantity.clone() };
        let dimension = self.quantity.dimension().times(Dimension::TIME).unwrap_or_default();
        Quantity::base(tidy(self.quantity.in_base() * duration.hours()), dimension)
    }

    /// What is given to somebody of a weight (kg), by a route with or without devices. The amount of a device is
    /// of the same salt or base as the dose. A maximum or rounding of an infusion keeps its duration.
    ///
    /// # Errors
    /// [`DosingError::NeedsWeight`], [`DosingError::NeedsDevice`], [`DosingError::RoundsToNothing`], or a unit error
    /// where mass meets amount of substance.
    pub fn amount_for(&self, weight: Option<f64>, device: Option<&Quantity>) -> Result<Resolved, DosingError> {
        let planned = weighed(&self.amount(), weight)?;
        let capped = match &self.max {
            Some(max) => {
                let max = weighed(max, weight)?;
                if max.value() < planned.value() { max } else { planned.clone() }
            }
            None => planned.clone(),
        };
        let given = match &self.rounding {
            Some(rounding) => rounded(&capped, rounding, device)?,
            None => capped.clone(),
        };
        Ok(Resolved { planned, capped, given })
    }
}

/// An amount in base units, multiplied by the weight if it is per body weight.
fn weighed(amount: &Quantity, weight: Option<f64>) -> Result<Quantity, DosingError> {
    let amount = match (amount.dimension().is_per_body_weight(), weight) {
        (true, None) => return Err(DosingError::NeedsWeight { dose: amount.to_string() }),
        (true, Some(weight)) => amount.for_weight(weight),
        (false, _) => amount.clone(),
    };
    Ok(Quantity::base(amount.in_base(), amount.dimension()))
}

fn rounded(amount: &Quantity, rounding: &Rounding, device: Option<&Quantity>) -> Result<Quantity, DosingError> {
    let step = match &rounding.to {
        Step::Amount(step) => step,
        Step::Device => device.ok_or(DosingError::NeedsDevice)?,
    };
    let size = step.as_base(amount.dimension())?;
    let count = amount.in_base() / size;
    let whole = match (nearly_whole(count), rounding.direction) {
        (Some(whole), _) => whole,
        (None, Direction::Nearest) => (count + 0.5).floor(),
        (None, Direction::Up) => count.ceil(),
        (None, Direction::Down) => count.floor(),
    };
    if whole == 0.0 {
        return Err(DosingError::RoundsToNothing { amount: amount.clone().into(), step: step.clone().into() });
    }
    Ok(Quantity::base(tidy(whole * size), amount.dimension()))
}

fn nearly_whole(count: f64) -> Option<f64> {
    ((count - count.round()).abs() <= WHOLE * count.abs().max(1.0)).then(|| count.round())
}

/// How many devices an amount takes.
///
/// # Errors
/// [`DosingError::NotWholeDevices`] with the nearest amounts that are whole, or a unit error.
pub fn devices(amount: &Quantity, device: &Quantity) -> Result<u32, DosingError> {
    let amount = amount.to(device.unit())?;
    let count = amount.value() / device.value();
    if let Some(whole) = nearly_whole(count).filter(|whole| (1.0..=f64::from(u32::MAX)).contains(whole)) {
        return Ok(whole as u32);
    }
    let nearest = [count.floor(), count.floor() + 1.0]
        .into_iter()
        .filter(|whole| *whole >= 1.0)
        .map(|whole| Quantity::new(tidy(whole * device.value()), device.unit().clone()))
        .collect();
    Err(DosingError::NotWholeDevices { amount: amount.into(), device: device.clone().into(), nearest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dosing::Regimen;

    fn dose(text: &str) -> PlannedDose {
        text.parse::<Regimen>().unwrap().doses().remove(0)
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn weight_then_maximum_then_rounding() {
        let given = |text: &str, weight| {
            let resolved = dose(text).amount_for(Some(weight), Some(&quantity("28 mg"))).unwrap();
            [resolved.planned, resolved.capped, resolved.given].map(|q| q.value())
        };
        assert_eq!(given("3 mg/kg oral, max 300 mg, rounded to 25 mg", 120.0), [360.0, 300.0, 300.0]);
        assert_eq!(given("0.5 mg/kg oral, rounded to 25 mg", 75.0), [37.5, 37.5, 50.0]);
        assert_eq!(given("0.5 mg/kg oral, rounded down to 25 mg", 99.0), [49.5, 49.5, 25.0]);
        assert_eq!(given("0.5 mg/kg oral, rounded up to 25 mg", 101.0), [50.5, 50.5, 75.0]);
        assert_eq!(given("1 mg/kg nasal, rounded to device", 70.0), [70.0, 70.0, 84.0]);
        assert_eq!(given("100 ug/kg oral, rounded down to 1 mg", 70.0), [7.0, 7.0, 7.0]);
        assert_eq!(given("2 mg/kg oral, max 1.5 mg/kg", 70.0), [140.0, 105.0, 105.0]);
    }

    #[test]
    fn a_rate_gives_its_rate_times_its_duration() {
        let dose = dose("2.4 mg/kg/h iv for 120 h");
        assert_eq!(dose.amount().to_string(), "288 mg/kg");
        assert_eq!(dose.amount_for(Some(10.0), None).unwrap().given, quantity("2880 mg"));
        assert_eq!(dose.input.hours(), 120.0);
    }

    #[test]
    fn what_is_missing_is_named() {
        let per_kg = dose("0.5 mg/kg iv");
        assert_eq!(per_kg.amount_for(None, None).unwrap_err(), DosingError::NeedsWeight { dose: "0.5 mg/kg".into() });
        let to_device = dose("56 mg nasal, rounded to device");
        assert_eq!(to_device.amount_for(None, None).unwrap_err(), DosingError::NeedsDevice);
        let small = dose("5 mg oral, rounded to 25 mg");
        assert!(matches!(small.amount_for(None, None), Err(DosingError::RoundsToNothing { .. })));
    }

    #[test]
    fn a_dose_is_a_whole_number_of_devices_or_names_the_nearest() {
        assert_eq!(devices(&quantity("84 mg"), &quantity("28 mg")), Ok(3));
        assert_eq!(devices(&quantity("0.3 mg"), &quantity("0.1 mg")), Ok(3));
        let nearest = |text: &str| match devices(&quantity(text), &quantity("28 mg")) {
            Err(DosingError::NotWholeDevices { nearest, .. }) => {
                nearest.iter().map(Quantity::to_string).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(nearest("70 mg"), ["56 mg", "84 mg"]);
        assert_eq!(nearest("10 mg"), ["28 mg"]);
    }
}
