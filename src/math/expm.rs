//! Exponential of a small dense matrix, and its integral over time, without allocation.
//!
//! Matrices of compartments have no negative entry off the diagonal. Shifted by the most negative diagonal entry, every
//! term of the Taylor series and every product of the squaring phase is non-negative, so nothing cancels and each entry
//! comes out with a small relative error. Other matrices are handled to norm-wise accuracy by the same steps.

use super::phi::{exp_difference, phi1};

/// Terms of the Taylor series: 1/21! is below rounding for a scaled norm of at most 1.
const TERMS: u8 = 20;

/// Reusable space for [`Exponential::of`]; grows to the largest size asked for.
#[derive(Debug, Clone, Default)]
pub struct Exponential {
    scaled: Vec<f64>,
    term: Vec<f64>,
    product: Vec<f64>,
}

impl Exponential {
    /// Writes e^(T dt) of the row-major `size` x `size` matrix `t` to `out`.
    pub fn of(&mut self, t: &[f64], size: usize, dt: f64, out: &mut [f64]) {
        match size {
            1 => out[0] = (t[0] * dt).exp(),
            2 => two(t, dt, out),
            _ => self.taylor(t, size, dt, out, None),
        }
    }

    /// Writes e^(T dt) to `out` and the integral of e^(T s) over s in 0..dt to `integral`.
    pub fn with_integral(&mut self, t: &[f64], size: usize, dt: f64, out: &mut [f64], integral: &mut [f64]) {
        if size == 1 {
            out[0] = (t[0] * dt).exp();
            integral[0] = dt * phi1(t[0] * dt);
            return;
        }
        self.taylor(t, size, dt, out, Some(integral));
        if size == 2 {
            two(t, dt, out);
        }
    }

    fn taylor(&mut self, t: &[f64], size: usize, dt: f64, out: &mut [f64], mut integral: Option<&mut [f64]>) {
        let entries = size * size;
        for space in [&mut self.scaled, &mut self.term, &mut self.product] {
            space.resize(entries, 0.0);
        }
        let squarings = squarings(t, size, dt);
        let h = dt * 0.5_f64.powi(squarings);
        if let Some(integral) = integral.as_deref_mut() {
            self.scale(t, size, h, 0.0);
            self.series(size, 1.0, integral);
            integral.iter_mut().for_each(|v| *v *= h);
        }
        let shift = (0..size).map(|i| t[i * size + i]).fold(0.0, f64::min);
        self.scale(t, size, h, shift);
        self.series(size, 0.0, out);
        let decay = (shift * h).exp();
        out.iter_mut().for_each(|v| *v *= decay);
        for _ in 0..squarings {
            if let Some(integral) = integral.as_deref_mut() {
                multiply(out, integral, size, &mut self.product);
                integral.iter_mut().zip(&self.product).for_each(|(v, p)| *v += p);
            }
            multiply(out, out, size, &mut self.product);
            out.copy_from_slice(&self.product[..entries]);
        }
    }

    /// scaled = (T - shift I) h.
    fn scale(&mut self, t: &[f64], size: usize, h: f64, shift: f64) {
        for (i, (s, v)) in self.scaled.iter_mut().zip(t).enumerate() {
            *s = if i % (size + 1) == 0 { (v - shift) * h } else { v * h };
        }
    }

    /// out = sum over k of scaled^k / (k + offset)!, offset 0 (the exponential) or 1 (its mean over the step).
    fn series(&mut self, size: usize, offset: f64, out: &mut [f64]) {
        let entries = size * size;
        identity(size, &mut self.term);
        out.copy_from_slice(&self.term[..entries]);
        for k in 1..=TERMS {
            multiply(&self.term, &self.scaled, size, &mut self.product);
            let divisor = f64::from(k) + offset;
            for ((term, product), out) in self.term.iter_mut().zip(&self.product).zip(out.iter_mut()) {
                *term = product / divisor;
                *out += *term;
            }
        }
    }
}

/// Number of halvings of `dt` after which the largest row sum of |T| dt is at most one half.
fn squarings(t: &[f64], size: usize, dt: f64) -> i32 {
    let norm = t.chunks_exact(size).map(|row| row.iter().map(|v| v.abs()).sum()).fold(0.0, f64::max) * dt;
    if norm <= 0.5 || !norm.is_finite() { 0 } else { (norm * 2.0).log2().ceil() as i32 }
}

fn identity(size: usize, out: &mut [f64]) {
    out[..size * size].fill(0.0);
    (0..size).for_each(|i| out[i * (size + 1)] = 1.0);
}

