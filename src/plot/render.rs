//! A scene as SVG or PNG, through plotters.
//!
//! Plotters counts whole px, also in SVG, so everything is drawn four times as large: SVG scales back with its `viewBox`,
//! PNG by averaging, which also smooths edges.

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{PathElement, Polygon};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, FontTransform, IntoTextStyle, RGBColor, ShapeStyle};

use super::error::PlotError;
use super::font;
use super::geometry::Point;
use super::palette::Colour;
use super::scene::{Anchor, Scene, Shape, Text};

/// Drawn units per px.
const SCALE: f64 = 4.0;
/// Drawn units per dot of a PNG image, in each direction.
const DRAWN_PER_DOT: usize = 2;
/// Dots per metre of a PNG image: two dots per px of 1/96 inch.
const DOTS_PER_METRE: u32 = 7559;
/// The corners of a round line end or joint.
const ROUND: usize = 12;

/// What the two formats of plotters do differently.
#[derive(Clone, Copy)]
struct Ways {
    /// What plotters calls the size of a font of one em.
    font_size: f64,
    /// From the upper edge of text to its baseline, in em.
    baseline: f64,
    /// Wide lines as one polygon per segment, since the joined polygons of plotters fray where a curve turns sharply.
    by_segment: bool,
}

const SVG: Ways = Ways { font_size: 1.24, baseline: 0.76, by_segment: false };
const PNG: Ways = Ways { font_size: font::LINE_PER_EM, baseline: font::LINE_PER_EM / 2.0, by_segment: true };

/// The scene as an SVG document.
pub(super) fn svg(scene: &Scene, title: &str) -> Result<String, PlotError> {
    let size = drawn_size(scene);
    let mut document = String::new();
    draw(scene, SVGBackend::with_string(&mut document, size), SVG)?;
    let drawn = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!(
        "<svg width=\"{}\" height=\"{}\" stroke-linejoin=\"round\" role=\"img\"",
        f64::from(size.0) / SCALE,
        f64::from(size.1) / SCALE
    );
    let heading = format!("\n<title>{}</title>\n", escape(title));
    Ok(document.replacen(&drawn, &shown, 1).replacen(">\n", &format!(">{heading}"), 1))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The scene as a PNG image.
pub(super) fn png(scene: &Scene) -> Result<Vec<u8>, PlotError> {
    let size = drawn_size(scene);
    let (width, height) = (size.0 as usize, size.1 as usize);
    let mut drawn = vec![255; 3 * width * height];
    draw(scene, BitMapBackend::with_buffer(&mut drawn, size), PNG)?;
    let dots = average(&drawn, width, height);
    let mut image = Vec::new();
    let mut encoder = png::Encoder::new(&mut image, (width / DRAWN_PER_DOT) as u32, (height / DRAWN_PER_DOT) as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Flat areas compress better unfiltered, and twenty times better than by the fast way.
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_compression(png::Compression::Default);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: DOTS_PER_METRE,
        yppu: DOTS_PER_METRE,
        unit: png::Unit::Meter,
    }));
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&dots)).map_err(refused)?;
    Ok(image)
}

fn drawn_size(scene: &Scene) -> (u32, u32) {
    let drawn = |px: f64| px.ceil() as u32 * SCALE as u32;
    (drawn(scene.width), drawn(scene.height))
}

/// One dot for each square of drawn units.
fn average(drawn: &[u8], width: usize, height: usize) -> Vec<u8> {
    let area = DRAWN_PER_DOT * DRAWN_PER_DOT;
    let mut dots = Vec::with_capacity(drawn.len() / area);
    for top in (0..height).step_by(DRAWN_PER_DOT) {
        for left in (0..width).step_by(DRAWN_PER_DOT) {
            for channel in 0..3 {
                let sum: usize = (0..area)
                    .map(|i| (top + i / DRAWN_PER_DOT) * width + left + i % DRAWN_PER_DOT)
                    .map(|unit| usize::from(drawn[3 * unit + channel]))
                    .sum();
                dots.push(((sum + area / 2) / area) as u8);
            }
        }
    }
    dots
}

