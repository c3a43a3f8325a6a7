//! Tests of whole figures.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::geometry::Rect;
use super::layout;
use super::scene::{Scene, Shape, Text};
use super::{Axis, Band, Bar, Bars, Contours, Dots, Fan, Figure, Heat, Panel, PlotError, Reference, Series, Window};
use crate::error::Kind;

fn decay(colour: usize, name: &str) -> Series {
    let points = (0..=240).map(|i| f64::from(i) / 10.0);
    Series::new(name, colour, points.map(move |t| (t, 100.0 * (-0.1 * (colour + 1) as f64 * t).exp())))
}

fn panel(y: Axis) -> Panel {
    Panel::new("ketamine, plasma", Axis::linear("Time", "h"), y)
        .series(decay(0, "iv & <0.5 mg/kg>"))
        .series(decay(1, "oral").dashed())
        .band(Band::new("Tmax 5–22 min", 1, (0..24).map(|t| (f64::from(t), 10.0, 20.0))))
        .window(Window::new("2 h monitoring window", 0.0, 2.0))
        .reference(Reference::new("observed", 0, 0.67, 88.0).label("Glue 2021"))
        .doses([0.0, 12.0])
}

fn figure() -> Figure {
    Figure::new("One session")
        .panel(panel(Axis::linear("Concentration", "ng/mL")))
        .panel(panel(Axis::log("Concentration", "ng/mL")))
        .footnote("Dashed curves rest on assumed models.")
}

fn fan(name: &str, colour: usize) -> Fan {
    let times: Vec<f64> = (0..=48).map(|i| f64::from(i) / 2.0).collect();
    let curve = |height: f64| times.iter().map(|t| height * t * (-0.25 * t).exp()).collect();
    let percentiles = [5.0, 25.0, 50.0, 75.0, 95.0];
    Fan::new(name, colour, &times, &percentiles, &[20.0, 30.0, 40.0, 52.0, 80.0].map(curve)).unwrap()
}

/// Doses by intervals, one of them failed.
fn cells() -> impl Iterator<Item = (f64, f64, f64)> {
    let doses = (1..=8).map(|nth| 28.0 * f64::from(nth));
    let value = |dose: f64, days: f64| if dose > 200.0 && days < 2.0 { f64::NAN } else { dose / days };
    doses.flat_map(move |dose| (1..=14).map(f64::from).map(move |days| (days, dose, value(dose, days))))
}

fn map(x: Axis, y: Axis, colours: Axis) -> Figure {
    let contours = Contours::new(Axis::log("trough", "ng/mL"), 7, cells(), [5.0, 20.0, 80.0]);
    let panel = Panel::new("a map", x, y).heat(Heat::new(colours, cells())).contours(contours);
    Figure::new("Doses and intervals").panel(panel)
}

fn plain_map() -> Figure {
    let (x, y) = (Axis::linear("interval", "d"), Axis::linear("dose", "mg"));
    map(x, y, Axis::linear("dose per day", "mg/d"))
}

fn texts(scene: &Scene) -> impl Iterator<Item = &Text> {
    scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Text(text) => Some(text),
        _ => None,
    })
}

/// Everything drawn is on the page, text measured with its font.
fn assert_inside(scene: &Scene) {
    let page = Rect { left: 0.0, top: 0.0, right: scene.width, bottom: scene.height };
    for shape in &scene.shapes {
        match shape {
            Shape::Text(text) => assert!(page.encloses(&text.bounds()), "{text:?} leaves {page:?}"),
            Shape::Line { points, .. } | Shape::Area { points, .. } => {
                assert!(points.iter().all(|point| page.contains(*point)), "{shape:?} leaves {page:?}");
            }
        }
    }
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    assert_eq!(figure().to_svg().unwrap(), figure().to_svg().unwrap());
    assert_eq!(figure().to_png().unwrap(), figure().to_png().unwrap());
}

