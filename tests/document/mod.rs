//! Documents of the project whose tables tests make: compared, or written with `POSOLOGY_BLESS=1`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file of the project.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The document with each table between its marks replaced.
pub fn refreshed(document: &str, tables: &BTreeMap<&str, String>) -> String {
    let mut text = document.to_string();
    for (name, table) in tables {
        let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
        let from = text.find(&begin).unwrap_or_else(|| panic!("no mark for `{name}`")) + begin.len();
        let to = from + text[from..].find(&end).unwrap_or_else(|| panic!("no end of `{name}`"));
        text.replace_range(from..to, table);
    }
    text
}

/// Compares a document with what it should be, or writes it. `test` is the file of the test that calls.
pub fn is_fresh(name: &str, fresh: &str, test: &str) {
    if std::env::var_os("POSOLOGY_BLESS").is_some() {
        std::fs::write(path(name), fresh).unwrap();
    } else {
        let document = std::fs::read_to_string(path(name)).unwrap();
        assert!(fresh == document, "{name} is not up to date: POSOLOGY_BLESS=1 cargo test --test {test}");
    }
}
