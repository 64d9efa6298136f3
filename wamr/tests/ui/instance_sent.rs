//! An instance stays on the thread of its runtime.

fn is_send<T: Send>() {}

pub fn show() {
    // error[E0277]
    is_send::<wamr::Instance<'static, i32>>();
}
