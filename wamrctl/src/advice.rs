//! What to do about a refusal.

use crate::failure::{Failure, Status};
use crate::module::Module;
use wamr::PAGE_SIZE;
use wamr_client::Error;
use wamr_client::proto::{ErrorCode, Refusal};
use wamr_device::manifest;

/// What a refusal means for scripts, and what people can do about it.
pub fn advice(code: ErrorCode) -> (Status, &'static str) {
    match code {
        ErrorCode::Busy => (Status::Device, "wait until the device has finished what it is doing, and try again"),
        ErrorCode::TooLarge => (Status::InvalidModule, "make the module smaller, or the device's slot larger"),
        ErrorCode::NoUpload | ErrorCode::Incomplete | ErrorCode::DigestMismatch => (Status::Device, "upload it again"),
        ErrorCode::InvalidModule => (Status::InvalidModule, "`wamrctl inspect` shows what devices do not support"),
        ErrorCode::UnknownImport => {
            (Status::InvalidModule, "`wamrctl inspect` lists what it imports; build it for what the device offers")
        }
        ErrorCode::UndeclaredCapability => (
            Status::InvalidModule,
            "`wamrctl manifest` lists what it imports from; or build it without, if it was not meant to reach that",
        ),
        ErrorCode::UnknownCapability => (
            Status::InvalidModule,
            "`wamrctl inspect` shows what its manifest lists; build it for what the device offers",
        ),
        ErrorCode::OutOfMemory => {
            (Status::InvalidModule, "stop or remove another app, or make the module's memory, stack or code smaller")
        }
        ErrorCode::NoSlot => {
            (Status::InvalidModule, "`wamrctl apps` lists what is installed, `wamrctl remove` makes room")
        }
        ErrorCode::NotStarted | ErrorCode::Disabled | ErrorCode::RestartedDevice => {
            (Status::Device, "`wamrctl start` starts it afresh")
        }
        ErrorCode::Interrupted => (Status::Device, "`wamrctl start` starts it again"),
        ErrorCode::Stuck => (Status::Device, "ask again when the device has restarted, within seconds after it"),
        ErrorCode::NoApp => (Status::Usage, "`wamrctl apps` lists what is installed"),
        ErrorCode::LimitExceeded => (
            Status::InvalidModule,
            "docs/limits.md lists the limits; make the module smaller, or the device's limit larger",
        ),
        ErrorCode::BadManifest => (Status::InvalidModule, "make its manifest anew with `wamrctl manifest`"),
        ErrorCode::StartFailed => {
            (Status::Trapped, "the app before it is still installed; `wamrctl run` shows the same fault here")
        }
        ErrorCode::NoSuchExport | ErrorCode::BadArguments => {
            (Status::Usage, "`wamrctl inspect` lists the exports with their types")
        }
        ErrorCode::FlashFailed => (Status::Device, "try again; if it stays, the device's flash is worn out"),
        ErrorCode::NotSigned => {
            (Status::InvalidModule, "sign it with `wamrctl sign`, with a key that the device trusts")
        }
        ErrorCode::UnknownKey => (
            Status::InvalidModule,
            "`wamrctl trust` has the device trust a key, `wamrctl inspect` shows who signed the module",
        ),
        ErrorCode::BadSignature => (Status::InvalidModule, "`wamrctl verify` shows what is wrong; sign it anew"),
        ErrorCode::OlderVersion => (
            Status::InvalidModule,
            "build the newest version; `wamrctl manifest --counter` says which it is, before it is signed",
        ),
        ErrorCode::SignaturesOff => (
            Status::Device,
            "it runs what anybody uploads: build its firmware with CONFIG_WAMR_ZEPHYR_SIGNATURES_REQUIRED",
        ),
        ErrorCode::LedgerFull => (
            Status::Device,
            "revoke keys that you no longer need; this frees their entries and those of their apps' names",
        ),
        ErrorCode::NotPermitted => (
            Status::Device,
            "use the owner's computer, which `wamrctl bonds list` shows, or see Roles in docs/security.md",
        ),
        ErrorCode::FlashBudget => (Status::Device, "wait; each upload wears the flash, and so do changes of keys"),
        ErrorCode::NameTaken => (
            Status::InvalidModule,
            "sign it with the key that signed the app before, or give it another name with `wamrctl manifest --name`",
        ),
        _ => (Status::Device, "check that the device's firmware and this program are of the same version"),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (status, help) = match &error {
            Error::NotFound(_) => (
                Status::Device,
                "check that the device is on and near; `wamrctl devices` lists the devices that advertise",
            ),
            Error::Busy(_) => (Status::Device, "try again when the other client is done"),
            Error::Ambiguous(_) => (Status::Device, "choose one with --address"),
            Error::Lost(_) => (Status::Device, "try again: an upload goes on where it was"),
            Error::Pairing(_) => {
                (Status::Device, "put the device into pairing mode, by its button or a restart, and try again")
            }
            Error::BondLost(_) => (
                Status::Device,
                "put the device into pairing mode, by its button or a restart, and try again; `wamrctl bonds forget` removes this \
                 computer's side of the bond",
            ),
            Error::Unsuitable(_) => {
                (Status::Device, "check that the device's firmware and this program are of the same version")
            }
            Error::NoController(_) => (
                Status::Device,
                "check that the Bluetooth adapter or controller is attached and switched on, and that no other program has it; --hci \
                 chooses a controller",
            ),
            Error::Refused { refusal, .. } => advice(refusal.code),
            Error::Silent(_) => (Status::Device, "restart the device and try again"),
            Error::Stuck { .. } => (Status::Device, "try again: the upload goes on from there"),
            Error::Displaced => (Status::Device, "try again when no other client is connected"),
            Error::Version => (Status::Device, "update the device's firmware or this program"),
            Error::Impossible(_) => return Self::new(Status::Usage, &error).kind(error.kind().as_str()),
            _ => (Status::Device, "check the Bluetooth adapter or controller; --hci chooses one"),
        };
        Self::new(status, &error).help(help).kind(error.kind().as_str())
    }
}

