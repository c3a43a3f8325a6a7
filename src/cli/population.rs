//! `posology simulate --subjects`: a population in place of one person.

use super::engine::describe;
use super::output::{self, beside, draw, spooled, warn, write_table};
use super::progress::Progress;
use super::threads::ThreadsArgs;
use super::{ArgumentError, Failure, Outcome};
use crate::Error;
use crate::error::Diagnostic;
use crate::io::{
    AtomicFile, Cell, Column, FileFormat, Format, Hashed, Input, IoError, LongTable, Manifest, Output, Spool, Table,
    commit_in_order, number, read_people, spare_inputs,
};
use crate::metrics::Measure;
use crate::model::{Grade, Model};
use crate::plot::{Axis, Fan, Figure, Panel, PlotError};
use crate::population::{Population, Subject};
use crate::simulate::Prepared;
use crate::study::FAILED;
use crate::study::cohort::{Bands, Cohort, Remarks, waves};
use crate::study::compare::Summary;
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Failures that are told one by one.
const TOLD: usize = 3;
/// What is drawn where no percentiles are asked for.
const DRAWN: [f64; 3] = [5.0, 50.0, 95.0];

#[derive(Debug, Args)]
pub(super) struct PopulationArgs {
    /// Simulate so many people, who differ as the model's variability says
    #[arg(long, value_name = "N", requires = "seed", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "data")]
    subjects: Option<u64>,
    /// The seed of random numbers: the same seed, the same people. With --data it draws the random effects of each ID, which are the
    /// same whoever else is in the data set
    #[arg(long, value_name = "S")]
    pub(super) seed: Option<u64>,
    /// Who they are: a TOML file of distributions of covariates, or a CSV file with a row per person
    #[arg(long, value_name = "FILE", requires = "seed", conflicts_with = "data")]
    population: Option<PathBuf>,
    /// Draw people of that CSV file at random, each as likely as any other, rather than in its order
    #[arg(long, requires = "population")]
    resample: bool,
    /// Print percentiles of the people at each time in place of everybody's values, such as 5,50,95; with --measure those of
    /// the metrics
    #[arg(long, value_name = "P", value_delimiter = ',', value_parser = percentile, conflicts_with = "data")]
    percentiles: Vec<f64>,
    /// Outputs as they would be measured, with residual errors; in data sets those of observation rows
    #[arg(long, requires = "seed", conflicts_with = "measure")]
    pub(super) residual: bool,
    #[command(flatten)]
    threads: ThreadsArgs,
}

fn percentile(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(p) if (0.0..=100.0).contains(&p) => Ok(p),
        _ => Err("a percentile is a number from 0 to 100".into()),
    }
}

impl PopulationArgs {
    /// Whether a population is asked for.
    pub(super) fn asked(&self) -> bool {
        self.subjects.is_some() || self.population.is_some()
    }

    /// Options that mean nothing without a population are not passed over; a data set has people of its own.
    pub(super) fn check(&self, data: bool) -> Result<(), ArgumentError> {
        let options = [
            ("--percentiles", !self.percentiles.is_empty()),
            ("--threads", self.threads.asked()),
            ("--residual", self.residual && !data),
            ("--seed", self.seed.is_some() && !data),
        ];
        let mut sorted = self.percentiles.clone();
        sorted.sort_by(f64::total_cmp);
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ArgumentError::RepeatedPercentile { percentile: pair[0] });
        }
        match options.iter().find(|(_, given)| *given && !self.asked()) {
            Some((option, _)) => Err(ArgumentError::NoPopulation { option: option.to_string() }),
            None => Ok(()),
        }
    }

    /// What was asked for, for the manifest.
    pub(super) fn settings(&self) -> impl Iterator<Item = (String, String)> {
        let percentiles: Vec<String> = self.percentiles.iter().map(f64::to_string).collect();
        let settings = [
            ("subjects", self.subjects.map(|n| n.to_string())),
            ("percentiles", (!percentiles.is_empty()).then(|| percentiles.join(","))),
            ("residual", self.residual.then(|| "true".to_string())),
            ("resample", self.resample.then(|| "true".to_string())),
        ];
        settings.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)))
    }

    /// The population, with what holds for everybody; and the file that says who they are.
    pub(super) fn population<'m>(&self, base: Subject<'m>) -> Result<(Population<'m>, Option<Input>), Error> {
        let mut population = Population::of(base.model()).seed(self.seed.unwrap_or_default());
        let mut input = None;
        if let Some(path) = &self.population {
            let (people, sha256) = read_people(path)?;
            if self.resample && people.count().is_none() {
                return Err(ArgumentError::NothingToResample.into());
            }
            let people = if self.resample { people.resampled() } else { people };
            let size = self.subjects.or(people.count()).ok_or(ArgumentError::NoSize)?;
            people.enough_for(size)?;
            population = population.people(&people)?.size(size);
            input = Some(Input::hashed(path, sha256));
        }
        if let Some(size) = self.subjects {
            population = population.size(size);
        }
        Ok((population.base(base)?, input))
    }
}

