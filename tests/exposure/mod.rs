//! Exposures that were observed (mean, or as said), of people who are nobody's data here. Each number stands as its source
//! prints it; `site` is where blood was taken, where that was read.

/// What was measured after a dose.
pub struct Observed {
    /// The analyte measured.
    pub analyte: &'static str,
    /// What a model of the racemate is given to compare.
    pub racemate: Option<&'static str>,
    /// What a model of S-ketamine is given.
    pub s: Option<&'static str>,
    /// A metric, `CL` in the unit printed, or `F` relative to an infusion.
    pub metric: &'static str,
    /// As printed: a number, or the two ends of a range.
    pub value: [f64; 2],
    /// Its unit.
    pub unit: &'static str,
    /// Spread as printed, n and people.
    pub who: &'static str,
    /// Where it was published.
    pub source: &'static str,
    /// kg of who the model is asked for.
    pub weight: f64,
}

/// A number of people of 70 kg.
const fn seen(
    analyte: &'static str,
    [racemate, s]: [Option<&'static str>; 2],
    metric: &'static str,
    (value, unit): (f64, &'static str),
    who: &'static str,
    source: &'static str,
) -> Observed {
    Observed { analyte, racemate, s, metric, value: [value, value], unit, who, source, weight: 70.0 }
}

const ZARATE: &str = "Zarate 2006, as quoted in Zanos 2018 (PMC6020109)";
const GRANT: &str = "Grant 1981, as quoted in Zanos 2018 (PMC6020109)";
const PHAR: &str = "Pharmacotherapy 2022;42:298-310, doi 10.1002/phar.2669";
const HASAN: &str = "Hasan 2021, doi 10.1097/ALN.0000000000003829";
const ROLAN: &str = "Rolan 2014, doi 10.1111/bcp.12264";
const CHONG: &str = "Chong 2006, Pain Med 7:469";
const YANAGIHARA: &str = "Yanagihara 2003, doi 10.1002/bdd.336";
const WANG: &str = "Wang 2019, doi 10.2147/DDDT.S224553";
const LABEL: &str = "label of esketamine nasal spray";
const SIMONS: &str = "Simons 2022, Table 2, doi 10.3389/fpain.2022.946486";
const ASHRAF: &str = "Ashraf 2018, Table 3, doi 10.1002/psp4.12346";
const FANTA: &str = "Fanta 2015, doi 10.1007/s00228-015-1826-y";

const fn both(racemate: &'static str, s: &'static str) -> [Option<&'static str>; 2] {
    [Some(racemate), Some(s)]
}
const fn racemate(give: &'static str) -> [Option<&'static str>; 2] {
    [Some(give), None]
}
const fn s(give: &'static str) -> [Option<&'static str>; 2] {
    [None, Some(give)]
}

pub const OBSERVED: &[Observed] = &[
    seen(
        "ketamine",
        racemate("0.5 mg/kg iv over 40 min"),
        "Cmax",
        (185.0, "ng/mL"),
        "depression; site not stated",
        ZARATE,
    ),
    seen(
        "ketamine",
        racemate("10 mg iv over 1 min"),
        "C(2 min)",
        (296.0, "ng/mL"),
        "9, geometric, GSD 1.71; injection of 1 min assumed",
        PHAR,
    ),
    seen("ketamine", racemate("10 mg iv over 1 min"), "AUCinf", (113.0, "ng*h/mL"), "9, geometric", PHAR),
    seen("ketamine", racemate("10 mg intranasal"), "Cmax", (22.9, "ng/mL"), "7, GSD 1.97", PHAR),
    seen("ketamine", racemate("30 mg intranasal"), "Cmax", (60.8, "ng/mL"), "10, GSD 1.90", PHAR),
    seen("ketamine", racemate("50 mg intranasal"), "Cmax", (77.6, "ng/mL"), "10, GSD 2.29", PHAR),
    seen(
        "S-ketamine",
        both("5 mg iv over 30 min", "2.5 mg iv over 30 min"),
        "Cmax",
        (15.6, "ng/mL"),
        "15 healthy, SD 4.5, after racemate",
        HASAN,
    ),
    seen("R-ketamine", racemate("5 mg iv over 30 min"), "Cmax", (16.5, "ng/mL"), "15 healthy, SD 4.9", HASAN),
    seen(
        "S-ketamine",
        both("5 mg iv over 30 min", "2.5 mg iv over 30 min"),
        "CL",
        (1620.0, "mL/min"),
        "15 healthy, SD 380, metabolic clearance",
        HASAN,
    ),
    seen(
        "R-ketamine",
        racemate("5 mg iv over 30 min"),
        "CL",
        (1530.0, "mL/min"),
        "15 healthy, SD 380, metabolic clearance",
        HASAN,
    ),
    seen(
        "S-ketamine",
        both("5 mg iv over 30 min", "2.5 mg iv over 30 min"),
        "half_life",
        (5.2, "h"),
        "15 healthy, SD 3.4",
        HASAN,
    ),
    seen("R-ketamine", racemate("5 mg iv over 30 min"), "half_life", (6.1, "h"), "15 healthy, SD 3.1", HASAN),
    seen(
        "S-ketamine",
        both("1 mg/kg iv", "0.5 mg/kg iv"),
        "CL",
        (18.1, "mL/min/kg"),
        "32 Chinese, SD 3.2, S-ketamine alone (with racemate 18.4)",
        WANG,
    ),
    seen("R-ketamine", racemate("1 mg/kg iv"), "CL", (15.8, "mL/min/kg"), "32 Chinese, SD 3.1", WANG),
    seen(
        "R-ketamine",
        s("10 mg R-ketamine"),
        "Cmax",
        (56.0, "ng/mL"),
        "healthy Chinese, R-ketamine alone, 10 mg",
        "Wang 2025, doi 10.3390/ph18071079",
    ),
    seen(
        "S-ketamine",
        s("20 mg iv over 20 min"),
        "Cmax",
        (273.0, "ng/mL"),
        "20 healthy, arterial, interval 259 to 287, 6 h after a film of 50 mg",
        SIMONS,
    ),
    seen("S-ketamine", s("0.1 mg/kg iv over 2 min"), "C(20 min)", (41.0, "ng/mL"), "41 healthy, first sample", ASHRAF),
    seen("S-ketamine", s("28 mg iv over 40 min"), "CL", (89.0, "L/h"), "label", LABEL),
    Observed {
        value: [7.0, 12.0],
        ..seen("S-ketamine", s("56 mg intranasal"), "half_life", (7.0, "h"), "label", LABEL)
    },
    seen("S-ketamine", s("84 mg intranasal"), "F", (0.48, ""), "label", LABEL),
    Observed {
        value: [20.0, 40.0],
        ..seen("S-ketamine", s("28 mg intranasal"), "Tmax", (20.0, "min"), "label, after the last spray", LABEL)
    },
    seen("S-ketamine", s("50 mg buccal"), "Cmax", (96.0, "ng/mL"), "20 healthy, arterial", SIMONS),
    seen("S-ketamine", s("100 mg buccal"), "Cmax", (144.0, "ng/mL"), "20 healthy, arterial", SIMONS),
    seen("S-ketamine", s("50 mg buccal"), "AUC(0 h, 6 h)", (8363.0, "ng*min/mL"), "20 healthy, arterial", SIMONS),
    seen("S-ketamine", s("0.2 mg/kg oral"), "Cmax", (9.37, "ng/mL"), "41 healthy", ASHRAF),
    seen("S-ketamine", s("0.2 mg/kg oral"), "AUC(0 h, 24 h)", (22.4, "ng*h/mL"), "41 healthy", ASHRAF),
    seen("S-norketamine", s("0.2 mg/kg oral"), "Cmax", (56.0, "ng/mL"), "41 healthy", ASHRAF),
    seen("S-norketamine", s("0.2 mg/kg oral"), "AUC(0 h, 24 h)", (279.0, "ng*h/mL"), "41 healthy", ASHRAF),
    seen("S-ketamine", s("0.25 mg/kg oral"), "F", (0.08, ""), "11 men, IIV 11 %", FANTA),
    seen("ketamine", racemate("0.5 mg/kg oral"), "Cmax", (45.0, "ng/mL"), "healthy, +- 10", GRANT),
    seen("ketamine", racemate("25 mg oral"), "Cmax", (22.8, "ng/mL"), "6 patients, SD 12.8", CHONG),
    seen("ketamine", racemate("25 mg oral"), "Tmax", (0.96, "h"), "6 patients, SD 0.8", CHONG),
    seen("ketamine", racemate("25 mg oral"), "F", (0.23, ""), "6 patients, SD 0.09", CHONG),
    seen("ketamine", racemate("50 mg oral"), "F", (0.20, ""), "3 healthy Japanese, tablet", YANAGIHARA),
    seen("ketamine", racemate("25 mg sublingual"), "Cmax", (28.6, "ng/mL"), "6 patients, SD 6.6", CHONG),
    seen("ketamine", racemate("25 mg sublingual"), "Tmax", (0.75, "h"), "8 men, 0.25 to 1.0, wafer", ROLAN),
    seen("ketamine", racemate("25 mg sublingual"), "F", (0.29, ""), "8 men, 0.27 to 0.31, wafer", ROLAN),
    seen("ketamine", racemate("25 mg sublingual"), "F", (0.32, ""), "6 patients, SD 0.17", CHONG),
    seen("ketamine", racemate("50 mg sublingual"), "F", (0.30, ""), "3 healthy Japanese", YANAGIHARA),
    seen("ketamine", racemate("50 mg rectal"), "F", (0.30, ""), "3 healthy Japanese", YANAGIHARA),
];
