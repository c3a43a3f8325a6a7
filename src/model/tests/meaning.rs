//! What the language means: values, equations, variability, guards.

use super::*;

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

#[test]
fn unit_checking_is_the_one_escape() {
    let text = with("\"CL / V\"", "\"CL + V\"");
    assert!(!faults(&text).is_empty());
    let model = parse(&text.replace("format = 1", "format = 1\nunit_checking = false")).unwrap();
    assert!(!model.unit_checking());
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
