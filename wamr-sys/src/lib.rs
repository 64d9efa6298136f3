//! Raw bindings to WAMR.
#![no_std]
