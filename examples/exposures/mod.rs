//! Exposures that were observed, and what models give for them.

mod studies;

pub use studies::{APART, STUDIES};

use posology::metrics::Measure;
use posology::prelude::*;
use posology::simulate::OutputView;

/// Lighter people are children, of whom only models of children are asked, kg.
const CHILD: f64 = 40.0;

/// What was measured in some people after a dose.
pub struct Study {
    /// What a model of the racemate is given to compare.
    pub racemate: Option<&'static str>,
    /// What a model of S-ketamine is given.
    pub s: Option<&'static str>,
    /// n and people.
    pub who: &'static str,
    /// Where it was published.
    pub source: &'static str,
    /// kg of who the model is asked for. Children are asked for of models of children alone.
    pub weight: f64,
    /// What was found.
    pub numbers: &'static [Number],
}

/// A number that a source prints.
pub struct Number {
    /// The analyte measured.
    pub analyte: &'static str,
    /// A metric; `CL` and `Vss` in the unit printed, `F` relative to an infusion, `AUC ratio` to the area of S-ketamine.
    pub metric: &'static str,
    /// A number, or the two ends of a range.
    pub value: [f64; 2],
    /// Its unit.
    pub unit: &'static str,
    /// Spread as printed, and what else belongs to the number.
    pub note: &'static str,
}

/// What cannot be held against a model at all.
pub struct Apart {
    /// What was given, and to whom.
    pub given: &'static str,
    /// The numbers.
    pub numbers: &'static str,
    /// Why not.
    pub why: &'static str,
    /// Where it was published.
    pub source: &'static str,
}

impl Study {
    /// What a model is given for a number, if it claims the route and has the analyte. What extends a model and leaves this
    /// route as it is would only repeat it.
    pub fn given(&self, model: &Model, number: &Number) -> Option<&'static str> {
        let give = if is_racemate(model) { self.racemate } else { self.s }?;
        output(model, number.analyte)?;
        let repeats =
            model.provenance().extends.is_some() && (route(give) == "iv" || model.id().ends_with("-ticlopidine"));
        (self.asks(model) && !repeats && has_route(model, give)).then_some(give)
    }

    /// Whether the model is of such people.
    pub fn asks(&self, model: &Model) -> bool {
        self.is_of_adults() || is_of_children(model)
    }

    pub fn is_of_adults(&self) -> bool {
        self.weight > CHILD
    }

    /// What the model gives, in the unit printed; none where it has no such number.
    pub fn simulated(&self, model: &Model, number: &Number, give: &str) -> Result<Option<f64>, Error> {
        let Some(name) = output(model, number.analyte) else { return Ok(None) };
        let profile = run(model, give, self.weight)?;
        let view = profile.output(name)?;
        // Half of a racemate is each enantiomer.
        let enantiomer = is_racemate(model) && number.analyte != "ketamine";
        let mg = dose(&profile) * if enantiomer { 0.5 } else { 1.0 };
        match number.metric {
            "CL" => Ok(area(&view).map(|area| {
                let litres_per_hour = mg / area;
                match number.unit {
                    "L/h" => litres_per_hour,
                    "mL/min" => litres_per_hour / 0.06,
                    _ => litres_per_hour / 0.06 / self.weight,
                }
            })),
            "Vss" => Ok(area(&view).zip(view.mrt().ok()).map(|(area, mrt)| {
                let litres = mg / area * mrt.in_base();
                if number.unit == "L" { litres } else { litres / self.weight }
            })),
            "AUC ratio" => {
                let enantiomer = if number.analyte.starts_with('R') { "R-ketamine" } else { "S-ketamine" };
                let Some(parent) = output(model, enantiomer) else { return Ok(None) };
                Ok(area(&view).zip(area(&profile.output(parent)?)).map(|(area, parent)| area / parent))
            }
            "F" => {
                let vein = run(model, "10 mg iv over 30 min", self.weight)?;
                let by_vein = area(&vein.output(name)?).map(|area| area / dose(&vein));
                Ok(area(&view).zip(by_vein).map(|(area, by_vein)| area / dose(&profile) / by_vein))
            }
            metric => {
                let measure: Measure = metric.parse()?;
                let Ok(value) = view.measure(&measure)? else { return Ok(None) };
                Ok(Some(value.to(&number.unit.parse()?)?.value()))
            }
        }
    }
}

impl Number {
    /// The end of a range that a value is nearer to, or the value itself within it.
    pub fn nearest(&self, value: f64) -> f64 {
        let [low, high] = self.value;
        value.clamp(low, high)
    }
}

/// The first output of an analyte.
pub fn output<'a>(model: &'a Model, analyte: &str) -> Option<&'a str> {
    model.outputs().iter().find(|o| o.analyte == analyte).map(|o| o.name.as_str())
}

pub fn is_racemate(model: &Model) -> bool {
    model.drug() == "ketamine"
}

/// Whether a model is of children, who are not 70 kg.
pub fn is_of_children(model: &Model) -> bool {
    model.title().contains("children")
}

/// The route of one dose.
pub fn route(give: &str) -> &str {
    give.split(' ').nth(2).unwrap_or_default()
}

pub fn has_route(model: &Model, give: &str) -> bool {
    model.routes().iter().any(|r| r.name == route(give))
}

/// The day after a regimen in a person of a weight (kg).
pub fn run<'m>(model: &'m Model, give: &str, weight: f64) -> Result<Profile<'m>, Error> {
    let person = Subject::typical(model).with("weight", weight.kg())?;
    Ok(Simulation::new(model).subject(&person).give(give.parse::<Regimen>()?).until(24.0.hours()).run()?)
}

/// mg*h/L
fn area(view: &OutputView<'_>) -> Option<f64> {
    view.auc_inf().ok().map(|area| area.in_base())
}

/// mg
fn dose(profile: &Profile<'_>) -> f64 {
    profile.sessions().iter().map(|s| s.amount).sum()
}
