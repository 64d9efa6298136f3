//! The configuration file, and what counts before it.

use super::Done;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory for configuration with this file, for the test of this name.
fn home(name: &str, config: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config").join(name);
    fs::create_dir_all(home.join("wamrctl")).unwrap();
    fs::write(home.join("wamrctl/config.toml"), config).unwrap();
    home
}

fn command(home: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wamrctl"));
    command.args(words.split(' ')).env_remove("WAMRCTL_HCI").env_remove("WAMRCTL_DEVICE").env("XDG_CONFIG_HOME", home);
    command
}

fn done(command: &mut Command) -> Done {
    command.output().expect("starts").into()
}

/// No controller is on these ports.
#[test]
fn options_override_the_environment_which_overrides_the_file() {
    let home = home("precedence", "hci = 'tcp:127.0.0.1:1'\n");
    done(&mut command(&home, "apps")).fails(4, &["tcp:127.0.0.1:1:"]);
    done(&mut command(&home, "devices"))
        .fails(4, &["cannot open tcp:127.0.0.1:1:", "attached", "no other program has it"]);
    // The user's options for a controller are fine with the file's.
    done(&mut command(&home, "apps --bonds no-such-file")).fails(4, &["tcp:127.0.0.1:1:"]);
    let from_environment = |words| done(command(&home, words).env("WAMRCTL_HCI", "tcp:127.0.0.1:2"));
    from_environment("apps").fails(4, &["tcp:127.0.0.1:2:"]);
    from_environment("apps --hci tcp:127.0.0.1:3").fails(4, &["tcp:127.0.0.1:3:"]);
    // The computer's own Bluetooth pairs by itself.
    for done in [
        done(&mut command(&home, "apps --hci system --bonds file")),
        from_environment("apps --hci system --bonds file"),
    ] {
        done.fails(2, &["--bonds and --passkey-file need a Bluetooth controller"]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_file_is_in_the_home_directory_unless_xdg_sets_another() {
    let home = home("user/.config", "hci = 'tcp:127.0.0.1:1'\n");
    let user = home.parent().unwrap();
    done(command(&home, "apps").env_remove("XDG_CONFIG_HOME").env("HOME", user)).fails(4, &["tcp:127.0.0.1:1:"]);
}

#[test]
fn errors_in_the_file_are_reported_with_their_line() {
    let unknown = home("unknown", "# mine\ncolour = 'red'\n");
    for words in ["apps", "apps --json", "apps --hci tcp:127.0.0.1:1"] {
        done(&mut command(&unknown, words))
            .fails(2, &["wamrctl/config.toml:2: unknown field `colour`", "it can set `device` and `hci`"]);
    }
    done(&mut command(&home("port", "hci = 'usb'\n"), "apps")).fails(2, &["config.toml:1: expected tcp:HOST:PORT"]);
    // What needs no device does not need the file.
    done(&mut command(&unknown, "keygen --help")).succeeds();
}

#[test]
fn options_for_a_controller_need_one() {
    let empty = home("empty", "");
    for option in ["--bonds", "--passkey-file"] {
        done(&mut command(&empty, &format!("apps {option} file"))).fails(2, &["need a Bluetooth controller", "--hci"]);
    }
}
