//! `posology sweep`: plans run part by part, merged, looked at.

use super::compare::{beside, files_beside};
use super::engine::EngineArgs;
use super::output::{print, table, warn};
use super::progress::Progress;
use super::threads::ThreadsArgs;
use super::{Failure, Outcome, Shared, model, read};
use crate::io::{Cell, Column, Table, csv_rows};
use crate::simulate::Settings;
use crate::study::sweep::{
    Ended, Folder, Lock, Merged, Run, Shard, Sweep, SweepPlan, Totals, Watch, array_expression, merge, status,
};
use clap::{Args, Subcommand};
use indicatif::{DecimalBytes, HumanCount};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct SweepArgs {
    #[command(subcommand)]
    command: Option<SweepCommand>,
    #[command(flatten)]
    run: Option<RunArgs>,
    // Not among those of a run: options that hold further ones are never found to be given.
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Debug, Subcommand)]
enum SweepCommand {
    /// What is finished of a sweep, and which parts or shards are missing
    Status(StatusArgs),
    /// Put the shards of a sweep together: the bytes of a sweep that was run whole
    Merge(MergeArgs),
}

#[derive(Debug, Args)]
struct RunArgs {
    /// The plan, a TOML file
    plan: PathBuf,
    /// Folder for plan.lock, the parts, and in the end the results and their manifest
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Go on with the sweep that the folder holds
    #[arg(long)]
    resume: bool,
    /// Only a share of the parts, such as 3/64; it may be given again, and goes on with what is there
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Say nothing but warnings and errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// Folders of one sweep
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Number of shards, to list those that are missing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    shards: Option<u64>,
    /// Print only what is missing, as an array expression such as 3,17-19: shards if their number is given, else parts
    #[arg(long)]
    missing: bool,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Debug, Args)]
struct MergeArgs {
    /// Folders of one sweep, each with some of its parts
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Folder for the results, instead of the first of them
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &SweepArgs) -> Result<Outcome, Failure> {
    match &args.command {
        Some(SweepCommand::Status(args)) => show_status(args),
        Some(SweepCommand::Merge(args)) => merge_folders(args),
        None => {
            let run = args.run.as_ref().expect("without a command, the parser of arguments wants a plan");
            sweep(run, &args.threads, args.engine.settings())
        }
    }
}

fn sweep(args: &RunArgs, threads: &ThreadsArgs, settings: Settings) -> Result<Outcome, Failure> {
    let name = args.plan.display().to_string();
    let text = read(&name)?;
    let beside_plan = args.plan.parent().unwrap_or(Path::new(""));
    let plan = SweepPlan::with_files(&name, &text, &files_beside(beside_plan))?;
    let models = plan.models(|name| model(&beside(beside_plan, name)))?;
    let sweep = Sweep::with(&plan, &models, settings)?;
    let lock = Lock::new(&sweep, &text, &models);
    let folder = Folder::new(&args.out);
    let stop = Stop::listen();
    let run = Run::new(&sweep, &lock, &folder, args.shard, args.resume)?;
    warn(&sweep.warnings());
    warn(run.warnings());
    let pool = threads.pool()?;
    if !args.quiet && !run.is_complete() {
        say!("{}", outlook(&sweep, &lock, &run, pool.current_num_threads()));
    }
    let progress = Progress::new(run.work(), "subjects").shown(!args.quiet);
    let watch = Watch { ran: &|persons| progress.tick(persons), stop: &|| stop.signal() != 0 };
    let already = run.is_complete();
    let ended = pool.install(|| run.go(watch));
    progress.finish();
    let out = args.out.display();
    let say = |text: String| {
        if !args.quiet {
            say!("{text}")
        }
    };
    match ended? {
        Ended::Complete(totals) if already => {
            say(format!("{out} is complete: {}", rows(&totals)));
            Ok(outcome(&totals))
        }
        Ended::Complete(totals) => {
            warn(&sweep.outside(&totals));
            say(wrote(&lock, &totals, &folder));
            Ok(outcome(&totals))
        }
        Ended::Shard(totals) => {
            warn(&sweep.outside(&totals));
            say("this shard is finished; once all are, `posology sweep merge DIR...` puts them together".into());
            Ok(outcome(&totals))
        }
        Ended::Interrupted { done, of } => {
            say!("stopped: {done} of {of} parts are finished and kept");
            say!("hint: `{}` goes on", again(args));
            Ok(Outcome::Signalled(stop.signal()))
        }
    }
}

