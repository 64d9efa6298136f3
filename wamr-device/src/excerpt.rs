//! What clients can read of an app in addition to its details, and the keys that the device trusts.

use wamr::Limits;
use wamr_proto::{AppLimits, Excerpt, MANIFEST_SECTION, Part, RunLimits, encode};

use crate::cell::Cell;
use crate::image::Image;
use crate::manifest;
use crate::slot::Opened;
use crate::task::ReadRequest;
use crate::trust::SignaturePolicy;

/// The signature section. It can also be read if the device does not check signatures.
const SIGNATURE_SECTION: &str = "signature";

/// Returns the requested data, or nothing if there is none.
#[inline(never)]
pub(crate) fn excerpt(
    request: &ReadRequest,
    limits: &Limits,
    signatures: &SignaturePolicy,
    image: &impl Image,
) -> Excerpt {
    let ReadRequest { part, at, module, opened, ledger, .. } = request;
    let at = *at as usize;
    match part {
        #[cfg(wamr_native)]
        Part::Digest if at == 32 => image.with(module.range(), origin),
        Part::Digest => image.with(opened.range(), |bytes| {
            Opened::decode(&Cell::at(bytes, 0)).map(|opened| Excerpt::of(&opened.digest.0)).unwrap_or_default()
        }),
        Part::Manifest => image.with(module.range(), |module| section(module, MANIFEST_SECTION, at)),
        Part::Signature => image.with(module.range(), |module| section(module, SIGNATURE_SECTION, at)),
        Part::Types => image.with(module.range(), |module| types(module, at)),
        // The executor reads the memory of apps and the pool, and the device knows which apps it has.
        Part::Memory | Part::Apps | Part::Pool => Excerpt::default(),
        Part::Limits => image.with(module.range(), |module| limits_of(module, *limits)),
        Part::Key => image.with(ledger.range(), |ledger| {
            signatures.trust().and_then(|trust| trust.key(signatures, ledger, at)).unwrap_or_default()
        }),
    }
}

/// Returns the hash of the module that native code was compiled from.
#[cfg(wamr_native)]
fn origin(module: &[u8]) -> Excerpt {
    let code = wamr::NativeCode::in_module(module).ok().flatten();
    code.map(|code| Excerpt::of(code.origin)).unwrap_or_default()
}

/// Returns the description of the types from an offset. Toolchains name its section `component-type`, followed by their own name.
fn types(module: &[u8], at: usize) -> Excerpt {
    content(module, &|name| name.starts_with("component-type"), at)
}

/// Returns the content of a custom section from an offset.
fn section(module: &[u8], wanted: &str, at: usize) -> Excerpt {
    content(module, &|name| name == wanted, at)
}

fn content(module: &[u8], wanted: &dyn Fn(&str) -> bool, at: usize) -> Excerpt {
    let content = wamr::custom_sections(module).find(|(name, _)| wanted(name));
    Excerpt::of(content.and_then(|(_, content)| content.get(at..)).unwrap_or_default())
}

fn limits_of(module: &[u8], mut limits: Limits) -> Excerpt {
    let Ok(manifest) = manifest::or_default(module) else { return Excerpt::default() };
    manifest::lower(&mut limits, &manifest.limits);
    let millis = |limit: Option<core::time::Duration>| limit.map(|limit| limit.as_millis() as u32);
    let told = AppLimits {
        run: RunLimits {
            fuel: limits.fuel,
            millis: millis(limits.deadline),
            host_calls: Some(limits.host_calls),
            host_millis: millis(limits.host_time),
        },
        memory_pages: Some(limits.memory_pages),
        table_elements: Some(limits.table_elements),
        stack_size: Some(limits.stack_size),
        pool: limits.pool,
    };
    Excerpt::of(&encode(&told).unwrap_or_default())
}
