//! `keygen`, `sign` and `verify`, and `wasmsign2` on the other side: each verifies what the other signed.

use super::{Done, file, module, wamrctl};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use wamr_signature::HEAD_MAX;
use wasmsign2::{KeyPair, Module, PublicKey, PublicKeySet, SecretKey, WSError, signature_info_from_file};

/// A path that only the test of this name uses, where nothing is yet.
pub fn vacant(name: &str) -> PathBuf {
    let path = file(name, b"");
    fs::remove_file(&path).unwrap();
    path
}

/// The public key that belongs to a secret one.
fn public(secret: &Path) -> PathBuf {
    let mut path = secret.to_owned().into_os_string();
    path.push(".pub");
    path.into()
}

/// A key pair of `wamrctl keygen`.
pub fn keygen(name: &str) -> PathBuf {
    let secret = vacant(name);
    wamrctl("keygen --force", &secret, &[]).succeeds();
    secret
}

/// A key pair of `wasmsign2`.
fn foreign_key(name: &str) -> PathBuf {
    let secret = vacant(name);
    let pair = KeyPair::generate();
    pair.sk.to_file(&secret).unwrap();
    pair.pk.to_file(public(&secret)).unwrap();
    secret
}

pub fn words<const N: usize>(paths: [&Path; N]) -> [&str; N] {
    paths.map(|path| path.to_str().unwrap())
}

pub fn sign(module: &Path, key: &Path, output: &Path) -> Done {
    let [key, output] = words([key, output]);
    wamrctl("sign", module, &["--key", key, "-o", output])
}

pub fn verify(module: &Path, key: &Path) -> Done {
    wamrctl("verify", module, &["--key", public(key).to_str().unwrap()])
}

/// What `wasmsign2` says.
pub fn foreign_verify(module: &Path, key: &Path) -> Result<(), WSError> {
    let key = PublicKey::from_any_file(public(key)).unwrap().attach_default_key_id();
    let module = fs::read(module).unwrap();
    key.verify_multi(&mut &module[..], None, |_| true)?;
    key.verify(&mut &module[..], None)
}

/// Signs as `wasmsign2` does, and adds to the signatures there are.
fn foreign_sign(module: &Path, key: &Path, output: &Path) {
    let id = PublicKey::from_file(public(key)).unwrap().attach_default_key_id().key_id;
    let module = Module::deserialize_from_file(module).unwrap();
    let key = SecretKey::from_any_file(key).unwrap();
    key.sign_multi(module, id.as_ref(), false, false).unwrap().0.serialize_to_file(output).unwrap();
}

#[test]
fn wasmsign2_verifies_what_wamrctl_signed() {
    for key in [keygen("ours"), foreign_key("ours-foreign")] {
        let app = vacant("ours.wasm");
        let [output] = words([&app]);
        wamrctl("manifest", Path::new("fir.wasm"), &["-o", output, "--name", "fir", "--version", "3"]).succeeds();
        assert!(matches!(foreign_verify(&app, &key), Err(WSError::NoSignatures)));
        verify(&app, &key).fails(3, &["not signed", "wamrctl sign"]);

        sign(&app, &key, &app).succeeds();
        verify(&app, &key).succeeds();
        foreign_verify(&app, &key).unwrap();
        let id = PublicKey::from_file(public(&key)).unwrap().attach_default_key_id().key_id.unwrap();
        assert_eq!(signature_info_from_file(&app).unwrap().key_ids(), [id]);

        // The manifest is among the signed bytes.
        let mut bytes = fs::read(&app).unwrap();
        let name = bytes.windows(3).position(|window| window == b"fir").unwrap();
        bytes[name] = b'F';
        let altered = file("ours-altered.wasm", &bytes);
        assert!(matches!(foreign_verify(&altered, &key), Err(WSError::VerificationFailed)));
        verify(&altered, &key).fails(3, &["altered"]);
    }
}