/// The command that goes on with a sweep.
fn again(args: &RunArgs) -> String {
    let shard = args.shard.map(|shard| format!(" --shard {shard}")).unwrap_or_default();
    format!("posology sweep {} --out {}{shard} --resume", args.plan.display(), args.out.display())
}

fn wrote(lock: &Lock, totals: &Totals, out: &Folder<'_>) -> String {
    let (rows, results, out) = (rows(totals), lock.results_name(), out.path().display());
    format!("{rows}\nwrote {results}, results.manifest.json and plan.lock to {out}")
}

fn rows(totals: &Totals) -> String {
    let failed = if totals.failed == 0 { "none" } else { &HumanCount(totals.failed).to_string() };
    format!("{} rows, {failed} with failures (see `status` and `reason`)", HumanCount(totals.rows))
}

fn outcome(totals: &Totals) -> Outcome {
    if totals.failed == 0 { Outcome::Done } else { Outcome::SomeFailed }
}

/// Remembers that the user, or the system, wants an end; asked a second time the process ends at once.
struct Stop(Arc<AtomicUsize>);

impl Stop {
    fn listen() -> Self {
        let (caught, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM] {
            // Without these the sweep runs as well; a signal then ends it at once, which it survives.
            let _ = flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked));
            let _ = flag::register(signal, Arc::clone(&asked));
            let _ = flag::register_usize(signal, Arc::clone(&caught), signal as usize);
        }
        Stop(caught)
    }

    /// The signal that came, or 0.
    fn signal(&self) -> u8 {
        self.0.load(Ordering::Relaxed) as u8
    }
}

/// How much there is to do: points, rows, time and size.
fn outlook(sweep: &Sweep<'_>, lock: &Lock, run: &Run<'_>, threads: usize) -> String {
    let (done, of) = run.progress();
    let count = |n: u64, things: &str| {
        format!("{} {}", HumanCount(n), if n == 1 { things.trim_end_matches('s') } else { things })
    };
    let of_point = if lock.subjects() == 1 { "the typical subject".into() } else { count(lock.subjects(), "subjects") };
    let there = if done == 0 { String::new() } else { format!("; {done} of {of} parts are there") };
    let (time, size) = match estimate(sweep, lock, run) {
        Some(estimate) => {
            let threads = threads.min(of.saturating_sub(done).max(1) as usize);
            let size = DecimalBytes((estimate.bytes_per_row * lock.rows() as f64) as u64);
            let threads_said = count(threads as u64, "threads");
            (format!("{} on {threads_said}", spoken(estimate.work.div_f64(threads as f64))), format!(", about {size}"))
        }
        None => ("nothing left to simulate".into(), String::new()),
    };
    format!("{} of {of_point} give {}{size}{there}; {time}", count(lock.points(), "points"), count(lock.rows(), "rows"))
}

struct Estimate {
    /// On one thread.
    work: Duration,
    bytes_per_row: f64,
}

/// Points that are tried, persons of each at most, and seconds that these may take.
const TRIED: (u64, u64, f64) = (5, 16, 0.04);

