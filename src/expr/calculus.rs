//! Symbolic derivatives.
use super::graph::{Graph, Node};

impl Graph {
    /// The derivative of a value by one input.
    pub fn derivative(&mut self, _node: Node, _input: Node) -> Node {
        todo!()
    }
}
