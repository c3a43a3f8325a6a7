//! Populations as a whole: a published cohort, laws of comparisons on the same people, and bytes that depend on nobody else.

use posology::metrics::Measure;
use posology::model::Catalogue;
use posology::population::{People, Population};
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use posology::study::cohort::Cohort;
use posology::study::compare::{Plan, Ratio, Summary, compare, population_table};
use rayon::ThreadPoolBuilder;

const OTTO: &str = "s-ketamine-otto-2021";

fn prepared<'m>(model: &'m Model, give: &str, samples: Vec<f64>, until: f64) -> Prepared<'m> {
    let regimen: Regimen = give.parse().unwrap();
    Prepared::with(model, Some(&regimen), samples, until, Settings::default()).unwrap()
}

/// Otto et al. 2021: 10 mg over 30 min in 200 people like those of CHDR1311 (68.0 +- 7.2 kg), AUC 0-10 h 0.0937 mg h/L with a CV
/// of 15 %, Cmax 0.0501 mg/L with one of 20.1 %. Means within 3 standard errors of 200 people (3.2 % and 4.3 %), CVs within
/// 15 % of themselves.
#[test]
fn the_published_cohort_of_otto() {
    let model = Model::catalogue(OTTO).unwrap();
    let people = People::parse("otto", "weight = { mean = '68 kg', sd = '7.2 kg', min = '30 kg' }").unwrap();
    let population = Population::of(&model).people(&people).unwrap().size(20_000).seed(2021);
    let prepared = prepared(&model, "10 mg iv over 30 min", Vec::new(), 10.0);
    let cohort = Cohort { prepared: &prepared, population: &population, residual: false };
    let wanted = [(0, Measure::Auc(0.0, 10.0)), (0, Measure::Cmax(None))];
    let (metrics, remarks) = cohort.measure(0..20_000, &wanted, |_| {}).unwrap();
    assert!(remarks.failures.is_empty());
    for (metric, (mean, cv, within)) in metrics.iter().zip([(93.7, 0.15, 0.032), (50.1, 0.201, 0.043)]) {
        let n = metric.values.len() as f64;
        let found = metric.values.iter().sum::<f64>() / n;
        let sd = (metric.values.iter().map(|v| (v - found).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        assert!((found / mean - 1.0).abs() < within, "{}: mean {found} {}", metric.measure, metric.unit);
        assert!((sd / found / cv - 1.0).abs() < 0.15, "{}: CV {}", metric.measure, sd / found);
    }
}

#[test]
fn bytes_of_a_person_depend_on_nobody_else() {
    let saturable = include_str!("../benches/models/effects.toml");
    let models = [
        (Model::catalogue("esketamine-perez-ruixo-2021").unwrap(), "84 mg intranasal weekly x 3"),
        (Model::catalogue("s-ketamine-simons-2022").unwrap(), "50 mg buccal weekly x 3"),
        (Model::parse(saturable, "effects.toml", &Catalogue).unwrap(), "84 mg oral weekly x 3"),
    ];
    for (model, give) in &models {
        let prepared = prepared(model, give, (0..50).map(|k| 8.0 * f64::from(k)).collect(), 500.0);
        let population = Population::of(model).size(1000).seed(9);
        let cohort = Cohort { prepared: &prepared, population: &population, residual: true };
        let numbers = prepared.numbers();
        let run = |threads, people: std::ops::Range<u64>| {
            let mut out = vec![0.0; numbers * (people.end - people.start) as usize];
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let remarks = pool.install(|| cohort.run(people, &mut out));
            assert!(remarks.failures.is_empty(), "{:?}", remarks.failures.first());
            out.into_iter().map(f64::to_bits).collect::<Vec<u64>>()
        };
        let all = run(1, 0..1000);
        assert_eq!(all, run(2, 0..1000), "{} on two threads", model.id());
        for person in [0, 4, 63, 64, 999u64] {
            let alone = run(1, person..person + 1);
            let place = person as usize * numbers;
            assert_eq!(alone, all[place..place + numbers], "person {person} of {}", model.id());
        }
    }
}

#[test]
fn bands_are_the_percentiles_of_all_people_in_any_number_of_passes() {
    let model = Model::catalogue(OTTO).unwrap();
    let samples: Vec<f64> = (1..=10).map(f64::from).collect();
    let prepared = prepared(&model, "10 mg iv over 30 min", samples.clone(), 10.0);
    let population = Population::of(&model).size(101).seed(4);
    let cohort = Cohort { prepared: &prepared, population: &population, residual: false };
    let mut out = vec![0.0; prepared.numbers() * 101];
    cohort.run(0..101, &mut out);
    let bands = cohort.bands(&[0.0, 50.0, 97.0], |_| {}).unwrap();
    for times_at_once in [1, 3] {
        let again = cohort.bands_in_passes(&[0.0, 50.0, 97.0], times_at_once, |_| {}).unwrap();
        let pairs = bands.values.iter().flatten().flatten().zip(again.values.iter().flatten().flatten());
        assert!(pairs.clone().count() == 60 && pairs.clone().all(|(a, b)| (a / b - 1.0).abs() < 1e-12));
    }
    for output in 0..model.outputs().len() {
        for time in 0..samples.len() {
            let mut values: Vec<f64> =
                out.chunks(prepared.numbers()).map(|person| person[output * samples.len() + time]).collect();
            values.sort_by(f64::total_cmp);
            let found: Vec<f64> = bands.values[output].iter().map(|curve| curve[time]).collect();
            for (found, want) in found.iter().zip([values[0], values[50], values[97]]) {
                assert!((found / want - 1.0).abs() < 1e-14, "{found} is not {want}");
            }
        }
    }
}

#[test]
fn people_who_cannot_be_simulated_are_named_and_the_others_go_on() {
    let text = "id = 't'\ntitle = 't'\ndrug = 'none'\ngrade = 'assumed'\n\
        [parameters]\nV = { value = 10, unit = 'L', grade = 'assumed', why = 'a test' }\n\
        CL = { value = 1, unit = 'L/h', grade = 'assumed', why = 'a test', iiv = { sd = 1 } }\n\
        [compartments]\ncentral = { volume = 'V' }\n[flows]\n\"central -> out\" = { clearance = 'CL' }\n\
        [routes.iv]\ncentral = {}\n[outputs]\nc = { value = 'C(central)', unit = 'mg/L' }\n";
    let model = Model::parse(text, "t.toml", &Catalogue).unwrap();
    let prepared = prepared(&model, "10 mg iv", vec![1.0], 1.0);
    let population = Population::of(&model).size(1000).seed(5);
    let cohort = Cohort { prepared: &prepared, population: &population, residual: false };
    let mut out = vec![0.0; 1000];
    let remarks = cohort.run(0..1000, &mut out);
    let failed: Vec<u64> = remarks.failures.iter().map(|(person, _)| *person).collect();
    // A normal clearance of 1 +- 1 L/h is negative for 15.9 % of people: bounds of a binomial at 1e-4.
    assert!((115..=206).contains(&failed.len()), "{} failed", failed.len());
    let missing: Vec<u64> = (0..1000).filter(|person| out[*person as usize].is_nan()).collect();
    assert_eq!(failed, missing);
    assert!(remarks.failures[0].1.to_string().contains("E_OUT_OF_LIMITS"), "{}", remarks.failures[0].1);
    let bands = cohort.bands(&[50.0], |_| {}).unwrap();
    assert!(bands.values[0][0][0].is_finite() && bands.remarks.failures.len() == failed.len());
}

#[test]
fn who_fails_at_one_time_is_in_the_bands_of_none() {
    let text = "id = 't'\ntitle = 't'\ndrug = 'none'\ngrade = 'assumed'\n\
        [parameters]\nV = { value = 10, unit = 'L', grade = 'assumed', why = 'a test', iiv = { cv = 0.5 } }\n\
        [compartments]\ncentral = { volume = 'V' }\n[flows]\n\"central -> out\" = { rate = '0.1[1/h]' }\n\
        [routes.iv]\ncentral = {}\n[outputs]\n\
        c = { value = 'log(C(central) / 0.4[mg/L] - if(t < 1.5[h], 1, 0))', unit = '1' }\n";
    let model = Model::parse(text, "t.toml", &Catalogue).unwrap();
    let prepared = prepared(&model, "10 mg iv", vec![1.0, 2.0, 3.0], 3.0);
    let population = Population::of(&model).size(200).seed(8);
    let cohort = Cohort { prepared: &prepared, population: &population, residual: false };
    let all = cohort.bands_in_passes(&[0.0, 50.0], 3, |_| {}).unwrap();
    let one = cohort.bands_in_passes(&[0.0, 50.0], 1, |_| {}).unwrap();
    let names = |bands: &posology::study::cohort::Bands| bands.remarks.failures.iter().map(|f| f.0).collect::<Vec<_>>();
    assert!(!names(&all).is_empty() && names(&all).len() < 200);
    assert_eq!(names(&all), names(&one));
    for (a, b) in all.values.iter().flatten().flatten().zip(one.values.iter().flatten().flatten()) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }
}

fn plan(arms: &str) -> Plan {
    let head = "population = { size = 60, seed = 3, weight = { median = '72 kg', cv = 0.2 } }\nreference = 'one'\n";
    Plan::parse("plan.toml", &format!("{head}{arms}")).unwrap()
}

fn arm(name: &str, model: &str, output: &str, session: &str) -> String {
    format!("[[arm]]\nname = '{name}'\nmodel = '{model}'\noutput = '{output}'\nsession = '{session}'\n")
}

#[test]
fn twice_the_dose_is_twice_the_exposure_of_everybody() {
    let plan = plan(
        &[
            arm("one", OTTO, "s_ketamine", "10 mg iv over 30 min"),
            arm("two", OTTO, "s_ketamine", "20 mg iv over 30 min"),
            arm("metabolite", OTTO, "s_norketamine", "10 mg iv over 30 min"),
        ]
        .concat(),
    );
    let models = plan.models(|name| Ok(Model::catalogue(name)?)).unwrap();
    let comparison = compare(&plan, &models, |_| {}).unwrap();
    let people = comparison.population.as_ref().unwrap();
    for metric in [0, 2, 3] {
        let ratio = people.ratio(1, metric).unwrap();
        for value in [ratio.ratio, ratio.low, ratio.high] {
            assert!((value / 2.0 - 1.0).abs() < 1e-9, "{ratio:?}");
        }
    }
    assert!((people.ratio(1, 1).unwrap().ratio - 1.0).abs() < 1e-6, "the peak is at the same time");
    let table = population_table(&comparison);
    let place = |name: &str| table.columns().iter().position(|column| column.name == name).unwrap();
    let of = |arm: &str| table.rows().iter().find(|row| format!("{:?}", row[place("arm")]).contains(arm)).unwrap();
    assert!(format!("{:?}", of("metabolite")[place("ratio")]).contains("another analyte"), "never ranked");
    assert!(format!("{:?}", of("one")[place("ratio")]).contains("the reference"));
}

#[test]
fn summaries_and_ratios_by_hand() {
    let values = [1.0, 2.0, 4.0, f64::NAN, 8.0];
    let summary = Summary::of(&values, &[5.0, 50.0, 95.0]);
    assert_eq!((summary.count, summary.percentiles[1]), (4, 3.0));
    assert!((summary.geometric_mean.unwrap() - 8.0f64.sqrt()).abs() < 1e-14);
    let s2 = 2.0f64.ln().powi(2) * 5.0 / 3.0;
    assert!((summary.geometric_cv.unwrap() - (s2.exp() - 1.0).sqrt()).abs() < 1e-14);
    assert_eq!(Summary::of(&[0.0, 1.0], &[]).geometric_mean, None);
    // Differences of the logarithms are 0, ln 2 and ln 4; t of 2 degrees of freedom at 95 % is 2.919986.
    let ratio = Ratio::of(&[1.0, 2.0, 4.0, 5.0], &[1.0, 1.0, 1.0, f64::NAN]).unwrap();
    let reach = 2.919_985_580_353_725 * 2.0f64.ln() / 3.0f64.sqrt();
    assert!((ratio.ratio - 2.0).abs() < 1e-14);
    assert!((ratio.high / (2.0 * reach.exp()) - 1.0).abs() < 1e-12 && (ratio.low * ratio.high - 4.0).abs() < 1e-12);
    assert_eq!(Ratio::of(&[1.0], &[1.0]), None);
}

#[test]
fn who_fails_is_counted_among_those_outside() {
    let model = Model::catalogue("esketamine-perez-ruixo-2021").unwrap();
    let old = "age = { mean = '190 year', sd = '1 year', min = '180 year' }";
    let population = Population::of(&model).people(&People::parse("old", old).unwrap()).unwrap().size(20).seed(1);
    let prepared = prepared(&model, "84 mg intranasal", vec![1.0], 1.0);
    let cohort = Cohort { prepared: &prepared, population: &population, residual: false };
    let mut out = vec![0.0; prepared.numbers() * 20];
    let run = cohort.run(0..20, &mut out);
    let (_, measured) = cohort.measure(0..20, &[(0, Measure::Cmax(None))], |_| {}).unwrap();
    for remarks in [run, measured] {
        assert_eq!(remarks.failures.len(), 20, "a flow is negative at that age");
        let said = remarks.outside.warnings(&model);
        assert!(said.len() == 1 && said[0].message.starts_with("20 of 20 subjects are outside"), "{said:?}");
    }
}
