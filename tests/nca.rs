//! Non-compartmental analysis against the numbers of WinNonlin and PKNCA, and against the exact metrics of models.

use posology::metrics::nca::{
    Blq, BlqAs, Convention, HalfLife, Level, Missing, Report, Route, Rule, Samples, Setting, TimeZero, analyse,
};
use posology::metrics::{Measure, Metric, Need, Scale, Way};
use posology::model::Catalogue;
use posology::prelude::*;
use posology::units::Dimension;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the metric of a tool's name is here.
fn metric(name: &str) -> Metric {
    match name {
        "cmax" => Metric::Cmax,
        "tmax" => Metric::Tmax,
        "cmin" => Metric::Cmin,
        "clast" | "clast.obs" => Metric::Clast,
        "tlast" => Metric::Tlast,
        "tlag" => Metric::Tlag,
        "c0" => Metric::C0,
        "cdose" | "cstart" => Metric::Cdose,
        "clast_pred" | "clast.pred" => Metric::ClastPred,
        "auclast" => Metric::AucLast,
        "aucall" => Metric::AucAll,
        "aucinf_obs" | "aucinf.obs" => Metric::AucInf,
        "aucinf_pred" | "aucinf.pred" => Metric::AucInfPred,
        "auc_pct_extrap_obs" | "aucpext.obs" => Metric::AucExtrapolated,
        "auc_pct_extrap_pred" => Metric::AucExtrapolatedPred,
        "auc_pct_back_ext_obs" => Metric::AucBack,
        "auc_pct_back_ext_pred" => Metric::AucBackPred,
        "auctau" => Metric::AucTau,
        "aumctau" => Metric::AumcTau,
        "aucint.last" => Metric::AucSampled,
        "aucint.inf.obs" => Metric::Auc,
        "aumclast" => Metric::AumcLast,
        "aumcinf_obs" | "aumcinf.obs" => Metric::AumcInf,
        "aumcinf_pred" => Metric::AumcInfPred,
        "aumc_pct_extrap_obs" => Metric::AumcExtrapolated,
        "aumc_pct_extrap_pred" => Metric::AumcExtrapolatedPred,
        "lambda_z" | "lambda.z" => Metric::LambdaZ,
        "lambda_z_lower" | "lambda.z.time.first" => Metric::LambdaZFrom,
        "lambda_z_upper" => Metric::LambdaZTo,
        "n_lambda_z" | "lambda.z.n.points" => Metric::LambdaZPoints,
        "r2" | "r.squared" => Metric::R2,
        "adj_r2" | "adj.r.squared" => Metric::R2Adjusted,
        "half_life" | "half.life" => Metric::HalfLife,
        "span.ratio" => Metric::Span,
        "mrtlast" => Metric::MrtLast,
        "mrtinf_obs" | "mrt.obs" | "mrt.iv.obs" => Metric::Mrt,
        "mrtinf_pred" => Metric::MrtPred,
        "mrttauinf_obs" => Metric::MrtTau,
        "cl_obs" | "cl.obs" => Metric::Cl,
        "cl_pred" => Metric::ClPred,
        "cl.last" => Metric::ClLast,
        "cltau" => Metric::ClTau,
        "vz_obs" | "vz.obs" => Metric::Vz,
        "vz_pred" => Metric::VzPred,
        "vztau" => Metric::VzTau,
        "vss_obs" | "vss.iv.obs" => Metric::Vss,
        "vss_pred" => Metric::VssPred,
        "cav" => Metric::Cavg,
        "ctrough" => Metric::Ctrough,
        "deg.fluc" => Metric::Fluctuation,
        "swing" => Metric::Swing,
        "ptr" => Metric::PeakTrough,
        other => panic!("the metric `{other}` has no name here"),
    }
}

/// A table of comma-separated values without quotes, by column.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| header.iter().map(|h| h.to_string()).zip(line.split(',').map(str::to_string)).collect();
    lines.map(row).collect()
}

