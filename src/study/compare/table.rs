//! The tables of a comparison: short ones for people, one long one for `summary.csv`, and the curves.

use super::effects_table::effects_summary;
use super::{ArmResult, Comparison, Curve};
use crate::io::{Cell, Column, Table};
use crate::model::Grade;
use crate::simulate::Missing;
use crate::units::Quantity;

const NO_MODEL: &str = "not in this model";
const NO_REFERENCE: &str = "no iv dose of this model";

/// What was given and how high and how fast: one row per arm.
pub fn session_table(comparison: &Comparison) -> Table {
    table(
        &comparison.arms,
        &[
            ("arm", "", &|a| a.name.as_str().into()),
            ("grade", "", &grade),
            ("analyte", "", &|a| a.analyte.as_str().into()),
            ("site", "", &|a| a.site.as_str().into()),
            ("dose", "mg base", &|a| a.dose.into()),
            ("S-dose", "mg base", &|a| optional(a.s_dose, "analyte of no ketamine")),
            ("dose/kg", "mg/kg", &|a| optional(a.per_kg, "no weight")),
            ("Cmax", "ng/mL", &|a| mass(&a.cmax, "ng/mL")),
            ("Tmax", "h", &|a| a.tmax.into()),
            ("Tmax last device", "h", &|a| a.tmax_last.into()),
            ("AUC0-24", "ng*h/mL", &|a| mass(&a.auc24, "ng*h/mL")),
            ("AUCinf", "ng*h/mL", &|a| perhaps(&a.auc_inf, "ng*h/mL")),
            ("model", "", &|a| a.model.as_str().into()),
        ],
    )
}

/// How long it stays, and the metabolite: one row per arm.
pub fn disposition_table(comparison: &Comparison) -> Table {
    let from_start = format!("C {} h from start", comparison.monitor);
    let from_end = format!("C {} h from end", comparison.monitor);
    table(
        &comparison.arms,
        &[
            ("arm", "", &|a| a.name.as_str().into()),
            ("half-life", "h", &half_life),
            ("MRT", "h", &|a| perhaps(&a.mrt, "h")),
            ("F vs iv", "", &bioavailability),
            ("norketamine Cmax", "ng/mL", &|a| metabolite(a, |m| mass(&m.cmax, "ng/mL"))),
            ("norketamine AUCinf", "ng*h/mL", &|a| metabolite(a, |m| perhaps(&m.auc_inf, "ng*h/mL"))),
            ("nor/parent AUC", "", &|a| metabolite(a, |m| optional(m.ratio, "sampled at another site"))),
            (&from_start, "ng/mL", &|a| mass(&a.at_monitor_from_start, "ng/mL")),
            (&from_end, "ng/mL", &|a| mass(&a.at_monitor_from_end, "ng/mL")),
        ],
    )
}

/// The whole course: one row per arm.
pub fn course_table(comparison: &Comparison) -> Table {
    table(
        &comparison.arms,
        &[
            ("arm", "", &|a| a.name.as_str().into()),
            ("sessions", "", &|a| course(a, |c| Cell::Integer(c.sessions.len() as i64))),
            ("per phase", "", &|a| course(a, |c| joined(c.phases.iter().map(|p| p.sessions.to_string())).into())),
            ("accumulation per phase", "", &accumulation),
            ("cumulative AUC", "ng*h/mL", &|a| course(a, |c| perhaps(&c.cumulative, "ng*h/mL"))),
        ],
    )
}

/// Arms of equal analyte and site, from the largest area to the smallest, with ratios to the largest.
/// Arms that measure something else are never ranked against each other.
pub fn ranking_table(comparison: &Comparison) -> Table {
    let mut result = Table::new(vec![
        Column::new("analyte, site"),
        Column::new("rank"),
        Column::new("arm"),
        Column::new("AUCinf").unit("ng*h/mL"),
        Column::new("AUC ratio"),
        Column::new("Cmax ratio"),
    ]);
    for group in comparison.groups() {
        let mut arms: Vec<(&ArmResult, f64)> =
            group.iter().filter_map(|a| Some((*a, a.auc_inf.as_ref().ok()?.in_base()))).collect();
        arms.sort_by(|a, b| b.1.total_cmp(&a.1));
        let Some((top, largest)) = arms.first().copied() else { continue };
        for (rank, (arm, area)) in arms.iter().enumerate() {
            let alone = arms.len() == 1;
            let ratio = |value: f64| if alone { Cell::missing("nothing to compare with") } else { value.into() };
            result.push(vec![
                format!("{}, {}", arm.analyte, arm.site).into(),
                Cell::Integer(rank as i64 + 1),
                arm.name.as_str().into(),
                perhaps(&arm.auc_inf, "ng*h/mL"),
                ratio(area / largest),
                ratio(arm.cmax.in_base() / top.cmax.in_base()),
            ]);
        }
    }
    result
}

