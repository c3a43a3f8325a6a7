//! The second transcription: `values.csv`, typed from the sources without a look at `models/`, is compared with it both ways.

use posology::model::{
    Block, CatalogueEntry, Eta, Grade, Level, Model, Output, Parameter, Provenance, Residual, Scale, catalogue,
};
use posology::units::{Quantity, Unit, UnitFault};
use std::collections::{BTreeMap, BTreeSet};

/// A proportional residual error as a variance, where the source prints that.
const PROPORTIONAL_VARIANCE: &str = "proportional_variance";

const HEADER: &str = "model,quantity,value,unit,grade,reference";

/// A published number.
#[derive(Debug, Clone)]
struct Row {
    model: String,
    quantity: String,
    value: String,
    unit: String,
    grade: String,
    reference: String,
}

fn rows() -> Vec<Row> {
    let mut lines = include_str!("values.csv").lines();
    assert_eq!(lines.next(), Some(HEADER));
    let row = |line: &str| match <[&str; 6]>::try_from(line.split(',').collect::<Vec<_>>()) {
        Ok(cells) => {
            assert!(cells.iter().all(|c| !c.is_empty() && c.trim() == *c), "a cell is empty or padded: {line}");
            let [model, quantity, value, unit, grade, reference] = cells.map(str::to_string);
            Row { model, quantity, value, unit, grade, reference }
        }
        Err(cells) => panic!("{} cells: {line}", cells.len()),
    };
    lines.map(row).collect()
}

/// A number that a model file states, under each of the names a source may print it by.
struct Stated {
    names: Vec<(String, Quantity)>,
    /// That of the file; none for a number with a source in a file that is an assumption as a whole.
    grade: Option<Grade>,
    /// g/mol of what it is an amount of, where it is.
    molar_mass: Option<f64>,
}

/// Everything a model states that a source may print.
fn stated(model: &Model) -> Vec<Stated> {
    let parameters = model.parameters().iter().flat_map(|p| of_parameter(model, p));
    let blocks = model.blocks().iter().flat_map(|b| of_block(model, b));
    let outputs = model.outputs().iter().flat_map(|o| of_output(model, o));
    parameters.chain(blocks).chain(outputs).collect()
}

fn plain(value: f64) -> Quantity {
    Quantity::new(value, Unit::none())
}

fn of_parameter(model: &Model, parameter: &Parameter) -> Vec<Stated> {
    let name = &parameter.name;
    let grade = match parameter.provenance {
        Provenance::Cited { .. } => with_source(model.grade()),
        Provenance::Assumed { .. } => Some(Grade::Assumed),
    };
    let value = Quantity::base(parameter.value, parameter.unit.dimension());
    let mut all = vec![Stated { names: vec![(name.clone(), value)], grade, molar_mass: None }];
    if let Some(uncertainty) = parameter.uncertainty.as_ref().filter(|u| !u.log) {
        let relative = plain(uncertainty.variance.sqrt() / parameter.value);
        all.push(Stated { names: vec![(format!("uncertainty {name} rse"), relative)], grade, molar_mass: None });
    }
    for eta in [parameter.iiv, parameter.iov].into_iter().flatten().map(|i| &model.etas()[i]) {
        let level = match eta.level {
            Level::Subject => "iiv",
            Level::Occasion => "iov",
        };
        let names = spellings(eta, &parameter.unit);
        let names = names.into_iter().map(|(form, q)| (format!("{level} {name} {form}"), q)).collect();
        // What varies about an assumed number is assumed.
        let grade = grade.filter(|g| *g == Grade::Assumed).or_else(|| variability_grade(model));
        all.push(Stated { names, grade, molar_mass: None });
    }
    all
}

fn with_source(grade: Grade) -> Option<Grade> {
    Some(grade).filter(|g| *g != Grade::Assumed)
}

fn variability_grade(model: &Model) -> Option<Grade> {
    with_source(model.population().variability.unwrap_or(model.grade()))
}

fn spellings(eta: &Eta, unit: &Unit) -> Vec<(&'static str, Quantity)> {
    let sd = eta.variance.sqrt();
    match eta.scale {
        // CV^2 = exp(omega^2) - 1 of a log-normal quantity
        Scale::Log => vec![("cv", plain(eta.variance.exp_m1().sqrt())), ("variance", plain(eta.variance))],
        Scale::Logit => vec![("logit_sd", plain(sd))],
        Scale::Additive => vec![("sd", Quantity::base(sd, unit.dimension()))],
    }
}

