//! Holds `docs/protocol.md` against the code: what a client's author reads there must be what devices say.

use minicbor::display;
use wamr_proto::{
    Command, DataFrame, Digest, ErrorCode, Fingerprint, MANIFEST_SECTION, Manifest, PROTOCOL_VERSION, Receipt, Request,
    Response, Status, Write, decode, encode, read, uuid,
};

const PAGE: &str = include_str!("../../docs/protocol.md");

/// A packet of ATT or SMP in the trace.
#[derive(Debug)]
struct Packet {
    by_client: bool,
    bytes: Vec<u8>,
    /// What stands behind it: messages in diagnostic notation, each with its name, and prose.
    notes: Vec<&'static str>,
}

/// The bytes of a line that has nothing else.
fn hex(line: &str) -> Option<Vec<u8>> {
    let byte = |text: &str| (text.len() == 2).then(|| u8::from_str_radix(text, 16).ok()).flatten();
    line.split_whitespace().map(byte).collect()
}

fn packets() -> Vec<Packet> {
    let (_, trace) = PAGE.split_once("\n## A trace\n").expect("the section");
    let mut packets: Vec<Packet> = Vec::new();
    for line in trace.split("```text\n").skip(1).flat_map(|rest| rest.split("```").next()).flat_map(str::lines) {
        if let Some((arrow, rest)) = line.split_once(' ').filter(|(arrow, _)| ["→", "←"].contains(arrow)) {
            let bytes = hex(rest).unwrap_or_else(|| panic!("{line}"));
            packets.push(Packet { by_client: arrow == "→", bytes, notes: Vec::new() });
            continue;
        }
        let packet = packets.last_mut().expect("a packet");
        match hex(line) {
            Some(bytes) if packet.notes.is_empty() => packet.bytes.extend(bytes),
            _ => packet.notes.push(line.trim()),
        }
    }
    packets
}

/// The characteristics by the handles of their values, as the trace has discovered them.
fn characteristics(packets: &[Packet]) -> Vec<(u16, u128)> {
    let found = packets.iter().find(|packet| packet.bytes.starts_with(&[0x09, 21])).expect("a discovery");
    let value = |entry: &[u8]| {
        let uuid = entry[5..].try_into().expect("16 bytes");
        (u16::from_le_bytes([entry[3], entry[4]]), u128::from_le_bytes(uuid))
    };
    found.bytes[2..].chunks_exact(21).map(value).collect()
}

/// The manifest in a module, and what is before it: its section's length, and the name with its length.
fn manifest(module: &[u8]) -> &[u8] {
    let name = MANIFEST_SECTION.as_bytes();
    let at = module.windows(name.len()).position(|bytes| bytes == name).expect("a manifest");
    &module[at + name.len()..at - 1 + usize::from(module[at - 2])]
}

/// The page shows these bytes as this message, and they are what is encoded for it.
#[track_caller]
fn check(packet: &Packet, name: &str, bytes: &[u8], message: &impl Write) {
    // Two ways to write the same differ in blanks.
    let dense = |text: &str| text.replace(' ', "");
    let shown = dense(&format!("{name} {}", display(bytes)));
    assert!(packet.notes.iter().any(|note| dense(note) == shown), "{shown}\n{packet:?}");
    assert_eq!(encode(message).as_deref(), Some(bytes), "{packet:?}");
}

#[test]
fn the_trace_is_what_the_code_says() {
    let packets = packets();
    let characteristics = characteristics(&packets);
    let uuids = [uuid::DATA, uuid::CONTROL, uuid::STATUS, uuid::RESULT, uuid::LOG];
    assert!(characteristics.iter().map(|(_, uuid)| *uuid).eq(uuids));

    let mut announced: Option<(u32, Digest)> = None;
    let (mut module, mut requests, mut responses, mut receipts) = (Vec::<u8>::new(), Vec::new(), Vec::new(), 0);
    let mut asked = 0;
    for packet in &packets {
        // Writes with and without response, notifications, and reads with the handle that was asked for. Others carry nothing of ours.
        let (handle, value) = match &packet.bytes[..] {
            [0x12 | 0x52 | 0x1b, low, high, value @ ..] => (u16::from_le_bytes([*low, *high]), value),
            [0x0a, low, high] => {
                asked = u16::from_le_bytes([*low, *high]);
                continue;
            }
            [0x0b, value @ ..] => (asked, value),
            _ => continue,
        };
        let Some((_, uuid)) = characteristics.iter().find(|(found, _)| *found == handle) else { continue };
        match (*uuid, packet.by_client) {
            (uuid::DATA, true) => {
                let frame = DataFrame::decode(value).expect("a frame");
                assert_eq!(frame.offset as usize, module.len(), "in order");
                module.extend(frame.bytes);
                let manifest = manifest(frame.bytes);
                check(packet, "manifest", manifest, &read::<Manifest<'_>>(manifest).expect("a manifest"));
            }
            (uuid::CONTROL, true) => {
                let request = read::<Request>(value).expect("a request");
                check(packet, "control", value, &request);
                if let Command::Begin { size, digest, denied: 0 } = request.command {
                    announced = Some((size, digest));
                }
                requests.push(request.command);
            }
            (uuid::CONTROL, false) => {
                let response = decode::<Response>(value).expect("a response");
                check(packet, "control", value, &response);
                responses.push(response.refusal.map(|refusal| refusal.code));
            }
            (uuid::STATUS, false) => {
                let status = decode::<Status>(value).expect("a status");
                check(packet, "status", value, &status);
                assert_eq!(status.version, PROTOCOL_VERSION);
                let fingerprint = announced.as_ref().map(|(_, digest)| Fingerprint::from(digest));
                assert!(status.upload.is_none_or(|upload| Some(upload.fingerprint) == fingerprint));
                assert!(status.apps.iter().all(|app| Some(app.fingerprint) == fingerprint));
            }
            (uuid::RESULT, false) => {
                check(packet, "result", value, &decode::<Receipt>(value).expect("a receipt"));
                receipts += 1;
            }
            _ => panic!("nobody says that: {packet:?}"),
        }
    }
    assert!(announced.is_some_and(|(size, _)| size as usize == module.len()));
    use Command::{Begin, Commit, Run, Trust};
    assert!(matches!(requests[..], [Trust { .. }, Begin { .. }, Commit, Run { .. }]), "{requests:?}");
    assert_eq!(responses, [None, None, None, None, Some(ErrorCode::UnknownKey)]);
    assert_eq!(receipts, 1);
}

#[test]
fn the_table_of_codes_has_all_and_no_others() {
    let (_, table) = PAGE.split_once("| `code` | name |").expect("the table");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let listed = table.lines().skip(2).map(|row| row.split('|').nth(1).and_then(|code| code.trim().parse().ok()));
    let known = (0..=u8::MAX).filter(|code| encode(code).is_some_and(|code| decode::<ErrorCode>(&code).is_ok()));
    assert!(listed.eq(known.map(Some)));
}
