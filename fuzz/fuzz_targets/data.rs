//! Any bytes as a data set: they are read, or said to be wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use posology::io::{DataOptions, DataReader, DataWriter};
use posology::model::{Catalogue, Model};
use std::sync::LazyLock;

static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::parse(include_str!("model.toml"), "model.toml", &Catalogue).expect("the model is right"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = DataReader::new(bytes, "fuzz", &MODEL, DataOptions::default()) else { return };
    let mut writer = DataWriter::new(Vec::new(), reader.header(), []).expect("memory takes it");
    while let Some(subject) = reader.next() {
        match subject {
            Ok(subject) => writer.write(&subject, &[]).expect("memory takes it"),
            Err(faults) => assert!(!faults.to_string().is_empty()),
        }
    }
});
