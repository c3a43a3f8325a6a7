//! Taking a system apart: components in their own bases, coupled, decoupled, and the outcome checked.

use super::component_basis::ComponentBasis;
use super::components::{Component, Components};
use super::decouple::Triangular;
use super::row::{Row, add_scaled, clear, larger};
use super::{Block, Modal};

/// Relative distance at which two coupled rates share a block; the larger ones are for chains where closeness compounds.
const NEAR: [f64; 5] = [0.02, 0.1, 0.3, 0.6, 0.9];
/// Largest residual of A V = V T, relative to the largest rate.
const RESIDUAL: f64 = 1e-13;
/// Largest product of the sizes of a mode and of its dual, each state in its natural scale, and of the strongest coupling
/// it has inside its block, relative to the rates it joins.
const CONDITION: f64 = 1e3;

/// Workspace for systems whose rows are R.
#[derive(Debug, Default)]
pub(super) struct Attempt<R> {
    system: Triangular<R>,
    few: ComponentBasis<[f64; 4]>,
    more: ComponentBasis<Vec<f64>>,
    /// Basis of every component in its natural scale, before decoupling.
    local: Vec<R>,
    /// Flows into one coordinate from those upstream by themselves, before decoupling.
    coupling: R,
    /// Slowest rate at or upstream of each coordinate: how long what it holds keeps coming.
    lasting: R,
    /// Natural scale of each state.
    scale: R,
    /// A V - V T.
    residual: Vec<R>,
    /// Largest entry of each mode, in natural scales.
    largest: R,
    order: Vec<usize>,
}

impl<R: Row> Attempt<R> {
    /// Decomposes the matrix whose components these are; false when it resists.
    pub fn decompose(&mut self, components: &Components, out: &mut Modal) -> bool {
        let (n, fastest) = (out.n, out.fastest);
        for near in NEAR {
            if self.build(components, n, near, fastest) && self.solves(components, fastest) && self.is_moderate(fastest)
            {
                self.write(components, out);
                return true;
            }
        }
        false
    }

    /// Builds T, V and W in the order of the components.
    fn build(&mut self, components: &Components, n: usize, near: f64, fastest: f64) -> bool {
        self.system.reset(n);
        clear(&mut self.local, n);
        self.lasting.clear(n);
        self.scale.clear(n);
        for component in &components.list {
            let found = match component.states.len() {
                1 => self.place_one(components, component),
                2..=4 => place(&mut self.few, &mut self.system, components, component),
                _ => place(&mut self.more, &mut self.system, components, component),
            };
            if !found {
                return false;
            }
            self.couple(components, component, fastest);
            let states = &component.states;
            let mut rows = states.start..states.start;
            while rows.end < states.end {
                rows = rows.end..(rows.end + self.group_size(rows.end, states.end));
                self.system.decouple(rows.clone(), near, states);
            }
        }
        true
    }

    /// A row group is a 2 x 2 block when anything stands above the diagonal.
    fn group_size(&self, at: usize, end: usize) -> usize {
        if at + 1 < end && self.system.t[at][at + 1] != 0.0 { 2 } else { 1 }
    }

    fn place_one(&mut self, components: &Components, component: &Component) -> bool {
        let (system, at) = (&mut self.system, component.states.start);
        let rate = components.values[component.inner.clone()].first().copied().unwrap_or(0.0);
        (system.t[at][at], system.rates[at]) = (rate, rate);
        (system.v[at][at], system.w[at][at]) = (1.0, 1.0);
        true
    }

    /// Feeds of a component from the coordinates upstream, T = W A V, in the natural scale of the component.
    fn couple(&mut self, components: &Components, component: &Component, fastest: f64) {
        let natural = self.natural_scale(components, component, fastest);
        let Self { system: Triangular { n, t, v, w, .. }, local, scale, .. } = self;
        let (t, v, w, local) = (&mut t[..*n], &mut v[..*n], &mut w[..*n], &mut local[..*n]);
        let (entries, values) = components.feeds(component);
        for i in component.states.clone() {
            let mut largest = 0.0;
            for p in component.states.clone() {
                let entry = v[i][p] * natural;
                (v[i][p], local[i][p]) = (entry, entry);
                w[p][i] /= natural;
                largest = larger(entry.abs(), largest);
            }
            scale[i] = largest;
        }
        for p in component.states.clone() {
            for e in 0..entries.len() {
                add_scaled(&mut t[p], w[p][entries[e].to] * values[e], &v[entries[e].from]);
            }
        }
    }

    /// What a component holds of the flow that reaches it from each mode upstream, at that mode's own scale: the flow over
    /// the rate at which the component passes it on, or at which the source dries up. With it no later test depends on the
    /// unit of a state. It uses bases before decoupling, so that growth does not hide itself.
    fn natural_scale(&mut self, components: &Components, component: &Component, fastest: f64) -> f64 {
        let Self { system: Triangular { n, w, rates, .. }, local, lasting, coupling, .. } = self;
        let (n, w, local) = (*n, &w[..*n], &local[..*n]);
        let (entries, values) = components.feeds(component);
        let (mut natural, mut slowest) = (0.0, f64::INFINITY);
        for p in component.states.clone() {
            let rate = rates[p].abs();
            slowest = slowest.min(rate);
            coupling.clear(n);
            for e in 0..entries.len() {
                add_scaled(coupling, w[p][entries[e].to] * values[e], &local[entries[e].from]);
            }
            for q in 0..component.states.start {
                if coupling[q] != 0.0 {
                    let passing = larger(rate, lasting[q]);
                    let passing = if passing > f64::EPSILON * fastest { passing } else { fastest };
                    natural = larger(coupling[q].abs() / passing, natural);
                    slowest = slowest.min(lasting[q]);
                }
            }
        }
        for p in component.states.clone() {
            lasting[p] = slowest;
        }
        if natural > 0.0 && natural.is_finite() { natural } else { 1.0 }
    }

