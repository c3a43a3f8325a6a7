//! Scenarios of event records with the numbers that other programs gave: read, written as a model file, replayed, compared.

mod expression;

use expression::translate;
use posology::io::{DataOptions, DataReader};
use posology::model::{Catalogue, Model};
use posology::population::Subject;
use posology::simulate::{CovariateRule, Replay, Rules, Settings};
use serde_json::Value;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Relative tolerance for numbers of ten digits and more.
pub const SHARP: f64 = 1e-9;

/// A model, event records and expected numbers.
pub struct Scenario {
    /// Folder of the source, e.g. `nonmem_dosing`.
    pub source: String,
    /// `source/scenario`
    pub name: String,
    folder: PathBuf,
    json: Value,
}

/// An expected row, one number per output; not every output is there in every row.
pub struct Expected {
    /// Row of the data set, from 1.
    pub row: usize,
    /// h
    pub time: f64,
    /// Whether it can be compared.
    pub used: bool,
    /// Whether it is an observation.
    pub observed: bool,
    /// In the order of the outputs.
    pub values: Vec<Option<f64>>,
}

/// How near a simulation came to what is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Rows compared.
    pub rows: usize,
    /// Numbers compared.
    pub numbers: usize,
    /// Whether all are within the scenario's tolerance.
    pub within: bool,
    /// Whether all are within its absolute tolerance and [`SHARP`].
    pub sharp: bool,
    /// Largest deviation relative to the number, of those not smaller than a millionth of the largest of their output.
    pub relative: f64,
}

