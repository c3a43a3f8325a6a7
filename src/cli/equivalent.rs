//! `posology equivalent`: the dose by one route that gives the exposure of a regimen by another.

use super::compare::used;
use super::engine::{EngineArgs, describe};
use super::output::{draw, print, table, warn};
use super::people::PeopleArgs;
use super::person::pair;
use super::progress::Progress;
use super::simulate::time;
use super::threads::ThreadsArgs;
use super::{ArgumentError, Failure, Outcome, Shared, model, quantity, said};
use crate::Error;
use crate::document::Text;
use crate::io::{Format, Input, Manifest, OutputFile, Table, write_set};
use crate::plot::equivalent_figure;
use crate::study::compare::Models;
use crate::study::equivalent::{By, Equivalence, Question, SidePlan, WITHIN, equivalent};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct EquivalentArgs {
    /// What is to be matched, such as "esketamine-perez-ruixo-2021: 28 mg iv over 40 min"
    #[arg(long, value_name = "MODEL: REGIMEN")]
    reference: String,
    /// What is given instead, without its amounts, such as "esketamine-perez-ruixo-2021: intranasal"
    #[arg(long, value_name = "MODEL: ROUTE …")]
    test: String,
    /// What is to be equal; matches by AUC and by Cmax are shown in any case
    #[arg(long = "match", default_value = "auc", value_parser = |text: &str| text.parse::<By>(), value_name = "auc|cmax|time-above|metabolite-auc|cavg")]
    by: By,
    /// The output or analyte, in place of the reference's first; for metabolite-auc the metabolite
    #[arg(long, value_name = "NAME")]
    analyte: Option<String>,
    /// The level of time-above, such as "50 ng/mL"
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// Doses are multiples of this amount, such as a tablet of "50 mg"; devices are known from the route
    #[arg(long, value_name = "AMOUNT")]
    step: Option<String>,
    /// How far from the reference a multiple may be and still match, as a share of it
    #[arg(long, default_value_t = WITHIN, value_parser = share, value_name = "SHARE")]
    within: f64,
    /// Count doses outside those of the test's source as matches
    #[arg(long)]
    extrapolate: bool,
    /// Body weight of the person, such as 80kg
    #[arg(long)]
    weight: Option<String>,
    /// A covariate of the person, such as age="70 year"
    #[arg(long, value_name = "NAME=VALUE")]
    covariate: Vec<String>,
    /// How long to simulate both sides, such as 24h; areas then end there
    #[arg(long)]
    until: Option<String>,
    #[command(flatten)]
    people: PeopleArgs,
    /// Folder for tables, curves, the figure and manifest.json
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Draw both curves to this SVG or PNG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    shared: Shared,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err("a share is a number between 0 and 1, such as 0.05".into()),
    }
}

pub(super) fn run(args: &EquivalentArgs) -> Result<Outcome, Failure> {
    let (question, input) = question(args)?;
    let models = question.models(model)?;
    let people = question.people.as_ref().map_or(0, |people| people.size);
    // About as many passes as a few devices take.
    let progress = Progress::new(6 * people, "runs");
    let pool = args.threads.pool()?;
    let answer = pool.install(|| equivalent(&question, &models, |people| progress.tick(people)));
    progress.finish();
    let answer = answer?;
    let mut manifest = Manifest::new("equivalent");
    manifest.inputs.extend(input);
    manifest.models = models.values().map(used).collect();
    if let Some(path) = &args.plot {
        draw(&equivalent_figure(&answer), path, &manifest)?;
    }
    // Files first: a reader of the tables who leaves early still finds them.
    let written = args.out.as_ref().map(|_| write(args, &answer, &question, &models, manifest)).transpose()?;
    warn(&answer.warnings);
    show(&answer, args.shared.format)?;
    if let (Some(written), Some(out)) = (written, &args.out) {
        say!("wrote {written} to {}", out.display());
    }
    let failed = answer.people.as_ref().is_some_and(|people| people.failed > 0);
    Ok(if failed || !answer.is_complete() { Outcome::SomeFailed } else { Outcome::Done })
}

/// What is asked, and the file that says who the people are.
fn question(args: &EquivalentArgs) -> Result<(Question, Option<Input>), Error> {
    let (people, input) = args.people.people()?;
    let mut subject: Vec<(Text, Text)> =
        args.covariate.iter().map(|given| pair("--covariate", given)).collect::<Result<_, _>>()?;
    if let Some(weight) = &args.weight {
        let weight = said("--weight", weight);
        subject.push((Text::at("weight".into(), weight.place.clone()), weight));
    }
    let described = |name: &Text| people.as_ref().is_some_and(|p| p.people.describes(&name.text));
    if let Some((name, _)) = subject.iter().find(|(name, _)| described(name)) {
        let option = match &args.weight {
            Some(_) if name.text == "weight" => "--weight".into(),
            _ => format!("--covariate {}", name.text),
        };
        return Err(ArgumentError::DescribedTwice { option }.into());
    }
    let placed = |option: &str, text: &Option<String>, like: &str| {
        let Some(text) = text else { return Ok(None) };
        let text = said(option, text);
        Ok::<_, Error>(Some((quantity_like(&text, like)?, text.place)))
    };
    let question = Question {
        reference: SidePlan::read("--reference", &said("--reference", &args.reference))?,
        test: SidePlan::read("--test", &said("--test", &args.test))?,
        by: args.by,
        analyte: args.analyte.as_ref().map(|name| said("--analyte", name)),
        level: placed("--level", &args.level, "")?,
        step: placed("--step", &args.step, "mg")?,
        within: args.within,
        extrapolate: args.extrapolate,
        subject,
        until: args.until.as_ref().map(|until| time("--until", until)).transpose()?.map(|until| until.in_base()),
        people,
        settings: args.engine.settings(),
    };
    Ok((question, input))
}

