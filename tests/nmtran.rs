//! Data sets in NM-TRAN's columns: what each row is read as, what is refused and where, and that rows come out as they went in.

#[cfg(feature = "cli")]
mod common;

use posology::error::{Faults, Kind};
use posology::io::{DataError, DataOptions, DataReader, DataWriter, MAX_FAULTS, SubjectData};
use posology::model::{Catalogue, Model};
use posology::simulate::{Column, DoseInput, DoseRecord, Repeats, Steady, Target, What};
use proptest::prelude::*;
use std::fmt::Write;
use std::sync::LazyLock;

/// Compartments 1 depot, 2 central, 3 timed (own duration), 4 paced (own rate); routes 0 oral, 1 fixed.
const MODEL: &str = r#"format = 1
id     = "mine"
title  = "A model with everything that a data set can name"
drug   = "drug"
grade  = "assumed"

[population]
range = { WT = "3..150 kg" }

[covariates]
WT   = { unit = "kg", reference = 70 }
FED  = { flag = false }
race = { one_of = ["other", "asian", "2"], reference = "other" }

[parameters]
CL = { value = 5, unit = "L/h", data = true, grade = "assumed", why = "an example" }
V  = { value = 50, unit = "L", grade = "assumed", why = "an example" }
ka = { value = 1, unit = "1/h", grade = "assumed", why = "an example" }

[compartments]
depot   = {}
central = { volume = "V * WT / 70[kg] * if(FED, 2, 1) * if(race == asian, 2, 1)" }
timed   = { infusion_duration = "2[h]" }
paced   = { infusion_rate = "10[mg/h]" }

[flows]
"depot   -> central" = { rate = "ka" }
"timed   -> central" = { rate = "ka" }
"paced   -> central" = { rate = "ka" }
"central -> out"     = { clearance = "CL" }

[states]
effect = { unit = "mg/L", rate = "ka * (c - effect)" }

[routes.oral]
depot = {}
[routes.fixed]
central = { over = "1[h]" }

[outputs]
c = { value = "C(central)", unit = "ng/mL" }
d = { value = "effect", unit = "mg/L" }
"#;

static MINE: LazyLock<Model> = LazyLock::new(|| parse(MODEL));

fn parse(text: &str) -> Model {
    Model::parse(text, "m.toml", &Catalogue).unwrap_or_else(|e| panic!("{e}"))
}

fn reader<'m>(model: &'m Model, file: &'m str) -> Result<DataReader<'m, &'m [u8]>, Faults<DataError>> {
    DataReader::new(file.as_bytes(), "d.csv", model, DataOptions::default())
}

fn subjects_of(model: &Model, file: &str) -> Vec<SubjectData> {
    let reader = reader(model, file).unwrap_or_else(|e| panic!("{file}\n{e}"));
    reader.collect::<Result<_, _>>().unwrap_or_else(|e| panic!("{file}\n{e}"))
}

fn subjects(file: &str) -> Vec<SubjectData> {
    subjects_of(&MINE, file)
}

/// What one row says, under the columns ID, TIME, EVID, AMT, RATE, DUR, CMT, ADDL, II, SS.
fn what(row: &str) -> What {
    let file = format!("ID,TIME,EVID,AMT,RATE,DUR,CMT,ADDL,II,SS\n1,0,{row}\n");
    subjects(&file)[0].history.records[0].what.clone()
}

fn dose(target: Target, amount: f64) -> DoseRecord {
    DoseRecord { target, amount, input: DoseInput::Bolus, repeats: None, steady: None }
}

#[test]
fn doses() {
    use DoseInput::*;
    let central = dose(Target::Compartment(1), 5.0);
    let timed = dose(Target::Compartment(2), 5.0);
    let paced = dose(Target::Compartment(3), 5.0);
    let oral = dose(Target::Route(0), 5.0);
    for (row, expected) in [
        ("1,5,,,2,,,", central),
        ("1,5,0,0,central,0,0,0", central),
        ("1,5,0,.,CENTRAL,NA,.,", central),
        ("1,5e0,,,2.0,,24,", central),
        ("1,5,10,,2,,,", DoseRecord { input: Rate(10.0), ..central }),
        ("1,5,,2,2,,,", DoseRecord { input: Duration(2.0), ..central }),
        ("1,5,-2,,timed,,,", DoseRecord { input: ModelledDuration, ..timed }),
        ("1,5,-1,,4,,,", DoseRecord { input: ModelledRate, ..paced }),
        ("1,5,1,,timed,,,", DoseRecord { input: Rate(1.0), ..timed }),
        ("1,5,,,oral,,,", oral),
        ("1,5,2,,Oral,,,", DoseRecord { input: Rate(2.0), ..oral }),
        ("1,5,,,fixed,,,", dose(Target::Route(1), 5.0)),
        ("1,5,,,2,3,12,", DoseRecord { repeats: Some(Repeats { additional: 3, interval: 12.0 }), ..central }),
        ("1,5,,,2,,12,1", DoseRecord { steady: Some(Steady { interval: 12.0, add: false }), ..central }),
        ("1,5,,,2,,12,2", DoseRecord { steady: Some(Steady { interval: 12.0, add: true }), ..central }),
        ("1,5,,,2,,12,3", DoseRecord { steady: Some(Steady { interval: 12.0, add: false }), ..central }),
    ] {
        assert_eq!(what(row), What::Dose(expected), "{row}");
    }
    assert_eq!(what("4,5,,,2,,,"), What::Reset(Some(central)));
}

