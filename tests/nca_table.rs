//! `posology nca` on tables, good and bad: what is wrong has a place or a reason.
#![cfg(feature = "cli")]

mod common;

use common::{Folder, Run};
use posology::io::Concentrations;
use proptest::prelude::*;
use std::collections::BTreeMap;

const GOOD: &str = "ID,TIME,DV [ng/mL],DOSE [mg]
1,0,0,100
1,1,50,100
1,2,40,100
1,4,20,100
1,8,5,100
2,0,0,200
2,1,100,200
2,2,80,200
2,4,40,200
2,8,10,200
";

/// The command on a table, by mouth.
fn nca(table: &str, more: &[&str]) -> Run {
    let folder = Folder::new().with("a.csv", table);
    folder.run(&[&["nca", "a.csv", "--route", "extravascular"], more].concat())
}

/// The rows of the result as JSON.
fn rows(table: &str, more: &[&str]) -> Vec<serde_json::Value> {
    let run = nca(table, &[more, &["--format", "json"]].concat());
    assert!(run.code < 2, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

fn near(value: &serde_json::Value, expected: f64) -> bool {
    value.as_f64().is_some_and(|value| (value / expected - 1.0).abs() < 1e-12)
}

/// Refused with this code at this line and column, and a message that has these words.
#[track_caller]
fn refused(run: &Run, code: &str, place: &str, words: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    for part in [&format!("error[{code}]"), place, words] {
        assert!(run.stderr.contains(part), "no `{part}` in\n{}", run.stderr);
    }
}

#[test]
fn each_subject_has_its_own_dose_and_its_clearance_a_proper_unit() {
    let rows = rows(GOOD, &["--method", "linear"]);
    assert_eq!(rows.len(), 2);
    // 25 + 45 + 60 + 50, and 5 / (ln 2 / 2) behind 8 h, of the points at 2, 4 and 8 h.
    let area = 180.0 + 5.0 / (2f64.ln() / 2.0);
    for (row, dose) in rows.iter().zip([100.0, 200.0]) {
        assert!(near(&row["AUCinf"], area * dose / 100.0), "{row:#}");
        assert!(near(&row["half_life"], 2.0), "{row:#}");
        // mg over ng*h/mL is a thousand L/h.
        assert!(near(&row["CL/F"], 100.0 / area * 1000.0), "{row:#}");
        assert_eq!(row["convention"], "winnonlin");
        assert_eq!(row["start"], "measured");
    }
    let table = nca(GOOD, &["--metrics", "CL,Vz,AUCinf,lambda_z"]);
    assert!(table.stdout.contains("L/h") && table.stdout.contains("ng*h/mL") && table.stdout.contains("1/h"));
    let weighed = GOOD.replace("DOSE [mg]", "DOSE [mg/kg]");
    assert!(nca(&weighed, &["--metrics", "CL"]).stdout.contains("L/h/kg"));
}

#[test]
fn conventions_intervals_and_rules_are_said_beside_the_numbers() {
    let more = ["--convention", "pknca", "--interval", "0h,4h", "--interval", "0h,inf", "--method", "linear"];
    let rows = rows(GOOD, &more);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0]["convention"], "pknca");
    assert_eq!((rows[0]["to"].as_f64(), rows[1]["_missing"]["to"].as_str()), (Some(4.0), Some("to infinity")));
    assert!(near(&rows[0]["AUC"], 130.0) && near(&rows[0]["Cavg"], 32.5));
    assert!(rows[0]["_missing"]["AUCinf"].as_str().unwrap().contains("the interval ends"));
    // Swing is a ratio for one tool and in percent for the other.
    let swing = |tool| {
        let table = GOOD.replace("1,0,0,100", "1,0,10,100");
        rows_of_first(&table, &["--convention", tool, "--interval", "0h,4h"], "swing")
    };
    assert_eq!((swing("winnonlin"), swing("pknca")), (4.0, 400.0));
    // Without a sample at the start the area depends on the rule, which is named.
    let late = GOOD.replace("1,0,0,100\n", "").replace("2,0,0,200\n", "");
    let start = |more: &[&str]| {
        let row = self::rows(&late, more).remove(0);
        (row["start"].as_str().map(str::to_string), row["AUClast"].as_f64())
    };
    assert_eq!(start(&["--method", "linear"]), (Some("zero".into()), Some(180.0)));
    assert_eq!(start(&["--method", "linear", "--c0", "first"]), (Some("first sample".into()), Some(205.0)));
    assert_eq!(start(&["--convention", "pknca"]), (None, None));
    let bolus = ["--route", "bolus"];
    let folder = Folder::new().with("a.csv", &late);
    let run = folder.run(&[&["nca", "a.csv", "--format", "json"], &bolus[..]].concat());
    let rows: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(rows[0]["start"], "log slope");
    assert!(near(&rows[0]["C0"], 62.5), "{}", rows[0]["C0"]);
}

