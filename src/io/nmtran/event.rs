//! From the items of a row to what it says: EVID and all that goes with it.

use super::error::CellError;
use super::header::Item;
use super::place::{Place, default_place, find, routes};
use super::reader::DataOptions;
use super::row::{Log, Row};
use crate::dosing::MAX_DOSES;
use crate::model::{Model, StateKind};
use crate::simulate::{DoseInput, DoseRecord, Repeats, Steady, Target, What};

/// The numbers of a row, in base units; missing ones are 0.
struct Items {
    evid: u8,
    amount: Option<f64>,
    /// mg/h, or one of the codes -1 and -2.
    rate: f64,
    duration: f64,
    additional: u32,
    interval: f64,
    steady: u8,
    place: Option<(Place, bool)>,
}

/// The events a record may be.
const EVENTS: (&[u8], &str) = (&[0, 1, 2, 3, 4, 8], "0, 1, 2, 3, 4 and 8");
/// The kinds of steady state.
const STEADY: (&[u8], &str) = (&[0, 1, 2, 3], "0, 1, 2 and 3");

/// Reads what a row says. `None` where something is wrong with it, which is then in the log.
pub(super) fn what(row: &Row<'_>, model: &Model, options: &DataOptions, log: &mut Log) -> Option<What> {
    let before = log.len();
    let items = items(row, model, options, log);
    if log.len() > before {
        return None;
    }
    let event = Event { row, model, items: &items };
    let what = event.what();
    what.map_err(|fault| log.push(*fault)).ok()
}

/// Whether the clock may start anew at a row: EVID 3 and 4.
pub(super) fn starts_anew(row: &Row<'_>) -> bool {
    row.item(Item::Evid).is_some_and(|(_, text)| matches!(text.parse(), Ok(3.0 | 4.0)))
}

/// Whether a row asks for a steady state by the code 3, which is read as 1.
pub(super) fn is_continued_steady_state(row: &Row<'_>) -> bool {
    row.item(Item::Ss).is_some_and(|(_, text)| text.parse() == Ok(3.0))
}

fn items(row: &Row<'_>, model: &Model, options: &DataOptions, log: &mut Log) -> Items {
    let amount = base(row, Item::Amt, |v| options.amount(v), log);
    let given = row.number(Item::Rate, log);
    let rate =
        if given.is_some_and(|rate| rate > 0.0) { base(row, Item::Rate, |v| options.rate(v), log) } else { given };
    let interval = base(row, Item::Ii, |v| options.time(v), log).unwrap_or(0.0);
    if interval < 0.0 {
        log.push(row.item_fault(&[Item::Ii], CellError::Negative { found: interval }));
    }
    let place = row.item(Item::Cmt).and_then(|(column, text)| {
        find(model, &text).unwrap_or_else(|what| {
            log.push(row.fault(column, what));
            None
        })
    });
    // A missing EVID follows from the amount.
    let assumed = u8::from(amount.is_some_and(|amount| amount != 0.0));
    Items {
        evid: code(row, Item::Evid, EVENTS, log).unwrap_or(assumed),
        amount,
        rate: rate.unwrap_or(0.0),
        duration: base(row, Item::Dur, |v| options.time(v), log).unwrap_or(0.0),
        additional: count(row, log),
        interval,
        steady: code(row, Item::Ss, STEADY, log).unwrap_or(0),
        place,
    }
}

/// A number in base units, which have to be finite as well.
fn base(row: &Row<'_>, item: Item, to_base: impl Fn(f64) -> f64, log: &mut Log) -> Option<f64> {
    let value = to_base(row.number(item, log)?);
    if !value.is_finite() {
        let found = row.item(item).map(|(_, text)| text.into_owned()).unwrap_or_default();
        log.push(row.item_fault(&[item], CellError::NotNumber { found }));
        return None;
    }
    Some(value)
}

fn code(row: &Row<'_>, item: Item, (codes, allowed): (&[u8], &'static str), log: &mut Log) -> Option<u8> {
    let value = row.number(item, log)?;
    let code = codes.iter().find(|code| f64::from(**code) == value);
    if code.is_none() {
        let what = CellError::NotCode { found: crate::io::number(value), allowed };
        log.push(row.item_fault(&[item], what));
    }
    code.copied()
}

fn count(row: &Row<'_>, log: &mut Log) -> u32 {
    let Some(value) = row.number(Item::Addl, log) else { return 0 };
    if value.fract() != 0.0 || !(0.0..=MAX_DOSES as f64).contains(&value) {
        let what = CellError::NotCount { found: crate::io::number(value), limit: MAX_DOSES };
        log.push(row.item_fault(&[Item::Addl], what));
    }
    value as u32
}

type Found<T> = Result<T, Box<crate::error::Fault<super::DataError>>>;

