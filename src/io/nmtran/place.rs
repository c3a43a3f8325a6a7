//! What the cells of `CMT` name.

use super::error::CellError;
use crate::model::{Model, StateKind};

/// What a cell of `CMT` names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// A compartment, by the index of its state.
    Compartment(usize),
    /// A route, by its index.
    Route(usize),
    /// A name that a compartment and a route bear: only an observation does not mind.
    Either,
    /// A state or an output, which only an observation can name.
    Observed,
}

/// What a cell of `CMT` says: a place, and whether it is written with a minus. 0 is no place.
pub(super) fn find(model: &Model, text: &str) -> Result<Option<(Place, bool)>, CellError> {
    let unknown = || CellError::UnknownCompartment {
        found: text.into(),
        compartments: compartments(model).map(|(_, name, _)| name.to_string()).collect(),
        routes: routes(model),
    };
    let (name, minus) = text.strip_prefix('-').map_or((text, false), |name| (name.trim_start(), true));
    if let Ok(number) = name.parse::<f64>() {
        if number == 0.0 {
            return Ok(None);
        }
        let found = compartments(model).find(|(_, _, n)| *n as f64 == number);
        return found.map(|(state, ..)| Some((Place::Compartment(state), minus))).ok_or_else(unknown);
    }
    let place = by_name(model, |other| other == name)
        .or_else(|| by_name(model, |other| other.eq_ignore_ascii_case(name)))
        .or_else(|| is_observed(model, name).then_some(Place::Observed));
    place.map(|place| Some((place, minus))).ok_or_else(unknown)
}

/// The compartment or route whose name fits, if it is only one.
fn by_name(model: &Model, fits: impl Fn(&str) -> bool) -> Option<Place> {
    let compartments = compartments(model).filter(|(_, name, _)| fits(name)).map(|(i, ..)| Place::Compartment(i));
    let routes = model.routes().iter().enumerate().filter(|(_, route)| fits(&route.name)).map(|(i, _)| Place::Route(i));
    let mut places = compartments.chain(routes);
    let first = places.next()?;
    Some(if places.next().is_some() { Place::Either } else { first })
}

fn is_observed(model: &Model, name: &str) -> bool {
    model.states().iter().any(|state| state.name == name) || model.outputs().iter().any(|output| output.name == name)
}

/// Index, name and number of each compartment.
fn compartments(model: &Model) -> impl Iterator<Item = (usize, &str, usize)> {
    model.states().iter().enumerate().filter_map(|(i, state)| match state.kind {
        StateKind::Compartment { number, .. } => Some((i, state.name.as_str(), number)),
        StateKind::State => None,
    })
}

/// The names of the routes.
pub(super) fn routes(model: &Model) -> Vec<String> {
    model.routes().iter().map(|route| route.name.clone()).collect()
}

/// Where a dose goes that names no place: the only route, or the first compartment of a model without routes.
pub(super) fn default_place(model: &Model) -> Option<Place> {
    match model.routes() {
        [] => compartments(model).min_by_key(|(_, _, number)| *number).map(|(state, ..)| Place::Compartment(state)),
        [_] => Some(Place::Route(0)),
        _ => None,
    }
}
