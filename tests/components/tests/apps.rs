//! The example apps do what their scripts say.

use components::play;
use std::fs;
use std::path::Path;

#[test]
fn each_app_does_what_its_script_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut apps: Vec<_> = fs::read_dir(root.join("../../guest/apps"))
        .expect("there are apps")
        .map(|entry| entry.expect("is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    apps.sort();
    assert!(!apps.is_empty());
    for app in apps {
        let name = app.file_stem().expect("has a name").to_string_lossy();
        let module = fs::read(&app).expect("is readable");
        let file = app.with_file_name(&*name).join("script.txt");
        let script = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let seen = play(&module, &script);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, &seen).expect("is writable");
        }
        assert_eq!(seen, script, "{name}");
    }
}
