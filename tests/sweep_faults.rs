//! Sweeps that are killed, fill the disk or find damage: what is finished is kept, nothing is lost or doubled, and the bytes
//! in the end are those of a sweep that nothing happened to.

mod common;
mod faulty;

use common::Folder as Temporary;
use faulty::{Fault, Faulty};
use posology::model::Model;
use posology::study::compare::Models;
use posology::study::sweep::{
    Ended, Folder, Lock, Merged, Run, Shard, Sweep, SweepPlan, Watch, array_expression, merge, status,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// Ten points, each a part; those with a negative clearance fail.
const POINTS: &str = r#"
model = "textbook-one-compartment"
give  = "{dose} iv every 12 h x 3"
[factors]
dose = { list = ["1 mg", "200 mg"] }
CL   = { from = "-2 L/h", to = "6 L/h", steps = 5 }
[measures]
peak = "Cmax"
area = "AUC(0 h, 36 h)"
"#;

/// One point of so many subjects that it takes two parts.
const PERSONS: &str = r#"
model    = "textbook-one-compartment"
give     = "{dose} iv"
subjects = 5000
until    = "1 h"
[factors]
dose = { list = ["1 mg"] }
[measures]
peak = "Cmax"
"#;

/// A plan with its models.
struct Case {
    text: String,
    plan: SweepPlan,
    models: Models,
}

impl Case {
    fn new(text: &str) -> Self {
        let plan = SweepPlan::parse("plan.toml", text).unwrap();
        let models = plan.models(|id| Ok(Model::catalogue(id)?)).unwrap();
        Case { text: text.into(), plan, models }
    }

    fn with<T>(&self, work: impl FnOnce(&Sweep<'_>, &Lock) -> T) -> T {
        let sweep = Sweep::new(&self.plan, &self.models).unwrap();
        work(&sweep, &Lock::new(&sweep, &self.text, &self.models))
    }

    /// Runs a shard in a folder on one thread, so that calls of the disk come in one order; how many persons were simulated.
    fn run(&self, folder: &Folder<'_>, shard: Option<Shard>, go_on: bool) -> Result<(Ended, u64), posology::Error> {
        self.with(|sweep, lock| {
            let run = Run::new(sweep, lock, folder, shard, go_on)?;
            let ran = AtomicU64::new(0);
            let count = |persons| {
                ran.fetch_add(persons, Ordering::SeqCst);
            };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let ended = pool.install(|| run.go(Watch { ran: &count, stop: &|| false }))?;
            Ok((ended, ran.into_inner()))
        })
    }

    /// The files of a sweep that nothing happened to.
    fn undisturbed(&self) -> BTreeMap<String, Vec<u8>> {
        let folder = Temporary::new();
        self.run(&Folder::new(&folder.0), None, false).unwrap();
        let files = folder.files("");
        assert_eq!(files.keys().collect::<Vec<_>>(), ["plan.lock", "results.csv", "results.manifest.json"]);
        files
    }

    /// Persons of the parts that a folder has not; all parts that are there have to be whole.
    fn left(&self, folder: &Path) -> u64 {
        self.with(|_, lock| {
            let folder = Folder::new(folder);
            // Killed before the plan was frozen, there is nothing.
            let Ok(there) = folder.lock() else { return (0..lock.parts().count()).map(|p| lock.parts().work(p)).sum() };
            let status = status(&there, &[folder]).unwrap();
            assert!(status.damaged.is_empty());
            match status.results {
                Some(_) => 0,
                None => status.missing.iter().map(|part| lock.parts().work(*part)).sum(),
            }
        })
    }
}

fn cases() -> [(&'static str, Case); 2] {
    [("points", Case::new(POINTS)), ("persons", Case::new(PERSONS))]
}

/// What the next test runs in a process of its own.
const CHILD: &str = "POSOLOGY_SWEEP_CHILD";

/// Not a test of its own: the process that dies.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let [case, what, call, path] = task.splitn(4, ' ').collect::<Vec<_>>()[..] else { panic!("{task}") };
    let (_, case) = cases().into_iter().find(|(name, _)| *name == case).unwrap();
    let disk = Faulty::new(Fault::Abort(call.parse().unwrap()));
    match what {
        "run" => {
            case.run(&Folder::on(&disk, path), None, true).unwrap();
        }
        "merge" => case.with(|sweep, lock| {
            let shards = [1, 2].map(|k| Folder::on(&disk, format!("{path}/{k}")));
            merge(sweep, lock, &shards, &Folder::on(&disk, format!("{path}/out"))).unwrap();
        }),
        _ => panic!("{task}"),
    }
}

/// Runs the child until it dies in a call of the disk; whether it did.
fn dies(task: &str) -> bool {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).args(["--exact", "child", "--nocapture"]).env(CHILD, task).output().unwrap();
    if output.status.success() {
        return false;
    }
    let code = output.status.code();
    assert_eq!(code, None, "{task}: {}", String::from_utf8_lossy(&output.stderr));
    true
}

#[test]
fn a_sweep_that_dies_at_any_call_of_the_disk_goes_on_to_the_same_bytes() {
    for (name, case) in cases() {
        let wanted = case.undisturbed();
        let counted = Temporary::new();
        let disk = Faulty::new(Fault::Nothing);
        let (_, persons) = case.run(&Folder::on(&disk, &counted.0), None, false).unwrap();
        let calls = disk.calls();
        assert!(calls > 25, "{calls}");
        for call in 0..calls {
            let folder = Temporary::new();
            let task = format!("{name} run {call} {}", folder.0.display());
            assert!(dies(&task), "{task}");
            let left = case.left(&folder.0);
            let (ended, ran) = case.run(&Folder::new(&folder.0), None, true).unwrap();
            assert!(matches!(ended, Ended::Complete(_)), "{task}: {ended:?}");
            assert_eq!(ran, left, "{task}: only what is missing, of {persons}");
            assert!(folder.files("") == wanted, "{task}: {:?}", folder.files("").keys());
        }
        let folder = Temporary::new();
        assert!(!dies(&format!("{name} run {calls} {}", folder.0.display())));
    }
}

#[test]
fn a_merge_that_dies_at_any_call_of_the_disk_is_run_again_to_the_same_bytes() {
    for (name, case) in cases() {
        let wanted = case.undisturbed();
        let folder = Temporary::new();
        for (k, shard) in (1..).zip(Shard::all(2)) {
            case.run(&Folder::new(folder.0.join(k.to_string())), Some(shard), false).unwrap();
        }
        let shards = [1, 2].map(|k| Folder::new(folder.0.join(k.to_string())));
        let before = (folder.files("1"), folder.files("2"));
        let again = |disk: &Faulty| {
            case.with(|sweep, lock| merge(sweep, lock, &shards, &Folder::on(disk, folder.0.join("out"))).unwrap());
            assert!(folder.files("out") == wanted, "{name}: {:?}", folder.files("out").keys());
            std::fs::remove_dir_all(folder.0.join("out")).unwrap();
        };
        let disk = Faulty::new(Fault::Nothing);
        again(&disk);
        assert!(disk.calls() > 10);
        for call in 0..disk.calls() {
            assert!(dies(&format!("{name} merge {call} {}", folder.0.display())));
            again(&Faulty::new(Fault::Nothing));
        }
        assert!((folder.files("1"), folder.files("2")) == before, "shards stay as they were");
    }
}

#[test]
fn a_full_disk_is_said_what_is_finished_is_kept_and_the_rest_follows() {
    for (name, case) in cases() {
        let wanted = case.undisturbed();
        let folder = Temporary::new();
        let disk = Faulty::new(Fault::Nothing);
        case.run(&Folder::on(&disk, &folder.0), None, false).unwrap();
        let bytes = disk.written();
        for room in (0..16).map(|i| bytes * i / 16) {
            let folder = Temporary::new();
            let disk = Faulty::new(Fault::Full(room));
            let error = case.run(&Folder::on(&disk, &folder.0), None, false).unwrap_err();
            let began = folder.0.join("plan.lock").exists();
            assert_eq!(error.code(), if began { "E_SWEEP_STOPPED" } else { "E_FILE_WRITE" }, "{name}, {room} bytes");
            let (said, hint) = (error.to_string(), error.hint().unwrap());
            assert!(said.contains("cannot write") && hint.contains("make room on the disk"), "{said}");
            assert!(!began || said.contains("are kept") && hint.contains("--resume"), "{said}");
            assert!(folder.files("").keys().all(|name| !name.ends_with(".tmp")), "{:?}", folder.files("").keys());
            let left = case.left(&folder.0);
            let (_, ran) = case.run(&Folder::new(&folder.0), None, true).unwrap();
            assert_eq!(ran, left);
            assert!(folder.files("") == wanted);
        }
    }
}

#[test]
fn damaged_parts_are_computed_again_and_said_so() {
    for (name, case) in cases() {
        let wanted = case.undisturbed();
        let folder = Temporary::new();
        let here = Folder::new(&folder.0);
        // A shard of two leaves its parts.
        case.run(&here, Some("1/2".parse().unwrap()), false).unwrap();
        let part = folder.0.join("parts/part-000000.bin");
        let whole = std::fs::read(&part).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let cut = &whole[..whole.len() - 1];
        let later = [whole.as_slice(), b"1"].concat();
        for damaged in [&flipped, cut, &later, b"", b"{}\n"] {
            std::fs::write(&part, damaged).unwrap();
            case.with(|sweep, lock| {
                assert_eq!(status(lock, std::slice::from_ref(&here)).unwrap().damaged, [0]);
                let run = Run::new(sweep, lock, &here, Some("1/2".parse().unwrap()), false).unwrap();
                let warnings: Vec<_> = run.warnings().iter().map(ToString::to_string).collect();
                assert_eq!(warnings.len(), 1, "{name}");
                assert!(warnings[0].contains("part-000000.bin` is damaged; it is computed again"), "{}", warnings[0]);
                run.go(Watch { ran: &|_| (), stop: &|| false }).unwrap();
            });
            assert_eq!(std::fs::read(&part).unwrap(), whole);
        }
        case.run(&here, None, true).unwrap();
        assert!(folder.files("") == wanted);
    }
}

#[test]
fn results_that_were_changed_are_written_anew() {
    let case = Case::new(POINTS);
    let wanted = case.undisturbed();
    let folder = Temporary::new();
    let here = Folder::new(&folder.0);
    case.run(&here, None, false).unwrap();
    std::fs::write(folder.0.join("results.csv"), "point\n").unwrap();
    case.with(|sweep, lock| {
        let run = Run::new(sweep, lock, &here, None, true).unwrap();
        assert!(run.warnings()[0].to_string().contains("is not what its manifest says"));
        run.go(Watch { ran: &|_| (), stop: &|| false }).unwrap();
    });
    assert!(folder.files("") == wanted);
}

#[test]
fn a_run_that_is_told_to_stop_keeps_its_parts_and_goes_on() {
    let case = Case::new(POINTS);
    let wanted = case.undisturbed();
    let folder = Temporary::new();
    let here = Folder::new(&folder.0);
    let ran = AtomicU64::new(0);
    case.with(|sweep, lock| {
        let run = Run::new(sweep, lock, &here, None, false).unwrap();
        let count = |persons| {
            ran.fetch_add(persons, Ordering::SeqCst);
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let ended = pool.install(|| run.go(Watch { ran: &count, stop: &|| ran.load(Ordering::SeqCst) > 0 })).unwrap();
        assert_eq!(ended, Ended::Interrupted { done: 1, of: 10 });
    });
    let (_, rest) = case.run(&here, None, true).unwrap();
    assert_eq!(rest + ran.into_inner(), 10);
    assert!(folder.files("") == wanted);
}

#[test]
fn a_folder_holds_one_sweep() {
    let folder = Temporary::new().with("p.toml", POINTS).with("file", "");
    let begin = ["sweep", "p.toml", "--out", "o"];
    let shard = [&begin[..], &["--shard", "1/2"]].concat();
    let resume = [&begin[..], &["--resume"]].concat();
    // A shard can be run again as it is.
    assert_eq!((folder.run(&shard).code, folder.run(&shard).code), (1, 1), "with a point that fails");
    let run = folder.run(&begin);
    assert_eq!(run.code, 2);
    assert_eq!(
        run.stderr,
        "error[E_SWEEP_EXISTS]: `o` holds a sweep already\n\
         hint: add `--resume` to go on with it, or give another folder\n"
    );
    std::fs::write(folder.0.join("p.toml"), POINTS.replace("200 mg", "300 mg")).unwrap();
    let before = folder.files("o");
    for arguments in [&begin[..], &resume, &shard] {
        let run = folder.run(arguments);
        assert_eq!(run.code, 2);
        let there = r#"line 5 of its plan is `dose = { list = ["1 mg", "200 mg"] }`"#;
        assert!(run.stderr.contains(there) && run.stderr.contains("take back the change"), "{}", run.stderr);
    }
    assert!(folder.files("o") == before, "nothing is touched");
    std::fs::write(folder.0.join("p.toml"), POINTS).unwrap();
    let finished = folder.run(&resume);
    assert_eq!(finished.code, 1, "a negative clearance gives rows that failed: {}", finished.stderr);
    assert!(folder.files("o") == Case::new(POINTS).undisturbed());
    let again = folder.run(&resume);
    assert!(again.code == 1 && again.stderr.starts_with("o is complete: 10 rows, 2 with failures"), "{}", again.stderr);
    for place in ["file", "file/o", "/proc/posology"] {
        let run = folder.run(&["sweep", "p.toml", "--out", place, "--quiet"]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.starts_with("error[E_FOLDER_CREATE]: cannot make the folder"), "{}", run.stderr);
    }
    let nowhere = folder.run(&["sweep", "status", "nowhere"]);
    assert!(nowhere.code == 2 && nowhere.stderr.contains("E_NO_SWEEP"), "{}", nowhere.stderr);
    let lock = folder.0.join("o/plan.lock");
    std::fs::write(&lock, std::fs::read_to_string(&lock).unwrap().replace("200 mg", "300 mg")).unwrap();
    assert!(folder.run(&["sweep", "status", "o"]).stderr.contains("E_SWEEP_DAMAGED"));
}

#[test]
fn merging_wants_every_part_once_and_of_one_sweep() {
    let case = Case::new(POINTS);
    let folder = Temporary::new();
    let at = |name: &str| Folder::new(folder.0.join(name));
    for (name, shard) in [("a", "1/3"), ("b", "2/3"), ("c", "3/3"), ("b2", "2/3")] {
        case.run(&at(name), Some(shard.parse().unwrap()), false).unwrap();
    }
    case.with(|sweep, lock| {
        let code = |folders: &[&str]| {
            let folders: Vec<_> = folders.iter().map(|name| at(name)).collect();
            let merged = merge(sweep, lock, &folders, &at("out"));
            match merged {
                Ok(Merged::Written(totals)) => Ok(totals),
                Ok(there) => panic!("{there:?}"),
                Err(error) => Err((error.code(), error.to_string())),
            }
        };
        let (missing, said) = code(&["a", "c"]).unwrap_err();
        assert_eq!(missing, "E_PARTS_MISSING");
        assert!(said.contains("parts 3-5 of 10 are missing"), "{said}");
        assert!(!folder.0.join("out").exists(), "nothing was begun");
        let found = status(lock, &[at("a"), at("c")]).unwrap();
        assert_eq!((array_expression(found.missing_shards(6)), found.missing), ("3-4".to_string(), vec![3, 4, 5]));
        // The same part twice is no harm; another one of its name is.
        assert_eq!(code(&["a", "b", "b2", "c"]).unwrap().rows, 10);
        std::fs::write(folder.0.join("b2/parts/part-000003.bin"), "else").unwrap();
        assert_eq!(code(&["a", "b2", "b", "c"]).unwrap().rows, 10, "a damaged one beside a whole one");
        assert_eq!(code(&["a", "b2", "c"]).unwrap_err().0, "E_SWEEP_DAMAGED");
        let other = Case::new(&POINTS.replace("6 L/h", "7 L/h"));
        other.run(&at("d"), Some("2/3".parse().unwrap()), false).unwrap();
        let (another, said) = code(&["a", "d", "c"]).unwrap_err();
        assert_eq!(another, "E_SWEEP_CHANGED");
        assert!(said.contains("line 6 of its plan") && said.contains("7 L/h"), "{said}");
    });
}

#[test]
fn one_shard_of_one_is_a_shard_that_can_be_given_again_and_merged() {
    let folder = Temporary::new().with("p.toml", POINTS);
    let shard = ["sweep", "p.toml", "--out", "o", "--shard", "1/1"];
    for _ in 0..2 {
        let run = folder.run(&shard);
        assert_eq!(run.code, 1, "with points that fail: {}", run.stderr);
        assert!(run.stderr.contains("this shard is finished"), "{}", run.stderr);
        assert_eq!(folder.files("o").len(), 11, "the frozen plan and ten parts");
    }
    assert_eq!(folder.run(&["sweep", "merge", "o", "--out", "m"]).code, 1);
    assert!(folder.files("m") == Case::new(POINTS).undisturbed());
}

#[test]
fn merging_a_folder_whose_results_are_whole_says_so() {
    let plan = POINTS.replace("-2 L/h", "2 L/h");
    let folder = Temporary::new().with("p.toml", &plan);
    assert_eq!(folder.run(&["sweep", "p.toml", "--out", "o"]).code, 0);
    let before = folder.files("o");
    let merged = folder.run(&["sweep", "merge", "o"]);
    assert_eq!(
        (merged.code, merged.stderr.as_str()),
        (0, "o is complete: 10 rows, none with failures (see `status` and `reason`)\n")
    );
    assert!(folder.files("o") == before);
    // Elsewhere they are not, and the parts are gone.
    let elsewhere = folder.run(&["sweep", "merge", "o", "--out", "m"]);
    assert!(elsewhere.code == 2 && elsewhere.stderr.contains("E_PARTS_MISSING"), "{}", elsewhere.stderr);
    std::fs::write(folder.0.join("o/results.csv"), "point\n").unwrap();
    let changed = folder.run(&["sweep", "merge", "o"]);
    assert!(changed.code == 2 && changed.stderr.contains("E_PARTS_MISSING"), "{}", changed.stderr);
}

/// One compartment: linear, but how much of a dose arrives follows what is in the gut.
const FOLLOWING: &str = r#"format = 1
id     = "following"
title  = "A dose that follows the state"
drug   = "drug"
grade  = "assumed"
[parameters]
ka = { value = 1, unit = "1/h", grade = "assumed", why = "an example" }
CL = { value = 5, unit = "L/h", grade = "assumed", why = "an example" }
V  = { value = 50, unit = "L", grade = "assumed", why = "an example" }
[compartments]
gut     = {}
central = { volume = "V" }
[flows]
"gut -> central" = { rate = "ka" }
"central -> out" = { clearance = "CL" }
[routes.oral]
gut = { fraction = "1 - gut / (gut + 10[mg])" }
[outputs]
c = { value = "C(central)", unit = "ng/mL" }
"#;

#[test]
fn a_linear_model_whose_doses_follow_the_state_is_frozen_with_its_tolerances() {
    let plan = "model = \"m.toml\"\ngive = \"{dose} oral every 2 h x 3\"\n[factors]\ndose = { list = [\"1 mg\", \"9 mg\"] }\n[measures]\npeak = \"Cmax\"\n";
    let folder = Temporary::new().with("m.toml", FOLLOWING).with("p.toml", plan);
    let run = |arguments: &[&str]| folder.run(&[&["sweep"], arguments].concat());
    assert_eq!(run(&["p.toml", "--out", "whole"]).code, 0);
    assert_eq!(run(&["p.toml", "--out", "o", "--shard", "1/2"]).code, 0);
    let lock = std::fs::read_to_string(folder.0.join("o/plan.lock")).unwrap();
    assert!(lock.contains("\"rtol\": \"1e-8\"") && lock.contains("\"engine\": \"auto\""), "{lock}");
    let other = run(&["p.toml", "--out", "o", "--shard", "2/2", "--rtol", "1e-5"]);
    assert!(other.code == 2 && other.stderr.contains("tolerance (relative and absolute)"), "{}", other.stderr);
    assert_eq!(run(&["p.toml", "--out", "o", "--shard", "2/2"]).code, 0);
    let merged = run(&["merge", "o", "--out", "merged"]);
    assert_eq!(merged.code, 0, "{}", merged.stderr);
    assert!(folder.files("merged") == folder.files("whole"));
}