#[test]
fn what_is_no_dose() {
    let closed = |state| What::Observation { close: Some(state) };
    let (observed, other) = (What::Observation { close: None }, What::Other { switch: None });
    for (row, expected) in [
        ("0,0,100,5,2,4,12,1", observed.clone()),
        ("0,,,,,,,", observed.clone()),
        ("0,,,,oral,,,", observed.clone()),
        ("0,,,,effect,,,", observed.clone()),
        ("0,,,,c,,,", observed),
        ("0,,,,-2,,,", closed(1)),
        ("0,,,,-depot,,,", closed(0)),
        ("2,,,,,,,", other.clone()),
        ("2,,,,0,,,", other),
        ("2,,,,-2,,,", What::Other { switch: Some((1, false)) }),
        ("2,,,,2,,,", What::Other { switch: Some((1, true)) }),
        ("3,,,,2,,,", What::Reset(None)),
        ("8,7,,,2,,,", What::Replace { state: 1, amount: 7.0 }),
        ("8,0,,,central,,,", What::Replace { state: 1, amount: 0.0 }),
        ("1,0,100,,2,,0,1", What::SteadyInfusion { infusion: Some((Target::Compartment(1), 100.0)) }),
        ("1,0,0,,2,,0,1", What::SteadyInfusion { infusion: None }),
    ] {
        assert_eq!(what(row), expected, "{row}");
    }
}

#[test]
fn an_event_follows_from_the_amount() {
    let file = "ID,TIME,AMT,CMT\n1,0,5,2\n1,1,0,2\n1,2,.,2\n1,3,,2\n";
    let records = &subjects(file)[0].history.records;
    assert!(matches!(records[0].what, What::Dose(_)));
    assert!(records[1..].iter().all(|record| record.what == What::Observation { close: None }));
}

#[test]
fn a_dose_without_a_place_takes_the_only_route_or_the_first_compartment() {
    let file = "ID,TIME,AMT\n1,0,5\n";
    let first = |model: &Model| subjects_of(model, file)[0].history.records[0].what.clone();
    let one_route = parse(&MODEL.replace("[routes.fixed]\ncentral = { over = \"1[h]\" }\n", ""));
    assert_eq!(first(&one_route), What::Dose(dose(Target::Route(0), 5.0)));
    let (from, to) = (MODEL.find("[routes.oral]").unwrap(), MODEL.find("[outputs]").unwrap());
    let no_route = parse(&format!("{}{}", &MODEL[..from], &MODEL[to..]));
    assert_eq!(first(&no_route), What::Dose(dose(Target::Compartment(0), 5.0)));
}

#[test]
fn values_of_columns_are_in_base_units_and_carried_forward() {
    let file =
        "ID,TIME,wt,FED,race,cl,SEX\n1,0,70,1,asian,5,M\n1,1,.,NA,,,\n1,2,80,0,2,6,F\n1,3,,,1,,\n2,0,1,0,other,1,\n";
    let read = subjects(file);
    let history = &read[0].history;
    assert_eq!(
        history.columns,
        [Column::Covariate(0), Column::Covariate(1), Column::Covariate(2), Column::Parameter(0)]
    );
    let values: Vec<&[f64]> = history.records.iter().map(|record| record.values.as_slice()).collect();
    // Body weights are in mg inside; the word `2` of a category goes before the place.
    assert_eq!(
        values,
        [&[70e6, 1.0, 1.0, 5.0], &[70e6, 1.0, 1.0, 5.0], &[80e6, 0.0, 2.0, 6.0], &[80e6, 0.0, 1.0, 6.0]]
    );
    assert_eq!(read[1].history.records[0].values, [1e6, 0.0, 0.0, 1.0]);
}

#[test]
fn columns_may_set_a_covariate_and_have_their_own_meaning() {
    let model = parse(&MODEL.replace("FED  = { flag = false }", "FED = { flag = false }\nCMT = { reference = 1 }"));
    let read = subjects_of(&model, "ID,TIME,CMT\n1,0,2\n");
    assert_eq!(read[0].history.records[0].values, [2.0]);
}

