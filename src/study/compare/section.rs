//! The tables of a comparison for people, in the order in which they are read.

use super::effects_people::people_effects_notes;
use super::effects_table::{effects_table, response_notes, response_table, session_notes};
use super::table::{course_table, disposition_table, published_table, ranking_table, session_table};
use super::{Comparison, people_effects_summary, population_summary};
use crate::io::Table;

/// A table under its heading, with what has to be known to read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// What the table shows.
    pub heading: String,
    /// The table. A column of the arm's name, or of that and something else, is called `arm` or begins with `arm,`.
    pub table: Table,
    /// Lines below the table: its signs, and what arms have noted.
    pub notes: Vec<String>,
}

impl Section {
    fn new(heading: impl Into<String>, table: Table) -> Self {
        Section { heading: heading.into(), table, notes: Vec::new() }
    }
}

/// Every table that says what the comparison gave. What the plan does not ask for has none.
pub fn sections(comparison: &Comparison) -> Vec<Section> {
    let mut sections = vec![
        Section::new(format!("{}: one session", comparison.title), session_table(comparison)),
        Section {
            notes: disposition_notes(comparison),
            ..Section::new("Disposition and metabolite", disposition_table(comparison))
        },
    ];
    if let (Some(table), Some(shown)) = (effects_table(comparison), &comparison.effects) {
        let heading = "Effects of one session, typical person";
        sections.push(Section { notes: session_notes(shown), ..Section::new(heading, table) });
    }
    let course = comparison.course_name.as_deref().unwrap_or("the course of the plan");
    sections.push(Section::new(format!("Whole course: {course}"), course_table(comparison)));
    if let (Some(table), Some(shown)) = (response_table(comparison), &comparison.effects) {
        let heading = "Response over the course, typical person";
        sections.push(Section { notes: response_notes(shown), ..Section::new(heading, table) });
    }
    sections.push(Section::new("Within equal analyte and site", ranking_table(comparison)));
    if let Some(population) = &comparison.population {
        let heading = format!("Population: the same {} virtual people in every arm, one session", population.size);
        sections.push(Section::new(heading, population_summary(comparison)));
        if let Some(table) = people_effects_summary(comparison) {
            let heading = format!("Effects on the same {} virtual people", population.size);
            sections.push(Section { notes: people_effects_notes(comparison), ..Section::new(heading, table) });
        }
    }
    if comparison.arms.iter().any(|a| !a.published.is_empty()) {
        sections.push(Section::new("Published beside simulated", published_table(comparison)));
    }
    sections
}

fn disposition_notes(comparison: &Comparison) -> Vec<String> {
    let signs = "* beyond what the source sampled (less than two half-lives)   ? sampling not stated by the source";
    let noted = comparison.arms.iter().filter_map(|arm| Some(format!("{}: {}", arm.name, arm.note.as_deref()?)));
    std::iter::once(signs.to_string()).chain(noted).collect()
}
