//! Systems that are not linear: which states can still be propagated exactly, and the derivatives for stiff methods.

use super::build::Builder;
use super::doses::NodeRoute;
use crate::expr::{Linear, Node, linearise};
use std::collections::BTreeSet;

/// The programs of a system that is not linear, as nodes; see [`super::NonLinear`].
pub(super) struct NodeNonLinear {
    pub why: String,
    pub rhs: Vec<Node>,
    pub jacobian: Vec<(usize, usize, Node)>,
    pub upstream: Vec<usize>,
    /// Equations of the upstream states, by the indices of the model's states.
    pub linear: Linear,
}

impl NodeNonLinear {
    fn is_rest(&self, state: usize) -> bool {
        self.upstream.binary_search(&state).is_err()
    }

    /// Right-hand sides of the states that are not upstream.
    pub fn rest(&self) -> Vec<Node> {
        self.rhs.iter().enumerate().filter(|(i, _)| self.is_rest(*i)).map(|(_, node)| *node).collect()
    }

    /// Derivatives of those by themselves.
    pub fn rest_jacobian(&self) -> Vec<Node> {
        let within = |(row, column, _): &&(usize, usize, Node)| self.is_rest(*row) && self.is_rest(*column);
        self.jacobian.iter().filter(within).map(|(.., node)| *node).collect()
    }
}

impl Builder<'_> {
    pub fn non_linear(&mut self, why: String, rhs: Vec<Node>, routes: &[NodeRoute]) -> NodeNonLinear {
        let (upstream, linear) = self.upstream(&rhs, &driven(routes));
        let jacobian = self.jacobian(&rhs);
        NodeNonLinear { why, rhs, jacobian, upstream, linear }
    }

    /// The largest set of states whose equations are linear, read none but states of the set, and have no term that
    /// changes while nothing happens; `driven` have one that is not written in their equations.
    fn upstream(&mut self, rhs: &[Node], driven: &BTreeSet<usize>) -> (Vec<usize>, Linear) {
        let states = self.states.clone();
        // What drives an effect that is read by itself changes as a clock does.
        let clock: Vec<Node> = self.clock.all().into_iter().chain(self.unbound.iter().flatten().copied()).collect();
        let mut equation = |i: usize| linearise(&mut self.graph, &rhs[i..=i], &states, &clock).ok().map(|l| (i, l));
        let candidates = (0..rhs.len()).filter(|i| !driven.contains(i));
        let mut kept: Vec<(usize, Linear)> = candidates.filter_map(&mut equation).collect();
        loop {
            let set: Vec<usize> = kept.iter().map(|(i, _)| *i).collect();
            kept.retain(|(_, linear)| linear.a.iter().all(|(_, column, _)| set.contains(column)));
            if kept.len() == set.len() {
                let a = kept.iter().flat_map(|(row, l)| l.a.iter().map(|(_, column, n)| (*row, *column, *n)));
                let b = kept.iter().flat_map(|(row, l)| l.b.iter().map(|(_, n)| (*row, *n)));
                return (set, Linear { a: a.collect(), b: b.collect() });
            }
        }
    }

    /// The derivatives of right-hand sides by states, those left out that are 0 everywhere.
    fn jacobian(&mut self, rhs: &[Node]) -> Vec<(usize, usize, Node)> {
        let mut entries = Vec::new();
        for (row, &f) in rhs.iter().enumerate() {
            for (column, &state) in self.states.iter().enumerate() {
                let slope = self.graph.derivative(f, state);
                if self.graph.value(slope) != Some(0.0) {
                    entries.push((row, column, slope));
                }
            }
        }
        entries
    }
}

