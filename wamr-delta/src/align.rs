//! Alignment: which place of the source each byte of a module resembles.

use crate::plan::Source;
use crate::{BLOCK, COPY_MIN};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Bytes of the module up to `end`, which resemble those of the source at a distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The offset in the module after the last byte.
    pub end: usize,
    /// Offset in the source minus offset in the module.
    pub distance: isize,
}

/// By how many bytes the bytes at another place must be more similar, so that it is worth to go there: a seek and the start of a copy.
const GAIN: usize = 8;

/// How many places with the same bytes are compared: the time for a module must not grow with its square.
const PLACES_MAX: usize = 64;

/// How far a piece may begin before the byte at which it was found.
const BACK_MAX: usize = 256;

type Key = [u8; COPY_MIN];

/// Divides the module into pieces.
pub(crate) fn pieces(source: &Source<'_>) -> Vec<Piece> {
    let module = source.module;
    let mut places = Places::default();
    places.add(source.base, 0, source.base.len());
    let mut pieces = Vec::new();
    let (mut at, mut distance, mut start) = (0, 0, 0);
    while at < module.len() {
        if at.is_multiple_of(BLOCK) {
            places.add_module(source, at);
        }
        if source.is_equal(at, distance) {
            at += 1;
            continue;
        }
        let found = places.longest(source, at).filter(|(len, _)| {
            let here = (at..at + len).filter(|at| source.is_equal(*at, distance)).count();
            *len > here + GAIN
        });
        let Some((len, new)) = found else {
            at += 1;
            continue;
        };
        let begin = begin(source, start, at, distance, new);
        if begin > start {
            pieces.push(Piece { end: begin, distance });
        }
        (start, distance) = (begin, new);
        // The blocks in between are noted later: they are no source of bytes before their end.
        let next = (at + len).min(at.next_multiple_of(BLOCK).max(at + 1));
        at = next;
    }
    pieces.push(Piece { end: module.len(), distance });
    pieces
}

/// Returns where the new piece should begin, which was found `at`: where it has the most advantage before that.
fn begin(source: &Source<'_>, start: usize, at: usize, old: isize, new: isize) -> usize {
    let (mut best, mut advantage, mut most) = (at, 0, 0);
    for before in (start.max(at.saturating_sub(BACK_MAX))..at).rev() {
        advantage += isize::from(source.is_equal(before, new)) - isize::from(source.is_equal(before, old));
        if advantage > most {
            (best, most) = (before, advantage);
        }
    }
    best
}

/// The places of bytes in the source.
#[derive(Default)]
struct Places {
    of: BTreeMap<Key, Vec<usize>>,
    /// The end of the bytes of the module that are known.
    module_end: usize,
}

impl Places {
    /// Notes the places in `bytes` that start before `end`. `offset` is that of the bytes in the source.
    fn add(&mut self, bytes: &[u8], offset: usize, end: usize) {
        for (at, key) in bytes.windows(COPY_MIN).enumerate().take(end) {
            let places = self.of.entry(key.try_into().expect("a window has this size")).or_default();
            if places.len() < PLACES_MAX {
                places.push(offset + at);
            }
        }
    }

    /// Notes the places in the module before `end`.
    fn add_module(&mut self, source: &Source<'_>, end: usize) {
        let start = self.module_end.saturating_sub(COPY_MIN - 1);
        self.add(&source.module[start..end], source.base.len() + start, end);
        self.module_end = end;
    }

    /// Returns the length of the longest sequence of bytes like those at `at`, and its distance.
    fn longest(&self, source: &Source<'_>, at: usize) -> Option<(usize, isize)> {
        let key: Key = *source.module.get(at..)?.first_chunk()?;
        let places = self.of.get(&key)?.iter();
        places
            .map(|place| {
                let distance = place.wrapping_sub(at).cast_signed();
                (source.equal(at, distance, source.module.len()), distance)
            })
            .max_by_key(|(len, _)| *len)
    }
}
