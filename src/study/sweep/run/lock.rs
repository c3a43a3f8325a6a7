//! `plan.lock`: everything that the numbers of a sweep depend on, frozen when it begins.

use super::{Parts, RunError};
use crate::Error;
use crate::error::{Faults, Source};
use crate::io::{Disk, FileFormat, IoError, ModelUsed, Tolerances, number, sha256_hex};
use crate::math::kernel::Kernel;
use crate::model::{Catalogue, Dynamics, Model};
use crate::simulate::{Engine, Settings};
use crate::study::PlanError;
use crate::study::compare::Models;
use crate::study::sweep::{Sweep, SweepPlan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// A frozen plan. Its id is the digest of all else in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    format: u32,
    plan_id: String,
    posology: String,
    points: u64,
    subjects: u64,
    replicates: u64,
    rows: u64,
    parts: u64,
    results: FileFormat,
    seed: u64,
    engine: String,
    tolerances: Option<Allowed>,
    kernel: String,
    warnings: Vec<String>,
    models: BTreeMap<String, Frozen>,
    /// The file that says who the people are, where the plan names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    people: Option<FrozenFile>,
    plan: String,
}

/// Tolerances, as text, since a reader of JSON may round numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Allowed {
    rtol: String,
    atol: String,
}

/// A model by the name it has in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Frozen {
    id: String,
    grade: String,
    units_checked: bool,
    sha256: String,
    text: String,
}

/// A file by the name it has in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FrozenFile {
    name: String,
    text: String,
}

impl Lock {
    /// Freezes a sweep; `plan` is the text it was read from.
    pub fn new(sweep: &Sweep<'_>, plan: &str, models: &Models) -> Self {
        let settings = sweep.settings();
        // Doses that follow the state take even a linear model to the integrator. What is propagated exactly depends neither on tolerances nor on the instruction set.
        let exact = matches!(settings.engine, Engine::Auto | Engine::Exact)
            && models
                .values()
                .all(|model| matches!(model.dynamics(), Dynamics::Linear { .. }) && !model.doses_follow_state());
        let (points, persons) = (sweep.points(), sweep.persons());
        let allowed = || Allowed { rtol: number(settings.rtol), atol: number(settings.atol) };
        let mut lock = Lock {
            format: 1,
            plan_id: String::new(),
            posology: env!("CARGO_PKG_VERSION").into(),
            points,
            subjects: sweep.subjects(),
            replicates: sweep.replicates(),
            rows: if sweep.every_subject() { points * persons } else { points },
            parts: Parts::new(points, persons).count(),
            results: sweep.plan().results,
            seed: sweep.plan().seed(),
            engine: if exact { Engine::Exact } else { settings.engine }.to_string(),
            tolerances: (!exact).then(allowed),
            kernel: if exact { Kernel::Baseline } else { settings.kernel }.to_string(),
            warnings: sweep.warnings().into_iter().map(|w| w.message).collect(),
            models: models.iter().map(|(name, model)| (name.clone(), Frozen::new(model))).collect(),
            people: sweep.plan().people_file().map(FrozenFile::new),
            plan: plan.into(),
        };
        lock.plan_id = lock.digest();
        lock
    }

    fn digest(&self) -> String {
        sha256_hex(Lock { plan_id: String::new(), ..self.clone() }.to_json().as_bytes())
    }

    /// The digest of everything in it, in hexadecimal.
    pub fn id(&self) -> &str {
        &self.plan_id
    }

    /// The parts of the sweep.
    pub fn parts(&self) -> Parts {
        Parts::new(self.points, self.subjects * self.replicates)
    }

    /// Number of points.
    pub fn points(&self) -> u64 {
        self.points
    }

    /// Number of subjects of each point.
    pub fn subjects(&self) -> u64 {
        self.subjects
    }

