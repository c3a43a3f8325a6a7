//! Metrics of many subjects: only the numbers are kept.

use super::solved::{Asked, Solved};
use super::{Missing, Prepared, SimulationError, Workspace};
use crate::metrics::Measure;
use crate::population::Subject;
use crate::solve::Trajectory;

impl<'m> Prepared<'m> {
    /// Solves one subject and writes metrics over the whole simulation: each of an output (by its place in the model) in the
    /// metric's unit for that output, or the reason why it has no value.
    ///
    /// # Errors
    /// As [`Prepared::run`]; a level of another dimension than its output.
    ///
    /// # Panics
    /// When `out` is not as long as `wanted`, an output is not in the model, or the workspace is of another simulation.
    pub fn measure(
        &self,
        subject: &Subject<'_>,
        ws: &mut Workspace<'m>,
        wanted: &[(usize, Measure)],
        out: &mut [Result<f64, Missing>],
    ) -> Result<(), SimulationError> {
        assert_eq!(out.len(), wanted.len(), "a place for each metric");
        let outputs = self.model.outputs();
        for (output, measure) in wanted {
            if let Some(level) = measure.level() {
                level.as_level(&outputs[*output].unit)?;
            }
        }
        let mut trajectory = Trajectory::new(self.split.rest().len());
        self.run_keeping(subject, ws, &mut vec![0.0; self.numbers()], Some(&mut trajectory))?;
        let individual = ws.individual();
        let solved = Solved {
            model: self.model,
            order: &self.split.order,
            exact: individual.exact.solution(),
            integrated: &trajectory,
            files: &individual.files,
            switches: &self.switches,
            administrations: individual.administrations(),
            until: self.until,
        };
        let mut asked: Vec<Option<Asked<'_>>> = outputs.iter().map(|_| None).collect();
        for ((output, measure), out) in wanted.iter().zip(out) {
            let asked = asked[*output].get_or_insert_with(|| {
                let weights = self.weights_of(&outputs[*output].readout, &individual.files);
                Asked::new(solved, &outputs[*output], weights.as_ref().map(|(c, d)| (c.as_slice(), d.as_slice())))
            });
            let unit = measure.definition().scale.unit_of(&outputs[*output].unit);
            *out = asked.measure(measure).map(|value| unit.from_base(value));
        }
        Ok(())
    }
}
