//! `maque doctor`: figures of the machine, and of a model where there is one.

use crate::command::{Home, run};
use crate::weights;
use serde_json::Value;

/// The findings, and that the command ended well.
fn findings(home: &Home, arguments: &[&str]) -> Value {
    let ran = run(
        &mut home.maque(&[&["doctor", "--json"], arguments].concat()),
        b"",
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    serde_json::from_str(&ran.stdout).expect("one JSON object")
}

fn positive(findings: &Value, name: &str) -> f64 {
    let number = findings[name].as_f64().expect("a number");
    assert!(0.0 < number, "{name} in {findings}");
    number
}

#[test]
fn a_machine_without_a_model_has_limits() {
    let home = Home::new();
    let found = findings(&home, &["--threads", "1"]);
    for name in [
        "gb_per_s",
        "int8_gmac_per_s",
        "int16_gmac_per_s",
        "f32_gmac_per_s",
    ] {
        positive(&found, name);
    }
    assert!(
        found["threads"] == 1 && found.get("model").is_none(),
        "{found}"
    );
    let ran = run(home.maque(&["doctor"]).env("LC_ALL", "zh_CN.UTF-8"), b"");
    assert!(
        ran.code == 0 && ran.stdout.contains("maque pull qwen2.5:0.5b"),
        "{ran:?}"
    );
    let config = run(&mut home.maque(&["config"]), b"").stdout;
    let threads = config.lines().find(|line| line.starts_with("threads "));
    // What was measured beside other programs is not kept.
    let origin = match home.path().join("calibration.json").exists() {
        true => "(measured here)",
        false => "(default)",
    };
    assert!(
        threads.is_some_and(|line| line.ends_with(origin)),
        "{config}"
    );
}

#[test]
fn a_model_reaches_a_share_of_the_limits() {
    let Some(model) = weights::smol() else { return };
    let path = model.to_str().expect("a UTF-8 path");
    let found = findings(&Home::new(), &["--model", path]);
    assert_eq!(found["model"], path);
    for name in ["prefill", "decode"] {
        positive(&found, &format!("{name}_tokens_per_s"));
        positive(&found, &format!("{name}_share"));
    }
}

#[test]
fn a_missing_model_is_said_when_it_was_asked_for() {
    let ran = run(
        &mut Home::new().maque(&["doctor", "--model", "/nonexistent.gguf"]),
        b"",
    );
    assert!(
        ran.code == 6 && ran.stderr.contains("/nonexistent.gguf"),
        "{ran:?}"
    );
}
