//! Faults of model files, each with its code, place and hint; and what the language means.

use super::*;
use crate::error::{Kind, Source};
use crate::expr::Class;

const BASE: &str = r#"format = 1
id    = "test"
title = "A test"
drug  = "ketamine"
grade = "B"

[source.paper]
citation = "A paper"

[substances]
parent = { molar_mass = "200 g/mol", salt = { HCl = "250 g/mol" } }
metabolite = { molar_mass = "150 g/mol" }

[covariates]
weight = { unit = "kg", reference = 70 }
ancestry = { one_of = ["other", "asian-non-japanese"], reference = "other" }

[parameters]
V   = { value = 10, unit = "L", source = "paper: Table 1" }
CL  = { value = 2, unit = "L/h", source = "paper: Table 1", iiv = { cv = 0.3 } }
ka  = { value = 1, unit = "1/h", source = "paper: Table 1" }
F   = { value = 0.5, source = "paper: Table 1", iiv = { logit_sd = 0.7 } }
G   = { value = 0.6, source = "paper: Table 1" }

[derived]
half = "CL / V"

[compartments]
gut     = {}
central = { volume = "V", substance = "parent" }
met     = { volume = "V", substance = "metabolite" }

[flows]
"gut -> central" = { rate = "ka" }
"central -> out" = { clearance = "CL" }

[routes.oral]
gut = { fraction = "F" }

[outputs]
conc = { value = "C(central)", unit = "ng/mL", analyte = "ketamine" }
"#;

fn parse(text: &str) -> Result<Model, Faults<ModelError>> {
    Model::parse(text, "test.toml", &Catalogue)
}

/// The base with a piece of it exchanged.
fn with(old: &str, new: &str) -> String {
    assert!(BASE.contains(old), "the base has no {old}");
    BASE.replace(old, new)
}

fn faults(text: &str) -> Vec<Fault<ModelError>> {
    match parse(text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_vec(),
    }
}

/// One fault with this code, at the first place of `at` behind `line`, whose hint has these words.
#[track_caller]
fn fault(text: &str, code: &str, line: &str, at: &str, hint: &str) {
    let found = faults(text);
    let shown: Vec<String> = found.iter().map(|f| f.diagnostic().to_string()).collect();
    assert_eq!(found.len(), 1, "not one fault:\n{}", shown.join("\n"));
    let only = &found[0];
    assert_eq!(only.kind.code(), code, "{}", shown[0]);
    let start = text.find(line).expect("the line is there");
    let start = start + text[start..].find(at).expect("the word is there");
    let span = only.span.expect("the fault has a place");
    let source = only.source.as_ref().expect("the fault names its file");
    assert_eq!(
        (source.location(span.start), &text[span.start..span.end]),
        (source.location(start), at),
        "{}",
        shown[0]
    );
    let found_hint = only.kind.hint().unwrap_or_default();
    assert!(found_hint.contains(hint), "the hint is: {found_hint}");
}

#[test]
fn the_base_of_these_tests_is_a_model() {
    assert_eq!(faults(BASE), vec![]);
}

#[test]
fn an_unknown_key_is_shown_with_the_nearest_one() {
    let text = with("iiv = { cv = 0.3 }", "iivv = { cv = 0.3 }");
    fault(&text, "E_UNKNOWN_KEY", "CL  =", "iivv", "did you mean `iiv`?");
    fault(&with("[derived]", "[derrived]"), "E_UNKNOWN_KEY", "[derrived]", "derrived", "did you mean `derived`?");
}

#[test]
fn an_unknown_unit_is_shown_inside_its_text() {
    fault(&with("\"L/h\"", "\"L/hh\""), "E_UNIT_UNKNOWN", "CL  =", "hh", "did you mean `h`?");
    let text = with("\"CL / V\"", "\"CL / V + 1[1/hh]\"");
    fault(&text, "E_UNIT_UNKNOWN", "half", "hh", "did you mean `h`?");
}

