//! Everything that no source says, in one place.

use super::asked::said;
use super::html::Html;
use super::tables::table;
use super::{Report, models_of};
use crate::io::{Cell, Column, Table};
use crate::model::{Grade, Model};
use crate::study::compare::{ArmPlan, Variant};

const PLAN: &str = "chosen by the plan";
const UNSAID: &str = "its file does not say";

pub(super) fn write(html: &mut Html, report: &Report<'_>) {
    html.leaf(
        "p",
        "Models, values and outputs that no source gives, why they are as they are, and the arms that use what they are part \
         of. In tables, the word “assumed” stands with every arm whose model or output is assumed; their curves \
         are dashed.",
    );
    let assumed = assumed(report);
    if assumed.rows().is_empty() {
        html.leaf("p", "Nothing is assumed.");
    }
    table(html, "Assumed", &assumed, &report.marked(), &[]);
    table(
        html,
        "Variability between people that the source does not give",
        &unpublished(report),
        &report.marked(),
        &[],
    );
}

/// Assumptions; one that several models make for the same reason is one.
#[derive(Default)]
struct Assumptions(Vec<Assumption>);

struct Assumption {
    what: String,
    why: Cell,
    models: Vec<String>,
    arms: Vec<String>,
}

impl Assumptions {
    fn add(&mut self, what: String, why: Cell, model: &str, arms: Vec<String>) {
        let known = self.0.iter().position(|known| known.what == what && known.why == why);
        let place = known.unwrap_or_else(|| {
            self.0.push(Assumption { what, why, models: Vec::new(), arms: Vec::new() });
            self.0.len() - 1
        });
        let assumption = &mut self.0[place];
        include(&mut assumption.models, model.to_string());
        arms.into_iter().for_each(|arm| include(&mut assumption.arms, arm));
    }

    fn into_table(self) -> Table {
        let mut table = Table::new(["assumed", "of", "why", "used in"].map(Column::new).into());
        for Assumption { what, why, models, arms } in self.0 {
            table.push(vec![what.into(), models.join("; ").into(), why, arms.join("; ").into()]);
        }
        table
    }
}

fn include(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn assumed(report: &Report<'_>) -> Table {
    let mut found = Assumptions::default();
    for model in report.used() {
        let mut add = |what: String, why: Cell| found.add(what, why, model.id(), arms_of(report, model));
        if model.grade() == Grade::Assumed {
            let why = match model.notes() {
                [] => Cell::missing(UNSAID),
                notes => notes.join(" ").into(),
            };
            add("the model".into(), why);
        } else if model.population().variability == Some(Grade::Assumed) {
            add("variability between people".into(), Cell::missing(UNSAID));
        }
        for (name, why) in model.assumptions() {
            let output = model.outputs().iter().any(|output| output.name == *name);
            add(format!("{} {name}", if output { "output" } else { "parameter" }), why.as_str().into());
        }
    }
    for arm in &report.plan.arms {
        let (model, name) = (report.models[&arm.model.text].id(), &arm.name.text);
        if !arm.set.is_empty() {
            found.add(said(&arm.set), PLAN.into(), model, vec![name.clone()]);
        }
        variants(arm).for_each(|values| found.add(values, PLAN.into(), model, vec![of_range(name)]));
    }
    found.into_table()
}

/// The range around an arm.
fn of_range(arm: &str) -> String {
    format!("{arm} (range)")
}

/// Values of the range around an arm.
fn variants(arm: &ArmPlan) -> impl Iterator<Item = String> {
    arm.band.iter().flat_map(|band| &band.variants).filter_map(|variant| match variant {
        Variant::Set(values) => Some(said(values)),
        Variant::Model(_) => None,
    })
}

fn unpublished(report: &Report<'_>) -> Table {
    let mut rows = Table::new(["parameter", "of", "why"].map(Column::new).into());
    for model in report.used() {
        for (name, why) in &model.provenance().missing_variability {
            rows.push(vec![name.as_str().into(), model.id().into(), why.as_str().into()]);
        }
    }
    rows
}

/// The names of the arms that a model is in.
fn arms_of(report: &Report<'_>, model: &Model) -> Vec<String> {
    let is = |name: &str| report.models[name].id() == model.id();
    let arms = report.plan.arms.iter().filter_map(|arm| {
        let name = &arm.name.text;
        match (is(&arm.model.text), models_of(arm).any(is)) {
            (true, _) => Some(name.clone()),
            (false, true) => Some(of_range(name)),
            (false, false) => None,
        }
    });
    arms.collect()
}
