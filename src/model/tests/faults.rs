//! Each fault with its code, place and hint.

use super::*;

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
