//! `posology nca`: a table of concentrations in, a table of metrics out.

mod figure;
mod recorded;
mod table;

use super::output::{table as print_table, warn, write_table};
use super::{ArgumentError, Failure, Outcome, Shared, read, said};
use crate::Error;
use crate::document::Text;
use crate::error::{Diagnostic, Span};
use crate::io::{Concentrations, FileFormat, Format, Input, Manifest, SubjectSamples};
use crate::metrics::nca::{Blq, BlqAs, Convention, HalfLife, Report, Route, Rule, Setting, TimeZero, Units, analyse};
use crate::metrics::{self, Metric, REGISTRY, find};
use crate::units::{Dimension, Quantity, Unit, UnitFault};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct NcaArgs {
    /// A CSV file with the columns ID, TIME and DV or CONC, and perhaps DOSE, DUR, LLOQ, BLQ, MDV, EVID, LZ
    data: PathBuf,
    /// The column of concentrations, where it is not DV or CONC
    #[arg(long, value_name = "COLUMN")]
    dv: Option<String>,
    /// How the dose was given
    #[arg(long, value_enum)]
    route: Way,
    /// The dose, such as 320mg or 0.5mg/kg; a column DOSE goes first
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    dose: Option<String>,
    /// How long the infusion took, such as 15min; a column DUR goes first
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    duration: Option<String>,
    /// When the dose was given, on the clock of TIME
    #[arg(long, value_name = "TIME", default_value = "0h", allow_hyphen_values = true)]
    dose_time: String,
    /// The time between doses at steady state, such as 12h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    tau: Option<String>,
    /// A part of the profile on the clock of TIME, such as 0h,24h or 60h,inf; a row for each. Without one, from the dose on
    #[arg(long, value_name = "FROM,TO", allow_hyphen_values = true)]
    interval: Vec<String>,
    /// How areas are computed
    #[arg(long, value_enum, default_value = "lin-up-log-down")]
    method: Method,
    /// Whose definitions hold where tools differ
    #[arg(long, value_enum, default_value = "winnonlin")]
    convention: Tool,
    /// What samples below the limit count as: zero, drop, half or limit; or three of them, before the first that can be
    /// quantified, between, and after the last. Default: zero (winnonlin), zero,drop,zero (pknca)
    #[arg(long, value_name = "RULE[,RULE,RULE]")]
    blq: Option<String>,
    /// What stands at the start of an interval where there is no sample
    #[arg(long, value_enum, default_value = "auto")]
    c0: AtStart,
    /// The fewest points of the terminal slope, from 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(3..), conflicts_with_all = ["half_life_from", "half_life_to", "half_life_times"])]
    points: Option<u16>,
    /// The terminal slope rests on all points from this time on
    #[arg(long, value_name = "TIME", conflicts_with = "half_life_times")]
    half_life_from: Option<String>,
    /// The terminal slope rests on no point after this time
    #[arg(long, value_name = "TIME", requires = "half_life_from")]
    half_life_to: Option<String>,
    /// The terminal slope rests on the points at these times, such as 4h,8h,12h
    #[arg(long, value_name = "TIMES", value_delimiter = ',')]
    half_life_times: Vec<String>,
    /// Time above this level, such as "50 ng/mL"
    #[arg(long, value_name = "LEVEL")]
    above: Option<String>,
    /// Units of columns that the header does not give, such as DV=ng/mL,TIME=min,DOSE=mg; DV is the column of concentrations
    /// whatever it is called, and TIME is in h otherwise
    #[arg(long, value_name = "COLUMN=UNIT", value_delimiter = ',')]
    units: Vec<String>,
    /// Only these metrics, such as Cmax,Tmax,AUCinf; `posology metrics list` has them all
    #[arg(long, value_name = "METRICS", value_delimiter = ',')]
    metrics: Vec<String>,
    /// Name columns by the CDISC codes
    #[arg(long)]
    cdisc: bool,
    /// Draw each profile with its terminal slope to this SVG or PNG file; of many, the first that fit on a page
    #[arg(long)]
    plot: Option<PathBuf>,
    /// Write the table to this CSV file, or Parquet file where posology is built with it; a manifest is put beside it
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    /// By mouth, nose, muscle, skin: absorbed first
    Extravascular,
    /// At once into a vein
    #[value(alias = "iv")]
    Bolus,
    /// Into a vein over --duration
    Infusion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Straight lines
    Linear,
    /// Straight lines up, exponentials down
    LinUpLogDown,
    /// Straight lines to Tmax, exponentials after it
    LinearLog,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tool {
    #[value(name = "winnonlin")]
    WinNonlin,
    #[value(name = "pknca")]
    Pknca,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AtStart {
    /// As the convention says
    Auto,
    /// The line of the logarithms of the first two samples
    LogSlope,
    /// The first sample
    First,
    Zero,
    /// The smallest sample of the interval
    Minimum,
    /// Nothing: areas have no value then
    None,
}

/// One subject and interval.
pub(super) struct Row<'a> {
    pub subject: &'a SubjectSamples,
    pub setting: Setting,
    pub units: Units,
    pub report: Report,
}

pub(super) fn run(args: &NcaArgs) -> Result<Outcome, Failure> {
    args.out.as_deref().map(FileFormat::of).transpose()?;
    let metrics = chosen(&args.metrics, args.route)?;
    let path = args.data.display().to_string();
    let text = read(&path)?;
    let mut data = Concentrations::read(&path, &text, args.dv.as_deref(), &units(&args.units)?)?;
    let mut manifest = manifest(args);
    manifest.inputs.push(Input::new(&args.data, text.as_bytes()));
    if let Some(recorded) = recorded::of(&args.data, &text) {
        // What posology wrote beside the column is not misspelt.
        data.warnings.retain(|warning| warning.code != "W_UNUSED_COLUMN");
        if let (None, Some(unit)) = (&data.concentration, recorded.unit(&data.column)) {
            say!("the unit of `{}`, {unit}, is that of {}", data.column, recorded.input.name);
            data.concentration = Some(unit);
            manifest.inputs.push(recorded.input);
        }
    }
    let rows = rows(args, &data)?;
    let mut warnings = data.warnings.clone();
    if data.concentration.is_none() {
        let warning =
            Diagnostic::warning("W_NO_UNIT", "the concentrations have no unit: clearances and volumes have no value");
        let column = &data.column;
        warnings
            .push(warning.with_hint(format!("write `--units {column}=ng/mL`, or `{column} [ng/mL]` in the header")));
    }
    warn(&warnings);
    manifest.warnings = warnings.iter().map(|w| w.message.clone()).collect();
    let columns = table::Columns { data: &data, metrics: &metrics, cdisc: args.cdisc };
    let said = say(args, &columns, &rows, &mut manifest);
    // Neither the table nor the figure is lost where the other one cannot be written.
    let drawn = args.plot.as_deref().map_or(Ok(()), |path| figure::save(path, args, &data, &rows, &manifest));
    said?;
    drawn?;
    let nothing = |row: &Row<'_>| metrics.iter().all(|metric| table::get(row, *metric).is_err());
    Ok(if rows.iter().any(nothing) { Outcome::SomeFailed } else { Outcome::Done })
}

/// Writes the table, or prints it.
fn say(args: &NcaArgs, columns: &table::Columns<'_>, rows: &[Row<'_>], manifest: &mut Manifest) -> Result<(), Failure> {
    match (&args.out, args.shared.format) {
        (Some(out), _) => Ok(write_table(out, &columns.table(rows, true), manifest)?),
        (None, Format::Table) => {
            let (shown, rest) = columns.for_people(rows);
            print_table(&heading(args, columns.data), &shown, Format::Table)?;
            super::output::print(&rest)
        }
        (None, format) => print_table("", &columns.table(rows, format == Format::Csv), format),
    }
}