#[test]
fn the_document_says_what_it_shows() {
    let svg = figure().to_svg().unwrap();
    for text in [
        "One session",
        "ketamine, plasma",
        "Concentration (ng/mL)",
        "Time (h)",
        "iv &amp; &lt;0.5 mg/kg&gt;",
        "Tmax 5–22 min",
        "2 h monitoring window",
        "observed",
        "Glue 2021",
        "dose",
        "Dashed curves",
    ] {
        assert!(svg.contains(text), "{text} is missing");
    }
    let scene = layout::scene(&figure()).unwrap();
    let header = format!("<svg width=\"{0}\" height=\"{1}\"", scene.width, scene.height);
    assert!(svg.starts_with(&header), "{}", &svg[..200]);
    assert!(svg.contains(&format!("viewBox=\"0 0 {} {}\"", 4.0 * scene.width, 4.0 * scene.height)));
    // Panels that name the same curve share its entry.
    let entries = texts(&scene).filter(|text| text.text == "oral").count();
    assert_eq!(entries, 1);
}

#[test]
fn an_image_has_two_dots_per_px() {
    let scene = layout::scene(&figure()).unwrap();
    let png = figure().to_png().unwrap();
    let mut reader = png::Decoder::new(png.as_slice()).read_info().unwrap();
    let mut dots = vec![0; reader.output_buffer_size()];
    let frame = reader.next_frame(&mut dots).unwrap();
    assert_eq!((f64::from(frame.width), f64::from(frame.height)), (2.0 * scene.width, 2.0 * scene.height));
    let dots: Vec<&[u8]> = dots.chunks(3).collect();
    assert_eq!(dots[0], [255, 255, 255]);
    assert!(dots.contains(&[0x00, 0x72, 0xB2].as_slice()), "the first curve is in its colour");
}

#[test]
fn points_that_cannot_be_drawn_leave_gaps_and_are_counted() {
    let points = [(0.0, 0.0), (1.0, 5.0), (2.0, f64::NAN), (3.0, 4.0), (4.0, f64::INFINITY), (5.0, -1.0), (6.0, 2.0)];
    let series = || Series::new("odd", 0, points);
    let on = |y: Axis| Figure::new("").panel(Panel::new("p", Axis::linear("Time", "h"), y).series(series()));
    let linear = on(Axis::linear("C", "ng/mL"));
    let log = on(Axis::log("C", "ng/mL"));
    assert_eq!((linear.dropped()[0].not_finite, linear.dropped()[0].not_positive), (2, 0));
    assert_eq!((log.dropped()[0].not_finite, log.dropped()[0].not_positive), (2, 2));
    assert!(log.dropped()[0].to_string().contains("`odd`"));
    assert!(figure().dropped().is_empty());
    for figure in [linear, log] {
        assert_inside(&layout::scene(&figure).unwrap());
        assert!(!figure.to_svg().unwrap().contains("NaN"));
    }
}

#[test]
fn values_far_outside_a_fixed_range_still_cross_it() {
    let points = [(0.0, -9e299), (0.5e-9, 9e299), (1e-9, -9e299)];
    let axes = |label: &str| Axis::linear(label, "").range(0.0, 1e-9);
    let panel = |points: &[(f64, f64)]| {
        let series = Series::new("", 0, points.iter().copied());
        layout::scene(&Figure::new("").panel(Panel::new("", axes("x"), axes("y")).series(series))).unwrap()
    };
    // A point in the range makes the panel show; without the curve it has fewer lines.
    let inside = (0.5e-9, 0.5e-9);
    let scene = panel(&[&points[..], &[inside]].concat());
    assert_inside(&scene);
    let lines = |scene: &Scene| scene.shapes.iter().filter(|shape| matches!(shape, Shape::Line { .. })).count();
    assert!(lines(&scene) >= lines(&panel(&[inside])) + 3, "rise, fall and return");
}

