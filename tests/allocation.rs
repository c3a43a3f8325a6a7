//! A prepared simulation runs from subject to subject without asking for memory.

mod counting;

use counting::ALLOCATIONS;
use posology::prelude::*;
use posology::simulate::Prepared;

/// Runs three persons twice, in the same memory; how often memory was asked for the second time.
fn allocations(id: &str, regimen: &str, parameter: &str) -> u64 {
    let model = Model::catalogue(id).expect("it is in the catalogue");
    let regimen: Regimen = regimen.parse().expect("it is a regimen");
    let samples: Vec<f64> = (1..=500).map(|j| 0.336 * f64::from(j)).collect();
    let prepared = Prepared::new(&model, Some(&regimen), samples, 168.0).expect("they fit each other");
    let typical = model.parameters().iter().find(|p| p.name == parameter).expect("the model has it");
    let subjects: Vec<Subject<'_>> = [1.0, 1.3, 0.8]
        .iter()
        .map(|factor| {
            let value = Quantity::base(typical.value * factor, typical.unit.dimension());
            Subject::typical(&model).set(parameter, &value).expect("it is of the right dimension")
        })
        .collect();
    let (mut workspace, mut out) = (prepared.workspace(), vec![0.0; 500 * model.outputs().len()]);
    let mut run_all = || {
        let before = ALLOCATIONS.get();
        for subject in &subjects {
            prepared.run(subject, &mut workspace, &mut out).expect("finite numbers");
        }
        ALLOCATIONS.get() - before
    };
    assert!(run_all() > 0, "the count counts");
    run_all()
}

#[test]
fn runs_after_the_first_ask_for_no_memory() {
    for (id, regimen, parameter) in [
        ("esketamine-perez-ruixo-2021", "84 mg intranasal every 12 h x 8", "Qh"),
        ("esketamine-perez-ruixo-2021", "84 mg oral every 12 h x 8", "Qh"),
        ("ketamine-clements-1981", "0.5 mg/kg iv over 40 min every 24 h x 7", "k12"),
        ("s-ketamine-otto-2021", "20 mg iv over 2 h every 24 h x 7", "CL"),
        ("s-ketamine-simons-2022", "50 mg buccal every 24 h x 7", "D1"),
    ] {
        assert_eq!(allocations(id, regimen, parameter), 0, "{id}, {regimen}");
    }
}
