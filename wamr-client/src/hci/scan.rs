//! Scanning for devices.

use crate::Error;
use crate::found::{Advertiser, BUSY_TIMEOUT, FIND_TIMEOUT, OTHERS_TIMEOUT, only};
use bt_hci::param::{LeAdvEventKind, LeAdvReportsIter, LeExtAdvReportsIter};
use embassy_time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use trouble_host::prelude::*;
use wamr_transport::Port;
use wamr_transport::hci::{Host, Stack, describe, in_words, static_address};

/// The value in a report if the controller does not know the signal strength.
const UNKNOWN_RSSI: i8 = 127;

/// An advertising report. Name and service may be in different reports.
#[derive(Debug, PartialEq)]
pub struct Report {
    address: Address,
    /// Whether it is our service.
    ours: bool,
    name: Option<String>,
    rssi: Option<i16>,
    /// Whether a client can connect; unknown for a scan response.
    connectable: Option<bool>,
}

pub type Reports = mpsc::UnboundedReceiver<Report>;

/// Passes on advertising reports.
pub struct Ears(mpsc::UnboundedSender<Report>);

impl Ears {
    /// Ears, and what they hear.
    pub fn new() -> (Self, Reports) {
        let (heard, reports) = mpsc::unbounded_channel();
        (Self(heard), reports)
    }

    fn hear(&self, report: Report) {
        let _ = self.0.send(report); // the scan has ended
    }
}

impl Report {
    fn read(address: Address, connectable: Option<bool>, rssi: i8, data: &[u8]) -> Self {
        let service = wamr_proto::uuid::SERVICE.to_le_bytes();
        let rssi = (rssi != UNKNOWN_RSSI).then_some(rssi.into());
        let mut report = Self { address, ours: false, name: None, rssi, connectable };
        for structure in AdStructure::decode(data).map_while(Result::ok) {
            match structure {
                AdStructure::CompleteServiceUuids128(uuids) | AdStructure::IncompleteServiceUuids128(uuids) => {
                    report.ours |= uuids.contains(&service);
                }
                AdStructure::CompleteLocalName(name) | AdStructure::ShortenedLocalName(name) => {
                    report.name = Some(String::from_utf8_lossy(name).into_owned());
                }
                _ => {}
            }
        }
        report
    }
}

impl EventHandler for Ears {
    fn on_adv_reports(&self, reports: LeAdvReportsIter) {
        for report in reports.map_while(Result::ok) {
            let connectable = match report.event_kind {
                LeAdvEventKind::AdvInd | LeAdvEventKind::AdvDirectInd => Some(true),
                LeAdvEventKind::AdvScanInd | LeAdvEventKind::AdvNonconnInd => Some(false),
                LeAdvEventKind::ScanRsp => None,
            };
            let address = Address::new(report.addr_kind, report.addr);
            self.hear(Report::read(address, connectable, report.rssi, report.data));
        }
    }

    fn on_ext_adv_reports(&self, reports: LeExtAdvReportsIter) {
        for report in reports.map_while(Result::ok) {
            let kind = report.event_kind;
            let connectable = (!kind.scan_response()).then_some(kind.connectable());
            let address = Address::new(report.addr_kind, report.addr);
            self.hear(Report::read(address, connectable, report.rssi, report.data));
        }
    }
}

/// Scans, and runs `listen`, which receives the reports. An `active` scan requests the names of devices.
async fn scan<T>(stack: &'static Stack, active: bool, listen: impl Future<Output = T>) -> Result<T, Error> {
    let config = ScanConfig {
        active,
        interval: Duration::from_millis(60),
        window: Duration::from_millis(60),
        ..Default::default()
    };
    let mut central = stack.central();
    let mut scanner = Scanner::new(&mut central);
    let session =
        scanner.scan(&config).await.map_err(|error| Error::Host(format!("cannot scan: {}", describe(&error))))?;
    let heard = listen.await;
    session.stop().await;
    Ok(heard)
}

