//! The dose at which a metric is what it is wanted to be: by proportion where it is proportional to the dose, else by a ladder
//! of doses and a root between two of its rungs.

use crate::io::{number, rounded};
use crate::math::roots::bracketed;
use std::fmt;

/// How near to proportional a metric is that is called so: far above rounding, far below what anything else would be.
pub(super) const EXACT: f64 = 1e-9;
/// A metric that changes by less than this share of itself from one dose to the next does not change: what is integrated is no
/// better.
pub(super) const STILL: f64 = 1e-6;
/// Rungs of the ladder, each twice the dose of the one below: as far down and up from the first guess.
const BELOW: i32 = 10;
const ABOVE: i32 = 20;
/// The ladder goes on so far down for a metric that is too large at its lowest rung.
const LOWEST: i32 = -40;
/// Rungs that are looked at beyond the match, up to four times its dose: a metric that turns back there matches twice.
const BEYOND: usize = 2;
/// Doses in a row that change nothing say that more change nothing; two could be a chance of rounding, and each costs a run.
pub(super) const FLAT: usize = 3;
/// On the ladder a rung changes nothing that changes the metric by less than this share of itself, each no more than the one
/// before: changes of what saturates halve from rung to rung, and down to `STILL` it would take seven rungs more.
const END: f64 = 1e-4;
/// It has not come to its end where so many changes like the last could still bring it to its target: halving changes, as those
/// of saturation are, come to two.
const AGAIN: f64 = 10.0;
/// Parts of the bracket in which the metric has to rise, or fall, throughout: the bracket is one doubling, so each is 9 % of dose.
const PARTS: i32 = 8;

/// A dose (mg) and the metric there, as a share of the reference's.
pub(super) type Point = (f64, f64);

/// A dose that matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// mg
    pub dose: f64,
    /// Whether the metric is proportional to the dose.
    pub proportional: bool,
}

/// Why no dose matches.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Unmatched {
    /// The metric has no value.
    Missing {
        /// `reference` or `test`.
        side: &'static str,
        /// The reason.
        why: String,
    },
    /// The reference's metric is zero, which every ratio needs not to be.
    NothingToMatch,
    /// The metric is the same at all doses.
    Flat {
        /// Its share of the reference's.
        share: f64,
    },
    /// The metric comes to an end short of the reference's, whatever the dose.
    Saturates {
        /// The most that it reaches, as a share of the reference's.
        share: f64,
        /// mg, from which on.
        dose: f64,
    },
    /// The metric is short of the reference's at the largest dose that was tried.
    TooSmall {
        /// As a share of the reference's.
        share: f64,
        /// mg
        dose: f64,
    },
    /// So many devices do not reach a person's reference, and a dose has no more.
    NotReached {
        /// The devices.
        count: u32,
        /// What they give, as a share of the reference's.
        share: f64,
    },
    /// The metric is above the reference's at the smallest dose that was tried.
    TooLarge {
        /// As a share of the reference's.
        share: f64,
        /// mg
        dose: f64,
    },
    /// The metric rises with the dose and falls with it, so that a match would not be the only one.
    NotMonotone {
        /// mg and share where it turns.
        from: (f64, f64),
        /// mg and share after that.
        to: (f64, f64),
    },
    /// The metric passes the reference's in a jump.
    Jumps {
        /// mg
        dose: f64,
        /// Its share of the reference's there.
        share: f64,
    },
    /// A dose on the way cannot be simulated.
    Fails {
        /// mg
        dose: f64,
        /// The reason.
        why: String,
    },
    /// The dose that would match is not one that the model was made from.
    OutsideSource {
        /// mg that would match.
        dose: f64,
        /// Lowest and highest dose of the source by that route, mg.
        range: (f64, f64),
        /// What the nearest of these reaches, as a share of the reference's.
        share: f64,
    },
}

/// A dose as it is printed.
pub(super) fn mg(dose: f64) -> String {
    format!("{} mg", number(rounded(dose, 4).parse().unwrap_or(dose)))
}

/// A share as it is printed.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

impl fmt::Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unmatched::Missing { side, why } => write!(f, "the {side} has no value: {why}"),
            Unmatched::NothingToMatch => f.write_str("the reference's is 0"),
            Unmatched::Flat { share } => write!(f, "it is {} of the reference's at every dose", percent(*share)),
            Unmatched::Saturates { share, dose } => {
                write!(f, "saturation: from {} on it stays at {} of the reference's", mg(*dose), percent(*share))
            }
            Unmatched::TooSmall { share, dose } => {
                write!(f, "at {}, the largest dose tried, it is {} of the reference's", mg(*dose), percent(*share))
            }
            Unmatched::NotReached { count, share } => {
                write!(f, "not reached at {count} devices, which give {} of the reference's", percent(*share))
            }
            Unmatched::TooLarge { share, dose } => {
                write!(f, "at {}, the smallest dose tried, it is {} of the reference's", mg(*dose), percent(*share))
            }
            Unmatched::NotMonotone { from, to } => write!(
                f,
                "not monotone: it goes from {} of the reference's at {} back to {} at {}",
                percent(from.1),
                mg(from.0),
                percent(to.1),
                mg(to.0)
            ),
            Unmatched::Jumps { dose, share } => {
                write!(f, "it jumps past the reference's at {}, to {}", mg(*dose), percent(*share))
            }
            Unmatched::Fails { dose, why } => write!(f, "a dose of {} cannot be simulated: {why}", mg(*dose)),
            Unmatched::OutsideSource { dose, range: (low, high), share } => {
                write!(f, "range of the source: {} would match, and its doses by this route are ", mg(*dose))?;
                match low == high {
                    true => write!(f, "{} alone, which gives {}", mg(*low), percent(*share)),
                    false => write!(f, "{} to {}, of which the nearest gives {}", mg(*low), mg(*high), percent(*share)),
                }
            }
        }
    }
}

