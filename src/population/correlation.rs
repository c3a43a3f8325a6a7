//! Correlated normal numbers: a Gaussian copula.

use crate::math::cholesky;

/// Covariates whose normal numbers are correlated: each is a combination of independent ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// Places of the covariates.
    pub members: Vec<usize>,
    /// Lower triangle of the factor, by row.
    pub factor: Vec<f64>,
}

/// The groups that correlations `(place, place, correlation)` join; each covariate is in one group at most.
///
/// # Errors
/// The index of the last correlation of the first covariates that cannot be correlated so.
pub(super) fn groups(pairs: &[(usize, usize, f64)]) -> Result<Vec<Group>, usize> {
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (a, b, _) in pairs {
        let (joined, rest): (Vec<_>, Vec<_>) = members.into_iter().partition(|m| m.contains(a) || m.contains(b));
        let mut joined: Vec<usize> = joined.into_iter().flatten().chain([*a, *b]).collect();
        joined.sort_unstable();
        joined.dedup();
        members = rest;
        members.push(joined);
    }
    members.sort();
    members.into_iter().map(|members| group(members, pairs)).collect()
}

fn group(members: Vec<usize>, pairs: &[(usize, usize, f64)]) -> Result<Group, usize> {
    let mut lower = Vec::new();
    for (i, own) in members.iter().enumerate() {
        lower.extend(members[..i].iter().map(|other| correlation(*own, *other, pairs)));
        lower.push(1.0);
        if cholesky::factor(&lower, i + 1).is_none() {
            return Err(last_among(&members[..=i], pairs));
        }
    }
    let factor = cholesky::factor(&lower, members.len()).unwrap_or_default();
    Ok(Group { members, factor })
}

/// The stated correlation of two covariates, else 0.
fn correlation(a: usize, b: usize, pairs: &[(usize, usize, f64)]) -> f64 {
    let found = pairs.iter().find(|(c, d, _)| (a, b) == (*c, *d) || (a, b) == (*d, *c));
    found.map_or(0.0, |(_, _, correlation)| *correlation)
}

/// The last correlation among the first covariates of a group; the last of these covariates is part of what is wrong.
fn last_among(first: &[usize], pairs: &[(usize, usize, f64)]) -> usize {
    let last = first.last().expect("a group has members");
    let among = |(a, b, _): &(usize, usize, f64)| first.contains(a) && first.contains(b) && (a == last || b == last);
    pairs.iter().rposition(among).expect("a covariate that is not correlated cannot be in the way")
}

impl Group {
    /// Correlates the independent normal numbers of all covariates, in place.
    pub fn correlate(&self, normals: &mut [f64]) {
        // From the last on: a row needs the independent numbers of the rows before it.
        for (i, own) in self.members.iter().enumerate().rev() {
            let row = &self.factor[i * (i + 1) / 2..=i * (i + 3) / 2];
            normals[*own] = row.iter().zip(&self.members).map(|(l, m)| l * normals[*m]).sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_gives_back_the_correlations() {
        let pairs = [(4, 1, 0.5), (1, 2, -0.3), (7, 8, 1.0), (2, 4, 0.1)];
        let groups = groups(&pairs).unwrap();
        assert_eq!(groups.iter().map(|g| g.members.as_slice()).collect::<Vec<_>>(), [[1, 2, 4].as_slice(), &[7, 8]]);
        // The covariance of what unit vectors become.
        let image = |group: &Group, place: usize| {
            let unit = |k: usize| {
                let mut normals = [0.0; 9];
                normals[k] = 1.0;
                group.correlate(&mut normals);
                normals[place]
            };
            (0..9).map(unit).collect::<Vec<_>>()
        };
        for (a, b, expected) in pairs {
            let group = groups.iter().find(|g| g.members.contains(&a)).unwrap();
            let (x, y) = (image(group, a), image(group, b));
            let found: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
            assert!((found - expected).abs() < 1e-15, "{a} {b}: {found}");
            assert!((x.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn the_first_of_a_group_keeps_its_own_number() {
        let group = &groups(&[(0, 1, 0.5)]).unwrap()[0];
        let mut normals = [1.25, 0.0];
        group.correlate(&mut normals);
        assert_eq!(normals, [1.25, 0.625]);
    }

    #[test]
    fn correlations_that_exclude_each_other_are_found() {
        assert_eq!(groups(&[(0, 1, 0.9), (0, 2, 0.9), (1, 2, -0.9)]), Err(2));
        assert_eq!(groups(&[(0, 1, 1.0), (0, 2, 0.5), (1, 2, 0.4)]), Err(2));
        // Only just possible: the third is 2 * 0.9^2 - 1, or the same as one of the others.
        assert!(groups(&[(0, 1, 0.9), (0, 2, 0.9), (1, 2, 0.62)]).is_ok());
        assert!(groups(&[(0, 1, 1.0), (0, 2, 0.5), (1, 2, 0.5)]).is_ok());
        assert!(groups(&[(0, 1, -1.0), (1, 2, -1.0), (0, 2, 1.0)]).is_ok());
    }
}