/// Every subject and interval.
fn rows<'a>(args: &NcaArgs, data: &'a Concentrations) -> Result<Vec<Row<'a>>, Error> {
    let general = general(args, data)?;
    let intervals = intervals(args, &data.time)?;
    let dose = args.dose.as_deref().map(|text| quantity_of("--dose", text)).transpose()?;
    let duration = match &args.duration {
        Some(text) => Some(positive("--duration", text, &data.time)?),
        None => None,
    };
    let mut rows = Vec::new();
    for subject in &data.subjects {
        let (amount, unit) = match (subject.dose, &dose) {
            (Some(amount), _) => (Some(amount), data.dose.clone()),
            (None, Some(dose)) => (Some(dose.value()), Some(dose.unit().clone())),
            (None, None) => (None, None),
        };
        let units = Units::new(data.time.clone(), data.concentration.clone(), unit).map_err(|error| {
            match (subject.dose, &args.dose) {
                (None, Some(text)) => Error::from(error).placed(&said("--dose", text).place),
                _ => error.into(),
            }
        })?;
        let route = match args.route {
            Way::Extravascular => Route::Extravascular,
            Way::Bolus => Route::Bolus,
            Way::Infusion => {
                let over = subject.duration.or(duration);
                Route::Infusion(over.ok_or_else(|| ArgumentError::NoDuration { id: subject.id.clone() })?)
            }
        };
        let half_life = match (&general.half_life, subject.chosen.is_empty()) {
            (HalfLife::Best(_), false) => HalfLife::At(subject.chosen.clone()),
            (choice, _) => choice.clone(),
        };
        if let Some(sample) = general.blq.and_then(|blq| blq.lacks_limit(&subject.samples)) {
            return Err(data.no_limit(subject, sample).into());
        }
        let setting = Setting { route, dose: amount, half_life, ..general.clone() };
        for interval in &intervals {
            let setting = Setting { interval: *interval, ..setting.clone() };
            let report = analyse(&subject.samples, &setting);
            rows.push(Row { subject, setting, units: units.clone(), report });
        }
    }
    Ok(rows)
}