fn of_block(model: &Model, block: &Block) -> Vec<Stated> {
    let name = |row: usize| &model.parameters()[model.etas()[block.etas[row]].parameter].name;
    let at = |row: usize, column: usize| block.covariance[row * (row + 1) / 2 + column];
    let pairs = (0..block.etas.len()).flat_map(|row| (0..row).map(move |column| (row, column)));
    let pair = |(row, column)| {
        let (first, second) = (name(column), name(row));
        let covariance = at(row, column);
        let correlation = covariance / (at(row, row) * at(column, column)).sqrt();
        let names = vec![
            (format!("covariance {first} {second}"), plain(covariance)),
            (format!("correlation {first} {second}"), plain(correlation)),
        ];
        Stated { names, grade: variability_grade(model), molar_mass: None }
    };
    pairs.map(pair).collect()
}

fn of_output(model: &Model, output: &Output) -> Vec<Stated> {
    let name = format!("residual {}", output.name);
    output.residual.as_ref().map_or_else(Vec::new, |residual| of_residual(model, output, residual, &name))
}

fn of_residual(model: &Model, output: &Output, residual: &Residual, name: &str) -> Vec<Stated> {
    let here = if residual.when.is_some() { format!("{name} when") } else { name.to_string() };
    let state = |parts: &[(&str, Quantity)]| Stated {
        names: parts.iter().map(|(form, size)| (format!("{here} {form}"), size.clone())).collect(),
        grade: variability_grade(model),
        molar_mass: output.molar_mass,
    };
    let mut all = Vec::new();
    if residual.proportional > 0.0 {
        let variance = plain(residual.proportional.powi(2));
        all.push(state(&[("proportional", plain(residual.proportional)), (PROPORTIONAL_VARIANCE, variance)]));
    }
    if residual.additive > 0.0 {
        all.push(state(&[("additive", Quantity::base(residual.additive, output.unit.dimension()))]));
    }
    if residual.log_sd > 0.0 {
        all.push(state(&[("log_sd", plain(residual.log_sd))]));
    }
    if let Some(other) = &residual.otherwise {
        all.extend(of_residual(model, output, other, &format!("{name} otherwise")));
    }
    all
}

/// What a file states, and the one it extends.
struct File {
    path: &'static str,
    extends: Option<String>,
    stated: Vec<Stated>,
}

fn files() -> BTreeMap<&'static str, File> {
    let file = |id| Model::catalogue(id).unwrap();
    let entries = catalogue().iter().map(|e| (e, file(e.id)));
    let read = |(entry, model): (&CatalogueEntry, Model)| {
        (entry.id, File { path: entry.path, extends: model.provenance().extends.clone(), stated: stated(&model) })
    };
    entries.map(read).collect()
}

/// What differs between the rows and the models, a line each, by name.
fn differences(rows: &[Row]) -> Vec<String> {
    let files = files();
    let mut found = Vec::new();
    let mut rows_of: BTreeSet<(&str, &str)> = BTreeSet::new();
    for row in rows {
        let name = format!("{}: {}", row.model, row.quantity);
        if !rows_of.insert((&row.model, &row.quantity)) {
            found.push(format!("{name}: two rows"));
        }
        match files.get(row.model.as_str()) {
            None => found.push(format!("{name}: there is no such model")),
            Some(file) => found.extend(compare(row, &file.stated).err().map(|why| format!("{name}: {why}"))),
        }
    }
    for (id, file) in files.iter().filter(|(_, file)| !file.path.starts_with("textbook/")) {
        let has_row = |s: &Stated| s.names.iter().any(|(name, _)| rows_of.contains(&(id, name.as_str())));
        // What a file takes over from another unchanged has to have its row there.
        let base = file.extends.as_deref().and_then(|id| files.get(id));
        let taken_over = |s: &Stated| base.is_some_and(|base| base.stated.iter().any(|t| t.names == s.names));
        let published = file.stated.iter().filter(|s| s.grade != Some(Grade::Assumed));
        let without = published.filter(|s| !has_row(s) && !taken_over(s));
        found.extend(without.map(|s| format!("{id}: {}: no row", s.names[0].0)));
    }
    found
}

