//! Uploads that send only the changes to an installed module.

use super::Client;
use crate::link::Link;
use crate::{Error, Event};
use wamr_delta::Plan;
use wamr_proto::{AppStatus, Command, ErrorCode, FRAME_HEADER, Fingerprint};

/// Returns the module with this fingerprint if the caller has it. It may be installed on a device, and uploads to the device then send only
/// the changes to it. Bytes that are another module are a waste of time, but no danger: the device verifies the whole module.
pub type Bases<'a> = &'a dyn Fn(&Fingerprint) -> Option<Vec<u8>>;

/// For callers that have no modules: uploads send the whole module.
pub const NO_BASES: Bases<'static> = &|_| None;

/// Bytes that a frame must have room for, so that operations are worth it.
const ROOM_MIN: usize = 100;

/// Returns the modules of these apps that the caller has, and the numbers of the apps.
pub(super) fn installed(bases: Bases<'_>, apps: &[AppStatus]) -> Vec<(u8, Vec<u8>)> {
    apps.iter().filter_map(|app| Some((app.number, bases(&app.fingerprint)?))).collect()
}

/// Returns the number of bytes of all frames.
fn size(plan: &Plan<'_>, module: &[u8], room: usize) -> usize {
    let (mut at, mut size, mut frame) = (0, 0, Vec::new());
    while (at as usize) < module.len() {
        at = plan.frame(at, u32::MAX, room, &mut frame);
        size += FRAME_HEADER + frame.len();
    }
    size
}

impl<L: Link> Client<L> {
    /// Asks the device to take a module as changes to that of an installed app, the one that saves most. Returns `None` if it does not, or
    /// if none saves half of the bytes.
    pub(super) async fn plan<'a>(
        &mut self,
        installed: &'a [(u8, Vec<u8>)],
        module: &'a [u8],
        report: &mut impl FnMut(Event<'_>),
    ) -> Result<Option<Plan<'a>>, Error> {
        let room = self.link.room().saturating_sub(FRAME_HEADER);
        if room < ROOM_MIN {
            return Ok(None);
        }
        let plans = installed.iter().map(|(app, base)| {
            let plan = Plan::new(base, module);
            (size(&plan, module, room), *app, plan)
        });
        // Another app than an older version has little in common with the module.
        let best = plans.min_by_key(|(size, ..)| *size).filter(|(size, ..)| *size <= module.len() / 2);
        let Some((size, app, plan)) = best else { return Ok(None) };
        match self.request("a delta", Command::Base { app }).await {
            Ok(_) => {
                report(Event::Delta(size as u32));
                Ok(Some(plan))
            }
            // It does not know the command, or it does not have the app any more.
            Err(Error::Refused { refusal, .. }) if matches!(refusal.code, ErrorCode::Malformed | ErrorCode::NoApp) => {
                log::debug!("the device takes no delta: {refusal}");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