#[test]
fn units_of_time_and_amount() {
    let options = DataOptions::new("min".parse().unwrap(), "ug".parse().unwrap()).unwrap();
    let file = "ID,TIME,AMT,RATE,DUR,II,ADDL,CMT\n1,90,5000,1000,,120,1,2\n1,180,5000,,30,,,2\n";
    let read: Vec<_> = DataReader::new(file.as_bytes(), "d.csv", &MINE, options).unwrap().map(Result::unwrap).collect();
    let records = &read[0].history.records;
    assert_eq!((records[0].time, records[1].time), (1.5, 3.0));
    let (What::Dose(first), What::Dose(second)) = (&records[0].what, &records[1].what) else { panic!("two doses") };
    assert_eq!(first.amount, 5.0);
    assert!(matches!(first.input, DoseInput::Rate(rate) if (rate / 60.0 - 1.0).abs() < 1e-15), "{:?}", first.input);
    assert_eq!(first.repeats, Some(Repeats { additional: 1, interval: 2.0 }));
    assert_eq!(second.input, DoseInput::Duration(0.5));
    assert!(DataOptions::new("mg".parse().unwrap(), "mg".parse().unwrap()).is_err());
    assert!(DataOptions::new("h".parse().unwrap(), "nmol".parse().unwrap()).is_err());
}

#[test]
fn subjects_come_one_by_one_and_know_their_lines() {
    let file = "\u{feff}# made by hand\r\nid,time,amt,cmt\r\n\r\nA 1,-2,5,2\r\n# between\r\nA 1,-2,0,2\r\n\"B, 2\",7,0,\"central\"\r\n";
    let read = subjects(file);
    let about: Vec<_> = read.iter().map(|s| (s.id.as_str(), s.first_row, s.rows().collect::<Vec<_>>())).collect();
    assert_eq!(about, [("A 1", 1, vec!["A 1,-2,5,2", "A 1,-2,0,2"]), ("B, 2", 3, vec!["\"B, 2\",7,0,\"central\""])]);
    assert_eq!(read[0].history.records.iter().map(|r| (r.row, r.time)).collect::<Vec<_>>(), [(1, -2.0), (2, -2.0)]);
    let line = read[1].line(3).unwrap();
    assert_eq!((line.first_line, line.text.as_str()), (7, "\"B, 2\",7,0,\"central\""));
    assert_eq!((read[1].line(2), read[1].line(4)), (None, None));
}

#[test]
fn time_may_go_back_where_the_clock_starts_anew() {
    let file = "ID,TIME,EVID,AMT,CMT\n1,5,0,,\n1,0,3,,\n1,2,0,,\n1,0,4,5,2\n1,0,0,,\n";
    let times: Vec<f64> = subjects(file)[0].history.records.iter().map(|record| record.time).collect();
    assert_eq!(times, [5.0, 0.0, 2.0, 0.0, 0.0]);
}

#[test]
fn warnings_are_said_once() {
    let file = "ID,TIME,AMT,CMT,II,SS,WT\n1,0,5,2,12,3,200\n1,1,5,2,12,3,300\n";
    let mut reader = reader(&MINE, file).unwrap();
    assert!(reader.by_ref().all(|subject| subject.is_ok()));
    let warnings: Vec<_> = reader.warnings().iter().map(|w| (w.code, w.message.clone())).collect();
    assert_eq!(warnings.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["W_OUTSIDE_POPULATION", "W_SS3"]);
    assert!(warnings[0].1.starts_with("row 1: WT = 200 kg"), "{warnings:?}");
}

/// Every fault in a file, as it is shown.
fn faults(model: &Model, file: &str) -> Vec<(&'static str, String)> {
    let shown = |faults: Faults<DataError>| -> Vec<_> {
        faults.iter().map(|fault| (fault.kind.code(), fault.diagnostic().to_string())).collect()
    };
    match reader(model, file) {
        Err(faults) => shown(faults),
        Ok(reader) => reader.filter_map(Result::err).flat_map(shown).collect(),
    }
}

/// The characters above the carets.
fn pointed(message: &str) -> String {
    let lines: Vec<Vec<char>> = message.lines().map(|line| line.chars().collect()).collect();
    let carets = lines.iter().position(|line| line.contains(&'^')).expect("carets");
    let columns = lines[carets].iter().enumerate().filter(|(_, c)| **c == '^');
    columns.filter_map(|(column, _)| lines[carets - 1].get(column)).collect()
}

const HEADER: &str = "ID,TIME,EVID,AMT,RATE,DUR,CMT,ADDL,II,SS,WT,FED,race";
const GOOD: &str = "1,5,0,,,,,,,,70,0,asian";

