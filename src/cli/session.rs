//! `posology session`: the hours after each session, against a level that matters.

use super::compare::used;
use super::engine::{EngineArgs, describe};
use super::output::{draw, table, warn};
use super::people::PeopleArgs;
use super::person::{PersonArgs, effect};
use super::progress::Progress;
use super::simulate::time;
use super::threads::ThreadsArgs;
use super::{ArgumentError, Failure, Outcome, Shared, said, schedule};
use crate::Error;
use crate::error::{Diagnostic, Fault, Faults};
use crate::io::{Format, Input, Manifest, OutputFile, Table, write_set};
use crate::model::{Grade, Model};
use crate::plot::{Figure, PlotError, SessionHours, session_hours_figure};
use crate::population::Population;
use crate::simulate::{Prepared, Profile, Simulation, SimulationError};
use crate::solve::Work;
use crate::study::cohort::{Cohort, Remarks};
use crate::study::compare::PeoplePlan;
use crate::study::session::{After, Curves, PeopleAfter, Question, stretches};
use crate::units::{Quantity, UnitFault};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct SessionArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The doses, such as "84 mg intranasal twice weekly for 4 weeks"; or the id or file of a schedule
    #[arg(long, allow_hyphen_values = true)]
    give: String,
    /// The level that matters, such as "120 ng/mL"
    #[arg(long, value_name = "LEVEL", allow_hyphen_values = true)]
    threshold: String,
    /// The end of monitoring, from a session's first device
    #[arg(long, value_name = "TIME", default_value = "2h", allow_hyphen_values = true)]
    leave: String,
    /// The next morning, from a session's first device: 20h is 8 o'clock after a session at noon
    #[arg(long, value_name = "TIME", default_value = "20h", allow_hyphen_values = true)]
    morning: String,
    /// The output that is looked at, such as that of an effect site; the model's first where it is left out
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// How long to simulate, such as 7d; a day after the end of the doses where it is left out
    #[arg(long)]
    until: Option<String>,
    #[command(flatten)]
    people: PeopleArgs,
    /// Folder for tables, the figure and manifest.json
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Draw the hours after the sessions to this SVG or PNG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    shared: Shared,
}

/// What the command found.
struct Found {
    question: Question,
    sessions: Vec<After>,
    people: Option<Vec<PeopleAfter>>,
    curves: Curves,
    warnings: Vec<Diagnostic>,
    integrated: bool,
    work: Work,
    failed: bool,
}

pub(super) fn run(args: &SessionArgs) -> Result<Outcome, Failure> {
    let model = args.person.model()?;
    let subject = args.person.subject(&model)?;
    let question = question(args, &model)?;
    let mut simulation = Simulation::new(&model).subject(&subject).settings(args.engine.settings());
    simulation = simulation.give(schedule("--give", &args.give)?);
    if let Some(until) = &args.until {
        simulation = simulation.until(time("--until", until)?);
    }
    let give = said("--give", &args.give);
    let profile = simulation.run().map_err(|e| e.said_in(&give))?;
    let prepared = simulation.prepare().map_err(|e| Error::from(Faults::from(Fault::new(e)).said_in(&give)))?;
    let (people, input) = args.people.people()?;
    let population = people.as_ref().map(|people| of_plan(people, &model)?.base(subject.clone()).map_err(Error::from));
    let population = population.transpose()?;
    let found = args.threads.pool()?.install(|| found(question, &profile, &prepared, population.as_ref()))?;
    warn(&found.warnings);
    let mut manifest = Manifest::new("session");
    manifest.inputs.extend(input);
    manifest.models.push(used(&model));
    if let Some(path) = &args.plot {
        draw(&figure(args, &found, &model)?, path, &manifest)?;
    }
    // Files first: a reader of the tables who leaves early still finds them.
    if let Some(out) = &args.out {
        let names = write(args, out, &found, &prepared, (people.as_ref(), manifest))?;
        say!("wrote {names} to {}", out.display());
    }
    show(args, &found, &model)?;
    Ok(if found.failed { Outcome::SomeFailed } else { Outcome::Done })
}

fn question(args: &SessionArgs, model: &Model) -> Result<Question, Error> {
    let outputs = model.outputs();
    let output = match &args.output {
        None => 0,
        Some(name) => outputs.iter().position(|output| output.name == *name).ok_or_else(|| {
            let has = outputs.iter().map(|output| output.name.clone()).collect();
            let unknown = SimulationError::UnknownOutput { model: model.id().into(), output: name.clone(), has };
            Error::from(unknown).placed(&said("--output", name).place)
        })?,
    };
    let text = said("--threshold", &args.threshold);
    let threshold: Quantity = text.text.parse().map_err(|f: UnitFault| Error::from(f).placed_in(&text))?;
    threshold.as_level(&outputs[output].unit).map_err(|e| Error::from(e).placed(&text.place))?;
    if threshold.in_base() <= 0.0 {
        return Err(Error::from(ArgumentError::NotPositive { option: "--threshold".into() }).placed(&text.place));
    }
    let hours = |option, text| time(option, text).map(|time| time.in_base());
    let (leave, morning) = (hours("--leave", &args.leave)?, hours("--morning", &args.morning)?);
    if morning < leave {
        return Err(Error::from(ArgumentError::MorningFirst).placed(&said("--morning", &args.morning).place));
    }
    Ok(Question { output, threshold, leave, morning })
}