#[test]
fn a_zero_at_the_start_moves_no_axis() {
    let curve = || Series::new("oral", 0, (0..=24).map(|t| (f64::from(t), f64::from(t))));
    let on = |y: Axis| Figure::new("").panel(Panel::new("", Axis::linear("Time", "h"), y).series(curve()));
    for figure in [on(Axis::linear("C", "ng/mL")), on(Axis::log("C", "ng/mL"))] {
        let scene = layout::scene(&figure).unwrap();
        for end in ["0", "24"] {
            assert!(texts(&scene).any(|text| text.text == end), "no label {end}");
        }
    }
}

#[test]
fn nothing_and_almost_nothing_can_be_drawn() {
    let one = Series::new("one", 3, [(1.0, 5.0)]);
    let axes = || (Axis::linear("Time", "h"), Axis::log("C", "ng/mL"));
    let empty = Panel::new("empty", axes().0, axes().1);
    for (figure, says) in [
        (Figure::default(), "no data"),
        (Figure::new("empty").panel(empty.clone()), "no data"),
        (Figure::new("nan").panel(empty.clone().series(Series::new("n", 0, [(f64::NAN, 1.0)]))), "no data"),
        (Figure::new("one").panel(empty.series(one)), "one"),
    ] {
        assert_inside(&layout::scene(&figure).unwrap());
        assert!(figure.to_svg().unwrap().contains(says));
        assert!(!figure.to_png().unwrap().is_empty());
    }
}

#[test]
fn long_names_wrap_inside_the_page() {
    let long = "esketamine 84 mg intranasal in three devices five minutes apart, ".repeat(12) + &"x".repeat(900);
    let panel = Panel::new(&long, Axis::linear(&long, "h"), Axis::linear(&long, "ng/mL"))
        .series(decay(0, &long))
        .series(decay(1, &format!("{long} again")))
        .window(Window::new(&long, 0.0, 1.0))
        .reference(Reference::new("observed", 0, 0.0, 99.0).label(&long));
    let figure = Figure::new(&long).footnote(&long).panel(panel.clone()).panel(panel);
    assert_inside(&layout::scene(&figure).unwrap());
}

#[test]
fn labels_of_observed_values_keep_apart() {
    let mut panel = panel(Axis::linear("Concentration", "ng/mL"));
    for nth in 0..12 {
        let (x, y) = (1.0 + 0.5 * f64::from(nth), 90.0 - 4.0 * f64::from(nth));
        panel = panel.reference(Reference::new("observed", 0, x, y).label(format!("author {nth}")));
    }
    let scene = layout::scene(&Figure::new("").panel(panel)).unwrap();
    let labels: Vec<Rect> = texts(&scene).filter(|text| text.text.starts_with("author")).map(Text::bounds).collect();
    assert!(labels.len() > 2);
    for (nth, label) in labels.iter().enumerate() {
        assert!(labels[nth + 1..].iter().all(|other| !label.overlaps(other)));
    }
}

#[test]
fn a_page_that_would_not_fit_in_memory_is_an_error() {
    let mut figure = Figure::new("");
    for _ in 0..60 {
        figure = figure.panel(panel(Axis::linear("C", "ng/mL")));
    }
    assert_eq!(figure.to_svg().unwrap_err().code(), "E_PLOT_SIZE");
}

#[test]
fn a_bad_range_is_an_error_with_a_hint() {
    let error = Figure::new("").panel(panel(Axis::log("C", "ng/mL").range(0.0, 10.0))).to_svg().unwrap_err();
    assert_eq!(error.code(), "E_PLOT_RANGE");
    assert!(error.hint().unwrap().contains("positive"));
}

