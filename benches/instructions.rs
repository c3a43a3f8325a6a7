//! Instructions that kernels take, counted by valgrind and compared with `instructions.csv`: a slowdown fails without a clock.
//!
//! `cargo bench --bench instructions` counts and compares; with `POSOLOGY_BLESS=1` it writes the file anew. Counts are of the
//! baseline instruction set and of one compiler; where that or valgrind is missing, it says so and compares nothing. What a
//! repetition takes is the difference of two runs, so that nothing before it is counted.

use posology::math::exponential::exp;
use posology::math::kernel::{Kernel, Work};
use posology::math::modal::{Decomposer, Modal};
use posology::metrics::nca::{Route, Samples, Setting, analyse};
use posology::model::{Catalogue, GROUP_RHS};
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use posology::solve::{Event, Exact, Field, Integrator, Method, Plan, Schedule, System};
use std::hint::black_box;
use std::process::{Command, ExitCode};

const COUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.csv");
/// Counts may differ by this share.
const TOLERANCE: f64 = 0.02;
/// The system's library has several exponentials for several processors: always the same one.
const TUNABLES: &str = "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-ERMS,-FSRM";
/// Names the kernel and how often it runs, in the process that is counted.
const KERNEL: &str = "POSOLOGY_COUNTED_KERNEL";
const TIMES: &str = "POSOLOGY_COUNTED_TIMES";

type Run = Box<dyn FnMut()>;

/// Something that is counted.
struct Counted {
    name: &'static str,
    /// How often it runs: enough that the beginning of the process does not matter.
    times: u32,
    /// Everything up to the first run.
    ready: fn() -> Run,
}

const ALL: [Counted; 19] = [
    Counted { name: "model of W3, read", times: 20, ready: reading },
    Counted { name: "schedule of W1, compiled", times: 500, ready: schedule },
    Counted { name: "matrix of W1, taken apart", times: 2_000, ready: || apart(&W1) },
    Counted { name: "matrix of W2, taken apart", times: 1_000, ready: || apart(&W2) },
    Counted { name: "W1, solved", times: 1_000, ready: || solved(&W1) },
    Counted { name: "W2, solved", times: 500, ready: || solved(&W2) },
    Counted { name: "W1, samples written", times: 1_000, ready: || written(&W1) },
    Counted { name: "W2, samples written", times: 500, ready: || written(&W2) },
    Counted { name: "right-hand side of W3, 1 lane", times: 10_000, ready: slopes::<1> },
    Counted { name: "right-hand side of W3, 32 lanes", times: 2_000, ready: slopes::<32> },
    Counted { name: "explicit step of 5 states, 32 lanes", times: 500, ready: step },
    Counted { name: "stiff first step of 5 states, 32 lanes", times: 200, ready: stiff_step },
    Counted { name: "32 exponentials", times: 5_000, ready: exponentials },
    Counted { name: "NCA of 12 samples", times: 500, ready: nca },
    Counted { name: "W1, one subject", times: 500, ready: || prepared(ORAL, "oral", regular()) },
    Counted { name: "W1i, one subject", times: 200, ready: || prepared(ORAL, "oral", irregular()) },
    Counted { name: "W2, one subject", times: 200, ready: || prepared(NASAL, "intranasal", regular()) },
    Counted { name: "W3, one subject", times: 5, ready: || prepared(EFFECTS, "oral", regular()) },
    Counted { name: "W3, 32 subjects in lanes", times: 2, ready: population },
];

/// A linear workload without its model: flows and losses per hour between its states, and which of them is seen.
struct Linear {
    states: usize,
    flows: &'static [(usize, usize, f64)],
    losses: &'static [(usize, f64)],
    seen: usize,
    /// Duration of the doses into the first state, h.
    over: f64,
}

const W1: Linear = Linear {
    states: 3,
    flows: &[(0, 1, 1.2), (1, 2, 60.0 / 150.0), (2, 1, 60.0 / 200.0)],
    losses: &[(1, 80.0 / 150.0)],
    seen: 1,
    over: 0.0,
};

