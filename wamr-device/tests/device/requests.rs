use crate::bench::{Bench, module, run};
use wamr_device::{Action, BondsOp, Event, Permissions, Role};
use wamr_proto::{Activity, Bond, ClientAddress, Command, ErrorCode, Refusal, Request, encode};

#[test]
fn what_is_no_request_is_answered_with_malformed() {
    let mut bench = Bench::new();
    bench.handle(Event::Control(b"hello"));
    let response = &bench.responses[0];
    assert_eq!((response.seq, response.refusal.as_ref().unwrap().code), (0, ErrorCode::Malformed));
}

#[test]
fn a_request_that_the_device_does_not_know_is_answered_by_its_number() {
    let mut bench = Bench::new();
    bench.handle(Event::Control(&[0xa2, 0, 0x18, 77, 1, 0x81, 0x18, 99]));
    bench.handle(Event::Control(b"\xa2\x00\x18\x4e\x01\x85\x03\x00\x61f\x80\xa1\x05\x01"));
    bench.handle(Event::Control(&[0xa2, 0, 0, 1, 0x81, 1]));
    let answers: Vec<_> =
        bench.responses.iter().map(|response| (response.seq, response.refusal.clone().unwrap())).collect();
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
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    bench.hold = true;
    bench.responses.clear();
    bench.send(100, run(0, "sum", &[], None));
    assert_eq!(bench.status().activity, Activity::Running);
    assert_eq!(bench.responses, []);
    assert_eq!(bench.ask(run(0, "sum", &[], None)).unwrap_err().code, ErrorCode::Busy);
    let new = module(700);
    bench.begin(&new).unwrap();
    bench.stream(&new, 0, 100);
    assert_eq!(bench.ask(Command::Commit).unwrap_err().code, ErrorCode::Busy);
    bench.responses.clear();
    bench.release();
    assert_eq!((bench.responses[0].seq, &bench.responses[0].refusal), (100, &None));
    bench.ask(Command::Commit).unwrap();
    bench.assert_app(&new);
}

#[test]
fn the_answer_to_a_client_that_left_is_not_given_to_the_next() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    bench.hold = true;
    bench.responses.clear();
    bench.send(100, run(0, "sum", &[], None));
    bench.handle(Event::Disconnected);
    bench.handle(Event::Connected(Role::Owner));
    bench.release();
    assert_eq!(bench.responses, []);
    // The receipt says whose it is, and the next client may know it.
    assert_eq!(bench.receipts[0].seq, 100);
}

#[test]
fn a_flood_of_requests_never_costs_the_answer_to_the_one_at_work() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    bench.hold = true;
    bench.responses.clear();
    bench.send(100, run(0, "sum", &[], None));
    // Not settled in between: nobody takes the responses away.
    for seq in 1..20 {
        let request = wamr_proto::encode(&wamr_proto::Request { seq, command: Command::Commit }).unwrap();
        bench.device.handle(bench.now, Event::Control(&request));
    }
    bench.release();
    let seqs: Vec<_> = bench.responses.iter().map(|response| response.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 100]);
}

#[test]
fn nothing_is_notified_to_nobody() {
    let mut bench = Bench::new();
    bench.handle(Event::Disconnected);
    bench.statuses.clear();
    bench.responses.clear();
    bench.send(1, Command::Begin { size: 100, digest: wamr_proto::Digest([0; 32]) });
    assert!(bench.statuses.is_empty() && bench.responses.is_empty());
    bench.handle(Event::Connected(Role::Owner));
    assert!(bench.statuses.is_empty() && bench.responses.is_empty());
}

