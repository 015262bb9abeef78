//! Personas and prompts: each on its own shelf, shown to others where they are shared, changed by their owner only.

use super::*;

fn draft(prompt: &str, shared: bool) -> ItemDraft {
    ItemDraft {
        prompt: Some(prompt.to_owned()),
        shared: Some(shared),
        ..ItemDraft::default()
    }
}

/// The prompts that a person sees, and whether each is his own.
fn seen(store: &Store, person: i64) -> serde_json::Value {
    let list = run(store, move |c| shelf::list(c, person, Kind::Prompt));
    let list = json!(list);
    let list = list.as_array().expect("a list").iter();
    list.map(|one| json!([one["prompt"], one["own"]])).collect()
}

#[test]
fn prompts_are_shared_and_changed_by_their_owner_only() {
    let folder = folder();
    let store = open(folder.path());
    let other = add_person(&store);
    let make = |prompt: &'static str, shared| {
        let made = run(&store, move |c| {
            shelf::create(c, 1, Kind::Prompt, &draft(prompt, shared))
        });
        json!(made)["id"].as_i64().expect("an id")
    };
    let (secret, shared) = (make("secret", false), make("shared", true));
    assert_eq!(seen(&store, 1), json!([["secret", true], ["shared", true]]));
    assert_eq!(seen(&store, other), json!([["shared", false]]));
    for id in [secret, shared] {
        let change = move |c: &Connection| {
            shelf::change(c, other, Kind::Prompt, id, &draft("mine", true)).map(drop)
        };
        let delete = move |c: &Connection| shelf::delete(c, other, Kind::Prompt, id);
        let as_persona = move |c: &Connection| shelf::delete(c, 1, Kind::Persona, id);
        for done in [
            store.call_blocking(change),
            store.call_blocking(delete),
            store.call_blocking(as_persona),
        ] {
            assert!(matches!(done, Err(StoreError::Unknown(_))), "{done:?}");
        }
    }
    run(&store, move |c| {
        shelf::change(c, 1, Kind::Prompt, shared, &draft("better", false))
    });
    assert_eq!(seen(&store, 1), json!([["secret", true], ["better", true]]));
    assert_eq!(seen(&store, other), json!([]));
    run(&store, move |c| shelf::delete(c, 1, Kind::Prompt, secret));
    assert_eq!(seen(&store, 1), json!([["better", true]]));
}
