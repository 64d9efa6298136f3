use wamr_guest::{Error, Result, kv};

/// Counts the starts of the app.
pub fn count_start() -> Result<u32> {
    let mut bytes = [0; 4];
    match kv::get("starts", &mut bytes) {
        Ok(_) | Err(Error::NotFound) => {}
        Err(error) => return Err(error),
    }
    let starts = u32::from_le_bytes(bytes).saturating_add(1);
    kv::set("starts", &starts.to_le_bytes())?;
    Ok(starts)
}