/// The states that an input function of a route feeds.
pub(super) fn driven(routes: &[NodeRoute]) -> BTreeSet<usize> {
    routes.iter().flat_map(|r| &r.entries).filter(|e| e.input.is_some()).map(|e| e.state).collect()
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use crate::expr::Class;
    use proptest::prelude::*;

    /// A depot, saturable elimination, a peripheral compartment, an effect site and turnover.
    const SATURABLE: &str = r#"
[compartments]
depot      = {}
central    = { volume = "5" }
peripheral = { volume = "8" }
[flows]
"depot -> central"       = { rate = "1.2" }
"central -> out"         = [{ flux = "12 * C(central) / (0.8 + C(central))" }, { clearance = "2" }]
"central <-> peripheral" = { clearance = "3" }
[states]
Ce = { unit = "mg/L", rate = "0.5 * (C(central) - Ce)" }
R  = { unit = "mg/L", initial = "20", rate = "5 * (1 - 0.9 * Ce / (0.4 + Ce)) - 0.25 * R" }
"#;

    /// Linear kinetics with an effect compartment, which drive an indirect response.
    const RESPONSE: &str = r#"
[compartments]
depot      = {}
central    = { volume = "5" }
peripheral = { volume = "8" }
[flows]
"depot -> central"       = { rate = "1.2" }
"central -> out"         = { clearance = "2" }
"central <-> peripheral" = { clearance = "3" }
[states]
Ce = { unit = "mg/L", rate = "0.5 * (C(central) - Ce)" }
R  = { unit = "mg/L", initial = "20", rate = "5 - 0.25 * (1 + 2 * Ce ^ 1.7 / (0.4 ^ 1.7 + Ce ^ 1.7)) * R" }
"#;

    /// Target-mediated disposition: drug, target and complex, all three in each other's equations.
    const BINDING: &str = r#"
[compartments]
depot   = {}
central = { volume = "1", rate = "-0.4 * central * T + 0.1 * X" }
[flows]
"depot -> central" = { rate = "1.2" }
"central -> out"   = { clearance = "2" }
[states]
T = { unit = "mg", initial = "3", rate = "1.5 - 0.5 * T - 0.4 * central * T + 0.1 * X" }
X = { unit = "mg", rate = "0.4 * central * T - 0.1 * X - 0.2 * X" }
"#;

    /// Functions whose derivatives have more than one term, times, and covariates.
    const CURVES: &str = r#"
[covariates]
w = { unit = "kg", reference = 70 }
[compartments]
a = { volume = "2", rate = "-a * exp(-b / 30) + log(1 + a * b) * w / 70 + min(a, 0.5 * b)" }
b = { volume = "3", rate = "sqrt(1 + a) - expit(b - a) * b + sin(a) * cos(b) + if(t < 3, b, a) * 0.1" }
c = { rate = "tanh(c / 9) * a - abs(c - 4) + (c + 1) ^ (1 + a / 10) - logit(expit(b / 9)) + 0.1 * max(c, b)" }
"#;

    fn model(system: &str) -> Model {
        let head = "id = \"m\"\ntitle = \"m\"\ndrug = \"d\"\ngrade = \"assumed\"\nunit_checking = false\n";
        match Model::parse(&format!("{head}{system}"), "m.toml", &Catalogue) {
            Ok(model) => model,
            Err(faults) => panic!("{}", faults.first().diagnostic()),
        }
    }

    fn system(model: &Model) -> &NonLinear {
        let Dynamics::NonLinear(system) = model.dynamics() else { panic!("linear") };
        system
    }

    fn upstream(model: &Model) -> Vec<&str> {
        system(model).upstream.iter().map(|i| model.states()[*i].name.as_str()).collect()
    }

    /// A register file with the states set and the programs below the class of states run.
    fn file(model: &Model, x: &[f64]) -> Vec<[f64; 1]> {
        let mut file = model.tiers().file::<1>();
        model.covariates().iter().for_each(|c| file[c.slot] = [c.reference]);
        model.states().iter().zip(x).for_each(|(state, x)| file[state.slot] = [*x]);
        [Class::Subject, Class::Interval, Class::Dose].iter().for_each(|class| model.tiers().run(*class, &mut file));
        file
    }

    fn run(model: &Model, x: &[f64], group: usize) -> Vec<[f64; 1]> {
        let mut file = file(model, x);
        model.tiers().run_group(group, &mut file);
        file
    }

    #[test]
    fn the_states_before_the_first_that_is_not_linear_are_upstream() {
        assert_eq!(upstream(&model(SATURABLE)), ["depot"]);
        assert_eq!(upstream(&model(RESPONSE)), ["depot", "central", "peripheral", "Ce"]);
        assert_eq!(upstream(&model(BINDING)), ["depot"]);
        assert_eq!(upstream(&model(CURVES)), [""; 0]);
        assert_eq!(system(&model(RESPONSE)).rest().collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn upstream_states_read_no_clock_and_no_input_function() {
        // The kinetics are linear, but their clearance follows the time.
        let induced = RESPONSE.replace("clearance = \"2\"", "clearance = \"2 + t\"");
        assert_eq!(upstream(&model(&induced)), ["depot"]);
        let route = "[routes.oral]\ncentral = { input = \"exp(-since)\" }\n";
        assert_eq!(upstream(&model(&format!("{RESPONSE}{route}"))), ["depot"]);
        let linear = RESPONSE.split("R  =").next().expect("the states before");
        assert!(matches!(model(linear).dynamics(), Dynamics::Linear { .. }));
        let fed = model(&format!("{linear}{route}"));
        assert_eq!(upstream(&fed), ["depot"]);
        assert_eq!(system(&fed).why, "the route `oral` has an input function");
    }

    #[test]
    fn the_matrix_of_the_upstream_states_is_their_right_hand_side() {
        let model = model(RESPONSE);
        let x = [3.0, 5.0, 7.0, 11.0, 13.0];
        let file = run(&model, &x, GROUP_RHS);
        let NonLinear { rhs, upstream, a, b, .. } = system(&model);
        for row in upstream {
            let terms = a.iter().filter(|(i, ..)| i == row).map(|(_, j, reg)| file[*reg][0] * x[*j]);
            let sum: f64 = terms.chain(b.iter().filter(|(i, _)| i == row).map(|(_, reg)| file[*reg][0])).sum();
            assert!((sum - file[rhs[*row]][0]).abs() < 1e-13, "{row}");
        }
    }

    #[test]
    fn the_groups_of_the_rest_compute_the_same_bits_by_themselves() {
        for text in [SATURABLE, RESPONSE, BINDING, CURVES] {
            let model = model(text);
            let x: Vec<f64> = (0..model.states().len()).map(|i| 1.5 + i as f64).collect();
            let system = system(&model);
            let (all, rest) = (run(&model, &x, GROUP_RHS), run(&model, &x, GROUP_REST));
            system.rest().for_each(|i| assert_eq!(all[system.rhs[i]], rest[system.rhs[i]]));
            let (all, rest) = (run(&model, &x, GROUP_JACOBIAN), run(&model, &x, GROUP_REST_JACOBIAN));
            let within = |i: &usize| system.upstream.binary_search(i).is_err();
            for (row, column, reg) in system.jacobian.iter().filter(|(i, j, _)| within(i) && within(j)) {
                assert_eq!(all[*reg], rest[*reg], "{row} {column}");
            }
        }
    }

    #[test]
    fn entries_that_are_always_0_are_left_out() {
        let model = model(SATURABLE);
        let places: Vec<(usize, usize)> = system(&model).jacobian.iter().map(|(i, j, _)| (*i, *j)).collect();
        let all = [(0, 0), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 3), (4, 3), (4, 4)];
        assert_eq!(places, all);
    }

    #[test]
    fn what_is_computed_from_an_input_is_known() {
        let model = model(CURVES);
        let (system, inputs) = (system(&model), model.inputs());
        let reads = |row: usize, input: Reg| model.reads([system.rhs[row]], input);
        assert!(reads(1, inputs.t) && !reads(0, inputs.t) && !model.reads(system.rhs.clone(), inputs.tad));
        let weight = model.covariates()[0].slot;
        assert!(reads(0, weight) && !reads(1, weight), "through a value of class interval");
        assert!(model.reads([inputs.t], inputs.t));
    }

    proptest! {
        #[test]
        fn the_jacobian_is_what_differences_say(x in prop::collection::vec(0.05..20.0_f64, 5)) {
            for text in [SATURABLE, RESPONSE, BINDING, CURVES] {
                let model = model(text);
                let n = model.states().len();
                let system = system(&model);
                let file = run(&model, &x[..n], GROUP_JACOBIAN);
                let mut jacobian = vec![0.0; n * n];
                system.jacobian.iter().for_each(|(i, j, reg)| jacobian[i * n + j] = file[*reg][0]);
                for column in 0..n {
                    let h = 6e-6 * x[column].max(1.0);
                    let slopes = |by: f64| -> Vec<f64> {
                        let mut moved = x[..n].to_vec();
                        moved[column] += by;
                        let file = run(&model, &moved, GROUP_RHS);
                        system.rhs.iter().map(|reg| file[*reg][0]).collect()
                    };
                    let (below, above) = (slopes(-h), slopes(h));
                    for row in 0..n {
                        // A kink between the two points is no fault of the derivative.
                        let middle = slopes(0.0)[row];
                        let (left, right) = ((middle - below[row]) / h, (above[row] - middle) / h);
                        let (got, want) = (jacobian[row * n + column], (left + right) / 2.0);
                        let kink = (right - left).abs() > 1e-2 * (1.0 + want.abs());
                        let scale = 1.0 + want.abs() + middle.abs();
                        prop_assert!(kink || (got - want).abs() < 1e-7 * scale, "{row} {column}: {got} is not {want}");
                    }
                }
            }
        }
    }
}
