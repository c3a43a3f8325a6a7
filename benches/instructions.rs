//! Instructions that kernels take, counted by valgrind and compared with `instructions.csv`: a slowdown fails without a clock.
//!
//! `cargo bench --bench instructions` counts and compares; with `POSOLOGY_BLESS=1` it writes the file anew. Counts are of the
//! baseline instruction set and of one compiler; where that or valgrind is missing, it says so and compares nothing. What a
//! repetition takes is the difference of two runs, so that nothing before it is counted.

use posology::math::exponential::exp;
use posology::math::kernel::{Kernel, Work};
use posology::model::{Catalogue, GROUP_RHS};
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use posology::solve::{Field, Integrator, Method};
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

const ALL: [Counted; 9] = [
    Counted { name: "right-hand side of W3, 1 lane", times: 10_000, ready: slopes::<1> },
    Counted { name: "right-hand side of W3, 32 lanes", times: 2_000, ready: slopes::<32> },
    Counted { name: "explicit step of 5 states, 32 lanes", times: 500, ready: step },
    Counted { name: "32 exponentials", times: 5_000, ready: exponentials },
    Counted { name: "W1, one subject", times: 500, ready: || prepared(ORAL, "oral", regular()) },
    Counted { name: "W1i, one subject", times: 200, ready: || prepared(ORAL, "oral", irregular()) },
    Counted { name: "W2, one subject", times: 200, ready: || prepared(NASAL, "intranasal", regular()) },
    Counted { name: "W3, one subject", times: 5, ready: || prepared(EFFECTS, "oral", regular()) },
    Counted { name: "W3, 32 subjects in lanes", times: 2, ready: population },
];

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

    fn jacobian(&mut self, _: &[f64; 32], _: &[[f64; 32]], _: &mut [[f64; 32]]) {
        unreachable!("the explicit method has no use for it");
    }
}

/// One attempt of a step in every lane; none arrives.
fn step() -> Run {
    let mut integrator = Integrator::<32>::new(5, Method::Explicit, 1e-6, u64::MAX);
    (0..32).for_each(|lane| integrator.begin(lane, &[1.0 + lane as f64; 5], &[1e-8; 5], 1e9));
    Box::new(move || integrator.attempt(black_box(&mut Chain)))
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
