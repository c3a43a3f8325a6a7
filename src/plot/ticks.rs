//! Where the ticks of an axis stand and what is written beside them.

use super::figure::{Axis, Scale};
use super::range::Range;

/// Labelled and unlabelled ticks of an axis, within its ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ticks {
    pub labelled: Vec<(f64, String)>,
    pub minor: Vec<f64>,
}

/// Steps of a clock or a calendar for axes in a unit of time.
fn calendar_steps(unit: &str) -> &'static [f64] {
    match unit {
        "min" => &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 240.0, 360.0, 720.0, 1440.0],
        "h" => &[0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0, 336.0, 672.0],
        "d" | "day" => &[0.25, 0.5, 1.0, 2.0, 7.0, 14.0, 28.0, 56.0, 84.0, 168.0],
        "week" => &[1.0, 2.0, 4.0, 8.0, 12.0, 26.0, 52.0],
        _ => &[],
    }
}

/// The smallest 1, 2 or 5 times a power of ten that is at least `rough`, a positive number.
pub(super) fn step(rough: f64) -> f64 {
    round_up(rough)
}

/// The smallest 1, 2 or 5 times a power of ten that is at least `value`, a positive number.
pub(super) fn round_up(value: f64) -> f64 {
    let exponent = value.log10().floor() as i32;
    let round = |mantissa: f64, exponent: i32| decimal(mantissa, exponent);
    [round(1.0, exponent), round(2.0, exponent), round(5.0, exponent)]
        .into_iter()
        .find(|candidate| *candidate >= value)
        .unwrap_or_else(|| round(1.0, exponent + 1))
}

/// The largest 1, 2 or 5 times a power of ten that is at most `value`, a positive number.
pub(super) fn round_down(value: f64) -> f64 {
    let exponent = value.log10().floor() as i32;
    [decimal(1.0, exponent + 1), decimal(5.0, exponent), decimal(2.0, exponent), decimal(1.0, exponent)]
        .into_iter()
        .find(|candidate| *candidate <= value)
        .unwrap_or_else(|| decimal(5.0, exponent - 1))
}

/// `mantissa * 10^exponent`, correctly rounded, so that 1e-3 is 0.001 to the last bit.
fn decimal(mantissa: f64, exponent: i32) -> f64 {
    format!("{mantissa}e{exponent}").parse().expect("a decimal number")
}

/// The ticks of an axis of this length, with room for about `room` labels: at its names, or at numbers.
pub(super) fn of_axis(axis: &Axis, range: &Range, room: usize, fits: impl Fn(&str, f64) -> bool) -> Ticks {
    if axis.names.is_empty() {
        return ticks(range, &axis.unit, room);
    }
    let all: Vec<(f64, String)> = (1..).map(f64::from).zip(axis.names.iter().cloned()).collect();
    let apart = |stride: usize| stride as f64 / axis.names.len() as f64;
    let stride = (1..all.len()).find(|stride| axis.names.iter().all(|name| fits(name, apart(*stride))));
    let labelled = all.iter().step_by(stride.unwrap_or(all.len()).max(1)).cloned().collect();
    Ticks { labelled, minor: all.iter().map(|(place, _)| *place).collect() }
}

/// The ticks of an axis with room for about `room` labels.
pub(super) fn ticks(range: &Range, unit: &str, room: usize) -> Ticks {
    match range.scale {
        Scale::Linear => linear(range, unit, room),
        Scale::Log => log(range, room),
    }
}

fn linear(range: &Range, unit: &str, room: usize) -> Ticks {
    let rough = (range.high - range.low) / room.max(1) as f64;
    let step = calendar_steps(unit).iter().copied().find(|step| *step >= rough);
    // Below the finest and above the coarsest step of a calendar, decimal steps serve.
    let step = step.filter(|_| rough >= 0.1).unwrap_or_else(|| self::step(rough));
    let decimals = (0..12).find(|&d| is_whole(step * 10f64.powi(d))).unwrap_or(12) as usize;
    let exponent = range.low.abs().max(range.high.abs()).log10().floor();
    let small = !(-4.0..6.0).contains(&exponent);
    let labelled = multiples(range, step)
        .map(|value| {
            let label = if small { scientific(value) } else { format!("{value:.decimals$}").replace('-', "−") };
            (value, label)
        })
        .collect();
    Ticks { labelled, minor: Vec::new() }
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6 * value.abs()
}

/// The multiples of `step` between the ends, with a little tolerance for rounding at them.
fn multiples(range: &Range, step: f64) -> impl Iterator<Item = f64> + use<> {
    let (low, high) = (range.low, range.high);
    let slack = 1e-9 * (high - low);
    let first = ((low - slack) / step).ceil() as i64;
    let last = ((high + slack) / step).floor() as i64;
    (first..=last).map(move |k| if k == 0 { 0.0 } else { (k as f64 * step).clamp(low, high) })
}

