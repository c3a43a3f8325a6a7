//! `posology simulate --data`: the rows of a data set, with the model's outputs behind them.

use super::compare::used;
use super::engine::describe;
use super::output::{beside, spooled, warn};
use super::{ArgumentError, Failure, Outcome, said};
use crate::error::{Diagnostic, Fault, Faults};
use crate::io::{
    AtomicFile, DataOptions, DataReader, DataWriter, Format, Hashed, Header, Input, IoError, MAX_FAULTS, Manifest,
    Output, Spool, SubjectData, commit_in_order, spare_inputs,
};
use crate::model::Model;
use crate::population::{Effects, Population, Subject, random};
use crate::simulate::{self, Compat, CovariateRule, Errors, History, Replay, Rules, Settings, SimulationError};
use crate::solve::Work;
use crate::units::{Unit, UnitFault};
use crate::{Error, ErrorKind};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

#[derive(Debug, Args)]
pub(super) struct DataArgs {
    /// How covariates change between records: nocb, unless the tool of --compat does otherwise
    #[arg(long, value_enum, conflicts_with = "give")]
    covariates: Option<Rule>,
    /// Where tools differ, do as this one does
    #[arg(long, value_enum, conflicts_with = "give")]
    compat: Option<Tool>,
    /// Unit of TIME, II and DUR
    #[arg(long, default_value = "h", value_name = "UNIT", conflicts_with = "give")]
    time_unit: String,
    /// Unit of AMT; RATE is in this unit per time unit
    #[arg(long, default_value = "mg", value_name = "UNIT", conflicts_with = "give")]
    amount_unit: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// The next record's value holds since the record before
    Nocb,
    /// A record's value holds until the next record
    Locf,
    /// In a straight line
    Linear,
    /// The value changes half-way
    Midpoint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tool {
    Nonmem,
    Mrgsolve,
    Rxode2,
}

/// What `--data` is run with.
pub(super) struct Run<'a> {
    pub(super) args: &'a DataArgs,
    pub(super) path: &'a Path,
    pub(super) model: &'a Model,
    pub(super) subject: &'a Subject<'a>,
    pub(super) engine: Settings,
    /// Draws the random effects of each ID; without it everybody is typical of their covariates.
    pub(super) seed: Option<u64>,
    /// Whether observation rows have outputs with residual errors.
    pub(super) residual: bool,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) out: Option<&'a Path>,
    pub(super) format: Format,
}

/// What came of a data set.
#[derive(Default)]
struct Done {
    integrated: bool,
    work: Work,
    /// Subjects that failed.
    failed: usize,
    /// Why the first of them did.
    failures: Vec<Fault<ErrorKind>>,
}