/// What a refusal of this module means: what is known of the module says more than the code alone.
pub fn advice_for(module: &Module, refusal: &Refusal, asked: &str) -> Failure {
    let size = module.bytes.len();
    let (status, help) = advice(refusal.code);
    let failure = Failure::new(status, format!("the device refused {asked}: {refusal}")).kind("refused");
    match refusal.code {
        ErrorCode::TooLarge => failure.help(format!("the module has {size} bytes: {help}")),
        ErrorCode::OutOfMemory => failure.help(room(module, refusal)),
        _ => failure.help(help),
    }
}

/// How a module finds room in the pool.
fn room(module: &Module, refusal: &Refusal) -> String {
    let share = manifest::of(&module.bytes).ok().flatten().and_then(|manifest| manifest.limits.pool);
    if refusal.message.as_str().contains("other apps") {
        let own = match share {
            Some(share) => format!("the share of {share} bytes in its manifest smaller"),
            None => "the share of each app smaller (`wamrctl manifest --pool`)".into(),
        };
        return format!("stop or remove another app, make {own}, or the device's pool larger");
    }
    let pages = module.memories.iter().map(|memory| memory.minimum_pages).sum::<u64>();
    let smaller = match pages {
        0 => "its stack (`wamrctl manifest --stack`) or its code smaller".into(),
        // Memory comes in whole pages.
        1 => format!(
            "its stack (`wamrctl manifest --stack`) or its code smaller, as its memory is one page of {PAGE_SIZE} bytes"
        ),
        _ => {
            format!("its memory of {pages} pages smaller (the linker's option --initial-memory), or its stack or code")
        }
    };
    match share {
        Some(share) => format!("its manifest asks for a share of {share} bytes: ask for more, or make {smaller}"),
        None => format!("make {smaller}, or the device's share for an app larger (CONFIG_WAMR_ZEPHYR_APP_POOL_SIZE)"),
    }
}
