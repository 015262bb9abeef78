//! What is acknowledged stays, whatever happens to the process and the disk; nothing is deleted.

use super::*;
use rusqlite::params;

#[test]
fn sqlite_is_new_enough_and_set_up_for_power_cuts() {
    assert!(
        3_051_003 <= rusqlite::version_number(),
        "{}",
        rusqlite::version()
    );
    let folder = folder();
    let store = open(folder.path());
    for (pragma, value) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("mmap_size", "0"),
        ("foreign_keys", "1"),
        ("trusted_schema", "0"),
        ("cell_size_check", "1"),
        ("journal_size_limit", "67108864"),
        ("fullfsync", "1"),
        ("busy_timeout", "5000"),
    ] {
        let found = store.call_blocking(move |c| {
            Ok(c.pragma_query_value(None, pragma, |row| row.get::<_, rusqlite::types::Value>(0))?)
        });
        let found = match found.expect("a value") {
            rusqlite::types::Value::Integer(n) => n.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        };
        assert_eq!(found, value, "{pragma}");
    }
}

#[test]
fn nobody_else_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("store");
    let store = open(&path);
    conversation(&store, 1, &[["q", "a"]]);
    store
        .call_blocking(|c| {
            backup::take(
                c,
                Path::new(c.path().expect("a path"))
                    .parent()
                    .expect("a folder"),
                "x",
            )
        })
        .expect_err("a backup is taken outside of transactions only");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for entry in std::fs::read_dir(&path).expect("a folder").flatten() {
        let is_folder = entry.file_type().expect("a type").is_dir();
        let expected = if is_folder { 0o700 } else { 0o600 };
        assert_eq!(mode(&entry.path()), expected, "{:?}", entry.path());
    }
}

#[test]
fn what_was_acknowledged_is_there_after_a_restart_and_half_an_answer_too() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[["你好", "您好！"]]);
    let half = store.call_blocking(move |c| {
        let before = conversations::find(c, 1, id)?.active;
        let answer = messages::ask(c, 1, id, before, Some("讲个故事"))?;
        messages::save(c, answer.id, "从前有")?;
        Ok(answer.id)
    });
    let half = half.expect("an answer");
    store.close();
    let store = open(folder.path());
    let read = run(&store, move |c| conversations::read(c, 1, id));
    let texts: Vec<&str> = read
        .messages
        .iter()
        .map(|message| message.content.as_str())
        .collect();
    assert_eq!(texts, ["你好", "您好！", "讲个故事", "从前有"]);
    let last = read.messages.last().expect("a message");
    assert_eq!((last.id, last.state.as_str()), (half, "stopped"));
    assert_eq!(last.finish_reason.as_deref(), Some("interrupted"));
    let found = run(&store, |c| search::search(c, 1, "从前有", 9));
    assert_eq!(found.len(), 1, "what was saved of it is found");
}

#[test]
fn work_that_fails_or_panics_leaves_no_trace_and_the_rest_goes_on() {
    let folder = folder();
    let store = open(folder.path());
    let create = |c: &Connection| conversations::create(c, 1, "half", &json!({}));
    let failed = store.call_blocking(move |c| create(c).and(Err::<(), _>(StoreError::DiskFull)));
    assert_eq!(failed, Err(StoreError::DiskFull));
    let panicked = store.call_blocking(move |c| -> Result<(), StoreError> {
        let _ = create(c);
        std::panic::resume_unwind(Box::new("a defect"))
    });
    assert!(panicked.is_err());
    run(&store, move |c| create(c).map(drop));
    let listed = run(&store, |c| conversations::list(c, 1, i64::MAX, 9));
    assert_eq!(listed.len(), 1);
}

