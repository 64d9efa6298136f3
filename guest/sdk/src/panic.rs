//! What a panic does.

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo) -> ! {
    #[cfg(feature = "log")]
    ::log::error!("{_info}");
    crate::trap()
}
