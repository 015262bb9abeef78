//! Fetching models from mirrors that misbehave, and being killed on the way: never a wrong file under the final name.

use crate::command::{Home, Ran, run, spawn};
use crate::mirror::{Manner, Mirror};
use std::path::PathBuf;
use std::time::Duration;

const SIZE: usize = 6 << 20;

fn home(mirror: &Mirror) -> Home {
    let home = Home::new();
    std::fs::write(home.path().join("catalogue.toml"), mirror.catalogue()).expect("written");
    home
}

fn pull(home: &Home, mirror: &Mirror) -> Ran {
    let mut command = home.maque(&["pull", "test:1b"]);
    run(command.env("HF_ENDPOINT", &mirror.endpoint), b"")
}

fn file(home: &Home) -> PathBuf {
    home.path().join("models/test/1b/test.gguf")
}

/// The right file comes, under its final name.
#[track_caller]
fn comes(manner: Manner) -> Mirror {
    let mirror = Mirror::start(manner, SIZE);
    let home = home(&mirror);
    let ran = pull(&home, &mirror);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.stdout.trim_end(), file(&home).to_string_lossy());
    assert!(std::fs::read(file(&home)).expect("there") == mirror.content());
    let n_answers = mirror.answers().len();
    assert_eq!(pull(&home, &mirror).code, 0);
    assert_eq!(mirror.answers().len(), n_answers, "fetched again");
    mirror
}

/// No file comes, and the reason is said.
#[track_caller]
fn fails(manner: Manner, reason: &str) {
    let mirror = Mirror::start(manner, SIZE);
    let home = home(&mirror);
    let ran = pull(&home, &mirror);
    assert_eq!((ran.code, ran.stdout.as_str()), (6, ""), "{ran:?}");
    assert!(ran.stderr.contains(reason), "{}", ran.stderr);
    assert!(!file(&home).exists());
    assert_eq!(run(&mut home.maque(&["list"]), b"").stdout, "");
}

#[test]
fn an_honest_mirror_is_asked_once() {
    assert_eq!(comes(Manner::Honest).answers(), [(0, SIZE)]);
}

#[test]
fn a_mirror_that_drops_is_resumed() {
    let answers = comes(Manner::Drops(1 << 20)).answers();
    assert_eq!(answers.len(), 6, "{answers:?}");
    assert_eq!(answers[3].0, 3 << 20);
}

#[test]
fn a_mirror_without_ranges_is_begun_again() {
    comes(Manner::IgnoresRanges);
}

#[test]
fn a_mirror_that_lies_about_ranges_is_begun_again() {
    comes(Manner::LiesAboutRanges);
}

#[test]
fn what_is_not_the_model_is_refused() {
    fails(Manner::WrongBytes, "other than the model's");
    fails(Manner::WebPage, "web page");
    fails(Manner::TooManyBytes, "other than the model's");
    fails(Manner::NotFound, "404");
}

#[test]
fn a_mirror_that_stalls_is_given_up() {
    fails(Manner::Stalls, "timeout");
}

#[test]
fn killed_fifty_times_it_resumes_and_is_right() {
    let size = 192 << 20;
    let mirror = Mirror::start(Manner::Slow, size);
    let home = home(&mirror);
    let mut n_kills = 0;
    let mut milliseconds = 40;
    while n_kills < 50 {
        let mut command = home.maque(&["pull", "test:1b"]);
        let mut child = spawn(command.env("HF_ENDPOINT", &mirror.endpoint));
        milliseconds = (milliseconds * 53 + 29) % 401; // any order of moments
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().expect("a child");
        child.wait().expect("ended");
        n_kills += 1;
        if file(&home).exists() {
            assert!(std::fs::read(file(&home)).expect("there") == mirror.content());
            std::fs::remove_dir_all(home.path().join("models")).expect("removed"); // begin again
        }
    }
    let ran = pull(&home, &mirror);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(std::fs::read(file(&home)).expect("there") == mirror.content());
    let answers = mirror.answers();
    for pair in answers.windows(2).filter(|pair| pair[1].0 != 0) {
        let again = (pair[0].0 + pair[0].1).saturating_sub(pair[1].0);
        assert!(
            again <= 64 << 20,
            "{again} bytes fetched again: {answers:?}"
        );
    }
    assert!(
        answers.iter().any(|(start, _)| 0 < *start),
        "never resumed: {answers:?}"
    );
}
