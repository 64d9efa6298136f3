//! What to do about a refusal.

use crate::failure::{Failure, Status};
use crate::module::{Memory, Module};
use wamr::PAGE_SIZE;
use wamr_client::proto::{ErrorCode, Refusal};
use wamr_client::{Error, TypedError};
use wamr_device::manifest;

/// The exit status of a refusal, and what the user can do about it.
pub fn advice(code: ErrorCode) -> (Status, &'static str) {
    match code {
        ErrorCode::Busy => (Status::Device, "wait until the device has finished its current work, and try again"),
        ErrorCode::TooLarge => (Status::InvalidModule, "make the module smaller, or the device's slots larger"),
        ErrorCode::NoUpload | ErrorCode::Incomplete | ErrorCode::DigestMismatch => (Status::Device, "upload it again"),
        ErrorCode::InvalidModule => (Status::InvalidModule, "`wamrctl inspect` shows what devices do not support"),
        ErrorCode::UnknownImport => {
            (Status::InvalidModule, "`wamrctl inspect` lists its imports; build it for what the device offers")
        }
        ErrorCode::UndeclaredCapability => (
            Status::InvalidModule,
            "add the capability with `wamrctl manifest`, or remove the import if it is not intended",
        ),
        ErrorCode::UnknownCapability => (
            Status::InvalidModule,
            "`wamrctl inspect` shows the capabilities in its manifest; build it for what the device offers",
        ),
        ErrorCode::OutOfMemory => {
            (Status::InvalidModule, "stop or remove another app, or make the module's memory, stack or code smaller")
        }
        ErrorCode::NoSlot => {
            (Status::InvalidModule, "`wamrctl apps` lists the installed apps; remove one with `wamrctl remove`")
        }
        ErrorCode::NotStarted | ErrorCode::Disabled | ErrorCode::RestartedDevice => {
            (Status::Device, "start it with `wamrctl start`")
        }
        ErrorCode::Interrupted => (Status::Device, "start it again with `wamrctl start`"),
        ErrorCode::Stuck => (Status::Device, "the device restarts within seconds; try again after that"),
        ErrorCode::NoApp => (Status::Usage, "`wamrctl apps` lists the installed apps"),
        ErrorCode::LimitExceeded => (
            Status::InvalidModule,
            "docs/limits.md lists the limits; make the module smaller, or raise the device's limit",
        ),
        ErrorCode::BadManifest => (Status::InvalidModule, "write a new manifest with `wamrctl manifest`"),
        ErrorCode::StartFailed => (
            Status::Trapped,
            "the previous version is still installed; `wamrctl run` reproduces the failure on this computer",
        ),
        ErrorCode::NoSuchExport | ErrorCode::BadArguments => {
            (Status::Usage, "`wamrctl inspect` lists the exports with their types")
        }
        ErrorCode::FlashFailed => (Status::Device, "try again; if the error persists, the device's flash is worn out"),
        ErrorCode::NotSigned => (Status::InvalidModule, "sign it with `wamrctl sign` and a key that the device trusts"),
        ErrorCode::UnknownKey => (
            Status::InvalidModule,
            "`wamrctl inspect` shows which keys signed it; make the device trust one of them with `wamrctl trust`",
        ),
        ErrorCode::NativeNotPermitted => (
            Status::InvalidModule,
            "let a key that signed it sign native code with `wamrctl trust --native`, or upload the WebAssembly module",
        ),
        ErrorCode::BadSignature => (Status::InvalidModule, "`wamrctl verify` shows the reason; sign it again"),
        ErrorCode::OlderVersion => (
            Status::InvalidModule,
            "install a newer version; set its security counter with `wamrctl manifest --counter` before you sign it",
        ),
        ErrorCode::SignaturesOff => (
            Status::Device,
            "the device does not check signatures: build its firmware with CONFIG_WAMR_ZEPHYR_SIGNATURES_REQUIRED",
        ),
        ErrorCode::LedgerFull => (
            Status::Device,
            "revoke keys that are no longer needed; that frees their entries and those of their app names",
        ),
        ErrorCode::NotPermitted => (
            Status::Device,
            "use the owner's computer, which `wamrctl bonds list` shows; see Roles in docs/security.md",
        ),
        ErrorCode::NoMessages => (
            Status::Device,
            "the app must import the interface `message`, and its manifest must list `message` or `message:client`",
        ),
        ErrorCode::QueueFull => (Status::Device, "try again when the app has received the messages that wait"),
        ErrorCode::MessageTooLong => (Status::Usage, "a message has at most 128 bytes: send several"),
        ErrorCode::CallTooLarge => (
            Status::Device,
            "pass or request less at once, or raise the bound of the firmware (CONFIG_WAMR_ZEPHYR_CALL_BYTES)",
        ),
        ErrorCode::NotHeld => {
            (Status::Device, "call the function again; the call took too long, or the app was started again")
        }
        ErrorCode::FlashBudget => (
            Status::Device,
            "wait and try again later; uploads and key changes wear the flash, so their rate is limited",
        ),
        ErrorCode::NameTaken => (
            Status::InvalidModule,
            "sign it with the key that signed the installed app, or give it another name with `wamrctl manifest --name`",
        ),
        _ => (Status::Device, "check that the device's firmware and wamrctl have the same version"),
    }
}

