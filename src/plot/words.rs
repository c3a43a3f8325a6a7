//! What a figure shows, for readers who do not see it.

use super::figure::{Figure, Panel};

impl Figure {
    /// The panels in words: axes with their units, curves, ranges, shaded stretches and doses. What the curves come to is
    /// for a table to say.
    pub(crate) fn in_words(&self) -> String {
        self.panels.iter().map(Panel::in_words).collect::<Vec<_>>().join(" ")
    }
}

impl Panel {
    fn in_words(&self) -> String {
        let mut text = format!("{}: {} against {}.", self.title, self.y.full_label(), self.x.full_label());
        // The line of a fan has the name of its ranges.
        let mut ranges: Vec<&str> = self.ranges().map(|band| band.name.as_str()).collect();
        ranges.dedup();
        let lines = self.series.iter().map(|series| series.name.as_str()).collect::<Vec<_>>();
        let windows = self.windows.iter().map(|window| window.name.as_str()).collect::<Vec<_>>();
        let mut observed: Vec<&str> = self.references.iter().map(|value| value.name.as_str()).collect();
        observed.dedup();
        for (what, names) in [("Curves", lines), ("Ranges", ranges), ("Observed", observed), ("Shaded", windows)] {
            if !names.is_empty() {
                text.push_str(&format!(" {what}: {}.", names.join("; ")));
            }
        }
        match self.doses.len() {
            0 => {}
            1 => text.push_str(" One dose is marked."),
            count => text.push_str(&format!(" {count} doses are marked.")),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use crate::plot::{Axis, Figure, Panel, Series, Window};

    #[test]
    fn everything_drawn_is_named_with_its_units() {
        let panel = Panel::new("plasma", Axis::linear("time", "h"), Axis::log("concentration", "ng/mL"))
            .window(Window::new("2 h monitoring", 0.0, 2.0))
            .doses([0.0, 24.0])
            .series(Series::new("nasal", 0, [(0.0, 1.0)]))
            .series(Series::new("oral (assumed)", 1, [(0.0, 1.0)]));
        let words = Figure::new("One session").panel(panel).in_words();
        assert_eq!(
            words,
            "plasma: concentration (ng/mL) against time (h). Curves: nasal; oral (assumed). Shaded: 2 h monitoring. \
             2 doses are marked."
        );
    }
}
