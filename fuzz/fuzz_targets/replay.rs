//! Any bytes as rows below a header: what is read is replayed, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use posology::dosing::Schedule;
use posology::io::{DataOptions, DataReader, doses_of};
use posology::model::{Catalogue, Model};
use posology::population::Subject;
use posology::simulate::{Compat, Replay, Rules, Settings};
use std::io::Read;
use std::sync::LazyLock;

static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::parse(include_str!("model.toml"), "model.toml", &Catalogue).expect("the model is right"));
const HEADER: &str = "ID,TIME,EVID,AMT,CMT,RATE,ADDL,II,SS,weight,ka,T\n";

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rows)) = bytes.split_first() else { return };
    let rules = match first % 4 {
        0 => Rules::default(),
        1 => Rules::of(Compat::Nonmem),
        2 => Rules::of(Compat::Mrgsolve),
        _ => Rules::of(Compat::Rxode2),
    };
    let replay = Replay::new(&MODEL, rules, Settings::default()).expect("the model is linear");
    let person = Subject::typical(&MODEL);
    let file = std::io::BufReader::new(HEADER.as_bytes().chain(rows));
    let Ok(reader) = DataReader::new(file, "fuzz", &MODEL, DataOptions::default()) else { return };
    let mut outputs = Vec::new();
    for subject in reader.flatten() {
        match replay.run(&subject.history, &person, &mut outputs) {
            Ok(()) => assert_eq!(outputs.len(), subject.history.records.len()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        if let Ok(doses) = doses_of(&MODEL, &subject.history)
            && doses.len() < 1000
            && let Ok(schedule) = Schedule::of_doses(&doses)
        {
            assert!(schedule.to_string().parse::<Schedule>().is_ok(), "{schedule}");
        }
    }
});