#[test]
fn formulas_of_a_single_dose_have_reasons_where_they_do_not_hold() {
    let reason = |more: &[&str], metric: &str| {
        let row = rows(GOOD, more).remove(0);
        assert!(row[metric].is_null(), "{row:#}");
        row["_missing"][metric].as_str().unwrap().to_string()
    };
    let steady = "it is of a single dose: at steady state see CLtau, Vztau and MRTtau";
    for metric in ["CL/F", "CL/F_pred", "Vz/F", "MRT", "CLlast/F"] {
        assert_eq!(reason(&["--tau", "8h"], metric), steady);
        let later = reason(&["--interval", "1h,inf"], metric);
        assert_eq!(later, "it is of a single dose, which is not in the interval");
    }
    assert!(rows(GOOD, &["--tau", "8h"])[0]["CLtau/F"].is_number());
    // The interval's own dose.
    assert!(rows(GOOD, &["--interval", "1h,inf", "--dose-time", "1h"])[0]["CL/F"].is_number());
}

fn rows_of_first(table: &str, more: &[&str], column: &str) -> f64 {
    rows(table, more)[0][column].as_f64().unwrap()
}

#[test]
fn samples_below_the_limit_follow_the_rule() {
    let table = "ID,TIME,CONC,LLOQ\n1,0,BLQ,2\n1,1,8,2\n1,2,<2,2\n1,3,4,2\n1,4,1.5,2\n";
    let area = |more: &[&str]| rows_of_first(table, &[&["--method", "linear"], more].concat(), "AUCall");
    assert_eq!(area(&[]), 4.0 + 4.0 + 2.0 + 2.0); // 0, 8, 0, 4, 0
    assert_eq!(area(&["--convention", "pknca"]), 4.0 + 12.0 + 2.0); // the middle one left out
    assert_eq!(area(&["--blq", "half"]), 4.5 + 4.5 + 2.5 + 2.5);
    assert_eq!(area(&["--blq", "zero,limit,drop"]), 4.0 + 5.0 + 3.0);
    let last = &rows(table, &[])[0];
    assert_eq!((last["Clast"].as_f64(), last["Tlast"].as_f64()), (Some(4.0), Some(3.0)));
    let unknown = "ID,TIME,CONC\n1,0,BLQ\n1,1,8\n1,2,4\n";
    refused(&nca(unknown, &["--blq", "half"]), "E_NO_LIMIT", "a.csv:2:5", "add a column LLOQ");
    refused(&nca(unknown, &["--blq", "half,zero"]), "E_ARGUMENT", "--blq:1:1", "three of them");
    let flagged = "ID,TIME,DV,BLQ\n1,0,0,1\n1,1,8,0\n1,2,4,0\n1,3,2,1\n";
    assert_eq!(rows_of_first(flagged, &["--method", "linear", "--blq", "zero,zero,limit"], "AUCall"), 13.0);
}

#[test]
fn the_terminal_slope_rests_on_the_points_that_are_chosen() {
    let half_life = |more: &[&str]| rows(GOOD, more)[0]["half_life"].as_f64().unwrap();
    let choose = |more: &[&str]| rows(GOOD, more)[0]["lambda_z_points"].as_f64().unwrap();
    assert_eq!(choose(&["--half-life-from", "4h"]), 2.0);
    assert_eq!(choose(&["--half-life-from", "60min", "--half-life-to", "4h"]), 3.0);
    assert!((half_life(&["--half-life-times", "1h,8h"]) - 7.0 * 2f64.ln() / 10f64.ln()).abs() < 1e-12);
    assert_eq!(rows(GOOD, &["--half-life-times", "8h,2h,240min"]), rows(GOOD, &["--half-life-times", "2h,4h,8h"]));
    let twice = nca(GOOD, &["--half-life-times", "4h,8h,240min"]);
    refused(&twice, "E_TIME_REPEATED", "--half-life-times:1:1", "`240min` is chosen twice");
    let reason = rows(GOOD, &["--points", "4"])[0]["_missing"]["half_life"].as_str().unwrap().to_string();
    assert_eq!(reason, "the terminal slope needs 4 points, and there are 3");
    let absent = rows(GOOD, &["--half-life-times", "3h,8h"])[0]["_missing"]["CL/F"].as_str().unwrap().to_string();
    assert!(absent.ends_with("chosen time 3 h"), "{absent}");
    let flags = rows(GOOD, &["--half-life-from", "4h"])[0]["flags"].as_str().unwrap().to_string();
    assert_eq!(flags, "2 points < 3");
    // Of each subject its own.
    let marked = "ID,TIME,DV,LZ\n1,0,8,1\n1,1,4,1\n1,2,3,0\n1,3,2,\n2,0,8,\n2,1,4,\n2,2,2,\n2,3,1,\n";
    let rows = rows(marked, &[]);
    assert_eq!(rows[0]["lambda_z_points"], 2);
    assert_eq!(rows[1]["lambda_z_points"], 3);
}

