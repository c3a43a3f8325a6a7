//! Rows of numbers side by side, where wide instructions read them fastest.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, which is what the widest instruction reads.
const LINE: usize = 64;
/// Numbers in it.
const NUMBERS: usize = LINE / size_of::<f64>();

/// Rows of L numbers that begin where a cache line does. An instruction that reads across the end of a line takes twice as long,
/// and memory begins where a line does only by chance.
#[derive(Debug)]
pub struct Rows<const L: usize> {
    memory: Vec<f64>,
    /// Where the first line in `memory` begins; unused where a row is shorter than a line.
    begin: usize,
}

impl<const L: usize> Rows<L> {
    /// Rows that are zero.
    pub fn new(rows: usize) -> Self {
        let mut memory = vec![0.0; rows * L + NUMBERS - 1];
        let begin = if L < NUMBERS { 0 } else { memory.as_ptr().align_offset(LINE).min(NUMBERS - 1) };
        memory.truncate(begin + rows * L);
        Rows { memory, begin }
    }
}

impl<const L: usize> From<&[[f64; L]]> for Rows<L> {
    fn from(rows: &[[f64; L]]) -> Self {
        let mut copy = Rows::new(rows.len());
        copy.copy_from_slice(rows);
        copy
    }
}

impl<const L: usize> Clone for Rows<L> {
    fn clone(&self) -> Self {
        Rows::from(&**self)
    }
}

impl<const L: usize> Deref for Rows<L> {
    type Target = [[f64; L]];

    #[inline(always)]
    fn deref(&self) -> &[[f64; L]] {
        if L < NUMBERS { self.memory.as_chunks().0 } else { self.memory[self.begin..].as_chunks().0 }
    }
}

impl<const L: usize> DerefMut for Rows<L> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [[f64; L]] {
        if L < NUMBERS { self.memory.as_chunks_mut().0 } else { self.memory[self.begin..].as_chunks_mut().0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_begin_at_a_line_and_copies_too() {
        for rows in [0, 1, 7, 100] {
            let mut first = Rows::<32>::new(rows);
            first.iter_mut().enumerate().for_each(|(at, row)| row[31] = at as f64);
            let copy = first.clone();
            assert_eq!((first.len(), &*first), (rows, &*copy));
            assert!([&first, &copy].iter().all(|rows| rows.as_ptr().addr() % LINE == 0 || rows.is_empty()));
        }
        assert_eq!(Rows::<1>::new(3).len(), 3);
    }
}
