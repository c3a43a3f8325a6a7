//! What is known of every metric, in one table; documents, lists and tables are made from it.

use super::Scale;

/// One metric of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// Which one it is.
    pub metric: Metric,
    /// The name used in plans, checks and tables.
    pub name: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    /// What it is measured in.
    pub scale: Scale,
    /// How it is computed from the solution of a model; none if it is not.
    pub exact: Option<&'static str>,
    /// How it is computed from samples by [`super::nca`]; none if it is not.
    pub sampled: Option<&'static str>,
    /// What it needs beside the concentrations.
    pub needs: &'static [Need],
    /// Where the definition comes from.
    pub reference: &'static str,
    /// The parameter codes of the CDISC terminology for NCA of a sampled profile.
    pub cdisc: Codes,
}

/// What a metric needs beside concentrations at times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A terminal slope.
    Slope,
    /// The dose, with its unit.
    Dose,
    /// The dosing interval, or an interval that ends.
    Interval,
    /// The dosing interval.
    Tau,
    /// A level.
    Level,
    /// A time.
    Time,
    /// A bolus into a vein.
    Bolus,
    /// A dose into a vein.
    Vein,
    /// A dose that is absorbed first.
    Absorption,
    /// Another dose of the same model.
    Reference,
}

impl Need {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Need::Slope => "a terminal slope",
            Need::Dose => "the dose",
            Need::Interval => "an interval that ends, or tau",
            Need::Tau => "tau",
            Need::Level => "a level",
            Need::Time => "a time",
            Need::Bolus => "a bolus into a vein",
            Need::Vein => "a dose into a vein",
            Need::Absorption => "a dose outside a vein",
            Need::Reference => "another dose",
        }
    }
}

/// Codes of the CDISC terminology (PKPARMCD).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// None that is known.
    None,
    /// One for every route.
    One(&'static str),
    /// One into a vein, and none outside it.
    Vein(&'static str),
    /// One outside a vein, and one into it.
    Two(&'static str, &'static str),
    /// One outside a vein, one for a bolus, one for an infusion.
    Three(&'static str, &'static str, &'static str),
}

impl Codes {
    /// The code for a dose by a route.
    pub fn of(self, way: Way) -> Option<&'static str> {
        match (self, way) {
            (Codes::None, _) | (Codes::Vein(_), Way::Outside) => None,
            (Codes::One(code) | Codes::Vein(code), _)
            | (Codes::Two(code, _) | Codes::Three(code, ..), Way::Outside)
            | (Codes::Two(_, code) | Codes::Three(_, code, _), Way::Bolus)
            | (Codes::Two(_, code) | Codes::Three(.., code), Way::Infusion) => Some(code),
        }
    }

    /// All of them: outside a vein, bolus, infusion.
    pub fn all(self) -> Vec<&'static str> {
        let mut all: Vec<_> = [Way::Outside, Way::Bolus, Way::Infusion].iter().filter_map(|w| self.of(*w)).collect();
        all.dedup();
        all
    }
}

/// How a dose comes into the body, as far as names depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By mouth, nose, muscle, skin: absorbed first.
    Outside,
    /// At once into a vein.
    Bolus,
    /// Over some time into a vein.
    Infusion,
}

impl Definition {
    /// Whether samples after a dose by a route can give it.
    pub fn possible(&self, way: Way) -> bool {
        self.needs.iter().all(|need| match need {
            Need::Vein => way != Way::Outside,
            Need::Bolus => way == Way::Bolus,
            Need::Absorption => way == Way::Outside,
            _ => true,
        })
    }

    /// The name by a route: outside a vein a clearance is CL/F.
    pub fn label(&self, way: Way) -> String {
        let scaled = matches!(self.scale, Scale::Clearance | Scale::Volume);
        let apparent = scaled && way == Way::Outside && self.possible(way);
        match (apparent, self.name.split_once('_')) {
            (false, _) => self.name.to_string(),
            (true, None) => format!("{}/F", self.name),
            (true, Some((name, rest))) => format!("{name}/F_{rest}"),
        }
    }
}

