//! What can be wrong with a schedule.

use super::{MAX_DOSES, Weekday};
use crate::document::DocumentError;
use crate::error::{Faults, Kind, listed};
use crate::units::{Quantity, UnitError};

/// Everything found wrong with a schedule, each with its place.
pub type DosingFaults = Faults<DosingError>;

/// What can be wrong with a schedule or one of its doses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DosingError {
    /// A quantity whose unit is unknown, missing or of the wrong dimension.
    #[error(transparent)]
    Unit(Box<UnitError>),
    /// Text that does not follow the grammar.
    #[error("{}", misplaced(found))]
    Syntax {
        /// What would have been right here.
        expected: String,
        /// What stands here; empty at the end.
        found: String,
        /// A word of the language that was probably meant.
        near: Option<String>,
    },
    /// A duration below zero.
    #[error("the duration `{text}` is negative")]
    NegativeDuration {
        /// The duration.
        text: String,
    },
    /// A duration of zero where time must pass.
    #[error("the {what} is zero")]
    ZeroDuration {
        /// Whose duration: `interval`, `length`.
        what: &'static str,
    },
    /// A duration beyond 1e9 hours.
    #[error("the duration `{text}` is longer than 1e9 hours")]
    TooLong {
        /// The duration.
        text: String,
    },
    /// A count or number of zero.
    #[error("{what} must be 1 or more")]
    ZeroCount {
        /// What is counted.
        what: &'static str,
    },
    /// A list with a range that ends before it begins.
    #[error("a range must rise")]
    FallingRange,
    /// A dose of zero or less.
    #[error("the amount `{text}` is not more than zero")]
    NotPositive {
        /// The amount.
        text: String,
    },
    /// The first phase of a course says no dose.
    #[error("there is no dose")]
    NoDose,
    /// A rate without the time it runs for.
    #[error("`{rate}` is a rate, and nothing says for how long it runs")]
    RateWithoutDuration {
        /// The rate.
        rate: String,
    },
    /// An amount and a rate with its time, which says the amount again.
    #[error("the dose is said twice: as an amount, and as a rate with its duration")]
    DoseAndRate,
    /// A route that reads as a word of the language, or is no name.
    #[error("`{route}` cannot be the name of a route")]
    BadRoute {
        /// The name.
        route: String,
    },
    /// An amount weighed as a salt, where no model says what the salt weighs.
    #[error("the dose is weighed as `{salt}`, and only a model says how much of that is base")]
    SaltWithoutModel {
        /// The salt.
        salt: String,
    },
    /// A salt that is no name.
    #[error("`{salt}` cannot be the name of a salt")]
    BadSalt {
        /// The name.
        salt: String,
    },
    /// `once`, then another phase, and nothing says when.
    #[error("a single dose has no length, so nothing says when the next phase begins")]
    Gap,
    /// A phase before the last that never ends.
    #[error("this phase has no end, so the next one never begins")]
    Endless,
    /// `x N` after `once`.
    #[error("`once` is one dose and takes no `x N`")]
    OnceTimes,
    /// `once at` a time at or after the end of its phase.
    #[error("the dose at `{at}` comes after the end of its phase")]
    OnceTooLate {
        /// When the dose comes.
        at: String,
    },
    /// An unbounded schedule where a bounded one is needed.
    #[error("the last phase has no end")]
    Unbounded,
    /// A modifier written twice.
    #[error("`{modifier}` is said twice")]
    Repeated {
        /// The modifier's word.
        modifier: &'static str,
    },
    /// `first dose` with `rising` or `falling`.
    #[error("a phase cannot have both a first dose of its own and steps")]
    FirstAndSteps,
    /// Steps that lead away from where they should end.
    #[error("steps that {word} from `{from}` cannot end at `{to}`")]
    WrongWay {
        /// `rise` or `fall`.
        word: &'static str,
        /// The first dose.
        from: String,
        /// Where the steps should end.
        to: String,
    },
    /// A pause with nothing after it.
    #[error("nothing comes after this pause")]
    PauseAtEnd,
    /// A number of a dose that the phase does not have.
    #[error("the phase has {doses} doses, and `{number}` is beyond them")]
    BeyondDoses {
        /// How many it has.
        doses: u64,
        /// The number.
        number: u32,
    },
    /// A day that its cycle or its phase does not have.
    #[error("day {day} is beyond the {of} days of the {what}")]
    BeyondDays {
        /// The day.
        day: u32,
        /// How many days there are.
        of: u64,
        /// `cycle` or `phase`.
        what: &'static str,
    },
    /// A phase without a dose.
    #[error("no dose falls into this phase")]
    Empty,
    /// No course, or a course without a phase.
    #[error("there is no phase")]
    NoPhase,
    /// Clock times or days of a list that are repeated or out of order.
    #[error("the {what} must be listed in order, each once")]
    OutOfOrder {
        /// `clock times` or `weekdays`.
        what: &'static str,
    },
    /// Calendar months without a start date.
    #[error("calendar months have no length until the schedule has a start date")]
    NoStartDate,
    /// Something that is no date.
    #[error("`{text}` is not a date")]
    BadDate {
        /// What was written.
        text: String,
    },
    /// A phase whose first weekday is not the day on which it begins.
    #[error("the phase begins on a {begins}, but lists {listed} first")]
    StartWeekday {
        /// The day by the calendar.
        begins: Weekday,
        /// The first day listed.
        listed: Weekday,
    },
    /// A guided phase with another after it.
    #[error("a guided phase is the last of its course")]
    GuidedNotLast,
    /// More than one guided phase.
    #[error("a schedule has one guided phase at most")]
    GuidedTwice,
    /// Something that says when doses come, in a guided phase.
    #[error("a guided phase takes no `{key}`: its sessions follow from its visits")]
    GuidedKey {
        /// The key.
        key: &'static str,
    },
    /// An interval between visits.
    #[error("`{interval}` is no whole number of visits, which come every {every}")]
    NotVisits {
        /// The interval.
        interval: String,
        /// The time between visits.
        every: String,
    },
    /// A session that is still being given at the next visit.
    #[error("a session takes {lasts}, and the next visit is {every} after it begins")]
    VisitTooSoon {
        /// How long a session is.
        lasts: String,
        /// The time between visits.
        every: String,
    },
    /// Conditions that do not exclude each other.
    #[error("`lengthen_if` and `shorten_if` both hold at {value}")]
    BothHold {
        /// A value at which they do.
        value: String,
    },
    /// A guided schedule where doses have to be known beforehand.
    #[error("the schedule is guided by `{output}`: when sessions are given is decided at visits, person by person")]
    Guided {
        /// The output.
        output: String,
    },
    /// A guided schedule as a line of text.
    #[error("a guided phase has no spelling in text")]
    GuidedText,
    /// More doses than [`MAX_DOSES`].
    #[error("the schedule has more than {MAX_DOSES} doses")]
    TooManyDoses,
    /// A guided phase that may have more sessions than [`MAX_DOSES`].
    #[error("`max_sessions` is more than {MAX_DOSES}")]
    TooManySessions,
    /// A dose per body weight, for a subject without a weight.
    #[error("the dose `{dose}` depends on body weight, and no weight is given")]
    NeedsWeight {
        /// The dose.
        dose: String,
    },
    /// Rounding to devices on a route that has none.
    #[error("the dose is rounded to devices, but the route has no device")]
    NeedsDevice,
    /// An amount that is no whole number of devices.
    #[error("{amount} is not a whole number of devices of {device}")]
    NotWholeDevices {
        /// The amount.
        amount: Box<Quantity>,
        /// The amount of one device.
        device: Box<Quantity>,
        /// The nearest amounts that are.
        nearest: Vec<Quantity>,
    },
    /// A dose that rounds to nothing.
    #[error("{amount} rounded to {step} leaves nothing")]
    RoundsToNothing {
        /// The amount.
        amount: Box<Quantity>,
        /// What it is rounded to.
        step: Box<Quantity>,
    },
    /// A file that is no TOML, or whose keys are not those of a schedule.
    #[error(transparent)]
    Document(Box<DocumentError>),
    /// Keys that exclude each other, or of which one is needed.
    #[error("{message}")]
    Keys {
        /// Which keys.
        message: &'static str,
    },
    /// No schedule of this name in the catalogue.
    #[error("there is no schedule `{id}`")]
    UnknownSchedule {
        /// The name.
        id: String,
        /// The name that was probably meant.
        near: Option<String>,
    },
}