/// A second row, what its only fault is, in which column, and what the carets are below.
const BAD_ROWS: &[(&str, &str, &str, &str)] = &[
    ("1,4,0,,,,,,,,,,", "E_TIME_BACKWARDS", "TIME", "4"),
    ("1,9:30,0,,,,,,,,,,", "E_CLOCK_TIME", "TIME", "9:30"),
    ("1,.,0,,,,,,,,,,", "E_MISSING_CELL", "TIME", "."),
    (",5,0,,,,,,,,,,", "E_MISSING_CELL", "ID", ","),
    ("1,x,0,,,,,,,,,,", "E_NOT_A_NUMBER", "TIME", "x"),
    ("1,inf,0,,,,,,,,,,", "E_NOT_A_NUMBER", "TIME", "inf"),
    ("1,5,1,1e999,,,2,,,,,,", "E_NOT_A_NUMBER", "AMT", "1e999"),
    ("1,5,1, \"5 mg\" ,,,2,,,,,,", "E_NOT_A_NUMBER", "AMT", "\"5 mg\""),
    ("1,5,5,,,,,,,,,,", "E_UNKNOWN_EVENT_CODE", "EVID", "5"),
    ("1,5,0.5,,,,,,,,,,", "E_UNKNOWN_EVENT_CODE", "EVID", "0.5"),
    ("1,5,1,5,,,2,,12,4,,,", "E_UNKNOWN_EVENT_CODE", "SS", "4"),
    ("1,5,1,5,,,2,1.5,12,,,,", "E_NOT_A_COUNT", "ADDL", "1.5"),
    ("1,5,1,5,,,2,-1,12,,,,", "E_NOT_A_COUNT", "ADDL", "-1"),
    ("1,5,1,5,,,2,1e9,12,,,,", "E_NOT_A_COUNT", "ADDL", "1e9"),
    ("1,5,1,5,-1,,2,,,,,,", "E_NO_MODELLED_RATE", "RATE", "-1"),
    ("1,5,1,5,-2,,2,,,,,,", "E_NO_MODELLED_DURATION", "RATE", "-2"),
    ("1,5,1,5,-2,,4,,,,,,", "E_NO_MODELLED_DURATION", "RATE", "-2"),
    ("1,5,1,5,-1,,oral,,,,,,", "E_NO_MODELLED_RATE", "RATE", "-1"),
    ("1,5,1,5,-3,,2,,,,,,", "E_RATE_CODE", "RATE", "-3"),
    ("1,5,1,5,0,,timed,,,,,,", "E_SILENT_BOLUS", "RATE", "0"),
    ("1,5,4,5,0,0,paced,,,,,,", "E_SILENT_BOLUS", "RATE", "0"),
    ("1,5,1,5,10,,fixed,,,,,,", "E_ROUTE_HAS_DURATION", "RATE", "10"),
    ("1,5,1,5,10,2,2,,,,,,", "E_RATE_AND_DURATION", "DUR", "2"),
    ("1,5,1,5,-2,2,timed,,,,,,", "E_RATE_AND_DURATION", "DUR", "2"),
    ("1,5,1,5,,-2,2,,,,,,", "E_NEGATIVE", "DUR", "-2"),
    ("1,5,1,5,,,2,3,,,,,", "E_ADDL_WITHOUT_II", "ADDL", "3"),
    ("1,5,1,5,,,2,,0,1,,,", "E_SS_WITHOUT_II", "SS", "1"),
    ("1,5,1,5,,,2,,-12,,,,", "E_NEGATIVE", "II", "-12"),
    ("1,5,1,0,,,2,,,,,,", "E_NO_AMOUNT", "AMT", "0"),
    ("1,5,1,0,10,,2,,,,,,", "E_NO_AMOUNT", "AMT", "0"),
    ("1,5,1,0,-1,,paced,,0,1,,,", "E_NO_AMOUNT", "AMT", "0"),
    ("1,5,4,,,,2,,,,,,", "E_NO_AMOUNT", "AMT", ","),
    ("1,5,1,-5,,,2,,,,,,", "E_NEGATIVE", "AMT", "-5"),
    ("1,5,0,5,,,2,,,,,,", "E_ITEM_NOT_ALLOWED", "AMT", "5"),
    ("1,5,3,5,,,2,,,,,,", "E_ITEM_NOT_ALLOWED", "AMT", "5"),
    ("1,5,8,5,10,,2,,,,,,", "E_ITEM_NOT_ALLOWED", "RATE", "10"),
    ("1,5,8,,,,2,,,,,,", "E_MISSING_CELL", "AMT", ","),
    ("1,5,8,5,,,oral,,,,,,", "E_NOT_A_COMPARTMENT", "CMT", "oral"),
    ("1,5,8,5,,,,,,,,,", "E_NO_COMPARTMENT", "CMT", ","),
    ("1,5,1,5,,,,,,,,,", "E_NO_COMPARTMENT", "CMT", ","),
    ("1,5,1,0,10,,2,3,0,1,,,", "E_ADDL_AFTER_CONSTANT_INFUSION", "ADDL", "3"),
    ("1,5,1,0,10,,2,,0,2,,,", "E_SS2_CONSTANT_INFUSION", "SS", "2"),
    ("1,5,1,5,,,9,,,,,,", "E_UNKNOWN_COMPARTMENT", "CMT", "9"),
    ("1,5,1,5,,,1.5,,,,,,", "E_UNKNOWN_COMPARTMENT", "CMT", "1.5"),
    ("1,5,1,5,,,centrl,,,,,,", "E_UNKNOWN_COMPARTMENT", "CMT", "centrl"),
    ("1,5,1,5,,,effect,,,,,,", "E_UNKNOWN_COMPARTMENT", "CMT", "effect"),
    ("1,5,0,,,,9,,,,,,", "E_UNKNOWN_COMPARTMENT", "CMT", "9"),
    ("1,5,1,5,,,-2,,,,,,", "E_NEGATIVE_COMPARTMENT", "CMT", "-2"),
    ("1,5,2,,,,-oral,,,,,,", "E_NOT_A_COMPARTMENT", "CMT", "-oral"),
    ("1,5,0,,,,,,,,heavy,,", "E_NOT_A_NUMBER", "WT", "heavy"),
    ("1,5,0,,,,,,,,,2,", "E_NOT_A_FLAG", "FED", "2"),
    ("1,5,0,,,,,,,,,,asain", "E_NOT_IN_LIST", "race", "asain"),
    ("1,5,0,,,,,,,,,,3", "E_NOT_IN_LIST", "race", "3"),
];

