//! Trees, search, exports, shares; and what is somebody else's is unknown.

use super::*;

#[cfg(unix)]
#[test]
fn edits_and_new_answers_are_branches() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[["one", "1"], ["two", "2"]]);
    let ids: Vec<i64> = run(&store, move |c| messages::all(c, 1, id))
        .iter()
        .map(|message| message.id)
        .collect();
    let branch = |place| {
        let found = store.call_blocking(move |c| messages::branch(c, 1, id, place));
        found.map(|branch| {
            branch
                .into_iter()
                .map(|message| message.content)
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(
        branch(Place::End).expect("a branch"),
        ["one", "1", "two", "2"]
    );
    assert_eq!(
        branch(Place::Beside(ids[2])).expect("a branch"),
        ["one", "1"]
    );
    assert_eq!(
        branch(Place::Again(ids[3])).expect("a branch"),
        ["one", "1", "two"]
    );
    assert_eq!(branch(Place::Again(ids[0])).expect("a branch"), ["one"]);
    assert!(branch(Place::After(None)).expect("a branch").is_empty());
    assert!(matches!(
        branch(Place::Beside(ids[1])),
        Err(StoreError::Refused(_))
    ));
    assert!(matches!(
        branch(Place::After(Some(999))),
        Err(StoreError::Unknown(_))
    ));
    // Another first question, then back to the old branch: its newest leaf is shown.
    let other = run(&store, move |c| messages::ask(c, 1, id, None, Some("uno")));
    assert!(
        matches!(branch(Place::End), Err(StoreError::Refused(_))),
        "it is still being written"
    );
    run(&store, move |c| messages::end(c, other.id, &ended("1!")));
    assert_eq!(branch(Place::End).expect("a branch"), ["uno", "1!"]);
    let change = Change {
        active: Some(ids[0]),
        ..Change::default()
    };
    let shown = run(&store, move |c| conversations::change(c, 1, id, &change));
    assert_eq!(shown.active, Some(ids[3]));
}

#[test]
fn what_is_anothers_is_unknown() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[["secret canary", "answer"]]);
    let other = add_person(&store);
    let message = run(&store, move |c| messages::all(c, 1, id))[0].id;
    let before = run(&store, move |c| conversations::read(c, 1, id));
    let unknown = |result: Result<(), StoreError>| {
        assert!(matches!(result, Err(StoreError::Unknown(_))), "{result:?}")
    };
    unknown(store.call_blocking(move |c| conversations::read(c, other, id).map(drop)));
    unknown(
        store.call_blocking(move |c| {
            conversations::change(c, other, id, &Change::default()).map(drop)
        }),
    );
    unknown(store.call_blocking(move |c| conversations::delete(c, other, id)));
    unknown(store.call_blocking(move |c| messages::find(c, other, id, message).map(drop)));
    for place in [
        Place::End,
        Place::After(None),
        Place::After(Some(message)),
        Place::Beside(message),
        Place::Again(message),
    ] {
        unknown(store.call_blocking(move |c| messages::branch(c, other, id, place).map(drop)));
    }
    unknown(store.call_blocking(move |c| messages::ask(c, other, id, None, Some("x")).map(drop)));
    assert!(run(&store, move |c| search::search(c, other, "canary", 9)).is_empty());
    assert!(run(&store, move |c| conversations::list(c, other, i64::MAX, 9)).is_empty());
    // A message of one's own conversation cannot be reached through another's, nor the other way round.
    let own = conversation(&store, other, &[["mine", "m"]]);
    unknown(store.call_blocking(move |c| messages::find(c, other, own, message).map(drop)));
    unknown(
        store
            .call_blocking(move |c| {
                messages::ask(c, other, own, Some(message), Some("x")).map(drop)
            })
            .map_err(|error| match error {
                StoreError::Failed(_) => StoreError::Unknown("message"), // the foreign key says it
                error => error,
            }),
    );
    let after = run(&store, move |c| conversations::read(c, 1, id));
    assert_eq!(json!(before), json!(after));
}