#[test]
fn bonds_are_told_and_removed_by_the_platform() {
    let mut bench = Bench::new();
    let client = |last, random| ClientAddress { random, bytes: [0xc0, 0, 0, 0, 0, last] };
    let bonds = [(client(1, false), false), (client(2, true), true)].map(|(client, current)| Bond {
        client,
        current,
        owner: current,
    });
    bench.bonds = bonds.to_vec();
    let ask = |bench: &mut Bench, command| {
        bench.responses.clear();
        bench.send(7, command);
        assert_eq!((bench.responses.len(), bench.responses[0].seq), (1, 7));
        let response = bench.responses.remove(0);
        response.bond.ok_or_else(|| response.refusal.map(|refusal| refusal.code))
    };
    assert_eq!(ask(&mut bench, Command::Bond { index: 0 }), Ok(bonds[0]));
    assert_eq!(ask(&mut bench, Command::Bond { index: 1 }), Ok(bonds[1]));
    assert_eq!(ask(&mut bench, Command::Bond { index: 2 }), Err(Some(ErrorCode::NoBond)));
    assert_eq!(ask(&mut bench, Command::Unpair { client: client(1, true) }), Err(Some(ErrorCode::NoBond)));
    assert_eq!(ask(&mut bench, Command::Unpair { client: client(1, false) }), Ok(bonds[0]));
    assert_eq!(bench.bonds, [bonds[1]]);
}

#[test]
fn what_the_platform_says_of_bonds_is_for_the_client_that_asked() {
    let mut bench = Bench::new();
    let bond = Bond { client: ClientAddress { random: false, bytes: [1; 6] }, current: false, owner: false };
    let request = |seq| encode(&Request { seq, command: Command::Bond { index: 0 } }).unwrap();
    bench.device.handle(bench.now, Event::Control(&request(1)));
    assert!(matches!(bench.device.poll(bench.now), Some(Action::Bonds(BondsOp::Tell { index: 0 }))));
    bench.device.handle(bench.now, Event::Disconnected);
    bench.device.handle(bench.now, Event::Connected(Role::Owner));
    // The first answer is still on its way.
    bench.device.handle(bench.now, Event::Control(&request(2)));
    bench.handle(Event::Bonds(Some(bond)));
    assert_eq!(bench.responses.len(), 1);
    let refused = bench.responses[0].refusal.as_ref().map(|refusal| refusal.code);
    assert_eq!((bench.responses[0].seq, refused), (2, Some(ErrorCode::Busy)));
}

fn trust(last: u8) -> Command {
    Command::Trust { key: [last; 32] }
}

#[test]
fn keys_are_the_owners_unless_operators_are_permitted() {
    let mut bench = Bench::new();
    let revoke = Command::Revoke { key: [1; 32] };
    bench.ask(trust(1)).unwrap();
    bench.handle(Event::Disconnected);
    bench.handle(Event::Connected(Role::Operator));
    let before = bench.flash.operations();
    for command in [trust(2), revoke.clone()] {
        let refusal = bench.ask(command).unwrap_err();
        assert_eq!(refusal.to_string(), "not permitted: only the owner may do this: use the owner's computer");
    }
    assert_eq!(bench.flash.operations(), before);
    // Apps are anybody's.
    bench.install(&module(64)).unwrap();
    bench.ask(run(0, "sum", &[], None)).unwrap();
    bench.ask(Command::Remove { app: 0 }).unwrap();

    bench.device.set_permissions(Permissions { trust: true, ..Permissions::DEFAULT });
    bench.ask(trust(2)).unwrap();
    assert_eq!(bench.ask(revoke.clone()).unwrap_err().code, ErrorCode::NotPermitted);
    bench.device.set_permissions(Permissions { revoke: true, ..Permissions::DEFAULT });
    bench.ask(revoke).unwrap();
    assert_eq!(bench.ask(trust(3)).unwrap_err().code, ErrorCode::NotPermitted);
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
        let mut bench = Bench::new();
        bench.device.set_permissions(permissions);
        bench.handle(Event::Connected(role));
        for (bond, permitted) in bonds.into_iter().zip(permitted) {
            bench.bonds = bonds.to_vec();
            let answer = bench.ask(Command::Unpair { client: bond.client }).map_err(|refusal| refusal.code);
            assert_eq!(answer, if permitted { Ok(()) } else { Err(ErrorCode::NotPermitted) }, "{role:?} {bond:?}");
            assert_eq!(bench.bonds.contains(&bond), !permitted);
        }
    }
}