/// What holds for every subject and interval.
fn general(args: &NcaArgs, data: &Concentrations) -> Result<Setting, Error> {
    if args.route != Way::Infusion && args.duration.is_some() {
        return Err(ArgumentError::DurationOfNoInfusion.into());
    }
    let time = |option, text: &String| time(&said(option, text), &data.time);
    let tau = match &args.tau {
        Some(text) => Some(positive("--tau", text, &data.time)?),
        None => None,
    };
    let half_life = match (&args.half_life_from, args.half_life_times.is_empty()) {
        (Some(from), _) => {
            let to = args.half_life_to.as_ref().map(|to| time("--half-life-to", to)).transpose()?;
            HalfLife::Between(time("--half-life-from", from)?, to.unwrap_or(f64::INFINITY))
        }
        (None, false) => {
            let mut times = Vec::new();
            for text in &args.half_life_times {
                let at = time("--half-life-times", text)?;
                if times.contains(&at) {
                    let twice = ArgumentError::RepeatedTime { time: text.trim().into() };
                    return Err(Error::from(twice).placed(&said("--half-life-times", text).place));
                }
                times.push(at);
            }
            HalfLife::At(times)
        }
        (None, true) => HalfLife::Best(args.points.map_or(3, usize::from)),
    };
    let level = args.above.as_deref().map(|text| level(text, data.concentration.as_ref())).transpose()?;
    Ok(Setting {
        dose_time: time("--dose-time", &args.dose_time)?,
        tau,
        rule: match args.method {
            Method::Linear => Rule::Linear,
            Method::LinUpLogDown => Rule::LinUpLogDown,
            Method::LinearLog => Rule::LinearLog,
        },
        convention: match args.convention {
            Tool::WinNonlin => Convention::WinNonlin,
            Tool::Pknca => Convention::Pknca,
        },
        blq: args.blq.as_deref().map(blq).transpose()?,
        time_zero: match args.c0 {
            AtStart::Auto => TimeZero::Auto,
            AtStart::LogSlope => TimeZero::LogSlope,
            AtStart::First => TimeZero::First,
            AtStart::Zero => TimeZero::Zero,
            AtStart::Minimum => TimeZero::Minimum,
            AtStart::None => TimeZero::Nothing,
        },
        half_life,
        level,
        ..Setting::new(Route::Extravascular)
    })
}