#[test]
fn profiles_without_an_answer_have_reasons() {
    let reason = |table: &str, metric: &str| {
        let row = rows(table, &["--dose", "100mg"]).remove(0);
        assert!(row[metric].is_null(), "{row:#}");
        row["_missing"][metric].as_str().unwrap().to_string()
    };
    let nothing = "ID,TIME,DV [mg/L]\n1,0,0\n1,1,BLQ\n1,2,0\n";
    assert_eq!(reason(nothing, "Cmax"), "no concentration can be quantified");
    assert_eq!(nca(nothing, &[]).code, 1);
    let one = "ID,TIME,DV [mg/L]\n1,2,3\n";
    assert_eq!(reason(one, "half_life"), "the terminal slope needs 3 points, and there are 0");
    assert_eq!(rows_of_first(one, &[], "AUClast"), 3.0); // a triangle from 0 at the dose
    assert_eq!(nca(one, &[]).code, 0);
    assert_eq!(reason("ID,TIME,DV [mg/L]\n1,-1,3\n", "Cmax"), "there is no sample in the interval");
    let rises = "ID,TIME,DV [mg/L]\n1,0,9\n1,1,1\n1,2,2\n1,3,3\n";
    assert_eq!(reason(rises, "AUCinf"), "the last concentrations do not fall");
    let missing = "ID,TIME,DV [mg/L],MDV,EVID\n1,0,.,0,0\n1,1,NA,0,0\n1,2,,0,0\n1,3,7,1,0\n1,4,7,0,1\n1,5,4,0,0\n";
    assert_eq!(rows_of_first(missing, &[], "Tmax"), 5.0);
    // Nothing is missing without a reason.
    for table in [nothing, one, rises, missing, GOOD] {
        for row in rows(table, &[]) {
            for (name, value) in row.as_object().unwrap() {
                let said = row["_missing"][name].is_string();
                assert!(!value.is_null() || said || name == "flags", "{name} has no reason in {row:#}");
            }
        }
    }
    let csv = nca(one, &["--format", "csv"]).stdout;
    assert!(csv.contains("half_life") && csv.contains("the terminal slope needs 3 points"), "{csv}");
}

