//! Block modal decomposition of dx/dt = A x: coordinates z = W x in which the system falls apart into single rates and a
//! few small blocks, dz/dt = T z with T = W A V block diagonal.
//!
//! Strongly connected components of A are taken apart first (depots upstream, metabolites downstream), each component in
//! its own well-conditioned basis, then components are decoupled one row at a time. Rates too close to be told apart safely
//! stay together in a small block, so nothing is lost when two rates meet. Only a system that resists all this is left as
//! one block with V = I.

mod component_basis;
mod components;
mod decouple;

use component_basis::ComponentBasis;
use components::Components;
use decouple::Triangular;
use std::ops::Range;

/// Relative distance at which two coupled rates share a block; the larger ones are for chains where closeness compounds.
const NEAR: [f64; 5] = [0.02, 0.1, 0.3, 0.6, 0.9];
/// Largest residual of A V = V T, relative to the largest rate.
const RESIDUAL: f64 = 1e-13;
/// Largest product of the sizes of a mode and of its dual, each state in its natural scale, and of the strongest coupling
/// it has inside its block, relative to the rates it joins.
const CONDITION: f64 = 1e3;

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

    /// State i as a row over coordinates: x_i = row . z.
    pub fn state_row(&self, state: usize) -> &[f64] {
        &self.v[state * self.n..(state + 1) * self.n]
    }

    /// Effect of one unit put into state i on every coordinate.
    pub fn impulse(&self, state: usize) -> &[f64] {
        &self.w[state * self.n..(state + 1) * self.n]
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
    basis: ComponentBasis,
    system: Triangular,
    a: Vec<f64>,
    /// Basis of every component in its natural scale, before decoupling.
    local: Vec<f64>,
    /// Slowest rate at or upstream of each coordinate: how long what it holds keeps coming.
    lasting: Vec<f64>,
    /// Natural scale of each state.
    scale: Vec<f64>,
    row: Vec<f64>,
    order: Vec<usize>,
}

impl Decomposer {
    /// Decomposes the finite row-major n x n matrix `a` into `out`.
    pub fn decompose(&mut self, a: &[f64], n: usize, out: &mut Modal) {
        self.components.find(a, n);
        self.a.clear();
        for &i in &self.components.order {
            self.a.extend(self.components.order.iter().map(|&j| a[i * n + j]));
        }
        out.n = n;
        out.fastest = (0..n).map(|i| a[i * (n + 1)].abs()).fold(0.0, f64::max);
        out.whole = false;
        for near in NEAR {
            if self.attempt(n, near, out.fastest) && self.is_sound(out.fastest) {
                self.write(out);
                return;
            }
        }
        out.whole = true;
        write_whole(a, n, out);
    }

    /// Builds T, V and W in the order of the components.
    fn attempt(&mut self, n: usize, near: f64, fastest: f64) -> bool {
        self.system.reset(n);
        self.lasting.clear();
        self.local.clear();
        self.local.resize(n * n, 0.0);
        self.scale.clear();
        self.scale.resize(n, 0.0);
        for k in 0..self.components.ranges.len() {
            let range = self.components.ranges[k].clone();
            self.basis.reset(range.len());
            for (row, i) in range.clone().enumerate() {
                let size = range.len();
                self.basis.matrix[row * size..(row + 1) * size].copy_from_slice(&self.a[i * n..][range.clone()]);
            }
            if !self.basis.find() {
                return false;
            }
            self.place(range.clone());
            self.couple(k, fastest);
            let mut rows = range.start..range.start;
            while rows.end < range.end {
                rows = rows.end..(rows.end + self.group_size(rows.end, range.end));
                self.system.decouple(rows.clone(), near, &range);
            }
        }
        true
    }

    /// A row group is a 2 x 2 block when anything stands above the diagonal.
    fn group_size(&self, at: usize, end: usize) -> usize {
        if at + 1 < end && self.system.t[at * self.system.n + at + 1] != 0.0 { 2 } else { 1 }
    }

    fn place(&mut self, range: Range<usize>) {
        let (n, size) = (self.system.n, self.basis.size);
        for (row, i) in range.clone().enumerate() {
            let local = row * size..(row + 1) * size;
            self.system.t[i * n..][range.clone()].copy_from_slice(&self.basis.t[local.clone()]);
            self.system.v[i * n..][range.clone()].copy_from_slice(&self.basis.basis[local.clone()]);
            self.system.w[i * n..][range.clone()].copy_from_slice(&self.basis.inverse[local]);
        }
    }

    /// Feeds of component `k` from the coordinates upstream, T = W A V, in the natural scale of the component.
    fn couple(&mut self, k: usize, fastest: f64) {
        let n = self.system.n;
        let range = self.components.ranges[k].clone();
        let natural = self.natural_scale(range.clone(), fastest);
        for i in range.clone() {
            for p in range.clone() {
                self.system.v[i * n + p] *= natural;
                self.system.w[p * n + i] /= natural;
                self.scale[i] = self.scale[i].max(self.system.v[i * n + p].abs());
            }
        }
        for i in range.clone() {
            self.local[i * n..][range.clone()].copy_from_slice(&self.system.v[i * n..][range.clone()]);
            for q in 0..range.start {
                let from = self.components.first[q];
                let feed: f64 = (from..range.start).map(|j| self.a[i * n + j] * self.system.v[j * n + q]).sum();
                if feed != 0.0 {
                    for p in range.clone() {
                        self.system.t[p * n + q] += self.system.w[p * n + i] * feed;
                    }
                }
            }
        }
    }