/// Finds the dose at which `share`, the metric over what it should be, is 1; `guess` is a dose of about the right size.
///
/// # Errors
/// Why there is none.
pub(super) fn search(guess: f64, mut share: impl FnMut(f64) -> Result<f64, Unmatched>) -> Result<Found, Unmatched> {
    let at_guess = share(guess)?;
    if let Some(dose) = proportional(guess, at_guess, &mut share) {
        return Ok(Found { dose, proportional: true });
    }
    let (low, high) = bracket(guess, &mut share)?;
    let parts: Result<Vec<Point>, Unmatched> = (0..=PARTS)
        .map(|i| match i {
            0 => Ok(low),
            PARTS => Ok(high),
            _ => {
                let dose = low.0 * (high.0 / low.0).powf(f64::from(i) / f64::from(PARTS));
                Ok((dose, share(dose)?))
            }
        })
        .collect();
    let parts = parts?;
    check_monotone(&parts)?;
    let crossed = |pair: &&[Point]| (pair[0].1 > 1.0) != (pair[1].1 > 1.0);
    let (low, high) = parts.windows(2).find(crossed).map_or((low, high), |pair| (pair[0], pair[1]));
    let mut failed = None;
    let apart = |dose: f64| match share(dose) {
        Ok(share) => share - 1.0,
        Err(why) => {
            failed.get_or_insert(why);
            f64::NAN
        }
    };
    let dose = bracketed(apart, low.0, high.0, low.1 - 1.0, high.1 - 1.0);
    if let Some(why) = failed {
        return Err(why);
    }
    let reached = share(dose)?;
    if (reached - 1.0).abs() > STILL {
        return Err(Unmatched::Jumps { dose, share: reached });
    }
    Ok(Found { dose, proportional: false })
}

/// The dose by proportion, where three doses and the one that follows say that the metric is proportional to it.
fn proportional(guess: f64, at_guess: f64, share: &mut impl FnMut(f64) -> Result<f64, Unmatched>) -> Option<f64> {
    if at_guess.is_nan() || at_guess <= 0.0 {
        return None;
    }
    let dose = guess / at_guess;
    let mut fits = |factor: f64| share(dose * factor).is_ok_and(|share| (share / factor - 1.0).abs() <= EXACT);
    (fits(1.0) && fits(2.0) && fits(1.0 / 64.0)).then_some(dose)
}

/// Two neighbours on the ladder between which the metric passes its target, none having turned back on the way.
fn bracket(guess: f64, share: &mut impl FnMut(f64) -> Result<f64, Unmatched>) -> Result<(Point, Point), Unmatched> {
    let mut rung = |k: i32| -> Result<Point, Unmatched> {
        let dose = guess * 2f64.powi(k);
        Ok((dose, share(dose)?))
    };
    let mut ladder = vec![rung(-BELOW)?, rung(1 - BELOW)?];
    let falls = ladder[1].1 < ladder[0].1;
    if ladder[0].1 > 1.0 && !falls {
        for k in (LOWEST..-BELOW).rev() {
            ladder.insert(0, rung(k)?);
            if ladder[0].1 <= 1.0 {
                break;
            }
        }
        check_monotone(&ladder)?;
        let (lowest, highest) = (ladder[0], ladder[ladder.len() - 1]);
        return match lowest.1 <= 1.0 {
            true => Ok((ladder[0], ladder[1])),
            false if is_still(lowest.1, highest.1) => Err(Unmatched::Flat { share: lowest.1 }),
            false => Err(Unmatched::TooLarge { share: lowest.1, dose: lowest.0 }),
        };
    }
    let mut failed = None;
    let mut crossing: Option<usize> = None;
    for k in 2 - BELOW..=ABOVE {
        crossing = ladder.windows(2).position(|pair| (pair[0].1 > 1.0) != (pair[1].1 > 1.0));
        if crossing.is_some_and(|at| ladder.len() > at + 1 + BEYOND) || has_ended(&ladder) {
            break;
        }
        match rung(k) {
            Ok(point) => ladder.push(point),
            Err(why) => {
                failed = Some(why);
                break;
            }
        }
    }
    crossing = crossing.or_else(|| ladder.windows(2).position(|pair| (pair[0].1 > 1.0) != (pair[1].1 > 1.0)));
    check_monotone(&ladder)?;
    let (first, last) = (ladder[0], ladder[ladder.len() - 1]);
    match (crossing, failed) {
        (Some(at), _) => Ok((ladder[at], ladder[at + 1])),
        (None, Some(why)) => Err(why),
        (None, None) if is_still(first.1, last.1) && last.1 > 0.0 => Err(Unmatched::Flat { share: last.1 }),
        (None, None) if has_ended(&ladder) => {
            let (dose, _) = ladder[ladder.len() - 1 - FLAT];
            Err(Unmatched::Saturates { share: last.1, dose })
        }
        (None, None) => Err(Unmatched::TooSmall { share: last.1, dose: last.0 }),
    }
}

