//! `posology report`: a comparison as one page.

use super::comparison::ComparisonArgs;
use super::output::{manifest_name, warn};
use super::{ArgumentError, Failure, Outcome, said};
use crate::Error;
use crate::io::{Input, OutputFile, spare_inputs, write_set};
use crate::report::Report;
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    asked: ComparisonArgs,
    /// The page, an HTML file; its manifest is written beside it
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
}

pub(super) fn run(args: &ReportArgs) -> Result<Outcome, Failure> {
    let extension = args.out.extension().unwrap_or_default().to_ascii_lowercase();
    if extension != "html" && extension != "htm" {
        return Err(Error::from(ArgumentError::ReportIsHtml)
            .placed(&said("--out", &args.out.to_string_lossy()).place)
            .into());
    }
    let compared = args.asked.run()?;
    let mut manifest = compared.manifest("report");
    let mut read = manifest.clone();
    // A manifest tells models by their ids, and a model file may be what `--out` names.
    let sources = compared.models.values().map(|model| model.source());
    read.inputs.extend(sources.map(|source| Input::new(Path::new(&source.name), source.text.as_bytes())));
    spare_inputs(&read, &args.out)?;
    let report = Report {
        plan: &compared.plan,
        text: &compared.text,
        comparison: &compared.comparison,
        models: &compared.models,
        manifest: &manifest,
    };
    let name = args.out.file_name().unwrap_or_default().to_string_lossy();
    let page = OutputFile::new(name, report.to_html()?);
    let folder = args.out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    write_set(folder, &manifest_name(&args.out), &mut manifest, &[page])?;
    warn(&compared.comparison.warnings);
    say!("wrote {}, with its manifest beside it", args.out.display());
    Ok(compared.outcome())
}
