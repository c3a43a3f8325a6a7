//! The analysis of one interval of one subject.

use super::curve::{Area, Joined, Point, peak, points};
use super::report::{Flag, Missing, Report, Start};
use super::samples::Samples;
use super::setting::{Convention, Route, Setting, TimeZero};
use super::slope::{Slope, slope};
use crate::metrics::registry::Metric;

type Value = Result<f64, Missing>;

/// What is known of an interval before metrics are asked of it.
pub(super) struct Work<'a> {
    setting: &'a Setting,
    start: f64,
    end: f64,
    /// Times of results count from here.
    origin: f64,
    /// Points of the interval.
    inside: Vec<Point>,
    /// Points from its start to the end of the profile.
    after: Vec<Point>,
    /// The dosing interval, or the interval if it ends.
    window: Option<(f64, f64)>,
    /// Its points.
    within: Vec<Point>,
    joined: Joined,
    /// The value at the start, and where it comes from.
    zero: Result<(f64, Start), Missing>,
    slope: Result<Slope, Missing>,
}

impl<'a> Work<'a> {
    /// Looks at an interval.
    pub fn new(samples: &Samples, setting: &'a Setting) -> Result<Work<'a>, Missing> {
        let (start, end) = setting.span();
        let winnonlin = setting.convention == Convention::WinNonlin;
        let blq = setting.blq.unwrap_or(setting.convention.blq());
        let inside = points(samples, (start, end), blq);
        if inside.is_empty() {
            return Err(Missing::NoSamples);
        }
        if !inside.iter().any(|p| p.real) {
            return Err(Missing::NothingQuantifiable);
        }
        let after = points(samples, (start, f64::INFINITY), blq);
        let tau = setting.tau.map(|tau| (start, start + tau));
        let window = tau.or((end.is_finite()).then_some((start, end)));
        let within = window.map_or_else(Vec::new, |span| points(samples, span, blq));
        // At steady state WinNonlin looks for the peak in the dosing interval.
        let until = tau.filter(|_| winnonlin).map_or(f64::INFINITY, |(_, end)| end);
        let tmax = peak(inside.iter().filter(|p| p.t <= until)).map_or(start, |p| p.t);
        let of_dose = winnonlin && (start..end).contains(&setting.dose_time);
        let origin = if of_dose { setting.dose_time } else { start };
        let joined = Joined { rule: setting.rule, tmax, origin };
        let mut work = Work {
            setting,
            start,
            end,
            origin,
            inside,
            after,
            window,
            within,
            joined,
            zero: Err(Missing::NoTimeZero),
            slope: Err(Missing::NoSamples),
        };
        work.zero = work.at_start(&points(samples, (f64::NEG_INFINITY, f64::INFINITY), blq));
        work.slope = if winnonlin && setting.dose_time < start {
            work.terminal(&points(samples, (setting.dose_time, f64::INFINITY), blq), until)
        } else {
            work.terminal(if winnonlin { &work.after } else { &work.inside }, until)
        };
        Ok(work)
    }

    /// The terminal slope of these points; the peak is looked for up to a time.
    fn terminal(&self, points: &[Point], until: f64) -> Result<Slope, Missing> {
        let tmax = peak(points.iter().filter(|p| p.t <= until)).map_or(self.start, |p| p.t);
        let earliest = match self.setting.route {
            Route::Bolus => tmax,
            Route::Infusion(over) if self.setting.convention == Convention::WinNonlin => {
                tmax.next_up().max(self.setting.dose_time + over)
            }
            Route::Infusion(_) | Route::Extravascular => tmax.next_up(),
        };
        slope(points, &self.setting.half_life, earliest)
    }

    /// The value at the start of the interval; `profile` is all there is.
    fn at_start(&self, profile: &[Point]) -> Result<(f64, Start), Missing> {
        if self.inside[0].t == self.start {
            return Ok((self.inside[0].c, Start::Measured));
        }
        let next = profile.partition_point(|p| p.t < self.start);
        // Across a dose nothing can be interpolated.
        if self.start != self.setting.dose_time && next > 0 && next < profile.len() {
            return Ok((self.joined.value(profile[next - 1], profile[next], self.start), Start::Interpolated));
        }
        let bolus = self.setting.route == Route::Bolus;
        let rule = match (self.setting.time_zero, self.setting.convention) {
            (TimeZero::Auto, _) if bolus => TimeZero::LogSlope,
            (TimeZero::Auto, Convention::Pknca) => TimeZero::Nothing,
            (TimeZero::Auto, _) if self.setting.tau.is_some() => TimeZero::Minimum,
            (TimeZero::Auto, _) => TimeZero::Zero,
            (rule, _) => rule,
        };
        match rule {
            TimeZero::LogSlope => Ok(self.log_slope().unwrap_or((self.inside[0].c, Start::First))),
            TimeZero::First => Ok((self.inside[0].c, Start::First)),
            TimeZero::Minimum => {
                let span = if self.within.is_empty() { &self.inside } else { &self.within };
                Ok((span.iter().map(|p| p.c).fold(f64::INFINITY, f64::min), Start::Minimum))
            }
            TimeZero::Zero => Ok((0.0, Start::Zero)),
            TimeZero::Nothing | TimeZero::Auto => Err(Missing::NoTimeZero),
        }
    }

    /// Back along the first two concentrations, if they fall.
    fn log_slope(&self) -> Option<(f64, Start)> {
        let [p, q, ..] = self.inside[..] else { return None };
        let falls = p.c > q.c && q.c > 0.0;
        let share = (p.t - self.start) / (q.t - p.t);
        falls.then(|| (p.c * (share * (p.c / q.c).ln()).exp(), Start::LogSlope))
    }

    /// Points with the start in front.
    fn with_start(&self, points: &[Point]) -> Result<Vec<Point>, Missing> {
        let (c, start) = self.zero?;
        let lead = (start != Start::Measured).then_some(Point { t: self.start, c, real: false });
        Ok(lead.into_iter().chain(points.iter().copied()).collect())
    }

    fn slope(&self) -> Result<&Slope, Missing> {
        self.slope.as_ref().map_err(|missing| *missing)
    }

    /// Trapezoids up to the last concentration that can be quantified.
    fn to_last(&self, points: &[Point]) -> Result<Area, Missing> {
        let curve = self.with_start(points)?;
        let last = curve.iter().rposition(|p| p.real).ok_or(Missing::NothingQuantifiable)?;
        Ok(self.joined.along(&curve[..=last]))
    }

    /// The area from the start to a time, along the terminal slope after the last concentration, or nothing there.
    fn area(&self, end: f64, extrapolated: bool) -> Result<Area, Missing> {
        let curve = self.with_start(&self.after)?;
        let last = curve.iter().rposition(|p| p.real).ok_or(Missing::NothingQuantifiable)?;
        let Point { t, c, .. } = curve[last];
        if end <= t {
            return Ok(self.joined.until(&curve[..=last], end));
        }
        let mut area = self.joined.along(&curve[..=last]);
        if extrapolated {
            let (rate, since) = (self.slope()?.rate, t - self.origin);
            let left = (-rate * (end - t)).exp();
            let auc = c * (1.0 - left) / rate;
            let aumc = since * auc + c * (1.0 - left * (1.0 + rate * (end - t))) / (rate * rate);
            area += Area { auc, aumc };
        }
        Ok(area)
    }

    /// The concentration at the end of the window.
    fn trough(&self) -> Value {
        let (_, end) = self.window.ok_or(Missing::NoInterval)?;
        if let Some(last) = self.within.last().filter(|p| p.t == end) {
            return Ok(last.c);
        }
        if self.setting.convention == Convention::Pknca {
            return Err(Missing::NoEndSample);
        }
        let curve = self.with_start(&self.after)?;
        let next = curve.partition_point(|p| p.t < end);
        match curve[next..].iter().any(|p| p.real) {
            true => Ok(self.joined.value(curve[next - 1], curve[next], end)),
            false => {
                let last = curve.iter().rfind(|p| p.real).ok_or(Missing::NothingQuantifiable)?;
                Ok(last.c * (-self.slope()?.rate * (end - last.t)).exp())
            }
        }
    }

    /// Everything.
    pub fn report(self) -> Report {
        let mut report = Report::without((self.start, self.end), Missing::NotSampled);
        report.start = self.zero.ok().map(|(_, start)| start);
        report.slope = self.slope.clone().ok();
        self.levels(&mut report);
        self.terminal_phase(&mut report);
        self.areas(&mut report);
        self.steady_state(&mut report);
        self.disposition(&mut report);
        report.flags = self.flags(&report);
        report
    }

    fn levels(&self, report: &mut Report) {
        let cmax = self.inside.iter().find(|p| p.t == self.joined.tmax).map(|p| p.c);
        report.set(Metric::Cmax, cmax.ok_or(Missing::NoSamples));
        report.set(Metric::Tmax, cmax.map(|_| self.joined.tmax - self.origin).ok_or(Missing::NoSamples));
        let last = self.inside.iter().rfind(|p| p.real).ok_or(Missing::NothingQuantifiable);
        report.set(Metric::Clast, last.map(|p| p.c));
        report.set(Metric::Tlast, last.map(|p| p.t - self.origin));
        let zero = self.zero.map(|(c, _)| c);
        report.set(Metric::Cdose, zero);
        report.set(Metric::C0, if self.setting.route == Route::Bolus { zero } else { Err(Missing::NotBolus) });
        report.set(Metric::Tlag, self.lag());
        report.set(Metric::TimeAbove, self.time_above());
        report.set(Metric::LastAbove, self.last_above());
    }

    fn lag(&self) -> Value {
        if self.setting.route != Route::Extravascular {
            return Err(Missing::NotOutside);
        }
        let curve = self.with_start(&self.inside).unwrap_or_else(|_| self.inside.clone());
        let at = match self.setting.convention {
            Convention::WinNonlin => curve.iter().position(|p| p.real).map(|i| i.saturating_sub(1)),
            Convention::Pknca => curve.windows(2).position(|pair| pair[1].c > pair[0].c),
        };
        at.map(|i| curve[i].t - self.origin).ok_or(Missing::NoRise)
    }

    fn time_above(&self) -> Value {
        let level = self.setting.level.ok_or(Missing::NoLevel)?;
        let curve = self.with_start(&self.inside)?;
        Ok(curve.windows(2).map(|pair| self.joined.above(pair[0], pair[1], level)).sum())
    }

    fn last_above(&self) -> Value {
        let level = self.setting.level.ok_or(Missing::NoLevel)?;
        let curve = self.with_start(&self.inside)?;
        let ends = |pair: &[Point]| {
            let (p, q) = (pair[0], pair[1]);
            if q.c > level { Some(q.t) } else { (p.c > level).then(|| p.t + self.joined.above(p, q, level)) }
        };
        Ok(curve.windows(2).rev().find_map(ends).map_or(0.0, |t| t - self.origin))
    }

    fn terminal_phase(&self, report: &mut Report) {
        let of = |f: &dyn Fn(&Slope) -> Value| self.slope().and_then(f);
        let half_life = |slope: &Slope| std::f64::consts::LN_2 / slope.rate;
        let ends = |slope: &Slope| (slope.times.first().copied(), slope.times.last().copied());
        let from = |slope: &Slope| ends(slope).0.unwrap_or(f64::NAN);
        let to = |slope: &Slope| ends(slope).1.unwrap_or(f64::NAN);
        report.set(Metric::LambdaZ, of(&|s| Ok(s.rate)));
        report.set(Metric::LambdaZFrom, of(&|s| Ok(from(s) - self.origin)));
        report.set(Metric::LambdaZTo, of(&|s| Ok(to(s) - self.origin)));
        report.set(Metric::LambdaZPoints, of(&|s| Ok(s.times.len() as f64)));
        report.set(Metric::R2, of(&|s| Ok(s.r2)));
        report.set(Metric::R2Adjusted, of(&|s| s.adjusted.ok_or(Missing::TwoPoints)));
        report.set(Metric::HalfLife, of(&|s| Ok(half_life(s))));
        report.set(Metric::Span, of(&|s| Ok((to(s) - from(s)) / half_life(s))));
        let tlast = report.get(Metric::Tlast).map(|t| t + self.origin);
        report.set(Metric::ClastPred, of(&|s| tlast.map(|t| s.at(t))));
    }

    fn areas(&self, report: &mut Report) {
        let last = self.to_last(&self.inside);
        report.set(Metric::AucLast, last.map(|a| a.auc));
        report.set(Metric::AumcLast, last.map(|a| a.aumc));
        report.set(Metric::AucAll, self.all());
        let ends = if self.end.is_finite() { Some(self.end) } else { self.window.map(|(_, end)| end) };
        let interval = ends.ok_or(Missing::NoInterval);
        report.set(Metric::Auc, interval.and_then(|end| self.area(end, true)).map(|a| a.auc));
        report.set(Metric::AucSampled, interval.and_then(|end| self.area(end, false)).map(|a| a.auc));
        let tau = self.setting.tau.ok_or(Missing::NoTau).and_then(|tau| self.area(self.start + tau, true));
        report.set(Metric::AucTau, tau.map(|a| a.auc));
        report.set(Metric::AumcTau, tau.map(|a| a.aumc));
        let ways = [
            (
                Metric::Clast,
                [Metric::AucInf, Metric::AucExtrapolated, Metric::AumcInf, Metric::AumcExtrapolated, Metric::AucBack],
            ),
            (
                Metric::ClastPred,
                [
                    Metric::AucInfPred,
                    Metric::AucExtrapolatedPred,
                    Metric::AumcInfPred,
                    Metric::AumcExtrapolatedPred,
                    Metric::AucBackPred,
                ],
            ),
        ];
        for (level, [auc, auc_part, aumc, aumc_part, back]) in ways {
            let whole = self.to_infinity(last, report.get(level), report.get(Metric::Tlast));
            report.set(auc, whole.map(|a| a.auc));
            report.set(aumc, whole.map(|a| a.aumc));
            let share = |part: fn(&Area) -> f64| {
                let (whole, last) = (part(&whole?), part(&last?));
                quotient(100.0 * (whole - last), whole)
            };
            report.set(auc_part, share(|a| a.auc));
            report.set(aumc_part, share(|a| a.aumc));
            report.set(back, whole.and_then(|whole| quotient(100.0 * self.before_first()?, whole.auc)));
        }
    }

    /// AUCall: a triangle, or what the rule for the last samples makes of it, behind the last concentration.
    fn all(&self) -> Value {
        let curve = self.with_start(&self.inside)?;
        let last = curve.iter().rposition(|p| p.real).ok_or(Missing::NothingQuantifiable)?;
        Ok(self.joined.along(&curve[..curve.len().min(last + 2)]).auc)
    }

    fn to_infinity(&self, last: Result<Area, Missing>, level: Value, tlast: Value) -> Result<Area, Missing> {
        if self.end.is_finite() {
            return Err(Missing::IntervalEnds);
        }
        let (mut area, rate, level) = (last?, self.slope()?.rate, level?);
        area += Area { auc: level / rate, aumc: level * tlast? / rate + level / (rate * rate) };
        Ok(area)
    }

    /// The area from a bolus to the first sample.
    fn before_first(&self) -> Value {
        if self.setting.route != Route::Bolus {
            return Err(Missing::NotBolus);
        }
        match self.zero? {
            (_, Start::Measured) => Ok(0.0),
            (c, _) => {
                let start = Point { t: self.start, c, real: false };
                Ok(self.joined.between(start, self.inside[0]).auc)
            }
        }
    }

    fn steady_state(&self, report: &mut Report) {
        let window = self.window.ok_or(Missing::NoInterval);
        let length = window.map(|(start, end)| end - start);
        let low = self.within.iter().map(|p| p.c).reduce(f64::min);
        let cmin = window.and_then(|_| low.ok_or(Missing::NoSamples));
        let high = self.within.iter().map(|p| p.c).reduce(f64::max);
        let cmax = window.and_then(|_| high.ok_or(Missing::NoSamples));
        report.set(Metric::Cmin, cmin);
        let pknca = self.setting.convention == Convention::Pknca;
        let area = match (pknca, window) {
            (_, Err(missing)) => Err(missing),
            (true, Ok(_)) => self.to_last(&self.within),
            (false, Ok((_, end))) => self.area(end, true),
        };
        let average = area.and_then(|area| quotient(area.auc, length?));
        report.set(Metric::Cavg, average);
        let trough = self.trough();
        report.set(Metric::Ctrough, trough);
        let range = cmax.and_then(|cmax| Ok(cmax - cmin?));
        let fluctuation = range.and_then(|range| quotient(100.0 * range, average?));
        report.set(Metric::Fluctuation, fluctuation);
        let swing = range.and_then(|range| quotient(if pknca { 100.0 * range } else { range }, cmin?));
        report.set(Metric::Swing, swing);
        report.set(Metric::PeakTrough, cmax.and_then(|cmax| quotient(cmax, trough?)));
        let accumulation = |tau: f64| quotient(1.0, -(-self.slope()?.rate * tau).exp_m1());
        report.set(Metric::Accumulation, self.setting.tau.ok_or(Missing::NoTau).and_then(accumulation));
    }

    /// Whether formulas of a single dose hold: what an area after it misses, and what doses before it left, is not seen.
    fn single_dose(&self) -> Result<(), Missing> {
        let within = (self.start..self.end).contains(&self.setting.dose_time);
        match self.setting.tau {
            Some(_) => Err(Missing::SteadyState),
            None if within => Ok(()),
            None => Err(Missing::DoseOutside),
        }
    }

    /// The dosing interval of an interval that begins at a dose.
    fn dosing_interval(&self) -> Value {
        let tau = self.setting.tau.ok_or(Missing::NoTau)?;
        let before = (self.start - self.setting.dose_time) / tau;
        let begins = self.start == self.origin && (before - before.round()).abs() <= 1e-9 * before.abs().max(1.0);
        if begins { Ok(tau) } else { Err(Missing::BetweenDoses) }
    }

    fn disposition(&self, report: &mut Report) {
        let half = match self.setting.route {
            Route::Infusion(over) => over / 2.0,
            Route::Bolus | Route::Extravascular => 0.0,
        };
        let dose = self.setting.dose.ok_or(Missing::NoDose);
        let rate = self.slope().map(|s| s.rate);
        let over = |a: Value, b: Value| quotient(a?, b?);
        let residence = |moment, area| over(moment, area).map(|mean| mean - half);
        let vein = |v: Value| if self.setting.route == Route::Extravascular { Err(Missing::NotVein) } else { v };
        let single = self.single_dose();
        // For PKNCA each interval has a dose of its own.
        let last = if self.setting.convention == Convention::Pknca { Ok(()) } else { single };
        let (auc_last, aumc_last) = (report.get(Metric::AucLast), report.get(Metric::AumcLast));
        report.set(Metric::MrtLast, last.and(residence(aumc_last, auc_last)));
        report.set(Metric::ClLast, last.and(over(dose, auc_last)));
        let (auc_tau, aumc_tau) = (report.get(Metric::AucTau), report.get(Metric::AumcTau));
        let cl_tau = over(dose, auc_tau);
        report.set(Metric::ClTau, cl_tau);
        report.set(Metric::VzTau, over(cl_tau, rate));
        // Of one of many equal doses the area after tau comes again in each interval that follows, tau later each time.
        let residence_tau = |auc_inf: Value| {
            let tau = self.dosing_interval()?;
            let later = tau * (auc_inf? - auc_tau?);
            residence(aumc_tau.map(|moment| moment + later), auc_tau)
        };
        report.set(Metric::MrtTau, residence_tau(report.get(Metric::AucInf)));
        for (auc, aumc, mrt, cl, vz, vss) in [
            (Metric::AucInf, Metric::AumcInf, Metric::Mrt, Metric::Cl, Metric::Vz, Metric::Vss),
            (Metric::AucInfPred, Metric::AumcInfPred, Metric::MrtPred, Metric::ClPred, Metric::VzPred, Metric::VssPred),
        ] {
            let (auc, aumc) = (report.get(auc), report.get(aumc));
            let (mean, clearance) = (single.and(residence(aumc, auc)), single.and(over(dose, auc)));
            report.set(mrt, mean);
            report.set(cl, clearance);
            report.set(vz, over(clearance, rate));
            let (clearance, mean) =
                if self.setting.tau.is_some() { (cl_tau, residence_tau(auc)) } else { (clearance, mean) };
            report.set(vss, vein(clearance.and_then(|cl| Ok(cl * mean?))));
        }
    }

    fn flags(&self, report: &Report) -> Vec<Flag> {
        let above = |metric, limit: f64| report.get(metric).ok().filter(|v| *v > limit);
        let below = |metric, limit: f64| report.get(metric).ok().filter(|v| *v < limit);
        let first = self.inside.first().filter(|p| p.t == self.joined.tmax && p.t > self.start);
        let peak = first.filter(|_| self.setting.route == Route::Extravascular).map(|_| Flag::PeakFirst);
        [
            below(Metric::R2Adjusted, 0.9).map(Flag::PoorFit),
            below(Metric::Span, 2.0).map(Flag::ShortSpan),
            below(Metric::LambdaZPoints, 3.0).map(|n| Flag::FewPoints(n as usize)),
            above(Metric::AucExtrapolated, 20.0).map(Flag::Extrapolated),
            above(Metric::AucBack, 20.0).map(Flag::BackExtrapolated),
            peak,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A quotient of zero is no number.
fn quotient(a: f64, b: f64) -> Value {
    if b == 0.0 { Err(Missing::OverZero) } else { Ok(a / b) }
}
