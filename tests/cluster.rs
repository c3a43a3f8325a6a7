//! The recipes of examples/cluster for real: whatever runs the shards, and whatever dies meanwhile, the merged results are
//! the bytes of one process. They take minutes and install Python packages from PyPI into a folder that is thrown away, so
//! they run where POSOLOGY_CLUSTER=1 asks for them. What is missing on a machine is skipped, and said to be.
//! The SLURM job array has a script of its own, .ci/slurm.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SHARDS: usize = 13;
/// Shards that are finished before a worker is killed.
const BEFORE: usize = 4;
/// How long anything may take to come up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Written past the test harness, which hides what a passing test prints.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn plan() -> PathBuf {
    here("examples/plans/esketamine-dose-interval.toml")
}

/// A folder with a Python environment and the results of one process; removed at the end.
struct Bench {
    folder: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Bench {
    /// `None`, and a line that says why, where the test was not asked for or something is missing.
    fn new(name: &str, package: &str) -> Option<Self> {
        let skip = |why: &str| {
            say(&format!("SKIPPED {name}: {why}"));
            None
        };
        if std::env::var_os("POSOLOGY_CLUSTER").is_none_or(|v| v != "1") {
            return skip("POSOLOGY_CLUSTER is not 1");
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cluster-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let bench = Bench { folder };
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(bench.path("python"));
        let mut pip = bench.tool("pip");
        pip.args(["install", "--quiet", "--disable-pip-version-check", package]);
        for mut step in [venv, pip] {
            match step.stdin(Stdio::null()).output() {
                Ok(done) if done.status.success() => {}
                Ok(done) => {
                    let said = [done.stdout, done.stderr].concat();
                    return skip(&format!("{step:?} fails: {}", String::from_utf8_lossy(&said).trim()));
                }
                Err(error) => return skip(&format!("{step:?} does not start: {error}")),
            }
        }
        let alone = posology().arg("sweep").arg(plan()).arg("--out").arg(bench.path("whole")).arg("--quiet").status();
        assert!(alone.unwrap().success());
        Some(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A program of the environment, in the folder, with posology on its PATH.
    fn tool(&self, name: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_posology")).parent().unwrap();
        let folders = [binary.to_path_buf(), self.path("python/bin")];
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&others))).unwrap();
        let mut command = Command::new(self.path("python/bin").join(name));
        command.current_dir(&self.folder).env("PATH", path).stdin(Stdio::null());
        command
    }

    /// The recipe for Dask on the plan.
    fn dask(&self, out: &str) -> Command {
        let mut command = self.tool("python");
        command.arg(here("examples/cluster/dask_sweep.py")).arg(plan());
        command.args(["--shards", &SHARDS.to_string(), "--out"]).arg(self.path(out));
        command
    }

    /// A daemon that ends with the test; its log is `NAME.log`.
    fn daemon(&self, name: &str, arguments: &[&str]) -> Daemon {
        let log = File::create(self.path(&format!("{name}.log"))).unwrap();
        let mut command = self.tool("dask");
        command.args(arguments).stdout(Stdio::null()).stderr(log);
        Daemon(command.spawn().unwrap())
    }

    fn holds_the_bytes_of_one_process(&self, out: &str) {
        let [merged, whole] = [out, "whole"].map(|folder| fs::read(self.path(folder).join("results.csv")).unwrap());
        assert!(merged == whole, "the results in {out} are not those of one process");
    }
}

fn posology() -> Command {
    Command::new(env!("CARGO_BIN_EXE_posology"))
}

/// A process that is killed with SIGKILL, at the latest when the test ends.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for(file: &Path) -> String {
    let begun = Instant::now();
    loop {
        match fs::read_to_string(file) {
            Ok(text) if !text.trim().is_empty() => return text,
            _ => assert!(begun.elapsed() < PATIENCE, "{} does not appear", file.display()),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn dask_loses_nothing_with_a_worker() {
    let Some(bench) = Bench::new("dask", "dask[distributed]") else { return };

    let local = bench.dask("local").args(["--workers", "2"]).output().unwrap();
    assert!(local.status.success(), "{}", String::from_utf8_lossy(&local.stderr));
    bench.holds_the_bytes_of_one_process("local");

    // A cluster of somebody else: a scheduler and two workers, processes without anybody who starts them again.
    let address =
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", "scheduler.json"];
    let _scheduler = bench.daemon("scheduler", &address);
    let found: serde_json::Value = serde_json::from_str(&wait_for(&bench.path("scheduler.json"))).unwrap();
    let address = found["address"].as_str().unwrap();
    let worker = ["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"];
    let mut workers = [bench.daemon("worker-1", &worker), bench.daemon("worker-2", &worker)];

    let begun = Instant::now();
    let mut sweep = bench.dask("killed").args(["--scheduler", address]).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(sweep.stderr.take().unwrap()).lines() {
        said.push(line.unwrap());
        if said.iter().filter(|line| line.contains(" finished, ")).count() == BEFORE {
            workers[1].0.kill().unwrap();
        }
    }
    assert!(sweep.wait().unwrap().success(), "{said:#?}");
    assert!(!workers[1].0.wait().unwrap().success() && workers[0].0.try_wait().unwrap().is_none());
    bench.holds_the_bytes_of_one_process("killed");
    say(&format!(
        "Dask: {SHARDS} shards on two workers, one killed after {BEFORE}, merged: the bytes of one process; {:.1} s",
        begun.elapsed().as_secs_f64()
    ));

    let again = bench.dask("killed").args(["--scheduler", address]).output().unwrap();
    assert!(again.status.success(), "run again: {}", String::from_utf8_lossy(&again.stderr));
    bench.holds_the_bytes_of_one_process("killed");

    let absent = bench.dask("absent").args(["--scheduler", address, "--posology", "no-such-program"]).output().unwrap();
    let said = String::from_utf8_lossy(&absent.stderr);
    assert_eq!(absent.status.code(), Some(1));
    assert!(said.contains("no-such-program is not on the PATH"), "{said}");
}

#[test]
fn snakemake_merges_the_same_bytes() {
    let Some(bench) = Bench::new("snakemake", "snakemake") else { return };
    let shards = format!("shards={SHARDS}");
    let config = [format!("plan={}", plan().display()), "out=out".into(), shards];
    let mut snakemake = bench.tool("snakemake");
    snakemake
        .arg("--snakefile")
        .arg(here("examples/cluster/Snakefile"))
        .args(["--cores", "2", "--config"])
        .args(config);
    let done = snakemake.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    bench.holds_the_bytes_of_one_process("out");
}
