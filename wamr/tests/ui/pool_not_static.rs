//! The pool must live as long as the program: WAMR keeps its address.

pub fn show() {
    let mut pool = vec![0; 65536];
    // error[E0597]
    let runtime = wamr::Runtime::new(&mut pool);
    drop(runtime);
}