/// Scans until the device is found.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Busy`], [`Error::Ambiguous`], [`Error::Host`].
pub async fn find(stack: &'static Stack, reports: &mut Reports, wanted: Option<&str>) -> Result<Address, Error> {
    let found = scan(stack, false, async {
        let (mut free, mut busy) = (BTreeMap::new(), BTreeSet::new());
        let mut deadline = Instant::now() + FIND_TIMEOUT;
        while let Ok(Some(report)) = timeout_at(deadline, reports.recv()).await {
            let text = in_words(report.address);
            let meant = wanted.map_or(report.ours, |wanted| text.eq_ignore_ascii_case(wanted));
            match report.connectable {
                Some(true) if meant => {
                    if wanted.is_none() && free.is_empty() {
                        deadline = Instant::now() + OTHERS_TIMEOUT;
                    }
                    free.insert(text, report.address);
                    if wanted.is_some() {
                        break;
                    }
                }
                Some(false) if meant && report.ours => {
                    if free.is_empty() && busy.is_empty() {
                        deadline = Instant::now() + BUSY_TIMEOUT;
                    }
                    busy.insert(text);
                }
                _ => {}
            }
        }
        (free, busy)
    });
    let (free, busy) = found.await?;
    only(wanted, free.into_iter(), busy.into_iter().collect())
}

/// Listens for a time for devices that advertise our service.
///
/// # Errors
/// [`Error::NoController`], [`Error::Host`].
pub async fn advertisers(port: &Port, time: std::time::Duration) -> Result<Vec<Advertiser>, Error> {
    let (ears, mut reports) = Ears::new();
    // Devices need not recognize this computer.
    let address = static_address(RandomState::new().hash_one(()).to_le_bytes());
    let mut host = Host::start(port, address, ears).await?;
    let stack = host.stack;
    let mut found = BTreeMap::new();
    let deadline = Instant::now() + time;
    let listen = scan(stack, true, async {
        while let Ok(Some(report)) = timeout_at(deadline, reports.recv()).await {
            take(&mut found, report);
        }
    });
    tokio::select! {
        done = listen => done?,
        why = host.stopped() => return Err(why.into()),
    }
    Ok(found.into_values().filter_map(|(ours, advertiser)| ours.then_some(advertiser)).collect())
}

/// Adds a report to the information about its device.
fn take(found: &mut BTreeMap<String, (bool, Advertiser)>, report: Report) {
    let address = in_words(report.address);
    let (ours, advertiser) = found
        .entry(address.clone())
        .or_insert_with(|| (false, Advertiser { address, name: None, rssi: None, busy: None }));
    *ours |= report.ours;
    advertiser.name = report.name.or(advertiser.name.take());
    advertiser.rssi = report.rssi.or(advertiser.rssi);
    advertiser.busy = report.connectable.map(|connectable| !connectable).or(advertiser.busy);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_service_are_combined_from_several_reports() {
        let encode = |structures: &[AdStructure]| {
            let mut data = [0; 31];
            let length = AdStructure::encode_slice(structures, &mut data).unwrap();
            data[..length].to_vec()
        };
        let service = encode(&[AdStructure::CompleteServiceUuids128(&[wamr_proto::uuid::SERVICE.to_le_bytes()])]);
        let name = encode(&[AdStructure::CompleteLocalName(b"pump \xff")]);
        let [device, other] = [[1; 6], [2; 6]].map(Address::random);
        let mut found = BTreeMap::new();
        for (address, connectable, rssi, data) in [
            (device, Some(true), -40, &service),
            (other, Some(true), -30, &name),
            (device, Some(false), -40, &service),
            (device, None, UNKNOWN_RSSI, &name),
            (other, None, -30, &vec![]),
        ] {
            take(&mut found, Report::read(address, connectable, rssi, data));
        }
        let pump = Advertiser {
            address: "01:01:01:01:01:01".into(),
            name: Some("pump \u{fffd}".into()),
            rssi: Some(-40),
            busy: Some(true),
        };
        assert_eq!(found["01:01:01:01:01:01"], (true, pump));
        assert!(!found["02:02:02:02:02:02"].0);
    }
}
