//! Where a model comes from: sources, people, numbers.

use super::html::Html;
use super::in_words;
use super::tables::{Marked, table, without_empty_columns};
use crate::io::{Cell, Column, Table, rounded};
use crate::model::{CovariateKind, Grade, Model, PopulationNotes};
use crate::study::parameter_table;
use crate::units::Unit;

/// Significant digits of a range.
const DIGITS: usize = 4;

pub(super) fn write(html: &mut Html, model: &Model) {
    html.element("article", &[], |html| {
        html.leaf("h3", &format!("{}: {}", model.id(), model.title()));
        html.element("dl", &[], |html| about(html, model));
        sources(html, model);
        let warnings: Vec<String> = model.warnings().iter().map(|w| format!("Warning: {}", in_words(w))).collect();
        html.list(&[model.notes(), &warnings].concat());
        let of = |what: &str| format!("{what} of {}", model.id());
        let unmarked = Marked(Vec::new());
        table(html, &of("Parameters"), &parameter_table(model), &unmarked, &[]);
        table(html, &of("Covariates"), &covariates(model), &unmarked, &[]);
        table(html, &of("Outputs"), &without_empty_columns(&outputs(model)), &unmarked, &[]);
    });
}

fn about(html: &mut Html, model: &Model) {
    html.term("Grade", &format!("{}: {}", model.grade(), meaning(model.grade())));
    let effects = model.effects().iter().map(|effect| format!("{}: {} ({})", effect.id, effect.title, effect.grade));
    let effects: Vec<String> = effects.collect();
    if !effects.is_empty() {
        html.term("With the effects", &effects.join("; "));
    }
    html.term("Drug", model.drug());
    let population = model.population();
    for (term, text) in [("People", &population.description), ("Sampled", &population.site)] {
        if !text.is_empty() {
            html.term(term, text);
        }
    }
    if let Some(hours) = population.sampling {
        html.term("Sampled for", &format!("{} h after a dose", rounded(hours, DIGITS)));
    }
    let doses = doses(population);
    if !doses.is_empty() {
        html.term("Doses", &doses);
    }
    if let Some(grade) = population.variability {
        html.term("Variability", &format!("grade {grade}"));
    }
    if let Some(base) = &model.provenance().extends {
        html.term("Extends", base);
    }
    if !model.provenance().overrides.is_empty() {
        html.term("Changed", &model.provenance().overrides.join("; "));
    }
    if !model.unit_checking() {
        html.term("Units", "not checked");
    }
}

fn meaning(grade: Grade) -> &'static str {
    match grade {
        Grade::A => "every structural and typical value was read in the source or a careful transcription of it",
        Grade::B => "values were partly read in the source",
        Grade::Assumed => "an assumption of the file's authors, not an estimate of a study",
    }
}

fn doses(population: &PopulationNotes) -> String {
    let range = |low: f64, high: f64| match low == high {
        true => rounded(low, DIGITS),
        false => format!("{} to {}", rounded(low, DIGITS), rounded(high, DIGITS)),
    };
    let doses = population.doses.iter().map(|dose| format!("{} mg {}", range(dose.low, dose.high), dose.route));
    doses.collect::<Vec<_>>().join("; ")
}

fn sources(html: &mut Html, model: &Model) {
    if model.sources().is_empty() {
        return;
    }
    html.leaf("p", "Sources:");
    html.element("ul", &[], |html| {
        for source in model.sources() {
            html.element("li", &[], |html| {
                html.element("strong", &[], |html| html.text(&source.key));
                html.text(&format!(": {} ", source.citation));
                if let Some(doi) = &source.doi {
                    html.doi(doi);
                }
                if let Some(via) = &source.via {
                    html.text(&format!(" (read through: {via})"));
                }
            });
        }
    });
}

fn covariates(model: &Model) -> Table {
    let mut rows = Table::new(["covariate", "reference", "in the source"].map(Column::new).into());
    let shown = |value: f64, unit: &Unit| rounded(unit.from_base(value), DIGITS);
    for covariate in model.covariates() {
        let reference = match &covariate.kind {
            CovariateKind::Number { unit } => format!("{} {unit}", shown(covariate.reference, unit)),
            CovariateKind::Flag => if covariate.reference != 0.0 { "yes" } else { "no" }.to_string(),
            CovariateKind::Category { options } => {
                format!("{} (of {})", options[covariate.reference as usize], options.join(", "))
            }
        };
        let range = model.population().ranges.iter().find(|range| range.name == covariate.name);
        let range = range.map_or_else(
            || Cell::missing("not stated"),
            |r| format!("{} to {} {}", shown(r.low, &r.unit), shown(r.high, &r.unit), r.unit).into(),
        );
        rows.push(vec![covariate.name.as_str().into(), reference.trim_end().into(), range]);
    }
    rows
}

fn outputs(model: &Model) -> Table {
    let mut rows = Table::new(["output", "unit", "analyte", "site", "assumed"].map(Column::new).into());
    for output in model.outputs() {
        rows.push(vec![
            output.name.as_str().into(),
            output.unit.to_string().into(),
            output.analyte.as_str().into(),
            output.site.as_str().into(),
            output.assumed.as_deref().map_or_else(|| Cell::missing(""), Cell::from),
        ]);
    }
    rows
}
