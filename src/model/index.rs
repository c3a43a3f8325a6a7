//! The index of the catalogue, `models/README.md`, made from the models themselves.

use super::{CatalogueEntry, Evidence, FileKind, Grade, Model, ModelError, catalogue};
use crate::error::Faults;
use std::fmt::Write;

const HEAD: &str = "# Models

Made from the files in this folder by `POSOLOGY_BLESS=1 cargo test --test models`; do not edit.

Grade A: every structural and typical value was read in the source or a careful transcription of it. \
B: partly read. assumed: a scenario of this library, not a published model.

";

const EFFECTS: &str = "
## Effects

Put on any model that has what they need, by `--effect`; several may be put on one. How each was made, and what it does not \
fit, is in [docs/effects.md](../docs/effects.md).

| id | title | grade | needs | outputs | source |
|---|---|---|---|---|---|
";

const TEXTBOOK: &str = "
## Textbook

Building blocks to start from: published equations with numbers of our own, each checked against a closed form or an \
independent solution. Effects are attached to a model by `--effect` or `extends`, and have no doses of their own.

";

/// The text of `models/README.md`.
///
/// # Errors
/// What is wrong with a model of the catalogue.
pub fn index() -> Result<String, Faults<ModelError>> {
    let (textbook, published): (Vec<_>, Vec<_>) = catalogue().iter().partition(|entry| entry.is_textbook());
    let mut text = String::from(HEAD);
    let (effects, models): (Vec<&CatalogueEntry>, Vec<_>) =
        published.iter().copied().partition(|entry: &&CatalogueEntry| entry.is_effect());
    table(&mut text, &models)?;
    text.push_str(EFFECTS);
    effect_table(&mut text, &effects)?;
    text.push_str(TEXTBOOK);
    table(&mut text, &textbook)?;
    text.push_str("\n## What is assumed\n");
    for entry in published {
        let model = Model::catalogue(entry.id)?;
        if model.assumptions().is_empty() {
            continue;
        }
        let reason = if model.grade() == Grade::Assumed { " (scenario)" } else { "" };
        // Writing to a text cannot fail.
        let _ = writeln!(text, "\n`{}`{reason}\n", model.id());
        for (name, why) in model.assumptions() {
            let _ = writeln!(text, "- `{name}`: {why}");
        }
    }
    Ok(text)
}

/// One row per model.
fn table(text: &mut String, entries: &[&CatalogueEntry]) -> Result<(), Faults<ModelError>> {
    text.push_str(
        "| id | title | grade | routes | outputs (analyte, site) | checks published + computed | source |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for entry in entries {
        let model = Model::catalogue(entry.id)?;
        let routes: Vec<&str> = model.routes().iter().map(|r| r.name.as_str()).collect();
        let routes = if model.kind() == FileKind::Effect { "(effect)".to_string() } else { routes.join(", ") };
        let outputs: Vec<String> =
            model.outputs().iter().map(|o| format!("{} ({}, {})", o.name, o.analyte, o.site)).collect();
        let count =
            |kind: Evidence| model.checks().iter().filter(|c| c.kind == kind).map(|c| c.expect.len()).sum::<usize>();
        let _ = writeln!(
            text,
            "| [{}]({}) | {} | {} | {routes} | {} | {} + {} | {} |",
            model.id(),
            entry.path,
            model.title(),
            model.grade(),
            outputs.join(", "),
            count(Evidence::Published),
            count(Evidence::Computed),
            sources(&model),
        );
    }
    Ok(())
}

/// One row per effect.
fn effect_table(text: &mut String, entries: &[&CatalogueEntry]) -> Result<(), Faults<ModelError>> {
    for entry in entries {
        let model = Model::catalogue(entry.id)?;
        let needs: Vec<String> = model
            .requirements()
            .iter()
            .map(|r| match r.otherwise {
                Some(number) => format!("{} (else {number})", r.analyte),
                None => r.analyte.clone(),
            })
            .collect();
        let outputs: Vec<String> = model.outputs().iter().map(|o| format!("{} ({})", o.name, o.unit)).collect();
        let _ = writeln!(
            text,
            "| [{}]({}) | {} | {} | {} | {} | {} |",
            model.id(),
            entry.path,
            model.title(),
            model.grade(),
            needs.join(", "),
            outputs.join(", "),
            sources(&model),
        );
    }
    Ok(())
}

/// The publications of a model, by their links where they have one.
fn sources(model: &Model) -> String {
    let link = |doi: &String| format!("[{doi}](https://doi.org/{doi})");
    let sources: Vec<String> =
        model.sources().iter().map(|s| s.doi.as_ref().map_or(s.citation.clone(), link)).collect();
    sources.join(", ")
}
