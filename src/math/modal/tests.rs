use super::*;

fn system(n: usize, flows: &[(usize, usize, f64)], losses: &[(usize, f64)]) -> Vec<f64> {
    let mut a = vec![0.0; n * n];
    for &(from, to, rate) in flows {
        a[to * n + from] += rate;
        a[from * n + from] -= rate;
    }
    losses.iter().for_each(|&(from, rate)| a[from * n + from] -= rate);
    a
}

fn decompose(a: &[f64]) -> Modal {
    let mut out = Modal::default();
    Decomposer::default().decompose(a, a.len().isqrt(), &mut out);
    out
}

fn blocks(m: &Modal) -> Vec<usize> {
    m.blocks().iter().map(|b| b.size).collect()
}

#[test]
fn oral_two_compartments_has_three_real_rates() {
    let (ka, k10, k12, k21) = (1.2, 80.0 / 150.0, 60.0 / 150.0, 60.0 / 200.0);
    let m = decompose(&system(3, &[(0, 1, ka), (1, 2, k12), (2, 1, k21)], &[(1, k10)]));
    assert_eq!(m.kind(), Kind::Real);
    let sum: f64 = k10 + k12 + k21;
    let root = (sum * sum - 4.0 * k10 * k21).sqrt();
    for exact in [ka, 0.5 * (sum + root), 0.5 * (sum - root)] {
        assert!(m.rates().iter().any(|r| (r / -exact - 1.0).abs() < 1e-14), "{exact} {:?}", m.rates());
    }
}

#[test]
fn rates_that_meet_stay_together_whatever_the_units_of_a_state() {
    for unit in [1.0, 1e6, 1e-9] {
        let mut a = system(2, &[(0, 1, 0.3)], &[(1, 0.3 * (1.0 + 1e-3))]);
        a[2] *= unit;
        assert_eq!(blocks(&decompose(&a)), [2], "{unit}");
        let mut a = system(2, &[(0, 1, 0.3)], &[(1, 0.3 * 1.1)]);
        a[2] *= unit;
        assert_eq!(decompose(&a).kind(), Kind::Real, "{unit}");
    }
}

#[test]
fn equal_transit_rates_form_one_cluster_and_leave_the_rest_alone() {
    let mut flows: Vec<_> = (0..6).map(|i| (i, i + 1, 5.0)).collect();
    flows.push((6, 7, 0.1));
    let m = decompose(&system(8, &flows, &[]));
    assert_eq!((blocks(&m), m.real()), (vec![6], 2));
    assert!(m.rates().contains(&0.0) && m.rates().contains(&-0.1));
}

#[test]
fn a_one_way_ring_has_complex_pairs_and_identical_branches_need_no_block() {
    let ring = decompose(&system(3, &[(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0)], &[(0, 0.2)]));
    assert_eq!((blocks(&ring), ring.real()), (vec![2], 1));
    let star = [(0, 1, 1.0), (1, 0, 0.5), (0, 2, 1.0), (2, 0, 0.5), (0, 3, 1.0), (3, 0, 0.5)];
    assert_eq!(decompose(&system(4, &star, &[(0, 0.3)])).kind(), Kind::Real);
}

/// Exchange with equilibrium 4e4 : 1 between neighbours, where a mode orthogonal to rounding is not accurate enough.
#[test]
fn small_entries_of_graded_modes_keep_the_mass() {
    let flows = [
        (0, 1, 200.0),
        (1, 0, 0.005),
        (1, 2, 700.0),
        (2, 1, 0.02),
        (0, 3, 1.0),
        (3, 0, 1.0),
        (3, 4, 0.02),
        (4, 3, 0.03),
    ];
    let a = system(6, &flows.iter().copied().chain((0..5).map(|i| (i, 5, 1.0))).collect::<Vec<_>>(), &[]);
    let m = decompose(&a);
    assert_eq!(m.kind(), Kind::Real);
    for from in 0..6 {
        for to in 0..6 {
            let product: f64 = m.state_row(to).iter().zip(m.impulse(from)).map(|(v, w)| v * w).sum();
            let exact = f64::from(u8::from(from == to));
            assert!((product - exact).abs() < 2e-14, "{from} -> {to}: {product:e}");
        }
    }
}

#[test]
fn fast_states_in_between_do_not_hide_how_much_arrives_downstream() {
    let chain = [(0, 1, 100.0), (1, 2, 1700.0), (2, 3, 130.0), (3, 4, 1600.0)];
    assert_eq!(decompose(&system(5, &chain, &[])).kind(), Kind::Real);
}

/// For few and many states: exchange between all, a chain that ever less stays in, rates that meet, a pair of complex rates,
/// and the same pattern with other numbers.
#[test]
fn a_result_is_the_same_whatever_was_taken_apart_before() {
    let chain = |n: usize, rate: fn(usize) -> f64| (1..n).map(|i| (i - 1, i, rate(i))).collect::<Vec<_>>();
    let mut systems = Vec::new();
    for n in [4, 8, 12] {
        let both = (1..n).flat_map(|i| [(i - 1, i, 1.0 / i as f64), (i, i - 1, 0.7)]);
        systems.push(system(n, &both.collect::<Vec<_>>(), &[(0, 0.3)]));
        systems.push(system(n, &chain(n, |i| 0.3 * i as f64), &[(n - 1, 9.0)]));
        systems.push(system(n, &chain(n, |_| 5.0), &[(n - 1, 0.1)]));
        let mut ring = chain(n, |_| 1.0);
        ring.push((2, 0, 1.0));
        systems.push(system(n, &ring, &[(n - 1, 0.2)]));
        systems.push(system(n, &chain(n, |i| 0.2 * (i * i) as f64), &[(n - 1, 40.0)]));
    }
    let (mut decomposer, mut out) = (Decomposer::default(), Modal::default());
    for (a, before) in systems.iter().flat_map(|a| systems.iter().map(move |before| (a, before))) {
        decomposer.decompose(before, before.len().isqrt(), &mut out);
        decomposer.decompose(a, a.len().isqrt(), &mut out);
        assert_eq!(format!("{out:?}"), format!("{:?}", decompose(a)));
    }
}