const GABRIELSSON: &str = "Gabrielsson & Weiner 2016, Pharmacokinetic and Pharmacodynamic Data Analysis, ch. 2.8";
const YAMAOKA: &str = "Yamaoka, Nakagawa & Uno 1978, J Pharmacokinet Biopharm 6:547";
const PURVES: &str = "Purves 1992, J Pharmacokinet Biopharm 20:211";
const SMITH: &str = "Smith & Schentag 1984, J Pharm Sci 73:281";
const ROWLAND: &str = "Rowland & Tozer 2011, Clinical Pharmacokinetics and Pharmacodynamics, ch. 11";

macro_rules! registry {
    ($($metric:ident $name:literal $title:literal $scale:ident
        $(exact $exact:literal)? $(sampled $sampled:literal)? [$($need:ident)*] $reference:ident $(vein $vein:literal)? $($codes:literal)*;)*) => {
        /// The metrics by name, in the order of [`REGISTRY`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Metric {
            $(#[doc = $title] $metric,)*
        }

        /// Every metric, in the order of tables.
        pub static REGISTRY: &[Definition] = &[
            $(Definition {
                metric: Metric::$metric,
                name: $name,
                title: $title,
                scale: Scale::$scale,
                exact: registry!(@maybe $($exact)?),
                sampled: registry!(@maybe $($sampled)?),
                needs: &[$(Need::$need),*],
                reference: $reference,
                cdisc: registry!(@codes $(vein $vein)? $($codes)*),
            },)*
        ];
    };
    (@maybe) => { None };
    (@maybe $text:literal) => { Some($text) };
    (@codes) => { Codes::None };
    (@codes vein $vein:literal) => { Codes::Vein($vein) };
    (@codes $one:literal) => { Codes::One($one) };
    (@codes $outside:literal $vein:literal) => { Codes::Two($outside, $vein) };
    (@codes $outside:literal $bolus:literal $infusion:literal) => { Codes::Three($outside, $bolus, $infusion) };
}

