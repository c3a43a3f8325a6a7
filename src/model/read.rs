//! Reading a model file as a document.

use super::error::ModelError;
use crate::document;

pub use crate::document::Place;
pub(super) use crate::document::{Number, Text};

pub(super) type Log = document::Log<ModelError>;
pub(super) type Value<'a> = document::Value<'a, ModelError>;
pub(super) type Table<'a> = document::Table<'a, ModelError>;
