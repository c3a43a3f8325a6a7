//! What made the page, and how to cite it.

use super::Report;
use super::html::Html;
use super::tables::{Marked, table};
use crate::io::{Column, Table};
use crate::model::SourceNote;

pub(super) fn write(html: &mut Html, report: &Report<'_>) {
    let manifest = report.manifest;
    html.leaf(
        "p",
        "The same versions, inputs and settings give the same bytes, on any machine and any number of threads.",
    );
    html.element("dl", &[], |html| {
        html.term("posology", manifest.posology);
        html.term("Command", &manifest.command);
        for (name, value) in &manifest.settings {
            html.term(&format!("Setting {name}"), value);
        }
        if let Some(seed) = manifest.seed {
            html.term("Seed", &seed.to_string());
        }
        html.term("Engine", &manifest.engine);
        if let Some(tolerances) = manifest.tolerances {
            html.term("Tolerances", &format!("rtol {:e}, atol {:e}", tolerances.rtol, tolerances.atol));
        }
        html.term("Kernel", &manifest.kernel);
        html.term("Covariates", &format!("carried as {}", manifest.covariates));
        html.term("Units", if manifest.units_checked { "checked" } else { "not checked in every model" });
        let work: Vec<String> = manifest.work.iter().map(|(name, count)| format!("{name} {count}")).collect();
        html.term("Work", &work.join(", "));
    });
    let unmarked = Marked(Vec::new());
    let mut inputs = Table::new(["file", "SHA-256"].map(Column::new).into());
    for input in &manifest.inputs {
        inputs.push(vec![input.name.as_str().into(), input.sha256.as_str().into()]);
    }
    table(html, "Files that were read", &inputs, &unmarked, &[]);
    let mut models = Table::new(["model", "grade", "SHA-256"].map(Column::new).into());
    for model in &manifest.models {
        models.push(vec![model.id.as_str().into(), model.grade.as_str().into(), model.sha256.as_str().into()]);
    }
    table(html, "Models that were used", &models, &unmarked, &[]);
    html.leaf("h3", "The plan as it is written");
    html.element("pre", &[], |html| html.leaf("code", report.text));
}

pub(super) fn cite(html: &mut Html, report: &Report<'_>) {
    html.leaf(
        "p",
        "If these results are part of your work, please cite posology and the sources of the models that gave them:",
    );
    let mut cited: Vec<&SourceNote> = Vec::new();
    for source in report.used().iter().flat_map(|model| model.sources()) {
        if cited.iter().all(|known| known.citation != source.citation) {
            cited.push(source);
        }
    }
    html.element("ul", &[], |html| {
        let own = format!(
            "The posology authors. posology: drug concentrations for any dosing schedule, with units checked and every \
             number cited. Version {}.",
            report.manifest.posology
        );
        html.leaf("li", &own);
        for source in cited {
            html.element("li", &[], |html| {
                html.text(&source.citation);
                if let Some(doi) = &source.doi {
                    html.text(" ");
                    html.doi(doi);
                }
            });
        }
    });
}