fn of_plan<'m>(people: &PeoplePlan, model: &'m Model) -> Result<Population<'m>, Error> {
    Ok(Population::of(model).seed(people.seed).people(&people.people)?.size(people.size))
}

fn found(
    question: Question,
    profile: &Profile<'_>,
    prepared: &Prepared<'_>,
    population: Option<&Population<'_>>,
) -> Result<Found, Error> {
    let cohort = population.map(|population| Cohort { prepared, population, residual: false });
    let progress = Progress::new(population.map_or(0, Population::count), "people");
    let of_people = cohort.map(|cohort| {
        let stretches = stretches(profile.sessions(), profile.until());
        question.of_people(&stretches, cohort, |people| progress.tick(people))
    });
    progress.finish();
    let (people, remarks) = of_people.transpose()?.unzip();
    let remarks: Remarks = remarks.unwrap_or_default();
    let mut warnings: Vec<Diagnostic> = profile.warnings().iter().chain(profile.model().warnings()).cloned().collect();
    if let Some(population) = population {
        warnings.extend(population.warnings());
        warnings.extend(remarks.outside.warnings(profile.model()));
        warnings.extend(remarks.warning(population.count()));
    }
    Ok(Found {
        sessions: question.of_one(profile)?,
        curves: question.curves(profile, cohort)?,
        people,
        question,
        warnings,
        integrated: profile.is_integrated(),
        work: profile.work() + remarks.work,
        failed: !remarks.failures.is_empty(),
    })
}

fn show(args: &SessionArgs, found: &Found, model: &Model) -> Result<(), Failure> {
    let (question, format) = (&found.question, args.shared.format);
    let output = &model.outputs()[question.output];
    let full = |table: Table| if format == Format::Csv { table.with_reasons() } else { table };
    let typical = full(question.table(&output.unit, &found.sessions));
    let Some(people) = &found.people else {
        return table(&heading(found, model, "typical person"), &typical, format);
    };
    let of_people = full(question.people_table(&output.unit, people));
    if format != Format::Table {
        return table("", &of_people, format);
    }
    table(&heading(found, model, "typical person"), &typical, format)?;
    table("\nVirtual people: percentiles, and shares above the threshold with their 95 % interval", &of_people, format)
}

/// What the numbers are, in words.
fn heading(found: &Found, model: &Model, who: &str) -> String {
    let Question { output, threshold, leave, morning } = &found.question;
    let output = &model.outputs()[*output];
    format!(
        "{} ({}), {who}: threshold {threshold}; monitored until {leave} h, next morning at {morning} h",
        output.name, output.site
    )
}

fn figure(args: &SessionArgs, found: &Found, model: &Model) -> Result<Figure, PlotError> {
    let question = &found.question;
    let output = &model.outputs()[question.output];
    let people =
        found.people.as_ref().map_or(String::new(), |_| " Virtual people: those of the highest session.".into());
    session_hours_figure(&SessionHours {
        title: format!("{}: {}", model.id(), args.give),
        output: (&output.name, output.unit.to_string()),
        threshold: output.unit.from_base(question.threshold.in_base()),
        leave: question.leave,
        morning: question.morning,
        assumed: output.grade == Grade::Assumed,
        footnote: format!("Model grade {}.{people} Research software; no clinical advice.", model.worst_grade()),
        curves: &found.curves,
    })
}

/// Writes the files and gives their names.
fn write(
    args: &SessionArgs,
    out: &std::path::Path,
    found: &Found,
    prepared: &Prepared<'_>,
    (people, mut manifest): (Option<&PeoplePlan>, Manifest),
) -> Result<String, Failure> {
    let (question, model) = (&found.question, prepared.model());
    let unit = &model.outputs()[question.output].unit;
    for name in args.person.effects() {
        manifest.inputs.push(Input::new(std::path::Path::new(name), effect(name)?.text.as_bytes()));
    }
    manifest.settings = args.person.settings();
    let texts = [
        ("give", Some(&args.give)),
        ("threshold", Some(&args.threshold)),
        ("leave", Some(&args.leave)),
        ("morning", Some(&args.morning)),
        ("output", args.output.as_ref()),
        ("until", args.until.as_ref()),
    ];
    let texts = texts.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?.clone())));
    manifest.settings.extend(texts);
    manifest.settings.extend(people.map(|people| ("subjects".to_string(), people.size.to_string())));
    manifest.units_checked = model.unit_checking();
    manifest.seed = people.map(|people| people.seed);
    manifest.warnings = found.warnings.iter().map(|w| w.message.clone()).collect();
    describe(&mut manifest, prepared.settings(), found.integrated, found.work);
    let mut files = vec![OutputFile::csv("sessions.csv", &question.table(unit, &found.sessions).with_reasons())];
    if let Some(people) = &found.people {
        files.push(OutputFile::csv("people.csv", &question.people_table(unit, people).with_reasons()));
    }
    let figure = figure(args, found, model)?;
    files.push(OutputFile::new("session.svg", figure.to_svg()?));
    files.push(OutputFile::new("session.png", figure.to_png()?));
    write_set(out, "manifest.json", &mut manifest, &files)?;
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    Ok(format!("{} and manifest.json", names.join(", ")))
}
