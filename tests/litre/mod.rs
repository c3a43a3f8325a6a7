//! A model on which an effect's driver stands still.

/// A litre that keeps what is put into it: after a bolus of x ug the driver is x ng/mL for ever.
pub const LITRE: &str = r#"
id = "litre"
title = "A litre"
drug = "esketamine"
grade = "A"
[compartments]
s   = { volume = "1[L]" }
r   = { volume = "1[L]" }
sn  = { volume = "1[L]" }
rn  = { volume = "1[L]" }
[routes.s]
s = {}
[routes.r]
r = {}
[routes.sn]
sn = {}
[routes.rn]
rn = {}
[outputs]
s_ketamine      = { value = "C(s)", unit = "ng/mL", analyte = "S-ketamine", site = "arterial" }
r_ketamine      = { value = "C(r)", unit = "ng/mL", analyte = "R-ketamine" }
s_norketamine   = { value = "C(sn)", unit = "ng/mL", analyte = "S-norketamine" }
r_norketamine   = { value = "C(rn)", unit = "ng/mL", analyte = "R-norketamine" }
"#;