#[test]
fn every_bad_cell_is_said_with_its_row_column_and_place() {
    for (row, code, column, at) in BAD_ROWS {
        let found = faults(&MINE, &format!("{HEADER}\n# a comment\n{GOOD}\n{row}\n{GOOD}\n"));
        assert_eq!(found.len(), 1, "{row}\n{found:?}");
        let (found, shown) = &found[0];
        assert_eq!(found, code, "{shown}");
        assert!(shown.contains(&format!("row 2, column `{column}`: ")), "{shown}");
        assert!(shown.contains("--> d.csv:4:") && shown.contains(&format!("4 | {row}\n")), "{shown}");
        assert_eq!(pointed(shown), *at, "{shown}");
        let number = HEADER.split(',').position(|name| name == *column).unwrap();
        let start = if *at == "\"5 mg\"" { 7 } else { row.split(',').take(number).map(|cell| cell.len() + 1).sum() };
        assert!(shown.contains(&format!("d.csv:4:{}\n", start + 1)), "{shown}");
    }
}

#[test]
fn every_bad_file_is_said_with_its_place() {
    let long = format!("ID,TIME\n1,{}\n", "0".repeat(2 << 20));
    for (file, code, place) in [
        ("", "E_DATA_EMPTY", "d.csv:1:1"),
        ("\n# nothing\n", "E_DATA_EMPTY", "d.csv:1:1"),
        ("ID,TIME\n", "E_DATA_HEADER_ONLY", "d.csv:1:1"),
        ("ID,AMT\n1,5\n", "E_MISSING_COLUMN", "d.csv:1:1"),
        ("TIME,AMT\n1,5\n", "E_MISSING_COLUMN", "d.csv:1:1"),
        ("ID;TIME\n1;5\n", "E_MISSING_COLUMN", "d.csv:1:1"),
        ("ID,TIME,time\n1,5,5\n", "E_REPEATED_COLUMN", "d.csv:1:9"),
        ("ID,TIME,NOTE,NOTE\n1,5,5,\n", "E_REPEATED_COLUMN", "d.csv:1:14"),
        ("ID,TIME,WT,wt\n1,5,5,5\n", "E_REPEATED_COLUMN", "d.csv:1:12"),
        ("ID,TIME,\n1,5,5\n", "E_NAMELESS_COLUMN", "d.csv:1:9"),
        ("ID,TIME,date\n1,5,5\n", "E_DATE_COLUMN", "d.csv:1:9"),
        ("ID,TIME,c\n1,5,5\n", "E_OUTPUT_COLUMN", "d.csv:1:9"),
        ("ID,\"TIME\n1,5\n", "E_QUOTE", "d.csv:1:4"),
        ("ID,TIME\n1,\"5\n", "E_QUOTE", "d.csv:2:3"),
        ("ID,TIME\n1,5,7\n", "E_CELL_COUNT", "d.csv:2:5"),
        ("ID,TIME,DV\n1,5\n", "E_CELL_COUNT", "d.csv:2:4"),
        ("ID,TIME\n1,5\n2,5\n1,6\n", "E_ID_NOT_CONTIGUOUS", "d.csv:4:1"),
        ("ID,TIME,WT\n1,5,.\n1,6,.\n1,7,70\n", "E_NO_VALUE_YET", "d.csv:2:5"),
        ("ID,TIME\n1,\0\n", "E_NOT_TEXT", "d.csv:2:3"),
        (&long, "E_LINE_TOO_LONG", "d.csv:2:"),
    ] {
        let found = faults(&MINE, file);
        let start = &file[..file.len().min(50)];
        assert!(!found.is_empty() && found.iter().all(|(found, _)| *found == code), "{start}\n{found:?}");
        assert!(found[0].1.contains(&format!("--> {place}")), "{start}\n{}", found[0].1);
    }
    let binary = DataReader::new(&b"\xff\xfeI\0D\0"[..], "d.csv", &MINE, DataOptions::default());
    assert_eq!(binary.err().map(|e| e.code()), Some("E_NOT_TEXT"));
}

#[test]
fn names_that_mean_several_things_are_refused() {
    let model = parse(&MODEL.replace("FED  =", "wt = { flag = false }\nFED ="));
    assert_eq!(faults(&model, "ID,TIME,Wt\n1,0,70\n")[0].0, "E_AMBIGUOUS_COLUMN");
    assert_eq!(subjects_of(&model, "ID,TIME,WT,wt\n1,0,70,1\n")[0].history.records[0].values, [70e6, 1.0]);
    let model = parse(&MODEL.replace("[routes.oral]", "[routes.depot]"));
    assert_eq!(faults(&model, "ID,TIME,AMT,CMT\n1,0,5,depot\n")[0].0, "E_AMBIGUOUS_COMPARTMENT");
    assert_eq!(subjects_of(&model, "ID,TIME,AMT,CMT\n1,0,0,depot\n1,0,5,1\n")[0].history.records.len(), 2);
}

