//! Data sets in NM-TRAN's columns: records in, the same rows with the model's outputs out.
//!
//! | column | what it says |
//! |---|---|
//! | `ID`, `TIME` | whose record it is, and when; needed |
//! | `EVID` | 0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose, 8 replace an amount; missing: 1 with an amount, else 0 |
//! | `AMT`, `RATE`, `DUR` | how much; how fast (-1: the model's rate, -2: its duration); or over how long |
//! | `CMT` | number or name of a compartment, or name of a route; negative: close it; missing or 0: the only route, or the first compartment of a model without routes |
//! | `ADDL`, `II`, `SS` | further doses, the interval, steady state (1 replaces, 2 adds, 3 is 1) |
//! | a covariate's name, or that of a parameter with `data = true` | its value in the model's unit, 0 or 1, a word or its place in the list from 0 |
//!
//! Upper and lower case mean the same, an exact name goes first. An empty cell, `.` and `NA` are missing; a missing covariate
//! keeps the subject's last value. All other columns are carried through.

mod error;
mod event;
mod header;
mod lines;
mod place;
mod reader;
mod regimen;
mod row;
mod values;
mod writer;

pub use error::{CellError, DataError};
pub use header::Header;
pub use reader::{DataOptions, DataReader, MAX_FAULTS, SubjectData};
pub use regimen::{NoRegimen, dose_rows, doses_of};
pub use writer::DataWriter;
