//! What decides about the bits of keys and values: the model's files, this program, the type of weights.
//!
//! Instruction sets and threads do not: they give the same bits.

use crate::settings::Dtype;
use maque_kernels::{KvShape, PAGE_TOKENS};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A model's files as they were at some time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ModelFiles {
    path: PathBuf,
    files: Vec<(PathBuf, u64, SystemTime)>, // with their lengths and last changes
}

impl ModelFiles {
    /// The file at `path`, or what the folder there has of weights and settings.
    pub(crate) fn list(path: &Path) -> io::Result<ModelFiles> {
        let mut paths = vec![path.to_owned()];
        if path.is_dir() {
            let entries = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
            paths = entries.collect::<io::Result<_>>()?;
            paths.retain(|path| {
                let ending = path.extension().and_then(|ending| ending.to_str());
                matches!(ending, Some("safetensors" | "json"))
            });
            paths.sort();
        }
        let described = paths.into_iter().map(|path| {
            let metadata = std::fs::metadata(&path)?;
            Ok((path, metadata.len(), metadata.modified()?))
        });
        Ok(ModelFiles {
            path: path.to_owned(),
            files: described.collect::<io::Result<_>>()?,
        })
    }

    /// SHA-256 of their names and bytes; fails if they are not what they were.
    fn digest(&self) -> io::Result<[u8; 32]> {
        let mut all = Sha256::new();
        for (path, _, _) in &self.files {
            let name = path.file_name().unwrap_or_default();
            all.update(Sha256::digest(name.as_encoded_bytes()));
            all.update(digest(File::open(path)?)?);
        }
        match ModelFiles::list(&self.path)? == *self {
            true => Ok(all.finalize().into()),
            false => Err(io::Error::other("the model's files have changed meanwhile")),
        }
    }
}

/// Digest of everything that decides about keys and values and their layout.
pub(super) fn of(files: &ModelFiles, shape: KvShape, dtype: Dtype) -> io::Result<[u8; 32]> {
    let KvShape {
        n_layers,
        n_kv_heads,
        head_dim,
    } = shape;
    let mut all = Sha256::new();
    all.update(digest(program()?)?); // another build may round in another way
    all.update(files.digest()?);
    all.update(format!(
        "{dtype:?} {PAGE_TOKENS} {n_layers} {n_kv_heads} {head_dim}"
    ));
    Ok(all.finalize().into())
}

/// The program that runs, also when its file was replaced meanwhile.
fn program() -> io::Result<File> {
    match cfg!(target_os = "linux") {
        true => File::open("/proc/self/exe"),
        false => File::open(std::env::current_exe()?),
    }
}

fn digest(mut file: File) -> io::Result<[u8; 32]> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(digest.finalize().into()),
            n => digest.update(&piece[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: KvShape = KvShape {
        n_layers: 1,
        n_kv_heads: 1,
        head_dim: 8,
    };

    fn identity(path: &Path, dtype: Dtype) -> [u8; 32] {
        let files = ModelFiles::list(path).expect("files");
        of(&files, SHAPE, dtype).expect("they can be read")
    }

    #[test]
    fn a_model_is_what_its_files_hold_whatever_they_are_called() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("here")).expect("a folder");
        std::fs::create_dir(at("there")).expect("a folder");
        for (name, bytes) in [
            ("here/m.gguf", "one"),
            ("there/m.gguf", "one"),
            ("m.gguf", "two"),
        ] {
            std::fs::write(at(name), bytes).expect("written");
        }
        let [here, there, other] =
            ["here/m.gguf", "there/m.gguf", "m.gguf"].map(|name| identity(&at(name), Dtype::Keep));
        assert_eq!(here, there);
        assert_ne!(here, other);
        assert_ne!(here, identity(&at("here/m.gguf"), Dtype::F32));
    }

    #[test]
    fn a_folder_is_its_weights_and_settings() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let put = |name: &str, bytes: &str| {
            std::fs::write(folder.path().join(name), bytes).expect("written")
        };
        put("model.safetensors", "one");
        let first = identity(folder.path(), Dtype::Keep);
        put("README.md", "words");
        assert_eq!(identity(folder.path(), Dtype::Keep), first);
        put("config.json", "{}");
        assert_ne!(identity(folder.path(), Dtype::Keep), first);
    }

    #[test]
    fn files_that_change_meanwhile_are_no_model() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("m.gguf");
        std::fs::write(&path, "one").expect("written");
        let files = ModelFiles::list(&path).expect("a file");
        std::fs::write(&path, "four").expect("written");
        let error = of(&files, SHAPE, Dtype::Keep).expect_err("it has changed");
        assert!(error.to_string().contains("changed"), "{error}");
    }
}