/// What is wrong about a word that does not belong where it stands.
fn misplaced(found: &str) -> String {
    if found.is_empty() { "the text ends too early".to_string() } else { format!("`{found}` does not fit here") }
}

impl From<UnitError> for DosingError {
    fn from(error: UnitError) -> Self {
        DosingError::Unit(Box::new(error))
    }
}

impl From<DocumentError> for DosingError {
    fn from(error: DocumentError) -> Self {
        DosingError::Document(Box::new(error))
    }
}

impl Kind for DosingError {
    fn code(&self) -> &'static str {
        use DosingError::*;
        match self {
            Unit(e) => e.code(),
            Syntax { .. } => "E_REGIMEN_SYNTAX",
            NegativeDuration { .. } => "E_NEGATIVE_DURATION",
            ZeroDuration { .. } => "E_ZERO_DURATION",
            TooLong { .. } => "E_DURATION_TOO_LONG",
            ZeroCount { .. } => "E_ZERO_COUNT",
            FallingRange => "E_REGIMEN_RANGE",
            NotPositive { .. } => "E_DOSE_NOT_POSITIVE",
            NoDose => "E_REGIMEN_NO_DOSE",
            RateWithoutDuration { .. } => "E_RATE_WITHOUT_DURATION",
            DoseAndRate => "E_DOSE_AND_RATE",
            BadRoute { .. } => "E_ROUTE_NAME",
            SaltWithoutModel { .. } => "E_SALT_WITHOUT_MODEL",
            BadSalt { .. } => "E_SALT_NAME",
            Gap => "E_REGIMEN_GAP",
            Endless => "E_REGIMEN_ENDLESS",
            OnceTimes => "E_REGIMEN_ONCE",
            OnceTooLate { .. } => "E_REGIMEN_ONCE",
            Unbounded => "E_REGIMEN_UNBOUNDED",
            Repeated { .. } => "E_REGIMEN_REPEATED",
            FirstAndSteps => "E_REGIMEN_FIRST_AND_STEPS",
            WrongWay { .. } => "E_REGIMEN_STEPS",
            PauseAtEnd => "E_REGIMEN_PAUSE",
            BeyondDoses { .. } | BeyondDays { .. } => "E_REGIMEN_BEYOND",
            Empty => "E_REGIMEN_EMPTY",
            NoPhase => "E_REGIMEN_NO_PHASE",
            OutOfOrder { .. } => "E_REGIMEN_ORDER",
            NoStartDate => "E_REGIMEN_NO_START_DATE",
            BadDate { .. } => "E_DATE",
            StartWeekday { .. } => "E_REGIMEN_START_DAY",
            GuidedNotLast | GuidedTwice | GuidedKey { .. } => "E_GUIDED_PHASE",
            NotVisits { .. } | VisitTooSoon { .. } => "E_GUIDED_INTERVAL",
            BothHold { .. } => "E_GUIDED_CONDITIONS",
            Guided { .. } | GuidedText => "E_GUIDED_SCHEDULE",
            TooManyDoses | TooManySessions => "E_TOO_MANY_EVENTS",
            NeedsWeight { .. } => "E_DOSE_NEEDS_WEIGHT",
            NeedsDevice => "E_DOSE_NEEDS_DEVICE",
            NotWholeDevices { .. } => "E_DOSE_NOT_DEVICES",
            RoundsToNothing { .. } => "E_DOSE_ROUNDS_TO_NOTHING",
            Document(e) => e.code(),
            Keys { .. } => "E_SCHEDULE_KEYS",
            UnknownSchedule { .. } => "E_SCHEDULE_UNKNOWN",
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            DosingError::Unit(e) => e.label(),
            DosingError::Document(e) => e.label(),
            DosingError::Syntax { expected, .. } => Some(format!("expected {expected}")),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        use DosingError::*;
        let hint = match self {
            Unit(e) => return e.hint(),
            Syntax { near, .. } | UnknownSchedule { near: near @ Some(_), .. } => {
                return near.as_ref().map(|n| format!("did you mean `{n}`?"));
            }
            Document(e) => return e.hint(),
            NotWholeDevices { nearest, .. } => {
                let nearest: Vec<String> = nearest.iter().map(Quantity::to_string).collect();
                return Some(format!("the nearest doses are {}", listed(nearest.iter().map(String::as_str))));
            }
            UnknownSchedule { .. } => "`posology schedules list` shows them all",
            NegativeDuration { .. } => "time runs forward: leave out the `-`",
            ZeroDuration { what: "infusion" } => "leave it out, or write `as bolus`",
            NoDose => "begin with an amount, such as `84 mg`",
            RateWithoutDuration { .. } => "write `at 2.4 mg/kg/h for 120 h`",
            DoseAndRate => "leave out the amount: rate and duration give it",
            BadRoute { .. } => {
                "a route is letters, digits, `-` and `_`, begins with a letter, and is no word of the language"
            }
            SaltWithoutModel { .. } => "name the model with `--model`",
            BadSalt { .. } => "a salt is letters and digits, such as `HCl`",
            Gap => {
                "for another dose on the first day only, write `first dose …`; else say when: `once, then after 3 d …`"
            }
            Endless => "say how long it lasts: `for 4 weeks` or `x 8`",
            Unbounded => "say how long it lasts with `for …` or `x N`, or give `--until`",
            FirstAndSteps => "write two phases, joined by `, then`",
            PauseAtEnd => "a pause stands between two phases: `…, pause 2 weeks, then …`",
            NoStartDate => {
                "add `, starting 2026-01-05` (in TOML `start = \"2026-01-05\"`), or write `month` for 28 days"
            }
            BadDate { .. } => "write year, month and day: `2026-01-05`",
            StartWeekday { .. } => "list first the day on which it begins, or change the start date",
            GuidedTwice | GuidedNotLast => "what comes before it, and courses beside it, have doses at fixed times",
            GuidedKey { .. } => "`every`, `intervals` and `max_sessions` in `guided` say when sessions come",
            VisitTooSoon { .. } => "make `every` as long as a session at least",
            BothHold { .. } => "make them exclude each other, such as `<= -10 points` and `> -10 points`",
            Guided { .. } => "`posology course` runs guided schedules",
            GuidedText => "write it as TOML: `--as toml`",
            TooManyDoses => "a longer interval or a shorter length keeps it below the limit",
            TooManySessions => "write the most that there can be, such as 52 for a year of weeks",
            NeedsWeight { .. } => "give the weight, such as `--weight 70kg`",
            NeedsDevice => "round to an amount instead: `rounded to 25 mg`",
            _ => return None,
        };
        Some(hint.to_string())
    }
}
