//! `posology course`: courses over months, guided or not, for a person and for virtual people.

use super::compare::{beside, files_beside, used};
use super::engine::{EngineArgs, describe};
use super::output::{draw, table, warn};
use super::people::PeopleArgs;
use super::person::{effect, pair};
use super::progress::Progress;
use super::simulate::time;
use super::threads::ThreadsArgs;
use super::{ArgumentError, Failure, Outcome, Shared, model, read, said, schedule_file};
use crate::Error;
use crate::document::Text;
use crate::dosing::About;
use crate::io::{Cell, Format, Input, Manifest, OutputFile, Table, rounded, write_set};
use crate::model::{Catalogue, Model};
use crate::plot::courses_figure;
use crate::study::PlanError;
use crate::study::course::{
    Adherence, ArmPlan, CourseError, CoursePlan, Courses, Loaded, YEAR, courses, intervals_table, people_table,
    phases_table, population_table, sessions_table, summary_table, visits_table,
};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Numbers smaller than this are printed as 0; files have them in full.
const TRACE: f64 = 1e-9;

#[derive(Debug, Args)]
pub(super) struct CourseArgs {
    /// A plan of courses, a TOML file; or, with `--schedule`, a model's id or the path of a model file
    #[arg(value_name = "PLAN.toml|MODEL")]
    what: String,
    /// A schedule: its id, its file, or a line of text; may be repeated
    #[arg(long, visible_alias = "give", value_name = "SCHEDULE", allow_hyphen_values = true)]
    schedule: Vec<String>,
    /// An effect to attach: an id or the path of an effect file
    #[arg(long, value_name = "ID")]
    effect: Vec<String>,
    /// How long to follow the courses; 52 weeks where it is left out
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// A parameter's value, such as Qh="120 L/h"
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// A covariate of the person, such as age="70 year"
    #[arg(long, value_name = "NAME=VALUE")]
    covariate: Vec<String>,
    #[command(flatten)]
    people: PeopleArgs,
    /// The probability that a virtual person misses a session; never the first
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    missed: Option<f64>,
    /// The probability that a session is late, by up to `--delay-up-to`
    #[arg(long, value_name = "P", requires = "delay_up_to", allow_hyphen_values = true)]
    delayed: Option<f64>,
    /// The longest delay, such as 2d; all shorter ones are as likely
    #[arg(long, value_name = "TIME", requires = "delayed", allow_hyphen_values = true)]
    delay_up_to: Option<String>,
    /// The probability that a session is somebody's last
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    stop: Option<f64>,
    /// Folder for tables, the figure and manifest.json
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Draw the courses to this SVG or PNG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &CourseArgs) -> Result<Outcome, Failure> {
    let (mut plan, mut inputs) = if args.schedule.is_empty() { from_file(args)? } else { from_flags(args)? };
    let folder = if args.schedule.is_empty() { Path::new(&args.what).parent() } else { None }.unwrap_or(Path::new(""));
    let arms = plan.load(
        |name, effects| with_effects(folder, name, effects),
        |text| schedule_file("--schedule", &beside(folder, text)),
    )?;
    for arm in &plan.arms {
        for input in files_of(folder, arm)? {
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
    }
    if !args.schedule.is_empty() {
        name_files(&mut plan.arms, &arms);
    }
    let people = plan.population.as_ref().map_or(0, |people| people.size);
    let progress = Progress::new(plan.arms.len() as u64 * (1 + people), "courses");
    let result =
        args.threads.pool()?.install(|| courses(&plan, &arms, args.engine.settings(), |people| progress.tick(people)));
    progress.finish();
    let result = result?;
    let manifest = read_by(&arms, inputs);
    warn(&result.warnings);
    if let Some(path) = &args.plot {
        draw(&courses_figure(&result)?, path, &manifest)?;
    }
    // Files first: a reader of the tables who leaves early still finds them.
    if let Some(out) = &args.out {
        let names = write(args, out, (&plan, &arms), &result, manifest)?;
        say!("wrote {names} to {}", out.display());
    }
    show(&result, args.shared.format)?;
    Ok(if result.failed() > 0 { Outcome::SomeFailed } else { Outcome::Done })
}

/// Arms of schedules in files of their own are called as the file says, if nothing else is.
fn name_files(arms: &mut [ArmPlan], loaded: &[Loaded]) {
    for (place, loaded) in loaded.iter().enumerate() {
        let About { id, title, .. } = &loaded.schedule.about;
        let Some(name) = id.as_ref().or(title.as_ref()) else { continue };
        if arms.iter().all(|arm| arm.name.text != *name) {
            arms[place].name.text.clone_from(name);
        }
    }
}

/// The plan of a file; what it can say itself is not said beside it.
fn from_file(args: &CourseArgs) -> Result<(CoursePlan, Vec<Input>), Error> {
    let beside_plan = [
        ("--effect", !args.effect.is_empty()),
        ("--until", args.until.is_some()),
        ("--set", !args.set.is_empty()),
        ("--covariate", !args.covariate.is_empty()),
        ("--missed", args.missed.is_some()),
        ("--delayed", args.delayed.is_some()),
        ("--stop", args.stop.is_some()),
    ];
    let option = beside_plan.into_iter().find(|(_, given)| *given).map(|(option, _)| option);
    if let Some(option) = option.or(args.people.asked()) {
        return Err(ArgumentError::BesidePlan { option: option.into() }.into());
    }
    let text = read(&args.what)?;
    let path = Path::new(&args.what);
    let plan = CoursePlan::with_files(&args.what, &text, &files_beside(path.parent().unwrap_or(Path::new(""))))?;
    let mut inputs = vec![Input::new(path, text.as_bytes())];
    let file = plan.population.as_ref().and_then(|people| people.file.as_deref());
    inputs.extend(file.map(|file| Input::new(Path::new(&file.name), file.text.as_bytes())));
    Ok((plan, inputs))
}

/// The plan that the options make: an arm per schedule.
fn from_flags(args: &CourseArgs) -> Result<(CoursePlan, Vec<Input>), Error> {
    let pairs =
        |option: &str, given: &[String]| given.iter().map(|given| pair(option, given)).collect::<Result<Vec<_>, _>>();
    let (population, input) = args.people.people()?;
    let adherence = adherence(args)?;
    if !adherence.is_perfect() && population.is_none() {
        return Err(PlanError::Course(CourseError::NoPeople).into());
    }
    let set = pairs("--set", &args.set)?;
    let effects: Vec<Text> = args.effect.iter().map(|name| said("--effect", name)).collect();
    let mut arms: Vec<ArmPlan> = Vec::new();
    for text in &args.schedule {
        let name = said("--schedule", text);
        if arms.iter().any(|arm| arm.name.text == *text) {
            return Err(Error::from(PlanError::DuplicateArm { name: text.clone() }).placed(&name.place));
        }
        let (model, schedule) = (said("MODEL", &args.what), name.clone());
        arms.push(ArmPlan { name, model, effects: effects.clone(), schedule, subject: Vec::new(), set: set.clone() });
    }
    let until = args.until.as_ref().map(|until| time("--until", until)).transpose()?;
    let plan = CoursePlan {
        title: format!("Courses of {}", args.what),
        until: until.map_or(YEAR, |until| until.in_base()),
        subject: pairs("--covariate", &args.covariate)?,
        population,
        adherence,
        arms,
    };
    Ok((plan, input.into_iter().collect()))
}

fn adherence(args: &CourseArgs) -> Result<Adherence, Error> {
    let share = |option: &str, given: Option<f64>| match given {
        Some(value) if !(0.0..=1.0).contains(&value) => {
            Err(Error::from(PlanError::Course(CourseError::Probability { what: option.into(), value })))
        }
        given => Ok(given.unwrap_or(0.0)),
    };
    let up_to = args.delay_up_to.as_ref().map(|text| time("--delay-up-to", text)).transpose()?;
    Ok(Adherence {
        missed: share("--missed", args.missed)?,
        delayed: share("--delayed", args.delayed)?,
        up_to: up_to.map_or(0.0, |time| time.in_base()),
        stop: share("--stop", args.stop)?,
    })
}

/// The schedule's file, if it is one, and the effects of an arm.
fn files_of(folder: &Path, arm: &ArmPlan) -> Result<Vec<Input>, Error> {
    let mut inputs = Vec::new();
    let schedule = beside(folder, &arm.schedule.text);
    if schedule.ends_with(".toml") {
        inputs.push(Input::new(Path::new(&schedule), read(&schedule)?.as_bytes()));
    }
    for name in arm.effects.iter().map(|name| beside(folder, &name.text)) {
        inputs.push(Input::new(Path::new(&name), effect(&name)?.text.as_bytes()));
    }
    Ok(inputs)
}

/// A model with its effects, files seen from a folder.
fn with_effects(folder: &Path, name: &str, effects: &[Text]) -> Result<Model, Error> {
    let chosen = model(&beside(folder, name))?;
    if effects.is_empty() {
        return Ok(chosen);
    }
    let source = |text: &Text| effect(&beside(folder, &text.text)).map_err(|error| error.placed(&text.place));
    let sources = effects.iter().map(source).collect::<Result<Vec<_>, _>>()?;
    Ok(Model::with_effects(chosen.source(), &sources, &Catalogue)?)
}

fn show(result: &Courses, format: Format) -> Result<(), Failure> {
    let full = |table: Table| if format == Format::Csv { table.with_reasons() } else { table };
    let summary = full(summary_table(result));
    if format != Format::Table {
        return table("", &if result.people.is_some() { full(people_table(result)) } else { summary }, format);
    }
    let weeks = rounded(result.until / 168.0, 4);
    let heading = format!("{}: typical person, {weeks} week{}", result.title, if weeks == "1" { "" } else { "s" });
    table(&heading, &without_traces(&summary.without_empty_columns()), format)?;
    let phases = without_traces(&phases_table(result).without_empty_columns());
    table("\nPhases of the typical person", &phases, format)?;
    let Some((size, seed)) = result.people else { return Ok(()) };
    let heading = format!("\n{size} virtual people, seed {seed}: percentiles");
    let population = without_empty_quantities(population_table(result));
    table(&heading, &without_traces(&population), format)?;
    table(
        "\nPeople by the rule's interval in force at the end; guided sessions by the interval that had passed since the one before",
        &intervals_table(result),
        format,
    )
}

/// A manifest of what was read.
fn read_by(arms: &[Loaded], inputs: Vec<Input>) -> Manifest {
    let mut manifest = Manifest::new("course");
    manifest.inputs = inputs;
    for arm in arms {
        let used = used(&arm.model);
        if !manifest.models.contains(&used) {
            manifest.models.push(used);
        }
    }
    manifest
}

/// What is nothing in any unit that is printed here, as the rest of an effect after months, is 0 for people.
fn without_traces(table: &Table) -> Table {
    let shown = |cell: &Cell| match cell {
        Cell::Number(value) if value.abs() < TRACE => Cell::Number(0.0),
        cell => cell.clone(),
    };
    let mut result = Table::new(table.columns().to_vec());
    table.rows().iter().for_each(|row| result.push(row.iter().map(shown).collect()));
    result
}

/// The percentiles of what some arm has.
fn without_empty_quantities(population: Table) -> Table {
    let all = population.rows().to_vec();
    let count = population.columns().iter().position(|column| column.name == "n").unwrap_or(0);
    let has = |row: &[Cell]| all.iter().any(|other| other[1] == row[1] && other[count] != Cell::Integer(0));
    population.with_rows(has)
}

/// Writes the files and gives their names.
fn write(
    args: &CourseArgs,
    out: &Path,
    (plan, arms): (&CoursePlan, &[Loaded]),
    result: &Courses,
    mut manifest: Manifest,
) -> Result<String, Failure> {
    manifest.settings = settings(args, plan);
    manifest.units_checked = arms.iter().all(|arm| arm.model.unit_checking());
    manifest.seed = plan.population.as_ref().map(|people| people.seed);
    manifest.warnings = result.warnings.iter().map(|w| w.message.clone()).collect();
    let integrated = result.arms.iter().any(|arm| arm.typical.integrated);
    describe(&mut manifest, &args.engine.settings(), integrated, result.work());
    let csv = |name: &str, table: Table| OutputFile::csv(name, &table.with_reasons());
    let mut files = vec![csv("summary.csv", summary_table(result)), csv("phases.csv", phases_table(result))];
    if result.people.is_some() {
        files.push(csv("population.csv", population_table(result)));
        files.push(csv("intervals.csv", intervals_table(result)));
    }
    files.push(csv("people.csv", people_table(result)));
    files.push(csv("sessions.csv", sessions_table(result)));
    if result.arms.iter().any(|arm| arm.guide().is_some()) {
        files.push(csv("visits.csv", visits_table(result)));
    }
    let figure = courses_figure(result)?;
    files.push(OutputFile::new("course.svg", figure.to_svg()?));
    files.push(OutputFile::new("course.png", figure.to_png()?));
    write_set(out, "manifest.json", &mut manifest, &files)?;
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    Ok(format!("{} and manifest.json", names.join(", ")))
}

/// What makes the result, by name.
fn settings(args: &CourseArgs, plan: &CoursePlan) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let mut set = |name: String, value: String| {
        settings.insert(name, value);
    };
    set("until".into(), format!("{} h", plan.until));
    for arm in &plan.arms {
        set(format!("schedule of {}", arm.name.text), arm.schedule.text.clone());
        let effects: Vec<&str> = arm.effects.iter().map(|effect| effect.text.as_str()).collect();
        if !effects.is_empty() {
            set(format!("effects of {}", arm.name.text), effects.join(", "));
        }
    }
    if let Some(people) = &plan.population {
        set("subjects".into(), people.size.to_string());
    }
    let Adherence { missed, delayed, up_to, stop } = plan.adherence;
    if !plan.adherence.is_perfect() {
        set("adherence".into(), format!("missed {missed}, delayed {delayed} by up to {up_to} h, stop {stop}"));
    }
    for given in args.set.iter().chain(&args.covariate) {
        if let Some((name, value)) = given.split_once('=') {
            set(name.trim().into(), value.into());
        }
    }
    settings
}
