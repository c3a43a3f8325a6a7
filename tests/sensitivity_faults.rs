//! What a sensitivity analysis cannot say: plans with faults, simulations that fail, and effects that are none.
#![cfg(feature = "cli")]

#[allow(dead_code)] // it takes what it needs
mod common;
#[path = "common/sensitivity.rs"]
mod sensitivity;

use posology::study::sensitivity::Effects;
use sensitivity::{ORAL, PLAN, analysis, effects, folder, json, local_plan};

#[test]
fn simulations_that_fail_take_the_indices_of_their_measures_with_them_and_say_how_many() {
    // A volume of 0 or less for about half of all rows, and an area to infinity without clearance for none.
    let plan = PLAN.replace("v  = { median = \"30 L\", cv = 0.3 }", "v  = { from = \"-10 L\", to = \"30 L\" }");
    let run = folder(&plan).run(&["sensitivity", "plan.toml", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("W_POINTS_FAILED") && run.stderr.contains("of 320 simulations"), "{}", run.stderr);
    for row in json(&run) {
        assert!(row["total"].is_null());
        let reason = row["_missing"]["total"].as_str().unwrap();
        assert!(reason.contains("of 320 simulations have no value; the first, point "), "{reason}");
    }
    // Of a derivative only what rests on the point that failed.
    let local = r#"model = "oral.toml"
give = "100 mg oral every 12 h x {n}"
factors = { n = { at = 3 }, cl = {} }
[measures]
peak = "Cmax(drug)"
[sensitivity]
method = "local"
"#;
    let run = folder(local).run(&["sensitivity", "plan.toml", "--format", "json"]);
    let rows = json(&run);
    assert_eq!((run.code, rows.len()), (1, 2), "{}", run.stderr);
    assert_eq!((rows[0]["factor"].as_str(), rows[0]["elasticity"].is_f64()), (Some("cl"), true));
    assert!(rows[1]["_missing"]["elasticity"].as_str().is_some(), "{rows:?}");
}

#[test]
fn a_measure_that_nothing_moves_has_no_indices() {
    let plan = r#"model = "oral.toml"
give = "{dose} oral"
factors = { dose = { from = "50 mg", to = "100 mg" } }
measures = { peak = "Cmax(drug)", half_life = "half_life(drug)" }
sensitivity = { points = 16, bootstrap = 50 }
"#;
    let run = folder(plan).run(&["sensitivity", "plan.toml", "--format", "json"]);
    let rows = json(&run);
    assert_eq!((run.code, rows.len()), (0, 2));
    assert!(rows[0]["total"].is_f64());
    assert_eq!(rows[1]["_missing"]["total"], "the factors do not change it");
}

/// An oral dose of which some is in the blood at once, as much as rounding leaves where there should be nothing.
fn with_noise() -> String {
    let noise = "noisy = { value = \"C(central) + 1e-16 * ka\", unit = \"mg/L\" }\n";
    ORAL.replace("grade  = \"assumed\"\n", "grade  = \"assumed\"\nunit_checking = false\n") + noise
}

/// The half-life knows neither the dose nor how fast it is absorbed; what rounding makes of that is no effect.
#[test]
fn what_is_below_the_rounding_of_a_measure_is_no_effect() {
    let ranges = "dose = { from = \"10 mg\", to = \"100 mg\" }\nka = { from = \"1 1/h\", to = \"2 1/h\" }\n\
                  cl = { from = \"1 L/h\", to = \"4 L/h\" }\nv = { from = \"20 L\", to = \"40 L\" }\n";
    let at = "dose = { at = \"50 mg\" }\nka = {}\ncl = {}\nv = {}\n";
    let plan = |factors: &str, method: &str| {
        let measures = "half = \"half_life(drug)\"\narea = \"AUCinf(drug)\"\nnone = \"C(noisy, 0 h)\"\n";
        let what = "model = \"oral\"\ngive = \"{dose} oral\"\n";
        format!("{what}[factors]\n{factors}[measures]\n{measures}[sensitivity]\nmethod = \"{method}\"\n")
    };
    // The factors without effect on each measure.
    for (measure, without) in [("half", [0, 1]), ("area", [1, 3])] {
        let found = analysis(&(plan(ranges, "sobol") + "points = 32\nbootstrap = 40\n"), &with_noise());
        let Effects::Sobol(all) = effects(&found, measure) else { panic!() };
        for (factor, one) in all.iter().enumerate() {
            let ends = [one.first, one.total].map(|index| [index.value, index.low, index.high]);
            assert_eq!(ends == [[0.0; 3]; 2], without.contains(&factor), "{measure}, {factor}: {one:?}");
        }
        let found = analysis(&plan(ranges, "morris"), &with_noise());
        let Effects::Morris(all) = effects(&found, measure) else { panic!() };
        for (factor, one) in all.iter().enumerate() {
            let is_none = [one.mu, one.mu_star.value, one.mu_star.low, one.mu_star.high, one.sigma] == [0.0; 5];
            assert_eq!(is_none, without.contains(&factor), "{measure}, {factor}: {one:?}");
        }
        let found = analysis(&plan(at, "local"), &with_noise());
        let Effects::Local(all) = effects(&found, measure) else { panic!() };
        for (factor, one) in all.iter().enumerate() {
            let one = one.as_ref().unwrap();
            assert_eq!(one.elasticity == 0.0, without.contains(&factor), "{measure}, {factor}: {one:?}");
            assert!(one.error < 3e-8, "{one:?}");
        }
    }
}

/// 1e-16 mg/L and twice as much are the same beside a peak of 1 mg/L, and not beside nothing.
#[test]
fn what_varies_below_the_rounding_of_its_output_does_not_vary() {
    let plan = |dose: &str, method: &str| {
        let factors = match method {
            "local" => "ka = {}",
            _ => "ka = { from = \"1 1/h\", to = \"2 1/h\" }",
        };
        format!(
            "model = \"oral\"\ngive = \"{dose} oral\"\n[factors]\n{factors}\n[measures]\nnone = \"C(noisy, 0 h)\"\n\
             [sensitivity]\nmethod = \"{method}\"\n"
        )
    };
    for method in ["sobol", "morris"] {
        let found = analysis(&plan("50 mg", method), &with_noise());
        assert_eq!(found.measures[0].effects.as_ref().unwrap_err(), "the factors do not change it");
        assert!(analysis(&plan("1e-15 mg", method), &with_noise()).measures[0].effects.is_ok());
    }
    let elasticity = |dose: &str| match &analysis(&plan(dose, "local"), &with_noise()).measures[0].effects {
        Ok(Effects::Local(all)) => all[0].as_ref().map(|one| one.elasticity).map_err(String::clone),
        other => panic!("{other:?}"),
    };
    assert!(elasticity("50 mg").unwrap_err().contains("it is 0 at the point"));
    assert!((elasticity("1e-15 mg").unwrap() - 1.0).abs() < 1e-6);
}

/// Every fault with its code and the line it is on, and nothing else.
#[test]
fn what_is_wrong_with_a_plan_is_said_where_it_stands() {
    let local = local_plan("").replace("\"oral\"\ngive", "\"oral.toml\"\ngive");
    let with = |from: &str, to: &str| PLAN.replace(from, to);
    let morris = with("points = 64", "method = \"morris\"");
    let factors = |to: &str| local.replace("factors = [\"ka\", \"cl\", \"v\", \"F\"]", to);
    let ends = "from = \"50 mg\", to = \"100 mg\"";
    let cases = [
        (with("points = 64", "method = \"sobl\""), "E_UNKNOWN_METHOD", "did you mean `sobol`?"),
        (with("points = 64", "points = 1"), "E_OUT_OF_RANGE", "2 or more"),
        (with("bootstrap = 200", "bootstrap = 200\nlevel = 0.999"), "E_FEW_RESAMPLES", "bootstrap = 2000"),
        (with("bootstrap = 200", "level = 95"), "E_OUT_OF_RANGE", "between 0 and 1"),
        (with("points = 64", "points = 500000"), "E_TOO_MANY_POINTS", "2500000 simulations"),
        (with("points = 64", "levels = 4"), "E_UNKNOWN_KEY", "levels"),
        (with("bootstrap = 200", "bootstrap = 1000000000000"), "E_TOO_MANY_POINTS", "100000"),
        (with("peak =", "part ="), "E_NAME_CLASH", "`part`"),
        (with("cl =", "cll ="), "E_UNKNOWN_FACTOR", "did you mean `cl`?"),
        (with("cv = 0.3", "cv = -0.3"), "E_OUT_OF_RANGE", ""),
        (morris.replace("cv = 0.3", "cv = 0.3, min = \"9 L\", max = \"90 L\""), "E_NOT_A_NUMBER", "`dose` is a choice"),
        (morris.replace("list = [\"50 mg\", \"100 mg\"]", ends), "E_UNBOUNDED", "add `min` and `max`"),
        (
            with("points = 64", "method = \"morris\"\nlevels = 5")
                .replace("list = [\"50 mg\", \"100 mg\"]", ends)
                .replace("cv = 0.3", "cv = 0.3, min = \"9 L\", max = \"90 L\""),
            "E_OUT_OF_RANGE",
            "even number",
        ),
        (factors("factors = { ka = { list = [1, 2] } }"), "E_NOT_A_NUMBER", "choice"),
        (factors("factors = { ka = { from = \"1 1/h\", to = \"2 1/h\" } }"), "E_NOT_A_POINT", "`ka = {}`"),
        (factors("factors = [\"kaa\"]"), "E_UNKNOWN_FACTOR", "did you mean `ka`?"),
        (factors("factors = [\"ka\", \"ka\"]"), "E_NAME_CLASH", ""),
        (factors("factors = []"), "E_NO_FACTORS", ""),
        (factors("factors = { ka = { at = \"0 1/h\" } }"), "E_ZERO_FACTOR", ""),
        (factors("factors = [\"regimen\"]"), "E_NOT_A_NUMBER", ""),
        (factors("factors = [\"dose\"]").replace("100 mg oral", "{dose} oral"), "E_NO_VALUES", "at ="),
        (local_plan("step = 0.5"), "E_OUT_OF_RANGE", "at most 0.1"),
        (factors("factors = { cl = { at = \"2 L\" } }"), "E_UNIT_MISMATCH", "--> plan.toml:3:25"),
        (
            factors("factors = { dose = { from = \"50 mg\", to = \"80 mg\" } }").replace("100 mg oral", "{dose} oral"),
            "E_NOT_A_POINT",
            "write the value: `dose = { at = \"50 mg\" }`",
        ),
        (factors("factors = { dose = { list = [\"1 mg\"] } }").replace("100 mg", "{dose}"), "E_NOT_A_NUMBER", "choice"),
        (local.replace("\"local\"", "\"locl\""), "E_UNKNOWN_METHOD", "did you mean `local`?"),
        (local_plan("step = \"a\""), "E_WRONG_TYPE", "a number"),
        (with("bootstrap = 200", "bootstrap = 0"), "E_OUT_OF_RANGE", "`bootstrap` has to be 2 or more"),
        (
            with("from = \"2 L/h\", to = \"6 L/h\"", "from = \"6 L/h\", to = \"2000 mL/h\""),
            "E_OUT_OF_RANGE",
            "hint: write `from = \"2000 mL/h\", to = \"6 L/h\"`",
        ),
        (with("to = \"6 L/h\"", "to = \"2 L/h\""), "E_OUT_OF_RANGE", "no range"),
    ];
    for (plan, code, words) in cases {
        let run = folder(&plan).run(&["sensitivity", "plan.toml"]);
        assert_eq!(run.code, 2, "{plan}\n{}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(&format!("error[{code}]")), "{code}: {}", run.stderr);
        assert_eq!(run.stderr.matches("error[").count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
        assert!(run.stderr.contains("--> plan.toml:"), "{}", run.stderr);
    }
}

#[test]
fn an_analysis_has_no_population() {
    let plan = PLAN.replace("title = \"Oral\"", "population = { weight = { mean = \"70 kg\", sd = \"10 kg\" } }");
    let run = folder(&plan).run(&["sensitivity", "plan.toml"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("error[E_UNKNOWN_KEY]") && run.stderr.contains("--> plan.toml:1:1"), "{}", run.stderr);
}
