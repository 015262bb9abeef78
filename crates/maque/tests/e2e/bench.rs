//! `maque bench --json`: one line per measurement, as the scripts that compare engines read it.

use crate::command::{Home, run};
use crate::weights;
use serde_json::Value;
use std::path::Path;

fn lines(model: &Path, arguments: &[&str]) -> Vec<Value> {
    let model = model.to_str().expect("a UTF-8 path");
    let all = [&["bench", "--json", "--model", model], arguments].concat();
    let ran = run(&mut Home::new().maque(&all), b"");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let parse = |line| serde_json::from_str(line).expect("JSON");
    ran.stdout.lines().map(parse).collect()
}

#[test]
fn every_measurement_has_its_line() {
    let Some(model) = weights::smol() else { return };
    let found = lines(
        &model,
        &["-p", "16", "-n", "2", "--repeat", "1", "--depth", "40"],
    );
    let names: Vec<_> = found.iter().map(|line| line["test"].as_str()).collect();
    assert_eq!(names, [Some("prefill"), Some("decode"), Some("ttft")]);
    assert!(found[0]["n"] == 16 && found[1]["n"] == 2 && found[1]["depth"] == 40);
    let is_positive = |value: &Value| value.as_f64().is_some_and(|value| 0.0 < value);
    assert!(is_positive(&found[0]["tokens_per_s"]) && is_positive(&found[1]["tokens_per_s"]));
    assert!(is_positive(&found[2]["ms"]));
}

#[test]
fn what_is_not_asked_for_is_not_measured() {
    let Some(model) = weights::smol() else { return };
    let found = lines(
        &model,
        &["-p", "0", "-n", "2", "--repeat", "2", "--threads", "1"],
    );
    assert_eq!(found.len(), 1);
    assert!(
        found[0]["test"] == "decode" && found[0]["threads"] == 1,
        "{found:?}"
    );
    assert_eq!(found[0]["samples"].as_array().map(Vec::len), Some(2));
    let found = lines(
        &model,
        &["-p", "8", "-n", "2", "--batch", "3", "--repeat", "1"],
    );
    assert_eq!(found.len(), 1);
    assert!(
        found[0]["test"] == "batch" && found[0]["b"] == 3,
        "{found:?}"
    );
}

#[test]
fn more_than_the_model_holds_is_refused() {
    let Some(model) = weights::smol() else { return };
    let model = model.to_str().expect("a UTF-8 path");
    let arguments = ["bench", "--model", model, "-p", "0", "--depth", "900000"];
    let ran = run(&mut Home::new().maque(&arguments), b"");
    assert!(ran.code == 2 && ran.stderr.contains("900064"), "{ran:?}");
}
