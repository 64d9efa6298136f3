//! What the owner of a device denies an app, although its manifest lists it.

use crate::capabilities::imported;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::grants::in_words;
use crate::module::Module;
use wamr_client::proto::{Capabilities, Manifest, read, resource_of};
use wamr_device::manifest;

/// The denied entries of a list of capabilities.
#[derive(Default)]
pub struct Denial<'m> {
    listed: Option<Capabilities<'m>>,
    /// One bit for each, the lowest for the first entry of the list.
    pub mask: u16,
}

impl<'m> Denial<'m> {
    /// Denies a module these grants. A grant is an entry of its list, or a capability: then it stands for all entries for resources of it.
    ///
    /// # Errors
    /// [`Status::Usage`] when the list does not have a grant, grants it by another entry, too, or has nothing left of a capability that
    /// the module imports.
    pub fn of(module: &'m Module, grants: &[String]) -> Result<Self, Failure> {
        if grants.is_empty() {
            return Ok(Self::default());
        }
        let Some(listed) = manifest::of(&module.bytes).ok().flatten().and_then(|manifest| manifest.capabilities) else {
            return Err(usage("the module has no list of capabilities, so none can be denied")
                .help("`wamrctl manifest` adds a list of what the module imports"));
        };
        let mut mask = 0;
        for grant in grants {
            let denied = (0..).zip(listed.names()).filter(|(_, entry)| resource_of(entry, grant).is_some());
            let bits = denied.fold(0, |bits, (place, _)| bits | 1 << place);
            if bits == 0 {
                return Err(not_listed(grant, listed));
            }
            mask |= bits;
        }
        let denial = Self { listed: Some(listed), mask };
        let left = listed.without(mask);
        for entry in denial.entries() {
            if let Some(whole) = capability(entry).filter(|whole| left.names().any(|entry| entry == *whole)) {
                return Err(usage(format!("the manifest grants `{entry}` by its entry `{whole}`, too"))
                    .help(format!("deny `{whole}`")));
            }
        }
        if let Some(name) = imported(module).into_iter().find(|name| listed.cover(name) && !left.cover(name)) {
            return Err(usage(format!(
                "the module imports from `{name}`, so devices refuse it if all of `{name}` is denied"
            ))
            .help("deny fewer resources, or do not install the app"));
        }
        Ok(denial)
    }

    /// What a device reports of an app with this manifest.
    pub fn reported(manifest: &'m [u8], mask: u16) -> Self {
        Self { listed: read::<Manifest<'_>>(manifest).ok().and_then(|manifest| manifest.capabilities), mask }
    }

    /// Returns the entries of a module's list that permit something denied here, except those that are denied again. A module without a
    /// list gets everything, so this returns all denied entries.
    pub fn regained(self, module: &'m Manifest<'m>, denied: u16) -> Self {
        let Some(listed) = module.capabilities else { return self };
        let is_regained = |(place, entry): (u32, &str)| {
            denied >> place & 1 == 0 && self.entries().any(|before| overlap(entry, before) || overlap(before, entry))
        };
        let mask = (0..16)
            .zip(listed.names())
            .filter(|named| is_regained(*named))
            .fold(0, |mask, (place, _)| mask | 1 << place);
        Self { listed: Some(listed), mask }
    }

    /// The denied entries.
    pub fn entries(&self) -> impl Iterator<Item = &'m str> {
        self.listed.into_iter().flat_map(|listed| listed.without(!self.mask).names())
    }

    /// The denied entries, and what they would permit. `None` if nothing is denied.
    pub fn to_text(&self) -> Option<String> {
        let entries: Vec<_> =
            self.entries().map(|entry| format!("{} ({})", shown(entry), shown(in_words(entry)))).collect();
        (!entries.is_empty()).then(|| entries.join(", "))
    }
}

/// Whether an entry permits something that another one does, too. Of a quota, any number does.
fn overlap(entry: &str, other: &str) -> bool {
    let quota = |entry: &str| Some((capability(entry)?.to_owned(), entry.rsplit_once(':')?.1.parse::<u32>().ok()?));
    let is_same_quota = quota(entry).zip(quota(other)).is_some_and(|(entry, other)| entry.0 == other.0);
    resource_of(entry, other).is_some() || is_same_quota
}

fn usage(message: impl std::fmt::Display) -> Failure {
    Failure::new(Status::Usage, message)
}

/// Why a grant cannot be denied that is no entry.
fn not_listed(grant: &str, listed: Capabilities<'_>) -> Failure {
    match capability(grant).filter(|whole| listed.names().any(|entry| entry == *whole)) {
        Some(whole) => usage(format!(
            "the manifest grants all of `{whole}`, of which `{grant}` cannot be denied alone"
        ))
        .help(format!("deny `{whole}`, or sign the module with single resources: `wamrctl manifest --capabilities`")),
        None => {
            let names: Vec<_> = listed.names().collect();
            let help =
                if names.is_empty() { "it lists nothing".into() } else { format!("it lists {}", names.join(", ")) };
            usage(format!("the manifest does not list `{grant}`")).help(help)
        }
    }
}

/// The capability that a grant names a resource of.
fn capability(grant: &str) -> Option<&str> {
    grant.split_once(':').map(|(capability, _)| capability)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wamr_client::proto::{AppName, Capability, CapabilityList, encode};

    /// A manifest with this list of capabilities.
    fn listing(entries: &[&str]) -> Vec<u8> {
        let list = encode(&CapabilityList::first(entries.iter().filter_map(|entry| Capability::new(entry)))).unwrap();
        let capabilities = Some(read::<Capabilities<'_>>(&list).unwrap());
        encode(&Manifest { name: AppName::new("app").unwrap(), capabilities, ..Default::default() }).unwrap().to_vec()
    }

    #[test]
    fn a_version_regains_what_the_one_before_was_denied() {
        let before = listing(&["gpio:led0", "i2c", "kv:64", "sensor:room", "timer"]);
        for (entries, denied, regained) in [
            (&["gpio:led0", "timer"][..], 0, &["gpio:led0"][..]),
            (&["gpio:led0", "timer"], 1, &[]),
            (&["gpio:led1", "log", "timer"], 0, &[]),
            (&["gpio", "i2c:eeprom"], 0, &["gpio", "i2c:eeprom"]),
            (&["kv:4096", "sensor"], 2, &["kv:4096"]),
        ] {
            let next = listing(entries);
            let next = read::<Manifest<'_>>(&next).unwrap();
            let denial = Denial::reported(&before, 0b0_1111).regained(&next, denied);
            assert_eq!(denial.entries().collect::<Vec<_>>(), regained, "{entries:?}");
        }
        let all = Manifest::default();
        let denial = Denial::reported(&before, 0b0_0101).regained(&all, 0);
        assert_eq!(denial.entries().collect::<Vec<_>>(), ["gpio:led0", "kv:64"]);
    }
}
