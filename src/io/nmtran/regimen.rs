//! The doses of a regimen as rows of a data set.

use super::error::DataError;
use crate::Error;
use crate::dosing::{PlannedDose, Regimen};
use crate::io::{Cell, Column, Table};
use crate::units::Dimension;

/// Two times are one if they differ by no more than this, relative to the larger of |t| and 1 h.
const SAME_TIME: f64 = 1e-10;
/// The interval of a row is that to one of the next so many doses, whichever takes in the most.
const LOOKED_AHEAD: usize = 32;

/// Equal doses at equal intervals.
#[derive(Debug, PartialEq)]
struct Run {
    /// Place of its first dose in the regimen.
    first: usize,
    /// h; 0 for a single dose.
    interval: f64,
    additional: usize,
}

/// The doses of a regimen as rows under `ID,TIME,EVID,AMT,CMT,DUR,ADDL,II`, in h and mg: few rows, because equal doses at
/// equal intervals are one row with ADDL. CMT is the route, empty where the regimen names none. `weight` is in kg.
///
/// # Errors
/// A dose per kilogram without a weight, in amount of substance, of a salt (which only a model can convert), or rounded to devices.
pub fn regimen_rows(regimen: &Regimen, weight: Option<f64>) -> Result<Table, Error> {
    let doses = regimen.doses();
    let amounts = doses.iter().map(|dose| amount(dose, weight)).collect::<Result<Vec<_>, _>>()?;
    let names = ["ID", "TIME", "EVID", "AMT", "CMT", "DUR", "ADDL", "II"];
    let mut table = Table::new(names.map(Column::new).into());
    for run in runs(&doses, &amounts) {
        let dose = &doses[run.first];
        let unless_zero = |value: f64| if value == 0.0 { Cell::missing("") } else { Cell::Number(value) };
        table.push(vec![
            Cell::Integer(1),
            dose.time.into(),
            Cell::Integer(1),
            amounts[run.first].into(),
            dose.route.as_deref().map_or_else(|| Cell::missing(""), Cell::from),
            unless_zero(dose.input.hours()),
            unless_zero(run.additional as f64),
            unless_zero(run.interval),
        ]);
    }
    Ok(table)
}

/// mg
fn amount(dose: &PlannedDose, weight: Option<f64>) -> Result<f64, Error> {
    if let Some(salt) = &dose.salt {
        return Err(DataError::Salt { salt: salt.clone() }.into());
    }
    Ok(dose.amount_for(weight, None)?.given.as_base(Dimension::MASS)?)
}

/// Covers doses, which are in the order of their times, by runs in the order of theirs.
fn runs(doses: &[PlannedDose], amounts: &[f64]) -> Vec<Run> {
    let mut taken = vec![false; doses.len()];
    let equal = |a: usize, b: usize| {
        let duration = |i: usize| doses[i].input.hours().to_bits();
        amounts[a].to_bits() == amounts[b].to_bits() && doses[a].route == doses[b].route && duration(a) == duration(b)
    };
    let mut runs = Vec::new();
    for first in 0..doses.len() {
        if taken[first] {
            continue;
        }
        let start = doses[first].time;
        let next = (first + 1..doses.len()).take(LOOKED_AHEAD);
        let next = next.filter(|i| !taken[*i] && equal(first, *i) && !same(doses[*i].time, start));
        let mut best = vec![first];
        for second in next {
            let interval = doses[second].time - start;
            let mut members = vec![first, second];
            while let Some(member) = {
                let time = start + interval * members.len() as f64;
                let from = doses.partition_point(|dose| dose.time < time && !same(dose.time, time));
                let at_time = (from..doses.len()).take_while(|i| same(doses[*i].time, time));
                at_time.into_iter().find(|i| !taken[*i] && equal(first, *i))
            } {
                members.push(member);
            }
            if members.len() > best.len() {
                best = members;
            }
        }
        for member in &best {
            taken[*member] = true;
        }
        let interval = best.get(1).map_or(0.0, |second| doses[*second].time - start);
        runs.push(Run { first, interval, additional: best.len() - 1 });
    }
    runs
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME_TIME * a.abs().max(b.abs()).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> String {
        let regimen: Regimen = text.parse().unwrap_or_else(|e| panic!("{e}"));
        let csv = regimen_rows(&regimen, Some(70.0)).unwrap_or_else(|e| panic!("{e}")).to_csv();
        csv.split_once('\n').unwrap().1.to_string()
    }

    #[test]
    fn equal_doses_at_equal_intervals_are_one_row() {
        assert_eq!(rows("35 mg iv over 40 min every 12 h x 6"), "1,0,1,35,iv,0.6666666666666666,5,12\n");
        assert_eq!(rows("0.5 mg/kg once"), "1,0,1,35,,,,\n");
        assert_eq!(
            rows("84 mg nasal twice weekly for 4 weeks, first dose 56 mg, then weekly for 4 weeks"),
            "1,0,1,56,nasal,,,\n1,72,1,84,nasal,,3,168\n1,168,1,84,nasal,,6,168\n"
        );
        assert_eq!(rows("5 mg oral twice daily x 3 and 5 mg iv daily x 2"), "1,0,1,5,oral,,2,12\n1,0,1,5,iv,,1,24\n");
    }

    #[test]
    fn intervals_that_binary_fractions_do_not_hold_are_equal() {
        assert_eq!(rows("5 mg oral every 20 min x 100").lines().count(), 1);
    }

    #[test]
    fn what_only_a_model_knows_is_refused() {
        let code = |text: &str| regimen_rows(&text.parse().unwrap(), None).unwrap_err().code();
        assert_eq!(code("5 mg as HCl oral once"), "E_SALT_NEEDS_MODEL");
        assert_eq!(code("0.5 mg/kg oral once"), "E_DOSE_NEEDS_WEIGHT");
        assert_eq!(code("5 nmol oral once"), "E_UNIT_MISMATCH");
    }
}