/// The metrics that are asked for, in the order of asking; all that the route can give where none is.
fn chosen(names: &[String], route: Way) -> Result<Vec<Metric>, Error> {
    if names.is_empty() {
        let way = match route {
            Way::Extravascular => metrics::Way::Outside,
            Way::Bolus => metrics::Way::Bolus,
            Way::Infusion => metrics::Way::Infusion,
        };
        return Ok(REGISTRY.iter().filter(|d| d.sampled.is_some() && d.possible(way)).map(|d| d.metric).collect());
    }
    let metric = |name: &String| {
        let known = find(name.trim()).filter(|d| d.sampled.is_some());
        let unknown = || Error::from(ArgumentError::UnknownSampled { name: name.trim().into() });
        known.map(|d| d.metric).ok_or_else(|| unknown().placed(&said("--metrics", name).place))
    };
    let mut metrics = Vec::new();
    for name in names {
        let metric = metric(name)?;
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    Ok(metrics)
}

fn quantity_of(option: &str, text: &str) -> Result<Quantity, Error> {
    let text = said(option, text);
    let quantity: Quantity = text.text.parse().map_err(|f: UnitFault| Error::from(f).placed_in(&text))?;
    let amount = "mg".parse::<Unit>().expect("a unit named here is known");
    if quantity.unit().as_str().is_empty() {
        quantity.like(&amount).map_err(|e| Error::from(e).placed(&text.place))?;
    }
    if quantity.value() <= 0.0 {
        return Err(Error::from(ArgumentError::NotPositive { option: option.into() }).placed(&text.place));
    }
    Ok(quantity)
}

/// A time in a unit.
fn time(text: &Text, unit: &Unit) -> Result<f64, Error> {
    let quantity: Quantity = text.text.parse().map_err(|f: UnitFault| Error::from(f).placed_in(text))?;
    quantity.as_base(Dimension::TIME).map_err(|e| Error::from(e).placed(&text.place))?;
    quantity.to(unit).map(|q| q.value()).map_err(|e| Error::from(e).placed(&text.place))
}

fn positive(option: &str, text: &str, unit: &Unit) -> Result<f64, Error> {
    let text = said(option, text);
    match time(&text, unit)? {
        value if value > 0.0 => Ok(value),
        _ => Err(Error::from(ArgumentError::NotPositive { option: option.into() }).placed(&text.place)),
    }
}

/// A level in the unit of concentrations.
fn level(text: &str, unit: Option<&Unit>) -> Result<f64, Error> {
    let text = said("--above", text);
    let quantity: Quantity = text.text.parse().map_err(|f: UnitFault| Error::from(f).placed_in(&text))?;
    match unit {
        Some(unit) => {
            quantity.like(unit).map_err(|e| Error::from(e).placed(&text.place))?;
            quantity.to(unit).map(|q| q.value()).map_err(|e| Error::from(e).placed(&text.place))
        }
        None if quantity.unit().as_str().is_empty() => Ok(quantity.value()),
        None => Err(Error::from(ArgumentError::NoConcentrationUnit).placed(&text.place)),
    }
}

/// `FROM,TO`, each on the clock of the table; one row of everything where there is none.
fn intervals(args: &NcaArgs, unit: &Unit) -> Result<Vec<Option<(f64, f64)>>, Error> {
    if args.interval.is_empty() {
        return Ok(vec![None]);
    }
    let interval = |text: &String| {
        let text = said("--interval", text);
        let wrong = || Error::from(ArgumentError::Interval).placed(&text.place);
        let comma = text.text.find(',').ok_or_else(wrong)?;
        let part =
            |from: usize, to: usize| Text::at(text.text[from..to].to_string(), text.part(Some(Span::new(from, to))));
        let from = time(&part(0, comma), unit)?;
        let to = match text.text[comma + 1..].trim() {
            "inf" | "Inf" => f64::INFINITY,
            _ => time(&part(comma + 1, text.text.len()), unit)?,
        };
        if to > from { Ok(Some((from, to))) } else { Err(wrong()) }
    };
    args.interval.iter().map(interval).collect()
}

fn blq(text: &str) -> Result<Blq, Error> {
    let said = said("--blq", text);
    let rule = |word: &str| match word.trim() {
        "zero" => Some(BlqAs::Zero),
        "drop" => Some(BlqAs::Dropped),
        "half" => Some(BlqAs::HalfLimit),
        "limit" => Some(BlqAs::Limit),
        _ => None,
    };
    let rules: Option<Vec<BlqAs>> = text.split(',').map(rule).collect();
    match rules.as_deref() {
        Some([all]) => Ok(Blq::all(*all)),
        Some([first, middle, last]) => Ok(Blq { first: *first, middle: *middle, last: *last }),
        _ => Err(Error::from(ArgumentError::BlqRule).placed(&said.place)),
    }
}

/// `COLUMN=UNIT`.
fn units(pairs: &[String]) -> Result<BTreeMap<String, Unit>, Error> {
    let mut units = BTreeMap::new();
    for pair in pairs {
        let text = said("--units", pair);
        let (column, unit) = pair
            .split_once('=')
            .ok_or_else(|| Error::from(ArgumentError::NoEquals { option: "--units".into() }).placed(&text.place))?;
        let place = text.part(Some(Span::new(column.len() + 1, pair.len())));
        let at = Text::at(unit.to_string(), place);
        let unit: Unit = unit.parse().map_err(|f: UnitFault| Error::from(f).placed_in(&at))?;
        units.insert(column.trim().to_string(), unit);
    }
    Ok(units)
}

/// What was analysed, for people.
fn heading(args: &NcaArgs, data: &Concentrations) -> String {
    let dose = match (&args.dose, data.subjects.iter().any(|s| s.dose.is_some())) {
        (_, true) => " dose of the column DOSE".into(),
        (Some(dose), false) => format!(" {dose}"),
        (None, false) => " dose".to_string(),
    };
    let tau = args.tau.as_ref().map_or_else(String::new, |tau| format!(", tau {tau}"));
    let (route, method, tool) = (name(args.route), name(args.method), name(args.convention));
    format!("{route}{dose} at {}{tau}; method {method}, convention {tool}", args.dose_time)
}

fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
}

fn manifest(args: &NcaArgs) -> Manifest {
    let mut manifest = Manifest::new("nca");
    let mut set = |name: &str, value: Option<String>| {
        manifest.settings.extend(value.map(|value| (name.to_string(), value)));
    };
    let list = |values: &[String]| (!values.is_empty()).then(|| values.join(","));
    set("dv", args.dv.clone());
    set("route", Some(name(args.route)));
    set("method", Some(name(args.method)));
    set("convention", Some(name(args.convention)));
    set("c0", Some(name(args.c0)));
    set("dose", args.dose.clone());
    set("duration", args.duration.clone());
    set("dose-time", Some(args.dose_time.clone()));
    set("tau", args.tau.clone());
    set("interval", (!args.interval.is_empty()).then(|| args.interval.join(" ")));
    set("blq", args.blq.clone());
    set("points", args.points.map(|points| points.to_string()));
    set("half-life-from", args.half_life_from.clone());
    set("half-life-to", args.half_life_to.clone());
    set("half-life-times", list(&args.half_life_times));
    set("above", args.above.clone());
    set("units", list(&args.units));
    set("metrics", list(&args.metrics));
    set("cdisc", args.cdisc.then(|| "true".into()));
    manifest
}
