//! Colours that differ for colour-blind readers and in lightness, and markers that differ without colour.
//!
//! The hues come from the sets of Okabe and Ito (2008) and Tol (2021), without those too pale for a line on white.

/// Red, green, blue.
pub(super) type Colour = (u8, u8, u8);

pub(super) const INK: Colour = (0x22, 0x22, 0x22);
pub(super) const MUTED: Colour = (0x55, 0x55, 0x55);
pub(super) const GRID: Colour = (0xE4, 0xE4, 0xE4);
pub(super) const WINDOW: Colour = (0xEF, 0xEF, 0xEA);
pub(super) const PAPER: Colour = (0xFF, 0xFF, 0xFF);

const COLOURS: [Colour; 10] = [
    (0x00, 0x72, 0xB2), // blue
    (0xD5, 0x5E, 0x00), // vermilion
    (0x11, 0x57, 0x33), // dark green
    (0xE6, 0x9F, 0x00), // orange
    (0x33, 0x22, 0x88), // indigo
    (0xCC, 0x79, 0xA7), // rose
    (0x56, 0xB4, 0xE9), // sky
    (0x00, 0x00, 0x00), // black
    (0x88, 0x22, 0x55), // wine
    (0x6B, 0x8E, 0x23), // olive
];

/// The shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Disc,
    Square,
    Up,
    Diamond,
    Down,
    Ring,
    Frame,
    Cross,
    Plus,
    OpenDiamond,
}

const MARKERS: [Marker; 10] = [
    Marker::Disc,
    Marker::Square,
    Marker::Up,
    Marker::Diamond,
    Marker::Down,
    Marker::Ring,
    Marker::Frame,
    Marker::Cross,
    Marker::Plus,
    Marker::OpenDiamond,
];

/// The colour of an index; every ten indices it comes again, with another marker.
pub(super) fn colour(index: usize) -> Colour {
    COLOURS[index % COLOURS.len()]
}

/// The marker of an index.
pub(super) fn marker(index: usize) -> Marker {
    MARKERS[(index + index / COLOURS.len()) % MARKERS.len()]
}

/// Light to dark in equal steps of lightness (CIE 1976), 97 to 18, from yellow by green to blue on a curve of hue and chroma
/// in Oklab (Ottosson 2020): the order shows in grey and to colour-blind readers.
const SHADES: [Colour; 9] = [
    (0xFF, 0xF9, 0xBB),
    (0xCC, 0xE4, 0x91),
    (0x89, 0xD0, 0x84),
    (0x31, 0xB9, 0x8A),
    (0x09, 0x9B, 0x92),
    (0x06, 0x7C, 0x8D),
    (0x04, 0x5F, 0x86),
    (0x28, 0x42, 0x6D),
    (0x2A, 0x28, 0x4A),
];

/// The colour of a value in a heat map: light at 0, dark at 1, and the same beyond.
pub(super) fn shade(place: f64) -> Colour {
    let along = place.clamp(0.0, 1.0) * (SHADES.len() - 1) as f64;
    let first = (along as usize).min(SHADES.len() - 2);
    let s = along - first as f64;
    let mix = |from: u8, to: u8| (f64::from(from) + s * (f64::from(to) - f64::from(from))).round() as u8;
    let (from, to) = (SHADES[first], SHADES[first + 1]);
    (mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// A colour mixed with white: `share` of it.
pub(super) fn tint(colour: Colour, share: f64) -> Colour {
    let mix = |channel: u8| (255.0 - share * (255.0 - f64::from(channel))).round() as u8;
    (mix(colour.0), mix(colour.1), mix(colour.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// CIE lightness of an sRGB colour, 0 to 100 (IEC 61966-2-1, CIE 15).
    fn lightness((r, g, b): Colour) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let y = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        if y > 0.008856 { 116.0 * y.cbrt() - 16.0 } else { 903.3 * y }
    }

    #[test]
    fn colour_and_marker_together_tell_a_hundred_series_apart() {
        let seen: BTreeSet<String> = (0..100).map(|i| format!("{:?}{:?}", colour(i), marker(i))).collect();
        assert_eq!(seen.len(), 100);
    }

    #[test]
    fn shades_darken_evenly() {
        let steps: Vec<f64> = (0..=80).map(|i| lightness(shade(f64::from(i) / 80.0))).collect();
        let mean = (steps[0] - steps[80]) / 80.0;
        assert!(steps[0] > 96.0 && steps[80] < 19.0);
        for pair in steps.windows(2) {
            // A channel is a whole number: half of one in green is 0.2 of lightness.
            assert!((pair[0] - pair[1] - mean).abs() < 0.5 * mean, "{pair:?}");
        }
        assert_eq!((shade(-1.0), shade(2.0)), (shade(0.0), shade(1.0)));
    }

    #[test]
    fn neighbours_differ_in_grey_and_all_show_on_white() {
        for index in 0..8 {
            assert!(lightness(colour(index)) < 72.0, "colour {index} is too pale");
        }
        for index in 0..7 {
            let step = (lightness(colour(index)) - lightness(colour(index + 1))).abs();
            assert!(step > 7.0, "colours {index} and {} differ by {step} in lightness", index + 1);
        }
    }
}