impl From<TypedError> for Failure {
    fn from(error: TypedError) -> Self {
        let message = error.to_string();
        match error {
            TypedError::Client(error) => error.into(),
            TypedError::Argument { .. } => Self::new(Status::Usage, message)
                .help("values are written in WAVE: 1.5, \"text\", [1, 2], {name: value}, some(1), ok(1)"),
            TypedError::Count { .. } | TypedError::TooManyArguments { .. } | TypedError::Unsupported(_) => {
                Self::new(Status::Usage, message)
            }
            _ => Self::new(Status::Device, message).help("build the app again with the same version of its toolchain"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (status, help) = match &error {
            Error::NotFound(_) => (
                Status::Device,
                "check that the device is on and near; `wamrctl devices` lists the devices that advertise",
            ),
            Error::Busy(_) => (Status::Device, "try again when the other client has disconnected"),
            Error::Ambiguous(_) => (Status::Device, "choose one with --address"),
            Error::Lost(_) => (Status::Device, "try again; an upload resumes where it stopped"),
            Error::Pairing(_) => {
                (Status::Device, "put the device into pairing mode with its button or a restart, and try again")
            }
            Error::BondLost(_) => (
                Status::Device,
                "put the device into pairing mode with its button or a restart, and try again; `wamrctl bonds forget` removes this \
                 computer's bond",
            ),
            Error::Unsuitable(_) => {
                (Status::Device, "check that the device's firmware and wamrctl have the same version")
            }
            Error::NoController(_) => (
                Status::Device,
                "check that the Bluetooth adapter or controller is attached and switched on, and that no other program has it; --hci \
                 selects a controller",
            ),
            Error::NoLine(_) => (
                Status::Device,
                "check that the device is attached and switched on, that no other program has the line, the baud rate, and that the \
                 device's firmware serves this line",
            ),
            Error::Refused { refusal, .. } => advice(refusal.code),
            Error::Silent(_) => (Status::Device, "restart the device and try again"),
            Error::Stuck { .. } => (Status::Device, "try again; the upload resumes there"),
            Error::Displaced => (Status::Device, "try again when no other client is connected"),
            Error::Version => (Status::Device, "update the device's firmware or wamrctl"),
            Error::Impossible(_) => return Self::new(Status::Usage, &error).kind(error.kind().as_str()),
            _ => (Status::Device, "check the Bluetooth adapter or controller; --hci selects one"),
        };
        Self::new(status, &error).help(help).kind(error.kind().as_str())
    }
}

/// The failure for a refusal of this module. Details of the module say more than the code alone.
pub fn advice_for(module: &Module, refusal: &Refusal, asked: &str) -> Failure {
    let size = module.bytes.len();
    let (status, help) = advice(refusal.code);
    let failure = Failure::new(status, format!("the device refused {asked}: {refusal}")).kind("refused");
    match refusal.code {
        ErrorCode::TooLarge => failure.help(format!("the module has {size} bytes; {help}")),
        ErrorCode::OutOfMemory => failure.help(room(module, refusal)),
        ErrorCode::UnknownImport | ErrorCode::UndeclaredCapability if module.native => {
            failure.help("native code: this firmware has no runtime for it, upload the WebAssembly module")
        }
        _ => failure.help(help),
    }
}

/// How to make a module fit into the pool.
fn room(module: &Module, refusal: &Refusal) -> String {
    let share = manifest::of(&module.bytes).ok().flatten().and_then(|manifest| manifest.limits.pool);
    if refusal.message.as_str().contains("other apps") {
        let own = match share {
            Some(share) => format!("the memory quota of {share} bytes in its manifest smaller"),
            None => "the memory quota of each app smaller (`wamrctl manifest --pool`)".into(),
        };
        return format!("stop or remove another app, make {own}, or the device's pool larger");
    }
    let smaller = match module.memories.first() {
        None | Some(Memory { minimum_pages: 0, .. }) => {
            "its stack (`wamrctl manifest --stack`) or its code smaller".into()
        }
        Some(Memory { page_size: 1, minimum_pages, .. }) => format!(
            "its memory of {minimum_pages} bytes smaller (the linker's option `-z stack-size`, or its data), or its stack or code"
        ),
        Some(Memory { minimum_pages: 1, .. }) => format!(
            "its memory of one page of {PAGE_SIZE} bytes smaller (the linker's option --page-size=1), or its stack or code"
        ),
        Some(Memory { minimum_pages, .. }) => format!(
            "its memory of {minimum_pages} pages smaller (the linker's option --initial-memory), or its stack or code"
        ),
    };
    match share {
        Some(share) => format!("its manifest sets a memory quota of {share} bytes: raise it, or make {smaller}"),
        None => {
            format!("make {smaller}, or the device's memory quota for an app larger (CONFIG_WAMR_ZEPHYR_APP_POOL_SIZE)")
        }
    }
}
