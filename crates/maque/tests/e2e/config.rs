//! `maque config` and wrong settings.

use crate::command::{Home, run};

/// The line of `maque config` that tells of `name`.
fn line(home: &Home, name: &str, flags: &[&str], variables: &[(&str, &str)]) -> String {
    let mut arguments = vec!["config"];
    arguments.extend(flags);
    let mut command = home.maque(&arguments);
    command.envs(variables.iter().copied());
    let ran = run(&mut command, b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
        .lines()
        .find(|line| line.starts_with(name))
        .expect("a line for each setting")
        .to_owned()
}

#[test]
fn the_nearest_source_wins_and_is_named() {
    let home = Home::new();
    assert!(line(&home, "model", &[], &[]).ends_with("= qwen2.5:0.5b  (default)"));
    std::fs::write(
        home.path().join("config.toml"),
        "model = \"from-file\"\nthreads = 3\n",
    )
    .expect("a file");
    assert!(line(&home, "model", &[], &[]).ends_with("= from-file  (config.toml)"));
    assert!(line(&home, "threads", &[], &[]).ends_with("= 3  (config.toml)"));
    let variable = [("MAQUE_MODEL", "from-env")];
    assert!(
        line(&home, "model", &[], &variable).ends_with("= from-env  (environment MAQUE_MODEL)")
    );
    assert!(
        line(&home, "model", &["--model", "from-flag"], &variable).ends_with("= from-flag  (flag)")
    );
}

#[test]
fn a_key_is_not_shown() {
    let home = Home::new();
    let ran = run(
        home.maque(&["config"]).env("MAQUE_API_KEY", "canary-key"),
        b"",
    );
    assert!(
        ran.code == 0 && !ran.stdout.contains("canary-key"),
        "{}",
        ran.stdout
    );
}

#[test]
fn wrong_values_are_one_sentence_and_exit_2() {
    let home = Home::new();
    for (variable, value) in [("MAQUE_THREADS", "0"), ("MAQUE_ISA", "sse9")] {
        let ran = run(home.maque(&["config"]).env(variable, value), b"");
        assert_eq!(
            (ran.code, ran.stderr.lines().count()),
            (2, 1),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains(value), "{}", ran.stderr);
    }
    std::fs::write(home.path().join("config.toml"), "modle = \"x\"\n").expect("a file");
    let ran = run(&mut home.maque(&["config"]), b"");
    assert!(
        ran.code == 2 && ran.stderr.contains("modle") && ran.stderr.contains("line 1"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_chinese_user_reads_chinese() {
    let home = Home::new();
    let ran = run(
        home.maque(&["config", "--threads", "many"])
            .env("LC_ALL", "zh_CN.UTF-8"),
        b"",
    );
    assert!(
        ran.code == 2 && ran.stderr.contains("的值") && ran.stderr.contains("many"),
        "{}",
        ran.stderr
    );
    let ran = run(home.maque(&["ask"]).env("LC_ALL", "zh_CN.UTF-8"), b"");
    assert!(
        ran.code == 2 && ran.stderr.contains("没有问题"),
        "{}",
        ran.stderr
    );
}

#[test]
fn usual_causes_are_said_in_the_users_language() {
    let home = Home::new();
    let folder = home.path().join("rows");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(home.path().join("bad.json"), "{\"a\": 1,,}").expect("a file");
    let said = |arguments: &[&str]| {
        let mut command = home.maque(arguments);
        command.current_dir(home.path());
        let ran = run(command.env("LC_ALL", "zh_CN.UTF-8"), b"");
        assert_ne!(ran.code, 0, "{}", ran.stderr);
        ran.stderr
    };
    for (arguments, wanted) in [
        (["ask", "?", "--json-schema", "none.json"], "没有这个文件"),
        (["ask", "?", "--json-schema", "rows"], "这是文件夹"),
        (["ask", "?", "--json-schema", "bad.json"], "第 1 行第 9 列"),
        (["ask", "?", "-o", "rows"], "无法写入 rows：这是文件夹"),
        (
            ["ask", "?", "-o", "none/a.txt"],
            "none/a.txt：没有文件夹 none",
        ),
        (["ask", "?", "--model", "bad.json"], "bad.json 不是模型"),
    ] {
        let said = said(&arguments);
        assert!(said.contains(wanted), "{arguments:?}: {said}");
        assert!(!said.contains("os error"), "{arguments:?}: {said}");
    }
}
