use wamr_guest::rng;

pub fn nonce() -> [u8; 12] {
    let mut nonce = [0; 12];
    rng::fill(&mut nonce);
    nonce
}
