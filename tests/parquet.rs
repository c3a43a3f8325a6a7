//! Tables as Parquet: what the CSV says, by bits, with types, units and nulls; the same bytes however they were computed.

mod common;

use common::Folder;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::fs::File;

const SIMULATE: [&str; 7] =
    ["simulate", "esketamine-perez-ruixo-2021", "--give", "84 mg intranasal", "--every", "30min", "--until"];

/// Two doses by two volumes, one of them impossible: rows of that have reasons in place of numbers.
const PLAN: &str = r#"
format   = 1
model    = "esketamine-perez-ruixo-2021"
give     = "{dose} intranasal"
subjects = 3
seed     = 1

[factors]
dose = { list = ["28 mg", "56 mg"] }
Vc   = { list = ["-1 L", "60 L"] }

[measures]
peak = "Cmax(esketamine)"

[summary]
every_subject = true
"#;

struct Read {
    names: Vec<String>,
    types: Vec<String>,
    rows: Vec<Vec<Field>>,
    /// Rows of each group.
    groups: Vec<i64>,
    arrow: Vec<u8>,
}

fn read(folder: &Folder, name: &str) -> Read {
    let reader = SerializedFileReader::new(File::open(folder.0.join(name)).unwrap()).unwrap();
    let metadata = reader.metadata();
    assert_eq!(metadata.file_metadata().created_by(), Some(concat!("posology version ", env!("CARGO_PKG_VERSION"))));
    let columns = metadata.file_metadata().schema_descr().columns().to_vec();
    let words = metadata.file_metadata().key_value_metadata().unwrap();
    let arrow = words.iter().find(|word| word.key == "ARROW:schema").unwrap().value.as_deref().unwrap();
    Read {
        names: columns.iter().map(|column| column.name().to_string()).collect(),
        types: columns.iter().map(|column| column.physical_type().to_string()).collect(),
        groups: metadata.row_groups().iter().map(|group| group.num_rows()).collect(),
        arrow: from_base64(arrow),
        rows: reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.clone()).collect())
            .collect(),
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = text
        .trim_end_matches('=')
        .chars()
        .flat_map(|c| {
            let digit = digits.find(c).unwrap();
            (0..6).rev().map(move |bit| (digit >> bit & 1) as u8)
        })
        .collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}

/// Checks that a Parquet file says what the CSV file says.
fn same(read: &Read, folder: &Folder, csv: &str) {
    let mut reader = csv::Reader::from_path(folder.0.join(csv)).unwrap();
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), read.names);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), read.rows.len());
    for (row, fields) in rows.iter().zip(&read.rows) {
        for (cell, field) in row.iter().zip(fields) {
            match field {
                Field::Null => assert_eq!(cell, ""),
                Field::Long(integer) => assert_eq!(cell, integer.to_string()),
                Field::Double(number) => assert_eq!(cell.parse::<f64>().unwrap().to_bits(), number.to_bits()),
                Field::Str(text) => assert_eq!(cell, text),
                other => panic!("{other:?}"),
            }
        }
    }
}

fn done(folder: &Folder, arguments: &[&str], code: i32) {
    let run = folder.run(arguments);
    assert_eq!(run.code, code, "{}", run.stderr);
}

fn simulate<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SIMULATE.iter().chain(more).copied().collect()
}

#[test]
fn a_population_is_that_of_the_csv() {
    let folder = Folder::new();
    for out in ["p.csv", "p.parquet"] {
        done(&folder, &simulate(&["24h", "--subjects", "100", "--seed", "1", "--out", out]), 0);
    }
    let read = read(&folder, "p.parquet");
    same(&read, &folder, "p.csv");
    assert_eq!(read.rows.len(), 100 * 49);
    assert_eq!(read.names[..3], ["ID", "TIME", "TAD"]);
    assert!(read.types[0] == "INT64" && read.types[1..].iter().all(|kind| kind == "DOUBLE"), "{:?}", read.types);
    let holds = |words: &str| read.arrow.windows(words.len()).any(|window| window == words.as_bytes());
    assert!(holds("unit") && holds("ng/mL"));
    let manifest = String::from_utf8(folder.files("")["p.manifest.json"].clone()).unwrap();
    assert!(manifest.contains("\"p.parquet\"") && manifest.contains("\"TIME\": \"h\""), "{manifest}");
}

#[test]
fn long_tables_come_in_groups_and_threads_do_not_matter() {
    let folder = Folder::new();
    for (out, threads) in [("one.parquet", "1"), ("two.parquet", "2")] {
        done(&folder, &simulate(&["24h", "--subjects", "3000", "--seed", "1", "--threads", threads, "--out", out]), 0);
    }
    let files = folder.files("");
    assert!(files["one.parquet"] == files["two.parquet"]);
    let rows = 3000 * 49;
    assert_eq!(read(&folder, "one.parquet").groups, [65_536, 65_536, rows - 2 * 65_536]);
}

#[test]
fn small_tables_too() {
    let folder = Folder::new();
    let bands = ["4h", "--subjects", "50", "--seed", "1", "--percentiles", "5,50,95"];
    for (name, more) in [("typical", &bands[..1]), ("bands", &bands)] {
        let [csv, parquet] = ["csv", "parquet"].map(|ending| format!("{name}.{ending}"));
        for out in [&csv, &parquet] {
            done(&folder, &simulate(&[more, &["--out", out]].concat()), 0);
        }
        same(&read(&folder, &parquet), &folder, &csv);
    }
}

#[test]
fn a_sweep_is_that_of_the_csv_however_it_was_run() {
    let folder = Folder::new().with("csv.toml", PLAN).with("p.toml", &format!("results = \"parquet\"\n{PLAN}"));
    done(&folder, &["sweep", "csv.toml", "--out", "csv"], 1);
    done(&folder, &["sweep", "p.toml", "--out", "whole"], 1);
    let read = read(&folder, "whole/results.parquet");
    same(&read, &folder, "csv/results.csv");
    assert_eq!(read.names, ["point", "dose", "Vc", "ID", "status", "reason", "peak"]);
    assert_eq!(read.types, ["INT64", "BYTE_ARRAY", "BYTE_ARRAY", "INT64", "BYTE_ARRAY", "BYTE_ARRAY", "DOUBLE"]);
    let missing = |column: usize| read.rows.iter().filter(|row| row[column] == Field::Null).count();
    assert_eq!((read.rows.len(), missing(5), missing(6)), (12, 6, 6));

    done(&folder, &["sweep", "p.toml", "--out", "whole", "--resume", "--quiet"], 1);
    for (shard, out) in [("1/2", "one"), ("2/2", "two")] {
        folder.run(&["sweep", "p.toml", "--out", out, "--shard", shard, "--threads", "1"]);
    }
    done(&folder, &["sweep", "merge", "one", "two", "--out", "merged"], 1);
    assert_eq!(folder.files("merged"), folder.files("whole"));
    let other = folder.run(&["sweep", "csv.toml", "--out", "whole", "--resume"]);
    assert!(other.code == 2 && other.stderr.starts_with("error[E_"), "{}", other.stderr);
}

#[test]
fn what_cannot_be_parquet_is_refused() {
    let folder = Folder::new().with("d.csv", "ID,TIME,AMT\n1,0,1\n");
    let run = folder.run(&["simulate", "esketamine-perez-ruixo-2021", "--data", "d.csv", "--out", "d.parquet"]);
    assert!(run.code == 2 && run.stderr.starts_with("error[E_ARGUMENT]: "), "{}", run.stderr);
    assert_eq!(folder.files("").len(), 1);
}