#[test]
fn saving_picks_the_format_and_loses_nothing() {
    let folder = std::env::temp_dir().join(format!("posology-plot-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| -> PathBuf { folder.join(name) };
    figure().save(path("a.svg")).unwrap();
    figure().save(path("a.PNG")).unwrap();
    assert!(fs::read_to_string(path("a.svg")).unwrap().starts_with("<svg"));
    assert!(fs::read(path("a.PNG")).unwrap().starts_with(b"\x89PNG"));

    let error = figure().save(path("a.pdf")).unwrap_err();
    assert_eq!(error.code(), "E_PLOT_FORMAT");
    assert!(error.hint().unwrap().contains(".svg") && error.to_string().contains("a.pdf"));

    let bad = Figure::new("").panel(panel(Axis::linear("C", "").range(1.0, 0.0)));
    assert!(matches!(bad.save(path("a.svg")), Err(PlotError::Range { .. })));
    assert_eq!(fs::read_to_string(path("a.svg")).unwrap(), figure().to_svg().unwrap());

    let error = figure().save(path("none/a.svg")).unwrap_err();
    assert_eq!(error.code(), "E_FILE_WRITE");
    assert!(error.to_string().contains("a.svg"));
    fs::remove_dir_all(&folder).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_numbers_stay_on_the_page(
        points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..40),
        moderate in prop::collection::vec((-1e3..1e3f64, -1e3..1e3f64), 0..40),
        log_x in any::<bool>(),
        log_y in any::<bool>(),
    ) {
        let axis = |log: bool| if log { Axis::log("a", "h") } else { Axis::linear("a", "h") };
        for points in [points, moderate] {
            let panel = Panel::new("p", axis(log_x), axis(log_y))
                .series(Series::new("s", 0, points.clone()).dashed())
                .band(Band::new("b", 1, points.iter().map(|p| (p.0, p.1, p.0))))
                .doses(points.iter().map(|p| p.0))
                .window(Window::new("w", points.first().map_or(0.0, |p| p.0), points.last().map_or(0.0, |p| p.1)));
            assert_inside(&layout::scene(&Figure::new("").panel(panel)).unwrap());
        }
    }
}

#[test]
fn percentiles_are_ranges_around_a_line() {
    let on = |y: Axis| Panel::new("", Axis::linear("Time", "h"), y).fan(fan("oral", 0)).fan(fan("nasal", 1).dashed());
    for y in [Axis::linear("C", "ng/mL"), Axis::log("C", "ng/mL")] {
        let figure = Figure::new("Population").panel(on(y));
        let scene = layout::scene(&figure).unwrap();
        assert_inside(&scene);
        for name in ["oral: median, 25–75 %, 5–95 %", "nasal: median, 25–75 %, 5–95 %"] {
            assert_eq!(texts(&scene).filter(|text| text.text == name).count(), 1, "{name}");
        }
        let ranges = scene
            .shapes
            .iter()
            .filter(|s| matches!(s, Shape::Area { opacity, points, .. } if *opacity < 0.5 && points.len() > 9));
        assert_eq!(ranges.count(), 4);
        // The axis holds the outer range.
        assert!(texts(&scene).any(|text| text.text == "100" || text.text == "120" || text.text == "200"));
    }
    // Zero has no place on a logarithmic axis; that is one time of three curves each.
    let dropped = Figure::new("").panel(on(Axis::log("C", "ng/mL"))).dropped();
    assert!(dropped.iter().all(|dropped| dropped.not_finite == 0 && dropped.not_positive == 1), "{dropped:?}");
}

#[test]
fn a_heat_map_says_what_it_shows() {
    let scene = layout::scene(&plain_map()).unwrap();
    assert_inside(&scene);
    for text in
        ["interval (d)", "dose (mg)", "dose per day (mg/d)", "trough (ng/mL)", "failed", "5", "20", "80", "14", "224"]
    {
        assert!(texts(&scene).any(|found| found.text == text), "no `{text}`");
    }
    assert_eq!(plain_map().to_svg().unwrap(), plain_map().to_svg().unwrap());
    assert_eq!(plain_map().to_png().unwrap(), plain_map().to_png().unwrap());
    // A map without a failed cell does not speak of failure.
    let whole = Heat::new(Axis::linear("v", ""), (0..4).map(|i| (f64::from(i / 2), f64::from(i % 2), f64::from(i))));
    let panel = Panel::new("", Axis::linear("x", ""), Axis::linear("y", "")).heat(whole);
    assert!(!Figure::new("").panel(panel).to_svg().unwrap().contains("failed"));
}

#[test]
fn cells_cover_their_part_of_the_plot_in_order_of_lightness() {
    let grid = [(1.0, 1.0, 0.0), (2.0, 1.0, 1.0), (1.0, 2.0, 2.0), (2.0, 2.0, f64::NAN)];
    let panel = Panel::new("", Axis::linear("x", ""), Axis::log("y", "")).heat(Heat::new(Axis::linear("v", ""), grid));
    let scene = layout::scene(&Figure::new("").panel(panel)).unwrap();
    let cells: Vec<(f64, f64, u8)> = scene
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Area { points, colour, .. } if points[1].0 - points[0].0 > 100.0 => {
                Some((points[0].0, points[0].1, colour.1))
            }
            _ => None,
        })
        .collect();
    // The upper row first; green falls with lightness; a failed cell is white.
    assert_eq!(cells.len(), 4, "{cells:?}");
    let [dark, failed, light, middle] = cells[..] else { unreachable!() };
    assert!(dark.2 < middle.2 && middle.2 < light.2 && failed.2 == 255, "{cells:?}");
    assert!(dark.0 == light.0 && failed.0 == middle.0 && dark.1 == failed.1 && dark.1 < light.1 && light.0 < middle.0);
}

