//! Probabilities of attaining a target: at every point of a plan over doses, regimens and people, how many of them attain it.
//!
//! People are added in whole chunks until every interval is as narrow as asked for, or there are as many people as allowed. They
//! are the same people at every point. What a point gives depends on the plan and the point's number alone.

mod error;
mod plan;
mod rule;
mod table;

pub use error::TargetError;
pub use plan::{Attain, TargetPlan};
pub use rule::{Estimate, Stopped};

use crate::Error;
use crate::error::Diagnostic;
use crate::population::Outside;
use crate::simulate::Settings;
use crate::study::compare::Models;
use crate::study::sweep::{Sweep, Totals, Unit, is_exact};
use crate::units::Quantity;
use rayon::prelude::*;
use rule::Rule;
use std::cmp::Ordering;

/// So many people are added at a time, and intervals are looked at after each time: few looks keep the bias small that looking
/// has, and a half-width of 0.05 is within reach of the first.
pub const CHUNK: u64 = 500;
/// So many people of a chunk are run by one thread: four threads share a chunk, and preparing a point costs little beside them.
const BLOCK: u64 = 125;

/// What a point gave.
#[derive(Debug, Clone, PartialEq)]
pub struct PointResult {
    /// The values of the factors, as written.
    pub setting: Vec<String>,
    /// For each target how many attain it; none where the point failed.
    pub estimates: Option<Vec<Estimate>>,
    /// Why people were added no longer.
    pub stopped: Stopped,
    /// People who were run.
    pub people: u64,
    /// How many of them lack something that a target compares.
    pub failed: u64,
    /// The first reason why something is missing.
    pub reason: Option<String>,
}

/// The smallest level of the dose that attains a target often enough, for one setting of the other factors.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseFound {
    /// Place of the target.
    pub target: usize,
    /// The values of the other factors.
    pub others: Vec<String>,
    /// Point of the smallest level whose probability is as large as asked for.
    pub reaches: Option<usize>,
    /// Point of the smallest level whose whole interval is.
    pub surely: Option<usize>,
    /// Whether a larger level than the first falls short again.
    pub falls_again: bool,
    /// Levels that failed, so that a smaller one might have been found.
    pub failed: usize,
}

/// The answer.
#[derive(Debug)]
pub struct TargetResult {
    /// The title of figures.
    pub title: String,
    /// The names of the factors.
    pub factors: Vec<String>,
    /// The place among them of the dose, along which probabilities are drawn.
    pub dose: usize,
    /// The names of the targets.
    pub targets: Vec<String>,
    /// The probability that doses are to reach.
    pub probability: f64,
    /// Half the width that intervals were to have at most.
    pub half_width: f64,
    /// How often an interval holds the probability.
    pub level: f64,
    /// In the order of the design.
    pub points: Vec<PointResult>,
    /// For each target and setting of the other factors; none where the levels of the dose have no order.
    pub doses: Option<Vec<DoseFound>>,
    /// Whether anything was integrated rather than propagated exactly.
    pub integrated: bool,
    /// What should be known.
    pub warnings: Vec<Diagnostic>,
}

/// Runs a plan. `tick` is told how many people more need no longer be waited for.
///
/// # Errors
/// What does not fit, placed where the plan says it. A point that fails is a row.
pub fn attain(
    plan: &TargetPlan,
    models: &Models,
    settings: Settings,
    tick: impl Fn(u64) + Sync,
) -> Result<TargetResult, Error> {
    let sweep = Sweep::with(&plan.points, models, settings)?;
    let rule = Rule::new(plan.half_width, plan.level);
    let run = |point: u64| {
        let (result, outside) = run(plan, &sweep, &rule, point, &tick);
        tick(plan.max_subjects - result.people);
        (result, outside)
    };
    let runs: Vec<(PointResult, Outside)> = (0..sweep.points()).into_par_iter().map(run).collect();
    let mut outside = vec![Outside::default(); sweep.models()];
    for (point, (_, of_point)) in runs.iter().enumerate() {
        outside[sweep.place_of_model(point as u64)].merge(of_point);
    }
    let points: Vec<PointResult> = runs.into_iter().map(|(point, _)| point).collect();
    let mut warnings = sweep.warnings();
    warnings.extend(sweep.outside(&Totals { rows: 0, failed: 0, outside }));
    let short = points.iter().filter(|p| p.estimates.is_some() && p.stopped == Stopped::Maximum).count();
    if short > 0 {
        let (all, most) = (points.len(), plan.max_subjects);
        let message =
            format!("{short} of {all} points have {most} people and intervals wider than ±{}", plan.half_width);
        warnings.push(Diagnostic::warning("W_WIDE_INTERVALS", message).with_hint("see `half_width` of each row"));
    }
    if let Some((why, _)) = &plan.unordered {
        let factor = &plan.points.factor_names()[plan.dose];
        let message = format!("no smallest level is looked for: those of `{factor}` have no order, since {why}");
        let hint = "`dose` in `[target]` names another factor to look along";
        warnings.push(Diagnostic::warning("W_NO_SMALLEST_DOSE", message).with_hint(hint));
    }
    Ok(TargetResult {
        title: plan.title().into(),
        factors: plan.points.factor_names(),
        dose: plan.dose,
        targets: plan.targets.iter().map(|target| target.name.clone()).collect(),
        probability: plan.probability,
        half_width: plan.half_width,
        level: plan.level,
        doses: plan.unordered.is_none().then(|| doses(plan, &points, &rule)),
        points,
        integrated: !is_exact(&settings, models),
        warnings,
    })
}