const W2: Linear = Linear {
    states: 8,
    flows: &[
        (0, 3, 1.5),
        (0, 1, 1.0),
        (1, 2, 0.8),
        (2, 3, 87.0 / 20.0),
        (3, 2, 87.0 / 80.0),
        (3, 4, 120.0 / 80.0),
        (4, 3, 120.0 / 150.0),
        (3, 5, 40.0 / 80.0),
        (5, 3, 40.0 / 400.0),
        (2, 6, 80.0 / 20.0),
        (6, 7, 50.0 / 100.0),
        (7, 6, 50.0 / 150.0),
    ],
    losses: &[(2, 1.0), (3, 5.0 / 80.0), (6, 60.0 / 100.0)],
    seen: 6,
    over: 40.0 / 60.0,
};

const ORAL: &str = include_str!("models/oral.toml");
const NASAL: &str = include_str!("models/nasal.toml");
const EFFECTS: &str = include_str!("models/effects.toml");
/// End of the workloads, h.
const UNTIL: f64 = 3360.0;
const SAMPLES: usize = 500;

/// A model that lives as long as the process.
fn model(text: &str) -> &'static Model {
    Box::leak(Box::new(Model::parse(text, "bench", &Catalogue).expect("it is a model")))
}

fn regular() -> Vec<f64> {
    (1..=SAMPLES).map(|j| UNTIL * j as f64 / SAMPLES as f64).collect()
}

fn irregular() -> Vec<f64> {
    (1..=SAMPLES).map(|j| UNTIL * (j as f64 / SAMPLES as f64).powf(1.1)).collect()
}

fn prepare(model: &'static Model, route: &str, samples: Vec<f64>) -> Prepared<'static> {
    let text = format!("84 mg {route} every 84 h x 8, then every 168 h x 12");
    let regimen: Regimen = text.parse().expect("it is a regimen");
    let settings = Settings { rtol: 1e-6, atol: 1e-8, kernel: Kernel::Baseline, ..Settings::default() };
    Prepared::with(model, Some(&regimen), samples, UNTIL, settings).expect("they fit each other")
}

fn prepared(text: &str, route: &str, samples: Vec<f64>) -> Run {
    let model = model(text);
    let prepared = prepare(model, route, samples);
    let (subject, mut workspace, mut out) = (Subject::typical(model), prepared.workspace(), vec![0.0; SAMPLES]);
    Box::new(move || prepared.run(&subject, &mut workspace, black_box(&mut out)).expect("finite numbers"))
}

fn population() -> Run {
    const PEOPLE: usize = 32;
    let model = model(EFFECTS);
    let prepared = prepare(model, "oral", regular());
    let person = |k: usize| {
        let volume = format!("{} L", 120.0 + 2.0 * k as f64).parse::<Quantity>().expect("it is a quantity");
        Subject::typical(model).set("V2", &volume).expect("the model has it")
    };
    let people: Vec<Subject<'_>> = (0..PEOPLE).map(person).collect();
    let (mut workspace, mut out) = (prepared.workspace(), vec![0.0; PEOPLE * SAMPLES]);
    Box::new(move || {
        let results = prepared.run_all(&people, &mut workspace, black_box(&mut out));
        assert!(results.iter().all(Result::is_ok), "finite numbers");
    })
}

fn reading() -> Run {
    Box::new(|| {
        black_box(Model::parse(black_box(EFFECTS), "bench", &Catalogue).expect("it is a model"));
    })
}

impl Linear {
    fn matrix(&self) -> Vec<f64> {
        let n = self.states;
        let mut a = vec![0.0; n * n];
        for &(from, to, rate) in self.flows {
            a[to * n + from] += rate;
            a[from * n + from] -= rate;
        }
        self.losses.iter().for_each(|&(from, rate)| a[from * n + from] -= rate);
        a
    }

    fn doses(&self) -> Vec<Event> {
        let times = (0..8).map(|k| 84.0 * f64::from(k)).chain((0..12).map(|k| 672.0 + 168.0 * f64::from(k)));
        times.map(|time| Event { time, state: 0, amount: 0, over: self.over }).collect()
    }
}

fn schedule() -> Run {
    let (doses, samples, mut schedule) = (W1.doses(), regular(), Schedule::default());
    Box::new(move || {
        let plan = Plan { events: &doses, samples: &samples, ..Plan::default() };
        schedule.rebuild(black_box(&plan)).expect("times are in order");
    })
}

fn apart(linear: &'static Linear) -> Run {
    let (a, mut decomposer, mut modal) = (linear.matrix(), Decomposer::default(), Modal::default());
    Box::new(move || decomposer.decompose(black_box(&a), linear.states, &mut modal))
}

/// A workload and the engine that solves it, which takes its matrix apart first.
fn exact(linear: &Linear) -> (Exact, Schedule, Vec<f64>) {
    let plan = Plan { events: &linear.doses(), samples: &regular(), ..Plan::default() };
    let schedule = Schedule::new(&plan).expect("times are in order");
    (Exact::with(linear.states, Kernel::Baseline), schedule, linear.matrix())
}

fn solved(linear: &'static Linear) -> Run {
    let (mut exact, schedule, a) = exact(linear);
    let zeros = vec![0.0; linear.states];
    Box::new(move || {
        let system = System { a: black_box(&a), b: &zeros, x0: &zeros };
        exact.solve(&schedule, system, &[84.0]).expect("finite numbers");
    })
}

fn written(linear: &'static Linear) -> Run {
    let (mut exact, schedule, a) = exact(linear);
    let zeros = vec![0.0; linear.states];
    exact.solve(&schedule, System { a: &a, b: &zeros, x0: &zeros }, &[84.0]).expect("finite numbers");
    let mut readout = zeros;
    readout[linear.seen] = 0.01;
    let mut out = vec![0.0; SAMPLES];
    Box::new(move || exact.emit(&schedule, &readout, &[0.0], black_box(&mut out)).expect("finite numbers"))
}

fn nca() -> Run {
    let times = [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 6.0, 8.0, 12.0, 24.0, 36.0_f64];
    let values = times.map(|t| 12.0 * ((-0.12 * t).exp() - (-1.3 * t).exp()));
    let samples = Samples::new(&times, &values).expect("times increase");
    let setting = Setting { dose: Some(100.0), ..Setting::new(Route::Extravascular) };
    Box::new(move || {
        black_box(analyse(black_box(&samples), &setting));
    })
}

/// The program of the right-hand side, by itself.
struct Slopes<'a, const L: usize> {
    model: &'a Model,
    file: &'a mut [[f64; L]],
}

