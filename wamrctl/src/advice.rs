//! What to do about a refusal.

use crate::failure::Status;
use wamr_proto::ErrorCode;

/// What a refusal means for scripts, and what people can do about it.
pub fn advice(code: ErrorCode) -> (Status, &'static str) {
    match code {
        ErrorCode::Busy => (Status::Device, "wait until the device has finished what it is doing, and try again"),
        ErrorCode::TooLarge => (Status::Device, "make the module smaller, or the device's slot larger"),
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
        ErrorCode::OutOfMemory => (
            Status::Device,
            "stop or remove another app, make the module's memory smaller (linker option --initial-memory), or the device's \
             pool or the app's share of it larger",
        ),
        ErrorCode::NoSlot => (Status::Device, "`wamrctl apps` lists what is installed, `wamrctl remove` makes room"),
        ErrorCode::NotStarted | ErrorCode::Disabled => (Status::Device, "`wamrctl start` starts it afresh"),
        ErrorCode::NoApp => (Status::Usage, "`wamrctl apps` lists what is installed"),
        ErrorCode::LimitExceeded => {
            (Status::Device, "docs/limits.md lists the limits; make the module smaller, or the device's limit larger")
        }
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
            "revoke keys that are not needed any more: their room, and that of their apps' names, is free then",
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
