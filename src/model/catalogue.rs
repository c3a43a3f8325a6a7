//! The models that are built into the library.

use super::error::ModelError;
use super::merge::Resolve;
use super::sections;
use crate::error::{Faults, Source};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A model of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// Its id, which is the name of its file.
    pub id: &'static str,
    /// Its path below `models/`.
    pub path: &'static str,
    /// The file.
    pub text: &'static str,
}

impl CatalogueEntry {
    /// Whether it illustrates published equations with numbers of our own, for no drug in particular.
    pub fn is_textbook(&self) -> bool {
        self.path.starts_with("textbook/")
    }

    /// Whether it is an effect of ketamine, to be put on a model.
    pub fn is_effect(&self) -> bool {
        self.path.starts_with("effects/")
    }
}

macro_rules! entries {
    ($($id:literal in $folder:literal,)*) => {
        &[$(CatalogueEntry {
            id: $id,
            path: concat!($folder, "/", $id, ".toml"),
            text: include_str!(concat!("../../models/", $folder, "/", $id, ".toml")),
        },)*]
    };
}

const ENTRIES: &[CatalogueEntry] = entries![
    "esketamine-perez-ruixo-2021" in "ketamine",
    "s-ketamine-otto-2021" in "ketamine",
    "s-ketamine-simons-2022" in "ketamine",
    "s-ketamine-ashraf-2018" in "ketamine",
    "s-ketamine-ashraf-2018-ticlopidine" in "ketamine",
    "s-ketamine-flint-2017" in "ketamine",
    "ketamine-kamp-2020" in "ketamine",
    "ketamine-clements-1981" in "ketamine",
    "ketamine-domino-1984" in "ketamine",
    "ketamine-herd-2007" in "ketamine",
    "ketamine-hijazi-2003" in "ketamine",
    "ketamine-hornik-2018" in "ketamine",
    "ketamine-elkomy-2015" in "ketamine",
    "ketamine-sherwin-2015" in "ketamine",
    "ketamine-racemate-otto" in "assumed",
    "ketamine-im-kamp-low-ka" in "assumed",
    "ketamine-im-kamp" in "assumed",
    "ketamine-im-kamp-high-ka" in "assumed",
    "ketamine-im-kamp-low-f" in "assumed",
    "ketamine-im-clements-low-ka" in "assumed",
    "ketamine-im-clements" in "assumed",
    "ketamine-im-clements-high-ka" in "assumed",
    "ketamine-im-clements-low-f" in "assumed",
    "ketamine-im-hornik-low-ka" in "assumed",
    "ketamine-im-hornik" in "assumed",
    "ketamine-im-hornik-high-ka" in "assumed",
    "ketamine-oral-clements-low-ka" in "assumed",
    "ketamine-oral-clements" in "assumed",
    "ketamine-oral-clements-high-ka" in "assumed",
    "ketamine-oral-clements-low-f" in "assumed",
    "ketamine-oral-clements-high-f" in "assumed",
    "ketamine-lozenge-clements-low-ka" in "assumed",
    "ketamine-lozenge-clements" in "assumed",
    "ketamine-lozenge-clements-high-ka" in "assumed",
    "ketamine-lozenge-clements-low-f" in "assumed",
    "ketamine-lozenge-clements-high-f" in "assumed",
    "s-ketamine-oral-otto-low-ka" in "assumed",
    "s-ketamine-oral-otto" in "assumed",
    "s-ketamine-oral-otto-high-ka" in "assumed",
    "dissociation-olofsen-2022" in "effects",
    "dissociation-attenuating" in "effects",
    "drug-high-simons-2022" in "effects",
    "nmda-occupancy" in "effects",
    "haemodynamics" in "effects",
    "antidepressant-response" in "effects",
    "textbook-one-compartment" in "textbook",
    "textbook-michaelis-menten" in "textbook",
    "textbook-parallel-elimination" in "textbook",
    "textbook-transit-chain" in "textbook",
    "textbook-transit-savic" in "textbook",
    "textbook-weibull" in "textbook",
    "textbook-weibull-early" in "textbook",
    "textbook-inverse-gaussian" in "textbook",
    "textbook-tmdd-full" in "textbook",
    "textbook-tmdd-quasi-equilibrium" in "textbook",
    "textbook-tmdd-quasi-steady-state" in "textbook",
    "textbook-enterohepatic" in "textbook",
    "textbook-auto-induction" in "textbook",
    "textbook-induced-first-pass" in "textbook",
    "textbook-direct-effects" in "textbook",
    "textbook-indirect-responses" in "textbook",
    "textbook-tolerance" in "textbook",
    "textbook-rebound" in "textbook",
    "textbook-effect-emax" in "textbook",
    "textbook-effect-sigmoid-emax" in "textbook",
    "textbook-effect-compartment" in "textbook",
    "textbook-effect-indirect-1" in "textbook",
    "textbook-effect-indirect-2" in "textbook",
    "textbook-effect-indirect-3" in "textbook",
    "textbook-effect-indirect-4" in "textbook",
    "textbook-effect-tolerance" in "textbook",
    "textbook-effect-rebound" in "textbook",
];

/// All models of the catalogue: published ones first, then assumed ones, then effects, then the textbook.
pub fn catalogue() -> &'static [CatalogueEntry] {
    ENTRIES
}

/// Resolves ids in the catalogue.
#[derive(Debug, Clone, Copy, Default)]
pub struct Catalogue;

impl Resolve for Catalogue {
    fn resolve(&self, id: &str) -> Option<Arc<Source>> {
        let entry = ENTRIES.iter().find(|e| e.id == id)?;
        Some(Source::new(format!("models/{}", entry.path), entry.text))
    }

    fn ids(&self) -> Vec<String> {
        ENTRIES.iter().map(|e| e.id.to_string()).collect()
    }
}

/// Checks that no two files, the catalogue included, bear one id. A file of the catalogue may be among them.
///
/// # Errors
/// [`ModelError::DuplicateId`] at the id of each later file.
pub fn unique_ids(files: &[Arc<Source>]) -> Result<(), Faults<ModelError>> {
    let of_catalogue = |e: &CatalogueEntry| (e.id.to_string(), (format!("models/{}", e.path), e.text.to_string()));
    let mut taken: BTreeMap<String, (String, String)> = ENTRIES.iter().map(of_catalogue).collect();
    let mut faults = Vec::new();
    for file in files {
        let Some(id) = sections::id(file) else { continue };
        match taken.get(&id.text) {
            Some((_, text)) if *text == file.text => {}
            Some((other, _)) => {
                faults.push(id.place.fault(ModelError::DuplicateId { id: id.text.clone(), other: other.clone() }));
            }
            None => {
                taken.insert(id.text, (file.name.clone(), file.text.clone()));
            }
        }
    }
    Faults::check(faults, || ())
}