impl Run<'_> {
    pub(super) fn run(self) -> Result<Outcome, Failure> {
        let file = File::open(self.path).map_err(|source| IoError::Read { path: self.path.into(), source })?;
        let mut file = Hashed::new(file);
        let name = self.path.display().to_string();
        let mut reader = DataReader::new(BufReader::new(&mut file), &name, self.model, self.args.options()?)?;
        check_covariates(self.model, self.subject, reader.header())?;
        let mut manifest = self.manifest(reader.header());
        let failed;
        match self.out {
            Some(path) => {
                let (mut out, done) = self.replay(&mut reader, Hashed::new(AtomicFile::create(path)?))?;
                failed = done.failed > 0;
                self.report(&reader, done, &mut manifest);
                drop(reader);
                out.flush().map_err(|source| IoError::Write { path: path.into(), source })?;
                let (out, sha256) = out.finish();
                manifest.inputs.push(Input::hashed(self.path, file.finish().1));
                let units = self.model.outputs().iter().map(|o| (o.name.clone(), o.unit.to_string())).collect();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                manifest.outputs.push(Output { name, sha256, units });
                spare_inputs(&manifest, path)?;
                commit_in_order(vec![beside(path, &manifest)?, out])?;
            }
            None => {
                let (spool, done) = self.replay(&mut reader, Spool::new()?)?;
                failed = done.failed > 0;
                self.report(&reader, done, &mut manifest);
                let units = self.model.outputs().iter().map(|o| (o.name.clone(), o.unit.to_string())).collect();
                spooled(spool, &units, self.format)?;
            }
        }
        Ok(if failed { Outcome::SomeFailed } else { Outcome::Done })
    }

    /// Runs every subject and writes its rows. Where an engine gives up the outputs of the subject are empty, and the others
    /// go on.
    fn replay<R: io::BufRead, W: Write>(&self, reader: &mut DataReader<'_, R>, out: W) -> Result<(W, Done), Error> {
        let replay = Replay::new(self.model, self.args.rules(), self.engine)?;
        let mut done = Done { integrated: replay.is_integrated(), ..Done::default() };
        let written = |result: io::Result<()>| {
            let path = self.out.unwrap_or(Path::new("the temporary file")).into();
            result.map_err(|source| Error::from(IoError::Write { path, source }))
        };
        let names: Vec<&str> = self.model.outputs().iter().map(|output| output.name.as_str()).collect();
        let mut writer = None;
        written(DataWriter::new(out, reader.header(), names).map(|w| writer = Some(w)))?;
        let mut writer = writer.expect("set just now");
        let mut found: Vec<Fault<ErrorKind>> = Vec::new();
        let mut values = Vec::new();
        let mut effects = self.seed.map(|seed| Effects::new(self.model, seed, 0));
        if effects.is_some() {
            let columns = reader.header().values().iter().map(|(_, sets)| *sets).collect();
            replay.occasions(&History { columns, records: Vec::new() })?;
        }
        while found.len() < MAX_FAULTS
            && let Some(subject) = reader.next()
        {
            match subject {
                Err(faults) => found.extend(Error::from(faults).into_vec()),
                Ok(subject) => match self.simulate(&replay, &subject, effects.as_mut(), &mut values) {
                    Err(error) if error.is_failure() || effects.is_some() && error.is_of_person() => {
                        done.failed += 1;
                        done.failures.extend((done.failures.len() < MAX_FAULTS).then(|| at_subject(error, &subject)));
                        values.clear();
                        values.resize(subject.history.records.len() * self.model.outputs().len(), f64::NAN);
                        written(writer.write(&subject, &values))?;
                    }
                    Err(error) => found.push(at_subject(error, &subject)),
                    Ok(work) => {
                        done.work = done.work + work;
                        if found.is_empty() {
                            written(writer.write(&subject, &values))?;
                        }
                    }
                },
            }
        }
        Faults::check(found, || (writer.into_inner(), done))
    }

    /// The outputs of one subject at its records: of the typical person, or of the one that its ID and the seed make.
    fn simulate(
        &self,
        replay: &Replay<'_>,
        subject: &SubjectData,
        effects: Option<&mut Effects<'_>>,
        values: &mut Vec<f64>,
    ) -> Result<Work, SimulationError> {
        let (history, replicate, person) = (&subject.history, 0, random::person(&subject.id));
        let (Some(effects), Some(seed)) = (effects, self.seed) else {
            return replay.run(history, self.subject, values);
        };
        let mut drawn = self.subject.clone();
        effects.draw_on(person, replay.occasions(history)?.into_iter(), &mut drawn);
        let errors = self.residual.then_some(Errors { seed, replicate, person });
        replay.observe(history, &drawn, errors, values)
    }

    /// Says what failed and what should be known, and writes it down.
    fn report<R: io::BufRead>(&self, reader: &DataReader<'_, R>, done: Done, manifest: &mut Manifest) {
        describe(manifest, &self.engine, done.integrated, done.work);
        if let Err(failures) = Faults::check(done.failures, || ()) {
            say!("{failures}");
            let message = format!("{} subjects failed, their outputs are empty", done.failed);
            warn(std::slice::from_ref(&Diagnostic::warning("W_SUBJECTS_FAILED", message.clone())));
            manifest.warnings.push(message);
        }
        let people = self.seed.map(|_| Population::of(self.model).warnings()).unwrap_or_default();
        for warnings in [reader.warnings(), self.model.warnings(), &people, &self.subject.warnings()] {
            warn(warnings);
            manifest.warnings.extend(warnings.iter().map(|w| w.message.clone()));
        }
    }

    fn manifest(&self, header: &Header) -> Manifest {
        let mut manifest = Manifest::new("simulate");
        manifest.models.push(used(self.model));
        manifest.units_checked = self.model.unit_checking();
        manifest.covariates = match self.args.rules().covariates {
            CovariateRule::Nocb => "nocb",
            CovariateRule::Locf => "locf",
            CovariateRule::Linear => "linear",
            CovariateRule::Midpoint => "midpoint",
        }
        .into();
        manifest.settings = self.settings.clone();
        for (option, text) in [("time-unit", &self.args.time_unit), ("amount-unit", &self.args.amount_unit)] {
            manifest.settings.insert(option.into(), text.clone());
        }
        manifest.seed = self.seed;
        if self.residual {
            manifest.settings.insert("residual".into(), "true".into());
        }
        if let Some(tool) = self.args.compat {
            manifest.settings.insert("compat".into(), name_of(tool));
        }
        for (i, covariate) in self.model.covariates().iter().enumerate() {
            let column = header.values().iter().find(|(_, sets)| *sets == simulate::Column::Covariate(i));
            let from = match column {
                Some((column, _)) => format!("column {}", header.names()[*column]),
                None if self.subject.is_given(i) => continue,
                None => "the model's reference".into(),
            };
            manifest.settings.insert(format!("covariate {}", covariate.name), from);
        }
        manifest
    }
}

