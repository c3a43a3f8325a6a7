//! One right-hand side of a non-linear model (depot, saturable elimination, effect site, turnover) over lanes of
//! subjects, ids `W3-slopes/{instruction set}/{lanes}`; divide by the lanes for the time per subject.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use posology::expr::{Class, Graph, Node, Scope, Tiers, Type, parse};
use posology::math::kernel::{Kernel, Work};
use posology::units::Dimension;
use std::hint::black_box;

const STATES: [&str; 5] = ["depot", "central", "peripheral", "Ce", "R"];
const PARAMETERS: [(&str, f64); 12] = [
    ("ka", 1.2),
    ("Vmax", 12.0),
    ("Km", 0.08),
    ("CL", 20.0),
    ("V2", 150.0),
    ("Q", 60.0),
    ("V3", 200.0),
    ("ke0", 0.5),
    ("kin", 5.0),
    ("kout", 0.05),
    ("Imax", 0.9),
    ("IC50", 0.05),
];
const RATES: [&str; 5] = [
    "-ka * depot",
    "ka * depot - Vmax * (central / V2) / (Km + central / V2) - CL * (central / V2) - Q * (central / V2) + Q * (peripheral / V3)",
    "Q * (central / V2) - Q * (peripheral / V3)",
    "ke0 * (central / V2 - Ce)",
    "kin * (1 - Imax * Ce / (IC50 + Ce)) - kout * R",
];

struct Names(Vec<(&'static str, Node)>);

impl Scope for Names {
    fn symbol(&self, name: &str) -> Option<(Node, Type)> {
        let (_, node) = self.0.iter().find(|(known, _)| *known == name)?;
        Some((*node, Type::Number(Dimension::NONE)))
    }
    fn call(&self, _: &mut Graph, _: &str, _: &str) -> Option<(Node, Type)> {
        None
    }
    fn unavailable(&self, _: &str) -> Option<String> {
        None
    }
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

fn compiled() -> Tiers {
    let mut graph = Graph::new();
    let states = STATES.map(|name| (name, Class::State));
    let all = states.into_iter().chain(PARAMETERS.map(|(name, _)| (name, Class::Subject)));
    let names = Names(all.map(|(name, class)| (name, graph.input(name, class))).collect());
    let rates: Vec<Node> = RATES
        .iter()
        .map(|text| {
            let expr = parse(text).expect("the text is an expression");
            graph.lower(&expr, &names).expect("its names are known").0
        })
        .collect();
    Tiers::compile(&graph, &[&rates])
}

struct Slopes<'a, const L: usize> {
    tiers: &'a Tiers,
    file: &'a mut [[f64; L]],
}

impl<const L: usize> Work for Slopes<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.tiers.run_group(0, self.file);
    }
}

fn lanes<const L: usize>(criterion: &mut Criterion, tiers: &Tiers) {
    let mut file = tiers.file::<L>();
    for (slot, (_, value)) in PARAMETERS.iter().enumerate() {
        file[STATES.len() + slot] = [*value; L];
    }
    file[..STATES.len()].fill([0.3; L]);
    tiers.run(Class::Subject, &mut file);
    let mut group = criterion.benchmark_group("W3-slopes");
    group.throughput(Throughput::Elements(L as u64));
    for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_available()) {
        let name = format!("{kernel}/{L}");
        group.bench_function(name, |bencher| bencher.iter(|| kernel.run(Slopes { tiers, file: black_box(&mut file) })));
    }
    group.finish();
}

fn right_hand_side(criterion: &mut Criterion) {
    let tiers = compiled();
    println!("{} operations", tiers.group_operations(0));
    lanes::<1>(criterion, &tiers);
    lanes::<8>(criterion, &tiers);
    lanes::<16>(criterion, &tiers);
    lanes::<32>(criterion, &tiers);
}

criterion_group!(benches, right_hand_side);
criterion_main!(benches);
