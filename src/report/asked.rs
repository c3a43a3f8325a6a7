//! The plan in words: whom, what, how long.

use super::Report;
use super::html::Html;
use super::tables::{table, without_empty_columns};
use crate::document::Text;
use crate::io::{Cell, Column, Table, rounded};
use crate::study::compare::{ArmPlan, PeoplePlan, Variant};

pub(super) fn write(html: &mut Html, report: &Report<'_>) {
    let (plan, comparison) = (report.plan, report.comparison);
    html.element("dl", &[], |html| {
        let person = match plan.subject.as_slice() {
            [] => "as each model's reference".to_string(),
            values => format!("{}; for the rest as each model's reference", said(values)),
        };
        html.term("The person", &person);
        html.term("One session", &format!("followed for {} h", rounded(comparison.until, 4)));
        html.term("Monitoring", &format!("{} h from the first device", rounded(comparison.monitor, 4)));
        if let Some(name) = &comparison.course_name {
            html.term("Course", name);
        }
        if let Some(shown) = &comparison.effects {
            let effects = shown.effects.iter().map(|(id, grade)| format!("{id} ({grade})")).collect::<Vec<_>>();
            html.term("Effects", &effects.join(", "));
        }
        if let Some(people) = &plan.population {
            html.term("Virtual people", &who(people));
        }
        if let Some(reference) = &plan.reference {
            html.term("Compared with", &reference.text);
        }
    });
    table(html, "Arms", &without_empty_columns(&arms(report)), &report.marked(), &[]);
}

/// Names and values as they are written.
pub(super) fn said(values: &[(Text, Text)]) -> String {
    values.iter().map(|(name, value)| format!("{} {}", name.text, value.text)).collect::<Vec<_>>().join(", ")
}

fn who(people: &PeoplePlan) -> String {
    let from = people.file.as_ref().map_or_else(String::new, |file| format!(" of {}", file.name));
    format!("{}{from}, the same in every arm, seed {}", people.size, people.seed)
}

fn arms(report: &Report<'_>) -> Table {
    let heads = [
        "arm",
        "grade",
        "model",
        "output",
        "one session",
        "whole course",
        "F relative to",
        "range",
        "in this arm alone",
    ];
    let mut rows = Table::new(heads.map(Column::new).into());
    for (arm, result) in report.plan.arms.iter().zip(&report.comparison.arms) {
        let course =
            result.course.as_ref().map_or_else(|| Cell::missing("no course in the plan"), |c| c.text.as_str().into());
        let iv =
            arm.iv.as_ref().map_or_else(|| Cell::missing("no iv dose of this model"), |iv| iv.text.as_str().into());
        rows.push(vec![
            arm.name.text.as_str().into(),
            result.grade.to_string().into(),
            result.model.as_str().into(),
            arm.output.text.as_str().into(),
            arm.session.text.as_str().into(),
            course,
            iv,
            range(arm),
            own(arm),
        ]);
    }
    rows
}

fn range(arm: &ArmPlan) -> Cell {
    let Some(band) = &arm.band else { return Cell::missing("") };
    let variants = band.variants.iter().map(|variant| match variant {
        Variant::Model(name) => name.text.clone(),
        Variant::Set(values) => said(values),
    });
    format!("{}: {}", band.name, variants.collect::<Vec<_>>().join("; ")).into()
}

/// What the arm changes about the person and the model.
fn own(arm: &ArmPlan) -> Cell {
    match [arm.subject.as_slice(), arm.set.as_slice()].concat().as_slice() {
        [] => Cell::missing(""),
        values => said(values).into(),
    }
}
