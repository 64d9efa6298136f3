use crate::rig::{Rig, module, run};
use wamr_proto::{ErrorCode, Outcome, Value, Values};

#[test]
fn a_run_leaves_a_receipt_before_its_response() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    assert!(rig.device.receipt().is_empty());
    rig.ask(run(0, "sum", &[Value::I32(2), Value::I32(40)], None)).unwrap();
    let [receipt] = &rig.receipts[..] else { panic!("one receipt") };
    assert_eq!(receipt.outcome, Outcome::Returned(Values::new(&[Value::I32(42)]).unwrap()));
    assert_eq!(receipt.seq, rig.responses[0].seq);
    assert_eq!(&wamr_proto::decode::<wamr_proto::Receipt>(&rig.device.receipt()).unwrap(), receipt);
}

#[test]
fn limits_of_the_request_reach_the_executor() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    rig.ask(run(0, "sum", &[], Some(5))).unwrap();
    assert_eq!(rig.receipts.last().unwrap().fuel, 5);
}

#[test]
fn what_cannot_run_is_refused() {
    let mut rig = Rig::new();
    assert_eq!(rig.ask(run(0, "sum", &[], None)).unwrap_err().code, ErrorCode::NoApp);
    rig.install(&module(64)).unwrap();
    assert_eq!(rig.ask(run(0, "none", &[], None)).unwrap_err().code, ErrorCode::NoSuchExport);
    assert!(rig.receipts.is_empty());
    rig.assert_app(&module(64));
}