#[test]
fn contours_follow_the_axes_and_their_labels_keep_apart() {
    let axes = [
        (Axis::linear("interval", "d"), Axis::linear("dose", "mg")),
        (Axis::log("interval", "d"), Axis::log("dose", "mg")),
        (Axis::log("interval", "d").range(2.0, 9.0), Axis::linear("dose", "mg").range(50.0, 150.0)),
    ];
    for (x, y) in axes {
        let scene = layout::scene(&map(x, y, Axis::log("dose per day", "mg/d").range(4.0, 100.0))).unwrap();
        assert_inside(&scene);
        let labels: Vec<Rect> = texts(&scene).filter(|text| text.bold && text.size == 10.0).map(Text::bounds).collect();
        assert!(!labels.is_empty());
        for (nth, label) in labels.iter().enumerate() {
            assert!(labels[nth + 1..].iter().all(|other| !label.overlaps(other)));
        }
    }
    // dose / interval = 20 is a straight line where both axes are logarithmic, and so is the value.
    let figure = map(Axis::log("interval", "d"), Axis::log("dose", "mg"), Axis::linear("", ""));
    let scene = layout::scene(&figure).unwrap();
    let straight = |points: &[(f64, f64)]| {
        let (a, b) = (points[0], points[points.len() - 1]);
        let along = |p: &(f64, f64)| {
            ((b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0)).abs() / (b.0 - a.0).hypot(b.1 - a.1)
        };
        points.len() > 5 && points.iter().all(|point| along(point) < 1e-6)
    };
    let lines = scene.shapes.iter().filter(|shape| matches!(shape, Shape::Line { points, .. } if straight(points)));
    assert_eq!(lines.count(), 6, "three levels, each with its white edge");
}

