//! What can be wrong with a model file.

use crate::document::DocumentError;
use crate::error::{Kind, listed};
use crate::expr::ExprError;
use crate::metrics::MeasureError;
use crate::units::UnitError;

/// What can be wrong with a model file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Wrong as a document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A name with characters that names do not have.
    #[error("`{name}` is not a name")]
    BadName {
        /// The name.
        name: String,
    },
    /// A name that means something else in expressions.
    #[error("`{name}` is a word of the language and cannot be a name")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// Two things of one name.
    #[error("{what} `{name}` bears the name of {other}")]
    NameClash {
        /// The name.
        name: String,
        /// The later thing.
        what: String,
        /// The earlier thing, with its line.
        other: String,
    },
    /// One effect attached again.
    #[error("the effect `{effect}` is attached twice")]
    EffectTwice {
        /// Its id.
        effect: String,
    },
    /// Two effects with an output of one name.
    #[error("the effects `{other}` and `{effect}` exclude each other: both have the output `{output}`")]
    EffectsClash {
        /// Id of the later one.
        effect: String,
        /// Id of the earlier one.
        other: String,
        /// The output.
        output: String,
    },
    /// A name of nothing.
    #[error("there is no {what} `{name}`")]
    UnknownName {
        /// What was looked for.
        what: Sort,
        /// The name.
        name: String,
        /// The name that was probably meant.
        near: Option<String>,
        /// The names that exist.
        known: Vec<String>,
    },
    /// A unit or quantity that cannot be read.
    #[error("{0}")]
    Unit(UnitError),
    /// An expression that cannot be read or does not fit together.
    #[error("{0}")]
    Expr(ExprError),
    /// Something that measures the wrong thing.
    #[error("{what} is in `{has}`, and {needs} is needed")]
    Dimension {
        /// Which thing.
        what: String,
        /// Its unit.
        has: String,
        /// What it needs, in words (`a volume per time`).
        needs: String,
        /// A unit of what it needs.
        example: String,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// A text where a number is needed (a flag or category used as a quantity).
    #[error("{what} is {found}, and a number is needed")]
    NotANumber {
        /// Which thing.
        what: String,
        /// What it is.
        found: String,
    },
    /// Not exactly one of several keys.
    #[error("{within} needs exactly one of {}, and has {found}", listed(keys.iter().map(String::as_str)))]
    ExactlyOne {
        /// The thing.
        within: String,
        /// The keys.
        keys: Vec<String>,
        /// What it has (`none`, or the keys).
        found: String,
    },
    /// Variability written in two ways at once.
    #[error("{within} spells its size twice, as `{first}` and as `{second}`")]
    TwoSpellings {
        /// The thing.
        within: String,
        /// One spelling.
        first: String,
        /// The other.
        second: String,
    },
    /// A flow key that is no flow.
    #[error("`{text}` is not a flow")]
    FlowSyntax {
        /// The key.
        text: String,
    },
    /// A flow from a compartment to itself.
    #[error("the flow `{text}` leads from `{compartment}` to itself")]
    SelfFlow {
        /// The key.
        text: String,
        /// The compartment.
        compartment: String,
    },
    /// The same flow under two keys.
    #[error("the flow `{text}` is written twice")]
    DuplicateFlow {
        /// The later key.
        text: String,
    },
    /// A concentration or clearance of a compartment without volume.
    #[error("the compartment `{compartment}` has no volume, and {why} needs one")]
    NoVolume {
        /// The compartment.
        compartment: String,
        /// What needs it.
        why: String,
    },
    /// Quantities that are computed from each other.
    #[error("these are computed from each other: {}", names.join(" -> "))]
    Cycle {
        /// The names, the first repeated at the end.
        names: Vec<String>,
    },
    /// A number without provenance.
    #[error("the parameter `{name}` has no `source`")]
    NoSource {
        /// The parameter.
        name: String,
    },
    /// An assumption without a reason.
    #[error("{what} is assumed, and does not say why")]
    NoReason {
        /// The thing.
        what: String,
    },
    /// A number beyond what it can be.
    #[error("{what} is {value}, and has to be {must}")]
    OutOfRange {
        /// Which number.
        what: String,
        /// Its value.
        value: String,
        /// What it has to be.
        must: String,
    },
    /// A word that is not in a closed list.
    #[error("{what} is `{found}`, which is not in the list")]
    NotInList {
        /// What the word is for.
        what: String,
        /// The word.
        found: String,
        /// The word that was probably meant.
        near: Option<String>,
        /// The list.
        allowed: Vec<String>,
    },
    /// A parameter in a block, or shared from, whose variability is not its own.
    #[error("the parameter `{name}` has no variability of its own")]
    NoVariability {
        /// The parameter.
        name: String,
        /// Those that have.
        known: Vec<String>,
    },
    /// A parameter in a block of estimates whose value is not uncertain.
    #[error("`{name}` has no `uncertainty`")]
    NoUncertainty {
        /// The name.
        name: String,
        /// Those that have.
        known: Vec<String>,
    },
    /// A block of the wrong size.
    #[error("a block of {of} parameters has {needs} numbers below the diagonal, and {found} are written")]
    BlockSize {
        /// Parameters in it.
        of: usize,
        /// Numbers it needs.
        needs: usize,
        /// Numbers written.
        found: usize,
    },
    /// A covariance that no random numbers can have.
    #[error("the numbers of this block are no covariance: a variance would be negative")]
    NotPositiveDefinite,
    /// Fractions of one dose that are, or may be, more than the dose.
    #[error("the fractions of the route `{route}` can add up to more than 1: {reason}")]
    FractionsExceedOne {
        /// The route.
        route: String,
        /// How.
        reason: String,
    },
    /// Something that has to stay the same between doses and covariate changes, and follows the state or time.
    #[error("{what} depends on the state of the system or on time")]
    NotConstant {
        /// Which thing.
        what: String,
    },
    /// A right-hand side or output that asks for the dose being given.
    #[error("{what} depends on the dose that is being given")]
    DoseInSystem {
        /// Which thing.
        what: String,
    },
    /// Compartment numbers that are not 1, 2, 3 …
    #[error("`cmt` has to number all compartments 1 to {count}, each once, or none")]
    CompartmentNumbers {
        /// How many there are.
        count: usize,
    },
    /// A metric of a check that is none.
    #[error(transparent)]
    Measure(MeasureError),
    /// A list of expected values of another length than its times.
    #[error("there are {times} times and {values} values")]
    CheckLength {
        /// How many times.
        times: usize,
        /// How many values.
        values: usize,
    },
    /// A model that is not in the catalogue.
    #[error("there is no model `{id}`")]
    UnknownModel {
        /// What was asked for.
        id: String,
        /// The model that was probably meant.
        near: Option<String>,
        /// Those that exist.
        known: Vec<String>,
    },
    /// Two files of one id.
    #[error("the id `{id}` is taken by {other}")]
    DuplicateId {
        /// The id.
        id: String,
        /// The other file.
        other: String,
    },
    /// An override of something the base does not have.
    #[error("the base `{base}` has no {what} `{name}` to override")]
    NothingToOverride {
        /// The base's id.
        base: String,
        /// What it would be.
        what: Sort,
        /// The name.
        name: String,
        /// The name that was probably meant.
        near: Option<String>,
    },
    /// `extends` that leads in a circle or onto something that cannot be extended.
    #[error("`{base}` cannot be extended: {why}")]
    CannotExtend {
        /// The base's id.
        base: String,
        /// Why.
        why: String,
    },
    /// An effect whose driver the model does not have.
    #[error("the effect `{effect}` needs {analyte}, and the model `{model}` has no output of it")]
    NoDriver {
        /// The effect's id.
        effect: String,
        /// The analyte it needs.
        analyte: String,
        /// The model's id.
        model: String,
        /// The analytes the model has.
        has: Vec<String>,
    },
    /// An effect file where a model is needed, or the reverse.
    #[error("`{id}` is {is}, and {needs} is needed here")]
    WrongKind {
        /// The file's id.
        id: String,
        /// What it is.
        is: &'static str,
        /// What is needed.
        needs: &'static str,
    },
    /// A salt nobody declared.
    #[error("the model knows no salt `{salt}`")]
    UnknownSalt {
        /// The salt.
        salt: String,
        /// Those it knows.
        known: Vec<String>,
    },
    /// A molar flow or molar output between substances whose molar mass is not known.
    #[error("{what} needs a molar mass, and {missing}")]
    NoMolarMass {
        /// Which thing.
        what: String,
        /// What lacks it.
        missing: String,
    },
}

