//! Areas on top of each other.

/// A layer of a stack: a range that is filled whole. Layers are drawn in the order in which they are added, from the bottom up;
/// the legend names them from the top down.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub(super) name: String,
    pub(super) shade: f64,
    pub(super) points: Vec<(f64, f64, f64)>,
}

impl Layer {
    /// A range given as (x, low, high) in the order of x; `shade` is its place on a scale from light (0) to dark (1), so that
    /// layers differ in grey.
    pub fn new(name: impl Into<String>, shade: f64, points: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        Self { name: name.into(), shade, points: points.into_iter().collect() }
    }
}