fn number(text: &str) -> f64 {
    if text == "inf" { f64::INFINITY } else { text.parse().unwrap_or_else(|_| panic!("{text} is no number")) }
}

/// Half a unit of the last digit that is printed.
fn half_digit(printed: &str) -> f64 {
    let (mantissa, exponent) = printed.split_once('e').unwrap_or((printed, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
    0.5 * 10f64.powi(exponent.parse::<i32>().unwrap() - decimals)
}

fn setting(json: &Value) -> Setting {
    let settings = &json["settings"];
    let route = match settings["route"].as_str().unwrap() {
        "extravascular" => Route::Extravascular,
        "bolus" => Route::Bolus,
        "infusion" | "intravascular infusion" => Route::Infusion(settings["infusion_duration"].as_f64().unwrap()),
        other => panic!("{other}"),
    };
    let rule = match settings["auc_method"].as_str().unwrap() {
        "linear" => Rule::Linear,
        "linuplogdown" => Rule::LinUpLogDown,
        "log_after_tmax" => Rule::LinearLog,
        other => panic!("{other}"),
    };
    let convention = if json["kind"] == "nca" { Convention::WinNonlin } else { Convention::Pknca };
    let tau = settings["tau"].as_f64();
    let dose_time = settings["dose_time"].as_f64().unwrap_or(0.0);
    Setting { dose: settings["dose"].as_f64(), dose_time, tau, rule, convention, ..Setting::new(route) }
}

/// Times, concentrations and the dose of a subject.
type Measured = (Vec<f64>, Vec<f64>, Option<f64>);

/// Compares every number of a scenario; the count of numbers and those that are off.
fn compare(folder: &Path) -> (usize, Vec<String>) {
    let json: Value = serde_json::from_str(&fs::read_to_string(folder.join("model.json")).unwrap()).unwrap();
    let general = setting(&json);
    let mut profiles: BTreeMap<String, Measured> = BTreeMap::new();
    for row in table(&folder.join("dataset.csv")) {
        let (times, concentrations, dose) = profiles.entry(row["ID"].clone()).or_default();
        times.push(number(&row["TIME"]));
        concentrations.push(number(&row["CONC"]));
        *dose = json["settings"]["dose_column"].as_str().map(|column| number(&row[column]));
    }
    let mut reports: BTreeMap<(String, String, String), Report> = BTreeMap::new();
    let (mut count, mut off) = (0, Vec::new());
    for row in table(&folder.join("expected.csv")) {
        let cell = |name: &str| row.get(name).cloned().unwrap_or_default();
        let key = (cell("ID"), cell("START"), cell("END"));
        let report = reports.entry(key).or_insert_with(|| {
            let (times, concentrations, dose) = &profiles[&row["ID"]];
            let interval = row.get("START").map(|start| (number(start), number(&row["END"])));
            let setting = Setting { dose: dose.or(general.dose), interval, ..general.clone() };
            analyse(&Samples::new(times, concentrations).unwrap(), &setting)
        });
        let printed = &row["VALUE"];
        let expected = number(printed);
        let found = report.get(metric(&row["PARAM"]));
        let allowed = half_digit(printed).max(1e-7 * expected.abs());
        count += 1;
        // The last bit of the decimal itself is not known either.
        if !found.is_ok_and(|found| (found - expected).abs() <= allowed + f64::EPSILON * expected.abs()) {
            off.push(format!("{row:?}: {found:?}"));
        }
    }
    (count, off)
}

fn oracles() -> Option<PathBuf> {
    let root = std::env::var_os("POSOLOGY_ORACLES").map(PathBuf::from);
    if root.is_none() {
        eprintln!("SKIPPED: POSOLOGY_ORACLES names no folder of reference data");
    }
    root
}

#[test]
fn winnonlin_and_pknca_give_the_same_numbers() {
    let Some(root) = oracles() else { return };
    for (source, scenarios, numbers) in [("nca_winnonlin", 9, 1821), ("nca_pknca", 4, 582)] {
        let mut folders: Vec<PathBuf> = fs::read_dir(root.join(source)).unwrap().map(|e| e.unwrap().path()).collect();
        folders.sort();
        let mut total = 0;
        for folder in &folders {
            let (count, off) = compare(folder);
            assert!(off.is_empty(), "{}: {} of {count}\n{}", folder.display(), off.len(), off.join("\n"));
            println!("{}: {count} numbers", folder.display());
            total += count;
        }
        assert_eq!((folders.len(), total), (scenarios, numbers), "{source}");
    }
}

/// Two compartments, by vein or by mouth.
const MODEL: &str = r#"format = 1
id    = "two"
title = "Two compartments"
drug  = "none"
grade = "assumed"

[parameters]
CL = { value = 10, unit = "L/h", grade = "assumed", why = "a test" }
V  = { value = 20, unit = "L", grade = "assumed", why = "a test" }
Q  = { value = 5, unit = "L/h", grade = "assumed", why = "a test" }
V2 = { value = 30, unit = "L", grade = "assumed", why = "a test" }
ka = { value = 2, unit = "1/h", grade = "assumed", why = "a test" }

[compartments]
gut        = {}
central    = { volume = "V" }
peripheral = { volume = "V2" }

[flows]
"gut      ->  central"    = { rate = "ka" }
"central <->  peripheral" = { clearance = "Q" }
"central  ->  out"        = { clearance = "CL" }

[routes.iv]
central = {}
[routes.oral]
gut = {}

[outputs]
drug = { value = "C(central)", unit = "mg/L" }
"#;

/// The sampled metrics beside the exact ones: the largest relative deviation at each density of samples.
fn deviations(parameters: [f64; 5], way: Way, densities: &[u32]) -> Vec<(Metric, Vec<f64>)> {
    let model = Model::parse(MODEL, "two.toml", &Catalogue).unwrap_or_else(|e| panic!("{e}"));
    let mut subject = Subject::typical(&model);
    for ((name, unit), value) in
        [("CL", "L/h"), ("V", "L"), ("Q", "L/h"), ("V2", "L"), ("ka", "1/h")].iter().zip(parameters)
    {
        subject = subject.set(name, &format!("{value} {unit}").parse().unwrap()).unwrap();
    }
    let (give, route) = match way {
        Way::Outside => ("100 mg oral", Route::Extravascular),
        Way::Bolus => ("100 mg iv", Route::Bolus),
        Way::Infusion => ("100 mg iv over 1.5 h", Route::Infusion(1.5)),
    };
    let run = |times: Vec<Quantity>| {
        let simulation = Simulation::new(&model).subject(&subject).give(give.parse::<Regimen>().unwrap());
        simulation.at(times).run().unwrap()
    };
    let exact = run(vec![0.0.hours(), 2000.0.hours()]);
    let exact = exact.output("drug").unwrap();
    let half_life = exact.half_life().unwrap().in_base();
    let (end, level) = (30.0 * half_life, 0.2 * exact.cmax().value.in_base());
    let (half, area) = (2.0 * half_life, exact.auc_inf().unwrap().in_base());
    let above = exact.time_above(&Quantity::base(level, Dimension::CONCENTRATION), 0.0, end).unwrap().in_base();
    let asked = Measure::LastAbove(Quantity::base(level, Dimension::CONCENTRATION), None);
    let last = exact.measure(&asked).unwrap().unwrap().in_base();
    let residence = exact.mrt().unwrap().in_base();
    let mut expected = vec![
        (Metric::Cmax, exact.cmax().value.in_base()),
        (Metric::AucInf, area),
        (Metric::AucInfPred, area),
        (Metric::Mrt, residence),
        (Metric::HalfLife, half_life),
        (Metric::Cl, parameters[0]),
        (Metric::TimeAbove, above),
        (Metric::LastAbove, last),
    ];
    if way != Way::Outside {
        expected.push((Metric::Vss, parameters[1] + parameters[3]));
    }
    let mut found: Vec<(Metric, Vec<f64>)> = expected.iter().map(|(metric, _)| (*metric, Vec::new())).collect();
    found.push((Metric::Auc, Vec::new()));
    let partial = exact.auc(0.0, half).in_base();
    for n in densities {
        // Denser early; the end of the infusion, where the curve has a corner, is sampled.
        let mut times: Vec<f64> = (0..=*n).map(|i| end * (f64::from(i) / f64::from(*n)).powi(3)).collect();
        times.push(1.5);
        times.sort_by(f64::total_cmp);
        times.dedup();
        let profile = run(times.iter().map(|t| t.hours()).collect());
        let samples = Samples::new(&times, profile.output("drug").unwrap().values()).unwrap();
        let setting = Setting {
            dose: Some(100.0),
            level: Some(level),
            half_life: HalfLife::Between(0.7 * end, end),
            ..Setting::new(route)
        };
        let report = analyse(&samples, &setting);
        let until = analyse(&samples, &Setting { interval: Some((0.0, half)), ..setting });
        let off = |value: f64, exact: f64| (value / exact - 1.0).abs();
        for ((metric, exact), (_, list)) in expected.iter().zip(&mut found) {
            list.push(off(report.get(*metric).unwrap(), *exact));
        }
        found.last_mut().unwrap().1.push(off(until.get(Metric::Auc).unwrap(), partial));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Trapezoids are of second order: four times the samples, a sixteenth of the deviation.
    #[test]
    fn the_metrics_of_samples_converge_to_those_of_the_solution(
        cl in 1.0..20.0f64, v in 5.0..60.0f64, q in 1.0..10.0f64, v2 in 5.0..60.0f64, ka in 0.5..4.0f64,
        way in prop_oneof![Just(Way::Outside), Just(Way::Bolus), Just(Way::Infusion)],
    ) {
        // Absorption that is as slow as elimination has no terminal slope of its own.
        prop_assume!(way != Way::Outside || ka > 2.0 * cl / v);
        let densities = [100, 400, 1600];
        for (metric, deviations) in deviations([cl, v, q, v2, ka], way, &densities) {
            for (n, deviation) in densities.iter().zip(&deviations) {
                let allowed = 400.0 / f64::from(*n).powi(2) + 1e-7;
                prop_assert!(*deviation <= allowed, "{} of {} samples: {:?}", metric.name(), n, deviations);
            }
        }
    }
}

/// Whether a metric can be missing for a reason, by what the registry says that it needs.
fn fits(metric: Metric, reason: Missing, setting: &Setting) -> bool {
    let needs = |need| metric.definition().needs.contains(&need);
    // What is extrapolated to the end of an interval needs the slope there.
    let slope = || needs(Need::Slope) || needs(Need::Interval) || needs(Need::Tau);
    let of_dose = || needs(Need::Dose) || [Metric::Mrt, Metric::MrtPred, Metric::MrtLast].contains(&metric);
    match reason {
        Missing::NotSampled => metric.definition().sampled.is_none(),
        Missing::FewPoints { .. } | Missing::NotFalling | Missing::NoSampleAt(_) => slope(),
        Missing::TwoPoints => metric == Metric::R2Adjusted,
        Missing::NoInterval => needs(Need::Interval) && setting.tau.is_none(),
        Missing::NoEndSample => needs(Need::Interval) && setting.convention == Convention::Pknca,
        Missing::NoTau => needs(Need::Tau) && setting.tau.is_none(),
        Missing::SteadyState => of_dose() && setting.tau.is_some(),
        Missing::DoseOutside => of_dose() && setting.tau.is_none(),
        Missing::BetweenDoses => needs(Need::Vein) || metric == Metric::MrtTau,
        Missing::IntervalEnds => needs(Need::Slope) && setting.interval.is_some(),
        Missing::NoLevel => needs(Need::Level) && setting.level.is_none(),
        Missing::NotBolus => needs(Need::Bolus) && setting.route != Route::Bolus,
        Missing::NotVein => needs(Need::Vein) && setting.route == Route::Extravascular,
        Missing::NotOutside | Missing::NoRise => needs(Need::Absorption),
        // The doses are known, and units are no matter of an analysis.
        Missing::NoDose | Missing::NoConcentrationUnit | Missing::NotConcentration | Missing::NoDoseUnit => false,
        _ => true,
    }
}

/// Anything that a profile and a setting can be; samples at least so far apart, and of any size where that is short.
fn anything(shortest: f64) -> impl Strategy<Value = (Samples, Setting)> {
    let level = prop_oneof![
        Just(Level::Below(None)),
        Just(Level::Below(Some(0.5))),
        Just(Level::Measured(1.0)),
        (0.01..10.0f64).prop_map(Level::Measured),
        prop_oneof![Just(1e-300), Just(1e300), Just(5e-324), Just(0.0)]
            .prop_map(move |size| Level::Measured(if shortest < 0.1 { size } else { 2.0 })),
    ];
    let long = if shortest < 0.1 { 1e6 } else { 4.0 };
    let step = prop_oneof![shortest.max(0.1)..5.0f64, Just(shortest), Just(long)];
    let samples = (-3.0..3.0f64, prop::collection::vec((step, level), 0..12)).prop_map(|(begin, list)| {
        let mut time = begin;
        let at = |(step, level)| {
            let sample = (time, level);
            time += step;
            sample
        };
        Samples::of(list.into_iter().map(at).collect()).unwrap()
    });
    let route = prop_oneof![Just(Route::Extravascular), Just(Route::Bolus), Just(Route::Infusion(1.0))];
    let rule = prop_oneof![Just(Rule::Linear), Just(Rule::LinUpLogDown), Just(Rule::LinearLog)];
    let convention = prop_oneof![Just(Convention::WinNonlin), Just(Convention::Pknca)];
    let blq = prop_oneof![Just(BlqAs::Zero), Just(BlqAs::Dropped), Just(BlqAs::HalfLimit), Just(BlqAs::Limit)];
    let time_zero = prop_oneof![
        Just(TimeZero::Auto),
        Just(TimeZero::LogSlope),
        Just(TimeZero::First),
        Just(TimeZero::Minimum),
        Just(TimeZero::Nothing)
    ];
    let half_life =
        prop_oneof![Just(HalfLife::Best(3)), Just(HalfLife::Between(1.0, 20.0)), Just(HalfLife::At(vec![2.0, 3.0]))];
    let interval = prop::option::of((-1.0..2.0f64, prop_oneof![2.5..30.0f64, Just(f64::INFINITY)]));
    let rules = (route, rule, convention, prop::option::of(blq), time_zero, half_life);
    (samples, rules, prop::option::of(0.5..20.0f64), interval, prop::option::of(0.0..9.0f64)).prop_map(
        |(samples, (route, rule, convention, blq, time_zero, half_life), tau, interval, level)| {
            let blq = blq.map(Blq::all);
            let dose = Some(100.0);
            let general = Setting::new(route);
            (samples, Setting { dose, tau, interval, rule, convention, blq, time_zero, half_life, level, ..general })
        },
    )
}

#[test]
fn a_quotient_of_zeros_is_a_reason_of_its_own() {
    let samples = Samples::new(&[0.0, 1.0, 2.0, 4.0], &[0.0, 5.0, 2.0, 0.0]).unwrap();
    let report = analyse(&samples, &Setting { interval: Some((0.0, 4.0)), ..Setting::new(Route::Extravascular) });
    for metric in [Metric::Swing, Metric::PeakTrough] {
        assert_eq!(report.get(metric), Err(Missing::OverZero), "{}", metric.name());
    }
    // Numbers that cannot be computed with are the only ones that are too large.
    let huge = Samples::new(&[0.0, 1e10, 2e10], &[1e300, 1e299, 1e298]).unwrap();
    let report = analyse(&huge, &Setting::new(Route::Bolus));
    assert_eq!(report.get(Metric::AumcLast), Err(Missing::NotFinite));
}

/// One compartment, k 0.2/h, CL 286 L/h, at steady state every 6 h, sampled without error.
fn steady_state(interval: Option<(f64, f64)>, over: f64) -> Report {
    let (k, cl, tau, dose) = (0.2_f64, 286.0, 6.0, 1000.0);
    let left = |t: f64| dose / (cl / k) * (-k * t).exp() / (1.0 - (-k * tau).exp());
    // An infusion's own part, and what is left of the doses before; of a bolus all at once.
    let c = |t: f64| match over > 0.0 {
        false => left(t),
        true => {
            let own = dose / over / cl * (1.0 - (-k * t.min(over)).exp()) * (-k * (t - over).max(0.0)).exp();
            let before =
                dose / over / cl * ((k * over).exp() - 1.0) * (-k * (t + tau)).exp() / (1.0 - (-k * tau).exp());
            own + before
        }
    };
    let begin = interval.map_or(0.0, |(from, _)| from);
    let times: Vec<f64> = (0..=2400).map(|i| f64::from(i) / 400.0).collect();
    let concentrations: Vec<f64> = times.iter().map(|t| c(*t)).collect();
    let times: Vec<f64> = times.iter().map(|t| begin + t).collect();
    let route = if over > 0.0 { Route::Infusion(over) } else { Route::Bolus };
    let half_life = HalfLife::Between(begin + 4.0, f64::INFINITY);
    let setting = Setting { dose: Some(dose), tau: Some(tau), interval, half_life, ..Setting::new(route) };
    analyse(&Samples::new(&times, &concentrations).unwrap(), &setting)
}

#[test]
fn at_steady_state_only_what_holds_there_has_a_value() {
    for (interval, over, allowed) in [(None, 0.0, 1e-9), (Some((60.0, f64::INFINITY)), 0.0, 1e-9), (None, 1.5, 1e-5)] {
        let report = steady_state(interval, over);
        let near = |metric, expected: f64| {
            let found: f64 = report.get(metric).unwrap();
            assert!((found / expected - 1.0).abs() < allowed, "{} {found} {expected}", metric.name());
        };
        near(Metric::ClTau, 286.0);
        near(Metric::VzTau, 1430.0);
        near(Metric::MrtTau, 5.0);
        near(Metric::Vss, 1430.0);
        near(Metric::VssPred, 1430.0);
        for metric in [Metric::Cl, Metric::ClPred, Metric::ClLast, Metric::Vz, Metric::VzPred] {
            assert_eq!(report.get(metric), Err(Missing::SteadyState), "{}", metric.name());
        }
        for metric in [Metric::Mrt, Metric::MrtPred, Metric::MrtLast] {
            assert_eq!(report.get(metric), Err(Missing::SteadyState), "{}", metric.name());
        }
    }
    // The clearance holds of any interval of this length, the moment of one that begins at a dose.
    let between = steady_state(Some((61.0, f64::INFINITY)), 0.0);
    assert!(between.get(Metric::ClTau).is_ok());
    for metric in [Metric::MrtTau, Metric::Vss] {
        assert_eq!(between.get(metric), Err(Missing::BetweenDoses), "{}", metric.name());
    }
}

#[test]
fn an_interval_without_the_dose_has_no_clearance() {
    let times = [0.0, 1.0, 2.0, 4.0, 6.0, 8.0];
    let samples = Samples::new(&times, &times.map(|t: f64| 10.0 * (-0.3 * t).exp())).unwrap();
    let of = |interval, dose_time, convention| {
        let dose = Some(100.0);
        analyse(
            &samples,
            &Setting { interval: Some(interval), dose, dose_time, convention, ..Setting::new(Route::Bolus) },
        )
    };
    let inf = f64::INFINITY;
    let whole = [Metric::Cl, Metric::ClPred, Metric::Vz, Metric::VzPred, Metric::Vss, Metric::VssPred, Metric::Mrt];
    for convention in [Convention::WinNonlin, Convention::Pknca] {
        let later = of((4.0, inf), 0.0, convention);
        for metric in whole {
            assert_eq!(later.get(metric), Err(Missing::DoseOutside), "{}", metric.name());
        }
        assert!((of((0.0, inf), 0.0, convention).get(Metric::Cl).unwrap() - 3.0).abs() < 1e-9);
    }
    // A dose of its own for each interval is what PKNCA means.
    assert_eq!(of((4.0, inf), 0.0, Convention::WinNonlin).get(Metric::ClLast), Err(Missing::DoseOutside));
    assert_eq!(of((4.0, inf), 0.0, Convention::WinNonlin).get(Metric::MrtLast), Err(Missing::DoseOutside));
    assert!(of((4.0, inf), 0.0, Convention::Pknca).get(Metric::ClLast).is_ok());
    assert!(of((4.0, inf), 4.0, Convention::WinNonlin).get(Metric::Cl).is_ok());
}

proptest! {
    /// What has no value has a reason that fits, whatever is analysed.
    #[test]
    fn every_reason_fits_its_metric((samples, setting) in prop_oneof![anything(0.1), anything(1e-6)]) {
        let report = analyse(&samples, &setting);
        for (metric, value) in report.values() {
            if let Err(reason) = value {
                prop_assert!(fits(metric, reason, &setting), "{}: {:?}", metric.name(), reason);
            }
        }
        let share = |metric| report.get(metric).unwrap_or(0.0);
        prop_assert!(share(Metric::AucExtrapolated) <= 100.0 + 1e-9);
    }

    /// Concentrations and times of ordinary size give numbers of ordinary size: a quotient of zeros has a reason of its own.
    #[test]
    fn nothing_ordinary_is_not_a_number((samples, setting) in anything(0.5)) {
        for (metric, value) in analyse(&samples, &setting).values() {
            prop_assert!(value != Err(Missing::NotFinite), "{}", metric.name());
        }
    }

    /// A clock that starts elsewhere, and concentrations in another unit, change what they must and nothing else.
    #[test]
    fn results_follow_the_clock_and_the_units(
        concentrations in prop::collection::vec(0.1..10.0f64, 4..10), at in 1.0..64.0f64, linear in any::<bool>(),
    ) {
        let times: Vec<f64> = (0..concentrations.len()).map(|i| i as f64).collect();
        let rule = if linear { Rule::Linear } else { Rule::LinUpLogDown };
        let setting = Setting { dose: Some(100.0), tau: Some(2.5), rule, ..Setting::new(Route::Infusion(1.0)) };
        let plain = analyse(&Samples::new(&times, &concentrations).unwrap(), &setting);
        let at = at.round();
        let later: Vec<f64> = times.iter().map(|t| t + at).collect();
        let larger: Vec<f64> = concentrations.iter().map(|c| 1024.0 * c).collect();
        let moved = analyse(
            &Samples::new(&later, &larger).unwrap(),
            &Setting { dose_time: at, dose: Some(1024.0 * 100.0), ..setting },
        );
        for (metric, value) in plain.values() {
            let factor = match metric.definition().scale {
                Scale::Output | Scale::Area | Scale::Moment => 1024.0,
                _ => 1.0,
            };
            match (value, moved.get(metric)) {
                (Ok(a), Ok(b)) => prop_assert!((b - factor * a).abs() <= 1e-9 * (factor * a).abs() + 1e-12, "{}: {a} {b}", metric.name()),
                (a, b) => prop_assert_eq!(a, b, "{}", metric.name()),
            }
        }
    }
}
