//! Normal numbers that vary together.

use super::random::Stream;

/// Some of a list of things whose random numbers vary together; one of its own is some, too.
#[derive(Debug)]
pub(super) struct Together {
    /// Places in the list.
    members: Vec<usize>,
    /// Cholesky factor of their covariance, lower triangle by row.
    factor: Vec<f64>,
    streams: Vec<Stream>,
    normals: Vec<f64>,
}

impl Together {
    pub fn new(members: Vec<usize>, factor: Vec<f64>, stream: impl Fn(usize) -> Stream) -> Self {
        let streams = members.iter().map(|member| stream(*member)).collect();
        Together { normals: Vec::with_capacity(members.len()), members, factor, streams }
    }

    /// The numbers of a person (or replicate), each with its place in the list.
    pub fn draw(&mut self, person: u64) -> impl Iterator<Item = (usize, f64)> + '_ {
        let Together { members, factor, streams, normals } = self;
        normals.clear();
        normals.extend(streams.iter_mut().map(|stream| stream.normal(person)));
        let (normals, mut rows) = (&*normals, factor.as_slice());
        members.iter().enumerate().map(move |(i, member)| {
            let (row, below) = rows.split_at(i + 1);
            rows = below;
            (*member, row.iter().zip(normals).map(|(l, z)| l * z).sum())
        })
    }
}
