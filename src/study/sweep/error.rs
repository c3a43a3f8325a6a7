//! What can be wrong with the plan of a sweep.

use crate::error::{Kind, listed, nearest};

/// What can be wrong with the plan of a sweep, besides what can be wrong with any plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// A hole in the regimen that no factor fills.
    #[error("no factor fills the hole `{{{hole}}}`")]
    EmptyHole {
        /// The name in the hole.
        hole: String,
        /// The factors there are.
        factors: Vec<String>,
    },
    /// A factor that nothing in the plan or the model is named like.
    #[error("nothing is called `{factor}`: no hole of `give`, and no parameter or covariate of `{model}`")]
    UnknownFactor {
        /// The factor.
        factor: String,
        /// The model's id.
        model: String,
        /// Names it could have.
        known: Vec<String>,
    },
    /// A sweep over nothing.
    #[error("a sweep needs a factor")]
    NoFactors,
    /// A factor without values.
    #[error("the factor `{factor}` has no values")]
    NoValues {
        /// The factor.
        factor: String,
    },
    /// A range without a number of steps, in a design that does not choose values itself.
    #[error("the factor `{factor}` needs `steps` in a design of this kind")]
    NoSteps {
        /// The factor.
        factor: String,
    },
    /// A distribution, in a design that does not draw.
    #[error("the factor `{factor}` is a distribution, which a design of this kind does not draw from")]
    DrawnFactor {
        /// The factor.
        factor: String,
    },
    /// Fewer than two steps from one end to the other.
    #[error("`steps = {steps}` of the factor `{factor}` is fewer than its two ends")]
    FewSteps {
        /// The factor.
        factor: String,
        /// The number of steps.
        steps: usize,
    },
    /// A logarithmic range that is not above zero.
    #[error("the factor `{factor}` has a logarithmic scale, so both ends have to be above 0")]
    NotPositive {
        /// The factor.
        factor: String,
    },
    /// A range that does not go up.
    #[error("the factor `{factor}` goes from {from} to {to}, which is no range: `from` has to be less than `to`")]
    Backwards {
        /// The factor.
        factor: String,
        /// Its first end, as written.
        from: String,
        /// Its second.
        to: String,
    },
    /// A scale that is none.
    #[error("`{found}` is not a scale")]
    UnknownScale {
        /// What was written.
        found: String,
    },
    /// A kind of design that is none.
    #[error("`{found}` is not a kind of design")]
    UnknownDesign {
        /// What was written.
        found: String,
    },
    /// Lists of different lengths side by side.
    #[error("the factor `{factor}` has {count} values, and `{other}` has {wanted}")]
    UnevenLists {
        /// The factor.
        factor: String,
        /// Its values.
        count: u64,
        /// The first factor.
        other: String,
        /// Its values.
        wanted: u64,
    },
    /// Points and factors both say what the values are.
    #[error("the points of a list bring their values, so `[factors]` has to be left out")]
    PointsAndFactors,
    /// More points, persons or dimensions than possible.
    #[error("{count} {what} are too many: the limit is {limit}")]
    TooMany {
        /// How many.
        count: u64,
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A number that has to be 1 or more.
    #[error("`{what}` has to be 1 or more")]
    None {
        /// The key.
        what: String,
    },
    /// A sweep that measures nothing.
    #[error("a sweep needs a measure")]
    NoMeasures,
    /// A measure whose output is not said, of a model with several.
    #[error("`{measure}` of which output? `{model}` has {}", listed(outputs.iter().map(String::as_str)))]
    WhichOutput {
        /// The measure.
        measure: String,
        /// The model's id.
        model: String,
        /// Its outputs.
        outputs: Vec<String>,
    },
    /// A measure that compares two doses.
    #[error("`{measure}` compares two doses, and a point of a sweep has one regimen")]
    NeedsReference {
        /// The measure.
        measure: String,
    },
    /// An output of another dimension in another model.
    #[error("`{measure}` is in {found} in `{model}`, and in {wanted} in the first model")]
    OtherUnit {
        /// The measure.
        measure: String,
        /// The model's id.
        model: String,
        /// Its unit there.
        found: String,
        /// Its unit in the first model.
        wanted: String,
    },
    /// A probability that is no comparison of a measure with a level.
    #[error("`{text}` is not a comparison")]
    NotAComparison {
        /// What was written.
        text: String,
    },
    /// A comparison of something that is not measured.
    #[error("no measure is called `{name}`")]
    UnknownMeasure {
        /// What was written.
        name: String,
        /// The measures there are.
        known: Vec<String>,
    },
    /// A percentile that is none.
    #[error("a percentile is a number from 0 to 100")]
    Percentile,
    /// A summary of one typical subject.
    #[error("the typical subject has no percentiles and no probabilities")]
    TypicalSummary,
    /// A population of one typical subject.
    #[error("`population` says who the subjects are, and here is only the typical one")]
    TypicalPopulation,
    /// A format of results that is none.
    #[error("`{found}` is not a format of results")]
    UnknownResults {
        /// What was written.
        found: String,
    },
    /// Results as Parquet, which this build does not write.
    #[error("this posology was built without Parquet")]
    NoParquet,
    /// Two columns of one name.
    #[error("two columns of the results would be called `{name}`")]
    DuplicateColumn {
        /// The name.
        name: String,
    },
}