#[test]
fn units_that_are_not_given_are_reasons_and_those_that_do_not_fit_errors() {
    let plain = "ID,TIME,DV\n1,0,8\n1,1,4\n1,2,2\n1,3,1\n";
    let run = nca(plain, &["--dose", "100mg"]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("W_NO_UNIT") && run.stdout.contains("no CL/F"), "{}{}", run.stdout, run.stderr);
    let row = &rows(plain, &["--dose", "100mg"])[0];
    assert!(near(&row["AUCinf"], row["AUCinf"].as_f64().unwrap()));
    assert!(row["_missing"]["CL/F"].as_str().unwrap().contains("--units DV=ng/mL"));
    let clearance = |units: &str| rows_of_first(plain, &["--dose", "100mg", "--units", units], "CL/F");
    assert!((clearance("DV=ng/mL") / clearance("dv=mg/L") - 1000.0).abs() < 1e-9);
    assert!((clearance("DV=mg/L,TIME=min") / clearance("DV=mg/L") - 1.0).abs() < 1e-12); // L/min of minutes
    let with_dose = "ID,TIME,DV [mg/L],DOSE\n1,0,8,5\n1,1,4,5\n1,2,2,5\n1,3,1,5\n";
    assert!(rows(with_dose, &[])[0]["_missing"]["CL/F"].as_str().unwrap().contains("--units DOSE=mg"));
    refused(&nca(plain, &["--dose", "100"]), "E_UNIT_MISSING", "--dose:1:1", "100 mg");
    let mass = ["--dose", "100mg", "--units", "DV=nmol/L"];
    refused(&nca(plain, &mass), "E_UNIT_MISMATCH", "--dose:1:1", "nmol");
    let moles = GOOD.replace("DOSE [mg]", "DOSE [nmol]");
    refused(&nca(&moles, &[]), "E_UNIT_MISMATCH", "a.csv:1:20", "`DOSE`");
    refused(&nca(plain, &["--units", "DV=ngg/mL"]), "E_UNIT_UNKNOWN", "--units:1:4", "ngg");
    refused(&nca(plain, &["--units", "DC=ng/mL"]), "E_MISSING_COLUMN", "a.csv:1:1", "did you mean `DV`?");
    refused(&nca(plain, &["--units", "DV"]), "E_ARGUMENT", "--units:1:1", "DV=ng/mL,DOSE=mg");
    refused(&nca(plain, &["--units", "TIME=mg"]), "E_UNIT_MISMATCH", "a.csv:1:4", "TIME");
    refused(&nca(plain, &["--units", "DV=h"]), "E_UNIT_MISMATCH", "a.csv:1:9", "mg/L");
    refused(&nca(plain, &["--units", "DV=mg"]), "E_UNIT_MISMATCH", "a.csv:1:9", "mg/L");
    let effect = &rows(plain, &["--dose", "100mg", "--units", "DV=point"])[0];
    assert_eq!(effect["Cmax"].as_f64(), Some(8.0));
    assert_eq!(effect["_missing"]["CL/F"], "the samples are no amounts in a volume");
    refused(&nca(GOOD, &["--units", "DV=mg/L"]), "E_UNIT_TWICE", "a.csv:1:9", "ng/mL");
    refused(&nca(plain, &["--above", "5 ng/mL"]), "E_UNIT_MISSING", "--above:1:1", "no unit");
    refused(&nca(GOOD, &["--above", "5 h"]), "E_UNIT_MISMATCH", "--above:1:1", "5 h");
    assert_eq!(rows_of_first(plain, &["--above", "4"], "time_above"), 1.0);
    assert_eq!(rows_of_first(plain, &["--above", "4"], "last_above"), 1.0);
    assert_eq!(rows_of_first(plain, &["--above", "9"], "last_above"), 0.0);
}

#[test]
fn the_column_of_concentrations_has_its_own_name_in_hints_and_dv_is_it_too() {
    for (name, choose) in [("CONC", vec![]), ("drug", vec!["--dv", "drug"])] {
        let table = format!("ID,TIME,{name}\n1,0,8\n1,1,4\n1,2,2\n1,3,1\n");
        let run = nca(&table, &[&["--dose", "100mg"], &choose[..]].concat());
        let hint = format!("`--units {name}=ng/mL`, or `{name} [ng/mL]` in the header");
        assert!(run.stderr.contains(&hint) && run.stdout.contains(&hint), "{}{}", run.stdout, run.stderr);
        for unit in [format!("{name}=ng/mL"), "DV=ng/mL".into(), "conc=ng/mL".into()] {
            let more = ["--dose", "100mg", "--metrics", "CL", "--units", &unit];
            let run = nca(&table, &[&more, &choose[..]].concat());
            assert!(run.code == 0 && run.stdout.contains("L/h") && run.stderr.is_empty(), "{unit}: {}", run.stderr);
        }
        // One column has one unit.
        let twice = ["--units", &format!("{name}=ng/mL,DV=mg/L")];
        refused(&nca(&table, &[&twice, &choose[..]].concat()), "E_MISSING_COLUMN", "a.csv:1:1", "`DV`");
    }
}

#[test]
fn areas_of_concentrations_without_a_unit_are_plain_numbers() {
    let plain = "ID,TIME,DV\n1,0,8\n1,1,4\n1,2,2\n1,3,1\n";
    let run = nca(plain, &["--metrics", "AUCinf,AUMCinf", "--format", "table"]);
    assert!(!run.stdout.lines().nth(2).unwrap().contains('h'), "{}", run.stdout);
    let run = nca(plain, &["--metrics", "Tmax,AUCinf", "--format", "table"]);
    assert_eq!(run.stdout.lines().nth(2).unwrap().trim(), "h", "{}", run.stdout);
}