/// Who, and what has these units.
fn columns(units: &[(String, String)]) -> Vec<Column> {
    std::iter::once(Column::integers("ID"))
        .chain(units.iter().map(|(name, unit)| Column::new(name).unit(unit)))
        .collect()
}

/// A population and what becomes of it.
pub(super) struct Run<'a, 'm> {
    pub(super) args: &'a PopulationArgs,
    pub(super) prepared: &'a Prepared<'m>,
    pub(super) population: &'a Population<'m>,
    /// The regimen, as it was written.
    pub(super) give: &'a str,
    /// Metrics in place of curves, each of an output by its place.
    pub(super) measures: Vec<(usize, Measure)>,
    pub(super) out: Option<&'a Path>,
    pub(super) plot: Option<&'a Path>,
    pub(super) format: Format,
}

impl<'m> Run<'_, 'm> {
    /// Runs it; `manifest` says what is known before.
    pub(super) fn run(&self, mut manifest: Manifest) -> Result<Outcome, Failure> {
        let pool = self.args.threads.pool()?;
        let cohort = Cohort { prepared: self.prepared, population: self.population, residual: self.args.residual };
        manifest.seed = self.args.seed;
        let remarks = pool.install(|| -> Result<Remarks, Failure> {
            if self.measures.is_empty() && !self.args.percentiles.is_empty() {
                return self.percentiles(cohort, manifest);
            }
            if let Some(path) = self.plot {
                let progress = Progress::new(self.population.count() * cohort.passes(), "people");
                let bands = cohort.bands(&DRAWN, |people| progress.tick(people))?;
                progress.finish();
                draw(&self.figure(&bands)?, path, &manifest)?;
            }
            if !self.measures.is_empty() {
                return self.metrics(cohort, manifest);
            }
            self.everybody(cohort, manifest)
        })?;
        Ok(if remarks.failures.is_empty() { Outcome::Done } else { Outcome::SomeFailed })
    }
}

