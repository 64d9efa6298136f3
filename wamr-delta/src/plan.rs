//! The encoder.

use crate::align::{Piece, pieces};
use crate::{BLOCK, COPY_MIN};
use alloc::vec::Vec;

/// The bytes that a module is made from, and the module.
pub(crate) struct Source<'a> {
    pub base: &'a [u8],
    pub module: &'a [u8],
}

impl Source<'_> {
    /// Returns the byte of the source at this distance from an offset in the module, if the receiver has it when it writes the block with
    /// this offset.
    fn byte(&self, at: usize, distance: isize) -> Option<u8> {
        let from = at.checked_add_signed(distance)?;
        match from.checked_sub(self.base.len()) {
            None => Some(self.base[from]),
            Some(own) => self.module[..at - at % BLOCK].get(own).copied(),
        }
    }

    pub fn is_equal(&self, at: usize, distance: isize) -> bool {
        self.byte(at, distance) == Some(self.module[at])
    }

    /// Returns how many bytes from this offset on are equal, before `end`.
    pub fn equal(&self, at: usize, distance: isize, end: usize) -> usize {
        (at..end).take_while(|at| self.is_equal(*at, distance)).count()
    }
}

/// A module as changes to another one. Encodes frames from any offset on.
pub struct Plan<'a> {
    source: Source<'a>,
    pieces: Vec<Piece>,
}

/// Bytes that a frame has at least room for.
const ROOM_MIN: usize = 32;

/// What the longest operation without bytes has: the first byte and an integer.
const OPERATION_MAX: usize = 6;

/// The most bytes of a change.
const CHANGE_MAX: usize = 3;

impl<'a> Plan<'a> {
    /// Compares the module with the base. Without bytes of a base, the module can only be copied from itself.
    ///
    /// # Panics
    /// If base and module have more than 2 GiB together.
    pub fn new(base: &'a [u8], module: &'a [u8]) -> Self {
        assert!(base.len() + module.len() <= i32::MAX as usize, "offsets have 31 bits");
        let source = Source { base, module };
        let pieces = pieces(&source);
        Self { source, pieces }
    }

    /// Writes a frame to `frame` that produces bytes from offset `at` of the module on, at most up to `end`. It has at most `room` bytes.
    /// Returns the offset after the last byte that it produces.
    ///
    /// # Panics
    /// If the room is less than 32 bytes.
    pub fn frame(&self, at: u32, end: u32, room: usize, frame: &mut Vec<u8>) -> u32 {
        assert!(room >= ROOM_MIN, "a frame must have room for operations");
        frame.clear();
        let end = (end as usize).min(self.source.module.len());
        let mut writer = Writer { frame, cursor: at as usize, copied: 0, literal: Vec::new(), by: Vec::new() };
        let mut at = at as usize;
        // The distance of the copy in this block, which changes can be part of.
        let mut copying = None;
        // In one round, at most two operations and a change.
        while at < end && writer.len() + 2 * OPERATION_MAX + 1 + CHANGE_MAX <= room {
            if at.is_multiple_of(BLOCK) {
                copying = None;
            }
            let piece = self.pieces[self.pieces.partition_point(|piece| piece.end <= at)];
            let limit = end.min(piece.end).min((at + 1).next_multiple_of(BLOCK));
            // The bytes after the end of the base are those of the module, in another place of the flash.
            let left = self.source.base.len().checked_sub(at.wrapping_add_signed(piece.distance));
            let limit = left.filter(|left| *left > 0).map_or(limit, |left| limit.min(at + left));
            if left == Some(0) {
                writer.flush_copied();
                copying = None;
            }
            let equal = self.source.equal(at, piece.distance, limit);
            if copying == Some(piece.distance) && equal == 0 {
                let different = (at..limit.min(at + CHANGE_MAX + 1))
                    .take_while(|at| !self.source.is_equal(*at, piece.distance))
                    .count();
                let by = (at..at + different)
                    .map_while(|at| Some(self.source.module[at].wrapping_sub(self.source.byte(at, piece.distance)?)));
                let by: Vec<u8> = by.collect();
                if by.len() == different && different <= CHANGE_MAX {
                    writer.change(by);
                    at += different;
                    continue;
                }
            }
            if equal >= COPY_MIN || copying == Some(piece.distance) && equal > 0 {
                writer.copy(at.wrapping_add_signed(piece.distance), equal);
                copying = Some(piece.distance);
                at += equal;
            } else {
                writer.literal(self.source.module[at]);
                copying = None;
                at += 1;
            }
        }
        writer.flush();
        at as u32
    }
}

/// Writes the operations of a frame.
struct Writer<'f> {
    frame: &'f mut Vec<u8>,
    /// After the last operation.
    cursor: usize,
    /// Bytes to copy from there, which are not written yet.
    copied: usize,
    /// Bytes of a literal that is not written yet.
    literal: Vec<u8>,
    /// The previous change.
    by: Vec<u8>,
}

impl Writer<'_> {
    /// The length of the frame after a flush, at most.
    fn len(&self) -> usize {
        self.frame.len() + self.literal.len() + OPERATION_MAX
    }

    fn copy(&mut self, from: usize, len: usize) {
        if self.copied == 0 || self.cursor + self.copied != from {
            self.flush();
            let distance = from.wrapping_sub(self.cursor).cast_signed() as i32;
            if distance != 0 {
                self.frame.push(0x60);
                self.number((distance << 1 ^ distance >> 31).cast_unsigned());
            }
            self.cursor = from;
        }
        self.copied += len;
    }

    /// Bytes of the source after those to copy, with these differences.
    fn change(&mut self, by: Vec<u8>) {
        self.flush_literal();
        let is_like_before = by == self.by;
        let changed = if is_like_before { 0 } else { by.len() as u8 };
        self.count(0x80 | changed, self.copied, 0x1f, 2);
        self.cursor += self.copied + by.len();
        self.copied = 0;
        if !is_like_before {
            self.frame.extend(&by);
            self.by = by;
        }
    }

    fn literal(&mut self, byte: u8) {
        self.flush_copied();
        self.literal.push(byte);
    }

    fn flush(&mut self) {
        self.flush_literal();
        self.flush_copied();
    }

    fn flush_literal(&mut self) {
        if !self.literal.is_empty() {
            self.count(0x00, self.literal.len() - 1, 0x3f, 0);
            self.cursor += self.literal.len();
            self.frame.append(&mut self.literal);
        }
    }

    fn flush_copied(&mut self) {
        if self.copied != 0 {
            self.count(0x40, self.copied - 1, 0x1f, 0);
            self.cursor += core::mem::take(&mut self.copied);
        }
    }

    /// Writes a first byte with a number, which has at most the value `largest` there, from bit `shift` on.
    fn count(&mut self, operation: u8, number: usize, largest: u8, shift: u8) {
        let first = number.min(largest.into());
        self.frame.push(operation | (first as u8) << shift);
        if first == usize::from(largest) {
            self.number((number - first) as u32);
        }
    }

    fn number(&mut self, mut number: u32) {
        while number >= 0x80 {
            self.frame.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.frame.push(number as u8);
    }
}