#[test]
fn a_unit_of_the_wrong_dimension_in_a_flow_names_the_parameter() {
    let text = with("{ clearance = \"CL\" }", "{ clearance = \"ka\" }");
    fault(&text, "E_UNIT_MISMATCH", "\"central -> out\"", "\"ka\"", "the parameter `ka` on line 21 has the unit `1/h`");
    let text = with("{ rate = \"ka\" }", "{ rate = \"2 * CL\" }");
    fault(&text, "E_UNIT_MISMATCH", "\"gut -> central\"", "\"2 * CL\"", "a volume per time is a `clearance`");
}

#[test]
fn units_are_checked_inside_expressions_and_outputs() {
    fault(&with("\"CL / V\"", "\"CL + V\""), "E_UNIT_MISMATCH", "half", "V", "");
    let text = with("\"C(central)\"", "\"C(central) * V\"");
    fault(&text, "E_UNIT_MISMATCH", "conc", "\"C(central) * V\"", "");
    fault(
        &with("volume = \"V\", substance = \"parent\"", "volume = \"CL\""),
        "E_UNIT_MISMATCH",
        "central =",
        "\"CL\"",
        "line 20",
    );
}

#[test]
fn flows_have_ends_that_exist() {
    let text = with("\"gut -> central\"", "\"gut -> centrall\"");
    fault(&text, "E_UNKNOWN_COMPARTMENT", "\"gut", "centrall", "did you mean `central`?");
    fault(&with("\"gut -> central\"", "\"gut -> gut\""), "E_SELF_FLOW", "-> gut", "gut", "another compartment");
    fault(&with("\"gut -> central\"", "\"gut central\""), "E_FLOW", "\"gut central\"", "\"gut central\"", "a -> b");
    let text = with("{ rate = \"ka\" }", "{ clearance = \"CL\" }");
    fault(&text, "E_NO_VOLUME", "\"gut -> central\"", "\"CL\"", "gut = { volume = \"V\" }");
    let text = with("{ rate = \"ka\" }", "{ rate = \"ka\", flux = \"ka * gut\" }");
    fault(&text, "E_EXACTLY_ONE", "\"gut -> central\"", "{ rate = \"ka\", flux = \"ka * gut\" }", "");
    let text = with("\"central -> out\"", "\"central->out\" = { rate = \"ka\" }\n\"central -> out\"");
    fault(&text, "E_DUPLICATE_FLOW", "\"central -> out\"", "\"central -> out\"", "are a list");
}

#[test]
fn routes_lead_to_compartments_that_exist() {
    fault(
        &with("gut = { fraction", "gutt = { fraction"),
        "E_UNKNOWN_COMPARTMENT",
        "gutt",
        "gutt",
        "did you mean `gut`?",
    );
}

#[test]
fn one_variability_has_one_spelling() {
    let text = with("{ cv = 0.3 }", "{ cv = 0.3, variance = 0.1 }");
    fault(&text, "E_TWO_SPELLINGS", "CL  =", "variance", "keep the one that the source prints");
}

#[test]
fn every_number_has_a_source_or_a_reason() {
    fault(&with(", source = \"paper: Table 1\" }\nCL", " }\nCL"), "E_NO_SOURCE", "V   =", "V", "grade = \"assumed\"");
    let text =
        with("value = 10, unit = \"L\", source = \"paper: Table 1\"", "value = 10, unit = \"L\", grade = \"assumed\"");
    fault(&text, "E_NO_REASON", "V   =", "\"assumed\"", "why");
    let text = BASE.replacen("paper: Table 1", "papr: Table 1", 1);
    fault(&text, "E_UNKNOWN_SOURCE", "V   =", "papr", "did you mean `paper`?");
}

#[test]
fn names_are_unique_legal_and_known() {
    let text = with("half = ", "ka = ");
    fault(&text, "E_NAME_CLASH", "ka = ", "ka", "");
    fault(&with("half = ", "tad = "), "E_RESERVED_NAME", "tad = ", "tad", "`tafd`");
    fault(&with("half = ", "\"2nd\" = "), "E_NAME", "\"2nd\" = ", "\"2nd\"", "begin with no digit");
    fault(&with("\"CL / V\"", "\"CLL / V\""), "E_UNKNOWN_NAME", "half", "CLL", "did you mean `CL`?");
    fault(&with("\"C(central)\"", "\"C(gut)\""), "E_NAME_UNAVAILABLE", "conc", "gut", "");
}