#[test]
fn many_writers_share_transactions_and_each_is_told_the_truth() {
    let folder = folder();
    let store = open(folder.path());
    std::thread::scope(|scope| {
        for i in 0..8 {
            let store = store.clone();
            scope.spawn(move || {
                for j in 0..25 {
                    let result = store.call_blocking(move |c| {
                        let made = conversations::create(c, 1, &format!("{i} {j}"), &json!({}))?;
                        if j % 5 == 0 {
                            Err(StoreError::DiskFull)
                        } else {
                            Ok(made)
                        }
                    });
                    assert_eq!(result.is_ok(), j % 5 != 0);
                }
            });
        }
    });
    let listed = run(&store, |c| conversations::list(c, 1, i64::MAX, 1000));
    assert_eq!(listed.len(), 8 * 20);
}

#[test]
fn a_full_disk_is_said_and_costs_nothing() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[["q", "a"]]);
    // SQLite's own page limit ends in the same SQLITE_FULL as a full disk.
    let limit = |n: i64| {
        store.call_blocking(move |c| {
            Ok(c.pragma_update_and_check(None, "max_page_count", n, |_| Ok(()))?)
        })
    };
    limit(1).expect("set"); // as many as there are now
    let long = "字".repeat(300_000);
    let ask =
        |text: String| store.call_blocking(move |c| messages::ask(c, 1, id, None, Some(&text)));
    assert_eq!(ask(long.clone()).map(drop), Err(StoreError::DiskFull));
    let read = run(&store, move |c| conversations::read(c, 1, id));
    assert_eq!(read.messages.len(), 2);
    limit(1_000_000).expect("set");
    ask(long).expect("there is room again");
}

#[test]
fn one_server_a_folder() {
    let folder = folder();
    let store = open(folder.path());
    assert!(matches!(
        Store::open(folder.path()),
        Err(StoreError::Unavailable(_))
    ));
    store.close();
    assert!(Store::open(folder.path()).is_ok());
}

#[test]
fn a_newer_schema_and_other_files_are_refused_and_left_alone() {
    let folder = folder();
    open(folder.path()).close();
    let path = folder.path().join("maque.sqlite3");
    let connection = Connection::open(&path).expect("opened");
    connection
        .pragma_update(None, "user_version", 99)
        .expect("set");
    drop(connection);
    let refused = |what: &str| {
        let before = std::fs::read(&path).expect("read");
        let error = Store::open(folder.path())
            .map(drop)
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains(what) && error.contains("nothing was"),
            "{error}"
        );
        assert_eq!(std::fs::read(&path).expect("read"), before);
    };
    refused("99");
    std::fs::write(
        &path,
        "this is no database, but somebody's text".repeat(100),
    )
    .expect("written");
    refused("database");
}

#[test]
fn a_migration_begins_with_a_backup() {
    let folder = folder();
    open(folder.path()).close();
    let path = folder.path().join("maque.sqlite3");
    let connection = Connection::open(&path).expect("opened");
    let mut steps = migration::STEPS.to_vec();
    steps.push("ALTER TABLE persons ADD COLUMN colour TEXT");
    migration::migrate(&connection, folder.path(), &steps).expect("migrated");
    steps.push("no SQL");
    connection
        .execute("UPDATE persons SET colour = 'blue'", [])
        .expect("a new column");
    let backup =
        Connection::open(folder.path().join("backups/before-schema-6.sqlite3")).expect("a backup");
    let version = |c: &Connection| {
        c.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
            .expect("a number")
    };
    assert_eq!((version(&backup), version(&connection)), (5, 6));
    assert!(migration::migrate(&connection, folder.path(), &steps).is_err());
    assert_eq!(version(&connection), 6, "a step that fails changes nothing");
}

/// A new database of an older schema.
fn of_schema(folder: &Path, n_steps: usize) -> Connection {
    let connection = Connection::open(folder.join("maque.sqlite3")).expect("opened");
    migration::migrate(&connection, folder, &migration::STEPS[..n_steps]).expect("migrated");
    connection
}

