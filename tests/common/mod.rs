//! Runs the built command in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// An empty folder under the system's temporary one, removed at the end.
pub struct Folder(pub PathBuf);

/// What a command did.
#[derive(Debug, PartialEq)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("posology-cli-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.0.join(name), text).unwrap();
        self
    }

    /// The command in this folder, ready to run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_posology"));
        command.args(arguments).current_dir(&self.0).env_remove("COLUMNS").env_remove("RAYON_NUM_THREADS");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Every file below a folder of this one, by its path, with its bytes.
    #[allow(dead_code)] // each test file takes what it needs
    pub fn files(&self, below: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.0.join(below)];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.0.join(below)).unwrap().to_str().unwrap().to_string();
                    files.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The rows of a table in CSV by the names of its columns.
#[allow(dead_code)] // each test file takes what it needs
pub fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |r: csv::StringRecord| header.iter().map(String::from).zip(r.iter().map(String::from)).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// The number in a column of a row.
#[allow(dead_code)] // each test file takes what it needs
#[track_caller]
pub fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

/// A plan of two arms, one of them assumed, with a range around it.
#[allow(dead_code)] // each test file takes what it needs
pub const PLAN: &str = r#"format  = 1
title   = "Two routes"
subject = { weight = "70 kg", age = "45 year" }

[[arm]]
name     = "iv"
model    = "ketamine-clements-1981"
output   = "ketamine"
session  = "0.5 mg/kg iv over 40 min"
course   = "0.5 mg/kg iv over 40 min weekly x 3"
observed = [{ measure = "Cmax", value = "185 ng/mL", source = "a paper" }]

[[arm]]
name    = "im"
model   = "ketamine-im-clements"
output  = "ketamine"
session = "0.5 mg/kg im"
iv      = "0.5 mg/kg iv over 40 min"
band    = { name = "range", set = [{ ka_im = "4 1/h" }, { ka_im = "12 1/h" }] }
"#;
