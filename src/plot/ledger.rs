//! The figure of ledgers: a stack per regimen.

use super::{Axis, Figure, Layer, Panel};
use crate::study::ledger::{Ledger, Whereabouts};

/// Axes end this much above the largest total.
const HEADROOM: f64 = 1.02;

/// A panel per regimen: where what was given is at each time, from what is still to come at the bottom to what is gone on top.
pub fn ledger_figure(title: &str, footnote: &str, ledgers: &[Ledger]) -> Figure {
    let figure = Figure::new(title).footnote(footnote).columns(ledgers.len().clamp(1, 3));
    ledgers.iter().fold(figure, |figure, ledger| figure.panel(panel(ledger)))
}

fn panel(ledger: &Ledger) -> Panel {
    let x = Axis::linear("time", "h").range(0.0, ledger.until);
    let top = ledger.total.iter().copied().fold(0.0, f64::max);
    let y = Axis::linear("amount, as drug given", "mg");
    let y = if top > 0.0 { y.range(0.0, HEADROOM * top) } else { y };
    let mut panel = Panel::new(&ledger.name, x, y);
    let mut below = vec![0.0; ledger.times.len()];
    for (nth, place) in Whereabouts::ALL.into_iter().enumerate() {
        if !ledger.parts.iter().any(|part| part.place == place) {
            continue;
        }
        let above: Vec<f64> = below.iter().zip(ledger.in_place(place)).map(|(below, amount)| below + amount).collect();
        let points = ledger.times.iter().zip(below.iter().zip(&above)).map(|(t, (low, high))| (*t, *low, *high));
        panel = panel.layer(Layer::new(place.words(), shade(nth), points));
        below = above;
    }
    panel
}

/// What is on its way is dark, what is gone is light; the same place has the same shade in every figure.
fn shade(place: usize) -> f64 {
    1.0 - place as f64 / (Whereabouts::ALL.len() - 1) as f64
}