    /// Is A V = V T?
    fn solves(&mut self, components: &Components, fastest: f64) -> bool {
        let Self { system, scale, residual, .. } = self;
        let Triangular { n, t, v, rates, cluster, .. } = &*system;
        let n = *n;
        clear(residual, n);
        let (residual, v, values) = (&mut residual[..n], &v[..n], &components.values[..components.entries.len()]);
        for i in 0..n {
            let (row, v, rates) = (residual[i].as_mut(), v[i].as_ref(), rates.as_ref());
            for q in 0..row.len().min(v.len()).min(rates.len()) {
                row[q] = -v[q] * rates[q];
            }
        }
        for (e, entry) in components.entries.iter().enumerate() {
            add_scaled(&mut residual[entry.to], values[e], &v[entry.from]);
        }
        let mut sound = true;
        for i in 0..n {
            let (row, v) = (residual[i].as_mut(), v[i].as_ref());
            if system.has_blocks {
                for q in 0..n {
                    let others = (0..n).filter(|&k| k != q && cluster[k] == cluster[q]);
                    row[q] -= others.map(|k| v[k] * t[k][q]).sum::<f64>();
                }
            }
            let allowed = RESIDUAL * fastest * scale[i];
            for q in 0..row.len() {
                sound &= row[q].abs() <= allowed;
            }
        }
        sound
    }

    /// Is no mode large against what it stands for?
    fn is_moderate(&mut self, fastest: f64) -> bool {
        let Self { system, scale, largest, .. } = self;
        let Triangular { n, t, v, w, rates, cluster, .. } = &*system;
        let n = *n;
        largest.clear(n);
        for i in 0..n {
            let (largest, v, per) = (largest.as_mut(), v[i].as_ref(), 1.0 / scale[i]);
            for q in 0..largest.len().min(v.len()) {
                largest[q] = larger(v[q].abs() * per, largest[q]);
            }
        }
        (0..n).all(|q| {
            let (w, scale, mut dual) = (w[q].as_ref(), scale.as_ref(), 0.0);
            for i in 0..w.len().min(scale.len()) {
                dual = larger(w[i].abs() * scale[i], dual);
            }
            let mut strongest: f64 = 1.0;
            if system.has_blocks {
                for p in (0..n).filter(|&p| cluster[p] == cluster[q]) {
                    let faster = rates[p].abs().max(rates[q].abs()).max(f64::EPSILON * fastest);
                    strongest = strongest.max(t[p][q].abs().max(t[q][p].abs()) / faster);
                }
            }
            largest[q] * dual * strongest <= CONDITION
        })
    }

    /// Copies the result with single rates first and clusters contiguous, states back in their own order.
    fn write(&mut self, components: &Components, out: &mut Modal) {
        let Self { system, order, .. } = self;
        let Triangular { n, t, v, w, rates, .. } = &*system;
        let n = *n;
        out.rates.clear();
        out.blocks.clear();
        out.matrices.clear();
        order.clear();
        for q in 0..n {
            if system.is_single(q) {
                order.push(q);
                out.rates.push(rates[q]);
            }
        }
        if system.has_blocks {
            for head in (0..n).filter(|&head| system.width[head] > 1) {
                let at = order.len();
                order.extend((head..n).filter(|&q| system.cluster[q] == head));
                out.blocks.push(Block { at, size: order.len() - at, matrix: out.matrices.len() });
                for &p in &order[at..] {
                    out.matrices.extend(order[at..].iter().map(|&q| t[p][q]));
                }
            }
        }
        let stride = out.stride();
        for space in [&mut out.v, &mut out.w] {
            if space.len() != n * stride {
                space.clear();
                space.resize(n * stride, 0.0);
            }
        }
        for (position, &state) in components.order.iter().enumerate() {
            let (row, impulse) = (&mut out.v[state * stride..][..n], &mut out.w[state * stride..][..n]);
            let (v, w, order) = (v[position].as_ref(), &w[..n], &order[..n]);
            for new in 0..n {
                (row[new], impulse[new]) = (v[order[new]], w[order[new]][position]);
            }
        }
    }
}

/// Puts a component of several states by itself into T, V and W; false when its basis is not found.
fn place<B: Row, R: Row>(
    basis: &mut ComponentBasis<B>,
    system: &mut Triangular<R>,
    components: &Components,
    component: &Component,
) -> bool {
    let (start, size) = (component.states.start, component.states.len());
    basis.reset(size);
    for e in component.inner.clone() {
        let entry = components.entries[e];
        basis.matrix[entry.to - start][entry.from - start] = components.values[e];
    }
    if !basis.find() {
        return false;
    }
    for i in 0..size {
        let row = start + i;
        let (t, v, w) = (&mut system.t[row], &mut system.v[row], &mut system.w[row]);
        let (own, modes, duals) = (&basis.t[i], &basis.basis[i], &basis.inverse[i]);
        for j in 0..size {
            (t[start + j], v[start + j], w[start + j]) = (own[j], modes[j], duals[j]);
        }
        system.rates[row] = own[i];
    }
    true
}