#[test]
fn personas_of_an_older_schema_stay() {
    let folder = folder();
    let connection = of_schema(folder.path(), 2);
    let add = "INSERT INTO personas (person, name, prompt, settings, shared, created_at)
        VALUES (1, '老师', 'You teach.', '{\"temperature\":0}', 1, 0)";
    connection.execute(add, []).expect("a persona");
    drop(connection);
    let store = open(folder.path());
    let kept = run(&store, |c| shelf::list(c, 1, Kind::Persona));
    let expected = json!([{
        "id": 1, "name": "老师", "prompt": "You teach.", "settings": { "temperature": 0 },
        "shared": true, "own": true, "created_at": 0,
    }]);
    assert_eq!(json!(kept), expected);
    assert!(run(&store, |c| shelf::list(c, 1, Kind::Prompt)).is_empty());
}

#[test]
fn what_was_stored_before_it_counted_for_the_share_counts_now() {
    let folder = folder();
    let connection = of_schema(folder.path(), 3);
    let add =
        "INSERT INTO conversations (id, person, title, settings, touched, created_at, updated_at)
            VALUES (1, 1, '雀', '{}', 0, 0, 0);
        INSERT INTO messages (person, conversation, role, content, state, stats, created_at)
            VALUES (1, 1, 'assistant', 'text', 'complete', '[\"wide\"]', 0)";
    connection.execute_batch(add).expect("a message");
    drop(connection);
    let store = open(folder.path());
    let people = run(&store, people::people);
    assert_eq!(json!(people)[0]["bytes"], 3 + 2 + 4 + 8);
}

#[test]
fn damage_is_found_after_an_unclean_end() {
    let folder = folder();
    let store = open(folder.path());
    run(&store, |c| {
        let id = conversations::create(c, 1, "", &json!({}))?.id;
        for i in 0..500 {
            messages::add(
                c,
                1,
                id,
                [None],
                [
                    "user",
                    &format!("text number {i} {}", "x".repeat(200)),
                    "complete",
                ],
            )?;
        }
        Ok(())
    });
    store.close();
    let path = folder.path().join("maque.sqlite3");
    let mut bytes = std::fs::read(&path).expect("read");
    let last = bytes.len() - 4096;
    for page in (4096 * 4..last).step_by(4096) {
        bytes[page..page + 64].fill(0x55);
    }
    std::fs::write(&path, &bytes).expect("written");
    std::fs::write(folder.path().join("maque.sqlite3-wal"), [0; 64]).expect("an unclean end");
    let error = Store::open(folder.path())
        .map(drop)
        .expect_err("damaged")
        .to_string();
    assert!(error.contains("damaged"), "{error}");
    assert!(path.exists());
}

#[test]
fn a_backup_is_taken_when_nobody_asks_and_old_ones_go() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[["q", "a"]]);
    store.close();
    let connection = Connection::open(folder.path().join("maque.sqlite3")).expect("opened");
    let backups = folder.path().join("backups");
    std::fs::create_dir_all(&backups).expect("a folder");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 24 * 3600);
    for i in 0..9 {
        let file =
            std::fs::File::create(backups.join(format!("daily-{i}.sqlite3"))).expect("a file");
        file.set_modified(old + std::time::Duration::from_secs(i))
            .expect("a time");
    }
    for _ in 0..2 {
        backup::daily(&connection, folder.path()).expect("a backup");
    }
    let names: Vec<String> = std::fs::read_dir(&backups)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    assert_eq!(names.len(), 7, "{names:?}");
    let newest = names
        .iter()
        .max_by_key(|name| name.len())
        .expect("a backup");
    let copy = Connection::open(backups.join(newest)).expect("opened");
    let n: i64 = copy
        .query_row(
            "SELECT count(*) FROM messages WHERE conversation = ?1",
            params![id],
            |row| row.get(0),
        )
        .expect("a number");
    assert_eq!(n, 2);
}
