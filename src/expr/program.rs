//! Programs by class over one register file.
use super::graph::{Class, Graph, Node};

/// Register programs by class over one register file: inputs, constants, temporaries.
#[derive(Debug, Clone)]
pub struct Tiers {}

impl Tiers {
    /// Compiles what `groups` need: one shared program for each of the classes subject, interval and dose, and for
    /// each group a program of its values of class state, complete by itself.
    pub fn compile(_graph: &Graph, _groups: &[&[Node]]) -> Tiers {
        todo!()
    }
    /// The register that holds a root's value once the programs of its class and those below have run.
    ///
    /// # Panics
    /// If the node is in none of the groups.
    pub fn register(&self, _node: Node) -> usize {
        todo!()
    }
    /// A register file with the constants in place and everything else 0.
    pub fn file<const L: usize>(&self) -> Vec<[f64; L]> {
        todo!()
    }
    /// Runs the shared program of a class (subject, interval or dose).
    pub fn run<const L: usize>(&self, _class: Class, _file: &mut [[f64; L]]) {
        todo!()
    }
    /// Runs the program of a group: its values of class state.
    pub fn run_group<const L: usize>(&self, _group: usize, _file: &mut [[f64; L]]) {
        todo!()
    }
    /// Operations in the shared program of a class.
    pub fn operations(&self, _class: Class) -> usize {
        todo!()
    }
    /// Operations in the program of a group.
    pub fn group_operations(&self, _group: usize) -> usize {
        todo!()
    }
}
