//! Sweeps: the points of each design, what factors do, what a point gives, and what is wrong with a plan.

use posology::Error;
use posology::io::Cell;
use posology::model::{Catalogue, Model};
use posology::study::compare::Models;
use posology::study::sweep::{Sweep, SweepPlan, Unit};

const ESKETAMINE: &str = "esketamine-perez-ruixo-2021";

/// One compartment whose curves have closed forms.
const MODEL: &str = r#"format = 1
id     = "mine"
title  = "One compartment"
drug   = "drug"
grade  = "assumed"

[parameters]
CL = { value = 5, unit = "L/h", grade = "assumed", why = "an example" }
V  = { value = 50, unit = "L", grade = "assumed", why = "an example" }

[compartments]
central = { volume = "V" }

[flows]
"central -> out" = { clearance = "CL" }

[routes.iv]
central = {}

[outputs]
c = { value = "C(central)", unit = "ng/mL" }
"#;

const PLAN: &str = r#"format = 1
model  = "mine"
give   = "{dose} iv every {interval} x 2"
until  = "48 h"

[factors]
dose     = { list = ["28 mg", "56 mg", "84 mg"] }
interval = { from = "6 h", to = "1 d", steps = 4 }
CL       = { from = "2 L/h", to = "8 L/h", steps = 3, scale = "log" }

[measures]
peak = "Cmax"
auc  = "AUC(c, 0 h, 24 h)"
"#;

fn load(name: &str) -> Result<Model, Error> {
    match name {
        "mine" => Ok(Model::parse(MODEL, "mine.toml", &Catalogue)?),
        "other" => Ok(Model::parse(
            &MODEL.replace("\"mine\"", "\"other\"").replace("value = 50", "value = 25").replace("ng/mL", "mg/L"),
            "other.toml",
            &Catalogue,
        )?),
        "varied" => varied("iiv = { cv = 0.3 }"),
        "failing" => varied("iiv = { sd = 3 }"),
        id => Ok(Model::catalogue(id)?),
    }
}

/// The model with a clearance that varies.
fn varied(iiv: &str) -> Result<Model, Error> {
    let text = MODEL.replacen("why = \"an example\"", &format!("why = \"an example\", {iiv}"), 1);
    Ok(Model::parse(&text, "varied.toml", &Catalogue)?)
}

/// Does something with a plan that has nothing wrong with it.
fn with<T>(text: &str, ask: impl FnOnce(&Sweep<'_>) -> T) -> T {
    let plan = SweepPlan::parse("plan.toml", text).unwrap_or_else(|e| panic!("{e}"));
    let models: Models = plan.models(load).unwrap_or_else(|e| panic!("{e}"));
    ask(&Sweep::new(&plan, &models).unwrap_or_else(|e| panic!("{e}")))
}

/// What is wrong with a plan.
fn wrong(text: &str) -> Error {
    let plan = match SweepPlan::parse("plan.toml", text) {
        Ok(plan) => plan,
        Err(faults) => return faults.into(),
    };
    let models = match plan.models(load) {
        Ok(models) => models,
        Err(error) => return error,
    };
    Sweep::new(&plan, &models).map(|_| ()).expect_err("nothing is wrong")
}

fn settings(sweep: &Sweep<'_>) -> Vec<Vec<String>> {
    (0..sweep.points()).map(|point| sweep.setting(point)).collect()
}

/// All persons of a point at once.
fn row(sweep: &Sweep<'_>, point: u64) -> Vec<Cell> {
    sweep.reduce(point, &[sweep.run(point, 0..sweep.persons())]).swap_remove(0)
}

/// The cell of a column.
fn cell(sweep: &Sweep<'_>, row: &[Cell], column: &str) -> Cell {
    let columns = sweep.columns();
    let place = columns.iter().position(|c| c.name == column);
    row[place.unwrap_or_else(|| panic!("no `{column}` in {columns:?}"))].clone()
}

fn number(sweep: &Sweep<'_>, row: &[Cell], column: &str) -> f64 {
    match cell(sweep, row, column) {
        Cell::Number(value) => value,
        Cell::Integer(value) => value as f64,
        other => panic!("`{column}` is {other:?}"),
    }
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-11 * b.abs(), "{a} is not {b}");
}

