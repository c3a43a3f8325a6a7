//! Ledgers as tables.

use super::{Absorption, Ledger, Whereabouts};
use crate::io::{Cell, Column, Table};
use crate::units::Quantity;

/// Parts smaller than this share of the total are rounding.
const ROUNDING: f64 = 1e-13;

/// Per regimen and time: the total, what is in each place, and what the parts lack of the total.
pub fn balance_table(ledgers: &[Ledger]) -> Table {
    let places = places(ledgers);
    let columns = std::iter::once(Column::new("regimen")).chain(balance_columns(&places));
    let mut table = Table::new(columns.collect());
    for ledger in ledgers {
        for row in balance_rows(ledger, &places) {
            table.push(std::iter::once(ledger.name.as_str().into()).chain(row).collect());
        }
    }
    table
}

/// The same of one regimen, time by time.
pub fn balance_of(ledger: &Ledger) -> Table {
    let places = places(std::slice::from_ref(ledger));
    let mut table = Table::new(balance_columns(&places).collect());
    balance_rows(ledger, &places).for_each(|row| table.push(row));
    table
}

fn balance_columns(places: &[Whereabouts]) -> impl Iterator<Item = Column> + '_ {
    let amounts = std::iter::once("total").chain(places.iter().map(|place| place.column())).chain(["residual"]);
    std::iter::once(Column::new("time").unit("h")).chain(amounts.map(|name| Column::new(name).unit("mg")))
}

fn balance_rows<'l>(ledger: &'l Ledger, places: &[Whereabouts]) -> impl Iterator<Item = Vec<Cell>> + 'l {
    let mut amounts: Vec<Vec<f64>> = places.iter().map(|place| ledger.in_place(*place)).collect();
    amounts.push(ledger.residual.clone());
    ledger.times.iter().enumerate().map(move |(at, time)| {
        let total = ledger.total[at];
        let amounts = amounts.iter().map(|amounts| Cell::from(cleared(amounts[at], total)));
        [(*time).into(), total.into()].into_iter().chain(amounts).collect()
    })
}

/// The places where something is in any of the ledgers.
fn places(ledgers: &[Ledger]) -> Vec<Whereabouts> {
    let used = |place: &Whereabouts| ledgers.iter().flat_map(|ledger| &ledger.parts).any(|part| part.place == *place);
    Whereabouts::ALL.into_iter().filter(used).collect()
}

/// An amount, or 0 where it is the rounding error of another.
fn cleared(amount: f64, total: f64) -> f64 {
    if amount.abs() < ROUNDING * total { 0.0 } else { amount }
}

/// Per regimen, time and part: its amount and its share of the total.
pub fn part_table(ledgers: &[Ledger]) -> Table {
    let columns = vec![
        Column::new("regimen"),
        Column::new("time").unit("h"),
        Column::new("place"),
        Column::new("part"),
        Column::new("amount").unit("mg"),
        Column::numbers("share_of_total"),
    ];
    let mut table = Table::new(columns);
    for ledger in ledgers {
        for (at, time) in ledger.times.iter().enumerate() {
            for part in &ledger.parts {
                let (amount, total) = (cleared(part.amounts[at], ledger.total[at]), ledger.total[at]);
                let share = if total > 0.0 { (amount / total).into() } else { Cell::missing("nothing was given yet") };
                let (name, place, part) = (&ledger.name, part.place.column(), &part.name);
                table.push(vec![
                    name.as_str().into(),
                    (*time).into(),
                    place.into(),
                    part.as_str().into(),
                    amount.into(),
                    share,
                ]);
            }
        }
    }
    table
}

/// Per regimen, output and origin: areas up to `until` and to infinity; the share is of the latter where there is one.
pub fn exposure_table(ledgers: &[Ledger]) -> Table {
    let columns = vec![
        Column::new("regimen"),
        Column::new("output"),
        Column::new("of"),
        Column::new("origin"),
        Column::new("until").unit("h"),
        Column::numbers("AUC"),
        Column::numbers("AUCinf"),
        Column::new("unit"),
        Column::numbers("share"),
    ];
    let mut table = Table::new(columns);
    let cell = |area: &Result<Quantity, String>| match area {
        Ok(area) => area.value().into(),
        Err(why) => Cell::missing(why.as_str()),
    };
    for ledger in ledgers {
        for one in &ledger.exposures {
            let unit = [&one.auc, &one.auc_inf].into_iter().find_map(|area| area.as_ref().ok());
            table.push(vec![
                ledger.name.as_str().into(),
                one.output.as_str().into(),
                if one.drug { "drug" } else { "metabolite" }.into(),
                one.origin.to_string().into(),
                ledger.until.into(),
                cell(&one.auc),
                cell(&one.auc_inf),
                unit.map_or_else(|| Cell::missing(""), |area| area.unit().to_string().into()),
                one.share.clone().map_or_else(Cell::missing, Cell::from),
            ]);
        }
    }
    table
}

/// Per regimen and entry of its route: what enters and what of it reaches the circulation by a time, `inf` for all that ever does.
pub fn absorption_table(ledgers: &[Ledger]) -> Table {
    let columns = vec![
        Column::new("regimen"),
        Column::new("entry"),
        Column::new("enters").unit("mg"),
        Column::new("until").unit("h"),
        Column::new("reaches_circulation").unit("mg"),
        Column::numbers("share_of_given"),
    ];
    let mut table = Table::new(columns);
    for ledger in ledgers {
        for one in &ledger.absorption {
            let missing = |why: &String| Cell::missing(why.as_str());
            table.push(vec![
                ledger.name.as_str().into(),
                one.entry.as_str().into(),
                one.enters.into(),
                by_when(one),
                one.reaches.as_ref().map_or_else(missing, |reaches| (*reaches).into()),
                one.reaches.as_ref().map_or_else(missing, |reaches| (reaches / ledger.given).into()),
            ]);
        }
    }
    table
}

fn by_when(one: &Absorption) -> Cell {
    match (&one.reaches, one.until) {
        (Err(why), _) => Cell::missing(why.as_str()),
        (Ok(_), Some(until)) => until.into(),
        (Ok(_), None) => "inf".into(),
    }
}