    /// What a component holds of the flow that reaches it from each mode upstream, at that mode's own scale: the flow over
    /// the rate at which the component passes it on, or at which the source dries up. With it no later test depends on the
    /// unit of a state. It uses bases before decoupling, so that growth does not hide itself.
    fn natural_scale(&mut self, range: Range<usize>, fastest: f64) -> f64 {
        let n = self.system.n;
        let rate = |q: usize| self.system.t[q * (n + 1)].abs();
        let mut natural: f64 = 0.0;
        let mut slowest = range.clone().map(rate).fold(f64::INFINITY, f64::min);
        for q in 0..range.start {
            let own = self.components.first[q];
            let own = own..own + self.components.first[own..].iter().take_while(|&&first| first == own).count();
            let feed = |i: usize| own.clone().map(|j| self.a[i * n + j] * self.local[j * n + q]).sum::<f64>();
            for p in range.clone() {
                let coupling: f64 = range.clone().map(|i| self.system.w[p * n + i] * feed(i)).sum();
                if coupling != 0.0 {
                    let passing = rate(p).max(self.lasting[q]);
                    let passing = if passing > f64::EPSILON * fastest { passing } else { fastest };
                    natural = natural.max(coupling.abs() / passing);
                    slowest = slowest.min(self.lasting[q]);
                }
            }
        }
        self.lasting.resize(range.end, slowest);
        if natural > 0.0 && natural.is_finite() { natural } else { 1.0 }
    }

    /// Is A V = V T, and is no mode large against what it stands for?
    fn is_sound(&mut self, fastest: f64) -> bool {
        let Triangular { n, t, v, w, cluster, .. } = &self.system;
        let n = *n;
        for i in 0..n {
            self.row.clear();
            self.row.resize(n, 0.0);
            for (j, &a) in self.a[i * n..(i + 1) * n].iter().enumerate() {
                if a != 0.0 {
                    self.row.iter_mut().zip(&v[j * n..(j + 1) * n]).for_each(|(r, v)| *r += a * v);
                }
            }
            for (k, &v) in v[i * n..(i + 1) * n].iter().enumerate() {
                for q in (0..n).filter(|&q| cluster[q] == cluster[k]) {
                    self.row[q] -= v * t[k * n + q];
                }
            }
            let allowed = RESIDUAL * fastest * self.scale[i];
            if !self.row.iter().all(|r| r.abs() <= allowed) {
                return false;
            }
        }
        (0..n).all(|q| {
            let mode = (0..n).map(|i| v[i * n + q].abs() / self.scale[i]).fold(0.0, f64::max);
            let dual = (0..n).map(|i| w[q * n + i].abs() * self.scale[i]).fold(0.0, f64::max);
            let coupling = |p: usize| {
                let faster = t[p * (n + 1)].abs().max(t[q * (n + 1)].abs()).max(f64::EPSILON * fastest);
                t[p * n + q].abs().max(t[q * n + p].abs()) / faster
            };
            let strongest = (0..n).filter(|&p| cluster[p] == cluster[q]).map(coupling).fold(1.0, f64::max);
            mode * dual * strongest <= CONDITION
        })
    }

    /// Copies the result with single rates first and clusters contiguous, states back in their own order.
    fn write(&mut self, out: &mut Modal) {
        let Triangular { n, t, v, w, cluster, .. } = &self.system;
        let n = *n;
        out.rates.clear();
        out.blocks.clear();
        out.matrices.clear();
        self.order.clear();
        let single = |q: usize| cluster.iter().filter(|&&c| c == cluster[q]).count() == 1;
        for q in (0..n).filter(|&q| single(q)) {
            self.order.push(q);
            out.rates.push(t[q * (n + 1)]);
        }
        for head in (0..n).filter(|&q| cluster[q] == q && !single(q)) {
            let at = self.order.len();
            self.order.extend((head..n).filter(|&q| cluster[q] == head));
            out.blocks.push(Block { at, size: self.order.len() - at, matrix: out.matrices.len() });
            for &p in &self.order[at..] {
                out.matrices.extend(self.order[at..].iter().map(|&q| t[p * n + q]));
            }
        }
        for space in [&mut out.v, &mut out.w] {
            space.clear();
            space.resize(n * n, 0.0);
        }
        for (position, &state) in self.components.order.iter().enumerate() {
            for (new, &q) in self.order.iter().enumerate() {
                out.v[state * n + new] = v[position * n + q];
                out.w[state * n + new] = w[q * n + position];
            }
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
        space.clear();
        space.resize(n * n, 0.0);
        (0..n).for_each(|i| space[i * (n + 1)] = 1.0);
    }
}

#[cfg(test)]
mod tests;
