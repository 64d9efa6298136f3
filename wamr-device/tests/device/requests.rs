use crate::rig::{Rig, module, run};
use wamr_device::{Action, BondsOp, Event, Permissions, Role};
use wamr_proto::{Activity, Bond, ClientAddress, Command, ErrorCode, Refusal, Request, encode};

#[test]
fn what_is_no_request_is_answered_with_malformed() {
    let mut rig = Rig::new();
    rig.handle(Event::Control(b"hello"));
    let response = &rig.responses[0];
    assert_eq!((response.seq, response.refusal.as_ref().unwrap().code), (0, ErrorCode::Malformed));
}

#[test]
fn a_request_that_the_device_does_not_know_is_answered_by_its_number() {
    let mut rig = Rig::new();
    rig.handle(Event::Control(&[0xa2, 0, 0x18, 77, 1, 0x81, 0x18, 99]));
    rig.handle(Event::Control(b"\xa2\x00\x18\x4e\x01\x85\x03\x00\x61f\x80\xa1\x05\x01"));
    rig.handle(Event::Control(&[0xa2, 0, 0, 1, 0x81, 1]));
    let answers: Vec<_> =
        rig.responses.iter().map(|response| (response.seq, response.refusal.clone().unwrap())).collect();
    assert_eq!(
        answers,
        [
            (77, ErrorCode::Malformed.into()),
            (78, Refusal::with_bound(ErrorCode::UnknownLimit, 5)),
            (0, ErrorCode::InvalidSequenceNumber.into()),
        ]
    );
}

#[test]
fn while_an_app_runs_uploads_go_on_and_other_work_waits() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    rig.hold = true;
    rig.responses.clear();
    rig.send(100, run(0, "sum", &[], None));
    assert_eq!(rig.status().activity, Activity::Running);
    assert_eq!(rig.responses, []);
    assert_eq!(rig.ask(run(0, "sum", &[], None)).unwrap_err().code, ErrorCode::Busy);
    let new = module(700);
    rig.begin(&new).unwrap();
    rig.stream(&new, 0, 100);
    assert_eq!(rig.ask(Command::Commit).unwrap_err().code, ErrorCode::Busy);
    rig.responses.clear();
    rig.release();
    assert_eq!((rig.responses[0].seq, &rig.responses[0].refusal), (100, &None));
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&new);
}

#[test]
fn the_answer_to_a_client_that_left_is_not_given_to_the_next() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    rig.hold = true;
    rig.responses.clear();
    rig.send(100, run(0, "sum", &[], None));
    rig.handle(Event::Disconnected);
    rig.handle(Event::Connected(Role::Owner));
    rig.release();
    assert_eq!(rig.responses, []);
    // The receipt says whose it is, and the next client may know it.
    assert_eq!(rig.receipts[0].seq, 100);
}

#[test]
fn a_flood_of_requests_never_costs_the_answer_to_the_one_at_work() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    rig.hold = true;
    rig.responses.clear();
    rig.send(100, run(0, "sum", &[], None));
    // Not settled in between: nobody takes the responses away.
    for seq in 1..20 {
        let request = wamr_proto::encode(&wamr_proto::Request { seq, command: Command::Commit }).unwrap();
        rig.device.handle(rig.now, Event::Control(&request));
    }
    rig.release();
    let seqs: Vec<_> = rig.responses.iter().map(|response| response.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 100]);
}

#[test]
fn a_flood_of_requests_never_costs_the_answer_about_a_bond() {
    let mut rig = Rig::new();
    let send = |rig: &mut Rig, seq, command| {
        rig.device.handle(rig.now, Event::Control(&encode(&Request { seq, command }).unwrap()));
    };
    send(&mut rig, 100, Command::Bond { index: 0 });
    assert!(matches!(rig.device.poll(rig.now), Some(Action::Bonds(_))));
    (1..20).for_each(|seq| send(&mut rig, seq, Command::Commit));
    rig.handle(Event::Bonds(None));
    let seqs: Vec<_> = rig.responses.iter().map(|response| response.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 100]);
}

#[test]
fn nothing_is_notified_to_nobody() {
    let mut rig = Rig::new();
    rig.handle(Event::Disconnected);
    rig.statuses.clear();
    rig.responses.clear();
    rig.send(1, Command::Begin { size: 100, digest: wamr_proto::Digest([0; 32]), denied: 0 });
    assert!(rig.statuses.is_empty() && rig.responses.is_empty());
    rig.handle(Event::Connected(Role::Owner));
    assert!(rig.statuses.is_empty() && rig.responses.is_empty());
}

