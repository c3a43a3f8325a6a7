//! Variability between occasions: sessions of a regimen and of a data set, labels of a column; residual errors of both.

use posology::error::Kind;
use posology::io::{DataOptions, DataReader, SubjectData};
use posology::model::{Catalogue, Model};
use posology::population::{Effects, Subject, random};
use posology::prelude::*;
use posology::simulate::{CovariateRule, Errors, Prepared, Replay, Residuals, Rules, Settings};

/// One compartment whose clearance and bioavailability vary between occasions.
fn model(occasion: &str, residual: &str) -> Model {
    let text = format!(
        r#"
id    = "one"
title = "One compartment"
drug  = "none"
grade = "assumed"
[population]
description = "nobody"
site        = "none"
{occasion}
[covariates]
slow = {{ flag = false }}
[parameters]
CL = {{ value = 5, unit = "L/h", grade = "assumed", why = "a test", typical = "value * if(slow, 0.5, 1)", iiv = {{ cv = 0.2 }}, iov = {{ cv = 0.3 }} }}
V  = {{ value = 50, unit = "L", grade = "assumed", why = "a test" }}
F  = {{ value = 0.6, grade = "assumed", why = "a test", bounds = [0, 1], iov = {{ logit_sd = 0.7 }} }}
[compartments]
central = {{ volume = "V", fraction = "F" }}
[flows]
"central -> out" = {{ clearance = "CL" }}
[routes.part]
device  = {{ amount = "50 mg", gap = "10 min" }}
central = {{ fraction = "F" }}
[outputs]
c = {{ value = "C(central)", unit = "ug/L"{residual} }}
"#
    );
    Model::parse(&text, "one.toml", &Catalogue).unwrap_or_else(|e| panic!("{e}"))
}

const SESSIONS: &str = "occasion = { per = \"session\", gap = \"12 h\" }";
const COLUMN: &str = "occasion = { column = \"OCC\" }";

fn subjects(model: &Model, data: &str) -> Vec<SubjectData> {
    let reader = DataReader::new(data.as_bytes(), "d", model, DataOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    reader.map(|subject| subject.unwrap_or_else(|e| panic!("{e}"))).collect()
}

fn replay<'m>(model: &'m Model) -> Replay<'m> {
    Replay::new(model, Rules::default(), Settings::default()).unwrap()
}

/// The first output of one person at the records of a data set, and the person.
fn replayed<'m>(model: &'m Model, data: &str, person: u64) -> (Vec<f64>, Subject<'m>) {
    let (replay, data) = (replay(model), subjects(model, data).remove(0));
    let (mut subject, mut out) = (Subject::typical(model), Vec::new());
    let occasions = replay.occasions(&data.history).unwrap();
    Effects::new(model, 4, 0).draw_on(person, occasions.into_iter(), &mut subject);
    replay.run(&data.history, &subject, &mut out).unwrap();
    (out, subject)
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} is not {expected}");
}

/// Clearance (L/h) and bioavailability of a person on an occasion: the occasion's effects in the order of the model.
fn individual(model: &Model, subject: &Subject<'_>, occasion: usize) -> (f64, f64) {
    let between = subject.effects()[model.parameters()[0].iiv.unwrap()];
    let on = subject.effects_on(occasion);
    let logit = (0.6f64 / 0.4).ln() + on[1];
    (5.0 * (between + on[0]).exp(), 1.0 / (1.0 + (-logit).exp()))
}

