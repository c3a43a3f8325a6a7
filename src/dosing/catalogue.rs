//! The published schedules of the folder `schedules/`, embedded.

use super::{DosingError, ScheduleFile};
use crate::error::nearest;

macro_rules! schedules {
    ($($id:literal),* $(,)?) => {
        &[$(($id, include_str!(concat!("../../schedules/", $id, ".toml")))),*]
    };
}

/// Name and text of each file; a test keeps the list equal to the folder.
const FILES: &[(&str, &str)] = schedules![
    "esketamine-guided-maintenance",
    "esketamine-mdsi-84",
    "esketamine-sustain-3-84-4-weekly",
    "esketamine-trd-adult-56",
    "esketamine-trd-adult-56-weekly",
    "esketamine-trd-adult-84",
    "esketamine-trd-adult-84-weekly",
    "esketamine-trd-start-28",
    "esketamine-trd-start-28-to-56",
    "esketamine-trd-start-28-to-84",
    "ketamine-im-chilukuri-2014-025",
    "ketamine-im-chilukuri-2014-05",
    "ketamine-iv-clinic",
    "ketamine-iv-guided-maintenance",
    "ketamine-iv-murrough-2013",
    "ketamine-iv-phillips-2019",
    "ketamine-iv-singh-2016-thrice",
    "ketamine-iv-singh-2016-twice",
    "ketamine-iv-single",
    "ketamine-oral-alshirawi-2017",
    "ketamine-oral-can-2021",
    "ketamine-oral-er-bedroc-120",
    "ketamine-oral-er-bedroc-180",
    "ketamine-oral-er-bedroc-30",
    "ketamine-oral-er-bedroc-60",
    "ketamine-oral-kheirabadi-2023-1",
    "ketamine-oral-kheirabadi-2023-2",
    "ketamine-sc-loo-2023",
    "ketamine-sl-lara-2013-2-days",
    "ketamine-sl-lara-2013-3-days",
    "ketamine-sl-lara-2013-weekly",
];

/// The published schedules that come with the library.
#[derive(Debug, Clone, Copy)]
pub struct Schedules;

impl Schedules {
    /// The names of all schedules, in order.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|(id, _)| *id)
    }

    /// All schedules, in the order of their names.
    pub fn list() -> impl Iterator<Item = ScheduleFile> {
        FILES.iter().map(parsed)
    }

    /// The schedule of a name.
    ///
    /// # Errors
    /// [`DosingError::UnknownSchedule`], with the nearest name.
    pub fn get(id: &str) -> Result<ScheduleFile, DosingError> {
        FILES.iter().find(|(known, _)| *known == id).map(parsed).ok_or_else(|| DosingError::UnknownSchedule {
            id: id.to_string(),
            near: nearest(id, Self::ids()).map(str::to_string),
        })
    }

    /// The text of a schedule's file, as published.
    pub fn text(id: &str) -> Option<&'static str> {
        FILES.iter().find(|(known, _)| *known == id).map(|(_, text)| *text)
    }
}

fn parsed((id, text): &(&str, &str)) -> ScheduleFile {
    ScheduleFile::from_toml(text, id).expect("a test reads every embedded schedule")
}