/// What the rest will take, from some persons of some points; none if there is no rest.
fn estimate(sweep: &Sweep<'_>, lock: &Lock, run: &Run<'_>) -> Option<Estimate> {
    let (points, most, seconds) = TRIED;
    let (points, work) = (points.min(lock.points()), run.work());
    if work == 0 || points == 0 {
        return None;
    }
    let timed = |point, persons| {
        let begun = Instant::now();
        let unit = sweep.run(point, 0..persons);
        (unit, begun.elapsed().as_secs_f64())
    };
    // The first of all is slow, since nothing is in a cache yet; it tells how many can be tried.
    let (_, first) = timed(0, 1);
    let persons = ((seconds / first) as u64).clamp(1, most).min(sweep.persons());
    let (mut one, mut all, mut rows, mut bytes) = (0.0, 0.0, 0, 0);
    for point in (0..points).map(|i| i * lock.points() / points) {
        if persons > 1 {
            one += timed(point, 1).1;
        }
        let (unit, time) = timed(point, persons);
        all += time;
        let table = sweep.reduce(point, &[unit]);
        rows += table.len();
        bytes += csv_rows(&table).len();
        if first > seconds {
            break;
        }
    }
    let tried = if first > seconds { 1.0 } else { points as f64 };
    // A point takes some time whatever its persons, and each person more.
    let per_person = f64::max(0.0, (all - one) / tried / (persons - u64::from(persons > 1)) as f64);
    let per_point = f64::max(0.0, one / tried - per_person);
    let work = work as f64 * (per_person + per_point / sweep.persons() as f64);
    Some(Estimate { work: Duration::from_secs_f64(work), bytes_per_row: bytes as f64 / rows.max(1) as f64 })
}

/// A time as one says it.
fn spoken(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 1.0 => "less than a second".into(),
        _ if seconds < 90.0 => format!("about {seconds:.0} s"),
        _ if seconds < 5400.0 => format!("about {:.0} min", seconds / 60.0),
        _ if seconds < 172_800.0 => format!("about {:.0} h", seconds / 3600.0),
        _ => format!("about {:.0} d", seconds / 86_400.0),
    }
}

fn show_status(args: &StatusArgs) -> Result<Outcome, Failure> {
    let folders: Vec<Folder<'_>> = args.folders.iter().map(Folder::new).collect();
    let lock = folders[0].lock()?;
    let status = status(&lock, &folders)?;
    let shards = args.shards.map(|n| array_expression(status.missing_shards(n)));
    let parts = array_expression(status.to_do());
    if args.missing {
        print(&format!("{}\n", shards.unwrap_or(parts)))?;
        return Ok(Outcome::Done);
    }
    let whole = status.parts - status.missing.len() as u64 - status.damaged.len() as u64;
    let integer = |n: u64| Cell::Integer(n as i64);
    let mut cells = vec![
        ("points", integer(lock.points())),
        ("subjects", integer(lock.subjects())),
        ("parts", integer(status.parts)),
        ("finished", integer(whole)),
        ("failed_rows", integer(status.there.failed)),
        ("results", if status.results.is_some() { "yes" } else { "no" }.into()),
        ("damaged_parts", array_expression(status.damaged.iter().copied()).into()),
        ("missing_parts", array_expression(status.missing.iter().copied()).into()),
    ];
    cells.extend(shards.map(|shards| ("missing_shards", shards.into())));
    let mut shown = Table::new(cells.iter().map(|(name, _)| Column::new(*name)).collect());
    shown.push(cells.into_iter().map(|(_, cell)| cell).collect());
    table("", &shown, args.shared.format)?;
    Ok(Outcome::Done)
}

fn merge_folders(args: &MergeArgs) -> Result<Outcome, Failure> {
    let folders: Vec<Folder<'_>> = args.folders.iter().map(Folder::new).collect();
    let lock = folders[0].lock()?;
    let (plan, models) = (lock.plan()?, lock.models()?);
    let sweep = Sweep::with(&plan, &models, lock.settings())?;
    let out = Folder::new(args.out.as_ref().unwrap_or(&args.folders[0]));
    match merge(&sweep, &lock, &folders, &out)? {
        Merged::There(totals) => {
            say!("{} is complete: {}", out.path().display(), rows(&totals));
            Ok(outcome(&totals))
        }
        Merged::Written(totals) => {
            warn(&sweep.outside(&totals));
            say!("{}", wrote(&lock, &totals, &out));
            Ok(outcome(&totals))
        }
    }
}
