//! `maque batch`: rows in, answers out, killed in the middle.

use crate::command::{Home, Ran, files, run, signal, spawn, until, wait};
use crate::server::{Server, question};
use crate::weights;
use maque_batch::{Recipe, Sheet};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A recipe whose answers are short.
const RECIPE: &str = r#"
title = "Sorting"
about = "Sorts things."
prompt = "Is this an animal or a plant? {thing}"
max_tokens = 40
inputs = [{ name = "thing", about = "any" }]
columns = [{ name = "kind", field = "kind" }, { name = "why", field = "why" }]
[schema]
type = "object"
required = ["kind", "why"]
[schema.properties]
kind = { enum = ["animal", "plant"] }
why = { type = "string", minLength = 1, maxLength = 12 }
"#;

/// So many rows, and a recipe, in a folder of their own.
fn folder(n_rows: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rows = (0..n_rows).map(|n| format!("{n},thing number {n}\n"));
    let rows = format!("id,thing\n{}", rows.collect::<String>());
    std::fs::write(folder.path().join("rows.csv"), rows).expect("written");
    std::fs::write(folder.path().join("sort.toml"), RECIPE).expect("written");
    folder
}

fn batch(home: &Home, folder: &Path, model: &Path, arguments: &[&str]) -> Command {
    let mut command = home.maque(&[&["batch"][..], arguments].concat());
    command.current_dir(folder).env("MAQUE_MODEL", model);
    command
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the output");
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("lines of JSON")
}

/// That each row is there once, in order, with an answer of the schema's form.
fn assert_complete(lines: &[Value], n_rows: usize) {
    let ids: Vec<String> = lines.iter().map(|line| line["id"].to_string()).collect();
    let wanted: Vec<String> = (0..n_rows).map(|n| format!("\"{n}\"")).collect();
    assert_eq!(ids, wanted);
    for line in lines {
        let kind = line["answer"]["kind"].as_str().expect("a kind");
        let why = line["answer"]["why"].as_str().expect("a reason");
        assert!(["animal", "plant"].contains(&kind) && (1..=12).contains(&why.chars().count()));
    }
}

#[test]
fn a_killed_batch_goes_on_and_ends_as_if_it_had_not_been() {
    let Some(model) = weights::smol() else { return };
    let (home, folder) = (Home::new(), folder(24));
    let (whole, cut) = (
        folder.path().join("whole.jsonl"),
        folder.path().join("cut.jsonl"),
    );
    let arguments = |output| ["sort.toml", "rows.csv", "--at-once", "3", "-o", output];
    let run_whole = |output| {
        run(
            &mut batch(&home, folder.path(), &model, &arguments(output)),
            b"",
        )
    };
    assert_eq!(run_whole("whole.jsonl").code, 0);
    assert_complete(&lines(&whole), 24);

    let journal = folder.path().join("cut.jsonl.journal");
    let n_done = || std::fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    for n in [3, 9] {
        let child = spawn(&mut batch(
            &home,
            folder.path(),
            &model,
            &arguments("cut.jsonl"),
        ));
        until("some rows to be done", || (n <= n_done()).then_some(()));
        signal(&child, Signal::KILL);
        wait(child, Duration::from_secs(10));
        assert!(!cut.exists());
    }
    let before = n_done();
    let Ran { code, stderr, .. } = run_whole("cut.jsonl");
    assert!(code == 0 && stderr.contains("going on"), "{stderr}");
    assert!(9 <= before && !journal.exists());
    assert_eq!(lines(&cut), lines(&whole));
    assert_eq!(files(folder.path()).len(), 4, "no leftovers");
}