#[test]
fn quantities_are_not_computed_from_each_other() {
    let text = with("half = \"CL / V\"", "half = \"rest / V\"\nrest = \"half * V\"");
    let found = faults(&text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind.code(), "E_CYCLE");
    assert_eq!(found[0].kind.to_string(), "these are computed from each other: half -> rest -> half");
}

#[test]
fn a_key_written_twice_and_a_table_over_two_lines_are_refused() {
    fault(&with("[derived]\n", "[derived]\nhalf = \"ka\"\n"), "E_DUPLICATE_KEY", "half = \"CL", "half", "keep one");
    let text = with("{ rate = \"ka\" }", "{ rate = \"ka\",\n molar = false }");
    fault(&text, "E_MULTILINE_TABLE", "\"gut -> central\"", "{ rate = \"ka\",\n molar = false }", "one line");
}

#[test]
fn a_decimal_comma_and_a_number_in_quotes_are_told_apart() {
    let text = with("value = 10,", "value = \"1,5\",");
    fault(&text, "E_DECIMAL_COMMA", "V   =", "\"1,5\"", "write `1.5`");
    fault(&with("value = 10,", "value = \"10\","), "E_WRONG_TYPE", "V   =", "\"10\"", "");
}

#[test]
fn several_faults_are_shown_at_once_in_the_order_of_the_file() {
    let text =
        BASE.replace("\"L/h\"", "\"L/hh\"").replace("rate = \"ka\"", "rat = \"ka\"").replace("analyte", "analite");
    let codes: Vec<&str> = faults(&text).iter().map(|f| f.kind.code()).collect();
    assert_eq!(codes, ["E_UNIT_UNKNOWN", "E_UNKNOWN_KEY", "E_UNKNOWN_KEY"]);
}

/// Codes of the faults of the base with its oral route exchanged.
fn route(entries: &str) -> Vec<&'static str> {
    faults(&with("gut = { fraction = \"F\" }", entries)).iter().map(|f| f.kind.code()).collect()
}

#[test]
fn fractions_that_can_exceed_one_are_refused_and_complements_are_not() {
    let exceed = ["E_FRACTIONS_EXCEED_ONE"];
    assert_eq!(route("gut = { fraction = \"F\" }\ncentral = { fraction = \"(1 - F) * G\" }"), [""; 0]);
    assert_eq!(route("gut = { fraction = \"F\" }\ncentral = { fraction = \"1 - F\" }"), [""; 0]);
    assert_eq!(route("gut = { fraction = \"0.4\" }\ncentral = { fraction = \"G\" }"), [""; 0]);
    assert_eq!(route("gut = { fraction = \"min(1, half * 1[h])\" }"), [""; 0]);
    assert_eq!(route("gut = { fraction = \"if(ancestry == asian-non-japanese, F, G)\" }"), [""; 0]);
    assert_eq!(route("gut = { fraction = \"0.41\" }\ncentral = { fraction = \"G\" }"), exceed);
    assert_eq!(route("gut = { fraction = \"F\" }\ncentral = { fraction = \"G\" }"), exceed);
    assert_eq!(route("gut = { fraction = \"half * 1[h]\" }"), exceed);
    assert_eq!(route("gut = {}\ncentral = { fraction = \"F\" }"), exceed);
    assert_eq!(route("gut = { fraction = \"F * if(F > 0.5, 2, 1)\" }"), exceed);
    let why = "fractions_exceed_one = \"printed so\"\ngut = {}\ncentral = { fraction = \"F\" }";
    assert_eq!(route(why), [""; 0]);
    let text = with("gut = { fraction = \"F\" }", "gut = { fraction = \"F\" }\ncentral = { fraction = \"G\" }");
    fault(&text, "E_FRACTIONS_EXCEED_ONE", "central = { fraction", "\"G\"", "fractions_exceed_one");
    assert!(faults(&text)[0].kind.to_string().contains("they are 1.6 at `F` = 1"), "{}", faults(&text)[0].kind);
}

