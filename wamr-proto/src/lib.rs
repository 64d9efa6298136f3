//! Messages and frames.
#![no_std]
