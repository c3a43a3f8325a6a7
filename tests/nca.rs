//! Non-compartmental analysis against the numbers of WinNonlin and PKNCA, and against the exact metrics of models.

use posology::metrics::Metric;
use posology::metrics::nca::{Convention, Report, Route, Rule, Samples, Setting, analyse};
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

/// Compares every number of a scenario; the count of numbers and those that are off.
fn compare(folder: &Path) -> (usize, Vec<String>) {
    let json: Value = serde_json::from_str(&fs::read_to_string(folder.join("model.json")).unwrap()).unwrap();
    let general = setting(&json);
    let mut profiles: BTreeMap<String, (Vec<f64>, Vec<f64>, Option<f64>)> = BTreeMap::new();
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