/// The scenarios of event records below `root`, in the order of their names.
pub fn scenarios(root: &Path) -> Vec<Scenario> {
    let mut found: Vec<Scenario> = folders(root).iter().flat_map(|source| folders(source)).filter_map(read).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap_or_else(|e| panic!("{}: {e}", of.display()));
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

fn read(folder: PathBuf) -> Option<Scenario> {
    let path = folder.join("model.json");
    let file = File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let json: Value = serde_json::from_reader(file).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let last = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_string();
    let source = last(folder.parent().unwrap());
    let name = format!("{source}/{}", last(&folder));
    (json["kind"] == "pk_events").then_some(Scenario { source, name, folder, json })
}

/// Members of a JSON object in a fixed order.
fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

impl Scenario {
    /// Whether its system is linear in the amounts.
    pub fn is_linear(&self) -> bool {
        self.json["linear"] == true
    }

    /// Significant digits of the expected numbers.
    pub fn digits(&self) -> u64 {
        self.json["expected"]["significant_digits"].as_u64().expect("a number of digits")
    }

    fn tolerance(&self, key: &str) -> f64 {
        self.json["expected"][key].as_f64().unwrap_or_else(|| panic!("{}: no {key}", self.name))
    }

    /// The default rules, with the rule of covariates that the scenario names.
    pub fn rules(&self) -> Rules {
        let covariates = match text(&self.json["semantics"]["covariates"]) {
            "record_end" => CovariateRule::Nocb,
            "locf" => CovariateRule::Locf,
            other => panic!("{}: covariates `{other}`", self.name),
        };
        Rules { covariates, ..Rules::default() }
    }

    fn outputs(&self) -> Vec<&str> {
        members(&self.json["outputs"]).map(|(name, _)| name).collect()
    }

    /// The scenario's system as a model file.
    pub fn model(&self) -> Model {
        let text = self.model_text();
        Model::parse(&text, &self.name, &Catalogue).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    fn model_text(&self) -> String {
        let json = &self.json;
        let mut file = String::from(
            "format = 1\nid = \"scenario\"\ntitle = \"A scenario\"\ndrug = \"any\"\ngrade = \"assumed\"\nunit_checking = false\n",
        );
        file += "[covariates]\n";
        for name in json["record_columns"].as_array().into_iter().flatten() {
            writeln!(file, "{} = {{ unit = \"1\", reference = 1 }}", text(name)).unwrap();
        }
        for name in self.repeated() {
            writeln!(file, "{name}_ = {{ unit = \"1\", reference = 1 }}").unwrap();
        }
        file += "[parameters]\n";
        for (name, value) in members(&json["constants"]) {
            writeln!(file, "{name} = {{ value = {value}, grade = \"assumed\", why = \"of the scenario\" }}").unwrap();
        }
        file += "[derived]\n";
        for definition in json["definitions"].as_array().into_iter().flatten() {
            writeln!(file, "{} = \"{}\"", text(&definition[0]), translate(text(&definition[1]))).unwrap();
        }
        file += "[compartments]\n";
        for compartment in json["compartments"].as_array().expect("compartments") {
            let name = text(&compartment["name"]);
            let mut keys = format!("rate = \"{}\"", translate(text(&json["odes"][name])));
            if let Some(initial) = json["initial_amounts"].get(name) {
                write!(keys, ", initial = \"{}\"", translate(text(initial))).unwrap();
            }
            for (scaler, value) in members(&json["dose_scalers"][name]) {
                let key = match scaler {
                    "F" => "fraction",
                    "ALAG" => "lag",
                    "R" => "infusion_rate",
                    "D" => "infusion_duration",
                    other => panic!("{}: {other} of a dose", self.name),
                };
                write!(keys, ", {key} = \"{}\"", translate(text(value))).unwrap();
            }
            writeln!(file, "{name} = {{ {keys} }}").unwrap();
        }
        file += "[outputs]\n";
        for (name, value) in members(&json["outputs"]) {
            // Some bear the name of a compartment, which a model file does not allow.
            let mut value = translate(text(value));
            for column in self.repeated() {
                value = value.replace(column, &format!("{column}_"));
            }
            writeln!(file, "out_{name} = {{ value = \"{value}\", unit = \"1\" }}").unwrap();
        }
        file
    }

    /// The data set. Columns of its own that outputs read (CMT) are repeated under another name, as covariates.
    fn records(&self) -> String {
        let text = fs::read_to_string(self.folder.join("dataset.csv")).expect("there are records");
        let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
        for name in self.repeated() {
            let column = text.lines().next().unwrap().split(',').position(|c| c == name).expect("it has the column");
            for line in &mut lines {
                let cell = line.split(',').nth(column).unwrap().to_string();
                *line += &format!(",{cell}");
            }
            lines[0].push('_');
        }
        lines.join("\n") + "\n"
    }

    fn repeated(&self) -> impl Iterator<Item = &str> {
        self.json["output_columns"].as_array().into_iter().flatten().map(text)
    }

    /// The outputs at every row, subject after subject.
    ///
    /// # Errors
    /// What the reader or the replay has against it.
    pub fn simulate(&self, model: &Model, rules: Rules, settings: Settings) -> Result<Vec<Vec<f64>>, posology::Error> {
        let records = self.records();
        let replay = Replay::new(model, rules, settings)?;
        let (person, mut values, mut rows) = (Subject::typical(model), Vec::new(), Vec::new());
        for subject in DataReader::new(records.as_bytes(), &self.name, model, DataOptions::default())? {
            replay.run(&subject?.history, &person, &mut values)?;
            rows.extend(values.chunks(model.outputs().len()).map(<[f64]>::to_vec));
        }
        Ok(rows)
    }

    /// What is expected, row by row.
    pub fn expected(&self) -> Vec<Expected> {
        let mut reader = csv::Reader::from_path(self.folder.join("expected.csv")).expect("there are expected numbers");
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| {
            header.iter().position(|h| h == name).unwrap_or_else(|| panic!("{}: no column {name}", self.name))
        };
        let (row, time, evid, used) = (column("ROW"), column("TIME"), column("EVID"), column("USE"));
        let outputs: Vec<usize> = self.outputs().into_iter().map(column).collect();
        let number = |cell: &str| cell.parse::<f64>().unwrap_or_else(|e| panic!("{}: `{cell}`: {e}", self.name));
        let rows = reader.records().map(Result::unwrap).map(|cells| Expected {
            row: number(&cells[row]) as usize,
            time: number(&cells[time]),
            used: &cells[used] == "1",
            observed: number(&cells[evid]) == 0.0,
            values: outputs.iter().map(|at| Some(&cells[*at]).filter(|c| !c.is_empty()).map(number)).collect(),
        });
        rows.collect()
    }

    /// Compares simulated rows with what is expected.
    #[allow(clippy::needless_range_loop)] // the output is a column of two tables
    pub fn agreement(&self, rows: &[Vec<f64>], expected: &[Expected]) -> Agreement {
        assert_eq!(rows.len(), expected.len(), "{}: rows", self.name);
        let (rtol, atol) = (self.tolerance("rtol"), self.tolerance("atol"));
        let used = || expected.iter().filter(|e| e.used);
        let mut agreement = Agreement { rows: used().count(), numbers: 0, within: true, sharp: true, relative: 0.0 };
        for output in 0..self.outputs().len() {
            let numbers = || used().filter_map(|e| e.values[output].map(|value| (rows[e.row - 1][output], value)));
            let largest = numbers().fold(0.0f64, |m, (_, expected)| m.max(expected.abs()));
            for (found, expected) in numbers() {
                let deviation = (found - expected).abs();
                agreement.numbers += 1;
                agreement.within &= deviation <= atol + rtol * expected.abs();
                agreement.sharp &= deviation <= atol + SHARP * expected.abs();
                if expected.abs() > 1e-6 * largest {
                    agreement.relative = agreement.relative.max(deviation / expected.abs());
                }
            }
        }
        agreement
    }
}