#[test]
fn what_a_place_may_use_is_said() {
    let of = |old: &str, new: &str| faults(&with(old, new)).iter().map(|f| f.kind.code()).collect::<Vec<_>>();
    assert_eq!(of("{ fraction = \"F\" }", "{ input = \"ka * t / since\" }"), ["E_NAME_UNAVAILABLE"]);
    assert_eq!(of("rate = \"ka\"", "rate = \"ka * dose.device\""), ["E_NAME_UNAVAILABLE"]);
    assert_eq!(of("volume = \"V\", substance = \"parent\"", "volume = \"V * t / 1[h]\""), ["E_NAME_UNAVAILABLE"]);
    let hidden = BASE
        .replace("half = \"CL / V\"", "half = \"CL / V * dose.device\"")
        .replace("rate = \"ka\"", "rate = \"half\"");
    assert_eq!(faults(&hidden).iter().map(|f| f.kind.code()).collect::<Vec<_>>(), ["E_DOSE_IN_SYSTEM"]);
    let hidden = BASE
        .replace("half = \"CL / V\"", "half = \"ka * gut / 1[mg]\"")
        .replace("fraction = \"F\"", "input = \"half\"");
    assert_eq!(faults(&hidden).iter().map(|f| f.kind.code()).collect::<Vec<_>>(), ["E_NOT_CONSTANT"]);
}

#[test]
fn doses_may_follow_the_state_the_time_and_the_dose_together() {
    assert!(!parse(BASE).unwrap().doses_follow_state());
    // Bioavailability saturates with what is in the gut, and the lag grows with the dose and the time of the day.
    let text = BASE.replace("half = \"CL / V\"", "half = \"gut / (gut + dose.amount)\"").replace(
        "gut = { fraction = \"F\" }",
        "gut = { fraction = \"1 - half\", lag = \"0.1[h/mg] * dose.amount + mod(t, 24[h]) / 10\" }",
    );
    let model = parse(&text).unwrap();
    assert!(model.doses_follow_state() && matches!(model.dynamics(), Dynamics::Linear { .. }));
    let mut file = registers(&model, &[(model.inputs().dose_amount, 10.0)]);
    file[model.states()[0].slot] = [30.0];
    file[model.inputs().t] = [29.0];
    model.tiers().run_group(GROUP_DOSE, &mut file);
    let entry = &model.routes()[0].entries[0];
    let value = |reg: Option<Reg>| file[reg.unwrap()][0];
    assert_eq!((value(entry.fraction), value(entry.lag)), (0.25, 1.5));
    // Whether the sum stays within 1 is seen when the dose is given.
    let total = model.guards().iter().find(|g| g.must == Limit::AtMostOne).unwrap();
    assert!(total.at_dose && value(Some(total.reg)) == 0.25 && model.routes()[0].total == Some(total.reg));
    assert!(model.guards().iter().any(|g| Some(g.reg) == entry.lag && g.at_dose));
    // A time alone needs no operation, and is of the state all the same.
    assert!(parse(&with("{ fraction = \"F\" }", "{ lag = \"t\" }")).unwrap().doses_follow_state());
    let into = with("gut     = {}", "gut     = { infusion_duration = \"1[h] + tad(oral)\" }");
    assert!(parse(&into).unwrap().doses_follow_state());
}

#[test]
fn limits_of_a_dose_are_on_the_numbers_that_enter() {
    let text = BASE
        .replace(
            "substance = \"metabolite\" }",
            "substance = \"metabolite\", equivalents_of = \"parent\", fraction = \"G\" }",
        )
        .replace(
            "gut = { fraction = \"F\" }",
            "gut = { amount = \"V * 1[mg/L]\" }\nmet = { fraction = \"F\" }\nfractions_exceed_one = \"a test\"",
        );
    let model = parse(&text).unwrap();
    let [gut, met] = &model.routes()[0].entries[..] else { panic!("two entries") };
    let StateKind::Compartment { doses, .. } = model.states()[2].kind else { panic!("a compartment") };
    for reg in [gut.amount, met.fraction, doses.fraction] {
        assert!(model.guards().iter().any(|g| Some(g.reg) == reg && g.must == Limit::NonNegative));
    }
    let file = registers(&model, &[]);
    let value = |reg: Option<Reg>| file[reg.unwrap()][0];
    assert_eq!(value(gut.amount), 10.0);
    // mg of parent that the state counts per mg of metabolite
    assert!((value(met.fraction) - 0.5 * 200.0 / 150.0).abs() < 1e-15);
}

