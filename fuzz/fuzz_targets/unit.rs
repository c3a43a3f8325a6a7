//! Any text as a unit or quantity: what is read is printed so that it reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use posology::units::{Quantity, Unit};

fuzz_target!(|text: &str| {
    if let Ok(unit) = text.parse::<Unit>() {
        let again: Unit = unit.to_string().parse().expect("a printed unit is a unit");
        assert_eq!(unit.dimension(), again.dimension());
    }
    if let Ok(quantity) = text.parse::<Quantity>() {
        let again: Quantity = quantity.to_string().parse().expect("a printed quantity is a quantity");
        assert_eq!(quantity.value().to_bits(), again.value().to_bits());
    }
});