#[test]
fn search_finds_chinese_and_english_of_any_length() {
    let folder = folder();
    let store = open(folder.path());
    let spring = conversation(
        &store,
        1,
        &[[
            "把“春风拂面，花开满园”改写成五言绝句",
            "春风轻拂面，花开满园香。",
        ]],
    );
    let code = conversation(
        &store,
        1,
        &[["Write a Closure in Python", "def f():\n    return 100%_x"]],
    );
    let titled = run(&store, |c| {
        Ok(conversations::create(c, 1, "会议纪要 Minutes", &json!({}))?.id)
    });
    let ids = |query: &'static str| -> Vec<i64> {
        let found = run(&store, move |c| search::search(c, 1, query, 9));
        found.iter().map(|found| found.summary.id).collect()
    };
    for (query, expected) in [
        ("春", vec![spring]),
        ("春风", vec![spring]),
        ("春风拂面", vec![spring]),
        ("花开 春风轻", vec![spring]),
        ("closure", vec![code]),
        ("PYTHON closure", vec![code]),
        ("py", vec![code]),
        ("0%_x", vec![code]),
        ("%", vec![code]),
        ("纪要", vec![titled]),
        ("minutes 会议纪要", vec![titled]),
        ("秋风", vec![]),
        ("\" OR 1", vec![]),
        ("\"*\"^(", vec![]),
        ("   ", vec![]),
    ] {
        assert_eq!(ids(query), expected, "{query}");
    }
    let found = run(&store, |c| search::search(c, 1, "closure", 9));
    assert!(
        found[0]
            .excerpt
            .as_deref()
            .expect("an excerpt")
            .contains("Closure in Python")
    );
    run(&store, move |c| conversations::delete(c, 1, spring));
    assert!(ids("春风拂面").is_empty() && ids("春").is_empty());
    let check =
        "INSERT INTO message_trigrams (message_trigrams, rank) VALUES ('integrity-check', 1)";
    run(&store, move |c| Ok(c.execute_batch(check)?));
}

#[test]
fn an_export_is_imported_whole() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[["one", "1"], ["two", "2"]]);
    run(&store, move |c| {
        let answer = messages::ask(c, 1, id, None, Some("uno"))?;
        messages::sign(c, 1, answer, &large())
    });
    let export = |person, id| {
        let read = run(&store, move |c| conversations::read(c, person, id));
        (markdown(&read), json!(Transfer::of(read)))
    };
    let (_, file) = export(1, id);
    let other = add_person(&store);
    let import = |file: serde_json::Value| {
        let transfer: Transfer =
            serde_json::from_value(file).map_err(|error| StoreError::Failed(error.to_string()))?;
        store.call_blocking(move |c| transfer.import(c, other))
    };
    let copy = import(file.clone()).expect("imported");
    let (text, again) = export(other, copy.id);
    let shape = |file: &serde_json::Value| -> Vec<_> {
        let ids: Vec<_> = file["messages"]
            .as_array()
            .expect("messages")
            .iter()
            .map(|m| m["id"].clone())
            .collect();
        let place = |id: &serde_json::Value| ids.iter().position(|one| one == id);
        file["messages"]
            .as_array()
            .expect("messages")
            .iter()
            .map(|m| (place(&m["parent"]), m["content"].clone(), m["host"].clone()))
            .collect()
    };
    assert_eq!(shape(&file), shape(&again));
    assert!(
        text.contains("uno") && !text.contains("two"),
        "the shown branch: {text}"
    );
    assert!(text.contains("## 🐦 large · a.example\n"), "{text}");
    let bad = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut file = file.clone();
        change(&mut file);
        assert!(import(file.clone()).is_err(), "{file}");
    };
    bad(&|file| file["maque_conversation"] = json!(2));
    bad(&|file| file["messages"][1]["parent"] = json!(77));
    bad(&|file| file["messages"][0]["parent"] = file["messages"][1]["id"].clone());
    bad(&|file| file["messages"][1]["id"] = file["messages"][0]["id"].clone());
    bad(&|file| file["messages"][0]["role"] = json!("system"));
    bad(&|file| file["messages"][0]["state"] = json!("odd"));
    bad(&|file| file["messages"][0]["host"] = json!("x".repeat(201)));
    bad(&|file| file["messages"][0]["finish_reason"] = json!("x".repeat(201)));
    bad(&|file| file["messages"][0]["stats"] = json!("x".repeat(16 << 20)));
    bad(&|file| file["frob"] = json!(1));
    let n = run(&store, move |c| conversations::list(c, other, i64::MAX, 99)).len();
    assert_eq!(n, 1, "a refused import leaves nothing behind");
}

/// A model elsewhere.
fn large() -> Author {
    Author {
        model: "large".to_owned(),
        host: Some("a.example".to_owned()),
    }
}