/// The register file of a subject at the model's reference, with some inputs set.
fn registers(model: &Model, set: &[(Reg, f64)]) -> Vec<[f64; 1]> {
    let mut file = model.tiers().file::<1>();
    for parameter in model.parameters() {
        file[parameter.slot][0] = parameter.value;
    }
    for covariate in model.covariates() {
        file[covariate.slot][0] = covariate.reference;
    }
    for (reg, value) in set {
        file[*reg][0] = *value;
    }
    for class in [Class::Subject, Class::Interval, Class::Dose] {
        model.tiers().run(class, &mut file);
    }
    file
}

fn entry(model: &Model, row: &str, column: &str) -> f64 {
    let file = registers(model, &[]);
    let index = |name: &str| model.states().iter().position(|s| s.name == name).expect("a state");
    let Dynamics::Linear { a, .. } = model.dynamics() else { panic!("not linear") };
    a.iter().filter(|(i, j, _)| (*i, *j) == (index(row), index(column))).map(|(_, _, r)| file[*r][0]).sum()
}

#[test]
fn individual_values_follow_the_order_typical_effect_bounds() {
    let text = BASE
        .replace("iiv = { cv = 0.3 }", "iiv = { variance = 0.09 }, iov = { variance = 0.01 }, typical = \"value * (weight / 70[kg])^0.75\", bounds = [0, 4]")
        .replace("ka  = { value = 1, unit = \"1/h\"", "ka  = { value = 60, unit = \"1/min\", iiv = { sd = 3 }");
    let model = parse(&text).unwrap();
    let named = |name: &str| model.parameters().iter().find(|p| p.name == name).unwrap();
    let eta = |i: Option<usize>| &model.etas()[i.unwrap()];
    let (cl, ka, f) = (named("CL"), named("ka"), named("F"));
    assert_eq!((eta(cl.iiv).variance, eta(cl.iov).variance, eta(cl.iov).level), (0.09, 0.01, Level::Occasion));
    assert!((eta(ka.iiv).variance.sqrt() - 180.0).abs() < 1e-9, "an additive spread is in the parameter's unit");
    let weight = model.covariates()[0].slot;
    let set = [
        (weight, 35e6),
        (eta(cl.iiv).slot, 0.2),
        (eta(cl.iov).slot, 0.1),
        (eta(ka.iiv).slot, 180.0),
        (eta(f.iiv).slot, 1.0),
    ];
    let file = registers(&model, &set);
    assert!((file[cl.individual][0] / (2.0 * 0.5f64.powf(0.75) * 0.3f64.exp()) - 1.0).abs() < 1e-14);
    assert!((file[ka.individual][0] - 3780.0).abs() < 1e-9);
    assert!((file[f.individual][0] - 1.0 / (1.0 + (-1.0f64).exp())).abs() < 1e-15);
    let bounded = registers(&model, &[(eta(cl.iiv).slot, 5.0)]);
    assert_eq!(bounded[cl.individual][0], 4.0);
    assert_eq!(registers(&model, &[])[cl.individual][0], 2.0);
}

#[test]
fn flows_become_the_matrix() {
    let text = with(
        "\"central -> out\" = { clearance = \"CL\" }",
        "\"central <-> met\" = { clearance = \"CL\" }\n\"central -> out\" = [{ clearance = \"CL\" }, { rate = \"ka\" }]",
    );
    let model = parse(&text).unwrap();
    assert_eq!(entry(&model, "central", "central"), -(0.2 + 0.2 + 1.0));
    assert_eq!((entry(&model, "met", "central"), entry(&model, "central", "met")), (0.2, 0.2));
    assert_eq!((entry(&model, "gut", "gut"), entry(&model, "central", "gut")), (-1.0, 1.0));
}