/// Whether a metric does not change from one dose to the next.
pub(super) fn is_still(a: f64, b: f64) -> bool {
    (a - b).abs() <= STILL * a.abs().max(b.abs())
}

/// Whether the metric has come to its end, and not because nothing has begun yet.
fn has_ended(ladder: &[Point]) -> bool {
    let last = &ladder[ladder.len().saturating_sub(FLAT + 1)..];
    let changes: Vec<f64> = last.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).collect();
    let end = last[last.len() - 1].1;
    let small = changes.iter().all(|change| *change <= END * end.abs());
    // Where it has hardly begun, changes double from rung to rung.
    let fades = changes.windows(2).all(|pair| pair[1] <= pair[0]);
    let short = (end - 1.0).abs() > AGAIN * changes.last().copied().unwrap_or(f64::INFINITY);
    is_begun(ladder) && last.len() > FLAT && small && fades && short
}

/// Whether the metric has moved away from what it is without a dose.
fn is_begun(ladder: &[Point]) -> bool {
    let (first, last) = (ladder[0].1, ladder[ladder.len() - 1].1);
    !is_still(first, last)
}

/// # Errors
/// A metric that turns: it rises and falls.
fn check_monotone(points: &[Point]) -> Result<(), Unmatched> {
    let mut direction = None;
    for pair in points.windows(2) {
        if is_still(pair[0].1, pair[1].1) {
            continue;
        }
        let rises = pair[1].1 > pair[0].1;
        if *direction.get_or_insert(rises) != rises {
            return Err(Unmatched::NotMonotone { from: pair[0], to: pair[1] });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(share: impl Fn(f64) -> f64) -> Result<Found, Unmatched> {
        search(10.0, |dose| Ok(share(dose)))
    }

    #[test]
    fn what_is_proportional_is_divided() {
        let found = find(|dose| dose / 70.0).unwrap();
        assert!(found.proportional && (found.dose / 70.0 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn what_is_not_is_searched_in_either_direction() {
        for (share, dose) in [
            (&(|d: f64| (d / 3e-6).powf(1.3)) as &dyn Fn(f64) -> f64, 3e-6),
            (&|d: f64| (d / 4000.0).powf(1.3), 4000.0),
            (&|d: f64| 0.5 + d / 50.0, 25.0),
            (&|d: f64| (1.0 + d / 20.0).ln() / 11f64.ln(), 200.0),
            (&|d: f64| 3.0 / (1.0 + d / 6.0), 12.0),
        ] {
            let found = find(share).unwrap();
            assert!(!found.proportional && (found.dose / dose - 1.0).abs() < 1e-9, "{dose}: {found:?}");
        }
    }

    #[test]
    fn what_cannot_be_matched_says_why() {
        let saturated = |d: f64| 0.8 * d.powi(4) / (1.0 + d.powi(4));
        assert!(matches!(find(saturated), Err(Unmatched::Saturates { share, .. }) if (share - 0.8).abs() < 1e-5));
        assert!(matches!(find(|_| 0.4), Err(Unmatched::Flat { share: 0.4 })));
        assert!(matches!(find(|d| 1.2 + d), Err(Unmatched::TooLarge { .. })));
        assert!(matches!(find(|d| 1e-9 * d.sqrt()), Err(Unmatched::TooSmall { .. })));
        assert!(matches!(find(|_| 0.0), Err(Unmatched::TooSmall { share: 0.0, .. })));
        let hump = |d: f64| 1.5 * (-(d / 10.0).ln().powi(2)).exp();
        assert!(matches!(find(hump), Err(Unmatched::NotMonotone { .. })));
        let step = |d: f64| if d < 33.0 { 0.1 } else { 2.0 };
        assert!(matches!(find(step), Err(Unmatched::Jumps { dose, .. }) if (dose - 33.0).abs() < 1e-6));
        let fails =
            |d: f64| if d > 90.0 { Err(Unmatched::Fails { dose: d, why: "no".into() }) } else { Ok(d * d / 1e6) };
        assert!(matches!(search(10.0, fails), Err(Unmatched::Fails { .. })));
    }
}
