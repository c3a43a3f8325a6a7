//! Block modal decomposition of dx/dt = A x: coordinates z = W x in which the system falls apart into single rates and a
//! few small blocks, dz/dt = T z with T = W A V block diagonal.
//!
//! Strongly connected components of A are taken apart first (depots upstream, metabolites downstream), each component in
//! its own well-conditioned basis, then components are decoupled one row at a time. Rates too close to be told apart safely
//! stay together in a small block, so nothing is lost when two rates meet. Only a system that resists all this is left as
//! one block with V = I.

#![allow(clippy::needless_range_loop, reason = "rows and columns are counted through several matrices side by side")]

mod attempt;
mod component_basis;
mod components;
mod decouple;
mod row;
mod symmetric;

use attempt::Attempt;
use components::Components;
use row::larger;
use std::ops::Range;

/// Rows over coordinates are filled up with zeros to whole fours.
pub const WIDTH: usize = 4;

/// A block of more than one coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// First coordinate.
    pub at: usize,
    /// Number of coordinates.
    pub size: usize,
    matrix: usize,
}

impl Block {
    /// Its coordinates.
    pub fn coordinates(self) -> Range<usize> {
        self.at..self.at + self.size
    }

    /// Place of its row-major matrix in a buffer that holds one matrix of every block, see [`Modal::area`].
    pub fn entries(self) -> Range<usize> {
        self.matrix..self.matrix + self.size * self.size
    }
}

/// How a system was taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Single real rates only.
    Real,
    /// Some blocks of two or more coordinates (complex pairs, near-equal rates).
    Blocks,
    /// One block, the matrix itself.
    Whole,
}

/// The decomposition of one matrix: coordinates 0..real() are single rates, then come the blocks.
#[derive(Debug, Clone, Default)]
pub struct Modal {
    n: usize,
    rates: Vec<f64>,
    blocks: Vec<Block>,
    matrices: Vec<f64>,
    /// A row for each state.
    v: Vec<f64>,
    w: Vec<f64>,
    fastest: f64,
    whole: bool,
}

impl Modal {
    /// Number of states and of coordinates.
    pub fn size(&self) -> usize {
        self.n
    }

    /// Rates of the single coordinates (1/time, negative when they decay).
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Number of single coordinates; they come first.
    pub fn real(&self) -> usize {
        self.rates.len()
    }

    /// The blocks of two or more coordinates.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The row-major matrix of a block.
    pub fn matrix(&self, block: Block) -> &[f64] {
        &self.matrices[block.entries()]
    }

    /// Length of a buffer that holds one matrix of every block.
    pub fn area(&self) -> usize {
        self.matrices.len()
    }

    /// Largest magnitude of an entry on the diagonal of A: a bound for what counts as a rate of zero.
    pub fn fastest(&self) -> f64 {
        self.fastest
    }

    /// How the system was taken apart.
    pub fn kind(&self) -> Kind {
        match self.blocks.is_empty() {
            _ if self.whole => Kind::Whole,
            true => Kind::Real,
            false => Kind::Blocks,
        }
    }

    /// Length of a row that is filled up.
    pub fn stride(&self) -> usize {
        self.n.next_multiple_of(WIDTH)
    }

    /// State i as a row over coordinates: x_i = row . z.
    pub fn state_row(&self, state: usize) -> &[f64] {
        &self.filled_state_row(state)[..self.n]
    }

    /// The same, filled up.
    pub fn filled_state_row(&self, state: usize) -> &[f64] {
        &self.v[state * self.stride()..][..self.stride()]
    }

    /// Effect of one unit put into state i on every coordinate.
    pub fn impulse(&self, state: usize) -> &[f64] {
        &self.w[state * self.stride()..][..self.n]
    }

    /// The same for all states, one filled row after the other.
    pub fn impulses(&self) -> &[f64] {
        &self.w
    }

    /// z = W x.
    pub fn to_modal(&self, x: &[f64], z: &mut [f64]) {
        z.fill(0.0);
        for (state, &amount) in x.iter().enumerate() {
            if amount != 0.0 {
                z.iter_mut().zip(self.impulse(state)).for_each(|(z, w)| *z += w * amount);
            }
        }
    }

    /// x = V z.
    pub fn to_states(&self, z: &[f64], x: &mut [f64]) {
        for (state, x) in x.iter_mut().enumerate() {
            *x = self.state_row(state).iter().zip(z).map(|(v, z)| v * z).sum();
        }
    }
}

/// Reusable workspace that decomposes one matrix after another; a result depends on its matrix only.
#[derive(Debug, Default)]
pub struct Decomposer {
    components: Components,
    /// Most systems have few states: theirs has rows of a length the compiler knows.
    four: Attempt<[f64; 4]>,
    eight: Attempt<[f64; 8]>,
    many: Attempt<Vec<f64>>,
}

impl Decomposer {
    /// Decomposes the finite row-major n x n matrix `a` into `out`.
    pub fn decompose(&mut self, a: &[f64], n: usize, out: &mut Modal) {
        self.components.find(a, n);
        out.n = n;
        out.fastest = 0.0;
        for i in 0..n {
            out.fastest = larger(a[i * (n + 1)].abs(), out.fastest);
        }
        let components = &self.components;
        out.whole = !match n {
            0..=4 => self.four.decompose(components, out),
            5..=8 => self.eight.decompose(components, out),
            _ => self.many.decompose(components, out),
        };
        if out.whole {
            write_whole(a, n, out);
        }
    }
}

fn write_whole(a: &[f64], n: usize, out: &mut Modal) {
    out.rates.clear();
    out.blocks.clear();
    out.blocks.push(Block { at: 0, size: n, matrix: 0 });
    out.matrices.clear();
    out.matrices.extend_from_slice(a);
    for space in [&mut out.v, &mut out.w] {
        let stride = n.next_multiple_of(WIDTH);
        space.clear();
        space.resize(n * stride, 0.0);
        (0..n).for_each(|i| space[i * (stride + 1)] = 1.0);
    }
}

#[cfg(test)]
mod tests;