registry! {
    Cmax "Cmax" "largest concentration" Output
        exact "max of C(t); stationary points by root finding"
        sampled "the largest sample" [] GABRIELSSON "CMAX";
    Tmax "Tmax" "time of the largest concentration" Time
        exact "the first t with C(t) = Cmax, from the first device of the first dose; of an interval, from its beginning"
        sampled "the time of the first sample that is Cmax, from the dose if it is in the interval (winnonlin), else from its beginning" [] GABRIELSSON "TMAX";
    Cmin "Cmin" "smallest concentration" Output
        exact "min of C(t); stationary points by root finding"
        sampled "the smallest sample of the interval" [Interval] GABRIELSSON "CMIN";
    C "C" "concentration at a time" Output
        exact "C(t)" [Time] GABRIELSSON;
    C0 "C0" "concentration just after a bolus" Output
        sampled "the sample at the dose, else extended back as the rule for time zero says" [Bolus] GABRIELSSON "C0";
    Cdose "Cdose" "concentration at the start of the interval" Output
        sampled "the sample there, else as the rule for time zero says" [] GABRIELSSON;
    Tlag "Tlag" "time before absorption" Time
        sampled "the time of the last sample before the first that can be quantified (winnonlin) or before the first rise (pknca)"
        [Absorption] GABRIELSSON "TLAG";
    Clast "Clast" "last concentration that can be quantified" Output
        sampled "the last positive sample" [] GABRIELSSON "CLST";
    Tlast "Tlast" "time of the last concentration that can be quantified" Time
        sampled "the time of Clast" [] GABRIELSSON "TLST";
    ClastPred "Clast_pred" "concentration at Tlast on the line of the terminal slope" Output
        sampled "exp(intercept - lambda_z Tlast)" [Slope] GABRIELSSON "CLSTP";
    AucLast "AUClast" "area under the curve to the last concentration" Area
        sampled "trapezoids from the start to Tlast" [] PURVES "AUCLST";
    AucAll "AUCall" "area under the curve to the last sample" Area
        sampled "AUClast and the trapezoid from Clast down to the next sample" [] PURVES "AUCALL";
    Auc "AUC" "area under the curve between two times" Area
        exact "integral of C(t): in closed form of a linear output, else by quadrature of the solution"
        sampled "trapezoids, interpolated at both ends; after Tlast along the terminal slope" [Interval] GABRIELSSON "AUCINT";
    AucSampled "AUC_sampled" "area under the curve between two times, nothing after the last concentration" Area
        sampled "as AUC, with nothing after Tlast" [Interval] GABRIELSSON;
    AucTau "AUCtau" "area under the curve over a dosing interval" Area
        sampled "as AUC, from the dose to tau" [Tau] GABRIELSSON "AUCTAU";
    AucInf "AUCinf" "area under the curve to infinity" Area
        exact "integral of C(t) from 0 to infinity, in closed form of a linear output; others have none"
        sampled "AUClast + Clast / lambda_z" [Slope] GABRIELSSON "AUCIFO";
    AucInfPred "AUCinf_pred" "area under the curve to infinity, from the line of the terminal slope" Area
        sampled "AUClast + Clast_pred / lambda_z" [Slope] GABRIELSSON "AUCIFP";
    AucExtrapolated "AUC_extrapolated" "part of AUCinf after the last concentration" Percent
        sampled "100 (AUCinf - AUClast) / AUCinf" [Slope] GABRIELSSON "AUCPEO";
    AucExtrapolatedPred "AUC_extrapolated_pred" "part of AUCinf_pred after the last concentration" Percent
        sampled "100 (AUCinf_pred - AUClast) / AUCinf_pred" [Slope] GABRIELSSON "AUCPEP";
    AucBack "AUC_back" "part of AUCinf before the first sample of a bolus" Percent
        sampled "100 (area from the dose to the first sample) / AUCinf" [Slope Bolus] GABRIELSSON "AUCPBEO";
    AucBackPred "AUC_back_pred" "part of AUCinf_pred before the first sample of a bolus" Percent
        sampled "100 (area from the dose to the first sample) / AUCinf_pred" [Slope Bolus] GABRIELSSON "AUCPBEP";
    AumcLast "AUMClast" "area under the moment curve to the last concentration" Moment
        sampled "trapezoids of t C(t) from the start to Tlast" [] YAMAOKA "AUMCLST";
    AumcTau "AUMCtau" "area under the moment curve over a dosing interval" Moment
        sampled "trapezoids of t C(t) from the dose to tau" [Tau] YAMAOKA "AUMCTAU";
    AumcInf "AUMCinf" "area under the moment curve to infinity" Moment
        sampled "AUMClast + Tlast Clast / lambda_z + Clast / lambda_z^2" [Slope] YAMAOKA "AUMCIFO";
    AumcInfPred "AUMCinf_pred" "area under the moment curve to infinity, from the line of the terminal slope" Moment
        sampled "AUMClast + Tlast Clast_pred / lambda_z + Clast_pred / lambda_z^2" [Slope] YAMAOKA "AUMCIFP";
    AumcExtrapolated "AUMC_extrapolated" "part of AUMCinf after the last concentration" Percent
        sampled "100 (AUMCinf - AUMClast) / AUMCinf" [Slope] YAMAOKA "AUMCPEO";
    AumcExtrapolatedPred "AUMC_extrapolated_pred" "part of AUMCinf_pred after the last concentration" Percent
        sampled "100 (AUMCinf_pred - AUMClast) / AUMCinf_pred" [Slope] YAMAOKA "AUMCPEP";
    LambdaZ "lambda_z" "terminal slope" Rate
        sampled "minus the slope of the regression of ln C on t, on the last points with the largest adjusted R2" [Slope]
        GABRIELSSON "LAMZ";
    LambdaZFrom "lambda_z_from" "first time of the terminal slope" Time
        sampled "the time of the first point of the regression" [Slope] GABRIELSSON "LAMZLL";
    LambdaZTo "lambda_z_to" "last time of the terminal slope" Time
        sampled "the time of the last point of the regression" [Slope] GABRIELSSON "LAMZUL";
    LambdaZPoints "lambda_z_points" "points of the terminal slope" Count
        sampled "the number of points of the regression" [Slope] GABRIELSSON "LAMZNPT";
    R2 "R2" "R2 of the terminal slope" Ratio
        sampled "1 - residual over total sum of squares of ln C" [Slope] GABRIELSSON "R2";
    R2Adjusted "R2_adjusted" "adjusted R2 of the terminal slope" Ratio
        sampled "1 - (1 - R2) (n - 1) / (n - 2)" [Slope] GABRIELSSON "R2ADJ";
    HalfLife "half_life" "terminal half-life" Time
        exact "ln 2 over the rate of the slowest mode that contributes to a linear output; others have none"
        sampled "ln 2 / lambda_z" [Slope] GABRIELSSON "LAMZHL";
    Span "span" "half-lives that the terminal slope rests on" Ratio
        sampled "(lambda_z_to - lambda_z_from) / half_life" [Slope] GABRIELSSON "LAMZSPN";
    MrtLast "MRTlast" "mean residence time to the last concentration" Time
        sampled "AUMClast / AUClast, less half the duration of an infusion, after a single dose (winnonlin) or in any interval (pknca)" [] YAMAOKA "MRTEVLST" "MRTIBLST" "MRTICLST";
    Mrt "MRT" "mean residence time" Time
        exact "integral of t C(t) over AUCinf, less half the duration of an infusion, of a linear output; others have none"
        sampled "AUMCinf / AUCinf, less half the duration of an infusion, after a single dose" [Slope] YAMAOKA "MRTEVIFO" "MRTIBIFO" "MRTICIFO";
    MrtPred "MRT_pred" "mean residence time, from the line of the terminal slope" Time
        sampled "AUMCinf_pred / AUCinf_pred, less half the duration of an infusion, after a single dose" [Slope] YAMAOKA
        "MRTEVIFP" "MRTIBIFP" "MRTICIFP";
    MrtTau "MRTtau" "mean residence time at steady state" Time
        sampled "(AUMCtau + tau (AUCinf - AUCtau)) / AUCtau, less half the duration of an infusion" [Slope Tau] SMITH;
    Cl "CL" "clearance; CL/F outside a vein" Clearance
        sampled "dose / AUCinf, after a single dose" [Slope Dose] ROWLAND "CLFO" "CLO";
    ClPred "CL_pred" "clearance, from the line of the terminal slope" Clearance
        sampled "dose / AUCinf_pred, after a single dose" [Slope Dose] ROWLAND "CLFP" "CLP";
    ClLast "CLlast" "dose over the area to the last concentration" Clearance
        sampled "dose / AUClast, after a single dose (winnonlin) or in any interval (pknca)" [Dose] ROWLAND;
    ClTau "CLtau" "clearance at steady state" Clearance
        sampled "dose / AUCtau" [Dose Tau] ROWLAND "CLFTAU" "CLTAU";
    Vz "Vz" "volume of distribution of the terminal phase" Volume
        sampled "dose / (lambda_z AUCinf), after a single dose" [Slope Dose] ROWLAND "VZFO" "VZO";
    VzPred "Vz_pred" "volume of distribution of the terminal phase, from its line" Volume
        sampled "dose / (lambda_z AUCinf_pred), after a single dose" [Slope Dose] ROWLAND "VZFP" "VZP";
    VzTau "Vztau" "volume of distribution of the terminal phase at steady state" Volume
        sampled "dose / (lambda_z AUCtau)" [Slope Dose Tau] ROWLAND "VZFTAU" "VZTAU";
    Vss "Vss" "volume of distribution at steady state" Volume
        sampled "CL MRT after a single dose, CLtau MRTtau with tau" [Slope Dose Vein] YAMAOKA vein "VSSO";
    VssPred "Vss_pred" "volume of distribution at steady state, from the line of the terminal slope" Volume
        sampled "CL_pred MRT_pred after a single dose; with tau CLtau MRTtau, of AUCinf_pred" [Slope Dose Vein] YAMAOKA vein "VSSP";
    Cavg "Cavg" "average concentration over an interval" Output
        sampled "AUCtau / tau, or AUC over the length of an interval (winnonlin); AUClast over the length (pknca)" [Interval]
        ROWLAND "CAVG";
    Ctrough "Ctrough" "concentration at the end of an interval" Output
        sampled "the sample there; else interpolated, or along the terminal slope (winnonlin), or none (pknca)" [Interval]
        ROWLAND "CTROUGH";
    Fluctuation "fluctuation" "range of the concentration over its average" Percent
        sampled "100 (Cmax - Cmin) / Cavg" [Interval] ROWLAND "FLUCP";
    Swing "swing" "range of the concentration over its minimum" Ratio
        sampled "(Cmax - Cmin) / Cmin (winnonlin); 100 times that, in percent (pknca)" [Interval] ROWLAND "SWING";
    PeakTrough "peak_trough" "largest concentration over that at the end of an interval" Ratio
        sampled "Cmax / Ctrough" [Interval] ROWLAND "PTROUGHR";
    Accumulation "accumulation" "accumulation at steady state that the terminal slope predicts" Ratio
        sampled "1 / (1 - exp(-lambda_z tau))" [Slope Tau] ROWLAND "AILAMZ";
    TimeAbove "time_above" "time above a level" Time
        exact "sum of the intervals with C(t) above the level; crossings by root finding"
        sampled "sum of the intervals above the level, crossings interpolated, to the last sample" [Level] GABRIELSSON "TAT";
    LastAbove "last_above" "time until a level is no longer exceeded" Time
        exact "the end of the last interval with C(t) above the level; 0 where there is none"
        sampled "the same of the samples, crossings interpolated, to the last sample" [Level] GABRIELSSON;
    F "F" "bioavailability relative to another dose of the same model" Ratio
        exact "(AUCinf / dose) over (AUCinf / dose) of the reference" [Reference] GABRIELSSON;
}