#[test]
fn a_row_without_any_number_that_is_asked_for_is_a_failure() {
    let times = ["--half-life-times", "4h,7h,8h", "--metrics", "half_life"];
    let run = nca(GOOD, &times);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stdout.contains("at the chosen time 7 h\n"), "{}", run.stdout);
    assert_eq!(nca(GOOD, &[&times[..3], &["half_life,Cmax"]].concat()).code, 0);
    assert_eq!(nca("ID,TIME,DV\n1,0,8\n1,1,4\n", &["--metrics", "CL"]).code, 1);
}

#[test]
fn a_second_column_of_concentrations_is_no_slip() {
    let run = nca("ID,TIME,DV,CONC\n1,0,1,1\n", &["--dv", "DV"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("the column `CONC` is not used") && !run.stderr.contains("meant"), "{}", run.stderr);
}

#[test]
fn bad_tables_are_refused_at_their_place() {
    let of = |rows: &str| nca(&format!("ID,TIME,DV\n{rows}"), &[]);
    refused(&of("1,0,1\n1,2,1\n1,1,1\n"), "E_TIME_BACKWARDS", "a.csv:4:3", "in the order of time");
    refused(&of("1,0,1\n1,2,1\n1,2,3\n"), "E_TIME_REPEATED", "a.csv:4:3", "another sample at 2");
    refused(&of("1,0,1\n1,2,-0.5\n"), "E_CONCENTRATION_NEGATIVE", "a.csv:3:5", "-0.5 is below zero");
    refused(&of("1,0,1\n1,2,x\n"), "E_NOT_A_NUMBER", "a.csv:3:5", "`<0.5`");
    refused(&of("1,0,inf\n"), "E_NOT_A_NUMBER", "a.csv:2:5", "inf");
    refused(&of("1,9:30,1\n"), "E_CLOCK_TIME", "a.csv:2:3", "time of day");
    refused(&of("1,.,1\n"), "E_MISSING_CELL", "a.csv:2:3", "TIME");
    refused(&of(",0,1\n"), "E_MISSING_CELL", "a.csv:2:1", "ID");
    refused(&of("1,0\n"), "E_CELL_COUNT", "a.csv:2:1", "2 cells");
    refused(&of("1,0,\"1\n"), "E_QUOTE", "a.csv:2:5", "quoted");
    refused(&of(""), "E_DATA_HEADER_ONLY", "a.csv:1:1", "one row per sample");
    refused(&nca("", &[]), "E_DATA_EMPTY", "a.csv:1:1", "one row per sample");
    refused(&nca("ID,TIME,DVV\n1,0,1\n", &[]), "E_MISSING_COLUMN", "a.csv:1:1", "is `DVV` meant to be `DV`?");
    refused(&nca("ID,TIME,DV,dv\n1,0,1,1\n", &[]), "E_REPEATED_COLUMN", "a.csv:1:12", "dv");
    let both = "ID,TIME,DV,CONC\n1,0,1,1\n";
    refused(&nca(both, &[]), "E_REPEATED_COLUMN", "a.csv:1:12", "`DV` and `CONC` are both concentrations");
    refused(&nca(both, &[]), "E_REPEATED_COLUMN", "a.csv:1:12", "choose with `--dv DV` or `--dv CONC`");
    let below = "ID,TIME,DV,BLQ,CENS\n1,0,1,0,0\n";
    refused(&nca(below, &[]), "E_REPEATED_COLUMN", "a.csv:1:16", "`BLQ` and `CENS` mean the same");
    refused(&nca("ID,TIME,DV,\n1,0,1,1\n", &[]), "E_NAMELESS_COLUMN", "a.csv:1:12", "no name");
    refused(&nca("ID,TIME,DV,DOSE\n1,0,1,5\n1,1,1,6\n", &[]), "E_NOT_CONSTANT", "a.csv:3:7", "5 in the rows before");
    refused(&nca("ID,TIME,DV,DOSE\n1,0,1,0\n", &[]), "E_OUT_OF_RANGE", "a.csv:2:7", "more than 0");
    for limit in ["0", "-1"] {
        let table = format!("ID,TIME,DV,LLOQ\n1,0,1,1\n1,1,BLQ,{limit}\n");
        refused(&nca(&table, &[]), "E_OUT_OF_RANGE", "a.csv:3:9", "is not more than 0");
    }
    // All that is wrong at once, in the order of the file.
    let many = of("1,0,x\n1,1,y\n2,1,1\n2,1,1\n");
    let places: Vec<usize> = ["a.csv:2:5", "a.csv:3:5", "a.csv:5:3"].map(|p| many.stderr.find(p).unwrap()).into();
    assert!(places.is_sorted(), "{}", many.stderr);
}

#[test]
fn columns_that_mean_nothing_are_named_and_order_and_case_do_not_matter() {
    let table = "time,Age,conc,id,LLOG\n0,30,8,b,1\n0,30,8,a,1\n1,30,4,b,1\n1,30,4,a,1\n";
    let run = nca(table, &["--metrics", "Cmax"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let warning = "warning[W_UNUSED_COLUMN]: the columns `Age`, `LLOG` are not used\n --> a.csv:1:6";
    assert!(run.stderr.contains(warning) && run.stderr.contains("is `LLOG` meant to be `LLOQ`?"), "{}", run.stderr);
    let rows = rows(table, &[]);
    assert_eq!((rows[0]["ID"].as_str(), rows[1]["ID"].as_str()), (Some("b"), Some("a")));
}

#[test]
fn arguments_that_cannot_be_meant_are_refused() {
    refused(&nca(GOOD, &["--metrics", "Cmaxx"]), "E_METRIC_UNKNOWN", "--metrics:1:1", "did you mean `Cmax`?");
    refused(&nca(GOOD, &["--metrics", "AUCinfinity"]), "E_METRIC_UNKNOWN", "--metrics:1:1", "did you mean `AUCinf`?");
    refused(&nca(GOOD, &["--interval", "4h,2h"]), "E_INTERVAL", "--interval:1:1", "0h,24h");
    refused(&nca(GOOD, &["--interval", "4h,2hh"]), "E_UNIT_UNKNOWN", "--interval:1:5", "hh");
    refused(&nca(GOOD, &["--tau", "0h"]), "E_OUT_OF_RANGE", "--tau:1:1", "--tau 12h");
    refused(&nca(GOOD, &["--dose", "-5mg"]), "E_OUT_OF_RANGE", "--dose:1:1", "more than 0");
    refused(&nca(GOOD, &["--duration", "15min"]), "E_ARGUMENT", "", "--route infusion");
    let folder = Folder::new().with("a.csv", GOOD);
    let run = folder.run(&["nca", "a.csv", "--route", "infusion"]);
    refused(&run, "E_NO_DURATION", "", "`1`");
    assert_eq!(folder.run(&["nca", "b.csv", "--route", "iv"]).code, 2);
}

#[test]
fn names_can_be_those_of_cdisc_and_go_with_the_route() {
    let header = |route: &[&str]| {
        let folder = Folder::new().with("a.csv", GOOD);
        let run = folder.run(&[&["nca", "a.csv", "--format", "csv", "--cdisc", "--route"], route].concat());
        run.stdout.lines().next().unwrap().to_string()
    };
    let (mouth, bolus) = (header(&["extravascular"]), header(&["iv"]));
    let infusion = header(&["infusion", "--duration", "30min"]);
    for (line, codes) in [
        (&mouth, ["CMAX", "AUCIFO", "LAMZHL", "CLFO", "VZFO", "MRTEVIFO"]),
        (&bolus, ["CMAX", "AUCPBEO", "CLO", "VSSO", "MRTIBIFO", "C0"]),
        (&infusion, ["TMAX", "CLO", "VZO", "VSSO", "MRTICIFO", "MRTICLST"]),
    ] {
        for code in codes {
            assert!(line.split(',').any(|name| name == code), "no {code} in {line}");
        }
    }
    // What a route cannot give has no column, unless it is asked for: then a reason.
    for name in ["Vss", "Vss_pred", "VSSO", "VSSP", "C0", "AUC_back"] {
        assert!(!mouth.split(',').any(|column| column == name), "{name} in {mouth}");
        assert!(rows(GOOD, &[])[0].get(name).is_none(), "{name}");
    }
    assert!(rows(GOOD, &[])[0].get("Vss/F").is_none());
    assert_eq!(rows(GOOD, &["--metrics", "Vss"])[0]["_missing"]["Vss"], "only a dose into a vein has it");
}

#[test]
fn files_have_a_manifest_and_a_figure() {
    let folder = Folder::new().with("a.csv", GOOD);
    let arguments = ["nca", "a.csv", "--route", "extravascular", "--out", "r.csv", "--plot", "f.svg"];
    let run = folder.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let files = folder.files(".");
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    assert!(text("r.csv").starts_with("ID,from,to,route,method,convention,start,Cmax,"));
    let manifest: serde_json::Value = serde_json::from_str(&text("r.manifest.json")).unwrap();
    assert_eq!(manifest["command"], "nca");
    assert_eq!(manifest["settings"]["convention"], "winnonlin");
    assert_eq!(manifest["outputs"][0]["units"]["CL/F"], "L/h");
    assert!(text("f.svg").contains("half-life 2.00 h"));
    let wrote = "wrote r.csv, with its manifest beside it\nwrote f.svg; the manifest is that of the table alone\n";
    assert_eq!(run.stderr, wrote);
}

/// So many profiles of five samples.
fn many(count: usize, name: &str) -> String {
    let rows = |id: usize| (0..5).map(move |t| format!("{name}{id},{t},{}\n", 64 >> t));
    "ID,TIME,DV [ng/mL]\n".to_string() + &(1..=count).flat_map(rows).collect::<String>()
}

#[test]
fn of_many_profiles_as_many_are_drawn_as_fit() {
    let drawn = |count: usize, name: &str| {
        let folder = Folder::new().with("a.csv", &many(count, name));
        let run = folder.run(&["nca", "a.csv", "--route", "iv", "--plot", "f.svg", "--format", "csv"]);
        assert_eq!((run.code, run.stdout.lines().count()), (0, count + 1), "{}", run.stderr);
        let svg = String::from_utf8(folder.files(".").remove("f.svg").unwrap()).unwrap();
        let panels = svg.matches("half-life").count();
        let note = format!("The first {panels} of {count} profiles.");
        let said = format!("wrote f.svg, the first {panels} of {count} profiles\n");
        assert_eq!((svg.contains(&note), run.stderr == said), (panels < count, panels < count), "{}", run.stderr);
        panels
    };
    assert_eq!((drawn(28, ""), drawn(40, ""), drawn(200, "")), (28, 28, 28));
    // Longer titles leave room for less.
    assert_eq!(drawn(40, &"a name in words ".repeat(8)), 24);
}

#[test]
fn nothing_is_lost_where_a_figure_or_a_file_cannot_be_written() {
    let folder = Folder::new().with("a.csv", GOOD);
    let arguments = ["nca", "a.csv", "--route", "extravascular", "--metrics", "Cmax", "--plot"];
    let run = folder.run(&[&arguments[..], &["f.gif"]].concat());
    assert_eq!(run.code, 2);
    assert!(run.stdout.contains("Cmax") && run.stderr.contains("E_PLOT_FORMAT"), "{}{}", run.stdout, run.stderr);
    let run = folder.run(&[&arguments[..], &["none/f.svg", "--out", "r.csv"]].concat());
    assert!(run.code == 2 && folder.files(".").contains_key("r.csv"), "{}", run.stderr);
    let folder = Folder::new().with("a.csv", GOOD).with("file", "");
    let run = folder.run(&[&arguments[..], &["f.svg", "--out", "file/r.csv"]].concat());
    assert!(run.code == 2 && folder.files(".").contains_key("f.svg"), "{}", run.stderr);
}

#[test]
fn each_interval_is_drawn_over_its_own_time() {
    let late = (0..5).map(|i| format!("1,{},{}\n", 150 + 4 * i, 64 >> i)).collect::<String>();
    let table = "ID,TIME,DV [ng/mL]\n1,0,64\n1,4,32\n1,8,16\n".to_string() + &late;
    let folder = Folder::new().with("a.csv", &table);
    let mut arguments = vec!["nca", "a.csv", "--route", "iv", "--plot", "f.svg"];
    arguments.extend(["--interval", "0h,12h", "--interval", "150h,168h"]);
    assert_eq!(folder.run(&arguments).code, 0);
    let svg = String::from_utf8(folder.files(".").remove("f.svg").unwrap()).unwrap();
    let ticks: Vec<f64> = svg.lines().filter_map(|line| line.trim().parse().ok()).collect();
    // Ticks of time below 13 and from 150 on, and none of the days between.
    assert!(ticks.contains(&12.0) && ticks.contains(&160.0), "{ticks:?}");
    assert!(!ticks.contains(&48.0) && !ticks.contains(&120.0), "{ticks:?}");
}

#[test]
fn a_column_of_a_simulation_brings_its_unit() {
    let folder = Folder::new();
    let give = ["--give", "28 mg iv over 40 min", "--at", "0h,1h,2h,4h,8h,12h,24h"];
    let simulate = [&["simulate", "esketamine-perez-ruixo-2021"], &give[..]].concat();
    assert_eq!(folder.run(&[&simulate[..], &["--out", "s.csv"]].concat()).code, 0);
    let nca = |table: &str, dv: &str, more: &[&str]| {
        let route = ["--route", "infusion", "--duration", "40min", "--dose", "28mg", "--metrics", "CL,Vss,AUCinf"];
        folder.run(&[&["nca", table, "--dv", dv], &route[..], more].concat())
    };
    let said = "the unit of `esketamine`, ng/mL, is that of s.manifest.json\n";
    let run = nca("s.csv", "esketamine", &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, said));
    assert!(run.stdout.contains("Vss") && run.stdout.contains("ng*h/mL"), "{}", run.stdout);
    // The same as with the unit said, which needs no record.
    let told = nca("s.csv", "ESKETAMINE", &["--units", "DV=ng/mL"]);
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), (run.stdout.as_str(), ""));
    assert!(nca("s.csv", "esketamine", &["--units", "esketamine=mg/L"]).stdout.contains("mg*h/L"));
    // What is recorded is an input of what rests on it.
    assert_eq!(nca("s.csv", "esketamine", &["--out", "r.csv"]).code, 0);
    let text = |name: &str| String::from_utf8(folder.files(".").remove(name).unwrap()).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text("r.manifest.json")).unwrap();
    assert_eq!(manifest["inputs"][1]["name"], "s.manifest.json");
    refused(&nca("s.csv", "esketamin", &[]), "E_MISSING_COLUMN", "s.csv:1:1", "did you mean `esketamine`?");
    // Another file has another unit, or none.
    std::fs::write(folder.0.join("s.csv"), text("s.csv") + "2,0,0,0,0\n").unwrap();
    let run = nca("s.csv", "esketamine", &[]);
    assert!(run.stderr.contains("W_NO_UNIT") && run.stderr.contains("`noresketamine` is not used"), "{}", run.stderr);
    std::fs::write(folder.0.join("s.manifest.json"), "{").unwrap();
    assert!(nca("s.csv", "esketamine", &[]).stderr.contains("--units esketamine=ng/mL"));
    // Nor is a time after the dose a slip.
    let table = "ID,TIME,TAD,drug [ng/mL]\n1,0,0,4\n1,1,1,2\n";
    std::fs::write(folder.0.join("t.csv"), table).unwrap();
    assert_eq!(nca("t.csv", "drug", &[]).stderr, "");
}

