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

/// Bytes that were sent more than once, at each answer of a mirror that serves one file.
fn sent_again(answers: &[(usize, usize)]) -> Vec<usize> {
    let mut furthest = 0;
    let answers = answers.iter().filter(|(_, n_sent)| 0 < *n_sent);
    let again = answers.map(|(start, n_sent)| {
        let again = furthest.max(*start) - start;
        furthest = furthest.max(start + n_sent);
        again
    });
    again.collect()
}

#[test]
fn killed_fifty_times_it_resumes_and_is_right() {
    let mirror = Mirror::start(Manner::Slow, 192 << 20);
    let home = home(&mirror);
    let (mut n_kills, mut random) = (0, 40);
    let mut beginnings = vec![0];
    while n_kills < 50 {
        let mut command = home.maque(&["pull", "test:1b"]);
        let mut child = spawn(command.env("HF_ENDPOINT", &mirror.endpoint));
        random = (random * 53 + 29) % 401; // any order of moments
        let moment = mirror.n_sent() + random * (60 << 20) / 401;
        while mirror.n_sent() < moment && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        n_kills += usize::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("a child");
        child.wait().expect("ended");
        if file(&home).exists() {
            assert!(std::fs::read(file(&home)).expect("there") == mirror.content());
            std::fs::remove_dir_all(home.path().join("models")).expect("removed");
            beginnings.push(mirror.answers().len());
        }
    }
    let ran = pull(&home, &mirror);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(std::fs::read(file(&home)).expect("there") == mirror.content());
    let answers = mirror.answers();
    let resumed = answers.iter().filter(|(start, _)| 0 < *start).count();
    assert!(2 <= resumed, "hardly ever resumed: {answers:?}");
    beginnings.push(answers.len());
    for ends in beginnings.windows(2) {
        let answers = &answers[ends[0]..ends[1]];
        for n_bytes in sent_again(answers) {
            assert!(n_bytes <= 64 << 20, "{n_bytes} sent again: {answers:?}");
        }
    }
}