impl Metric {
    /// What the registry says of it.
    pub fn definition(self) -> &'static Definition {
        &REGISTRY[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.definition().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_stands_where_it_is_looked_for_and_once() {
        for (i, d) in REGISTRY.iter().enumerate() {
            assert_eq!(d.metric as usize, i, "{}", d.name);
            assert_eq!(REGISTRY.iter().filter(|e| e.name == d.name).count(), 1, "{}", d.name);
            assert!(d.exact.is_some() || d.sampled.is_some(), "{} has no source", d.name);
            assert!(!d.title.is_empty() && !d.reference.is_empty());
        }
    }

    #[test]
    fn codes_are_codes_and_belong_to_one_metric() {
        let all: Vec<&str> = REGISTRY.iter().flat_map(|d| d.cdisc.all()).collect();
        for code in &all {
            let plain = code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            assert!(plain && (1..=8).contains(&code.len()), "{code}");
            assert_eq!(all.iter().filter(|other| *other == code).count(), 1, "{code}");
        }
    }

    #[test]
    fn names_and_codes_follow_the_route() {
        let cl = Metric::ClPred.definition();
        assert_eq!((cl.label(Way::Outside), cl.label(Way::Bolus)), ("CL/F_pred".into(), "CL_pred".into()));
        assert_eq!((cl.cdisc.of(Way::Outside), cl.cdisc.of(Way::Infusion)), (Some("CLFP"), Some("CLP")));
        assert_eq!(Metric::Mrt.definition().cdisc.of(Way::Infusion), Some("MRTICIFO"));
        assert_eq!(Metric::Vss.definition().cdisc.all(), ["VSSO"]);
        assert_eq!(Metric::Cmax.definition().label(Way::Outside), "Cmax");
        let ways = |metric: Metric| [Way::Outside, Way::Bolus, Way::Infusion].map(|w| metric.definition().possible(w));
        assert_eq!(ways(Metric::VssPred), [false, true, true]);
        assert_eq!(ways(Metric::C0), [false, true, false]);
        assert_eq!((ways(Metric::Tlag), ways(Metric::Cl)), ([true, false, false], [true; 3]));
    }
}