/// Each published number beside the simulated one.
pub fn published_table(comparison: &Comparison) -> Table {
    let mut result =
        Table::new(["arm", "metric", "unit", "published", "simulated", "ratio", "source"].map(Column::new).into());
    for arm in &comparison.arms {
        for p in &arm.published {
            let (simulated, ratio) = match &p.simulated {
                Ok(q) => (q.value().into(), (q.value() / p.value.value()).into()),
                Err(missing) => (Cell::missing(missing.to_string()), Cell::missing(missing.to_string())),
            };
            result.push(vec![
                arm.name.as_str().into(),
                p.measure.to_string().into(),
                p.value.unit().to_string().into(),
                p.value.value().into(),
                simulated,
                ratio,
                p.source.as_str().into(),
            ]);
        }
    }
    result
}

/// Every number of every arm, for `summary.csv`; what is missing has its reason in the last column.
pub fn summary(comparison: &Comparison) -> Table {
    let (arms, effects) = (arm_summary(comparison), effects_summary(comparison));
    let mut both = Table::new(arms.columns().iter().chain(effects.columns()).cloned().collect());
    for (of_arm, of_effects) in arms.rows().iter().zip(effects.rows()) {
        both.push(of_arm.iter().chain(of_effects).cloned().collect());
    }
    both.with_reasons()
}

/// Numbers of arms without those of effects.
fn arm_summary(comparison: &Comparison) -> Table {
    table(
        &comparison.arms,
        &[
            ("arm", "", &|a| a.name.as_str().into()),
            ("model", "", &|a| a.model.as_str().into()),
            ("grade", "", &grade),
            ("assumed", "", &|a| Cell::Integer(i64::from(a.grade == Grade::Assumed))),
            ("session", "", &|a| a.session.as_str().into()),
            ("dose_mg", "mg", &|a| a.dose.into()),
            ("s_dose_mg", "mg", &|a| optional(a.s_dose, "analyte of no ketamine")),
            ("dose_mg_per_kg", "mg/kg", &|a| optional(a.per_kg, "no weight")),
            ("analyte", "", &|a| a.analyte.as_str().into()),
            ("site", "", &|a| a.site.as_str().into()),
            ("cmax_ng_per_ml", "ng/mL", &|a| mass(&a.cmax, "ng/mL")),
            ("tmax_h", "h", &|a| a.tmax.into()),
            ("tmax_from_last_device_h", "h", &|a| a.tmax_last.into()),
            ("auc_0_24_ng_h_per_ml", "ng*h/mL", &|a| mass(&a.auc24, "ng*h/mL")),
            ("auc_inf_ng_h_per_ml", "ng*h/mL", &|a| perhaps(&a.auc_inf, "ng*h/mL")),
            ("half_life_h", "h", &|a| perhaps(&a.half_life, "h")),
            ("half_life_beyond_sampling", "", &|a| match a.half_life_beyond {
                Some(beyond) => Cell::Integer(i64::from(beyond)),
                None => Cell::missing("the source's sampling is not stated"),
            }),
            ("mrt_h", "h", &|a| perhaps(&a.mrt, "h")),
            ("f_relative_to_iv", "", &bioavailability),
            ("norketamine_analyte", "", &|a| metabolite(a, |m| m.analyte.as_str().into())),
            ("norketamine_cmax_ng_per_ml", "ng/mL", &|a| metabolite(a, |m| mass(&m.cmax, "ng/mL"))),
            ("norketamine_auc_inf_ng_h_per_ml", "ng*h/mL", &|a| metabolite(a, |m| perhaps(&m.auc_inf, "ng*h/mL"))),
            ("norketamine_auc_ratio", "", &|a| metabolite(a, |m| optional(m.ratio, "sampled at another site"))),
            ("c_monitor_from_start_ng_per_ml", "ng/mL", &|a| mass(&a.at_monitor_from_start, "ng/mL")),
            ("c_monitor_from_end_ng_per_ml", "ng/mL", &|a| mass(&a.at_monitor_from_end, "ng/mL")),
            ("sessions", "", &|a| course(a, |c| Cell::Integer(c.sessions.len() as i64))),
            ("accumulation_per_phase", "", &accumulation),
            ("course_auc_inf_ng_h_per_ml", "ng*h/mL", &|a| course(a, |c| perhaps(&c.cumulative, "ng*h/mL"))),
            ("published", "", &published),
            ("note", "", &|a| a.note.as_deref().map_or_else(|| Cell::missing("nothing to note"), Cell::from)),
            ("published_source", "", &|a| match a.published.is_empty() {
                true => Cell::missing("none published"),
                false => joined(a.published.iter().map(|p| p.source.clone())).into(),
            }),
        ],
    )
}

