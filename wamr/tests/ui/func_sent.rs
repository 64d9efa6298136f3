//! Functions, tables and globals stay on the thread of their instance.

fn is_send<T: Send>() {}

pub fn show() {
    // error[E0277]
    is_send::<wamr::TypedFunc<(), ()>>();
    is_send::<wamr::Func>();
    is_send::<wamr::Global>();
    is_send::<wamr::Table>();
}