#[test]
fn an_answer_says_who_wrote_it() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[]);
    let written = |authors: &'static [&'static str]| {
        run(&store, move |c| {
            let answer = messages::ask(c, 1, id, None, Some("q"))?;
            for model in authors {
                let (model, host) = ((*model).to_owned(), None);
                messages::sign(c, 1, answer, &Author { model, host })?;
            }
            messages::find(c, 1, id, answer.id)
        })
        .model
    };
    assert_eq!(written(&[]), None);
    assert_eq!(written(&["a", "a"]).as_deref(), Some("a"));
    assert_eq!(written(&["a", "b", "b"]).as_deref(), Some("a + b"));
}

#[test]
fn what_was_written_elsewhere_is_not_gone_on_with_here() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[]);
    let refused = store.call_blocking(move |c| {
        let answer = messages::ask(c, 1, id, None, Some("q"))?;
        messages::sign(c, 1, answer, &large())?;
        messages::end(c, answer.id, &ended("half"))?;
        messages::branch(c, 1, id, Place::On(answer.id))
    });
    let is_refused = |error| matches!(error, StoreError::Refused(why) if why.contains("elsewhere"));
    assert!(refused.is_err_and(is_refused));
}

#[test]
fn long_chains_are_deleted_whole_and_room_is_given_back() {
    let folder = folder();
    let store = open(folder.path());
    let id = store.call_blocking(|c| {
        let id = conversations::create(c, 1, "", &json!({}))?.id;
        let mut last = None;
        for i in 0..3000 {
            last = Some(messages::add(
                c,
                1,
                id,
                [last],
                ["user", &format!("text {i}"), "complete"],
            )?);
        }
        Ok(id)
    });
    let id = id.expect("a conversation");
    let bytes = || {
        let read = "SELECT bytes FROM persons WHERE id = 1";
        run(&store, move |c| {
            Ok(c.query_row(read, [], |row| row.get::<_, i64>(0))?)
        })
    };
    let texts: i64 = (0..3000).map(|i| format!("text {i}").len() as i64).sum();
    assert_eq!(bytes(), texts + 2); // and the settings, {}
    let leaf = Change {
        active: Some(1),
        ..Change::default()
    };
    let shown = run(&store, move |c| conversations::change(c, 1, id, &leaf));
    assert_eq!(shown.active, Some(3000));
    run(&store, move |c| conversations::delete(c, 1, id));
    assert_eq!(bytes(), 0);
}

#[test]
fn what_an_import_brings_beside_texts_counts_too() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[["q", "a"]]);
    let bytes = |store: &Store| json!(run(store, people::people))[0]["bytes"].clone();
    let before = bytes(&store);
    let read = run(&store, move |c| conversations::read(c, 1, id));
    let mut file = json!(Transfer::of(read));
    file["messages"][1]["stats"] = json!({ "note": "x".repeat(1000) });
    let transfer: Transfer = serde_json::from_value(file).expect("an export");
    let copy = run(&store, move |c| transfer.import(c, 1)).id;
    let after = bytes(&store).as_i64();
    assert!(
        after
            .zip(before.as_i64())
            .is_some_and(|(after, before)| before + 1000 < after)
    );
    run(&store, move |c| conversations::delete(c, 1, copy));
    assert_eq!(bytes(&store), before);
}

#[test]
fn a_person_has_a_share_and_no_more() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[]);
    run(&store, |c| {
        Ok(c.execute("UPDATE persons SET bytes = 256 * 1048576 - 3", [])?)
    });
    let ask = |text: &'static str| {
        store.call_blocking(move |c| messages::ask(c, 1, id, None, Some(text)))
    };
    assert!(matches!(ask("four"), Err(StoreError::Limit(_))));
    assert!(ask("3").is_ok());
}

#[test]
fn the_order_is_that_of_changes_whatever_the_clock_says() {
    let folder = folder();
    let store = open(folder.path());
    let [first, second] = [(); 2].map(|()| conversation(&store, 1, &[["q", "a"]]));
    run(&store, |c| {
        Ok(c.execute(
            "UPDATE conversations SET updated_at = 0, created_at = 9",
            [],
        )?)
    });
    let order = || -> Vec<i64> {
        let listed = run(&store, |c| conversations::list(c, 1, i64::MAX, 9));
        listed.iter().map(|one| one.id).collect()
    };
    assert_eq!(order(), [second, first]);
    let change = Change {
        title: Some("renamed".to_owned()),
        ..Change::default()
    };
    run(&store, move |c| conversations::change(c, 1, first, &change));
    assert_eq!(order(), [first, second]);
}