/// One point: chunk after chunk, until its intervals are narrow enough.
fn run(
    plan: &TargetPlan,
    sweep: &Sweep<'_>,
    rule: &Rule,
    point: u64,
    tick: &(impl Fn(u64) + Sync),
) -> (PointResult, Outside) {
    let mut estimates = vec![Estimate::default(); plan.targets.len()];
    let mut outside = Outside::default();
    let mut result = PointResult {
        setting: sweep.setting(point),
        estimates: None,
        stopped: Stopped::Maximum,
        people: 0,
        failed: 0,
        reason: None,
    };
    while result.people < plan.max_subjects {
        let end = plan.max_subjects.min(result.people + CHUNK);
        let blocks: Vec<u64> = (result.people..end).step_by(BLOCK as usize).collect();
        let units: Vec<Unit> =
            blocks.into_par_iter().map(|first| sweep.run(point, first..end.min(first + BLOCK))).collect();
        tick(end - result.people);
        result.people = end;
        for unit in &units {
            outside.merge(unit.outside());
            result.reason = result.reason.take().or_else(|| sweep.reason(unit));
            for row in unit.rows() {
                result.failed += u64::from(!count(plan, sweep, row, &mut estimates));
            }
        }
        if units.iter().any(|unit| sweep.is_unprepared(unit)) || estimates.iter().any(|e| e.n == 0) {
            return (PointResult { stopped: Stopped::Failed, ..result }, outside);
        }
        if estimates.iter().all(|estimate| rule.is_enough(estimate)) {
            result.stopped = Stopped::HalfWidth;
            break;
        }
    }
    (PointResult { estimates: Some(estimates), ..result }, outside)
}

/// Counts a person for every target, and says whether all of them could be.
fn count(plan: &TargetPlan, sweep: &Sweep<'_>, measures: &[f64], estimates: &mut [Estimate]) -> bool {
    let mut complete = true;
    for (target, estimate) in plan.targets.iter().zip(estimates) {
        let holds = target.comparisons.iter().map(|comparison| sweep.holds(*comparison, measures));
        match holds.collect::<Option<Vec<bool>>>() {
            Some(holds) => estimate.add(holds.into_iter().all(|holds| holds)),
            None => complete = false,
        }
    }
    complete
}

/// For each target and setting of the other factors the smallest level that reaches the probability.
fn doses(plan: &TargetPlan, points: &[PointResult], rule: &Rule) -> Vec<DoseFound> {
    let mut groups: Vec<(Vec<String>, Vec<usize>)> = Vec::new();
    for (at, point) in points.iter().enumerate() {
        let others = others(plan.dose, &point.setting);
        match groups.iter_mut().find(|(own, _)| *own == others) {
            Some((_, group)) => group.push(at),
            None => groups.push((others, vec![at])),
        }
    }
    for (_, group) in &mut groups {
        group.sort_by(|a, b| by_size(&points[*a].setting[plan.dose], &points[*b].setting[plan.dose]));
    }
    let found = |target: usize, (others, group): &(Vec<String>, Vec<usize>)| {
        let estimate = |at: &usize| points[*at].estimates.as_ref().map(|estimates| estimates[target]);
        let reaches = |at: &usize| estimate(at).is_some_and(|e| e.share() >= plan.probability);
        let surely = |at: &usize| estimate(at).is_some_and(|e| rule.interval(&e).0 >= plan.probability);
        let first = group.iter().position(reaches);
        let after = group.iter().skip(first.map_or(group.len(), |first| first + 1));
        DoseFound {
            target,
            others: others.clone(),
            reaches: first.map(|first| group[first]),
            surely: group.iter().copied().find(surely),
            falls_again: after.clone().any(|at| estimate(at).is_some() && !reaches(at)),
            failed: group.iter().filter(|at| estimate(at).is_none()).count(),
        }
    };
    (0..plan.targets.len()).flat_map(|target| groups.iter().map(move |group| found(target, group))).collect()
}

/// The values of a setting but that of one factor.
pub(super) fn others(dose: usize, setting: &[String]) -> Vec<String> {
    let others = setting.iter().enumerate().filter(|(factor, _)| *factor != dose);
    others.map(|(_, value)| value.clone()).collect()
}

/// Levels by their size; a plan whose levels have none looks for no smallest.
fn by_size(a: &str, b: &str) -> Ordering {
    match (a.parse::<Quantity>(), b.parse::<Quantity>()) {
        (Ok(a), Ok(b)) => a.in_base().total_cmp(&b.in_base()),
        _ => Ordering::Equal,
    }
}