#[test]
fn a_grid_takes_every_combination_the_first_factor_slowest() {
    with(PLAN, |sweep| {
        let settings = settings(sweep);
        assert_eq!(settings.len(), 36);
        assert_eq!(settings[0], ["28 mg", "6 h", "2 L/h"]);
        assert_eq!(settings[1], ["28 mg", "6 h", "4 L/h"]);
        assert_eq!(settings[2], ["28 mg", "6 h", "8 L/h"]);
        assert_eq!(settings[3], ["28 mg", "12 h", "2 L/h"]);
        assert_eq!(settings[12], ["56 mg", "6 h", "2 L/h"]);
        assert_eq!(settings[35], ["84 mg", "24 h", "8 L/h"]);
        let mut distinct = settings.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 36);
    });
}

#[test]
fn numbers_of_a_range_are_printed_as_short_as_they_are_meant() {
    let plan = PLAN.replace(r#"from = "6 h", to = "1 d", steps = 4"#, r#"from = "0.1 h", to = "0.5 h", steps = 5"#);
    with(&plan, |sweep| {
        let values: Vec<String> = (0..5).map(|i| sweep.setting(3 * i).swap_remove(1)).collect();
        assert_eq!(values, ["0.1 h", "0.2 h", "0.3 h", "0.4 h", "0.5 h"]);
    });
}

#[test]
fn a_list_takes_the_factors_side_by_side_or_point_by_point() {
    let zipped = r#"model = "mine"
give = "{dose} iv"
design = { kind = "list" }
measures = { peak = "Cmax" }
[factors]
dose = { list = ["1 mg", "2 mg"] }
V = { list = ["10 L", "20 L"] }
"#;
    let points = r#"model = "mine"
give = "{dose} iv"
measures = { peak = "Cmax" }
design = { kind = "list", points = [{ dose = "1 mg", V = "10 L" }, { V = "20 L", dose = "2 mg" }] }
"#;
    for plan in [zipped, points] {
        with(plan, |sweep| {
            assert_eq!(settings(sweep), [["1 mg", "10 L"], ["2 mg", "20 L"]]);
            (0..2).for_each(|point| close(number(sweep, &row(sweep, point), "peak"), 100.0));
        });
    }
}

fn designed(kind: &str, points: usize, seed: u64) -> String {
    PLAN.replace(", steps = 4", "")
        .replace(", steps = 3", "")
        .replace("[factors]", &format!("seed = {seed}\ndesign = {{ kind = \"{kind}\", points = {points} }}\n[factors]"))
}

/// The share of the way of a printed number with a unit between two numbers.
fn share(text: &str, from: f64, to: f64, log: bool) -> f64 {
    let value: f64 = text.split(' ').next().unwrap().parse().unwrap();
    if log { (value / from).ln() / (to / from).ln() } else { (value - from) / (to - from) }
}

#[test]
fn a_latin_hypercube_has_one_point_in_each_stratum_of_each_factor() {
    let points = 30;
    let settings = with(&designed("latin-hypercube", points, 3), settings);
    let strata = |shares: &mut dyn Iterator<Item = f64>| {
        let mut strata: Vec<usize> = shares.map(|s| (s * points as f64) as usize).collect();
        assert!(!strata.is_sorted(), "the order is drawn");
        strata.sort_unstable();
        strata
    };
    let all: Vec<usize> = (0..points).collect();
    assert_eq!(strata(&mut settings.iter().map(|s| share(&s[1], 6.0, 24.0, false))), all);
    assert_eq!(strata(&mut settings.iter().map(|s| share(&s[2], 2.0, 8.0, true))), all);
    for dose in ["28 mg", "56 mg", "84 mg"] {
        assert_eq!(settings.iter().filter(|s| s[0] == dose).count(), points / 3, "{dose}");
    }
    assert_eq!(with(&designed("latin-hypercube", points, 3), self::settings), settings);
    assert_ne!(with(&designed("latin-hypercube", points, 4), self::settings), settings);
}

#[test]
fn a_sobol_design_is_even_and_longer_ones_begin_like_shorter_ones() {
    let settings = with(&designed("sobol", 64, 3), settings);
    for half in [&settings[..32], &settings[32..]] {
        let mut strata: Vec<usize> = half.iter().map(|s| (share(&s[1], 6.0, 24.0, false) * 32.0) as usize).collect();
        strata.sort_unstable();
        assert_eq!(strata, (0..32).collect::<Vec<_>>());
    }
    assert_eq!(with(&designed("sobol", 20, 3), self::settings), settings[..20]);
    assert_ne!(with(&designed("sobol", 64, 4), self::settings), settings);
}

#[test]
fn other_factors_do_not_move_the_values_of_a_latin_hypercube() {
    let values = |plan: &str| with(plan, |s| (0..30).map(|p| s.setting(p).swap_remove(0)).collect::<Vec<_>>());
    let all = designed("latin-hypercube", 30, 3);
    let fewer = all.replace("CL       = { from = \"2 L/h\", to = \"8 L/h\", scale = \"log\" }\n", "");
    assert_ne!(all, fewer);
    assert_eq!(values(&all), values(&fewer));
}

#[test]
fn a_point_gives_what_its_closed_form_gives() {
    with(PLAN, |sweep| {
        for (point, setting) in settings(sweep).iter().enumerate() {
            let of = |i: usize| setting[i].split(' ').next().unwrap().parse::<f64>().unwrap();
            let (dose, interval, k) = (of(0), of(1), of(2) / 50.0);
            let row = row(sweep, point as u64);
            let first = 1000.0 * dose / 50.0;
            close(number(sweep, &row, "peak"), first * (1.0 + (-k * interval).exp()));
            let area = |hours: f64| first * (1.0 - (-k * hours).exp()) / k;
            close(number(sweep, &row, "auc"), area(24.0) + area(24.0 - interval));
            assert_eq!(cell(sweep, &row, "status"), Cell::from("ok"));
            assert_eq!(cell(sweep, &row, "point"), Cell::Integer(point as i64 + 1));
            assert_eq!(cell(sweep, &row, "dose"), Cell::from(setting[0].as_str()));
        }
        let columns: Vec<_> = sweep.columns().into_iter().map(|c| (c.name, c.unit)).collect();
        let unit = |name: &str| columns.iter().find(|(n, _)| n == name).unwrap().1.clone();
        assert_eq!((unit("peak").as_deref(), unit("auc").as_deref()), (Some("ng/mL"), Some("ng*h/mL")));
    });
}

#[test]
fn a_point_alone_is_the_point_among_all() {
    let all: Vec<Unit> = with(PLAN, |sweep| (0..36).map(|p| sweep.run(p, 0..1)).collect());
    for point in [35, 0, 17] {
        assert_eq!(with(PLAN, |sweep| sweep.run(point, 0..1)), all[point as usize]);
    }
}

#[test]
fn models_and_regimens_are_factors() {
    let plan = r#"measures = { peak = "Cmax(c)" }
[factors]
model = { list = ["mine", "other"] }
regimen = { list = ["{dose} iv", "{dose} iv once", "ketamine-iv-single"] }
dose = { list = ["10 mg"] }
weight = { list = ["70 kg"] }
"#;
    with(plan, |sweep| {
        let peaks: Vec<f64> = (0..6).map(|p| number(sweep, &row(sweep, p), "peak")).collect();
        // The other model has half the volume, and its unit is converted to that of the first.
        [200.0, 200.0].iter().zip(&peaks[..2]).for_each(|(a, b)| close(*b, *a));
        [400.0, 400.0].iter().zip(&peaks[3..5]).for_each(|(a, b)| close(*b, *a));
        // 0.5 mg/kg over 40 min
        let infused = |v: f64| 1000.0 * 35.0 / (2.0 / 3.0) / 5.0 * (1.0 - (-5.0 / v * 2.0 / 3.0f64).exp());
        close(peaks[2], infused(50.0));
        close(peaks[5], infused(25.0));
    });
}

#[test]
fn corners_that_fail_are_rows_with_their_reason() {
    let plan = PLAN
        .replace("{dose} iv every", "{dose} {route} every")
        .replace("auc  = \"AUC(c, 0 h, 24 h)\"", "auc = \"AUCinf\"")
        .replace(
            "[factors]\n",
            "[factors]\nroute = { list = [\"iv\", \"im\", \"over\"] }\nV = { list = [\"50 L\", \"-50 L\"] }\n",
        );
    let plan = plan
        .replace(r#"{ from = "2 L/h", to = "8 L/h", steps = 3, scale = "log" }"#, r#"{ list = ["5 L/h", "0 L/h"] }"#);
    with(&plan, |sweep| {
        assert_eq!(sweep.points(), 144);
        let said = |point: u64| {
            let row = row(sweep, point);
            let text = |column: &str| match cell(sweep, &row, column) {
                Cell::Text(text) => text,
                other => format!("{other:?}"),
            };
            (text("status"), text("reason"), cell(sweep, &row, "auc"))
        };
        assert_eq!(said(0).0, "ok");
        let (status, reason, auc) = said(1);
        assert_eq!((status.as_str(), reason.as_str()), ("some failed", "auc: the output does not return to zero"));
        assert_eq!(auc, Cell::missing("the output does not return to zero"));
        let (status, reason, _) = said(24);
        assert_eq!(status, "failed");
        assert!(reason.contains("`central`"), "{reason}");
        for (point, part) in [(48, "route"), (96, "`every`")] {
            let (status, reason, auc) = said(point);
            assert!(status == "failed" && reason.contains(part), "{status}: {reason}");
            assert!(matches!(auc, Cell::Missing(why) if why == reason));
        }
    });
}

/// People whose clearance varies, and one dose that is the same for all.
const PEOPLE: &str = r#"model    = "varied"
give     = "{dose} iv"
subjects = 5000
seed     = 8
[factors]
dose = { list = ["10 mg", "20 mg"] }
[measures]
peak = "Cmax"
area = "AUCinf"
[summary]
percentiles = [2.5, 50]
probability = ["area > 2000 ng*h/mL", "area <= 2 mg*h/L", "peak < 1 ng/mL"]
"#;

#[test]
fn a_summary_is_what_the_values_of_all_subjects_come_to() {
    let every = PEOPLE.replace("percentiles = [2.5, 50]", "every_subject = true");
    let areas: Vec<f64> = with(&every, |sweep| {
        // In pieces as they come from different machines.
        let units = [0..7, 7..4096, 4096..5000].map(|persons| sweep.run(0, persons));
        let rows = sweep.reduce(0, &units);
        assert_eq!(rows.len(), 5000);
        assert_eq!(cell(sweep, &rows[4999], "ID"), Cell::Integer(5000));
        rows.iter().map(|row| number(sweep, row, "area")).collect()
    });
    with(PEOPLE, |sweep| {
        let row = row(sweep, 0);
        let of = |column: &str| number(sweep, &row, column);
        let n = areas.len() as f64;
        let mean = areas.iter().sum::<f64>() / n;
        let sd = (areas.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let gmean = (areas.iter().map(|a| a.ln()).sum::<f64>() / n).exp();
        close(of("area_mean"), mean);
        close(of("area_sd"), sd);
        close(of("area_cv"), sd / mean);
        close(of("area_gmean"), gmean);
        let mut sorted = areas.clone();
        sorted.sort_by(f64::total_cmp);
        // 0.025 x 4999 = 124.975 and 0.5 x 4999 = 2499.5
        close(of("area_p2.5"), sorted[124] + 0.975 * (sorted[125] - sorted[124]));
        close(of("area_p50"), (sorted[2499] + sorted[2500]) / 2.0);
        let above = areas.iter().filter(|a| **a > 2000.0).count() as f64 / n;
        close(of("area > 2000 ng*h/mL"), above);
        close(of("area <= 2 mg*h/L"), 1.0 - above);
        assert_eq!((of("peak < 1 ng/mL"), of("subjects"), of("failed"), of("area_n")), (0.0, 5000.0, 0.0, 5000.0));
        assert_eq!(cell(sweep, &row, "status"), Cell::from("ok"));
        // The area is dose/CL: log-normal around 10 mg / (5 L/h) with s^2 = ln(1 + 0.3^2).
        let s = 1.09f64.ln().sqrt();
        assert!((gmean.ln() - 2000f64.ln()).abs() < 3.9 * s / n.sqrt(), "{gmean}");
    });
}

#[test]
fn sums_do_not_depend_on_how_persons_are_shared_out() {
    with(PEOPLE, |sweep| {
        let whole = row(sweep, 1);
        let pieces: Vec<Unit> = [0..1, 1..4096, 4096..4097, 4097..5000].map(|range| sweep.run(1, range)).into();
        assert_eq!(sweep.reduce(1, &pieces), [whole]);
    });
}

#[test]
fn a_person_alone_is_the_person_among_all_and_at_every_point() {
    let every = PEOPLE.replace("percentiles = [2.5, 50]", "every_subject = true");
    with(&every, |sweep| {
        let areas = |point: u64, range: std::ops::Range<u64>| -> Vec<f64> {
            let rows = sweep.reduce(point, &[sweep.run(point, range)]);
            rows.iter().map(|row| number(sweep, row, "area")).collect()
        };
        let all = areas(0, 0..100);
        assert_eq!(areas(0, 5..6), all[5..6]);
        assert_eq!(areas(0, 60..100), all[60..]);
        areas(1, 0..100).iter().zip(&all).for_each(|(twice, once)| close(*twice, 2.0 * once));
    });
}

#[test]
fn people_have_the_covariates_that_the_plan_states_unless_a_factor_sets_them() {
    let plan = r#"model = "mine"
give = "0.5 mg/kg iv"
subjects = 2000
population = { weight = { mean = "70 kg", sd = "10 kg" } }
measures = { peak = "Cmax" }
[factors]
V = { list = ["50 L", "25 L"] }
"#;
    with(plan, |sweep| {
        let [row, half] = [0, 1].map(|point| row(sweep, point));
        // 0.5 mg/kg x 70 kg / 50 L, within 3.9 standard errors
        assert!((number(sweep, &row, "peak_mean") - 700.0).abs() < 3.9 * 100.0 / 2000f64.sqrt());
        assert!((number(sweep, &row, "peak_sd") - 100.0).abs() < 3.9 * 100.0 / 4000f64.sqrt());
        for column in ["peak_mean", "peak_sd", "peak_p5", "peak_p50", "peak_p95", "peak_gmean"] {
            close(number(sweep, &half, column), 2.0 * number(sweep, &row, column));
        }
    });
    with(&plan.replace("V = { list = [\"50 L\", \"25 L\"] }", "weight = { list = [\"80 kg\"] }"), |sweep| {
        let row = row(sweep, 0);
        assert_eq!(number(sweep, &row, "peak_sd"), 0.0);
        close(number(sweep, &row, "peak_mean"), 800.0);
    });
}

#[test]
fn replicates_are_other_people_and_a_summary_holds_all_of_them() {
    let every = PEOPLE.replace("5000", "10\nreplicates = 3").replace("percentiles = [2.5, 50]", "every_subject = true");
    with(&every, |sweep| {
        assert_eq!(sweep.persons(), 30);
        let rows = sweep.reduce(0, &[sweep.run(0, 0..4), sweep.run(0, 4..25), sweep.run(0, 25..30)]);
        assert_eq!(rows, sweep.reduce(0, &[sweep.run(0, 0..30)]));
        let (id, replicate) = (cell(sweep, &rows[14], "ID"), cell(sweep, &rows[14], "replicate"));
        assert_eq!((id, replicate), (Cell::Integer(5), Cell::Integer(2)));
        assert_ne!(number(sweep, &rows[14], "area"), number(sweep, &rows[4], "area"));
    });
}

#[test]
fn subjects_that_fail_are_counted_and_left_out() {
    // A normal clearance of 5 with a standard deviation of 3 is below zero for 1 in 21.
    let plan = PEOPLE.replace("\"varied\"", "\"failing\"").replace("5000", "2000");
    let every = plan.replace("percentiles = [2.5, 50]", "every_subject = true");
    let (areas, first): (Vec<f64>, usize) = with(&every, |sweep| {
        let rows = sweep.reduce(0, &[sweep.run(0, 0..2000)]);
        let fails = |row: &&Vec<Cell>| cell(sweep, row, "status") == Cell::from("failed");
        let first = rows.iter().position(|row| fails(&row)).unwrap();
        (rows.iter().filter(|row| !fails(row)).map(|row| number(sweep, row, "area")).collect(), first)
    });
    assert!((1860..1940).contains(&areas.len()), "{}", areas.len());
    with(&plan, |sweep| {
        let row = row(sweep, 0);
        assert_eq!(number(sweep, &row, "failed") as usize, 2000 - areas.len());
        assert_eq!(number(sweep, &row, "area_n") as usize, areas.len());
        close(number(sweep, &row, "area_mean"), areas.iter().sum::<f64>() / areas.len() as f64);
        assert_eq!(cell(sweep, &row, "status"), Cell::from("some failed"));
        let Cell::Text(reason) = cell(sweep, &row, "reason") else { panic!("no reason") };
        assert!(reason.starts_with(&format!("subject {}: ", first + 1)), "{reason}");
    });
}

#[test]
fn plans_that_are_wrong_say_where_and_what_to_do() {
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        ("{dose} iv", "{dos} iv", "E_EMPTY_HOLE", "plan.toml:3:11", "did you mean `dose`"),
        ("{dose} iv", "{amount} iv", "E_EMPTY_HOLE", "plan.toml:3:11", "amount = { list"),
        ("CL       =", "Cl2      =", "E_UNKNOWN_FACTOR", "plan.toml:9:1", "did you mean `CL`"),
        ("CL       =", "appetite =", "E_UNKNOWN_FACTOR", "plan.toml:9:1", "{appetite}"),
        (r#""2 L/h""#, r#""2 L""#, "E_UNIT_MISMATCH", "plan.toml:9:33", ""),
        (r#""8 L/h""#, r#""8 L""#, "E_UNIT_MISMATCH", "plan.toml:9:35", ""),
        (
            r#"{ from = "2 L/h", to = "8 L/h", steps = 3, scale = "log" }"#,
            r#"{ list = ["2 L"] }"#,
            "E_UNIT_MISMATCH",
            "plan.toml:9:22",
            "",
        ),
        (r#"["28 mg", "56 mg", "84 mg"]"#, "[]", "E_NO_VALUES", "plan.toml:7:21", "list ="),
        ("steps = 4", "steps = 0", "E_OUT_OF_RANGE", "plan.toml:8:48", "list"),
        ("steps = 4", "steps = 1", "E_OUT_OF_RANGE", "plan.toml:8:48", "list"),
        (", steps = 4", "", "E_NO_STEPS", "plan.toml:8:1", "steps = 5"),
        (r#""log""#, r#""logarithmic""#, "E_UNKNOWN_SCALE", "plan.toml:9:63", "`log`"),
        (r#""2 L/h""#, r#""0 L/h""#, "E_OUT_OF_RANGE", "plan.toml:9:21", ""),
        (r#""2 L/h""#, r#""9 L/h""#, "E_OUT_OF_RANGE", "plan.toml:9:21", r#"from = "8 L/h", to = "9 L/h""#),
        (r#""2 L/h""#, r#""8 L/h""#, "E_OUT_OF_RANGE", "plan.toml:9:21", "leave the factor out"),
        (r#""Cmax""#, r#""Cmx""#, "E_METRIC_UNKNOWN", "plan.toml:12:9", "`Cmax`"),
        (r#""Cmax""#, r#""Cmax(d)""#, "E_UNKNOWN_OUTPUT", "plan.toml:12:14", "`c`"),
        (r#""Cmax""#, r#""F""#, "E_NEEDS_REFERENCE", "plan.toml:12:8", ""),
        (r#""Cmax""#, r#""time_above(c, 50 h)""#, "E_UNIT_MISMATCH", "plan.toml:12:8", ""),
        ("0 h, 24 h", "0 h, 24 mg", "E_UNIT_MISMATCH", "plan.toml:13:20", ""),
        ("peak = \"Cmax\"\nauc  = \"AUC(c, 0 h, 24 h)\"\n", "", "E_NO_MEASURES", "plan.toml:11:1", "Cmax"),
        ("iv every", "im every", "E_UNKNOWN_ROUTE", "plan.toml:3:18", "`iv`"),
        (
            r#"model  = "mine""#,
            r#"model  = "esketamin-perez-ruixo-2021""#,
            "E_UNKNOWN_MODEL",
            "plan.toml:2:10",
            "esketamine",
        ),
        ("peak = ", "dose = ", "E_NAME_CLASH", "plan.toml:7:1", "another name"),
        ("until  = \"48 h\"", "until  = \"0 h\"", "E_OUT_OF_RANGE", "plan.toml:4:10", ""),
        ("until  = \"48 h\"", "subjects = 0", "E_OUT_OF_RANGE", "plan.toml:4:12", ""),
        ("until  = \"48 h\"", "design = { kind = \"gird\" }", "E_UNKNOWN_DESIGN", "plan.toml:4:19", "`grid`"),
        ("until  = \"48 h\"", "design = { kind = \"list\" }", "E_UNEVEN_LISTS", "plan.toml:8:1", "grid"),
        ("until  = \"48 h\"", "design = { kind = \"sobol\" }", "E_MISSING_KEY", "plan.toml:4:10", ""),
        ("until  = \"48 h\"", "design = { kind = \"sobol\", points = 0 }", "E_OUT_OF_RANGE", "plan.toml:4:37", ""),
        ("until  = \"48 h\"", "design = { kind = \"grid\", points = 9 }", "E_UNKNOWN_KEY", "plan.toml:4:27", ""),
        (
            "until  = \"48 h\"",
            "design = { kind = \"list\", points = [{ dose = \"1 mg\" }] }",
            "E_POINTS_AND_FACTORS",
            "plan.toml:4:36",
            "",
        ),
        (
            "until  = \"48 h\"",
            "summary = { percentiles = [5] }",
            "E_TYPICAL_SUMMARY",
            "plan.toml:4:11",
            "subjects = 1000",
        ),
        ("steps = 4", "steps = 9000000", "E_TOO_MANY_POINTS", "plan.toml:6:2", "fewer"),
        ("until  = \"48 h\"", "results = \"xlsx\"", "E_TABLE_FORMAT", "plan.toml:4:11", "`parquet`"),
        #[cfg(not(feature = "parquet"))]
        ("until  = \"48 h\"", "results = \"parquet\"", "E_NO_PARQUET", "plan.toml:4:11", "--features parquet"),
        ("until  = \"48 h\"", "unil = \"48 h\"", "E_UNKNOWN_KEY", "plan.toml:4:1", "`until`"),
    ];
    let mut unlike = Vec::new();
    let mut refused = |text: &str, changed: &str, code: &str, place: &str, hint: &str| {
        let error = wrong(text);
        let shown = error.to_string();
        let as_expected = shown.starts_with(&format!("error[{code}"))
            && shown.contains(&format!("--> {place}\n"))
            && error.hint().unwrap_or_default().contains(hint)
            && shown.matches("error[").count() == 1;
        if !as_expected {
            unlike.push(format!("{changed}: expected {code} at {place}, hint {hint}\n{shown}"));
        }
    };
    for (right, changed, code, place, hint) in cases {
        assert!(PLAN.contains(right), "{right}");
        refused(&PLAN.replacen(right, changed, 1), changed, code, place, hint);
    }
    let population = PLAN.replace("until  = \"48 h\"", "subjects = 10\nsummary = { PUT }");
    for (put, code, place, hint) in [
        ("probability = [\"peek > 5 ng/mL\"]", "E_UNKNOWN_MEASURE", "plan.toml:5:29", "`peak`"),
        ("probability = [\"peak is 5 ng/mL\"]", "E_NOT_A_COMPARISON", "plan.toml:5:28", "peak > 120 ng/mL"),
        ("probability = [\"peak > 5 h\"]", "E_UNIT_MISMATCH", "plan.toml:5:28", ""),
        ("probability = [\"peak > 5\"]", "E_UNIT_MISSING", "plan.toml:5:28", ""),
        ("percentiles = [5, 101]", "E_OUT_OF_RANGE", "plan.toml:5:31", ""),
    ] {
        refused(&population.replace("PUT", put), put, code, place, hint);
    }
    let typical = PLAN.replace("until  = \"48 h\"", "population = { weight = { mean = \"70 kg\", sd = \"9 kg\" } }");
    refused(&typical, "population of one", "E_TYPICAL_POPULATION", "plan.toml:4:14", "subjects = 1000");
    let unlike_any = typical.replace("population = { weight", "subjects = 9\npopulation = { appetite");
    refused(&unlike_any, "a covariate of no model", "E_UNKNOWN_COVARIATE", "plan.toml:5:16", "");
    let several = PLAN.replace("\"mine\"", &format!("\"{ESKETAMINE}\"")).replace("iv every", "intranasal every");
    let several = several.replace("CL       =", "Qh       =").replace("AUC(c,", "AUC(esketamine,");
    refused(&several, "two outputs", "E_WHICH_OUTPUT", "plan.toml:12:8", "write it like `Cmax(esketamine)`");
    assert!(unlike.is_empty(), "{}", unlike.join("\n\n"));
}

#[test]
fn a_corner_that_fails_is_a_row_wherever_it_stands_and_its_reason_is_that_of_the_point() {
    let plan = PEOPLE.replace("5000", "20").replace("[\"10 mg\", \"20 mg\"]", "[\"0 mg\", \"20 mg\", \"0 mg\"]");
    assert_ne!(plan, PEOPLE.replace("5000", "20"), "{PEOPLE}");
    with(&plan, |sweep| {
        let said = |point| match cell(sweep, &row(sweep, point), "reason") {
            Cell::Text(reason) => reason,
            other => format!("{other:?}"),
        };
        assert_eq!(said(0), "`0 mg iv`: the amount `0 mg` is not more than zero");
        assert_eq!(said(2), said(0));
        assert_eq!(cell(sweep, &row(sweep, 0), "failed"), Cell::Integer(20));
        assert_eq!(cell(sweep, &row(sweep, 1), "status"), Cell::from("ok"));
    });
    let routes = PLAN
        .replace("{dose} iv every", "{dose} {route} every")
        .replace("[factors]", "[factors]\nroute = { list = [\"im\", \"iv\"] }");
    with(&routes, |sweep| {
        let reason = cell(sweep, &row(sweep, 0), "reason");
        assert_eq!(reason, Cell::from("`28 mg im every 6 h x 2`: the model `mine` has no route `im`"));
    });
    // What the plan says of every point is an error before anything runs, and so is a regimen without a hole.
    let literal =
        "model = \"mine\"\ngive = \"0 mg iv\"\n[factors]\nCL = { list = [\"5 L/h\"] }\n[measures]\npeak = \"Cmax\"\n";
    let error = wrong(literal);
    assert_eq!(error.code(), "E_DOSE_NOT_POSITIVE", "{error}");
    assert!(error.to_string().contains("--> plan.toml:2:9"), "{error}");
}
