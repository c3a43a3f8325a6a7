//! Any text as a model file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use posology::model::{Catalogue, Model};

fuzz_target!(|text: &str| {
    if let Err(faults) = Model::parse(text, "fuzz.toml", &Catalogue) {
        assert!(!faults.to_string().is_empty());
    }
});