/// ug/L after doses of 100 mg in two devices of a route; the clearance changes where an occasion begins.
fn closed_form(model: &Model, subject: &Subject<'_>, doses: &[(f64, usize)], time: f64) -> f64 {
    let devices = doses.iter().flat_map(|(at, occasion)| [(*at, *occasion), (*at + 1.0 / 6.0, *occasion)]);
    let begins: Vec<f64> = (1..).map_while(|o| doses.iter().find(|(_, of)| *of == o).map(|(at, _)| *at)).collect();
    let amount = |(at, occasion): (f64, usize)| {
        let (_, f) = individual(model, subject, occasion);
        let mut edges: Vec<f64> = begins.iter().copied().filter(|b| *b > at && *b < time).collect();
        edges.insert(0, at);
        edges.push(time);
        let decay = edges.windows(2).map(|two| {
            let occasion = begins.iter().filter(|b| **b <= two[0]).count();
            individual(model, subject, occasion).0 / 50.0 * (two[1] - two[0])
        });
        50.0 * f * (-decay.sum::<f64>()).exp()
    };
    devices.filter(|(at, _)| *at < time).map(amount).sum::<f64>() / 50.0 * 1000.0
}

const TIMES: [f64; 6] = [2.0, 7.0, 23.0, 25.0, 47.5, 49.0];
const DOSES: [(f64, usize); 4] = [(0.0, 0), (6.0, 0), (24.0, 1), (48.0, 2)];

#[test]
fn occasions_of_a_regimen_are_its_sessions() {
    let model = model(SESSIONS, "");
    let regimen: Regimen = "100 mg part daily x 3 and 100 mg part once at 6 h".parse().unwrap();
    let prepared = Prepared::new(&model, Some(&regimen), TIMES.to_vec(), 50.0).unwrap();
    assert_eq!(prepared.occasions(), 3);
    let mut subject = Subject::typical(&model);
    Effects::new(&model, 4, 0).draw(7, prepared.occasions(), &mut subject);
    assert_ne!(subject.effects_on(0), subject.effects_on(1));
    let mut out = vec![0.0; prepared.numbers()];
    prepared.run(&subject, &mut prepared.workspace(), &mut out).unwrap();
    for (found, time) in out.iter().zip(TIMES) {
        close(*found, closed_form(&model, &subject, &DOSES, time));
    }
    // Beyond the occasions that were drawn everybody is as between subjects.
    assert_eq!(subject.effects_on(3), [0.0, 0.0]);
}

#[test]
fn implied_doses_begin_sessions_and_a_data_set_is_its_regimen() {
    let model = model(SESSIONS, "");
    let rows: String = TIMES.iter().map(|t| format!("1,{t},0,,,,\n")).collect();
    let head = "ID,TIME,EVID,AMT,CMT,ADDL,II\n1,0,1,100,part,2,24\n1,6,1,100,part,,\n";
    // The rows in the order of their times, as a data set needs them.
    let (early, late): (Vec<&str>, Vec<&str>) = rows.lines().partition(|row| row.starts_with("1,2,"));
    let (first, second) = head.split_at(head.find("1,6,").unwrap());
    let data = format!("{first}{}\n{second}{}\n", early.join("\n"), late.join("\n"));
    let (out, subject) = replayed(&model, &data, 7);
    let observed = [1, 3, 4, 5, 6, 7].map(|row| out[row]);
    for (found, time) in observed.iter().zip(TIMES) {
        close(*found, closed_form(&model, &subject, &DOSES, time));
    }
    let regimen: Regimen = "100 mg part daily x 3 and 100 mg part once at 6 h".parse().unwrap();
    let prepared = Prepared::new(&model, Some(&regimen), TIMES.to_vec(), 50.0).unwrap();
    let (mut same, mut expected) = (Subject::typical(&model), vec![0.0; prepared.numbers()]);
    Effects::new(&model, 4, 0).draw(7, prepared.occasions(), &mut same);
    assert_eq!((same.effects(), same.effects_on(2)), (subject.effects(), subject.effects_on(2)));
    prepared.run(&same, &mut prepared.workspace(), &mut expected).unwrap();
    observed.iter().zip(expected).for_each(|(found, expected)| close(*found, expected));
}

