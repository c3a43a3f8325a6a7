//! The index of the catalogue, `models/README.md`, made from the models themselves.

use super::{Evidence, Grade, Model, ModelError, catalogue};
use crate::error::Faults;
use std::fmt::Write;

/// The text of `models/README.md`.
///
/// # Errors
/// What is wrong with a model of the catalogue.
pub fn index() -> Result<String, Faults<ModelError>> {
    let mut text = String::from(
        "# Models\n\nMade from the files in this folder by `POSOLOGY_BLESS=1 cargo test --test models`; do not edit.\n\n\
         Grade A: every structural and typical value was read in the source or a careful transcription of it. \
         B: partly read. assumed: a scenario of this library, not a published model.\n\n\
         | id | title | grade | routes | outputs (analyte, site) | checks published + computed | source |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let mut assumed = String::new();
    for entry in catalogue() {
        let model = Model::catalogue(entry.id)?;
        let routes: Vec<&str> = model.routes().iter().map(|r| r.name.as_str()).collect();
        let outputs: Vec<String> =
            model.outputs().iter().map(|o| format!("{} ({}, {})", o.name, o.analyte, o.site)).collect();
        let count =
            |kind: Evidence| model.checks().iter().filter(|c| c.kind == kind).map(|c| c.expect.len()).sum::<usize>();
        let sources: Vec<String> = model
            .sources()
            .iter()
            .map(|s| s.doi.as_ref().map_or(s.citation.clone(), |doi| format!("[{doi}](https://doi.org/{doi})")))
            .collect();
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "| [{}]({}) | {} | {} | {} | {} | {} + {} | {} |",
            model.id(),
            entry.path,
            model.title(),
            model.grade(),
            routes.join(", "),
            outputs.join(", "),
            count(Evidence::Published),
            count(Evidence::Computed),
            sources.join(", "),
        );
        if !model.assumptions().is_empty() {
            let reason = if model.grade() == Grade::Assumed { " (scenario)" } else { "" };
            let _ = writeln!(assumed, "\n`{}`{reason}\n", model.id());
            for (name, why) in model.assumptions() {
                let _ = writeln!(assumed, "- `{name}`: {why}");
            }
        }
    }
    let _ = write!(text, "\n## What is assumed\n{assumed}");
    Ok(text)
}