#[test]
fn as_many_faults_as_can_be_found_up_to_a_limit() {
    let file = "ID,TIME,EVID,AMT,CMT,WT\n1,0,1,x,y,z\n1,a,7,,,\n2,0,1,,2,70\n";
    let codes: Vec<_> = faults(&MINE, file).into_iter().map(|(code, _)| code).collect();
    assert_eq!(
        codes,
        [
            "E_NOT_A_NUMBER",
            "E_UNKNOWN_COMPARTMENT",
            "E_NOT_A_NUMBER",
            "E_UNKNOWN_EVENT_CODE",
            "E_NOT_A_NUMBER",
            "E_NO_AMOUNT"
        ]
    );
    let many = format!("ID,TIME\n{}", "1,x\n".repeat(1000));
    assert_eq!(faults(&MINE, &many).len(), MAX_FAULTS);
}

/// The rows of a data set as they come out, with numbers for the outputs.
fn through(model: &Model, file: &str) -> String {
    let reader = reader(model, file).unwrap();
    let names = model.outputs().iter().map(|output| output.name.as_str());
    let mut writer = DataWriter::new(Vec::new(), reader.header(), names).unwrap();
    for subject in reader {
        let subject = subject.unwrap();
        let values: Vec<f64> = (0..subject.rows().len() * model.outputs().len()).map(|i| i as f64 / 10.0).collect();
        writer.write(&subject, &values).unwrap();
    }
    String::from_utf8(writer.into_inner()).unwrap()
}

#[test]
fn rows_come_out_as_they_went_in() {
    let file = "\u{feff}Id, time ,\"note, all\",amt,cmt\r\n# left out\r\n1, 0.50,\"say \"\"a\"\", b\",5.0,2\r\n01,1e0,.,.,\"\"\r\n";
    let expected =
        "Id, time ,\"note, all\",amt,cmt,c,d\n1, 0.50,\"say \"\"a\"\", b\",5.0,2,0,0.1\n01,1e0,.,.,\"\",0,0.1\n";
    assert_eq!(through(&MINE, file), expected);
}

/// Every data set of records among the reference results comes out with the rows it went in with.
#[test]
fn reference_data_sets_come_out_as_they_went_in() {
    let Some(folder) = std::env::var_os("POSOLOGY_ORACLES") else {
        eprintln!("skipped: POSOLOGY_ORACLES names no folder");
        return;
    };
    let model = parse(&MODEL.replace("timed   = { infusion_duration = \"2[h]\" }", "timed = {}"));
    let mut read = 0;
    for scenario in
        ["analytic/one_cmt_all_regimens", "nonmem_dosing/nm20", "nonmem_dosing/nm29", "nonmem_ss_lag/nm0425"]
    {
        let path = std::path::Path::new(&folder).join(scenario).join("dataset.csv");
        let file = std::fs::read_to_string(&path).unwrap();
        let out = through(&model, &file);
        for (out, line) in out.lines().zip(file.lines()) {
            assert!(out.starts_with(&format!("{line},")), "{scenario}\n{out}");
            read += 1;
        }
        assert_eq!(out.lines().count(), file.lines().count());
    }
    assert!(read > 500, "{read}");
}

/// A data set with every kind of record.
fn sample() -> String {
    let mut file = String::from("ID,TIME,EVID,AMT,RATE,DUR,CMT,ADDL,II,SS,WT,FED,race,NOTE\r\n");
    let rows =
        ["0,,,,,,,", "1,5,,,central,3,12,", "1,5,-2,,timed,,12,1", "1,0,100,,2,,,1", "2,,,,-2,,,", "4,5,,,\"oral\",,,"];
    for (i, row) in rows.iter().cycle().take(18).enumerate() {
        write!(file, "{},{i}.5,{row},70,1,asian,\"a, \"\"b\"\" {i}\"\r\n", i / 6).unwrap();
    }
    file
}

/// A change to a byte, a range of bytes, or nothing.
fn mutation() -> impl Strategy<Value = (u8, usize, usize, u8)> {
    let bytes = prop::sample::select(b",\"\n\r#.-+eE0123459:xN\0\xff\xc3 ".as_slice());
    (0u8..4, any::<usize>(), 1usize..40, prop_oneof![bytes, any::<u8>()])
}