#[test]
fn a_changed_recipe_is_refused_until_begun_anew() {
    let Some(model) = weights::smol() else { return };
    let (home, folder) = (Home::new(), folder(4));
    let journal = folder.path().join("out.csv.journal");
    std::fs::write(&journal, "{\"recipe\":\"a\",\"rows\":\"b\"}\n").expect("written");
    let arguments = ["sort.toml", "rows.csv", "-o", "out.csv"];
    let refused = run(&mut batch(&home, folder.path(), &model, &arguments), b"");
    assert!(
        refused.code == 2 && refused.stderr.contains("--restart"),
        "{refused:?}"
    );
    let anew = [&arguments[..], &["--restart"]].concat();
    let ran = run(&mut batch(&home, folder.path(), &model, &anew), b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = std::fs::read_to_string(folder.path().join("out.csv")).expect("the output");
    assert!(
        text.starts_with("\u{feff}id,thing,kind,why,note\n") && text.lines().count() == 5,
        "{text}"
    );
}

#[test]
fn rows_that_fail_are_marked_and_kept() {
    let Some(model) = weights::smol() else { return };
    let (home, folder) = (Home::new(), folder(3));
    let recipe = RECIPE.replace(
        "[schema]\n",
        "checks = [{ field = \"why\", must = \"contain\", value = \"xyzzy\", says = \"no magic\" }]\n[schema]\n",
    );
    std::fs::write(folder.path().join("sort.toml"), recipe).expect("written");
    let arguments = ["sort.toml", "rows.csv", "-o", "out.jsonl"];
    let ran = run(&mut batch(&home, folder.path(), &model, &arguments), b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = lines(&folder.path().join("out.jsonl"));
    assert_complete(&lines, 3);
    assert!(
        lines.iter().all(|line| line["note"] == "no magic"),
        "{lines:?}"
    );

    let long = format!("id,thing\n1,{}\n2,cat\n", "word ".repeat(1000));
    std::fs::write(folder.path().join("rows.csv"), long).expect("written");
    let arguments = [
        "--prompt",
        "Say hi to {thing}",
        "rows.csv",
        "-o",
        "long.jsonl",
        "--context",
        "256",
    ];
    let ran = run(&mut batch(&home, folder.path(), &model, &arguments), b"");
    assert_eq!(ran.code, 1, "a row has no answer: {}", ran.stderr);
    let lines = self::lines(&folder.path().join("long.jsonl"));
    assert!(
        lines[0]["answer"].is_null()
            && lines[0]["note"]
                .as_str()
                .is_some_and(|note| note.contains("255"))
    );
    assert!(lines[1]["answer"].is_string());
}

#[test]
fn what_is_wrong_is_named_before_a_model_is_loaded() {
    let (home, folder) = (Home::new(), folder(2));
    std::fs::write(folder.path().join("bad.jsonl"), "{\"custom_id\":\"a\"}\n").expect("written");
    let model = Path::new("/nonexistent/model.gguf");
    for (arguments, wanted) in [
        (&["sort.toml", "rows.csv"][..], "-o"),
        (&["sort.toml", "-o", "a.csv"], "--list"),
        (&["sort.toml", "rows.csv", "-o", "a.doc"], "a.doc"),
        (&["sort.toml", "none.csv", "-o", "a.csv"], "none.csv"),
        (&["sort.toml", "sort.toml", "-o", "a.csv"], "sort.toml"),
        (&["poetry", "rows.csv", "-o", "a.csv"], "minutes"),
        (&["minutes.en", "rows.csv", "-o", "a.csv"], "\"notes\""),
        (
            &["--prompt", "{thing", "rows.csv", "-o", "a.csv"],
            "--prompt",
        ),
        (&["bad.jsonl", "-o", "a.jsonl"], "line 1: url"),
        (&["bad.jsonl", "-o", "a.csv"], "jsonl"),
    ] {
        let ran = run(&mut batch(&home, folder.path(), model, arguments), b"");
        assert!(
            ran.code == 2 && ran.stderr.contains(wanted),
            "{arguments:?}: {ran:?}"
        );
    }
    assert_eq!(files(folder.path()).len(), 3, "nothing was written");
}

#[test]
fn recipes_are_listed_and_shown() {
    let home = Home::new();
    let listed = run(&mut home.maque(&["batch", "--list"]), b"").stdout;
    let chinese = run(
        home.maque(&["batch", "--list"]).env("LANG", "zh_CN.UTF-8"),
        b"",
    )
    .stdout;
    assert!(listed.contains("tickets\tTicket triage") && chinese.contains("tickets\t工单分类"));
    let shown = run(&mut home.maque(&["batch", "--show", "poems.zh"]), b"").stdout;
    assert!(shown.contains("[schema]") && shown.contains("古诗文"));
}

#[test]
fn every_recipe_keeps_its_answers_to_a_schema_that_a_server_takes() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    for entry in maque_batch::shelf() {
        let recipe = Recipe::parse(entry.name, entry.text).expect("a recipe of ours");
        let cell = match entry.language {
            "zh" => "采取",
            _ => "separate",
        };
        let names: Vec<String> = recipe
            .inputs
            .iter()
            .map(|input| input.name.clone())
            .collect();
        let cells = vec![json!(cell); names.len()];
        let sheet = Sheet::new(names, vec![cells]);
        let schema = recipe.schema(&sheet.row(0)).expect("each has one");
        let mut body = question("Say it.", 1);
        let format = json!({ "name": "row", "schema": schema });
        body["response_format"] = json!({ "type": "json_schema", "json_schema": format });
        let (status, answer) = server.post("/v1/chat/completions", &body);
        assert_eq!(status, 200, "{}.{}: {answer}", entry.name, entry.language);
    }
}

#[test]
fn a_running_server_answers_rows_and_openai_requests() {
    let Some(model) = weights::smol() else { return };
    let (server, folder) = (Server::start(&model, &[]), folder(6));
    let request = |id: &str, body: Value| {
        json!({ "custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body": body })
            .to_string()
    };
    let message = json!([{ "role": "user", "content": "Say hi." }]);
    let good = json!({ "model": "default", "messages": message, "max_tokens": 4 });
    let bad = json!({ "model": "default", "messages": message, "temperature": 9 });
    let text = format!("{}\n{}\n", request("one", good), request("two", bad));
    std::fs::write(folder.path().join("requests.jsonl"), text).expect("written");
    let nothing = Path::new("");
    let ran = |arguments: &[&str]| {
        let mut command = batch(&server.home, folder.path(), nothing, arguments);
        run(command.env_remove("MAQUE_MODEL"), b"")
    };
    let rows = ran(&["sort.toml", "rows.csv", "-o", "out.jsonl"]);
    assert_eq!(rows.code, 0, "{}", rows.stderr);
    assert_complete(&lines(&folder.path().join("out.jsonl")), 6);
    assert_eq!(ran(&["requests.jsonl", "-o", "responses.jsonl"]).code, 0);
    let responses = lines(&folder.path().join("responses.jsonl"));
    assert_eq!(responses[0]["custom_id"], "one");
    assert_eq!(
        responses[0]["response"]["body"]["usage"]["completion_tokens"],
        4
    );
    assert_eq!(responses[1]["response"]["status_code"], 400);
    assert_eq!(
        responses[1]["response"]["body"]["error"]["param"],
        "temperature"
    );
}