/// A row whose items are all numbers.
struct Event<'a> {
    row: &'a Row<'a>,
    model: &'a Model,
    items: &'a Items,
}

impl Event<'_> {
    fn fault<T>(&self, items: &[Item], what: CellError) -> Found<T> {
        Err(Box::new(self.row.item_fault(items, what)))
    }

    fn what(&self) -> Found<What> {
        let evid = self.items.evid;
        if !matches!(evid, 0 | 2) && self.items.place.is_some_and(|(_, minus)| minus) {
            return self.fault(&[Item::Cmt], CellError::CannotClose { evid });
        }
        match evid {
            1 if self.is_constant_infusion() => self.constant_infusion(),
            1 => Ok(What::Dose(self.dose()?)),
            4 => Ok(What::Reset(Some(self.dose()?))),
            8 => self.replace(),
            _ => {
                self.nothing_given()?;
                self.without_dose()
            }
        }
    }

    /// EVID 0, 2 and 3.
    fn without_dose(&self) -> Found<What> {
        let switched = match self.items.place {
            Some((place, minus)) => self.switched(place, minus)?,
            None => None,
        };
        Ok(match self.items.evid {
            0 => What::Observation { close: switched.filter(|(_, open)| !open).map(|(state, _)| state) },
            2 => What::Other { switch: switched },
            _ => What::Reset(None),
        })
    }

    /// Index of the state that a record without a dose closes or opens.
    fn switched(&self, place: Place, minus: bool) -> Found<Option<(usize, bool)>> {
        match place {
            Place::Compartment(state) => Ok(Some((state, !minus))),
            _ if minus => self.compartment(place).map(|state| Some((state, false))),
            _ => Ok(None),
        }
    }

    fn nothing_given(&self) -> Found<()> {
        match self.items.amount {
            None | Some(0.0) => Ok(()),
            Some(_) => {
                self.fault(&[Item::Amt], CellError::NotAllowed { evid: self.items.evid, item: Item::Amt.name() })
            }
        }
    }

    fn replace(&self) -> Found<What> {
        let Items { evid, amount, rate, duration, additional, steady, .. } = *self.items;
        let has = [
            (Item::Rate, rate != 0.0),
            (Item::Dur, duration != 0.0),
            (Item::Addl, additional > 0),
            (Item::Ss, steady > 0),
        ];
        if let Some((item, _)) = has.into_iter().find(|(_, has)| *has) {
            return self.fault(&[item], CellError::NotAllowed { evid, item: item.name() });
        }
        let Some((place, _)) = self.items.place else {
            return self.fault(&[Item::Cmt, Item::Evid], CellError::NoCompartment { evid, routes: Vec::new() });
        };
        let state = self.compartment(place)?;
        match amount {
            None => self.fault(&[Item::Amt, Item::Evid], CellError::Missing),
            Some(amount) if amount < 0.0 => self.fault(&[Item::Amt], CellError::Negative { found: amount }),
            Some(amount) => Ok(What::Replace { state, amount }),
        }
    }

    fn compartment(&self, place: Place) -> Found<usize> {
        match place {
            Place::Compartment(state) => Ok(state),
            Place::Route(route) => {
                let route = self.model.routes()[route].name.clone();
                self.fault(&[Item::Cmt], CellError::NotCompartment { evid: self.items.evid, route })
            }
            Place::Either => self.ambiguous(),
            Place::Observed => self.unknown(),
        }
    }

    fn ambiguous<T>(&self) -> Found<T> {
        self.fault(
            &[Item::Cmt],
            CellError::AmbiguousCompartment {
                found: self.written(),
                means: vec!["a compartment".into(), "a route".into()],
            },
        )
    }

    fn unknown<T>(&self) -> Found<T> {
        let states = self.model.states().iter();
        let compartments =
            states.filter(|s| matches!(s.kind, StateKind::Compartment { .. })).map(|s| s.name.clone()).collect();
        let routes = routes(self.model);
        self.fault(&[Item::Cmt], CellError::UnknownCompartment { found: self.written(), compartments, routes })
    }

    fn written(&self) -> String {
        self.row.item(Item::Cmt).map(|(_, text)| text.into_owned()).unwrap_or_default()
    }

    fn target(&self) -> Found<Target> {
        match self.items.place.map(|(place, _)| place).or_else(|| default_place(self.model)) {
            Some(Place::Compartment(state)) => Ok(Target::Compartment(state)),
            Some(Place::Route(route)) => Ok(Target::Route(route)),
            Some(Place::Either) => self.ambiguous(),
            Some(Place::Observed) => self.unknown(),
            None => {
                let what = CellError::NoCompartment { evid: self.items.evid, routes: routes(self.model) };
                self.fault(&[Item::Cmt, Item::Amt], what)
            }
        }
    }

    /// SS and no amount and no interval: a constant infusion, or none, for ever.
    fn is_constant_infusion(&self) -> bool {
        self.items.steady > 0 && self.items.amount.unwrap_or(0.0) == 0.0 && self.items.interval == 0.0
    }

    fn constant_infusion(&self) -> Found<What> {
        let Items { rate, steady, duration, additional, .. } = *self.items;
        if additional > 0 {
            return self.fault(&[Item::Addl], CellError::AdditionalAfterConstant);
        }
        if steady == 2 {
            return self.fault(&[Item::Ss], CellError::AddedConstant);
        }
        if rate < 0.0 || duration != 0.0 {
            return self.no_amount();
        }
        let infusion = match rate > 0.0 {
            true => {
                let target = self.target()?;
                self.input(target)?;
                Some((target, rate))
            }
            false => None,
        };
        Ok(What::SteadyInfusion { infusion })
    }

    fn no_amount<T>(&self) -> Found<T> {
        self.fault(&[Item::Amt, Item::Evid], CellError::NoAmount { evid: self.items.evid })
    }

    fn dose(&self) -> Found<DoseRecord> {
        let Items { steady, interval, additional, .. } = *self.items;
        let amount = match self.items.amount {
            None | Some(0.0) => return self.no_amount(),
            Some(amount) if amount < 0.0 => {
                return self.fault(&[Item::Amt], CellError::Negative { found: amount });
            }
            Some(amount) => amount,
        };
        if additional > 0 && interval == 0.0 {
            return self.fault(&[Item::Addl], CellError::NoInterval { item: Item::Addl.name() });
        }
        if steady > 0 && interval == 0.0 {
            return self.fault(&[Item::Ss], CellError::NoInterval { item: Item::Ss.name() });
        }
        let target = self.target()?;
        Ok(DoseRecord {
            target,
            amount,
            input: self.input(target)?,
            repeats: (additional > 0).then_some(Repeats { additional, interval }),
            steady: (steady > 0).then_some(Steady { interval, add: steady == 2 }),
        })
    }

    /// How a dose goes in, if it can go in so where it goes.
    fn input(&self, target: Target) -> Found<DoseInput> {
        let Items { rate, duration, .. } = *self.items;
        if rate != 0.0 && duration != 0.0 {
            return self.fault(&[Item::Dur], CellError::RateAndDuration);
        }
        if duration < 0.0 {
            return self.fault(&[Item::Dur], CellError::Negative { found: duration });
        }
        let input = match rate {
            0.0 if duration > 0.0 => DoseInput::Duration(duration),
            0.0 => DoseInput::Bolus,
            -1.0 => DoseInput::ModelledRate,
            -2.0 => DoseInput::ModelledDuration,
            rate if rate > 0.0 => DoseInput::Rate(rate),
            found => return self.fault(&[Item::Rate], CellError::NotRate { found }),
        };
        match target {
            Target::Compartment(state) => self.fits_compartment(state, input)?,
            Target::Route(route) => self.fits_route(route, input)?,
        }
        Ok(input)
    }

    fn fits_compartment(&self, state: usize, input: DoseInput) -> Found<()> {
        let StateKind::Compartment { doses, .. } = self.model.states()[state].kind else { return self.unknown() };
        let compartment = self.model.states()[state].name.clone();
        let has = match (doses.infusion_rate, doses.infusion_duration) {
            (Some(_), _) => Some("rate"),
            (None, Some(_)) => Some("duration"),
            (None, None) => None,
        };
        match (input, has) {
            (DoseInput::Bolus, Some(what)) => {
                self.fault(&[Item::Rate, Item::Amt], CellError::SilentBolus { compartment, what })
            }
            (DoseInput::ModelledRate, _) if doses.infusion_rate.is_none() => {
                self.not_modelled(-1, format!("the compartment `{compartment}`"))
            }
            (DoseInput::ModelledDuration, _) if doses.infusion_duration.is_none() => {
                self.not_modelled(-2, format!("the compartment `{compartment}`"))
            }
            _ => Ok(()),
        }
    }

    fn fits_route(&self, route: usize, input: DoseInput) -> Found<()> {
        let route = &self.model.routes()[route];
        let fixed = || route.entries.iter().all(|entry| entry.over.is_some() || entry.input.is_some());
        match input {
            DoseInput::ModelledRate => self.not_modelled(-1, format!("the route `{}`", route.name)),
            DoseInput::ModelledDuration => self.not_modelled(-2, format!("the route `{}`", route.name)),
            DoseInput::Rate(_) | DoseInput::Duration(_) if fixed() => {
                self.fault(&[Item::Rate, Item::Dur], CellError::RouteHasDuration { route: route.name.clone() })
            }
            _ => Ok(()),
        }
    }

    fn not_modelled(&self, code: i8, into: String) -> Found<()> {
        let what = if code == -1 { "rate" } else { "duration" };
        self.fault(&[Item::Rate], CellError::NotModelled { code, what, into })
    }
}