fn mutated(mut bytes: Vec<u8>, (kind, at, length, byte): (u8, usize, usize, u8)) -> Vec<u8> {
    let at = at % bytes.len().max(1);
    let end = (at + length).min(bytes.len());
    match kind {
        _ if bytes.is_empty() => {}
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 => drop(bytes.drain(at..end)),
        _ => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, ..ProptestConfig::default() })]

    /// Whatever the bytes: an answer, a place for every fault, and records that hold what the types promise.
    #[test]
    fn no_bytes_do_harm(mutations in prop::collection::vec(mutation(), 1..8)) {
        static SAMPLE: LazyLock<Vec<u8>> = LazyLock::new(|| sample().into_bytes());
        let bytes = mutations.into_iter().fold(SAMPLE.clone(), mutated);
        let rows = bytes.split(|b| *b == b'\n').count();
        let Ok(reader) = DataReader::new(bytes.as_slice(), "d.csv", &MINE, DataOptions::default()) else { return Ok(()) };
        let mut read = 0;
        for subject in reader {
            match subject {
                Err(faults) => {
                    prop_assert!(faults.iter().count() <= MAX_FAULTS + 20);
                    prop_assert!(faults.iter().all(|fault| fault.span.is_some() && fault.source.is_some()));
                    prop_assert!(!faults.to_string().is_empty());
                }
                Ok(subject) => {
                    prop_assert_eq!(subject.rows().len(), subject.history.records.len());
                    for record in &subject.history.records {
                        read += 1;
                        prop_assert!(record.time.is_finite());
                        prop_assert!(record.values.iter().all(|value| value.is_finite()));
                        if let What::Dose(dose) = &record.what {
                            prop_assert!(dose.amount > 0.0 && dose.amount.is_finite());
                            prop_assert!(dose.repeats.is_none_or(|r| r.additional > 0 && r.interval > 0.0));
                            prop_assert!(dose.steady.is_none_or(|s| s.interval > 0.0));
                        }
                    }
                }
            }
        }
        prop_assert!(read < rows);
    }
}

#[cfg(feature = "cli")]
mod command {
    use super::common::Folder;
    use super::{BAD_ROWS, GOOD, HEADER, MODEL};

    const GOOD_FILE: &str = "ID,TIME,AMT,CMT,WT\n1,0,5,2,70\n1,1,.,.,.\n\"2\",0,5,oral,60\n";

    fn folder() -> Folder {
        Folder::new().with("m.toml", MODEL).with("d.csv", GOOD_FILE)
    }

    #[test]
    fn a_result_has_the_rows_of_the_data_and_a_manifest_beside_it() {
        let folder = folder();
        let run = folder.run(&["simulate", "m.toml", "--data", "d.csv", "--out", "r.csv", "--covariate", "FED=1"]);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
        let files = folder.files("");
        let result = String::from_utf8(files["r.csv"].clone()).unwrap();
        for (out, line) in result.lines().zip(GOOD_FILE.lines()) {
            assert!(out.starts_with(&format!("{line},")) && out.split(',').count() == 7, "{out}");
        }
        assert_eq!(result.lines().count(), GOOD_FILE.lines().count());
        let manifest: serde_json::Value = serde_json::from_slice(&files["r.manifest.json"]).unwrap();
        assert_eq!(manifest["inputs"][0]["sha256"], posology::io::sha256_hex(GOOD_FILE.as_bytes()));
        assert_eq!(manifest["outputs"][0]["sha256"], posology::io::sha256_hex(result.as_bytes()));
        assert_eq!(manifest["outputs"][0]["units"]["c"], "ng/mL");
        assert_eq!(manifest["covariates"], "nocb");
        assert_eq!(manifest["settings"]["covariate WT"], "column WT");
        assert_eq!(manifest["settings"]["covariate race"], "the model's reference");
        assert_eq!(manifest["settings"]["FED"], "1");
        let run = folder.run(&["simulate", "m.toml", "--data", "d.csv", "--format", "csv", "--covariate", "FED=1"]);
        assert_eq!((run.code, run.stdout), (0, result));
    }

    #[test]
    fn tables_and_json_have_the_same_columns() {
        let folder = folder();
        let run = folder.run(&["simulate", "m.toml", "--data", "d.csv"]);
        assert!(run.stdout.starts_with("ID  TIME  AMT  CMT   WT") && run.stdout.contains("ng/mL"), "{}", run.stdout);
        let run = folder.run(&["simulate", "m.toml", "--data", "d.csv", "--format", "json"]);
        let rows: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((&rows[2]["CMT"], &rows[2]["WT"]), (&"oral".into(), &60.0.into()));
    }

    #[test]
    fn nothing_is_written_or_printed_when_any_row_is_bad() {
        let folder = folder().with("r.csv", "old").with("r.manifest.json", "old");
        for (row, code, ..) in BAD_ROWS.iter().step_by(5) {
            // The first subject is good and was simulated already.
            let file = format!("{HEADER}\n{}\n{GOOD}\n{row}\n", GOOD.replacen('1', "0", 1));
            std::fs::write(folder.0.join("bad.csv"), file).unwrap();
            let before = folder.files("");
            for out in [["--format", "csv"], ["--out", "r.csv"]] {
                let run = folder.run(&[["simulate", "m.toml", "--data", "bad.csv"].as_slice(), &out].concat());
                assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
                assert!(run.stderr.contains(&format!("error[{code}]")), "{}", run.stderr);
                assert!(folder.files("") == before, "files were touched: {row}");
            }
        }
    }