#[test]
fn what_is_no_map_is_an_error() {
    let on =
        |x: Axis, heat: Heat| Figure::new("").panel(Panel::new("", x, Axis::linear("dose", "mg")).heat(heat)).to_svg();
    let linear = || Axis::linear("interval", "d");
    let code = |result: Result<String, PlotError>| result.unwrap_err().code();
    assert_eq!(code(on(linear(), Heat::new(linear(), []))), "E_PLOT_GRID");
    assert_eq!(code(on(linear(), Heat::new(linear(), cells().skip(1)))), "E_PLOT_GRID");
    assert_eq!(code(on(linear(), Heat::new(linear().range(f64::NAN, 1.0), cells()))), "E_PLOT_RANGE");
    assert_eq!(code(on(linear().range(3.0, 1.0), Heat::new(linear(), cells()))), "E_PLOT_RANGE");
    let from_zero = cells().map(|(x, y, value)| (x - 1.0, y, value));
    assert_eq!(code(on(Axis::log("interval", "d"), Heat::new(linear(), from_zero))), "E_PLOT_RANGE");
    let nowhere = cells().map(|(x, y, value)| (if x == 3.0 { f64::NAN } else { x }, y, value));
    assert_eq!(code(on(linear(), Heat::new(linear(), nowhere))), "E_PLOT_RANGE");
    let contours = Contours::new(linear(), 0, cells().take(9), [1.0]);
    let panel = Panel::new("", linear(), linear()).contours(contours);
    assert_eq!(code(Figure::new("").panel(panel).to_svg()), "E_PLOT_GRID");
}

#[test]
fn cells_that_all_failed_or_agree_can_be_drawn() {
    for value in [f64::NAN, 0.0, 7.5, -3.0, 1e299, 1e-310] {
        for colours in [Axis::linear("v", ""), Axis::log("v", "")] {
            let all: Vec<_> = cells().map(|(x, y, _)| (x, y, value)).collect();
            let panel =
                Panel::new("", Axis::linear("x", ""), Axis::linear("y", "")).heat(Heat::new(colours, all.clone()));
            let panel = panel.contours(Contours::new(Axis::log("v", ""), 0, all, [1.0, f64::NAN, 7.5]));
            let figure = Figure::new("").panel(panel);
            assert_inside(&layout::scene(&figure).unwrap());
            assert!(!figure.to_svg().unwrap().contains("NaN"));
        }
    }
}

#[test]
fn bars_stand_beside_their_names_and_end_inside_the_frame() {
    let names = ["clearance of the liver", "V", "ka"].map(String::from);
    let bar = |place: usize, value: f64| Bar { place, value, interval: Some((value - 0.1, value + 0.2)) };
    let panel = Panel::new("peak", Axis::linear("index", ""), Axis::names("", names.clone()))
        .bars(Bars::new("total", 0, [bar(3, 0.7), bar(2, -0.2), bar(1, 0.0)]))
        .bars(Bars::new("first order", 3, [bar(3, 0.5)]));
    let figure = Figure::new("").panel(panel);
    let scene = layout::scene(&figure).unwrap();
    assert_inside(&scene);
    let svg = figure.to_svg().unwrap();
    assert!(names.iter().all(|name| svg.contains(name.as_str())) && svg.contains("first order"));
    let empty = Panel::new("", Axis::linear("index", ""), Axis::linear("", ""));
    assert_inside(&layout::scene(&Figure::new("").panel(empty)).unwrap());
}

#[test]
fn dots_are_counted_where_they_cannot_be_drawn_and_names_keep_apart() {
    let points = [(1.0, 1.0), (2.0, 5.0), (3.0, f64::NAN), (1.5, 2.0)];
    let on = |x: Axis| Panel::new("dots", x, Axis::linear("peak", "ng/mL")).dots(Dots::new("runs", 0, points));
    let figure = Figure::new("").panel(on(Axis::linear("V", "L")));
    assert_eq!(figure.dropped()[0].to_string(), "panel `dots`, `runs`: points left out: 1 not finite");
    let names = (1..=40).map(|n| format!("a model of a long name, number {n}"));
    let figure = Figure::new("").panel(on(Axis::names("model", names)));
    let scene = layout::scene(&figure).unwrap();
    let labels: Vec<Rect> = texts(&scene).filter(|text| text.text.contains("long name")).map(Text::bounds).collect();
    assert!(!labels.is_empty());
    assert!(labels.windows(2).all(|pair| !pair[0].overlaps(&pair[1])));
}
