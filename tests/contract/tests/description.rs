//! The SDK for Rust contains the types of all interfaces, as `wasm-tools` reads them from a module.

use contract::{check_generated, package, world};
use wit_component::StringEncoding;

#[test]
fn the_description_in_the_sdk_is_that_of_the_package() {
    let (resolve, package) = package();
    let app = world(&resolve, package, "app");
    let description =
        wit_component::metadata::encode(&resolve, app, StringEncoding::UTF8, None, false).expect("encodes");
    check_generated("guest/sdk/src/description.bin", &description);
}