#[test]
fn yields_lose_and_molar_flows_change_mass() {
    let flow = |keys: &str| {
        let text = with(
            "\"central -> out\" = { clearance = \"CL\" }",
            &format!("\"central -> met\" = {{ clearance = \"CL\"{keys} }}"),
        );
        let model = parse(&text).unwrap();
        (entry(&model, "central", "central"), entry(&model, "met", "central"))
    };
    assert_eq!(flow(""), (-0.2, 0.2));
    let (out, arrives) = flow(", yield = \"0.8\"");
    assert!(out == -0.2 && (arrives - 0.16).abs() < 1e-16);
    let (out, arrives) = flow(", molar = true");
    assert!(out == -0.2 && (arrives - 0.2 * 150.0 / 200.0).abs() < 1e-16);
    let text = with("gut -> central\" = { rate = \"ka\" }", "gut -> central\" = { rate = \"ka\", molar = true }");
    fault(&text, "E_NO_MOLAR_MASS", "\"gut -> central\"", "true", "substance");
}

#[test]
fn equivalents_conserve_mass_in_the_state_and_show_true_mass_outside() {
    let text = BASE
        .replace("substance = \"metabolite\" }", "substance = \"metabolite\", equivalents_of = \"parent\" }")
        .replace("\"central -> out\"", "\"central -> met\"")
        .replace("conc = {", "met_conc = { value = \"C(met)\", unit = \"ng/mL\" }\nmet_molar = { value = \"C(met)\", unit = \"nmol/mL\" }\nconc = {");
    let model = parse(&text).unwrap();
    assert_eq!((entry(&model, "central", "central"), entry(&model, "met", "central")), (-0.2, 0.2));
    let file = registers(&model, &[]);
    let slope = |i: usize| match &model.outputs()[i].readout {
        Readout::Linear { c, .. } => file[c[0].1][0],
        Readout::Computed { .. } => panic!("not linear"),
    };
    assert!((slope(0) / (150.0 / 200.0 / 10.0) - 1.0).abs() < 1e-15, "mg/L of metabolite per mg of parent");
    assert!((slope(1) / (1e6 / 200.0 / 10.0) - 1.0).abs() < 1e-15, "nmol/L per mg of parent");
    assert_eq!(model.outputs()[0].molar_mass, Some(150.0));
}

#[test]
fn a_flux_that_follows_the_state_is_not_linear_and_is_named() {
    let text = with("{ clearance = \"CL\" }", "{ flux = \"CL * 1[mg/L] * C(central) / (1[mg/L] + C(central))\" }");
    let model = parse(&text).unwrap();
    let Dynamics::NonLinear(NonLinear { why, rhs, .. }) = model.dynamics() else { panic!("linear") };
    assert!(why.starts_with("the flow `central -> out`"), "{why}");
    let mut file = registers(&model, &[]);
    file[model.states()[1].slot][0] = 30.0;
    model.tiers().run_group(GROUP_RHS, &mut file);
    assert!((file[rhs[1]][0] + 2.0 * 3.0 / 4.0).abs() < 1e-15);
}

#[test]
fn an_effect_site_keeps_a_model_linear() {
    let text = BASE.to_string()
        + "\n[states]\nCe = { unit = \"ng/mL\", rate = \"ka * (conc - Ce)\", initial = \"1[ng/mL]\" }\n";
    let model = parse(&text).unwrap();
    assert!((entry(&model, "Ce", "central") - 0.1).abs() < 1e-16 && entry(&model, "Ce", "Ce") == -1.0);
    let initial = model.states()[3].initial.unwrap();
    assert_eq!(registers(&model, &[])[initial][0], 0.001);
}

#[test]
fn compartments_may_be_numbered_all_or_none() {
    let text = BASE
        .replace("gut     = {}", "gut     = { cmt = 3 }")
        .replace("central = { v", "central = { cmt = 1, v")
        .replace("met     = { v", "met     = { cmt = 2, v");
    let names: Vec<String> = parse(&text).unwrap().states().iter().map(|s| s.name.clone()).collect();
    assert_eq!(names, ["central", "met", "gut"]);
    fault(&with("gut     = {}", "gut     = { cmt = 3 }"), "E_CMT_NUMBERS", "gut     =", "3", "");
}

