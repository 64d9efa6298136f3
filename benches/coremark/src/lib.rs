//! CoreMark's 2K performance run, as its port to Rust (the crate `coremark`) has it, without the port's clock.

use coremark::list::core_list_init;
use coremark::matrix::core_init_matrix;
use coremark::state::core_init_state;
use coremark::types::{CoreResults, LIST_KNOWN_CRC, MATRIX_KNOWN_CRC, STATE_KNOWN_CRC, TOTAL_DATA_SIZE};
use coremark::util::crcu16;

/// The place of this run in the tables of known checksums.
const PERFORMANCE_2K: usize = 3;
const ALGORITHMS: usize = 3;

/// Runs as many iterations and returns how many; -1 if the checksums are not those that CoreMark demands.
#[unsafe(no_mangle)]
pub extern "C" fn coremark(iterations: i32) -> i32 {
    let mut run = CoreResults { seed3: 0x66, size: TOTAL_DATA_SIZE / ALGORITHMS, ..CoreResults::default() };
    let mut list = core_list_init(run.size, run.seed1);
    core_init_matrix(run.size, 0, &mut run.mat);
    run.state_mem = core_init_state(run.size, run.seed1);
    for iteration in 0..iterations {
        for direction in [1, -1] {
            let crc = list.bench(&mut run, direction);
            run.crc = crcu16(crc, run.crc);
        }
        if iteration == 0 {
            run.crclist = run.crc;
        }
    }
    let valid = run.crclist == LIST_KNOWN_CRC[PERFORMANCE_2K]
        && run.crcmatrix == MATRIX_KNOWN_CRC[PERFORMANCE_2K]
        && run.crcstate == STATE_KNOWN_CRC[PERFORMANCE_2K];
    if valid { iterations } else { -1 }
}
