//! Everything that no source says, in one place.

use super::asked::said;
use super::html::Html;
use super::tables::table;
use super::{Report, models_of};
use crate::io::{Cell, Column, Table};
use crate::model::{Grade, Model};
use crate::study::compare::{ArmPlan, Variant};

const PLAN: &str = "chosen by the plan";

pub(super) fn write(html: &mut Html, report: &Report<'_>) {
    html.leaf(
        "p",
        "Models, values and outputs that no source gives, why they are as they are, and which arms rest on them. In tables, \
         an arm whose model or output is assumed has the word “assumed” beside it; its curves are dashed.",
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

fn assumed(report: &Report<'_>) -> Table {
    let mut rows = Table::new(["assumed", "of", "why", "arms"].map(Column::new).into());
    for model in report.used() {
        let arms = arms_of(report, model);
        let mut push =
            |what: &str, why: Cell| rows.push(vec![what.into(), model.id().into(), why, arms.as_str().into()]);
        if model.grade() == Grade::Assumed {
            let why = match model.notes() {
                [] => Cell::missing("its file does not say"),
                notes => notes.join(" ").into(),
            };
            push("the model", why);
        }
        if model.grade() != Grade::Assumed && model.population().variability == Some(Grade::Assumed) {
            push("variability between people", Cell::missing("its file does not say"));
        }
        for (name, why) in model.assumptions() {
            push(name, why.as_str().into());
        }
    }
    for arm in &report.plan.arms {
        let mut push = |what: String| {
            rows.push(vec![what.into(), arm.model.text.as_str().into(), PLAN.into(), arm.name.text.as_str().into()]);
        };
        if !arm.set.is_empty() {
            push(said(&arm.set));
        }
        variants(arm).for_each(|values| push(format!("{values} (range)")));
    }
    rows
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
fn arms_of(report: &Report<'_>, model: &Model) -> String {
    let is = |name: &str| report.models[name].id() == model.id();
    let arms = report.plan.arms.iter().filter_map(|arm| {
        let name = &arm.name.text;
        match (is(&arm.model.text), models_of(arm).any(is)) {
            (true, _) => Some(name.clone()),
            (false, true) => Some(format!("{name} (range)")),
            (false, false) => None,
        }
    });
    arms.collect::<Vec<_>>().join("; ")
}
