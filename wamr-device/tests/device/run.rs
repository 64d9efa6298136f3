use crate::bench::{Bench, module, run};
use wamr_proto::{ErrorCode, Outcome, Value, Values};

#[test]
fn a_run_leaves_a_receipt_before_its_response() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    assert!(bench.device.receipt().is_empty());
    bench.ask(run(0, "sum", &[Value::I32(2), Value::I32(40)], None)).unwrap();
    let [receipt] = &bench.receipts[..] else { panic!("one receipt") };
    assert_eq!(receipt.outcome, Outcome::Returned(Values::new(&[Value::I32(42)]).unwrap()));
    assert_eq!(receipt.seq, bench.responses[0].seq);
    assert_eq!(&wamr_proto::decode::<wamr_proto::Receipt>(&bench.device.receipt()).unwrap(), receipt);
}

#[test]
fn limits_of_the_request_reach_the_executor() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    bench.ask(run(0, "sum", &[], Some(5))).unwrap();
    assert_eq!(bench.receipts.last().unwrap().fuel, 5);
}

#[test]
fn what_cannot_run_is_refused() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask(run(0, "sum", &[], None)).unwrap_err().code, ErrorCode::NoApp);
    bench.install(&module(64)).unwrap();
    assert_eq!(bench.ask(run(0, "none", &[], None)).unwrap_err().code, ErrorCode::NoSuchExport);
    assert!(bench.receipts.is_empty());
    bench.assert_app(&module(64));
}