fn refused(error: impl std::fmt::Display) -> PlotError {
    PlotError::Backend { reason: error.to_string() }
}

fn draw<B: DrawingBackend>(scene: &Scene, backend: B, ways: Ways) -> Result<(), PlotError> {
    font::register();
    let area = backend.into_drawing_area();
    area.fill(&RGBColor(255, 255, 255)).map_err(refused)?;
    for shape in &scene.shapes {
        match shape {
            Shape::Line { points, colour, width } => line(&area, points, *colour, *width, ways),
            Shape::Area { points, colour, opacity } => polygon(&area, points, *colour, *opacity),
            Shape::Text(text) => write(&area, text, ways),
        }
        .map_err(refused)?;
    }
    area.present().map_err(refused)
}

type Area<B> = DrawingArea<B, Shift>;
type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn unit((x, y): Point) -> (i32, i32) {
    ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
}

fn rgb((r, g, b): Colour) -> RGBColor {
    RGBColor(r, g, b)
}

fn line<B: DrawingBackend>(area: &Area<B>, points: &[Point], colour: Colour, width: f64, ways: Ways) -> Drawn<B> {
    if ways.by_segment {
        return segments(area, points, colour, width);
    }
    let stroke_width = (width * SCALE).round().max(1.0) as u32;
    let style = ShapeStyle { color: rgb(colour).to_rgba(), filled: false, stroke_width };
    area.draw(&PathElement::new(points.iter().copied().map(unit).collect::<Vec<_>>(), style))
}

/// A line as a rectangle per segment and a round joint between them.
fn segments<B: DrawingBackend>(area: &Area<B>, points: &[Point], colour: Colour, width: f64) -> Drawn<B> {
    let half = width / 2.0;
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        if length > 0.0 {
            let (nx, ny) = (half * (y1 - y0) / length, half * (x0 - x1) / length);
            let corners = [(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)];
            polygon(area, &corners, colour, 1.0)?;
        }
    }
    for joint in points.iter().skip(1).take(points.len().saturating_sub(2)) {
        polygon(area, &circle(*joint, half), colour, 1.0)?;
    }
    Ok(())
}

/// A circle as a polygon.
pub(super) fn circle((x, y): Point, radius: f64) -> Vec<Point> {
    (0..ROUND)
        .map(|i| (i as f64 * std::f64::consts::TAU / ROUND as f64).sin_cos())
        .map(|(sin, cos)| (x + radius * cos, y + radius * sin))
        .collect()
}

fn polygon<B: DrawingBackend>(area: &Area<B>, points: &[Point], colour: Colour, opacity: f64) -> Drawn<B> {
    if points.len() < 3 {
        return Ok(());
    }
    let corners: Vec<(i32, i32)> = points.iter().copied().map(unit).collect();
    area.draw(&Polygon::new(corners, rgb(colour).mix(opacity)))
}

fn write<B: DrawingBackend>(area: &Area<B>, text: &Text, ways: Ways) -> Drawn<B> {
    let weight = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
    let turn = if text.upward { FontTransform::Rotate270 } else { FontTransform::None };
    let anchor = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let colour = rgb(text.colour);
    let style = (font::FAMILY, text.size * SCALE * ways.font_size, weight)
        .into_text_style(area)
        .transform(turn)
        .color(&colour)
        .pos(Pos::new(anchor, VPos::Top));
    let rise = ways.baseline * text.size;
    let upper_edge = if text.upward { (text.at.0 - rise, text.at.1) } else { (text.at.0, text.at.1 - rise) };
    area.draw_text(&text.text, &style, unit(upper_edge))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_is_the_mean_of_its_square() {
        // Two dots side by side; red differs by column, green by row, blue is even.
        let row = |green: u8| [[0, green, 7], [100, green, 7], [200, green, 7], [255, green, 7]].concat();
        let drawn = [row(10), row(20)].concat();
        assert_eq!(average(&drawn, 4, 2), [50, 15, 7, 228, 15, 7]);
    }
}
