//! Which outputs of models are exposures, by what they measure, and which are responses.

use crate::model::{Model, Output};
use crate::units::Dimension;

/// Parent and metabolites of one enantiomer, or of the racemate, in the order in which they come about.
const FAMILY: [&str; 3] = ["ketamine", "norketamine", "hydroxynorketamine"];
/// The site of a state that is no concentration in a body fluid.
const EFFECT_SITE: &str = "effect";

/// The analytes of models: what any of them measures, and of ketamine the metabolites too, whether or not they are measured.
pub(super) fn analytes<'a>(models: impl Iterator<Item = &'a Model>) -> Vec<String> {
    let mut analytes: Vec<String> = Vec::new();
    for model in models {
        for output in model.outputs().iter().filter(|output| is_exposure(output)) {
            let enantiomer = FAMILY.iter().rev().find_map(|name| output.analyte.strip_suffix(name));
            let family = match enantiomer.filter(|e| ["", "S-", "R-"].contains(e)) {
                Some(enantiomer) => FAMILY.map(|name| format!("{enantiomer}{name}")).to_vec(),
                None => vec![output.analyte.clone()],
            };
            for analyte in family {
                if !analytes.contains(&analyte) {
                    analytes.push(analyte);
                }
            }
        }
    }
    analytes
}

/// The output that measures an analyte: the first.
pub(super) fn measuring(model: &Model, analyte: &str) -> Option<usize> {
    model.outputs().iter().position(|output| is_exposure(output) && output.analyte == analyte)
}

/// Places of the outputs that are no concentrations: effects.
pub(super) fn responses(model: &Model) -> Vec<usize> {
    let outputs = model.outputs().iter().enumerate();
    let responses = outputs.filter(|(_, output)| output.unit.dimension() != Dimension::CONCENTRATION);
    responses.map(|(place, _)| place).collect()
}

fn is_exposure(output: &Output) -> bool {
    output.unit.dimension() == Dimension::CONCENTRATION && output.site != EFFECT_SITE
}