#[test]
fn the_list_of_metrics_says_where_each_comes_from() {
    let run = Folder::new().run(&["metrics", "list", "--format", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    let of = |name: &str| rows.iter().find(|row| row["metric"] == name).unwrap();
    assert!(of("Cmax")["from a solution"].is_string() && of("Cmax")["from samples"].is_string());
    assert!(of("AUClast")["from a solution"].is_null());
    assert_eq!(of("CL")["CDISC"], "CLFO, CLO");
    assert_eq!(of("CL")["needs"], "a terminal slope, the dose");
}

proptest! {
    /// Whatever the text is, it is read, or refused with every fault in a place of it.
    #[test]
    fn any_text_is_read_or_refused(
        header in "(ID|TIME|DV|CONC|LLOQ|BLQ|DOSE|DUR|MDV|LZ|x)( \\[(h|mg|ng/mL|é)\\])?(,(ID|TIME|DV \\[mg/L\\]|DOSE|\"))*,ID,TIME,DV",
        rows in "([0-9a<>.,\"é #-]{0,20}\r?\n){0,6}",
        good in "([12],[0-9],(<?[0-9.]{1,3}|BLQ|NA)\n){0,8}",
    ) {
        for text in [format!("{header}\n{rows}"), format!("ID,TIME,DV\n{good}"), format!("ID,TIME,DV\n{good}{rows}")] {
            match Concentrations::read("a.csv", &text, None, &BTreeMap::new()) {
                Ok(data) => prop_assert!(data.subjects.iter().all(|subject| !subject.id.is_empty())),
                Err(faults) => {
                    for fault in faults.iter() {
                        prop_assert!(fault.span.is_some_and(|span| span.end <= text.len()), "{fault:?}");
                        prop_assert!(fault.diagnostic().to_string().contains("a.csv:"));
                    }
                }
            }
        }
    }
}
