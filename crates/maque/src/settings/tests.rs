//! Precedence and wrong values of settings.

use super::*;

/// Resolves with these variables, this `config.toml` and these flags.
fn resolve(
    variables: &[(&str, &str)],
    file: &str,
    model: &ModelFlags,
) -> Result<Settings, Problem> {
    let home = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(home.path().join("config.toml"), file).expect("a file");
    let path = home.path().to_str().expect("a UTF-8 path").to_owned();
    let environment = |name: &str| match name {
        "MAQUE_HOME" => Some(path.clone()),
        _ => variables
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned()),
    };
    Resolver::new(&environment)?.resolve(model, &ServerFlags::default())
}

fn model(variables: &[(&str, &str)], file: &str, flag: Option<&str>) -> (String, Origin) {
    let flags = ModelFlags {
        model: flag.map(str::to_owned),
        ..ModelFlags::default()
    };
    let setting = resolve(variables, file, &flags)
        .expect("settings are right")
        .model;
    (setting.value, setting.origin)
}

#[test]
fn the_nearest_source_wins() {
    let (variables, file) = ([("MAQUE_MODEL", "b")], "model = \"c\"\n");
    assert_eq!(
        model(&variables, file, Some("a")),
        ("a".to_owned(), Origin::Flag)
    );
    assert_eq!(
        model(&variables, file, None),
        ("b".to_owned(), Origin::Environment("MAQUE_MODEL"))
    );
    assert_eq!(
        model(&[("MAQUE_MODEL", "")], file, None),
        ("c".to_owned(), Origin::File)
    );
    assert_eq!(
        model(&[], "", None),
        (DEFAULT_MODEL.to_owned(), Origin::Default)
    );
}

#[test]
fn a_wrong_variable_is_named() {
    let problem =
        resolve(&[("MAQUE_THREADS", "many")], "", &ModelFlags::default()).expect_err("no number");
    assert!(problem.to_string().contains("MAQUE_THREADS"), "{problem}");
    let problem =
        resolve(&[("MAQUE_ISA", "sse9")], "", &ModelFlags::default()).expect_err("no such set");
    assert!(problem.to_string().contains("sse9"), "{problem}");
}

#[test]
fn a_wrong_line_of_the_file_is_named() {
    let problem = resolve(&[], "port = 1\nmodle = \"x\"\n", &ModelFlags::default())
        .expect_err("a typing error");
    let text = problem.to_string();
    assert!(
        text.contains('2') && text.contains("modle") && !text.contains('\n'),
        "{text}"
    );
    let problem = resolve(&[], "threads = 0\n", &ModelFlags::default()).expect_err("no threads");
    assert!(problem.to_string().contains('1'), "{problem}");
}

#[test]
fn the_file_sets_everything() {
    let file = "isa = \"scalar\"\nthreads = 3\ncontext = 100\ndtype = \"f32\"\nmemory = \"1G\"\nspeculation = \"off\"\nhost = \"::1\"\nport = 80\napi_keys = [\"k\"]\nhf_endpoint = \"https://a\"\n";
    let settings = resolve(&[], file, &ModelFlags::default()).expect("settings are right");
    assert_eq!(settings.threads.value.get(), 3);
    assert_eq!(
        (settings.context.value.get(), settings.dtype.value),
        (100, Dtype::F32)
    );
    assert_eq!(
        (settings.memory.value, settings.port.value),
        (ByteSize(1 << 30), 80)
    );
    assert_eq!(
        settings.host.value,
        Some("::1".parse().expect("an address"))
    );
    assert_eq!(settings.speculation.value, Speculation::Off);
    assert_eq!(settings.api_keys.value, ["k"]);
    assert_eq!(settings.hf_endpoint.value.as_deref(), Some("https://a"));
    assert_eq!(settings.isa.origin, Origin::File);
}

#[test]
fn sizes_are_read_and_shown() {
    for (text, bytes, shown) in [
        ("512M", 512 << 20, "512M"),
        ("2gb", 2 << 30, "2G"),
        ("1GiB", 1 << 30, "1G"),
        ("7", 7, "7"),
    ] {
        let size: ByteSize = text.parse().expect("a size");
        assert_eq!((size, size.to_string().as_str()), (ByteSize(bytes), shown));
    }
    for text in [
        "",
        "M",
        "-1",
        "1.5G",
        "99999999999999999999",
        "20000000T",
        "0",
        "1KM",
    ] {
        assert!(text.parse::<ByteSize>().is_err(), "{text}");
    }
}