/// What a name can be the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sort {
    /// A compartment.
    Compartment,
    /// A parameter.
    Parameter,
    /// A derived quantity.
    Derived,
    /// A substance.
    Substance,
    /// A source.
    Source,
    /// An output.
    Output,
    /// A covariate.
    Covariate,
    /// A route.
    Route,
}

impl std::fmt::Display for Sort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Sort::Compartment => "compartment",
            Sort::Parameter => "parameter",
            Sort::Derived => "derived quantity",
            Sort::Substance => "substance",
            Sort::Source => "source",
            Sort::Output => "output",
            Sort::Covariate => "covariate",
            Sort::Route => "route",
        })
    }
}

impl Kind for ModelError {
    fn code(&self) -> &'static str {
        match self {
            ModelError::Document(e) => e.code(),
            ModelError::NotANumber { .. } => "E_WRONG_TYPE",
            ModelError::BadName { .. } => "E_NAME",
            ModelError::ReservedName { .. } => "E_RESERVED_NAME",
            ModelError::NameClash { .. } | ModelError::EffectTwice { .. } | ModelError::EffectsClash { .. } => {
                "E_NAME_CLASH"
            }
            ModelError::UnknownName { what, .. } => match what {
                Sort::Compartment => "E_UNKNOWN_COMPARTMENT",
                Sort::Parameter => "E_UNKNOWN_PARAMETER",
                Sort::Derived => "E_UNKNOWN_DERIVED",
                Sort::Substance => "E_UNKNOWN_SUBSTANCE",
                Sort::Source => "E_UNKNOWN_SOURCE",
                Sort::Output => "E_UNKNOWN_OUTPUT",
                Sort::Covariate => "E_UNKNOWN_COVARIATE",
                Sort::Route => "E_UNKNOWN_ROUTE",
            },
            ModelError::Unit(e) => e.code(),
            ModelError::Expr(e) => e.code(),
            ModelError::Dimension { .. } => "E_UNIT_MISMATCH",
            ModelError::ExactlyOne { .. } => "E_EXACTLY_ONE",
            ModelError::TwoSpellings { .. } => "E_TWO_SPELLINGS",
            ModelError::FlowSyntax { .. } => "E_FLOW",
            ModelError::SelfFlow { .. } => "E_SELF_FLOW",
            ModelError::DuplicateFlow { .. } => "E_DUPLICATE_FLOW",
            ModelError::NoVolume { .. } => "E_NO_VOLUME",
            ModelError::Cycle { .. } => "E_CYCLE",
            ModelError::NoSource { .. } => "E_NO_SOURCE",
            ModelError::NoReason { .. } => "E_NO_REASON",
            ModelError::OutOfRange { .. } => "E_OUT_OF_RANGE",
            ModelError::NotInList { .. } => "E_NOT_IN_LIST",
            ModelError::NoVariability { .. } => "E_NO_VARIABILITY",
            ModelError::BlockSize { .. } => "E_BLOCK_SIZE",
            ModelError::NoUncertainty { .. } => "E_NO_UNCERTAINTY",
            ModelError::NotPositiveDefinite => "E_NOT_POSITIVE_DEFINITE",
            ModelError::FractionsExceedOne { .. } => "E_FRACTIONS_EXCEED_ONE",
            ModelError::NotConstant { .. } => "E_NOT_CONSTANT",
            ModelError::DoseInSystem { .. } => "E_DOSE_IN_SYSTEM",
            ModelError::CompartmentNumbers { .. } => "E_CMT_NUMBERS",
            ModelError::Measure(e) => e.code(),
            ModelError::CheckLength { .. } => "E_CHECK_LENGTH",
            ModelError::UnknownModel { .. } => "E_UNKNOWN_MODEL",
            ModelError::DuplicateId { .. } => "E_DUPLICATE_ID",
            ModelError::NothingToOverride { .. } => "E_NOTHING_TO_OVERRIDE",
            ModelError::CannotExtend { .. } => "E_CANNOT_EXTEND",
            ModelError::NoDriver { .. } => "E_NO_DRIVER",
            ModelError::WrongKind { .. } => "E_WRONG_KIND",
            ModelError::UnknownSalt { .. } => "E_UNKNOWN_SALT",
            ModelError::NoMolarMass { .. } => "E_NO_MOLAR_MASS",
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            ModelError::Unit(e) => e.label(),
            ModelError::Expr(e) => e.label(),
            ModelError::Dimension { example, .. } => Some(format!("expected a unit like `{example}`")),
            ModelError::Document(e) => e.label(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ModelError::Unit(e) => e.hint(),
            ModelError::Expr(e) => e.hint(),
            ModelError::Document(DocumentError::DuplicateKey) => Some("keep one of them; two flows on one pair are a list".into()),
            ModelError::Document(e) => e.hint(),
            ModelError::UnknownName { what, near, known, .. } => {
                spelling(near, known, &format!("the {what}s are")).or(Some(format!("this file has no {what}s")))
            }
            ModelError::NotInList { near, allowed, .. } => spelling(near, allowed, "it is one of"),
            ModelError::UnknownModel { near, known, .. } => spelling(near, known, "the catalogue has"),
            ModelError::NothingToOverride { near, .. } => near.as_ref().map(|n| format!("did you mean `{n}`?")),
            ModelError::NoDriver { has, .. } => Some(format!("it has {}", listed(has.iter().map(String::as_str)))),
            ModelError::UnknownSalt { known, .. } if known.is_empty() => {
                Some("declare it: `[substances] x = { molar_mass = \"…\", salt = { HCl = \"…\" } }`".into())
            }
            ModelError::UnknownSalt { known, .. } => {
                Some(format!("it knows {}", listed(known.iter().map(String::as_str))))
            }
            ModelError::Dimension { hint, .. } => hint.clone(),
            ModelError::BadName { .. } => Some("names have letters, digits and `_`, and begin with no digit".into()),
            ModelError::ReservedName { .. } => Some(format!("reserved are {}", listed(super::names::RESERVED))),
            ModelError::FlowSyntax { .. } => {
                Some("write `\"a -> b\"`, `\"a <-> b\"`, or `\"a -> out\"` for elimination".into())
            }
            ModelError::SelfFlow { .. } => Some("a flow leads to another compartment or to `out`".into()),
            ModelError::DuplicateFlow { .. } => {
                Some("two flows on one pair are a list: `[{ clearance = \"CL\" }, { flux = \"…\" }]`".into())
            }
            ModelError::NoVolume { compartment, .. } => {
                Some(format!("write `{compartment} = {{ volume = \"V\" }}`, or give the flow a `rate`"))
            }
            ModelError::NoSource { .. } => {
                Some("write `source = \"paper: Table 3\"`, or `grade = \"assumed\", why = \"…\"`".into())
            }
            ModelError::NoReason { .. } => Some("write `why = \"…\"` beside `grade = \"assumed\"`".into()),
            ModelError::DuplicateId { .. } => {
                Some("give it another `id`; a file that changes a model says `extends = \"…\"`".into())
            }
            ModelError::EffectTwice { .. } => Some("attach it once".into()),
            ModelError::EffectsClash { .. } => Some("keep one of them".into()),
            ModelError::TwoSpellings { .. } => Some("keep the one that the source prints".into()),
            ModelError::FractionsExceedOne { .. } => Some(
                "bound them (`min(1, …)`, `bounds = [0, 1]`, `iiv = { logit_sd = … }`), or say why it is meant: `fractions_exceed_one = \"why\"`"
                    .into(),
            ),
            ModelError::Measure(e) => e.hint(),
            ModelError::NoMolarMass { .. } => {
                Some("name its `substance`, and give that a `molar_mass` under `[substances]`".into())
            }
            ModelError::NoUncertainty { known, .. } => spelling(&None, known, "those that have are"),
            ModelError::NoVariability { known, .. } => spelling(&None, known, "those that have are"),
            ModelError::NotConstant { .. } => Some("use parameters and covariates only".into()),
            ModelError::DoseInSystem { .. } => {
                Some("the latest dose of a route is `last_dose(route)`, the time since it `tad(route)`".into())
            }
            _ => None,
        }
    }
}

fn spelling(near: &Option<String>, known: &[String], lead: &str) -> Option<String> {
    match near {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if known.is_empty() => None,
        None => Some(format!("{lead} {}", listed(known.iter().map(String::as_str)))),
    }
}
