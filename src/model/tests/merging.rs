//! Files that extend a model, effects that are added to one, and files side by side.

use super::*;

struct Base;

impl Resolve for Base {
    fn resolve(&self, id: &str) -> Option<Arc<Source>> {
        (id == "test").then(|| Source::new("base.toml", BASE))
    }
    fn ids(&self) -> Vec<String> {
        vec!["test".into()]
    }
}

const OVERLAY: &str = r#"id = "more"
title = "More"
drug = "ketamine"
grade = "assumed"
extends = "test"
[override.parameters]
ka = { value = 3, unit = "1/h", grade = "assumed", why = "faster" }
[compartments]
muscle = {}
[flows]
"muscle -> central" = { rate = "ka" }
[routes.im]
muscle = {}
"#;

#[test]
fn an_overlay_adds_changes_and_says_so() {
    let model = Model::parse(OVERLAY, "more.toml", &Base).unwrap();
    assert_eq!((entry(&model, "central", "gut"), entry(&model, "central", "muscle")), (3.0, 3.0));
    assert_eq!(model.provenance().overrides, ["ka = 3 1/h"]);
    assert_eq!(model.provenance().extends.as_deref(), Some("test"));
    assert_eq!(model.assumptions(), [("ka".to_string(), "faster".to_string())]);
    let only = |text: &str| match Model::parse(text, "more.toml", &Base) {
        Ok(_) => panic!("no fault"),
        Err(faults) => faults.into_vec().remove(0),
    };
    let unknown = only(&OVERLAY.replace("ka = {", "kaa = {"));
    assert_eq!(
        (unknown.kind.code(), unknown.kind.hint().unwrap().as_str()),
        ("E_NOTHING_TO_OVERRIDE", "did you mean `ka`?")
    );
    let without = |name: &str| {
        OVERLAY.replace("[override.parameters]", &format!("[override]\nwithout = [\"{name}\"]\n[override.parameters]"))
    };
    assert_eq!(only(&without("wieght")).kind.hint().unwrap(), "did you mean `weight`?");
    let base = only(&OVERLAY.replace("\"test\"", "\"tset\""));
    assert_eq!(base.kind.code(), "E_UNKNOWN_MODEL");
    // A fault in the base is shown in the base.
    let clash = only(&OVERLAY.replace("muscle = {}\n[flows]", "V = {}\n[flows]"));
    assert_eq!((clash.kind.code(), clash.source.unwrap().name.as_str()), ("E_NAME_CLASH", "more.toml"));
}

const EFFECT: &str = r#"id = "sedation"
title = "Sedation"
drug = "ketamine"
grade = "assumed"
kind = "effect"
[requires]
c = { analyte = "ketamine", unit = "nmol/mL", site = "venous" }
[parameters]
ke0 = { value = 6, unit = "1/h", grade = "assumed", why = "a test" }
[states]
Ce = { unit = "nmol/mL", rate = "ke0 * (c - Ce)" }
[outputs]
score = { value = "Ce / (Ce + 1[nmol/mL])", site = "effect" }
"#;

#[test]
fn an_effect_binds_by_analyte_and_warns_about_the_site() {
    let alone = parse(EFFECT).unwrap();
    assert_eq!((alone.kind(), alone.requirements().len()), (FileKind::Effect, 1));
    let base = Source::new("base.toml", BASE);
    let effect = Source::new("effect.toml", EFFECT);
    let both = Model::with_effects(&base, &[Arc::clone(&effect)], &Catalogue).unwrap();
    assert!(both.requirements().is_empty());
    assert_eq!(both.warnings().len(), 1);
    // ke0 * nmol per mg of a substance of 200 g/mol, in 10 L
    assert!((entry(&both, "Ce", "central") / (6.0 * 1e6 / 200.0 / 10.0) - 1.0).abs() < 1e-15);
    let other = Source::new("base.toml", BASE.replace("\"ketamine\" }\n", "\"S-ketamine\" }\n"));
    let faults = Model::with_effects(&other, &[effect], &Catalogue).unwrap_err();
    assert_eq!(faults.first().kind.code(), "E_NO_DRIVER");
    assert_eq!(faults.first().kind.hint().unwrap(), "it has `S-ketamine`");
}

#[test]
fn an_effect_never_drives_itself() {
    // `other` is the analyte of the model's concentration and of the effect's own response.
    let effect = EFFECT.replace(", site = \"venous\"", "").replace("\"ketamine\", unit", "\"other\", unit");
    assert_eq!(parse(&effect).unwrap().requirements().len(), 1);
    let base = Source::new("base.toml", BASE.replace("\"ketamine\" }\n", "\"other\" }\n"));
    let both = Model::with_effects(&base, &[Source::new("effect.toml", effect)], &Catalogue).unwrap();
    assert!((entry(&both, "Ce", "central") / (6.0 * 1e6 / 200.0 / 10.0) - 1.0).abs() < 1e-15);
}

#[test]
fn two_files_of_one_id_are_refused() {
    let (a, b) = (Source::new("a.toml", BASE), Source::new("b.toml", with("A test", "Another")));
    assert!(unique_ids(&[Arc::clone(&a)]).is_ok());
    let faults = unique_ids(&[a, Arc::clone(&b)]).unwrap_err();
    assert_eq!(faults.first().kind.code(), "E_DUPLICATE_ID");
    assert_eq!(b.location(faults.first().span.unwrap().start), crate::error::Location { line: 2, column: 9 });
    let taken = Source::new("c.toml", BASE.replace("\"test\"", "\"ketamine-kamp-2020\""));
    let faults = unique_ids(&[taken]).unwrap_err();
    assert!(faults.first().kind.to_string().contains("models/ketamine/ketamine-kamp-2020.toml"));
}
