//! Real people from a table, in plans: the same numbers as if each were given by hand, and frozen with a sweep.

mod common;

use common::Folder;

const REAL: &str = "ID,weight [kg]\nA,60\nB,75\nC,90\n";

const LISTED: &str = r#"
model      = "ketamine-clements-1981"
give       = "{dose} iv over 40 min"
population = { file = "real.csv" }
[factors]
dose = { list = ["40 mg", "80 mg"] }
[measures]
peak = "Cmax(ketamine)"
[summary]
every_subject = true
"#;

const BY_HAND: &str = r#"
model = "ketamine-clements-1981"
give  = "{dose} iv over 40 min"
[factors]
dose   = { list = ["40 mg", "80 mg"] }
weight = { list = ["60 kg", "75 kg", "90 kg"] }
[measures]
peak = "Cmax(ketamine)"
"#;

fn peaks(folder: &Folder, file: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(folder.0.join(file)).unwrap();
    let column = reader.headers().unwrap().iter().position(|name| name == "peak").unwrap();
    reader.records().map(|row| row.unwrap()[column].to_string()).collect()
}

fn done(folder: &Folder, arguments: &[&str]) {
    let run = folder.run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}\n{}", run.stderr);
}

#[test]
fn a_sweep_of_listed_people_is_that_of_each_by_hand() {
    let folder = Folder::new().with("real.csv", REAL).with("listed.toml", LISTED).with("hand.toml", BY_HAND);
    done(&folder, &["sweep", "listed.toml", "--out", "listed"]);
    done(&folder, &["sweep", "hand.toml", "--out", "hand"]);
    let found = peaks(&folder, "listed/results.csv");
    assert_eq!(found.len(), 6);
    assert_eq!(found, peaks(&folder, "hand/results.csv"));
    assert!(found[0] != found[1], "{found:?}");
}

#[test]
fn the_list_is_frozen_with_the_sweep() {
    let folder = Folder::new().with("real.csv", REAL).with("listed.toml", LISTED);
    done(&folder, &["sweep", "listed.toml", "--out", "whole"]);
    for shard in ["1/2", "2/2"] {
        done(&folder, &["sweep", "listed.toml", "--out", &shard[..1], "--shard", shard]);
    }
    let folder = folder.with("real.csv", &REAL.replace("75", "76"));
    let other = folder.run(&["sweep", "listed.toml", "--out", "whole", "--resume"]);
    let said = "line 3 of its `real.csv` is `B,75`, and of this one's `B,76`";
    assert!(other.code == 2 && other.stderr.contains(said), "{}", other.stderr);
    std::fs::remove_file(folder.0.join("real.csv")).unwrap();
    done(&folder, &["sweep", "merge", "1", "2", "--out", "merged"]);
    let (merged, mut whole) = (folder.files("merged"), folder.files("whole"));
    whole.retain(|name, _| merged.contains_key(name));
    assert!(merged.contains_key("results.csv") && merged == whole);
}

fn comparison(population: &str) -> String {
    format!(
        "population = {population}\n[[arm]]\nname = \"iv\"\nmodel = \"ketamine-clements-1981\"\noutput = \"ketamine\"\nsession = \"0.5 mg/kg iv over 40 min\"\n"
    )
}

#[test]
fn a_comparison_takes_as_many_as_are_listed() {
    let plan = comparison(r#"{ file = "real.csv", seed = 1 }"#);
    let folder = Folder::new().with("real.csv", REAL).with("plan.toml", &plan);
    done(&folder, &["compare", "plan.toml", "--out", "out"]);
    let manifest: serde_json::Value = serde_json::from_slice(&folder.files("out")["manifest.json"]).unwrap();
    assert_eq!((&manifest["settings"]["subjects"], &manifest["inputs"][1]["name"]), (&"3".into(), &"real.csv".into()));
    let drawn = comparison(r#"{ file = "real.csv", resample = true, size = 20, seed = 1 }"#);
    let folder = folder.with("drawn.toml", &drawn);
    done(&folder, &["compare", "drawn.toml", "--out", "drawn"]);
    let many = folder.run(&["compare", "plan.toml", "--subjects", "4", "--seed", "1"]);
    assert!(many.code == 2 && many.stderr.contains("E_TOO_FEW_PEOPLE"), "{}", many.stderr);
}

#[test]
fn what_is_wrong_with_the_list_is_said_where_it_stands() {
    let described = "weight = { mean = \"70 kg\", sd = \"7 kg\" }\n";
    let folder =
        Folder::new().with("real.csv", REAL).with("people.toml", described).with("bad.csv", "ID,weight\n1,x\n");
    for (population, code, place) in [
        (r#"{ file = "none.csv", seed = 1 }"#, "E_CANNOT_READ", "plan.toml:1:23"),
        (r#"{ file = "real.csv", seed = 1, size = 4 }"#, "E_TOO_FEW_PEOPLE", "plan.toml:1:52"),
        (r#"{ file = "real.csv", seed = 1, age = "40 year" }"#, "E_UNKNOWN_KEY", "plan.toml:1:45"),
        (r#"{ file = "people.toml", resample = true, size = 9, seed = 1 }"#, "E_NOT_A_LIST", "plan.toml:1:49"),
        (r#"{ file = "people.toml", seed = 1 }"#, "E_MISSING_KEY", "plan.toml:1:14"),
        (r#"{ resample = true, size = 9, seed = 1 }"#, "E_RESERVED_NAME", "plan.toml:1:16"),
        (r#"{ file = "bad.csv", seed = 1 }"#, "E_NOT_A_NUMBER", "bad.csv:2:3"),
    ] {
        std::fs::write(folder.0.join("plan.toml"), comparison(population)).unwrap();
        let run = folder.run(&["compare", "plan.toml", "--out", "out"]);
        assert_eq!(run.code, 2, "{population}");
        assert!(run.stderr.contains(code) && run.stderr.contains(place), "{population}: {}", run.stderr);
        assert!(!folder.0.join("out").exists());
    }
}
