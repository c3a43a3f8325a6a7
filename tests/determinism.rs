//! The same bytes for any threads, shards and interruptions.

mod common;

use common::Folder;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// One point in a part.
const POINTS: &str = r#"
model    = "esketamine-perez-ruixo-2021"
give     = "{dose} intranasal"
until    = "24 h"
subjects = 5
seed     = 7
[factors]
dose = { list = ["28 mg", "56 mg", "84 mg"] }
age  = { from = "20 year", to = "80 year", steps = 40 }
[measures]
peak = "Cmax(esketamine)"
area = "AUC(noresketamine, 0 h, 24 h)"
[summary]
probability = ["peak > 60 ng/mL"]
"#;

/// Two parts to a point.
const PERSONS: &str = r#"
model    = "s-ketamine-otto-2021"
give     = "{dose} iv over 30 min"
until    = "1 h"
subjects = 4100
[factors]
dose = { list = ["10 mg", "no dose", "20 mg"] }
[measures]
peak = "Cmax(s_ketamine)"
"#;

/// Integrated, and two parts to a point; the third replicate goes from one to the other.
const INTEGRATED: &str = r#"
model      = "effects.toml"
give       = "{dose} oral"
until      = "30 min"
subjects   = 1400
replicates = 3
[factors]
dose = { list = ["10 mg", "20 mg"] }
[measures]
least = "Cmin(response)"
last  = "C(response, 30 min)"
"#;

const RESULTS: [&str; 3] = ["plan.lock", "results.csv", "results.manifest.json"];

/// Runs a command that has to end with this code, and gives the files of a folder.
fn files(folder: &Folder, arguments: &[&str], code: i32, out: &str) -> BTreeMap<String, Vec<u8>> {
    let run = folder.run(arguments);
    assert_eq!(run.code, code, "{arguments:?}\n{}", run.stderr);
    folder.files(out)
}

#[test]
fn a_sweep_is_the_same_for_any_threads_and_shards() {
    let effects = include_str!("../benches/models/effects.toml");
    for (plan, code) in [(POINTS, 0), (PERSONS, 1), (INTEGRATED, 0)] {
        let folder = Folder::new().with("p.toml", plan).with("effects.toml", effects);
        let one = files(&folder, &["sweep", "p.toml", "--out", "1", "--threads", "1"], code, "1");
        assert_eq!(one.keys().collect::<Vec<_>>(), RESULTS);
        let two = files(&folder, &["sweep", "p.toml", "--out", "2", "--threads", "2"], code, "2");
        assert!(one == two, "threads");
        for k in ["1", "2", "3"] {
            folder.run(&["sweep", "p.toml", "--out", &format!("s{k}"), "--shard", &format!("{k}/3")]);
        }
        let merged = files(&folder, &["sweep", "merge", "s3", "s1", "s2", "--out", "m"], code, "m");
        assert!(one == merged, "shards");
    }
}

/// Starts a sweep on two threads in the folder `o`.
fn start(folder: &Folder) -> Child {
    let arguments = ["sweep", "p.toml", "--out", "o", "--threads", "2", "--resume"];
    folder.command(&arguments).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until there are so many parts.
fn wait_for(child: &mut Child, parts: &Path, count: usize) {
    let begun = Instant::now();
    let there = || std::fs::read_dir(parts).map_or(0, |entries| entries.filter(is_part).count());
    while there() < count {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it had {count} parts");
        assert!(begun.elapsed() < Duration::from_secs(120), "{count} parts take too long");
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn is_part(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("part-"))
}

#[test]
#[cfg(unix)]
fn a_sweep_killed_ten_times_and_stopped_once_is_the_same() {
    use std::os::unix::process::ExitStatusExt;
    // So many people that no part is done before a signal arrives.
    let folder = Folder::new().with("p.toml", &POINTS.replace("subjects = 5", "subjects = 500"));
    let wanted = files(&folder, &["sweep", "p.toml", "--out", "whole"], 0, "whole");
    // First of all, when much is left to do.
    let mut child = start(&folder);
    wait_for(&mut child, &folder.0.join("o/parts"), 3);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains(" of 120 parts are finished and kept\n"), "{said}");
    assert!(said.contains("hint: `posology sweep p.toml --out o --resume` goes on"), "{said}");
    // Drawn once, of 120 parts.
    for count in [1, 9, 23, 31, 38, 52, 66, 73, 84, 97] {
        let mut child = start(&folder);
        wait_for(&mut child, &folder.0.join("o/parts"), count);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        let status = folder.run(&["sweep", "status", "o", "--format", "json"]);
        let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
        assert_eq!(status[0]["damaged_parts"], "", "a part is whole or not there");
        assert!(status[0]["finished"].as_u64().unwrap() >= count as u64, "nothing is lost");
    }
    // Nor is anything left of a file that a kill cut short.
    let resumed = files(&folder, &["sweep", "p.toml", "--out", "o", "--resume"], 0, "o");
    assert!(resumed == wanted);
}

/// Two parts to a point; people of 90 years are outside the range of the second model alone.
const OUTSIDE: &str = r#"
give     = "28 mg intranasal"
until    = "1 h"
subjects = 4100
[design]
kind   = "list"
points = [
    { model = "esketamine-perez-ruixo-2021", age = "45 year" },
    { model = "b.toml", age = "45 year" },
    { model = "b.toml", age = "90 year" },
]
[measures]
peak = "Cmax(esketamine)"
"#;

#[test]
fn what_should_be_known_about_people_is_said_and_written_the_same_for_any_shards() {
    let model = include_str!("../models/ketamine/esketamine-perez-ruixo-2021.toml");
    let other = model.replacen("\"esketamine-perez-ruixo-2021\"", "\"b\"", 1);
    for subjects in ["4100", "40"] {
        let folder = Folder::new().with("b.toml", &other).with("p.toml", &OUTSIDE.replace("4100", subjects));
        let whole = folder.run(&["sweep", "p.toml", "--out", "o", "--quiet"]);
        assert_eq!(whole.code, 0, "{}", whole.stderr);
        let all = 2 * subjects.parse::<u32>().unwrap();
        let outside = format!(
            "over all points, {subjects} of {all} subjects are outside 18..86 year (age) of the people the model `b` was made from"
        );
        let said: Vec<&str> = whole.stderr.lines().filter(|line| line.starts_with("warning[W_")).collect();
        let variability = said.iter().filter(|line| line.contains("W_MISSING_VARIABILITY")).count();
        assert!(variability >= 2 && said[said.len() - 1].ends_with(&outside), "{}", whole.stderr);
        assert_eq!(whole.stderr.matches("are outside").count(), 1, "{}", whole.stderr);
        let wanted = folder.files("o");
        let manifest: serde_json::Value = serde_json::from_slice(&wanted["results.manifest.json"]).unwrap();
        let written: Vec<&str> = manifest["warnings"].as_array().unwrap().iter().filter_map(|w| w.as_str()).collect();
        assert_eq!(written.len(), said.len());
        assert!(said.iter().zip(&written).all(|(said, written)| said.ends_with(written)), "{said:?}\n{written:?}");
        for k in 1..=3 {
            folder.run(&["sweep", "p.toml", "--out", "s", "--shard", &format!("{k}/3")]);
        }
        let merged = folder.run(&["sweep", "merge", "s", "--out", "m"]);
        assert!(merged.stderr.contains(&outside), "{}", merged.stderr);
        assert!(folder.files("m") == wanted, "{subjects}");
    }
}