/// Every curve in long form, for `profiles.csv`.
pub fn profiles(comparison: &Comparison) -> Table {
    let mut result = Table::new(vec![
        Column::new("arm"),
        Column::new("span"),
        Column::new("time").unit("h"),
        Column::new("analyte"),
        Column::new("site"),
        Column::new("concentration").unit("ng/mL"),
    ]);
    for arm in &comparison.arms {
        let spans = [("session", Some(&arm.curve)), ("course", arm.course.as_ref().map(|c| &c.curve))];
        for (span, curve) in spans {
            let Curve { times, values } = curve.cloned().unwrap_or_default();
            for (time, value) in times.into_iter().zip(values) {
                let quantity = Quantity::new(value, arm.unit.clone());
                result.push(vec![
                    arm.name.as_str().into(),
                    span.into(),
                    time.into(),
                    arm.analyte.as_str().into(),
                    arm.site.as_str().into(),
                    mass(&quantity, "ng/mL"),
                ]);
            }
        }
    }
    result
}

impl Comparison {
    /// Arms that measure the same analyte at the same site, in the order of the plan. Analytes that models do not name
    /// (`other`) are the same only within one model.
    pub fn groups(&self) -> Vec<Vec<&ArmResult>> {
        let mut groups: Vec<Vec<&ArmResult>> = Vec::new();
        for arm in &self.arms {
            match groups.iter_mut().find(|g| is_comparable(g[0], arm)) {
                Some(group) => group.push(arm),
                None => groups.push(vec![arm]),
            }
        }
        groups
    }
}

/// Whether two arms measure the same analyte at the same site.
pub(super) fn is_comparable(a: &ArmResult, b: &ArmResult) -> bool {
    let named = a.analyte != "other" || (a.model == b.model && a.output == b.output);
    named && a.analyte == b.analyte && a.site == b.site
}

type Read<'a> = &'a dyn Fn(&ArmResult) -> Cell;

fn table(arms: &[ArmResult], columns: &[(&str, &str, Read<'_>)]) -> Table {
    let heads = columns.iter().map(|(name, unit, _)| match *unit {
        "" => Column::new(*name),
        unit => Column::new(*name).unit(unit),
    });
    let mut table = Table::new(heads.collect());
    for arm in arms {
        table.push(columns.iter().map(|(_, _, read)| read(arm)).collect());
    }
    table
}

/// A quantity in the unit of its column.
fn mass(quantity: &Quantity, unit: &str) -> Cell {
    let unit = unit.parse().expect("a unit named in this file is known");
    match quantity.to(&unit) {
        Ok(converted) => converted.value().into(),
        Err(_) => Cell::missing(format!("in {}", quantity.unit())),
    }
}

fn perhaps(quantity: &Result<Quantity, Missing>, unit: &str) -> Cell {
    match quantity {
        Ok(quantity) => mass(quantity, unit),
        Err(missing) => Cell::missing(missing.to_string()),
    }
}

fn optional(value: Option<f64>, reason: &str) -> Cell {
    value.map_or_else(|| Cell::missing(reason), Cell::from)
}

fn grade(arm: &ArmResult) -> Cell {
    arm.grade.to_string().into()
}

/// Half-lives that the source could not see are marked.
fn half_life(arm: &ArmResult) -> Cell {
    match (&arm.half_life, arm.half_life_beyond) {
        (Ok(t), Some(true)) => format!("{:.3} *", t.value()).into(),
        (Ok(t), None) => format!("{:.3} ?", t.value()).into(),
        (half_life, _) => perhaps(half_life, "h"),
    }
}

fn bioavailability(arm: &ArmResult) -> Cell {
    match &arm.f {
        Some(Ok(f)) => (*f).into(),
        Some(Err(missing)) => Cell::missing(missing.to_string()),
        None => Cell::missing(NO_REFERENCE),
    }
}

fn metabolite(arm: &ArmResult, read: impl Fn(&super::Metabolite) -> Cell) -> Cell {
    arm.metabolite.as_ref().map_or_else(|| Cell::missing(NO_MODEL), read)
}

fn course(arm: &ArmResult, read: impl Fn(&super::CourseResult) -> Cell) -> Cell {
    arm.course.as_ref().map_or_else(|| Cell::missing("no course in the plan"), read)
}

fn accumulation(arm: &ArmResult) -> Cell {
    course(arm, |c| {
        let phase = |p: &super::PhaseResult| p.accumulation.map_or("other dose".into(), |a| format!("{a:.4}"));
        joined(c.phases.iter().map(phase)).into()
    })
}

fn published(arm: &ArmResult) -> Cell {
    if arm.published.is_empty() {
        return Cell::missing("none published");
    }
    joined(arm.published.iter().map(|p| format!("{} {}", p.measure, p.value))).into()
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}
