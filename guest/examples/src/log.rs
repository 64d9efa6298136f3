pub fn start() {
    wamr_guest::log::info("the app starts");
    // With the feature `log` of wamr-guest:
    log::info!("{} of {}", 1, 2);
}