impl Kind for SweepError {
    fn code(&self) -> &'static str {
        match self {
            SweepError::EmptyHole { .. } => "E_EMPTY_HOLE",
            SweepError::UnknownFactor { .. } => "E_UNKNOWN_FACTOR",
            SweepError::NoFactors => "E_NO_FACTORS",
            SweepError::NoValues { .. } => "E_NO_VALUES",
            SweepError::NoSteps { .. } | SweepError::DrawnFactor { .. } => "E_NO_STEPS",
            SweepError::UnknownScale { .. } => "E_UNKNOWN_SCALE",
            SweepError::UnknownDesign { .. } => "E_UNKNOWN_DESIGN",
            SweepError::UnevenLists { .. } => "E_UNEVEN_LISTS",
            SweepError::PointsAndFactors => "E_POINTS_AND_FACTORS",
            SweepError::TooMany { .. } => "E_TOO_MANY_POINTS",
            SweepError::NoMeasures => "E_NO_MEASURES",
            SweepError::WhichOutput { .. } => "E_WHICH_OUTPUT",
            SweepError::NeedsReference { .. } => "E_NEEDS_REFERENCE",
            SweepError::OtherUnit { .. } => "E_UNIT_MISMATCH",
            SweepError::NotAComparison { .. } => "E_NOT_A_COMPARISON",
            SweepError::UnknownMeasure { .. } => "E_UNKNOWN_MEASURE",
            SweepError::TypicalSummary => "E_TYPICAL_SUMMARY",
            SweepError::TypicalPopulation => "E_TYPICAL_POPULATION",
            SweepError::UnknownResults { .. } => "E_TABLE_FORMAT",
            SweepError::NoParquet => "E_NO_PARQUET",
            SweepError::DuplicateColumn { .. } => "E_NAME_CLASH",
            SweepError::FewSteps { .. }
            | SweepError::NotPositive { .. }
            | SweepError::Backwards { .. }
            | SweepError::None { .. }
            | SweepError::Percentile => "E_OUT_OF_RANGE",
        }
    }

    fn hint(&self) -> Option<String> {
        let suggestion = |word: &str, known: &[String], otherwise: String| {
            let near = nearest(word, known.iter().map(String::as_str));
            Some(near.map_or(otherwise, |near| format!("did you mean `{near}`?")))
        };
        match self {
            SweepError::EmptyHole { hole, factors } => {
                let add = format!("add it: `[factors]` with `{hole} = {{ list = [\"…\"] }}`");
                suggestion(hole, factors, add)
            }
            SweepError::UnknownFactor { factor, known, .. } => {
                suggestion(factor, known, format!("write the hole `{{{factor}}}` into `give`"))
            }
            SweepError::NoFactors => Some("such as `dose = { list = [\"28 mg\", \"56 mg\"] }` in `[factors]`".into()),
            SweepError::NoValues { .. } => Some("write `list = [\"28 mg\", \"56 mg\"]`".into()),
            SweepError::NoSteps { .. } => Some("add `steps = 5`: the number of values, both ends among them".into()),
            SweepError::DrawnFactor { .. } => Some("the kinds `latin-hypercube` and `sobol` do".into()),
            SweepError::FewSteps { .. } => Some("for one value write a `list`".into()),
            SweepError::Backwards { from, to, .. } if from == to => {
                Some("leave the factor out, and say its one value in `give`, `set` or `subject`".into())
            }
            SweepError::Backwards { from, to, .. } => Some(format!("write `from = \"{to}\", to = \"{from}\"`")),
            SweepError::UnknownScale { .. } => Some("scales are `linear` and `log`".into()),
            SweepError::UnknownDesign { found } => {
                let known = super::design::KINDS.map(String::from);
                suggestion(found, &known, format!("kinds are {}", listed(super::design::KINDS)))
            }
            SweepError::UnevenLists { .. } => Some(
                "a `list` takes the first value of each factor, then the second; `grid` takes all combinations".into(),
            ),
            SweepError::NoMeasures => Some("such as `peak = \"Cmax(esketamine)\"` in `[measures]`".into()),
            SweepError::WhichOutput { measure, outputs, .. } => outputs.first().map(|output| {
                let (name, rest) = measure.split_once('(').unwrap_or((measure, ")"));
                let comma = if rest.starts_with(')') { "" } else { ", " };
                format!("write it like `{name}({output}{comma}{rest}`")
            }),
            SweepError::NotAComparison { .. } => Some("write it like `peak > 120 ng/mL`; `>`, `>=`, `<`, `<=`".into()),
            SweepError::UnknownMeasure { name, known } => {
                suggestion(name, known, format!("measures are {}", listed(known.iter().map(String::as_str))))
            }
            SweepError::TypicalPopulation => Some("add `subjects = 1000`".into()),
            SweepError::TypicalSummary => Some("add `subjects = 1000`, or leave out `[summary]`".into()),
            SweepError::UnknownResults { .. } => Some("formats are `csv` and `parquet`".into()),
            SweepError::NoParquet => Some("build it with `--features parquet`, or leave out `results`".into()),
            SweepError::DuplicateColumn { .. } => Some("give the factor or the measure another name".into()),
            SweepError::TooMany { .. } => Some("take fewer values or steps".into()),
            SweepError::NotPositive { .. }
            | SweepError::PointsAndFactors
            | SweepError::None { .. }
            | SweepError::NeedsReference { .. }
            | SweepError::OtherUnit { .. }
            | SweepError::Percentile => None,
        }
    }
}
