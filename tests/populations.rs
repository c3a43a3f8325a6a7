//! Virtual and listed people: they have the distributions that are stated, they do not depend on each other, and what is wrong
//! is said with its place. Seeds were chosen before any result was seen; bounds are exact (tests/bounds).

mod bounds;

use bounds::{has_quantiles, is_correlation, is_mean, is_normal, is_share};
use posology::Error;
use posology::error::Faults;
use posology::math::normal;
use posology::model::{Catalogue, Model};
use posology::population::{Outside, People, PeopleError, Population};
use posology::prelude::*;

const SEED: u64 = 20_261_122;
const MANY: usize = 100_000;
const MG: f64 = 1e6; // of a kg
const HOURS: f64 = 8766.0; // of a year

/// A model of people with numbers, a category and a flag, which vary between subjects.
const MODEL: &str = r#"
format = 1
id     = "people"
title  = "Covariates of every kind"
drug   = "example"
grade  = "assumed"

[population]
description = "nobody"
site        = "venous"
range       = { weight = "40..120 kg", age = "18..65 year" }

[covariates]
weight = { unit = "kg", reference = 70 }
age    = { unit = "year", reference = 45 }
crcl   = { unit = "mL/min", reference = 100 }
sex    = { one_of = ["female", "male", "unknown"], reference = "unknown" }
smoker = { flag = false }

[parameters]
CL = { value = 10, unit = "L/h", grade = "assumed", why = "an example", iiv = { cv = 0.3 }, typical = "value * (weight / 70[kg])^0.75 * crcl / 100[mL/min]" }
V  = { value = 50, unit = "L", grade = "assumed", why = "an example", typical = "value * if(sex == male, 1.1, 1) * if(smoker, 1.2, 1) * age / 45[year]" }

[compartments]
central = { volume = "V" }

[flows]
"central -> out" = { clearance = "CL" }

[routes.iv]
central = {}

[outputs]
drug = { value = "C(central)", unit = "ng/mL", analyte = "other", site = "venous" }
"#;

fn model() -> Model {
    Model::parse(MODEL, "people.toml", &Catalogue).unwrap_or_else(|e| panic!("{e}"))
}

fn stated(text: &str) -> People {
    People::parse("plan.toml", text).unwrap_or_else(|e| panic!("{e}"))
}

/// The values of some covariates of many people, one list each.
fn draw<const N: usize>(people: &str, names: [&str; N]) -> [Vec<f64>; N] {
    let model = model();
    let population = Population::of(&model).people(&stated(people)).unwrap().seed(SEED);
    let mut draws = population.draws();
    let places = names.map(|name| model.covariates().iter().position(|c| c.name == name).unwrap());
    let mut values = names.map(|_| Vec::with_capacity(MANY));
    for person in 0..MANY as u64 {
        let subject = draws.subject(person, 0).unwrap();
        for (list, place) in values.iter_mut().zip(places) {
            list.push(subject.covariates()[place]);
        }
    }
    values
}

fn logs(values: &[f64]) -> Vec<f64> {
    values.iter().map(|x| x.ln()).collect()
}

fn log_sd(cv: f64) -> f64 {
    (1.0 + cv * cv).ln().sqrt()
}