#[test]
fn wamrctl_verifies_what_wasmsign2_signed() {
    for key in [keygen("theirs"), foreign_key("theirs-foreign")] {
        let app = vacant("theirs.wasm");
        let [output] = words([&app]);
        wamrctl("manifest", Path::new("fir.wasm"), &["-o", output, "--name", "fir"]).succeeds();
        foreign_sign(&app, &key, &app);
        foreign_verify(&app, &key).unwrap();
        verify(&app, &key).succeeds();

        // The simple interface, without a key id.
        let signed = SecretKey::from_file(&key).unwrap().sign(Module::deserialize_from_file(&app).unwrap(), None);
        signed.unwrap().serialize_to_file(&app).unwrap();
        verify(&app, &key).succeeds();
        assert_eq!(wamrctl("inspect --json", &app, &[]).json()["signatures"], json!([{ "key_id": "", "whole": true }]));
    }
}

#[test]
fn parts_and_several_keys_are_understood_on_both_sides() {
    let (ours, theirs) = (keygen("several"), foreign_key("several-foreign"));
    let plain = module(
        "several.wasm",
        r#"(module (func (export "main")) (@custom "a" (after last) "1") (@custom "b" (after last) "2"))"#,
    );
    let split = Module::deserialize_from_file(&plain).unwrap();
    let is_a = |section: &wasmsign2::Section| matches!(section, wasmsign2::Section::Custom(it) if it.name() == "a");
    split.split(|section| !is_a(section)).unwrap().serialize_to_file(&plain).unwrap();

    let signed = vacant("several-signed.wasm");
    sign(&plain, &ours, &signed).succeeds();
    foreign_sign(&signed, &theirs, &signed);
    let keys = keygen("several-more");
    sign(&signed, &keys, &signed).succeeds();
    for key in [&ours, &theirs, &keys] {
        foreign_verify(&signed, key).unwrap();
        verify(&signed, key).succeeds();
    }
    let stranger = keygen("several-stranger");
    verify(&signed, &stranger).fails(3, &["not signed with a trusted key", "wamrctl inspect"]);

    let mut set = PublicKeySet::empty();
    for key in [&ours, &theirs, &stranger] {
        set.insert_any_file(public(key)).unwrap();
    }
    assert_eq!(set.attach_default_key_id().verify(&mut &fs::read(&signed).unwrap()[..], None).unwrap().len(), 2);

    let [ours, stranger, theirs] = [&ours, &stranger, &theirs].map(|key| public(key).to_str().unwrap().to_owned());
    let done = wamrctl("verify --json", &signed, &["-k", &ours, "-k", &stranger, "-k", &theirs]);
    let signers =
        done.json()["signed_by"].as_array().unwrap().iter().map(|key| key["public_key"].clone()).collect::<Vec<_>>();
    assert_eq!(signers, [ours, theirs], "and not the stranger");

    // A part is signed too, but is not the module.
    let bytes = fs::read(&signed).unwrap();
    let part = bytes.windows(19).position(|window| window == b"signature_delimiter").unwrap() + 19 + 16;
    let part = file("several-part.wasm", &bytes[..part]);
    wamrctl("verify", &part, &["-k", signers[0].as_str().unwrap()]).fails(3, &["altered"]);
}

#[test]
fn a_manifest_is_written_before_the_signature() {
    let key = keygen("order");
    let app = vacant("order.wasm");
    sign(Path::new("fir.wasm"), &key, &app).succeeds();
    let [output] = words([&app]);
    wamrctl("manifest", &app, &["-o", output, "--name", "fir"]).succeeds();
    let report = wamrctl("inspect --json", &app, &[]).json();
    assert_eq!(report["signatures"], json!([]), "it would not be valid");
    assert!(!report["custom_sections"].to_string().contains("signature"), "{report}");
}