#[test]
fn every_engine_sees_occasions() {
    let model = model(SESSIONS, "");
    let regimen: Regimen = "100 mg part daily x 3 and 100 mg part once at 6 h".parse().unwrap();
    let data = "ID,TIME,EVID,AMT,CMT,ADDL,II\n1,0,1,100,part,2,24\n1,6,1,100,part,,\n1,25,0,,,,\n1,49,0,,,,\n";
    let mut subject = Subject::typical(&model);
    Effects::new(&model, 4, 0).draw(7, 3, &mut subject);
    for engine in
        [posology::simulate::Engine::Explicit, posology::simulate::Engine::Stiff, posology::simulate::Engine::Dop853]
    {
        let settings = Settings { engine, ..Settings::default() };
        let prepared = Prepared::with(&model, Some(&regimen), TIMES.to_vec(), 50.0, settings).unwrap();
        let mut out = vec![0.0; prepared.numbers()];
        prepared.run(&subject, &mut prepared.workspace(), &mut out).unwrap();
        for (found, time) in out.iter().zip(TIMES) {
            let expected = closed_form(&model, &subject, &DOSES, time);
            assert!((found / expected - 1.0).abs() < 1e-6, "{engine}: {found} is not {expected} at {time} h");
        }
        if engine != posology::simulate::Engine::Dop853 {
            let replay = Replay::new(&model, Rules::default(), settings).unwrap();
            let mut out = Vec::new();
            replay.run(&subjects(&model, data)[0].history, &subject, &mut out).unwrap();
            for (found, time) in out[2..].iter().zip([25.0, 49.0]) {
                let expected = closed_form(&model, &subject, &DOSES, time);
                assert!((found / expected - 1.0).abs() < 1e-6, "{engine}: {found} is not {expected} at {time} h");
            }
        }
    }
}

#[test]
fn a_session_begins_where_the_clock_goes_back_and_not_with_doses_that_were_dropped() {
    let model = model(SESSIONS, "");
    let occasions = |data: &str| replay(&model).occasions(&subjects(&model, data)[0].history).unwrap().len();
    let head = "ID,TIME,EVID,AMT,CMT,ADDL,II\n";
    assert_eq!(occasions(&format!("{head}1,5,0,,,,\n1,20,1,100,part,,\n1,40,0,,,,\n")), 1);
    assert_eq!(occasions(&format!("{head}1,0,1,100,part,5,24\n1,49,0,,,,\n")), 3);
    assert_eq!(occasions(&format!("{head}1,0,1,100,part,5,24\n1,25,3,,,,\n1,120,0,,,,\n")), 2);
    assert_eq!(occasions(&format!("{head}1,0,1,100,part,1,24\n1,30,0,,,,\n1,0,4,100,part,1,24\n1,30,0,,,,\n")), 4);
    assert_eq!(occasions(&format!("{head}1,0,1,100,part,9,8\n1,80,0,,,,\n")), 1);
    // The same numbers after the clock went back as a subject of its own has on those occasions.
    let data = format!("{head}1,0,1,100,part,,\n1,30,0,,,,\n1,0,4,100,part,,\n1,30,0,,,,\n");
    let (out, subject) = replayed(&model, &data, 3);
    close(out[1], closed_form(&model, &subject, &[(0.0, 0)], 30.0));
    let (cl, f) = individual(&model, &subject, 1);
    let expected = [30.0, 30.0 - 1.0 / 6.0].map(|t: f64| f * (-cl / 50.0 * t).exp() * 1000.0).iter().sum::<f64>();
    close(out[3], expected);
}