#[test]
fn normal_and_log_normal_numbers_have_their_mean_and_variance() {
    let [age, weight, crcl] = draw(
        r#"age = { mean = "45 year", sd = "400 week" }
           weight = { median = "75 kg", cv = 0.2 }
           crcl = { mean = "6 L/h", cv = 0.3 }"#,
        ["age", "weight", "crcl"],
    );
    is_normal(&age, 45.0 * HOURS, 400.0 * 168.0);
    is_normal(&logs(&weight), (75.0 * MG).ln(), log_sd(0.2));
    // The mean of a log-normal quantity is its median times sqrt(1 + CV^2).
    is_normal(&logs(&crcl), (6.0 / 1.09f64.sqrt()).ln(), log_sd(0.3));
    let [weight] = draw(r#"weight = { median = "75 kg", gsd = 1.25 }"#, ["weight"]);
    is_normal(&logs(&weight), (75.0 * MG).ln(), 1.25f64.ln());
}

#[test]
fn the_quantiles_are_those_of_the_distribution() {
    let [weight, age] = draw(
        r#"weight = { mean = "75 kg", sd = "15 kg", min = "60 kg", max = "82 kg" }
           age = { from = "18 year", to = "60 year" }"#,
        ["weight", "age"],
    );
    let kg: Vec<f64> = weight.iter().map(|mg| mg / MG).collect();
    assert!(kg.iter().all(|w| (60.0..=82.0).contains(w)));
    let below = |w: f64| normal::cdf((w - 75.0) / 15.0);
    let inside = below(82.0) - below(60.0);
    has_quantiles(&kg, &[60.5, 65.0, 70.0, 75.0, 80.0, 81.5], |w| (below(w) - below(60.0)) / inside);
    // Mean of a truncated normal distribution: m + s (phi(a) - phi(b)) / (Phi(b) - Phi(a)).
    let density = |w: f64| {
        let z: f64 = (w - 75.0) / 15.0;
        (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
    };
    is_mean(&kg, 75.0 + 15.0 * (density(60.0) - density(82.0)) / inside, 22.0);
    let years: Vec<f64> = age.iter().map(|h| h / HOURS).collect();
    has_quantiles(&years, &[18.5, 20.0, 30.0, 39.0, 50.0, 59.5], |a| (a - 18.0) / 42.0);
    assert!(years.iter().all(|a| (18.0..=60.0).contains(a)));
}

#[test]
fn correlated_numbers_are_correlated_so() {
    let [age, weight, crcl] = draw(
        r#"age = { mean = "45 year", sd = "10 year" }
           weight = { median = "75 kg", cv = 0.2 }
           crcl = { median = "100 mL/min", cv = 0.25 }
           correlation = [["weight", "age", 0.4], ["age", "crcl", -0.6], ["crcl", "weight", 0.2]]"#,
        ["age", "weight", "crcl"],
    );
    let standard = |values: &[f64], median: f64, cv: f64| -> Vec<f64> {
        values.iter().map(|x| (x / median).ln() / log_sd(cv)).collect()
    };
    let age: Vec<f64> = age.iter().map(|x| (x / HOURS - 45.0) / 10.0).collect();
    let weight = standard(&weight, 75.0 * MG, 0.2);
    let crcl = standard(&crcl, 6.0, 0.25);
    for values in [&age, &weight, &crcl] {
        is_normal(values, 0.0, 1.0);
    }
    let pairs = |a: &[f64], b: &[f64]| -> Vec<(f64, f64)> { a.iter().copied().zip(b.iter().copied()).collect() };
    is_correlation(&pairs(&age, &weight), 0.4);
    is_correlation(&pairs(&age, &crcl), -0.6);
    is_correlation(&pairs(&weight, &crcl), 0.2);
}

#[test]
fn uncorrelated_numbers_are_independent() {
    let [age, weight] = draw(
        r#"age = { mean = "45 year", sd = "10 year" }
           weight = { mean = "75 kg", sd = "10 kg" }"#,
        ["age", "weight"],
    );
    let pairs: Vec<_> =
        age.iter().zip(&weight).map(|(a, w)| ((a / HOURS - 45.0) / 10.0, (w / MG - 75.0) / 10.0)).collect();
    is_correlation(&pairs, 0.0);
}

#[test]
fn a_category_decides_what_others_are() {
    // Written before what decides them, and one of them through another.
    let [weight, smoker, sex] = draw(
        r#"weight = { by = "sex", female = { median = "66 kg", cv = 0.15 }, male = { by = "smoker", true = { median = "78 kg", cv = 0.1 }, false = { median = "84 kg", cv = 0.2 } } }
           smoker = { by = "sex", male = { probability = 0.3 }, female = { probability = 0.2 } }
           sex = { one_of = { female = 0.62, male = 0.38 } }"#,
        ["weight", "smoker", "sex"],
    );
    let of = |chosen: &dyn Fn(usize) -> bool| -> Vec<usize> { (0..MANY).filter(|i| chosen(*i)).collect() };
    let women = of(&|i| sex[i] == 0.0);
    let men = of(&|i| sex[i] == 1.0);
    assert_eq!(women.len() + men.len(), MANY);
    is_share(women.len(), MANY, 0.62);
    is_share(women.iter().filter(|i| smoker[**i] == 1.0).count(), women.len(), 0.2);
    is_share(men.iter().filter(|i| smoker[**i] == 1.0).count(), men.len(), 0.3);
    let weights = |people: &[usize]| logs(&people.iter().map(|i| weight[*i] / MG).collect::<Vec<_>>());
    is_normal(&weights(&women), 66f64.ln(), log_sd(0.15));
    is_normal(&weights(&of(&|i| sex[i] == 1.0 && smoker[i] == 1.0)), 78f64.ln(), log_sd(0.1));
    is_normal(&weights(&of(&|i| sex[i] == 1.0 && smoker[i] == 0.0)), 84f64.ln(), log_sd(0.2));
}

#[test]
fn what_has_no_spread_is_the_same_for_everybody() {
    let [weight, age, sex, smoker, crcl] = draw(
        r#"weight = { mean = "70 kg", sd = "0 kg" }
           age = { median = "30 year", cv = 0, min = "18 year" }
           sex = "male"
           smoker = true
           crcl = "90 mL/min"
           correlation = [["age", "weight", 0.5]]"#,
        ["weight", "age", "sex", "smoker", "crcl"],
    );
    let same = |values: Vec<f64>, expected: f64| assert!(values.iter().all(|v| *v == expected), "{}", values[0]);
    same(weight, 70.0 * MG);
    same(age, 30.0 * HOURS);
    same(sex, 1.0);
    same(smoker, 1.0);
    assert!((crcl[0] - 5.4).abs() < 1e-14 && crcl.iter().all(|v| *v == crcl[0]));
}

const SOME: &str = r#"sex = { one_of = { female = 0.5, male = 0.5 } }
weight = { by = "sex", female = { median = "66 kg", cv = 0.15 }, male = { median = "84 kg", cv = 0.2 } }
age = { mean = "45 year", sd = "10 year" }
correlation = [["age", "weight", 0.3]]"#;

/// Everything that is drawn of a person.
fn drawn(subject: &Subject<'_>) -> (Vec<f64>, Vec<f64>) {
    (subject.covariates().to_vec(), subject.effects().to_vec())
}

#[test]
fn a_person_is_the_same_alone_among_others_and_in_any_order() {
    let model = model();
    let people = stated(SOME);
    let population = Population::of(&model).people(&people).unwrap().seed(7).size(1000);
    let mut in_order = population.draws();
    let all: Vec<_> = (0..1000).map(|person| drawn(&in_order.subject(person, 0).unwrap())).collect();
    let fifth = drawn(&population.clone().size(1).draws().subject(5, 0).unwrap());
    assert_eq!(fifth, all[5]);
    assert!(fifth.1[0] != 0.0);
    let mut backwards = population.draws();
    for person in (0..1000).rev() {
        assert_eq!(drawn(&backwards.subject(person, 0).unwrap()), all[person as usize]);
    }
    for other in [population.clone().seed(8), population.clone().replicate(1)] {
        let fifth = drawn(&other.draws().subject(5, 0).unwrap());
        assert!(fifth.0 != all[5].0 && fifth.1 != all[5].1);
    }
    let alike = drawn(&population.without_variability().draws().subject(5, 0).unwrap());
    assert_eq!((alike.0, alike.1), (all[5].0.clone(), vec![0.0; model.etas().len()]));
}

#[test]
fn a_person_is_the_same_in_every_model_and_beside_other_covariates() {
    let model = model();
    let esketamine = Model::catalogue("esketamine-perez-ruixo-2021").unwrap();
    // `smoker` is a covariate of the first model only, `sex` decides, and every person has a weight.
    let people = stated(&format!("smoker = {{ probability = 0.5 }}\n{SOME}"));
    let refused = Population::of(&esketamine).people(&people).unwrap_err();
    assert_eq!(refused.code(), "E_UNKNOWN_COVARIATE");
    let here = Population::of(&model).people(&people).unwrap();
    let there = Population::of(&esketamine).people_among(&people, &[&model]).unwrap();
    let fewer = Population::of(&model).people(&stated(SOME)).unwrap();
    for person in 0..100 {
        let [a, b, c] = [&here, &there, &fewer].map(|p| p.draws().subject(person, 0).unwrap());
        let age = |subject: &Subject<'_>| {
            let place = subject.model().covariates().iter().position(|c| c.name == "age").unwrap();
            subject.covariates()[place]
        };
        assert_eq!((age(&a), a.weight()), (age(&b), b.weight()));
        assert_eq!((age(&a), a.weight(), a.effects()), (age(&c), c.weight(), c.effects()));
    }
}

#[test]
fn what_everybody_was_given_goes_before_what_is_drawn() {
    let model = model();
    let people = stated(SOME);
    let men = Subject::typical(&model).with("sex", "male").unwrap();
    let population = Population::of(&model).people(&people).unwrap().seed(3);
    let of_men = population.clone().base(men.clone()).unwrap();
    assert_eq!(of_men.model().id(), "people");
    let (mut draws, mut drawn_of_men) = (population.draws(), of_men.draws());
    let mut changed = 0;
    for person in 0..1000 {
        let (free, man) = (draws.subject(person, 0).unwrap(), drawn_of_men.subject(person, 0).unwrap());
        assert_eq!((man.covariates()[3], man.covariates()[1]), (1.0, free.covariates()[1]));
        if free.covariates()[3] == 1.0 {
            assert_eq!(drawn(&man), drawn(&free));
        } else {
            // The same person's normal number, among men's weights.
            let z = (free.weight().unwrap() / 66.0).ln() / log_sd(0.15);
            assert!((man.weight().unwrap() / (84.0 * (z * log_sd(0.2)).exp()) - 1.0).abs() < 1e-12);
            changed += 1;
        }
    }
    assert!(changed > 400);
    let unknown = Subject::typical(&model).with("sex", "unknown").unwrap();
    let fault = population.base(unknown).unwrap_err();
    assert_eq!(fault.code(), "E_MISSING_CASE");
    assert!(fault.to_string().contains("`weight` is not said for `sex` = `unknown`"), "{fault}");
    // A word that is the same for everybody may have cases that only somebody else needs.
    let constant = stated(&SOME.replace("{ one_of = { female = 0.5, male = 0.5 } }", "\"female\""));
    let population = Population::of(&model).people(&constant).unwrap().seed(3).base(men).unwrap();
    assert_eq!(drawn(&population.draws().subject(9, 0).unwrap()), drawn(&of_men.draws().subject(9, 0).unwrap()));
}

#[test]
fn people_outside_the_source_are_counted() {
    let model = model();
    let people = stated("weight = { from = '30 kg', to = '130 kg' }\nage = '70 year'");
    let population = Population::of(&model).people(&people).unwrap().seed(5);
    let mut draws = population.draws();
    let subjects: Vec<_> = (0..1000).map(|person| draws.subject(person, 0).unwrap()).collect();
    let count = |subjects: &[Subject<'_>]| {
        let mut outside = Outside::default();
        subjects.iter().for_each(|s| outside.add(s));
        outside
    };
    let all = count(&subjects);
    let mut merged = Outside::default();
    subjects.chunks(64).for_each(|chunk| merged.merge(&count(chunk)));
    assert_eq!(all, merged);
    let light = subjects.iter().filter(|s| !(40.0..=120.0).contains(&s.weight().unwrap())).count();
    assert!(light > 100);
    let said: Vec<String> = all.warnings(&model).iter().map(|w| w.message.clone()).collect();
    let of = |count: usize, range: &str| {
        format!("{count} of 1000 subjects are outside {range} of the people the model `people` was made from")
    };
    assert_eq!(said, [of(light, "40..120 kg (weight)"), of(1000, "18..65 year (age)")]);
    assert_eq!(Outside::default().warnings(&model), []);
}

#[test]
fn listed_people_are_the_rows_of_a_table() {
    let model = model();
    let table = "# who they are\nID,weight [g],AGE,sex,smoker,note\n\n7,70000, 30 ,male,1,a\n\"b, c\",.,50,0,no,\nx,64000.5,NA,unknown,true,\"z\"\n";
    let people = People::listed("people.csv", table).unwrap();
    assert_eq!(people.count(), Some(3));
    let population = Population::of(&model).people(&people).unwrap();
    let mut draws = population.draws();
    let seen: Vec<Vec<f64>> = (0..3).map(|person| draws.subject(person, 0).unwrap().covariates().to_vec()).collect();
    let reference = 6.0; // L/h
    assert_eq!(seen[0], [70.0 * MG, 30.0 * HOURS, reference, 1.0, 1.0]);
    assert_eq!(seen[1], [70.0 * MG, 50.0 * HOURS, reference, 0.0, 0.0]);
    assert_eq!(seen[2], [64_000_500.0, 45.0 * HOURS, reference, 2.0, 1.0]);
    let warnings = population.warnings();
    let said: Vec<(&str, &str)> = warnings.iter().map(|w| (w.code, w.message.as_str())).collect();
    assert_eq!(
        said,
        [
            ("W_UNUSED_COLUMN", "the column `note` is not used: the model `people` has no such covariate"),
            ("W_REFERENCE_COVARIATE", "1 of 3 listed people have no `weight`: the model's reference stands for it"),
            ("W_REFERENCE_COVARIATE", "1 of 3 listed people have no `age`: the model's reference stands for it"),
        ]
    );
    assert_eq!(draws.subject(3, 0).unwrap_err().code(), "E_TOO_FEW_PEOPLE");
    let refused = people.enough_for(4).unwrap_err();
    assert_eq!(
        (refused.code(), refused.to_string().contains("4 people are wanted, and 3 are listed")),
        ("E_TOO_FEW_PEOPLE", true)
    );
    assert!(refused.hint().unwrap().contains("resample"));
    assert!(people.enough_for(3).is_ok());
    let heavy = Subject::typical(&model).with("weight", 90.0.kg()).unwrap();
    let first = population.base(heavy).unwrap().draws().subject(0, 0).unwrap();
    assert_eq!((first.weight(), first.covariates()[3]), (Some(90.0), 1.0));
}

#[test]
fn listed_people_can_be_drawn_again_and_again() {
    let model = model();
    let people = People::listed("people.csv", "ID,weight\n1,50\n2,60\n3,70\n4,80\n").unwrap().resampled();
    assert!(people.enough_for(MANY as u64).is_ok());
    let population = Population::of(&model).people(&people).unwrap().seed(SEED);
    let mut draws = population.draws();
    let weights: Vec<f64> = (0..MANY as u64).map(|i| draws.subject(i, 0).unwrap().weight().unwrap()).collect();
    for weight in [50.0, 60.0, 70.0, 80.0] {
        is_share(weights.iter().filter(|w| **w == weight).count(), MANY, 0.25);
    }
}

/// The code of what is wrong first, its line and column, and the whole text.
fn wrong(faults: Faults<PeopleError>) -> (&'static str, usize, usize, String) {
    let first = faults.first();
    let place = first.source.as_ref().zip(first.span).map(|(source, span)| source.location(span.start));
    let (line, column) = place.map_or((0, 0), |p| (p.line, p.column));
    (faults.code(), line, column, faults.to_string())
}

#[test]
fn what_is_wrong_with_a_distribution_is_said_where_it_stands() {
    for (text, code, line, column, said) in [
        ("weight = { mean = '75 kg' }", "E_NO_DISTRIBUTION", 1, 10, "`median` or `mean` and `cv`"),
        ("weight = {}", "E_NO_DISTRIBUTION", 1, 10, "given by nothing"),
        ("weight = { mean = '75 kg', sd = '-2 kg' }", "E_OUT_OF_RANGE", 1, 33, "`sd` of `weight` has to be 0 or more"),
        ("weight = { mean = '75 kg', sd = '2 h' }", "E_UNIT_MISMATCH", 1, 33, "kg"),
        ("weight = { mean = '75 kg', sd = 2 }", "E_UNIT_MISSING", 1, 33, "kg"),
        ("weight = { median = '75 kg', cv = '20 %' }", "E_WRONG_TYPE", 1, 35, "a number without quotes"),
        ("weight = { median = '-75 kg', cv = 0.2 }", "E_OUT_OF_RANGE", 1, 21, "more than 0"),
        ("weight = { median = '75 kg', gsd = 0.8 }", "E_OUT_OF_RANGE", 1, 36, "1 or more"),
        ("weight = { median = '75 kg', csv = 0.8 }", "E_UNKNOWN_KEY", 1, 30, "did you mean `cv`?"),
        ("weight = { from = '75 kg', to = '60 kg' }", "E_OUT_OF_RANGE", 1, 33, "`from` or more"),
        ("\nage = { mean = '5 year', sd = '1 year', min = '60 year' }", "E_EMPTY_RANGE", 2, 7, "within its limits"),
        (
            "age = { mean = '5 year', sd = '1 year', min = '6 year', max = '4 year' }",
            "E_EMPTY_RANGE",
            1,
            7,
            "less than `max`",
        ),
        ("age = '45 yeer'", "E_UNIT_UNKNOWN", 1, 11, "year"),
        ("sex = { one_of = { female = 0.6, male = 0.5 } }", "E_PROBABILITIES", 1, 18, "add up to 1.1"),
        ("sex = { one_of = { female = 1.6, male = -0.6 } }", "E_OUT_OF_RANGE", 1, 29, "0 to 1"),
        ("sex = { one_of = { female = 1 }, min = 3 }", "E_NO_DISTRIBUTION", 1, 7, "`one_of`"),
        ("smoker = { probability = 30 }", "E_OUT_OF_RANGE", 1, 26, "0 to 1"),
        ("size = 100", "E_RESERVED_NAME", 1, 1, "where the population is used"),
        ("format = 2", "E_FORMAT", 1, 10, "format 1"),
        ("weight = [1, 2]", "E_WRONG_TYPE", 1, 10, "expression"),
    ] {
        let found = wrong(People::parse("plan.toml", text).expect_err(text));
        assert_eq!((found.0, found.1, found.2), (code, line, column), "{text}\n{}", found.3);
        assert!(found.3.contains(said), "{text}\n{}", found.3);
    }
}

#[test]
fn what_is_wrong_between_covariates_is_said_where_it_stands() {
    let numbers = "a = { mean = 1, sd = 1 }\nb = { mean = 1, sd = 1 }\nc = { mean = 1, sd = 1 }\nd = 'x'\n";
    for (text, code, line, column, said) in [
        (
            "x = { by = 'sx', male = 1 }\nsex = { one_of = { male = 1 } }",
            "E_UNKNOWN_COVARIATE",
            1,
            12,
            "did you mean `sex`?",
        ),
        (
            "x = { by = 'sex', male = 1 }\nsex = { one_of = { male = 0.5, female = 0.5 } }",
            "E_MISSING_CASE",
            1,
            12,
            "`sex` = `female`",
        ),
        (
            "x = { by = 'sex', male = 1, femal = 2 }\nsex = { one_of = { male = 0.5, female = 0.5 } }",
            "E_NOT_IN_LIST",
            1,
            29,
            "did you mean `female`?",
        ),
        ("x = { by = 'y', male = 1 }\ny = 5", "E_NO_CASES", 1, 12, "only a covariate with `one_of`"),
        ("x = { by = 'y', true = 1 }\ny = { probability = 0.5 }", "E_MISSING_CASE", 1, 12, "`y` = `false`"),
        (
            "x = { by = 'y', true = 'kg', false = 1 }\ny = { probability = 0.5 }",
            "E_MIXED_KINDS",
            1,
            38,
            "a word in one case and a number",
        ),
        ("x = { by = 'y', true = '1 kg', false = 1 }\ny = { probability = 0.5 }", "E_UNIT_MISSING", 1, 40, "kg"),
        ("x = { by = 'y' }\ny = { probability = 0.5 }", "E_NO_DISTRIBUTION", 1, 12, "without a case"),
        (
            "p = { by = 'q', a = 'a' }\nq = { by = 'r', a = 'a' }\nr = { by = 'q', a = 'a' }",
            "E_CYCLE",
            2,
            1,
            "`q`, `r` decide each other",
        ),
        ("p = { by = 'p', a = 'a' }", "E_CYCLE", 1, 1, "`p` decide"),
        ("N correlation = [['a', 'b', 0.5, 1]]", "E_WRONG_TYPE", 5, 16, "two names and a number"),
        ("N correlation = [['a', 'e', 0.5]]", "E_UNKNOWN_COVARIATE", 5, 22, "it describes"),
        ("N correlation = [['a', 'd', 0.5]]", "E_NOT_CONTINUOUS", 5, 22, "no number"),
        ("N correlation = [['a', 'b', 1.5]]", "E_OUT_OF_RANGE", 5, 27, "-1 to 1"),
        ("N correlation = [['a', 'a', 0.5]]", "E_REPEATED_CORRELATION", 5, 16, "itself"),
        ("N correlation = [['a', 'b', 0.5], ['b', 'a', 0.5]]", "E_REPEATED_CORRELATION", 5, 33, "written twice"),
        (
            "N correlation = [['a', 'b', 0.9], ['a', 'c', 0.9], ['c', 'b', -0.5]]",
            "E_NOT_POSITIVE_DEFINITE",
            5,
            50,
            "of `c` and `b` cannot hold",
        ),
    ] {
        let text = text.replace("N ", numbers);
        let found = wrong(People::parse("plan.toml", &text).expect_err(&text));
        assert_eq!((found.0, found.1, found.2), (code, line, column), "{text}\n{}", found.3);
        assert!(found.3.contains(said), "{text}\n{}", found.3);
    }
}

#[test]
fn what_is_wrong_for_a_model_is_said_where_it_stands() {
    let model = model();
    for (text, code, line, column, said) in [
        ("wieght = { mean = '75 kg', sd = '1 kg' }", "E_UNKNOWN_COVARIATE", 1, 1, "did you mean `weight`?"),
        ("height = 5", "E_UNKNOWN_COVARIATE", 1, 1, "has no covariate `height`"),
        ("weight = { mean = '75 L', sd = '1 L' }", "E_UNIT_MISMATCH", 1, 19, "kg"),
        ("weight = 75", "E_UNIT_MISSING", 1, 10, "kg"),
        ("weight = 'heavy'", "E_WRONG_TYPE", 1, 1, "a number with a unit"),
        ("sex = { one_of = { man = 0.5, female = 0.5 } }", "E_NOT_IN_LIST", 1, 20, "its values are"),
        ("sex = 4", "E_WRONG_TYPE", 1, 1, "one of a list of words"),
        ("smoker = 'yes'", "E_WRONG_TYPE", 1, 1, "a flag"),
    ] {
        let found = wrong(Population::of(&model).people(&stated(text)).expect_err(text));
        assert_eq!((found.0, found.1, found.2), (code, line, column), "{text}\n{}", found.3);
        assert!(found.3.contains(said), "{text}\n{}", found.3);
    }
    // All that is wrong is said at once, as by every reader.
    let both = Population::of(&model).people(&stated("weight = 75\nsex = 4")).unwrap_err();
    assert_eq!(both.iter().count(), 2);
    // A weight below zero is a person's fault, not the population's.
    let population = Population::of(&model).people(&stated("weight = { mean = '-5 kg', sd = '1 g' }")).unwrap();
    let refused = Error::from(population.draws().subject(0, 0).unwrap_err());
    assert_eq!((refused.code(), refused.hint().unwrap().contains("`min`")), ("E_OUT_OF_RANGE", true));
}

#[test]
fn what_is_wrong_with_a_list_is_said_where_it_stands() {
    let model = model();
    for (text, code, line, column, said) in [
        ("", "E_DATA_EMPTY", 1, 1, "no people"),
        ("ID,weight\n# nobody\n", "E_DATA_EMPTY", 3, 1, "no people"),
        ("weight\n70\n", "E_MISSING_COLUMN", 1, 1, "`ID`"),
        ("ID,weight,weight\n1,2,3\n", "E_REPEATED_COLUMN", 1, 11, "two columns"),
        ("ID,weight,WEIGHT\n1,2,3\n", "E_REPEATED_COLUMN", 1, 11, "two columns"),
        ("ID,,weight\n1,2,3\n", "E_NAMELESS_COLUMN", 1, 4, "no name"),
        ("ID,weight [kgg]\n1,2\n", "E_UNIT_UNKNOWN", 1, 4, "kg"),
        ("ID,weight [h]\n1,2\n", "E_UNIT_MISMATCH", 1, 4, "kg"),
        ("ID,sex [kg]\n1,2\n", "E_WRONG_TYPE", 1, 4, "no unit"),
        ("ID,weight\n1,70\n\n2,70,3\n", "E_CELL_COUNT", 4, 1, "3 cells"),
        ("ID,weight\n1,70\n2,\"70\n", "E_QUOTE", 3, 3, "end on its line"),
        ("ID,weight\n1,70\n1,71\n", "E_REPEATED_ID", 3, 1, "one row for each"),
        ("ID,weight\n,70\n", "E_MISSING_CELL", 2, 1, "no `ID`"),
        ("ID,weight\n1, 70 kg \n", "E_NOT_A_NUMBER", 2, 4, "`weight [kg]`"),
        ("ID,weight\n1,-70\n", "E_OUT_OF_RANGE", 2, 3, "-70 kg"),
        ("ID,weight\n1,inf\n", "E_NOT_A_NUMBER", 2, 3, "`inf`"),
        ("ID,sex\n1,mail\n", "E_NOT_IN_LIST", 2, 3, "did you mean `male`?"),
        ("ID,smoker\n1,2\n", "E_WRONG_TYPE", 2, 3, "a flag"),
    ] {
        let people = People::listed("people.csv", text);
        let found = people.and_then(|people| Population::of(&model).people(&people).map(|_| ())).expect_err(text);
        let found = wrong(found);
        assert_eq!((found.0, found.1, found.2), (code, line, column), "{text}\n{}", found.3);
        assert!(found.3.contains(said), "{text}\n{}", found.3);
    }
    let many: String = (0..100).map(|i| format!("{i},x\n")).collect();
    let people = People::listed("people.csv", &format!("ID,weight\n{many}")).unwrap();
    assert_eq!(Population::of(&model).people(&people).unwrap_err().iter().count(), 20);
}

/// The blocks of a kind in the page of the language.
fn blocks(kind: &str) -> Vec<String> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/populations.md")).unwrap();
    let begin = format!("```{kind}\n");
    let parts = page.split(&begin).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_string()).collect()
}

#[test]
fn the_examples_of_the_documents_are_right() {
    let model = model();
    for text in blocks("toml") {
        Population::of(&model).people(&stated(&text)).unwrap_or_else(|e| panic!("{e}"));
    }
    for text in blocks("csv") {
        let people = People::listed("people.csv", &text).unwrap_or_else(|e| panic!("{e}"));
        let population = Population::of(&model).people(&people).unwrap_or_else(|e| panic!("{e}"));
        let codes: Vec<_> = population.warnings().iter().map(|w| w.code).collect();
        assert_eq!(codes, ["W_REFERENCE_COVARIATE"]);
    }
    assert_eq!((blocks("toml").len(), blocks("csv").len()), (1, 1));
}

#[test]
fn the_order_of_a_correlated_pair_is_that_of_the_file() {
    let text = "age = { mean = '45 year', sd = '10 year' }\nweight = { median = '75 kg', cv = 0.2 }";
    let both = draw(text, ["age", "weight"]);
    let correlated = draw(&format!("{text}\ncorrelation = [['weight', 'age', 0.5]]"), ["age", "weight"]);
    assert!(both[0] == correlated[0] && both[1] != correlated[1]);
}