impl DataArgs {
    /// The units of the data set.
    pub(super) fn options(&self) -> Result<DataOptions, Error> {
        let unit = |option: &str, text: &str| {
            let text = said(option, text);
            text.text.parse::<Unit>().map_err(|fault: UnitFault| Error::from(fault).placed_in(&text))
        };
        let time = unit("--time-unit", &self.time_unit)?;
        let amount = unit("--amount-unit", &self.amount_unit)?;
        Ok(DataOptions::new(time, amount)?)
    }

    /// How records are read where tools differ.
    pub(super) fn rules(&self) -> Rules {
        let rules = match self.compat {
            None => Rules::default(),
            Some(Tool::Nonmem) => Rules::of(Compat::Nonmem),
            Some(Tool::Mrgsolve) => Rules::of(Compat::Mrgsolve),
            Some(Tool::Rxode2) => Rules::of(Compat::Rxode2),
        };
        let covariates = match self.covariates {
            None => rules.covariates,
            Some(Rule::Nocb) => CovariateRule::Nocb,
            Some(Rule::Locf) => CovariateRule::Locf,
            Some(Rule::Linear) => CovariateRule::Linear,
            Some(Rule::Midpoint) => CovariateRule::Midpoint,
        };
        Rules { covariates, ..rules }
    }
}

/// A covariate is set by a column or by an option, not by both.
pub(super) fn check_covariates(model: &Model, subject: &Subject<'_>, header: &Header) -> Result<(), Error> {
    for (column, sets) in header.values() {
        if let simulate::Column::Covariate(i) = sets
            && subject.is_given(*i)
        {
            let (covariate, column) = (model.covariates()[*i].name.clone(), header.names()[*column].clone());
            return Err(ArgumentError::SetByColumn { covariate, column }.into());
        }
    }
    Ok(())
}

fn name_of(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
}

/// A fault of a subject's simulation, placed on the row it is about, or else on the subject's first.
pub(super) fn at_subject(error: SimulationError, subject: &SubjectData) -> Fault<ErrorKind> {
    let row = match &error {
        SimulationError::Record { row, .. } => *row,
        _ => subject.first_row,
    };
    let fault = Fault::new(ErrorKind::from(error));
    match subject.line(row) {
        Some(line) => Fault { span: Some((0..line.text.len()).into()), ..fault }.within(&line),
        None => fault,
    }
}