#[test]
fn occasions_by_a_column_have_the_numbers_of_their_labels() {
    let model = model(COLUMN, "");
    let head = "ID,TIME,EVID,AMT,CMT,OCC\n";
    let all =
        format!("{head}1,0,1,100,part,2\n1,5,0,,,2\n1,24,1,100,part,7\n1,30,0,,,7\n1,48,1,100,part,1\n1,50,0,,,1\n");
    let (_, subject) = replayed(&model, &all, 3);
    let replay = replay(&model);
    assert_eq!(replay.occasions(&subjects(&model, &all)[0].history).unwrap(), [2, 7, 1]);
    // Without the first occasion the others are what they were.
    let fewer = format!("{head}1,0,1,100,part,7\n1,6,0,,,7\n1,24,0,,,1\n");
    let (out, other) = replayed(&model, &fewer, 3);
    assert_eq!((other.effects_on(0), other.effects_on(1)), (subject.effects_on(1), subject.effects_on(2)));
    // The next record's value holds since the record before, as for any column.
    let (cl, f) = individual(&model, &other, 0);
    let amount = |t: f64| f * 50.0 * ((-cl / 50.0 * t).exp() + (-cl / 50.0 * (t - 1.0 / 6.0)).exp());
    close(out[1], amount(6.0) / 50.0 * 1000.0);
    let later = individual(&model, &other, 1).0;
    close(out[2], amount(6.0) * (-later / 50.0 * 18.0).exp() / 50.0 * 1000.0);
}

#[test]
fn a_column_that_is_missing_or_holds_words_is_an_error() {
    let model = model(COLUMN, "");
    let without = subjects(&model, "ID,TIME,EVID,AMT,CMT\n1,0,1,100,part\n").remove(0);
    let error = replay(&model).occasions(&without.history).unwrap_err();
    assert_eq!(error.code(), "E_NO_OCCASION_COLUMN");
    assert!(error.to_string().contains("`OCC`") && error.hint().unwrap().contains("`OCC`"));
    // A typical subject needs no occasions.
    replay(&model).run(&without.history, &Subject::typical(&model), &mut Vec::new()).unwrap();
    let data = "ID,TIME,EVID,AMT,CMT,OCC\n1,0,1,100,part,first\n";
    let mut reader = DataReader::new(data.as_bytes(), "d", &model, DataOptions::default()).unwrap();
    assert_eq!(reader.next().unwrap().unwrap_err().first().kind.code(), "E_NOT_AN_OCCASION");
}

#[test]
fn a_covariate_that_changes_and_an_occasion_go_together() {
    // R7, R8: what an additional dose does follows the covariates of its record, and the occasion it is given on.
    let model = model(SESSIONS, "");
    let data = "ID,TIME,EVID,AMT,CMT,ADDL,II,slow\n1,0,1,100,part,1,24,0\n1,20,0,,,,,1\n1,30,0,,,,,1\n";
    let history = subjects(&model, data).remove(0).history;
    let rules = Rules { covariates: CovariateRule::Locf, ..Rules::default() };
    let replay = Replay::new(&model, rules, Settings::default()).unwrap();
    let (mut subject, mut out) = (Subject::typical(&model), Vec::new());
    Effects::new(&model, 4, 0).draw(3, 2, &mut subject);
    replay.run(&history, &subject, &mut out).unwrap();
    let ((first, f1), (second, f2)) = (individual(&model, &subject, 0), individual(&model, &subject, 1));
    let (k1, k2) = (first / 50.0, second / 50.0);
    let one = |at: f64| 50.0 * f1 * (-(k1 * (20.0 - at) + 0.5 * k1 * 4.0 + 0.5 * k2 * 6.0)).exp();
    let two = |at: f64| 50.0 * f2 * (-0.5 * k2 * (30.0 - at)).exp();
    close(out[2], (one(0.0) + one(1.0 / 6.0) + two(24.0) + two(24.0 + 1.0 / 6.0)) / 50.0 * 1000.0);
}

