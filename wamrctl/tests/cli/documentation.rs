//! Completions and manual pages cover all commands and options.

use super::{file, listed, wamrctl};
use std::path::Path;
use std::{fs, str};

#[test]
fn completions_know_commands_and_options() {
    for (shell, marks) in [
        ("bash", "complete -F _wamrctl"),
        ("zsh", "#compdef wamrctl"),
        ("fish", "complete -c wamrctl"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[wamrctl]"),
    ] {
        let done = wamrctl("completions", Path::new(shell), &[]);
        done.succeeds();
        assert!(done.stdout.contains(marks), "{shell}: {}", done.stdout);
        for word in listed(&[], "Commands").iter().map(String::as_str).chain(["passkey-file", "forget"]) {
            assert!(done.stdout.contains(word), "{shell} does not complete {word}");
        }
    }
    wamrctl("completions", Path::new("sh"), &[]).fails(2, &["invalid value 'sh'", "bash, elvish, fish"]);
}

#[test]
fn every_command_has_a_manual_page() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    let _ = fs::remove_dir_all(&directory); // from a run before
    wamrctl("man", &directory, &[]).succeeds();
    let page = |name: &str| {
        let text = fs::read_to_string(directory.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        text.replace("\\-", "-")
    };
    let commands = listed(&[], "Commands");
    for command in commands.iter().filter(|name| *name != "help") {
        assert!(page(&format!("wamrctl-{command}.1")).contains(&format!("wamrctl-{command}")));
    }
    assert!(page("wamrctl-upload.1").contains("WAMRCTL_HCI"));
    assert!(page("wamrctl-bonds-forget.1").contains("wamrctl"));
    assert!(page("wamrctl.1").contains("Exit status: 0 success"));

    wamrctl("man", &file("no-directory", b"").join("pages"), &[]).fails(2, &["cannot write the manual pages to"]);
}

#[test]
fn the_manual_page_can_be_piped() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wamrctl")).arg("man").output().unwrap();
    let page = str::from_utf8(&output.stdout).unwrap();
    assert!(output.status.success() && page.contains(".TH wamrctl 1"), "{page}");
}
