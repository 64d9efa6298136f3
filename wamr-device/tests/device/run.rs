use crate::bench::{Bench, FUEL, module};
use wamr_proto::{Command, ErrorCode, Name, Outcome, Value, Values};

fn run(export: &str, args: &[Value], fuel: Option<u64>) -> Command {
    Command::Run { export: Name::new(export).unwrap(), args: Values::new(args).unwrap(), fuel }
}

#[test]
fn a_run_leaves_a_receipt_before_its_response() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    assert!(bench.device.receipt().is_empty());
    bench.ask(run("sum", &[Value::I32(2), Value::I32(40)], None)).unwrap();
    let [receipt] = &bench.receipts[..] else { panic!("one receipt") };
    assert_eq!(receipt.outcome, Outcome::Returned(Values::new(&[Value::I32(42)]).unwrap()));
    assert_eq!(receipt.seq, bench.responses[0].seq);
    assert_eq!(&wamr_proto::decode::<wamr_proto::Receipt>(&bench.device.receipt()).unwrap(), receipt);
}

#[test]
fn fuel_may_be_lowered_but_not_raised() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    for (asked, given) in [(None, FUEL), (Some(5), 5), (Some(u64::MAX), FUEL)] {
        bench.ask(run("sum", &[], asked)).unwrap();
        assert_eq!(bench.receipts.last().unwrap().fuel, given);
    }
}

#[test]
fn what_cannot_run_is_refused() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask(run("sum", &[], None)).unwrap_err().code, ErrorCode::NoApp);
    bench.install(&module(64)).unwrap();
    assert_eq!(bench.ask(run("none", &[], None)).unwrap_err().code, ErrorCode::NoSuchExport);
    assert!(bench.receipts.is_empty());
    bench.assert_app(&module(64));
}