/// Values without and with the residual error of a model, and the normal numbers of person 5.
fn erred(residual: &str, covariate: bool) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let model = model("", &format!(", residual = {residual}"));
    let regimen: Regimen = "100 mg part".parse().unwrap();
    let prepared = Prepared::new(&model, Some(&regimen), TIMES.to_vec(), 50.0).unwrap();
    let subject = Subject::typical(&model).with("slow", covariate).unwrap();
    let mut values = vec![0.0; prepared.numbers()];
    prepared.run(&subject, &mut prepared.workspace(), &mut values).unwrap();
    let mut measured = values.clone();
    Residuals::new(&prepared, 6, 1).add(5, &subject, &mut measured).unwrap();
    let normal = |t: &f64| random::Stream::new(6, 1, random::Purpose::Residual("c", *t)).normal(5);
    (values, measured, TIMES.iter().map(normal).collect())
}

#[test]
fn residual_errors_follow_their_formulas() {
    let check = |residual: &str, slow: bool, formula: &dyn Fn(f64, f64) -> f64| {
        let (values, measured, normal) = erred(residual, slow);
        for ((y, z), found) in values.iter().zip(normal).zip(measured) {
            close(found, formula(*y, z));
        }
    };
    check("{ proportional = 0.2 }", false, &|y, z| y * (1.0 + 0.2 * z));
    check("{ additive = 30 }", false, &|y, z| y + 30.0 * z);
    check("{ additive = \"30 ng/mL\" }", false, &|y, z| y + 30.0 * z);
    check("{ proportional = 0.2, additive = 30 }", false, &|y, z| y + (0.04 * y * y + 900.0).sqrt() * z);
    check("{ proportional = 0.2, additive = 30, combined = 1 }", false, &|y, z| y + (0.2 * y + 30.0) * z);
    check("{ log_sd = 0.3 }", false, &|y, z| y * (0.3 * z).exp());
    let depends = "{ when = \"slow\", log_sd = 0.3, otherwise = { additive = 30 } }";
    check(depends, true, &|y, z| y * (0.3 * z).exp());
    check(depends, false, &|y, z| y + 30.0 * z);
    let (_, measured, _) = erred("{ additive = 3000 }", false);
    assert!(measured.iter().any(|y| *y < 0.0), "nothing is cut off at 0");
}

#[test]
fn residual_errors_do_not_depend_on_other_times_and_data_have_those_of_a_regimen() {
    let model = model("", ", residual = { proportional = 0.2 }");
    let regimen: Regimen = "100 mg part".parse().unwrap();
    let subject = Subject::typical(&model);
    let at = |times: &[f64], person: u64| {
        let prepared = Prepared::new(&model, Some(&regimen), times.to_vec(), 50.0).unwrap();
        let mut values = vec![0.0; prepared.numbers()];
        prepared.run(&subject, &mut prepared.workspace(), &mut values).unwrap();
        Residuals::new(&prepared, 6, 0).add(person, &subject, &mut values).unwrap();
        values
    };
    let (few, many) = (at(&[7.0, 25.0], 5), at(&[1.0, 7.0, 9.0, 25.0], 5));
    close(many[1], few[0]);
    close(many[3], few[1]);
    let data = subjects(&model, "ID,TIME,EVID,AMT,CMT\n6,0,1,100,part\n6,7,0,,\n6,25,0,,\n").remove(0);
    let errors = Errors { seed: 6, replicate: 0, person: random::person(&data.id) };
    let mut out = Vec::new();
    replay(&model).observe(&data.history, &subject, Some(errors), &mut out).unwrap();
    close(out[1], few[0]);
    close(out[2], few[1]);
    // A dose row is no observation.
    let mut bare = Vec::new();
    replay(&model).run(&data.history, &subject, &mut bare).unwrap();
    assert_eq!(out[0], bare[0]);
    // The same time on a clock that went back is another measurement.
    let twice = "ID,TIME,EVID,AMT,CMT\n6,0,1,100,part\n6,7,0,,\n6,0,4,100,part\n6,7,0,,\n";
    replay(&model).observe(&subjects(&model, twice)[0].history, &subject, Some(errors), &mut out).unwrap();
    close(out[1], few[0]);
    assert_ne!(out[3], out[1]);
}