impl<'m> Run<'_, 'm> {
    fn model(&self) -> &'m Model {
        self.prepared.model()
    }

    /// Units by column: of time, and of every output under the names that `columns` makes of its own.
    fn units<'a>(&self, columns: impl Fn(&str) -> Vec<String> + 'a) -> Vec<(String, String)> {
        let time = ["TIME", "TAD"].map(|name| (name.to_string(), "h".to_string()));
        let outputs = self.model().outputs().iter();
        let of = |o: &'m crate::model::Output| columns(&o.name).into_iter().map(move |name| (name, o.unit.to_string()));
        time.into_iter().chain(outputs.flat_map(of)).collect()
    }

    /// A row per person and time, written as they come.
    fn everybody(&self, cohort: Cohort<'_, 'm>, mut manifest: Manifest) -> Result<Remarks, Failure> {
        let units = self.units(|name| vec![name.to_string()]);
        match self.out {
            Some(path) => {
                let written = |source| IoError::Write { path: path.into(), source };
                let out = Hashed::new(AtomicFile::create(path)?);
                let mut table = LongTable::new(out, FileFormat::of(path)?, &columns(&units)).map_err(written)?;
                let remarks = self.write(cohort, &mut table).map_err(written)?;
                let (out, sha256) = table.finish().map_err(written)?.finish();
                self.remark(&remarks, &mut manifest);
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                manifest.outputs.push(Output { name, sha256, units: units.into_iter().collect() });
                spare_inputs(&manifest, path)?;
                commit_in_order(vec![beside(path, &manifest)?, out])?;
                say!("wrote {}, with its manifest beside it", path.display());
                Ok(remarks)
            }
            None => {
                let spool = Spool::new()?;
                let path = spool.path().to_path_buf();
                let written = |source| IoError::Write { path: path.clone(), source };
                let mut table = LongTable::new(spool, FileFormat::Csv, &columns(&units)).map_err(written)?;
                let remarks = self.write(cohort, &mut table).map_err(written)?;
                self.remark(&remarks, &mut manifest);
                let spool = table.finish().map_err(written)?;
                spooled(spool, &units.into_iter().collect(), self.format)?;
                Ok(remarks)
            }
        }
    }

    fn write(&self, cohort: Cohort<'_, 'm>, out: &mut impl Write) -> io::Result<Remarks> {
        let (times, outputs) = (self.prepared.samples(), self.model().outputs().len());
        let starts: Vec<String> = self.times().map(|[time, tad]| format!("{time},{tad}")).collect();
        let progress = Progress::new(self.population.count(), "people");
        let (mut values, mut line) = (Vec::new(), String::new());
        let mut remarks = Remarks::default();
        for people in waves(self.population.count(), cohort.wave()) {
            let count = (people.end - people.start) as usize;
            values.resize(count * self.prepared.numbers(), 0.0);
            remarks = remarks.and(cohort.run(people.clone(), &mut values));
            for (place, person) in people.enumerate() {
                for (i, start) in starts.iter().enumerate() {
                    line.clear();
                    line.push_str(&format!("{},{start}", person + 1));
                    for output in 0..outputs {
                        let value = values[place * self.prepared.numbers() + output * times.len() + i];
                        line.push(',');
                        if !value.is_nan() {
                            line.push_str(&number(value));
                        }
                    }
                    line.push('\n');
                    out.write_all(line.as_bytes())?;
                }
            }
            progress.tick(count as u64);
        }
        progress.finish();
        Ok(remarks)
    }

    /// Each sampling time and the time since the latest dose, as written.
    fn times(&self) -> impl Iterator<Item = [String; 2]> {
        let mut doses: Vec<f64> = self.prepared.doses().iter().map(|(dose, _)| dose.time).collect();
        doses.sort_by(f64::total_cmp);
        self.prepared.samples().iter().map(move |time| {
            let latest = doses.partition_point(|dose| dose <= time).checked_sub(1);
            [number(*time), latest.map_or(String::new(), |i| number(time - doses[i]))]
        })
    }

    /// A row per time, a column per output and percentile.
    fn percentiles(&self, cohort: Cohort<'_, 'm>, mut manifest: Manifest) -> Result<Remarks, Failure> {
        let progress = Progress::new(self.population.count() * cohort.passes(), "people");
        let bands = cohort.bands(&self.args.percentiles, |people| progress.tick(people))?;
        progress.finish();
        let percentiles = &self.args.percentiles;
        let units = self.units(|name| percentiles.iter().map(|p| format!("{name}_p{p}")).collect());
        let mut table = Table::new(units.iter().map(|(name, unit)| Column::new(name).unit(unit)).collect());
        for (i, [time, tad]) in self.times().enumerate() {
            let cell =
                |text: String| text.parse().map_or_else(|_| Cell::missing("before the first dose"), Cell::Number);
            let mut row = vec![cell(time), cell(tad)];
            let values = bands.values.iter().flatten().map(|curve| curve[i]);
            row.extend(values.map(|v| if v.is_nan() { Cell::missing(FAILED) } else { v.into() }));
            table.push(row);
        }
        if let Some(path) = self.plot {
            draw(&self.figure(&bands)?, path, &manifest)?;
        }
        self.remark(&bands.remarks, &mut manifest);
        match self.out {
            Some(path) => write_table(path, &table, &mut manifest)?,
            None => output::table("", &table, self.format)?,
        }
        Ok(bands.remarks)
    }

    /// A row per metric and output: moments and percentiles of the people.
    fn metrics(&self, cohort: Cohort<'_, 'm>, mut manifest: Manifest) -> Result<Remarks, Failure> {
        let outputs = self.model().outputs();
        let progress = Progress::new(self.population.count(), "people");
        let (measured, remarks) = cohort
            .measure(0..self.population.count(), &self.measures, |people| progress.tick(people))
            .map_err(Error::from)?;
        progress.finish();
        let percentiles = if self.args.percentiles.is_empty() { &DRAWN[..] } else { &self.args.percentiles };
        let mut columns: Vec<Column> = ["output", "metric", "unit"].map(Column::new).into();
        columns.push(Column::integers("n"));
        columns.extend(["mean", "sd", "gmean", "gcv"].map(Column::new));
        columns.extend(percentiles.iter().map(|p| Column::new(format!("p{p}"))));
        let mut table = Table::new(columns);
        for ((output, measure), of_people) in self.measures.iter().zip(&measured) {
            let summary = Summary::of(&of_people.values, percentiles);
            let why = of_people.missing.map_or(FAILED.into(), |missing| missing.to_string());
            let number = |value: Option<f64>, why: &str| value.map_or_else(|| Cell::missing(why), Cell::Number);
            let some = |value: f64| number((summary.count > 0).then_some(value), &why);
            let [of_one, not_positive] = match summary.count {
                0 => [why.as_str(); 2],
                1 => ["of one person"; 2],
                _ => ["of one person", "not all are above 0"],
            };
            let mut row: Vec<Cell> = [&outputs[*output].name, &measure.to_string(), &of_people.unit.to_string()]
                .map(|text| text.as_str().into())
                .into();
            row.push(Cell::Integer(summary.count as i64));
            row.push(some(summary.mean));
            row.push(number(summary.sd, of_one));
            row.push(number(summary.geometric_mean, not_positive));
            row.push(number(summary.geometric_cv, not_positive));
            row.extend(summary.percentiles.iter().copied().map(some));
            table.push(row);
        }
        self.remark(&remarks, &mut manifest);
        output::table("", &table, self.format)?;
        Ok(remarks)
    }

    /// Says who failed and what should be known, and writes it down.
    fn remark(&self, remarks: &Remarks, manifest: &mut Manifest) {
        let first = remarks.failures.iter().take(TOLD);
        for (person, error) in first {
            say!("subject {}: {error}", person + 1);
        }
        describe(manifest, self.prepared.settings(), self.prepared.is_integrated(), remarks.work);
        let mut warnings = self.population.warnings();
        if let Ok(first) = self.population.draws().subject(0, 0) {
            warnings.extend(self.prepared.weight_warning(&first));
        }
        warnings.extend(remarks.outside.warnings(self.model()));
        warnings.extend(self.model().warnings().iter().cloned());
        warnings.extend(remarks.warning(self.population.count()));
        if self.args.residual && self.model().outputs().iter().all(|output| output.residual.is_none()) {
            let message =
                format!("the model `{}` states no residual error: outputs are as predicted", self.model().id());
            warnings.push(Diagnostic::warning("W_NO_RESIDUAL", message));
        }
        warn(&warnings);
        manifest.warnings.extend(warnings.iter().map(|w| w.message.clone()));
    }

    /// A panel per output: percentiles of the people.
    fn figure(&self, bands: &Bands) -> Result<Figure, PlotError> {
        let model = self.model();
        let what = if self.args.residual { "with residual error, " } else { "" };
        let mut figure = Figure::new(format!("{}: {}", model.id(), self.give)).columns(1).footnote(format!(
            "{} virtual people, {what}seed {}. Model grade {}. Research software; no clinical advice.",
            bands.people,
            self.args.seed.unwrap_or_default(),
            model.worst_grade()
        ));
        for (place, (output, values)) in model.outputs().iter().zip(&bands.values).enumerate() {
            let x = Axis::linear("time", "h").range(0.0, self.prepared.until());
            let highest = values.iter().flatten().copied().fold(0.0, f64::max);
            let y = Axis::linear(&output.name, output.unit.to_string());
            let lowest = values.iter().flatten().copied().fold(0.0, f64::min);
            let y = if highest > 0.0 && lowest >= 0.0 { y.range(0.0, 1.08 * highest) } else { y };
            let doses = self.prepared.doses().iter().map(|(dose, _)| dose.time);
            let mut panel = Panel::new("", x, y).doses(doses);
            let fan = Fan::new(&output.name, place, &bands.times, &bands.percentiles, values)?;
            panel = panel.fan(if output.grade == Grade::Assumed { fan.dashed() } else { fan });
            figure = figure.panel(panel);
        }
        Ok(figure)
    }
}
