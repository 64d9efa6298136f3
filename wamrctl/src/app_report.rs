//! `wamrctl apps NAME`: everything that a device reports about one app.

use crate::app::{Declared, limit_in_words, limits_of};
use crate::apps;
use crate::connection::Connection;
use crate::denial::Denial;
use crate::escape::shown;
use crate::failure::Failure;
use crate::json;
use crate::key::hex;
use crate::names;
use crate::receipt;
use serde_json::{Value as Json, json};
use std::path::Path;
use wamr_client::Client;
use wamr_client::Link;
use wamr_client::proto::{
    AppLimits, AppStatus, Details, Digest, Failure as LastFailure, Manifest, Part, Receipt, read,
};
use wamr_signature::{PublicKey, Signatures};

/// What is known of an app.
struct Report {
    app: AppStatus,
    details: Details,
    digest: Digest,
    /// Of the module that native code was compiled from.
    origin: Option<Digest>,
    limits: AppLimits,
    manifest: Vec<u8>,
    /// What it was denied, as [`Client::denied`] returns it.
    denied: u16,
    /// Ids of the keys that signed it, and whether the device trusts them.
    signers: Vec<(String, bool)>,
    receipt: Option<Receipt>,
    failure: Option<LastFailure>,
}

/// Prints what the device reports about an app, with function names from the module's file or a copy of it.
///
/// # Errors
/// [`Status::Usage`](crate::failure::Status::Usage) when there is no such app, or the file is of another one;
/// [`Status::Device`](crate::failure::Status::Device) when the device or the link to it fails.
pub fn print(wanted: &str, file: Option<&Path>, connection: &Connection, for_programs: bool) -> Result<(), Failure> {
    let report = connection.with(async |client| Report::ask(client, wanted).await)?;
    let module = names::module(file, &report.digest)?;
    if for_programs {
        json::print(&report.to_json(&module));
    } else {
        print!("{}", report.to_text(&module));
    }
    Ok(())
}

impl Report {
    async fn ask(client: &mut Client<impl Link>, wanted: &str) -> Result<Self, Failure> {
        let (app, details) = apps::find(client, wanted).await?;
        let number = app.number;
        let signature = client.section(Part::Signature, number).await?;
        let trusted: Vec<_> = client.keys().await?.iter().map(|key| hex_id(&key.key)).collect();
        let signers = key_ids(&signature).into_iter().map(|id| (id.clone(), trusted.contains(&id))).collect();
        let digest = client.digest(number).await?;
        let origin = client.origin(number, &digest).await?;
        Ok(Self {
            app,
            details,
            digest,
            origin,
            limits: client.limits(number).await?,
            manifest: client.section(Part::Manifest, number).await?,
            denied: client.denied(number).await?,
            signers,
            receipt: client.last_receipt(number).await?,
            failure: client.failure(number).await?,
        })
    }

    fn declared(&self) -> Option<Declared> {
        read::<Manifest<'_>>(&self.manifest).ok().map(|manifest| (&manifest).into())
    }

    fn denial(&self) -> Denial<'_> {
        Denial::reported(&self.manifest, self.denied)
    }

    fn to_text(&self, module: &[u8]) -> String {
        let Self { app, details, digest, origin, limits, signers, receipt, failure, .. } = self;
        let name = if details.name.as_str().is_empty() { "App without a name".into() } else { shown(&details.name) };
        let mut text = format!("{name} ({})\n", app.number);
        let mut line = |label: &str, what: String| text += &format!("  {label:<13} {what}\n");
        line("State", apps::state(app));
        line("Version", format!("{}, counter {}", details.version, details.counter));
        line("Module", format!("{} bytes, SHA-256 {digest}", details.size));
        if let Some(origin) = origin {
            line("Native code", format!("compiled from the module with the SHA-256 {origin}"));
        }
        if let Some(declared) = self.declared() {
            line("Manifest", declared.to_string());
            line("Capabilities", declared.capabilities());
        }
        if let Some(denied) = self.denial().to_text() {
            line("Denied", denied);
        }
        let list: Vec<_> = limits_of(limits).iter().map(|(name, limit)| limit_in_words(name, *limit)).collect();
        line("Limits", list.join(", "));
        match &signers[..] {
            [] => line("Signed", "no".into()),
            signers => signers.iter().for_each(|(id, trusted)| {
                line("Signed", format!("by the key {id}{}", if *trusted { ", which the device trusts" } else { "" }));
            }),
        }
        match failure {
            Some(failure) => line("Last failure", receipt::failure_in_words(failure, module)),
            None if app.failures > 0 => {
                line("Last failure", "no longer known, because another app failed later".into())
            }
            None => {}
        }
        if let Some(receipt) = receipt {
            text += "\nLast run:\n";
            text += &receipt::to_text(receipt, module).lines().map(|line| format!("  {line}\n")).collect::<String>();
        }
        text
    }

    fn to_json(&self, module: &[u8]) -> Json {
        let Self { app, details, digest, origin, limits, signers, receipt, failure, .. } = self;
        let mut report = apps::to_json(&(*app, details.clone()));
        report["sha256"] = digest.to_string().into();
        report["compiled_from"] = origin.as_ref().map(Digest::to_string).into();
        report["manifest"] = json!(self.declared());
        report["denied"] = self.denial().entries().collect();
        report["limits"] = limits_of(limits).iter().map(|(name, limit)| ((*name).to_owned(), json!(limit))).collect();
        report["signed_by"] = signers.iter().map(|(id, trusted)| json!({ "key_id": id, "trusted": trusted })).collect();
        report["last_failure"] = failure.as_ref().map(|failure| receipt::failure_to_json(failure, module)).into();
        report["last_receipt"] = receipt.as_ref().map(|receipt| receipt::to_json(receipt, module)).into();
        report
    }
}

fn hex_id(key: &[u8; 32]) -> String {
    PublicKey::new(*key).map(|key| hex(&key.id())).unwrap_or_default()
}

/// Who signed, as the content of a section of signatures says.
fn key_ids(content: &[u8]) -> Vec<String> {
    if content.is_empty() {
        return Vec::new();
    }
    // A module of that section alone.
    let mut module = wasm_encoder::Module::new();
    module
        .section(&wasm_encoder::CustomSection { name: wamr_signature::SIGNATURE_SECTION.into(), data: content.into() });
    let module = module.finish();
    let Ok(signatures) = Signatures::of(&module) else { return Vec::new() };
    signatures.sets().flat_map(|set| set.signatures().map(|one| hex(one.key_id())).collect::<Vec<_>>()).collect()
}