    /// Number of rows of the results.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn results(&self) -> FileFormat {
        self.results
    }

    /// The name of the file of the results.
    pub fn results_name(&self) -> &'static str {
        match self.results {
            FileFormat::Csv => "results.csv",
            FileFormat::Parquet => "results.parquet",
        }
    }

    /// The file.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("keys are text");
        json.push('\n');
        json
    }

    /// Reads the file at a path.
    ///
    /// # Errors
    /// [`IoError::Read`], [`RunError::Version`], [`RunError::DamagedLock`].
    pub fn read(disk: &dyn Disk, path: &Path) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let read = disk.open(path).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(|source| IoError::Read { path: path.into(), source })?;
        let damaged = || RunError::DamagedLock { path: path.into() };
        let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        // Another version may have another layout, so its name is looked for before anything else.
        let found = json.get("posology").and_then(|version| version.as_str()).ok_or_else(damaged)?;
        if found != env!("CARGO_PKG_VERSION") {
            return Err(RunError::Version { found: found.into() }.into());
        }
        let lock: Lock = serde_json::from_value(json).map_err(|_| damaged())?;
        if lock.digest() != lock.plan_id { Err(damaged().into()) } else { Ok(lock) }
    }

    /// The plan.
    ///
    /// # Errors
    /// None that the plan did not have when it was frozen.
    pub fn plan(&self) -> Result<SweepPlan, Faults<PlanError>> {
        let text = |name: &str| Some(self.people.as_ref().filter(|file| file.name == name)?.text.clone());
        let frozen = |name: &str| text(name).ok_or_else(|| std::io::ErrorKind::NotFound.into());
        SweepPlan::with_files("plan.lock", &self.plan, &frozen)
    }

    /// The models of the plan.
    ///
    /// # Errors
    /// None that the models did not have when they were frozen.
    pub fn models(&self) -> Result<Models, Error> {
        let read =
            |(name, frozen): (&String, &Frozen)| Ok((name.clone(), Model::parse(&frozen.text, name, &Catalogue)?));
        self.models.iter().map(read).collect()
    }

    /// How it is computed: with the instruction set of this computer, since what is frozen is computed elsewhere.
    pub fn settings(&self) -> Settings {
        let default = Settings::default();
        let value = |text: &String, default| text.parse().unwrap_or(default);
        let (rtol, atol) = match &self.tolerances {
            Some(allowed) => (value(&allowed.rtol, default.rtol), value(&allowed.atol, default.atol)),
            None => (default.rtol, default.atol),
        };
        Settings { engine: self.engine.parse().unwrap_or_default(), rtol, atol, ..default }
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn engine(&self) -> &str {
        &self.engine
    }

    pub(super) fn kernel(&self) -> &str {
        &self.kernel
    }

    pub(super) fn tolerances(&self) -> Option<Tolerances> {
        let Settings { rtol, atol, .. } = self.settings();
        self.tolerances.as_ref().map(|_| Tolerances { rtol, atol })
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    pub(super) fn units_checked(&self) -> bool {
        self.models.values().all(|model| model.units_checked)
    }

    pub(super) fn models_used(&self) -> Vec<ModelUsed> {
        let used = |f: &Frozen| ModelUsed { id: f.id.clone(), grade: f.grade.clone(), sha256: f.sha256.clone() };
        self.models.values().map(used).collect()
    }

    /// What another sweep has that this one has not, one clause each; empty where they are the same.
    pub(super) fn differences(&self, other: &Lock) -> Vec<String> {
        let mut found = Vec::new();
        let mut differs = |what: &str, there: &str, here: &str| {
            if there != here {
                found.push(format!("its {what} is {there}, and this one's {here}"));
            }
        };
        differs("version", &other.posology, &self.posology);
        differs("engine", &other.engine, &self.engine);
        let allowed = |lock: &Lock| match &lock.tolerances {
            Some(Allowed { rtol, atol }) => format!("{rtol} and {atol}"),
            None => "none".into(),
        };
        differs("tolerance (relative and absolute)", &allowed(other), &allowed(self));
        differs("kernel", &other.kernel, &self.kernel);
        if let Some((line, there, here)) = first_difference(&other.plan, &self.plan) {
            found.push(format!("line {line} of its plan is `{there}`, and of this one's `{here}`"));
        }
        if let (Some(there), Some(here)) = (&other.people, &self.people)
            && let Some((line, a, b)) = first_difference(&there.text, &here.text)
        {
            found.push(format!("line {line} of its `{}` is `{a}`, and of this one's `{b}`", there.name));
        }
        for (name, model) in &self.models {
            let there = other.models.get(name).map(|other| first_difference(&other.text, &model.text));
            if let Some(Some((line, there, here))) = there {
                found.push(format!("line {line} of its model `{name}` is `{there}`, and of this one's `{here}`"));
            }
        }
        if found.is_empty() && self != other {
            found.push("another build made it".into());
        }
        found
    }
}

impl FrozenFile {
    fn new(file: &Source) -> Self {
        FrozenFile { name: file.name.clone(), text: file.text.clone() }
    }
}

impl Frozen {
    fn new(model: &Model) -> Self {
        let text = model.source().text.clone();
        Frozen {
            id: model.id().into(),
            grade: model.grade().to_string(),
            units_checked: model.unit_checking(),
            sha256: sha256_hex(text.as_bytes()),
            text,
        }
    }
}

/// Number and text of the first line that is not the same.
fn first_difference<'a>(one: &'a str, other: &'a str) -> Option<(usize, &'a str, &'a str)> {
    if one == other {
        return None;
    }
    let (mut ones, mut others) = (one.split('\n'), other.split('\n'));
    (1..).find_map(|line| {
        let (a, b) = (ones.next(), others.next());
        (a != b).then(|| (line, a.unwrap_or_default().trim_end(), b.unwrap_or_default().trim_end()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::SystemDisk;

    const LINEAR: &str = "textbook-one-compartment";
    const INTEGRATED: &str = "textbook-michaelis-menten";

    /// The lock of a small plan; `edit` changes the text of its model.
    fn lock(id: &str, settings: Settings, edit: impl Fn(&str) -> String) -> Lock {
        let text = format!(
            "model = \"{id}\"\ngive = \"{{dose}} iv\"\n[factors]\ndose = {{ list = [\"1 mg\"] }}\n[measures]\npeak = \"Cmax\"\n"
        );
        let plan = SweepPlan::parse("p.toml", &text).unwrap();
        let load = |id: &str| {
            let text = edit(&Model::catalogue(id)?.source().text).replace(id, "mine");
            Ok(Model::parse(&text, "mine.toml", &Catalogue)?)
        };
        let models = plan.models(load).unwrap();
        let sweep = Sweep::with(&plan, &models, settings).unwrap();
        Lock::new(&sweep, &text, &models)
    }

    fn same(text: &str) -> String {
        text.to_string()
    }

    fn with(change: impl Fn(&mut Settings)) -> Settings {
        let mut settings = Settings { kernel: Kernel::Baseline, ..Settings::default() };
        change(&mut settings);
        settings
    }

    #[test]
    fn a_lock_comes_back_from_its_file_and_says_what_is_frozen() {
        let folder = std::env::temp_dir().join(format!("posology-lock-{}", std::process::id()));
        let path = folder.join("plan.lock");
        std::fs::create_dir_all(&folder).unwrap();
        let lock = lock(INTEGRATED, with(|s| s.rtol = 0.1 + 0.2), same);
        std::fs::write(&path, lock.to_json()).unwrap();
        let back = Lock::read(&SystemDisk, &path);
        std::fs::write(&path, lock.to_json().replace(env!("CARGO_PKG_VERSION"), "0.0.1")).unwrap();
        let older = Lock::read(&SystemDisk, &path);
        std::fs::remove_dir_all(&folder).unwrap();
        let back = back.unwrap();
        assert_eq!((&back, back.settings().rtol), (&lock, 0.1 + 0.2));
        assert_eq!(back.models().unwrap()[INTEGRATED].id(), "mine");
        assert_eq!(back.plan().unwrap().seed(), 1);
        assert_eq!(older.unwrap_err().code(), "E_SWEEP_VERSION");
    }

    #[test]
    fn what_is_integrated_depends_on_tolerances_and_kernel_and_what_is_exact_does_not() {
        let other = with(|s| (s.rtol, s.kernel) = (1e-6, Kernel::widest()));
        assert_eq!(lock(LINEAR, with(|_| ()), same), lock(LINEAR, other, same));
        let differs = lock(INTEGRATED, with(|_| ()), same).differences(&lock(INTEGRATED, other, same));
        assert_eq!(
            differs[0],
            "its tolerance (relative and absolute) is 1e-6 and 1e-10, and this one's 1e-8 and 1e-10"
        );
        assert_eq!(differs.len(), 1 + usize::from(Kernel::widest() != Kernel::Baseline));
        let forced = lock(LINEAR, with(|s| s.engine = Engine::Explicit), same);
        let differs = forced.differences(&lock(LINEAR, with(|_| ()), same));
        assert_eq!(differs[0], "its engine is exact, and this one's explicit");
    }

    #[test]
    fn a_model_that_changed_is_named_with_its_line() {
        let faster = |text: &str| text.replace("ka = { value = 1.2", "ka = { value = 1.3");
        let (one, other) = (lock(LINEAR, with(|_| ()), same), lock(LINEAR, with(|_| ()), faster));
        assert_ne!(one.id(), other.id());
        let differs = one.differences(&other);
        assert_eq!(differs.len(), 1);
        assert!(
            differs[0].starts_with("line 14 of its model `textbook-one-compartment` is `ka = { value = 1.3"),
            "{differs:?}"
        );
        assert!(one.differences(&one).is_empty());
    }
}