fn compare(row: &Row, stated: &[Stated]) -> Result<(), String> {
    let named = |s: &Stated| s.names.iter().find(|(name, _)| *name == row.quantity).map(|(_, q)| q.clone());
    let (number, quantity) =
        stated.iter().find_map(|s| Some((s, named(s)?))).ok_or("the file states no such number".to_string())?;
    let unit: Unit = row.unit.parse().map_err(|e: UnitFault| e.kind.to_string())?;
    let in_unit = match number.molar_mass {
        Some(mass) => quantity.to_by_molar_mass(&unit, mass),
        None => quantity.to(&unit),
    };
    let in_file = in_unit.map_err(|e| e.to_string())?.value();
    let printed: f64 = row.value.parse().map_err(|e| format!("{}: {e}", row.value))?;
    // A file has the root of a printed variance, which squared has to read as it was printed.
    let allowed = if row.quantity.ends_with(PROPORTIONAL_VARIANCE) { half_unit(&row.value) } else { 1e-12 * printed };
    if (in_file - printed).abs() > allowed {
        let in_source = format!("{} {}", row.value, unit.as_str());
        return Err(format!("{} in the source ({}), {in_file} in the file", in_source.trim_end(), row.reference));
    }
    match number.grade {
        Some(grade) if grade.to_string() != row.grade => Err(format!("grade {} here, {grade} in the file", row.grade)),
        None if row.grade == Grade::Assumed.to_string() => Err("assumed here, with a source in the file".to_string()),
        _ => Ok(()),
    }
}

/// Half a unit of the last digit of a decimal.
fn half_unit(printed: &str) -> f64 {
    let decimals = printed.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    0.5 * 0.1f64.powi(decimals as i32)
}

#[test]
fn both_transcriptions_agree() {
    let found = differences(&rows());
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// The value with its last digit changed.
fn misread(value: &str) -> String {
    let (rest, last) = value.split_at(value.len() - 1);
    let digit: u8 = last.parse().unwrap();
    format!("{rest}{}", (digit + 1) % 10)
}

#[test]
fn a_changed_last_digit_of_any_row_is_reported_by_name() {
    let rows = rows();
    let mut misprinted = rows.clone();
    for row in &mut misprinted {
        row.value = misread(&row.value);
    }
    let found = differences(&misprinted);
    assert_eq!(found.len(), rows.len());
    for (row, line) in rows.iter().zip(&found) {
        let start = format!("{}: {}: {} ", row.model, row.quantity, misread(&row.value));
        assert!(line.starts_with(&start), "{line} does not start with {start}");
    }
}

#[test]
fn a_row_that_is_missing_twice_or_of_no_model_is_reported_by_name() {
    let rows = rows();
    let standing = differences(&rows);
    let (kamp, others): (Vec<Row>, Vec<Row>) = rows.iter().cloned().partition(|r| r.model == "ketamine-kamp-2020");
    let mut missing: BTreeSet<String> = differences(&others).into_iter().collect();
    missing.retain(|line| !standing.contains(line));
    assert_eq!(missing, kamp.iter().map(|r| format!("{}: {}: no row", r.model, r.quantity)).collect());

    let with = |change: &dyn Fn(&mut Row)| {
        let mut rows = rows.clone();
        change(rows.iter_mut().find(|r| r.model == "ketamine-kamp-2020" && r.quantity == "CL").unwrap());
        let mut found = differences(&rows);
        found.retain(|line| !standing.contains(line));
        found
    };
    let no_row = "ketamine-kamp-2020: CL: no row".to_string();
    assert_eq!(with(&|r| r.model = "kamp".into()), ["kamp: CL: there is no such model".to_string(), no_row.clone()]);
    let renamed = "ketamine-kamp-2020: clearance: the file states no such number".to_string();
    assert_eq!(with(&|r| r.quantity = "clearance".into()), [renamed, no_row.clone()]);
    let twice = with(&|r| (r.quantity, r.value, r.unit) = ("V1".into(), "25".into(), "L".into()));
    assert_eq!(twice, ["ketamine-kamp-2020: V1: two rows".to_string(), no_row]);
    let mismatch = "ketamine-kamp-2020: CL: the unit `L/h` is not a unit of `L`";
    assert_eq!(with(&|r| r.unit = "L".into()), [mismatch]);
    let rescaled = with(&|r| r.unit = "L/min".into());
    assert!(rescaled.len() == 1 && rescaled[0].starts_with("ketamine-kamp-2020: CL: 84 L/min "), "{rescaled:?}");
    assert_eq!(with(&|r| r.grade = "A".into()), ["ketamine-kamp-2020: CL: grade A here, B in the file"]);
}
