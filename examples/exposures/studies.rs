//! Exposures that were observed (mean, or as said), of people who are nobody's data here. Each number stands as its source
//! prints it; where a source does not print how long an injection took, the text says what is assumed.

use super::{Apart, Number, Study};

const fn n(analyte: &'static str, metric: &'static str, value: f64, unit: &'static str, note: &'static str) -> Number {
    Number { analyte, metric, value: [value, value], unit, note }
}

const fn range(
    analyte: &'static str,
    metric: &'static str,
    value: [f64; 2],
    unit: &'static str,
    note: &'static str,
) -> Number {
    Number { analyte, metric, value, unit, note }
}

/// Adults, who are asked for at 70 kg.
const fn study(
    [racemate, s]: [Option<&'static str>; 2],
    who: &'static str,
    source: &'static str,
    numbers: &'static [Number],
) -> Study {
    Study { racemate, s, who, source, weight: 70.0, numbers }
}

const fn both(racemate: &'static str, s: &'static str) -> [Option<&'static str>; 2] {
    [Some(racemate), Some(s)]
}
const fn racemate(give: &'static str) -> [Option<&'static str>; 2] {
    [Some(give), None]
}
const fn s(give: &'static str) -> [Option<&'static str>; 2] {
    [None, Some(give)]
}

const ZARATE: &str = "Zarate 2006, as quoted in Zanos 2018 (PMC6020109)";
const GRANT: &str = "Grant 1981, as quoted in Zanos 2018 (PMC6020109)";
const PHAR: &str = "Pharmacotherapy 2022;42:298-310, doi 10.1002/phar.2669";
const HASAN: &str = "Hasan 2021, doi 10.1097/ALN.0000000000003829";
const ROLAN: &str = "Rolan 2014, doi 10.1111/bcp.12264";
const CHONG: &str = "Chong 2006, Pain Med 7:469";
const YANAGIHARA: &str = "Yanagihara 2003, doi 10.1002/bdd.336";
const WANG_2019: &str = "Wang 2019, doi 10.2147/DDDT.S224553";
const WANG_2025: &str = "Wang 2025, doi 10.3390/ph18071079";
const WEBER: &str = "Weber 2004, Paediatr Anaesth 14:983";
const LABEL: &str = "label of esketamine nasal spray";
const SIMONS: &str = "Simons 2022, Table 2, doi 10.3389/fpain.2022.946486";
const ASHRAF: &str = "Ashraf 2018, Table 3, doi 10.1002/psp4.12346";
const FANTA: &str = "Fanta 2015, doi 10.1007/s00228-015-1826-y; the label's text has the same";
const IDVALL: &str = "Idvall 1979, Br J Anaesth 51:1167";
const GLUE: &str = "Glue 2020, doi 10.1002/jcph.1573";
const QUOTED: &str = "an encyclopaedia (primidi.com), as quoted; grade B";
const THESIS: &str = "P. Simons' thesis (Leiden 2024), page 46; grade B";

/// What can be held against a model, or could be if one had the route and the analyte.
pub const STUDIES: &[Study] = &[
    study(
        racemate("0.5 mg/kg iv over 40 min"),
        "depression",
        ZARATE,
        &[n("ketamine", "Cmax", 185.0, "ng/mL", "site not stated"), n("ketamine", "Tmax", 40.0, "min", "")],
    ),
    study(
        racemate("10 mg iv over 1 min"),
        "9, geometric means; injection of 1 min assumed",
        PHAR,
        &[
            n("ketamine", "C(2 min)", 296.0, "ng/mL", "GSD 1.71, peak"),
            n("ketamine", "AUCinf", 113.0, "ng*h/mL", ""),
            n("norketamine", "AUCinf", 22.0, "ng*h/mL", "up to what time was not read"),
        ],
    ),
    study(
        racemate("10 mg intranasal"),
        "7, geometric means",
        PHAR,
        &[
            n("ketamine", "Cmax", 22.9, "ng/mL", "GSD 1.97"),
            n("ketamine", "Tmax", 23.0, "min", ""),
            n("ketamine", "AUCinf", 19.0, "ng*h/mL", ""),
            n("ketamine", "F", 0.17, "", ""),
        ],
    ),
    study(
        racemate("30 mg intranasal"),
        "10, geometric means",
        PHAR,
        &[
            n("ketamine", "Cmax", 60.8, "ng/mL", "GSD 1.90"),
            n("ketamine", "Tmax", 14.0, "min", ""),
            n("ketamine", "AUCinf", 46.0, "ng*h/mL", ""),
            n("ketamine", "F", 0.13, "", ""),
            n("norketamine", "Cmax", 68.1, "ng/mL", ""),
            n("norketamine", "Tmax", 60.0, "min", ""),
            n("norketamine", "AUCinf", 181.0, "ng*h/mL", ""),
        ],
    ),
    study(
        racemate("50 mg intranasal"),
        "10, geometric means",
        PHAR,
        &[
            n("ketamine", "Cmax", 77.6, "ng/mL", "GSD 2.29"),
            n("ketamine", "Tmax", 16.0, "min", ""),
            n("ketamine", "AUCinf", 64.0, "ng*h/mL", ""),
            n("ketamine", "F", 0.11, "", ""),
            n("norketamine", "Cmax", 105.0, "ng/mL", ""),
            n("norketamine", "Tmax", 56.0, "min", ""),
            n("norketamine", "AUCinf", 291.0, "ng*h/mL", ""),
        ],
    ),
    study(
        both("5 mg iv over 30 min", "2.5 mg iv over 30 min"),
        "15 healthy, racemate",
        HASAN,
        &[
            n("S-ketamine", "Cmax", 15.6, "ng/mL", "SD 4.5"),
            n("R-ketamine", "Cmax", 16.5, "ng/mL", "SD 4.9"),
            n("S-ketamine", "CL", 1620.0, "mL/min", "SD 380, metabolic"),
            n("R-ketamine", "CL", 1530.0, "mL/min", "SD 380, metabolic"),
            n("S-ketamine", "Vss", 6.6, "L/kg", "SD 2.2"),
            n("R-ketamine", "Vss", 5.6, "L/kg", "SD 2.1"),
            n("S-ketamine", "half_life", 5.2, "h", "SD 3.4"),
            n("R-ketamine", "half_life", 6.1, "h", "SD 3.1"),
            n("S-hydroxynorketamine", "AUC ratio", 1.7, "", "SD 0.8"),
            n("R-hydroxynorketamine", "AUC ratio", 3.1, "", "SD 1.4"),
        ],
    ),
    study(
        both("40 mg oral", "20 mg oral"),
        "15 healthy, racemate, prolonged release: models have none",
        HASAN,
        &[
            n("S-ketamine", "F", 0.15, "", "SD 0.08"),
            n("R-ketamine", "F", 0.19, "", "SD 0.10"),
            n("S-ketamine", "half_life", 11.0, "h", "SD 4"),
            n("R-ketamine", "half_life", 10.0, "h", "SD 4"),
            n("S-hydroxynorketamine", "AUC ratio", 18.0, "", "SD 11"),
            n("R-hydroxynorketamine", "AUC ratio", 30.0, "", "SD 16"),
        ],
    ),
    study(
        both("1 mg/kg iv", "0.5 mg/kg iv"),
        "32 Chinese, injected in 10 s",
        WANG_2019,
        &[
            n("S-ketamine", "CL", 18.1, "mL/min/kg", "SD 3.2, alone"),
            n("S-ketamine", "CL", 18.4, "mL/min/kg", "SD 3.4, as racemate"),
            n("R-ketamine", "CL", 15.8, "mL/min/kg", "SD 3.1, as racemate"),
        ],
    ),
    study(
        racemate("20 mg iv over 40 min"),
        "healthy Chinese, 10 mg R-ketamine alone: the R half of 20 mg racemate; infusion of 40 min assumed",
        WANG_2025,
        &[n("R-ketamine", "Cmax", 56.0, "ng/mL", ""), n("R-norketamine", "Cmax", 27.7, "ng/mL", "")],
    ),
    study(
        racemate("360 mg iv over 40 min"),
        "healthy Chinese, 180 mg R-ketamine alone: the R half of 360 mg racemate; infusion of 40 min assumed",
        WANG_2025,
        &[n("R-ketamine", "Cmax", 1424.0, "ng/mL", ""), n("R-norketamine", "Cmax", 491.0, "ng/mL", "")],
    ),
    study(
        racemate("10 mg iv over 1 min"),
        "6 patients; injection of 1 min assumed",
        CHONG,
        &[
            n("ketamine", "C(0.24 h)", 156.0, "ng/mL", "SD 161, peak at 0.24 h, SD 0.29"),
            n("norketamine", "Cmax", 38.0, "ng/mL", "SD 29"),
        ],
    ),
    study(
        racemate("20 mg iv over 1 min"),
        "3 healthy Japanese; injection of 1 min assumed",
        YANAGIHARA,
        &[n("ketamine", "half_life", 120.0, "min", "per enantiomer, about")],
    ),
    study(
        racemate("2 mg/kg iv over 1 min"),
        "anaesthesia; dose not read, on which a half-life does not depend",
        IDVALL,
        &[n("ketamine", "half_life", 79.0, "min", "+- 8")],
    ),
    Study {
        weight: 15.0,
        ..study(
            both("4 mg/kg iv", "2 mg/kg iv"),
            "10 children, 1 to 7 years, S-ketamine; 15 kg assumed",
            WEBER,
            &[
                n("S-ketamine", "C(3 min)", 1860.0, "ng/mL", "SD 883, peak at 3 min, SD 1"),
                n("S-norketamine", "C(40 min)", 429.0, "ng/mL", "SD 277, peak at 40 min"),
            ],
        )
    },
    Study {
        weight: 15.0,
        ..study(
            s("2 mg/kg intranasal"),
            "10 children, 1 to 7 years",
            WEBER,
            &[
                n("S-ketamine", "Cmax", 355.0, "ng/mL", "SD 172"),
                n("S-ketamine", "Tmax", 18.0, "min", "SD 13"),
                n("S-norketamine", "Cmax", 90.0, "ng/mL", "SD 128"),
                n("S-norketamine", "Tmax", 50.0, "min", ""),
            ],
        )
    },
    study(
        s("20 mg iv over 20 min"),
        "20 healthy, arterial, 6 h after a film, which the model is not given",
        SIMONS,
        &[
            n("S-ketamine", "Cmax", 273.0, "ng/mL", "259 to 287, after 50 mg"),
            n("S-ketamine", "Cmax", 260.0, "ng/mL", "251 to 269, after 100 mg"),
        ],
    ),
    study(
        s("0.1 mg/kg iv over 2 min"),
        "41 healthy, sampled from 10 min",
        ASHRAF,
        &[
            n("S-ketamine", "C(10 min)", 41.0, "ng/mL", "largest sample"),
            n("S-ketamine", "AUC(0 h, 24 h)", 70.0, "ng*h/mL", "without the peak before 10 min"),
            n("S-norketamine", "Cmax", 22.0, "ng/mL", ""),
            n("S-norketamine", "AUC(0 h, 24 h)", 161.0, "ng*h/mL", ""),
        ],
    ),
    study(
        s("28 mg iv over 40 min"),
        "label",
        LABEL,
        &[n("S-ketamine", "CL", 89.0, "L/h", "about"), n("S-ketamine", "Vss", 709.0, "L", "")],
    ),
    study(
        s("28 mg intranasal"),
        "label",
        LABEL,
        &[
            range("S-ketamine", "Tmax", [20.0, 40.0], "min", "after the last spray"),
            range("S-ketamine", "half_life", [7.0, 12.0], "h", ""),
            n("S-norketamine", "half_life", 8.0, "h", "about"),
        ],
    ),
    study(s("84 mg intranasal"), "label", LABEL, &[n("S-ketamine", "F", 0.48, "", "about; dose not stated")]),
    study(s("56 mg intranasal"), "as quoted", QUOTED, &[range("S-ketamine", "F", [0.25, 0.5], "", "")]),
    study(
        s("50 mg buccal"),
        "20 healthy, arterial",
        SIMONS,
        &[
            n("S-ketamine", "Cmax", 96.0, "ng/mL", ""),
            n("S-ketamine", "Tmax", 18.8, "min", ""),
            n("S-ketamine", "AUC(0 h, 6 h)", 8363.0, "ng*min/mL", ""),
            n("S-norketamine", "Cmax", 276.0, "ng/mL", ""),
            n("S-norketamine", "Tmax", 61.0, "min", ""),
            n("S-norketamine", "AUC(0 h, 6 h)", 38497.0, "ng*min/mL", ""),
            n("S-hydroxynorketamine", "Cmax", 101.0, "ng/mL", ""),
            n("S-hydroxynorketamine", "Tmax", 81.0, "min", ""),
            n("S-hydroxynorketamine", "AUC(0 h, 6 h)", 24087.0, "ng*min/mL", ""),
        ],
    ),
    study(
        s("100 mg buccal"),
        "20 healthy, arterial",
        SIMONS,
        &[
            n("S-ketamine", "Cmax", 144.0, "ng/mL", ""),
            n("S-ketamine", "Tmax", 19.1, "min", ""),
            n("S-ketamine", "AUC(0 h, 6 h)", 13347.0, "ng*min/mL", ""),
            n("S-norketamine", "Cmax", 426.0, "ng/mL", ""),
            n("S-norketamine", "Tmax", 78.0, "min", ""),
            n("S-norketamine", "AUC(0 h, 6 h)", 67959.0, "ng*min/mL", ""),
            n("S-hydroxynorketamine", "Cmax", 189.0, "ng/mL", ""),
            n("S-hydroxynorketamine", "Tmax", 109.0, "min", ""),
            n("S-hydroxynorketamine", "AUC(0 h, 6 h)", 44972.0, "ng*min/mL", ""),
        ],
    ),
    study(
        s("0.2 mg/kg oral"),
        "41 healthy",
        ASHRAF,
        &[
            n("S-ketamine", "Cmax", 9.37, "ng/mL", ""),
            n("S-ketamine", "AUC(0 h, 24 h)", 22.4, "ng*h/mL", ""),
            n("S-norketamine", "Cmax", 56.0, "ng/mL", ""),
            n("S-norketamine", "AUC(0 h, 24 h)", 279.0, "ng*h/mL", ""),
        ],
    ),
    study(s("0.25 mg/kg oral"), "11 men", FANTA, &[n("S-ketamine", "F", 0.08, "", "IIV 11 %")]),
    study(racemate("0.5 mg/kg oral"), "healthy", GRANT, &[n("ketamine", "Cmax", 45.0, "ng/mL", "+- 10")]),
    study(
        racemate("25 mg oral"),
        "6 patients",
        CHONG,
        &[
            n("ketamine", "Cmax", 22.8, "ng/mL", "SD 12.8"),
            n("ketamine", "Tmax", 0.96, "h", "SD 0.8"),
            n("ketamine", "F", 0.23, "", "SD 0.09"),
            n("norketamine", "Cmax", 82.0, "ng/mL", "SD 34"),
        ],
    ),
    study(
        both("50 mg oral", "25 mg oral"),
        "3 healthy Japanese, tablet of racemate",
        YANAGIHARA,
        &[
            n("S-ketamine", "F", 0.20, "", ""),
            n("S-norketamine", "AUC(0 h, 8 h)", 500.0, "ng*h/mL", "about, per enantiomer; unit not read"),
        ],
    ),
    study(both("25 mg oral", "12.5 mg oral"), "general", THESIS, &[range("S-ketamine", "F", [0.08, 0.24], "", "")]),
    study(both("25 mg oral", "12.5 mg oral"), "as quoted", QUOTED, &[range("S-ketamine", "F", [0.17, 0.20], "", "")]),
    study(
        racemate("25 mg sublingual"),
        "8 men, wafer",
        ROLAN,
        &[n("ketamine", "Tmax", 0.75, "h", "0.25 to 1.0"), n("ketamine", "F", 0.29, "", "0.27 to 0.31")],
    ),
    study(
        racemate("25 mg sublingual"),
        "6 patients",
        CHONG,
        &[
            n("ketamine", "Cmax", 28.6, "ng/mL", "SD 6.6"),
            n("ketamine", "Tmax", 0.76, "h", "SD 0.51"),
            n("ketamine", "F", 0.32, "", "SD 0.17"),
            n("norketamine", "Cmax", 66.0, "ng/mL", "SD 29"),
        ],
    ),
    study(
        both("50 mg sublingual", "25 mg sublingual"),
        "3 healthy Japanese, racemate",
        YANAGIHARA,
        &[
            n("S-ketamine", "F", 0.30, "", ""),
            range("S-norketamine", "AUC(0 h, 8 h)", [280.0, 460.0], "ng*h/mL", "per enantiomer; unit not read"),
        ],
    ),
    study(
        both("25 mg sublingual", "12.5 mg sublingual"),
        "general",
        THESIS,
        &[range("S-ketamine", "F", [0.24, 0.29], "", "")],
    ),
    study(
        racemate("50 mg rectal"),
        "3 healthy Japanese",
        YANAGIHARA,
        &[
            n("ketamine", "F", 0.30, "", ""),
            range("S-norketamine", "AUC(0 h, 8 h)", [280.0, 460.0], "ng*h/mL", "per enantiomer; unit not read"),
        ],
    ),
    study(
        racemate("25 mg intranasal"),
        "3 healthy Japanese",
        YANAGIHARA,
        &[
            n("ketamine", "F", 0.45, "", ""),
            n("S-norketamine", "AUC(0 h, 6 h)", 100.0, "ng*h/mL", "about, per enantiomer; unit not read"),
        ],
    ),
    study(
        racemate("35 mg im"),
        "any dose",
        QUOTED,
        &[range("ketamine", "Tmax", [5.0, 15.0], "min", ""), n("ketamine", "F", 0.93, "", "Clements 1982, not opened")],
    ),
];

pub const APART: &[Apart] = &[
    Apart {
        given: "racemate, controlled-release tablet of 60, 120 and 240 mg, healthy",
        numbers: "release over about 10 h, about 90 % as norketamine, half-life 7 to 9 h",
        why: "no model of such a tablet, and no concentration was read",
        source: GLUE,
    },
    Apart {
        given: "racemate, anaesthesia",
        numbers: "recovery at 2.7 +- 0.9, maintenance at 9.3 +- 0.8 umol/L",
        why: "levels to aim at, without a dose",
        source: IDVALL,
    },
    Apart {
        given: "esketamine intranasal",
        numbers: "at least 78 % in urine, at most 2 % in faeces; 43 to 45 % bound; a fast phase of 2 to 4 h; no accumulation \
                  twice weekly",
        why: "no model has excretion or binding (bound drug is in the effect nmda-occupancy); phases before the last are no \
              metric, and accumulation has no number",
        source: LABEL,
    },
    Apart {
        given: "racemate, 5 mg iv and 40 mg oral, 15 healthy",
        numbers: "renal 7 and 17 %",
        why: "no model has excretion into urine",
        source: HASAN,
    },
    Apart {
        given: "S-ketamine, 0.2 mg/kg oral with ticlopidine",
        numbers: "S-ketamine Cmax 18.1, AUC 53.2; S-norketamine Cmax 45, AUC 250",
        why: "one model has the interaction: the tables of published numbers and of people compare it",
        source: ASHRAF,
    },
    Apart {
        given: "esketamine intranasal, 28, 56 and 84 mg",
        numbers: "18 strata",
        why: "in the table of published numbers",
        source: "Perez-Ruixo 2021, Table 4",
    },
    Apart {
        given: "racemate, 0.5 mg/kg im",
        numbers: "Cmax about 240 ng/mL at 22 min; oral F 0.17",
        why: "remembered, not read in any source",
        source: "Grant 1981, Br J Anaesth 53:805-810, not opened",
    },
];