#[test]
fn inspect_shows_the_keys_that_signed() {
    let secret = vacant("inspect-key");
    let key = wamrctl("keygen --force --json", &secret, &[]).json();
    let app = vacant("inspect-signed.wasm");
    sign(Path::new("fir.wasm"), &secret, &app).succeeds();
    let report = wamrctl("inspect --json", &app, &[]).json();
    assert_eq!(report["signatures"], json!([{ "key_id": key["key_id"], "whole": true }]));
    assert_eq!(report["unsupported"], json!(null));
    let line = format!("\nSignatures:\n  key {}  not verified", key["key_id"].as_str().unwrap());
    let text = wamrctl("inspect", &app, &[]).stdout;
    assert!(text.contains(&line), "{text}");
    assert!(wamrctl("inspect", Path::new("fir.wasm"), &[]).stdout.contains("\nSignatures: none\n"));

    let mut bytes = fs::read(&app).unwrap();
    bytes.extend(b"\0\x02\x01n");
    assert_eq!(
        wamrctl("inspect --json", &file("inspect-grown.wasm", &bytes), &[]).json()["signatures"][0]["whole"],
        false
    );
    // More signatures than devices have room for, and ones that are none.
    for (name, section) in [("long", vec![0; HEAD_MAX]), ("later", vec![2, 1, 1, 0])] {
        let section = wasmsign2::Section::Custom(wasmsign2::CustomSection::new("signature".into(), section));
        let mut module = Module::deserialize_from_file(&app).unwrap();
        module.sections[0] = section;
        let path = vacant(&format!("inspect-{name}.wasm"));
        module.serialize_to_file(&path).unwrap();
        let report = wamrctl("inspect --json", &path, &[]).json();
        assert!(report["unsupported"].as_str().unwrap().contains("signature"), "{report}");
    }
}

#[test]
fn keys_are_kept_and_kept_secret() {
    let secret = keygen("kept");
    let original = fs::read(&secret).unwrap();
    wamrctl("keygen", &secret, &[]).fails(2, &["kept exists already", "--force"]);
    fs::remove_file(&secret).unwrap();
    wamrctl("keygen", &secret, &[]).fails(2, &["kept.pub exists already"]);
    assert!(!secret.exists(), "both files or none");

    // An old file that everybody may read.
    fs::write(&secret, &original).unwrap();
    let done = wamrctl("keygen --force", &secret, &[]);
    assert!(!done.stdout.contains("\n\n") && done.stdout.lines().count() == 3, "{}", done.stdout);
    assert_ne!(fs::read(&secret).unwrap(), original);
    let app = vacant("kept.wasm");
    let quiet = sign(Path::new("fir.wasm"), &secret, &app);
    assert_eq!((quiet.status, &*quiet.stderr), (0, ""));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&secret), 0o600);
        assert_eq!(mode(&public(&secret)) & 0o600, 0o600);
        fs::set_permissions(&secret, PermissionsExt::from_mode(0o644)).unwrap();
        let warned = sign(Path::new("fir.wasm"), &secret, &app);
        assert!(warned.status == 0 && warned.stderr.contains("chmod 600"), "{}", warned.stderr);
    }

    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wamrctl"));
    command.env("RUST_LOG", "trace").arg("sign").arg(&app).arg("-o").arg(&app).arg("--key").arg(&secret);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let seed: String = fs::read(&secret).unwrap()[1..33].iter().map(|byte| format!("{byte:02x}")).collect();
    let said = format!("{output:?}");
    assert!(!said.contains(&seed) && !said.contains(&format!("{:?}", &fs::read(&secret).unwrap()[1..33])), "{said}");
}

#[test]
fn what_is_not_the_right_key_ends_with_2() {
    let key = keygen("wrong");
    let app = vacant("wrong.wasm");
    sign(Path::new("fir.wasm"), &public(&key), &app).fails(2, &["public key", "give the secret one"]);
    sign(Path::new("fir.wasm"), Path::new("fir.wasm"), &app).fails(2, &["wasmsign2"]);
    sign(Path::new("fir.wasm"), &vacant("wrong-missing"), &app).fails(2, &["wrong-missing", "wamrctl keygen"]);
    assert!(!app.exists());
    sign(Path::new("fir.wasm"), &key, &app).succeeds();
    let [secret] = words([&key]);
    wamrctl("verify", &app, &["-k", secret]).fails(2, &["secret key", "give the public one"]);
    let mut damaged = fs::read(&key).unwrap();
    damaged[40] ^= 1;
    sign(Path::new("fir.wasm"), &file("wrong-damaged", &damaged), &app).fails(2, &["damaged"]);
    wamrctl("verify", &app, &[]).fails(2, &["--key"]);
}
