//! Device logic.
#![no_std]