#[test]
fn a_salt_is_converted_by_molar_mass() {
    let model = parse(BASE).unwrap();
    let route = &model.routes()[0];
    assert_eq!(model.base_fraction(route, "HCl"), Ok(0.8));
    assert_eq!(model.base_fraction(route, "citrate").unwrap_err().code(), "E_UNKNOWN_SALT");
}

#[test]
fn blocks_are_covariances_that_can_be() {
    let block = "\n[[block]]\nof = [\"CL\", \"F\"]\ncorrelation = [0.5]\n";
    let model = parse(&(BASE.to_string() + block)).unwrap();
    let [block] = model.blocks() else { panic!("one block") };
    let cl = (0.3f64 * 0.3).ln_1p();
    let expected = [cl, 0.5 * (cl * 0.49).sqrt(), 0.49];
    assert!(block.covariance.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{:?}", block.covariance);
    let text = BASE.to_string() + "\n[[block]]\nof = [\"CL\", \"V\"]\ncovariance = [0.1]\n";
    fault(&text, "E_NO_VARIABILITY", "[[block]]", "\"V\"", "`CL`, `F`");
    let text = BASE.to_string() + "\n[[block]]\nof = [\"CL\", \"F\"]\ncovariance = [0.1, 0.2]\n";
    assert_eq!(faults(&text)[0].kind.code(), "E_BLOCK_SIZE");
    let text = BASE.to_string() + "\n[[block]]\nof = [\"CL\", \"F\"]\ncovariance = [1.0]\n";
    assert_eq!(faults(&text)[0].kind.code(), "E_NOT_POSITIVE_DEFINITE");
}

#[test]
fn additive_effects_covary_in_the_units_of_their_parameters() {
    let text = BASE.replace(
        "unit = \"L/h\", source = \"paper: Table 1\", iiv = { cv = 0.3 }",
        "unit = \"L/min\", source = \"paper: Table 1\", iiv = { sd = 0.2 }",
    );
    let model = parse(&(text + "\n[[block]]\nof = [\"CL\", \"F\"]\ncovariance = [0.05]\n")).unwrap();
    let expected = [144.0, 3.0, 0.49];
    assert!(
        model.blocks()[0].covariance.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12),
        "{:?}",
        model.blocks()
    );
}

#[test]
fn what_does_not_vary_is_no_fault() {
    let text = BASE.replace("{ cv = 0.3 }", "{ cv = 0 }") + "\n[[block]]\nof = [\"CL\", \"F\"]\ncorrelation = [0.5]\n";
    assert_eq!(parse(&text).unwrap().blocks()[0].covariance, [0.0, 0.0, 0.7 * 0.7]);
}