impl<const L: usize> Work for Slopes<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.model.tiers().run_group(GROUP_RHS, self.file);
    }
}

fn slopes<const L: usize>() -> Run {
    let model = model(EFFECTS);
    let mut file = model.tiers().file::<L>();
    for (parameter, value) in model.parameters().iter().zip(Subject::typical(model).values()) {
        file[parameter.slot] = [*value; L];
    }
    model.states().iter().for_each(|state| file[state.slot] = [0.3; L]);
    model.tiers().run(posology::expr::Class::Subject, &mut file);
    Box::new(move || Kernel::Baseline.run(Slopes { model, file: black_box(&mut file) }))
}

/// A chain of states whose slopes cost next to nothing.
struct Chain;

impl Field<32> for Chain {
    fn size(&self) -> usize {
        5
    }

    #[inline(always)]
    fn slope(&mut self, _: &[f64; 32], y: &[[f64; 32]], dy: &mut [[f64; 32]]) {
        let mut before = [0.0; 32];
        for (dy, y) in dy.iter_mut().zip(y) {
            *dy = std::array::from_fn(|lane| before[lane] - y[lane]);
            before = *y;
        }
    }

    fn jacobian(&mut self, _: &[f64; 32], _: &[[f64; 32]], j: &mut [[f64; 32]]) {
        j.fill([0.0; 32]);
        for i in 0..5 {
            j[i * 5 + i] = [-1.0; 32];
            if i > 0 {
                j[i * 5 + i - 1] = [1.0; 32];
            }
        }
    }
}

/// All lanes at the beginning of a chain that takes longer than anybody waits.
fn begin(integrator: &mut Integrator<32>) {
    (0..32).for_each(|lane| integrator.begin(lane, &[1.0 + lane as f64; 5], &[1e-8; 5], 1e9));
}

/// One attempt of a step in every lane; none arrives.
fn step() -> Run {
    let mut integrator = Integrator::<32>::new(5, Method::Explicit, 1e-6, u64::MAX);
    begin(&mut integrator);
    Box::new(move || integrator.attempt(black_box(&mut Chain)))
}

/// The same from the beginning each time, since stiff steps become so long that lanes would arrive.
fn stiff_step() -> Run {
    let mut integrator = Integrator::<32>::new(5, Method::Stiff, 1e-6, u64::MAX);
    Box::new(move || {
        begin(&mut integrator);
        integrator.attempt(black_box(&mut Chain));
    })
}