#[test]
fn bonds_are_told_and_removed_by_the_platform() {
    let mut rig = Rig::new();
    let client = |last, random| ClientAddress { random, bytes: [0xc0, 0, 0, 0, 0, last] };
    let bonds = [(client(1, false), false), (client(2, true), true)].map(|(client, current)| Bond {
        client,
        current,
        owner: current,
    });
    rig.bonds = bonds.to_vec();
    let ask = |rig: &mut Rig, command| {
        rig.responses.clear();
        rig.send(7, command);
        assert_eq!((rig.responses.len(), rig.responses[0].seq), (1, 7));
        let response = rig.responses.remove(0);
        response.bond.ok_or_else(|| response.refusal.map(|refusal| refusal.code))
    };
    assert_eq!(ask(&mut rig, Command::Bond { index: 0 }), Ok(bonds[0]));
    assert_eq!(ask(&mut rig, Command::Bond { index: 1 }), Ok(bonds[1]));
    assert_eq!(ask(&mut rig, Command::Bond { index: 2 }), Err(Some(ErrorCode::NoBond)));
    assert_eq!(ask(&mut rig, Command::Unpair { client: client(1, true) }), Err(Some(ErrorCode::NoBond)));
    assert_eq!(ask(&mut rig, Command::Unpair { client: client(1, false) }), Ok(bonds[0]));
    assert_eq!(rig.bonds, [bonds[1]]);
}

#[test]
fn what_the_platform_says_of_bonds_is_for_the_client_that_asked() {
    let mut rig = Rig::new();
    let bond = Bond { client: ClientAddress { random: false, bytes: [1; 6] }, current: false, owner: false };
    let request = |seq| encode(&Request { seq, command: Command::Bond { index: 0 } }).unwrap();
    rig.device.handle(rig.now, Event::Control(&request(1)));
    assert!(matches!(rig.device.poll(rig.now), Some(Action::Bonds(BondsOp::Tell { index: 0 }))));
    rig.device.handle(rig.now, Event::Disconnected);
    rig.device.handle(rig.now, Event::Connected(Role::Owner));
    // The first answer is still on its way.
    rig.device.handle(rig.now, Event::Control(&request(2)));
    rig.handle(Event::Bonds(Some(bond)));
    assert_eq!(rig.responses.len(), 1);
    let refused = rig.responses[0].refusal.as_ref().map(|refusal| refusal.code);
    assert_eq!((rig.responses[0].seq, refused), (2, Some(ErrorCode::Busy)));
}

fn trust(last: u8) -> Command {
    Command::Trust { key: [last; 32] }
}

#[test]
fn keys_are_the_owners_unless_operators_are_permitted() {
    let mut rig = Rig::new();
    let revoke = Command::Revoke { key: [1; 32] };
    rig.ask(trust(1)).unwrap();
    rig.handle(Event::Disconnected);
    rig.handle(Event::Connected(Role::Operator));
    let before = rig.flash.operations();
    for command in [trust(2), revoke.clone()] {
        let refusal = rig.ask(command).unwrap_err();
        assert_eq!(refusal.to_string(), "not permitted: only the owner may do this: use the owner's computer");
    }
    assert_eq!(rig.flash.operations(), before);
    // Apps are anybody's.
    rig.install(&module(64)).unwrap();
    rig.ask(run(0, "sum", &[], None)).unwrap();
    rig.ask(Command::Remove { app: 0 }).unwrap();

    rig.device.set_permissions(Permissions { trust: true, ..Permissions::DEFAULT });
    rig.ask(trust(2)).unwrap();
    assert_eq!(rig.ask(revoke.clone()).unwrap_err().code, ErrorCode::NotPermitted);
    rig.device.set_permissions(Permissions { revoke: true, ..Permissions::DEFAULT });
    rig.ask(revoke).unwrap();
    assert_eq!(rig.ask(trust(3)).unwrap_err().code, ErrorCode::NotPermitted);
}

#[test]
fn who_may_remove_whose_bond() {
    let bonds = [1, 2, 3].map(|last| Bond {
        client: ClientAddress { random: true, bytes: [0xc0, 0, 0, 0, 0, last] },
        current: last == 2,
        owner: last == 1,
    });
    let none = Permissions::DEFAULT;
    let unpair = Permissions { unpair: true, ..none };
    // For the owner's bond, the client's own, another operator's.
    for (role, permissions, permitted) in [
        (Role::Owner, none, [true, true, true]),
        (Role::Operator, none, [false, true, false]),
        (Role::Operator, unpair, [false, true, true]),
    ] {
        let mut rig = Rig::new();
        rig.device.set_permissions(permissions);
        rig.handle(Event::Connected(role));
        for (bond, permitted) in bonds.into_iter().zip(permitted) {
            rig.bonds = bonds.to_vec();
            let answer = rig.ask(Command::Unpair { client: bond.client }).map_err(|refusal| refusal.code);
            assert_eq!(answer, if permitted { Ok(()) } else { Err(ErrorCode::NotPermitted) }, "{role:?} {bond:?}");
            assert_eq!(rig.bonds.contains(&bond), !permitted);
        }
    }
}