#[test]
fn estimates_are_as_uncertain_as_is_written() {
    let uncertain = |cl: &str, v: &str| {
        BASE.replace("iiv = { cv = 0.3 }", &format!("iiv = {{ cv = 0.3 }}, uncertainty = {cl}")).replace(
            "unit = \"L\", source = \"paper: Table 1\" }",
            &format!("unit = \"L\", source = \"paper: Table 1\", uncertainty = {v} }}"),
        )
    };
    let variance = |text: &str, name: &str| {
        let model = parse(text).unwrap();
        model.parameters().iter().find(|p| p.name == name).unwrap().uncertainty.clone().unwrap().variance
    };
    let text = uncertain("{ rse = 0.1 }", "{ se = 0.5, scale = \"log\" }");
    assert!((variance(&text, "CL") - 0.04).abs() < 1e-15);
    assert!((variance(&text, "V") - 0.0025f64.ln_1p()).abs() < 1e-15);
    assert_eq!(parse(BASE).unwrap().parameters()[0].uncertainty, None);
    let block = |numbers: &str| format!("{text}\n[[uncertainty]]\nof = [\"CL\", \"V\"]\n{numbers}\n");
    let model = parse(&block("correlation = [0.5]")).unwrap();
    let expected = [0.04, 0.5 * 0.2 * variance(&text, "V").sqrt(), variance(&text, "V")];
    assert!(model.estimates()[0].covariance.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
    assert_eq!(faults(&block("correlation = [1.5]"))[0].kind.code(), "E_NOT_POSITIVE_DEFINITE");
    let other = format!("{text}\n[[uncertainty]]\nof = [\"CL\", \"ka\"]\ncorrelation = [0.5]\n");
    fault(&other, "E_NO_UNCERTAINTY", "[[uncertainty]]", "\"ka\"", "`V`, `CL`");
    let code = |cl: &str| faults(&uncertain(cl, "{ se = 1 }"))[0].kind.code();
    assert_eq!(code("{ se = 1, rse = 0.1 }"), "E_EXACTLY_ONE");
    assert_eq!(code("{ scale = \"log\" }"), "E_EXACTLY_ONE");
    assert_eq!(code("{ rse = -0.1 }"), "E_OUT_OF_RANGE");
    assert_eq!(code("{ rse = 0.1, scale = \"logit\" }"), "E_NOT_IN_LIST");
    let negative = uncertain("{ rse = 0.1, scale = \"log\" }", "{ se = 1 }").replace("value = 2,", "value = -2,");
    assert_eq!(faults(&negative)[0].kind.code(), "E_OUT_OF_RANGE");
}

#[test]
fn a_timed_switch_is_a_flag_and_starts_at_its_first_step() {
    let text = BASE
        .replace(
            "[parameters]",
            "meal = { steps = [[\"0 h\", 0], [\"4 h\", 1], [\"5 h\", 0]], every = \"24 h\" }\n[parameters]",
        )
        .replace("rate = \"ka\"", "rate = \"if(meal, 2 * ka, ka)\"");
    let model = parse(&text).unwrap();
    let meal = model.covariates().iter().find(|c| c.name == "meal").unwrap();
    assert_eq!((&meal.kind, meal.reference), (&CovariateKind::Flag, 0.0));
    assert_eq!(meal.steps, Some(Steps { points: vec![(0.0, 0.0), (4.0, 1.0), (5.0, 0.0)], every: Some(24.0) }));
    assert!(matches!(model.dynamics(), Dynamics::Linear { .. }));
    let backwards = text.replace("[\"5 h\", 0]", "[\"3 h\", 0]");
    fault(&backwards, "E_OUT_OF_RANGE", "meal =", "\"3 h\"", "");
}

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
fn unit_checking_is_the_one_escape() {
    let text = with("\"CL / V\"", "\"CL + V\"");
    assert!(!faults(&text).is_empty());
    let model = parse(&text.replace("format = 1", "format = 1\nunit_checking = false")).unwrap();
    assert!(!model.unit_checking());
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

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    let model = parse(BASE).unwrap();
    let dos = parse(&format!("\u{feff}{}", BASE.replace('\n', "\r\n"))).unwrap();
    assert_eq!(dos.parameters(), model.parameters());
    assert_eq!(dos.dynamics(), model.dynamics());
    let wrong = with("\"L/h\"", "\"L/hh\"").replace('\n', "\r\n");
    fault(&format!("\u{feff}{wrong}"), "E_UNIT_UNKNOWN", "CL  =", "hh", "");
}

#[test]
fn guards_name_what_has_to_stay_positive() {
    let model = parse(BASE).unwrap();
    let names: Vec<(&str, Limit)> = model.guards().iter().map(|g| (g.name.as_str(), g.must)).collect();
    for expected in [
        ("the clearance of the flow `central -> out`", Limit::NonNegative),
        ("the volume of `central`", Limit::Positive),
        ("the sum of the fractions of the route `oral`", Limit::AtMostOne),
    ] {
        assert!(names.contains(&expected), "{names:?}");
    }
    fault(&with("rate = \"ka\"", "rate = \"-1[1/h]\""), "E_OUT_OF_RANGE", "\"gut -> central\"", "\"-1[1/h]\"", "");
}