/// A quantity above zero, of the kind of `like` unless that is empty.
fn quantity_like(text: &Text, like: &str) -> Result<crate::units::Quantity, Error> {
    let quantity = match like {
        "" => text.text.parse().map_err(|f: crate::units::UnitFault| Error::from(f).placed_in(text))?,
        like => quantity(text, like)?,
    };
    if quantity.value() <= 0.0 {
        let option = text.place.source.name.clone();
        return Err(Error::from(ArgumentError::NotPositive { option }).placed(&text.place));
    }
    Ok(quantity)
}

fn show(answer: &Equivalence, format: Format) -> Result<(), Failure> {
    if format != Format::Table {
        return table("", &answer.matches(), format);
    }
    let [reference, test] = &answer.sides;
    print(&format!("reference: {}, {}\n", reference.model, reference.give))?;
    print(&format!("test:      {}, {}\n", test.model, test.give))?;
    for statement in answer.statements() {
        print(&format!("{statement}\n"))?;
    }
    print("\n")?;
    let heading = "Matches, every metric in % of the reference's";
    table(heading, &answer.matches(), format)?;
    if let (Some(whole), Some(unit)) = (answer.whole_numbers(), &answer.unit) {
        let within = 100.0 * answer.within;
        let heading = format!("\nWhole numbers of {}; a match is within {within} %", unit.origin());
        table(&heading, &whole, format)?;
    }
    if let Some(people) = &answer.people {
        let heading = format!("\nPopulation: {} virtual people, the dose that each of them needs", people.size);
        table(&heading, &answer.people_doses().unwrap_or_default(), format)?;
        let heading = "\nPopulation: the same people, ratio of geometric means, test to reference, with 90 % interval";
        table(heading, &answer.people_ratios().unwrap_or_default(), format)?;
    }
    Ok(())
}

/// Writes the files and gives their names.
fn write(
    args: &EquivalentArgs,
    answer: &Equivalence,
    question: &Question,
    models: &Models,
    mut manifest: Manifest,
) -> Result<String, Failure> {
    manifest.settings = settings(args, answer);
    manifest.units_checked = models.values().all(|m| m.unit_checking());
    manifest.seed = question.people.as_ref().map(|people| people.seed);
    manifest.warnings = answer.warnings.iter().map(|w| w.message.clone()).collect();
    describe(&mut manifest, &question.settings, answer.integrated, answer.work);
    let figure = equivalent_figure(answer);
    let mut files = vec![OutputFile::csv("matches.csv", &answer.matches())];
    let optional: [(&str, Option<Table>); 3] = [
        ("whole_numbers.csv", answer.whole_numbers()),
        ("population.csv", answer.people_doses()),
        ("population_ratios.csv", answer.people_ratios()),
    ];
    files.extend(optional.into_iter().filter_map(|(name, table)| Some(OutputFile::csv(name, &table?))));
    files.push(OutputFile::csv("profiles.csv", &answer.profiles()));
    files.push(OutputFile::new("equivalent.svg", figure.to_svg()?));
    files.push(OutputFile::new("equivalent.png", figure.to_png()?));
    let out = args.out.as_deref().unwrap_or(std::path::Path::new("."));
    write_set(out, "manifest.json", &mut manifest, &files)?;
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    Ok(format!("{} and manifest.json", names.join(", ")))
}

/// What was asked, by name.
fn settings(args: &EquivalentArgs, answer: &Equivalence) -> std::collections::BTreeMap<String, String> {
    let by = By::ALL.into_iter().find(|(_, by)| *by == args.by).map(|(name, _)| name.to_string());
    let texts = [
        ("reference", Some(args.reference.clone())),
        ("test", Some(args.test.clone())),
        ("match", by),
        ("analyte", args.analyte.clone()),
        ("level", args.level.clone()),
        ("step", args.step.clone()),
        ("within", (args.within != WITHIN).then(|| args.within.to_string())),
        ("extrapolate", args.extrapolate.then(|| "true".to_string())),
        ("weight", args.weight.clone()),
        ("until", args.until.clone()),
        ("subjects", args.people.subjects.map(|n| n.to_string())),
    ];
    let covariates = args.covariate.iter().filter_map(|given| given.split_once('='));
    let covariates = covariates.map(|(name, value)| (format!("covariate {}", name.trim()), value.to_string()));
    let texts = texts.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)));
    let mut settings: std::collections::BTreeMap<String, String> = texts.chain(covariates).collect();
    for (side, name) in [(0, "reference"), (1, "test")] {
        let (own, other) = (&answer.sides[side].covariates, &answer.sides[1 - side].covariates);
        for (covariate, value) in own {
            // What is nobody's but the model's may differ between two models.
            let differs = other.iter().any(|(same, of_other)| same == covariate && of_other != value);
            let of = if differs { format!(" of the {name}") } else { String::new() };
            settings.insert(format!("covariate {covariate}{of}"), value.clone());
        }
    }
    settings
}