/// out = a b for row-major square matrices.
pub(crate) fn multiply(a: &[f64], b: &[f64], size: usize, out: &mut [f64]) {
    for i in 0..size {
        let row = &mut out[i * size..(i + 1) * size];
        row.fill(0.0);
        for k in 0..size {
            let factor = a[i * size + k];
            if factor != 0.0 {
                row.iter_mut().zip(&b[k * size..(k + 1) * size]).for_each(|(o, v)| *o += factor * v);
            }
        }
    }
}

/// Closed form for two coupled states, from (T - m I)^2 = d I: rotation for d < 0, two rates for d > 0, one double rate between.
fn two(t: &[f64], dt: f64, out: &mut [f64]) {
    if t[1] * t[2] == 0.0 {
        // One at most feeds the other; their rates are each on its own.
        let (first, second) = ((t[0] * dt).exp(), (t[3] * dt).exp());
        let passed = dt * first.max(second) * phi1(-((t[0] - t[3]) * dt).abs());
        // A link that is not there may stand beside rates that grow beyond all numbers.
        let link = |t: f64| if t == 0.0 { 0.0 } else { t * passed };
        out.copy_from_slice(&[first, link(t[1]), link(t[2]), second]);
        return;
    }
    let mean = 0.5 * (t[0] + t[3]);
    let half_gap = 0.5 * (t[0] - t[3]);
    let square = half_gap * half_gap + t[1] * t[2];
    let (even, odd) = if square < 0.0 {
        let frequency = (-square).sqrt();
        let envelope = (mean * dt).exp();
        (envelope * (frequency * dt).cos(), envelope * (frequency * dt).sin() / frequency)
    } else {
        let spread = square.sqrt();
        let (slow, fast) = ((mean + spread) * dt, (mean - spread) * dt);
        (0.5 * (slow.exp() + fast.exp()), dt * exp_difference(fast, slow))
    };
    out.copy_from_slice(&[even + half_gap * odd, t[1] * odd, t[2] * odd, even - half_gap * odd]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    fn both(t: &[f64], size: usize, dt: f64) -> (Vec<f64>, Vec<f64>) {
        let (mut e, mut g) = (vec![0.0; size * size], vec![0.0; size * size]);
        Exponential::default().with_integral(t, size, dt, &mut e, &mut g);
        (e, g)
    }

    /// e^(T dt) and its integral as blocks of one exponential of [[T, I], [0, 0]], by another library.
    fn reference(t: &[f64], size: usize, dt: f64) -> (DMatrix<f64>, DMatrix<f64>) {
        let mut m = DMatrix::zeros(2 * size, 2 * size);
        m.view_mut((0, 0), (size, size)).copy_from(&(DMatrix::from_row_slice(size, size, t) * dt));
        m.view_mut((0, size), (size, size)).copy_from(&(DMatrix::identity(size, size) * dt));
        let e = m.exp();
        (e.view((0, 0), (size, size)).into(), e.view((0, size), (size, size)).into())
    }

    #[test]
    fn agrees_with_another_implementation_for_every_shape() {
        let cases: [&[f64]; 7] = [
            &[-0.7],
            &[-1.0, 0.3, 0.5, -0.8],
            &[-1.0, 2.0, -3.0, -0.5],
            &[-1.0, 0.0, 1.0, -1.0],
            &[0.0, 0.0, 1.0, 0.0],
            &[-1.0, 0.0, 0.2, 1.0, -1.0, 0.0, 0.0, 1.0, -1.0],
            &[-5.0, 1.0, 0.0, 2.0, -3.0, 1.0, 0.5, -2.0, 0.1],
        ];
        for t in cases {
            let size = t.len().isqrt();
            for dt in [0.0, 1e-6, 0.3, 4.0] {
                let (e, g) = both(t, size, dt);
                let (e_ref, g_ref) = reference(t, size, dt);
                for i in 0..size * size {
                    let at = (i / size, i % size);
                    assert!((e[i] - e_ref[at]).abs() <= 1e-13 * e_ref.amax(), "{t:?} {dt} {at:?}");
                    assert!((g[i] - g_ref[at]).abs() <= 1e-13 * g_ref.amax(), "{t:?} {dt} {at:?}");
                }
            }
        }
    }

    #[test]
    fn each_entry_of_a_chain_is_a_gamma_density_to_full_relative_accuracy() {
        let (size, k) = (7, 3.0);
        let mut t = vec![0.0; size * size];
        for i in 0..size {
            t[i * (size + 1)] = -k;
            if i > 0 {
                t[i * size + i - 1] = k;
            }
        }
        for dt in [0.5_f64, 2.0, 20.0] {
            let (e, _) = both(&t, size, dt);
            let mut exact = (-k * dt).exp();
            for i in 0..size {
                assert!((e[i * size] / exact - 1.0).abs() < 1e-13, "stage {i} at {dt}");
                exact *= k * dt / (i as f64 + 1.0);
            }
        }
    }
}
