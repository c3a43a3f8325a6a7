//! Any text as a regimen: what is read is printed so that it reads back, and its spelling stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use posology::dosing::Schedule;

fuzz_target!(|text: &str| {
    let Ok(schedule) = text.parse::<Schedule>() else { return };
    let spelled = schedule.to_string();
    let again: Schedule = spelled.parse().unwrap_or_else(|faults| panic!("{spelled}\n{faults}"));
    assert_eq!(again.to_string(), spelled);
    if let Ok(regimen) = schedule.bounded(Some(1000.0)) {
        let doses = regimen.doses();
        assert!(doses.windows(2).all(|pair| pair[0].time <= pair[1].time));
    }
});
