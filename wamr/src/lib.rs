//! Safe API for WAMR.
#![no_std]