fn exponentials() -> Run {
    let mut x: [f64; 32] = std::array::from_fn(|lane| -0.3 * lane as f64);
    Box::new(move || {
        black_box(black_box(&mut x).map(exp));
    })
}

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(KERNEL) {
        let counted = ALL.iter().find(|counted| counted.name == name).expect("it is one of them");
        let times = std::env::var(TIMES).ok().and_then(|times| times.parse().ok()).unwrap_or(1);
        let mut run = (counted.ready)();
        (0..times).for_each(|_: u32| run());
        return ExitCode::SUCCESS;
    }
    // With anything but what cargo says by itself, such as `--test` or the name of another bench, nothing is counted.
    if std::env::args().skip(1).any(|argument| argument != "--bench") {
        ALL.iter().for_each(|counted| (counted.ready)()());
        return ExitCode::SUCCESS;
    }
    let compiler = match compiler() {
        Ok(compiler) => compiler,
        Err(why) => {
            println!("SKIPPED instructions: {why}");
            return ExitCode::SUCCESS;
        }
    };
    let counts: Vec<u64> = ALL.iter().map(count).collect();
    if std::env::var_os("POSOLOGY_BLESS").is_some() {
        let rows = ALL.iter().zip(&counts).map(|(counted, count)| format!("\"{}\",{count}\n", counted.name));
        let text = format!("# {compiler}\nkernel,instructions\n{}", rows.collect::<String>());
        std::fs::write(COUNTS, text).expect("the file can be written");
        return ExitCode::SUCCESS;
    }
    compare(&compiler, &counts)
}

/// The compiler, if instructions can be counted here.
fn compiler() -> Result<String, &'static str> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Err("counts are of x86-64 Linux");
    }
    Command::new("valgrind").arg("--version").output().map_err(|_| "valgrind is not here")?;
    let rustc = Command::new("rustc").arg("--version").output().map_err(|_| "rustc is not here")?;
    Ok(String::from_utf8_lossy(&rustc.stdout).trim().to_string())
}

/// Instructions of one repetition.
fn count(counted: &Counted) -> u64 {
    let [few, many] = [1, 1 + counted.times].map(|times| total(counted.name, times));
    many.saturating_sub(few) / u64::from(counted.times)
}

/// Instructions of a process.
fn total(name: &str, times: u32) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(std::env::current_exe().expect("this program has a path"))
        .env(KERNEL, name)
        .env(TIMES, times.to_string())
        .env("GLIBC_TUNABLES", TUNABLES)
        .output()
        .expect("valgrind runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let digits = |line: &str| line.split(':').next_back().map(|number| number.replace(',', "").trim().parse());
    let refs = text.lines().find(|line| line.contains("I   refs")).and_then(digits);
    refs.and_then(Result::ok).unwrap_or_else(|| panic!("valgrind says how many instructions: {text}"))
}

/// Prints the counts beside those written down.
fn compare(compiler: &str, counts: &[u64]) -> ExitCode {
    let text = std::fs::read_to_string(COUNTS).expect("the counts are in the repository");
    let same_compiler = text.lines().next() == Some(&format!("# {compiler}"));
    let mut changed = false;
    println!("{:40} {:>12} {:>12} {:>9}", "instructions of one repetition", "written down", "now", "change");
    for (counted, now) in ALL.iter().zip(counts) {
        let row = text.lines().find_map(|line| line.strip_prefix(&format!("\"{}\",", counted.name)));
        let Some(then) = row.and_then(|count| count.parse::<u64>().ok()) else {
            println!("{:40} {:>12} {now:>12}", counted.name, "-");
            changed = true;
            continue;
        };
        let change = *now as f64 / then as f64 - 1.0;
        changed |= change.abs() > TOLERANCE;
        println!("{:40} {then:>12} {now:>12} {:>+8.1}%", counted.name, 100.0 * change);
    }
    if !same_compiler {
        println!("SKIPPED the comparison: counts are of another compiler than {compiler}");
        return ExitCode::SUCCESS;
    }
    if changed {
        println!("some differ by more than {}%; POSOLOGY_BLESS=1 writes them down anew", 100.0 * TOLERANCE);
    }
    ExitCode::from(u8::from(changed))
}