fn log(range: &Range, room: usize) -> Ticks {
    let first = range.low.log10().floor() as i32;
    let last = range.high.log10().ceil() as i32;
    let inside = |mantissa: i32| {
        (first..=last)
            .map(move |exponent| (exponent, decimal(f64::from(mantissa), exponent)))
            .filter(|(_, value)| range.contains(*value))
    };
    let decades = inside(1).count();
    let stride = decades.div_ceil(room.max(1)).max(1) as i32;
    let mut labelled: Vec<f64> =
        inside(1).filter(|(exponent, _)| exponent.rem_euclid(stride) == 0).map(|(_, value)| value).collect();
    if labelled.len() < 3 {
        labelled.extend([2, 5].into_iter().flat_map(inside).map(|(_, value)| value));
    }
    if labelled.len() < 2 {
        let flat = Range { scale: Scale::Linear, ..*range };
        return linear(&flat, "", room);
    }
    labelled.sort_by(f64::total_cmp);
    let mut minor: Vec<f64> = if stride == 1 {
        (1..10).flat_map(inside).map(|(_, value)| value).collect()
    } else {
        inside(1).map(|(_, value)| value).collect()
    };
    minor.retain(|value| !labelled.contains(value));
    minor.sort_by(f64::total_cmp);
    Ticks { labelled: labelled.into_iter().map(|value| (value, plain(value))).collect(), minor }
}

/// A number as it is where that is short, else with a power of ten.
pub(super) fn plain(value: f64) -> String {
    if (1e-3..1e5).contains(&value) { format!("{value}") } else { scientific(value) }
}

/// A number as `2×10⁶`.
fn scientific(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    // Twelve digits hide the rounding of multiples.
    let text = format!("{value:.11e}");
    let (mantissa, exponent) = text.split_once('e').expect("`{:e}` prints an exponent");
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.').replace('-', "−");
    let power: String = exponent.chars().map(superscript).collect();
    match mantissa.as_str() {
        "1" => format!("10{power}"),
        "−1" => format!("−10{power}"),
        _ => format!("{mantissa}×10{power}"),
    }
}

fn superscript(digit: char) -> char {
    match digit {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        '-' => '⁻',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(scale: Scale, low: f64, high: f64, unit: &str) -> Vec<String> {
        ticks(&Range { scale, low, high }, unit, 6).labelled.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn hours_days_and_weeks_have_calendar_steps() {
        assert_eq!(labels(Scale::Linear, 0.0, 24.0, "h"), ["0", "4", "8", "12", "16", "20", "24"]);
        assert_eq!(labels(Scale::Linear, 0.0, 72.0, "h"), ["0", "12", "24", "36", "48", "60", "72"]);
        assert_eq!(labels(Scale::Linear, 0.0, 168.0, "h"), ["0", "48", "96", "144"]);
        assert_eq!(labels(Scale::Linear, 0.0, 28.0, "d"), ["0", "7", "14", "21", "28"]);
        assert_eq!(labels(Scale::Linear, 0.0, 34.0, "week"), ["0", "8", "16", "24", "32"]);
        assert_eq!(labels(Scale::Linear, 0.0, 0.5, "h"), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
    }

    #[test]
    fn log_axes_keep_their_end_labels() {
        assert_eq!(labels(Scale::Log, 0.01, 1000.0, ""), ["0.01", "0.1", "1", "10", "100", "1000"]);
        assert_eq!(labels(Scale::Log, 1.0, 20.0, ""), ["1", "2", "5", "10", "20"]);
        assert_eq!(labels(Scale::Log, 3.0, 3.5, ""), ["3.0", "3.1", "3.2", "3.3", "3.4", "3.5"]);
        assert_eq!(
            labels(Scale::Log, 1e-12, 1.0, ""),
            ["10⁻¹²", "10⁻⁹", "10⁻⁶", "0.001", "1"].map(String::from).to_vec()
        );
    }

    #[test]
    fn large_and_negative_numbers_are_set_like_print() {
        assert_eq!(labels(Scale::Linear, 0.0, 4e6, ""), ["0", "10⁶", "2×10⁶", "3×10⁶", "4×10⁶"]);
        assert_eq!(labels(Scale::Linear, -2.0, 2.0, ""), ["−2", "−1", "0", "1", "2"]);
    }

    proptest! {
        #[test]
        fn every_axis_has_a_few_distinct_ticks_inside(
            low in -1e9..1e9f64, width in 1e-3..1e9f64, unit in prop::sample::select(vec!["h", "d", "week", "ng/mL"]),
        ) {
            let range = Range { scale: Scale::Linear, low, high: low + width };
            let ticks = ticks(&range, unit, 6);
            prop_assert!((1..=12).contains(&ticks.labelled.len()), "{:?}", ticks);
            prop_assert!(ticks.labelled.iter().all(|(value, _)| range.contains(*value)));
            prop_assert!(ticks.labelled.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }

        #[test]
        fn log_ticks_are_inside_for_any_range(exponent in -200.0..200.0f64, decades in 0.01..40.0f64) {
            let range = Range { scale: Scale::Log, low: 10f64.powf(exponent), high: 10f64.powf(exponent + decades) };
            let ticks = ticks(&range, "", 6);
            prop_assert!((1..=12).contains(&ticks.labelled.len()), "{:?}", ticks);
            prop_assert!(ticks.labelled.iter().all(|(value, _)| range.contains(*value)));
        }

        #[test]
        fn round_numbers_enclose(value in 1e-200..1e200f64) {
            prop_assert!(round_down(value) <= value && value <= round_up(value));
            prop_assert!(round_up(value) / round_down(value) <= 2.5 + 1e-9);
        }
    }
}