    /// Two rows of each of some people.
    fn rows(ids: &[&str]) -> String {
        let rows = |id: &&str| format!("{id},0,5,central\n{id},1,,\n{id},6,,\n");
        format!("ID,TIME,AMT,CMT\n{}", ids.iter().map(rows).collect::<String>())
    }

    /// The cells of the output `c`, by ID.
    fn c_of(folder: &Folder, ids: &[&str], arguments: &[&str]) -> Vec<(String, String)> {
        std::fs::write(folder.0.join("p.csv"), rows(ids)).unwrap();
        let basic = ["simulate", "p.toml", "--data", "p.csv", "--format", "csv"];
        let run = folder.run(&[&basic, arguments].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let cells = |line: &str| line.split(',').map(str::to_string).collect::<Vec<_>>();
        run.stdout.lines().skip(1).map(cells).map(|cells| (cells[0].clone(), cells[4].clone())).collect()
    }

    #[test]
    fn people_are_drawn_by_their_id() {
        let varies = MODEL
            .replace("V  = { value = 50, unit = \"L\",", "V  = { value = 50, unit = \"L\", iiv = { cv = 0.3 },")
            .replace("unit = \"ng/mL\" }", "unit = \"ng/mL\", residual = { proportional = 0.1 } }");
        let folder = Folder::new().with("p.toml", &varies);
        let typical = c_of(&folder, &["1", "2", "x"], &[]);
        assert_eq!((&typical[1].1, &typical[4].1), (&typical[7].1, &typical[7].1));
        let all = c_of(&folder, &["1", "2", "x", "3"], &["--seed", "7"]);
        let some = c_of(&folder, &["x", "2"], &["--seed", "7"]);
        assert_eq!((&some[..3], &some[3..]), (&all[6..9], &all[3..6]));
        let peaks: std::collections::BTreeSet<&String> = all.iter().step_by(3).map(|(_, c)| c).collect();
        assert_eq!(peaks.len(), 4, "{all:?}");
        assert_ne!(c_of(&folder, &["2"], &["--seed", "8"])[0], all[3]);
        // Errors are of observations, and do not change who people are.
        let measured = c_of(&folder, &["1", "2", "x", "3"], &["--seed", "7", "--residual"]);
        for (row, (with, without)) in measured.iter().zip(&all).enumerate() {
            assert_eq!(with == without, row % 3 == 0, "row {row}");
        }
        let out = ["simulate", "p.toml", "--data", "p.csv", "--seed", "7", "--out", "r.csv"];
        assert_eq!(folder.run(&out).code, 0);
        let manifest: serde_json::Value = serde_json::from_slice(&folder.files("")["r.manifest.json"]).unwrap();
        assert_eq!(manifest["seed"], 7);
    }

    #[test]
    fn a_person_whose_numbers_are_impossible_fails_alone() {
        let wild =
            MODEL.replace("V  = { value = 50, unit = \"L\",", "V  = { value = 50, unit = \"L\", iiv = { sd = 50 },");
        let ids: Vec<String> = (1..=40).map(|id| id.to_string()).collect();
        let folder = Folder::new()
            .with("p.toml", &wild)
            .with("p.csv", &rows(&ids.iter().map(String::as_str).collect::<Vec<_>>()));
        let run = folder.run(&["simulate", "p.toml", "--data", "p.csv", "--format", "csv", "--seed", "7"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stderr.contains("E_OUT_OF_LIMITS") && run.stderr.contains("W_SUBJECTS_FAILED"), "{}", run.stderr);
        let (empty, full): (Vec<&str>, Vec<&str>) = run.stdout.lines().skip(1).partition(|line| line.ends_with(",,"));
        assert!(!empty.is_empty() && full.len() > empty.len() && empty.len() + full.len() == 120, "{}", run.stdout);
    }

    #[test]
    fn options_that_contradict_one_another_are_refused() {
        let folder = folder();
        for (arguments, expected) in [
            (["--give", "5 mg oral"].as_slice(), "cannot be used with"),
            (&["--until", "5h"], "cannot be used with"),
            (&["--residual"], "required"),
            (&["--time-unit", "mg"], "E_UNIT_MISMATCH"),
            (&["--amount-unit", "mgg"], "E_UNIT_UNKNOWN"),
            (&["--covariate", "WT=70kg"], "E_ARGUMENT"),
            (&["--out", "none/r.csv"], "E_FILE_WRITE"),
        ] {
            let run = folder.run(&[["simulate", "m.toml", "--data", "d.csv"].as_slice(), arguments].concat());
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
            assert!(run.stderr.contains(expected), "{arguments:?}\n{}", run.stderr);
        }
        for arguments in
            [["simulate", "m.toml"].as_slice(), &["simulate", "m.toml", "--give", "5 mg oral", "--compat", "nonmem"]]
        {
            assert_eq!(folder.run(arguments).code, 2, "{arguments:?}");
        }
        assert!(folder.run(&["simulate", "m.toml", "--data", "none.csv"]).stderr.contains("E_FILE_READ"));
    }
}
