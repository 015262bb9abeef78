//! The file of kept prefixes: a head, a record a page, and the SHA-256 of all of it. Numbers are little-endian.
//!
//! - Head: `maque prefixes 1`, then the identity of what computed the pages.
//! - Record: the place of the page that this one goes on from (u32; all ones: none); who may read it, as a client's number and
//!   since when there is that client (u64, i64; both 0: everyone); 32 tokens (u32); their keys and values (i16).

use super::Stamp;
use crate::cause::told;
use crate::say::Say;
use maque_engine::{Adoption, KeptPage, NotAdopted};
use maque_kernels::PAGE_TOKENS;
use maque_server::Client;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::time::Instant;

const MAGIC: [u8; 16] = *b"maque prefixes 1";
const N_HEAD: usize = MAGIC.len() + 32;
const N_DIGEST: usize = 32;
/// Bytes of a record before the keys and values.
const N_LABEL: usize = 4 + 8 + 8 + 4 * PAGE_TOKENS;
/// The place of a page that begins a prompt.
const NOWHERE: u32 = u32::MAX;
/// Who may read a page of everyone's; persons are counted from 1.
const EVERYONE: Client = Client {
    number: 0,
    since: 0,
};

/// Why nothing is taken from a file.
#[derive(Debug)]
pub(crate) enum Discarded {
    /// It cannot be opened or read.
    Unreadable(io::Error),
    /// Others may read or change it.
    #[cfg_attr(not(unix), expect(dead_code, reason = "files have no modes there"))]
    Exposed,
    /// Another model, program or setting computed it.
    Foreign,
    /// It is not what was written.
    Damaged,
    /// It takes too long.
    Slow,
}

impl Discarded {
    pub(super) fn say(&self) -> Say {
        match self {
            Discarded::Unreadable(error) => Say::KeptUnreadable { why: told(error) },
            Discarded::Exposed => Say::KeptExposed,
            Discarded::Foreign => Say::KeptForeign,
            Discarded::Damaged => Say::KeptDamaged,
            Discarded::Slow => Say::KeptSlow,
        }
    }
}

impl From<io::Error> for Discarded {
    fn from(error: io::Error) -> Discarded {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Discarded::Damaged,
            _ => Discarded::Unreadable(error),
        }
    }
}

/// Makes sure that nobody but this user had to do with a file.
#[cfg(unix)]
pub(super) fn check_private(file: &File) -> Result<(), Discarded> {
    use std::os::unix::fs::MetadataExt;
    match file.metadata()?.mode() & 0o077 {
        0 => Ok(()),
        _ => Err(Discarded::Exposed),
    }
}

/// On Windows the user's own data folder is private already.
#[cfg(not(unix))]
pub(super) fn check_private(_: &File) -> Result<(), Discarded> {
    Ok(())
}

/// Puts a file that only this user may read in the place of `path`, once it is whole and on the disk.
pub(super) fn replace<T>(path: &Path, write: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let part = path.with_extension("part");
    let _ = std::fs::remove_file(&part); // of an end that was cut off
    let name = part.file_name().unwrap_or_default();
    let part = tempfile::Builder::new()
        .prefix(name)
        .rand_bytes(0)
        .tempfile_in(folder)?;
    let written = write(part.as_file())?;
    part.as_file().sync_all()?;
    part.persist(path).map_err(|error| error.error)?;
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(written)
}

/// Writes the pages of `clients` and everyone until the deadline; how many tokens that is.
pub(super) fn write(
    file: &File,
    identity: [u8; 32],
    clients: &[Client],
    pages: &mut dyn Iterator<Item = KeptPage<'_>>,
    deadline: Instant,
) -> io::Result<usize> {
    let mut file = Hashed::new(BufWriter::new(file));
    file.write_all(&MAGIC)?;
    file.write_all(&identity)?;
    let mut places = Vec::new(); // in the file, of the pages so far
    let (mut record, mut n_written) = (Vec::new(), 0);
    for page in pages {
        let reader = match page.client {
            None => Some(EVERYONE),
            Some(number) => clients.iter().copied().find(|one| one.number == number),
        };
        let parent = page.parent.map_or(Some(NOWHERE), |parent| places[parent]);
        let label = reader.zip(parent).filter(|_| Instant::now() < deadline);
        places.push(label.map(|_| n_written));
        if let Some((reader, parent)) = label {
            fill(&mut record, reader, parent, &page);
            file.write_all(&record)?;
            n_written += 1;
        }
    }
    let digest = file.digest();
    file.inner.write_all(&digest)?;
    file.inner.flush()?;
    Ok(n_written as usize * PAGE_TOKENS)
}

fn fill(record: &mut Vec<u8>, reader: Client, parent: u32, page: &KeptPage<'_>) {
    record.clear();
    record.extend(parent.to_le_bytes());
    record.extend(reader.number.to_le_bytes());
    record.extend(reader.since.to_le_bytes());
    record.extend(page.tokens.iter().flat_map(|id| id.to_le_bytes()));
    record.resize(N_LABEL + 2 * page.kv.len(), 0);
    let (pairs, _) = record[N_LABEL..].as_chunks_mut();
    for (pair, bits) in pairs.iter_mut().zip(page.kv) {
        *pair = bits.to_le_bytes();
    }
}

/// Hands the pages of `clients` and everyone over, if the file is of this stamp and whole; how many tokens that is.
pub(super) fn read(
    file: File,
    stamp: Stamp,
    clients: &[Client],
    adoption: Adoption<'_>,
    deadline: Instant,
) -> Result<usize, Discarded> {
    let n_record = N_LABEL + stamp.page_bytes;
    let n_bytes = file.metadata()?.len();
    let mut file = Hashed::new(BufReader::new(file));
    if file.array::<16>()? != MAGIC || file.array::<32>()? != stamp.identity {
        return Err(Discarded::Foreign);
    }
    let n_rest = n_bytes.saturating_sub((N_HEAD + N_DIGEST) as u64);
    if n_rest % n_record as u64 != 0 {
        return Err(Discarded::Damaged);
    }
    let mut reading = Reading {
        clients,
        adoption,
        places: Vec::new(),
        n_adopted: 0,
    };
    let mut record = vec![0; n_record];
    for _ in 0..n_rest / n_record as u64 {
        if deadline < Instant::now() {
            return Err(Discarded::Slow);
        }
        file.read_exact(&mut record)?;
        reading.take(&record)?;
    }
    let digest = file.digest();
    let mut written = [0; N_DIGEST];
    file.inner.read_exact(&mut written)?;
    if digest != written || file.inner.read(&mut [0])? != 0 {
        return Err(Discarded::Damaged);
    }
    Ok(reading.adoption.finish() * PAGE_TOKENS)
}

/// A file that is being read.
struct Reading<'a, 'b> {
    clients: &'a [Client],
    adoption: Adoption<'b>,
    places: Vec<Option<usize>>, // among the adopted, of the pages so far
    n_adopted: usize,
}

impl Reading<'_, '_> {
    /// Hands a record's page over, unless its readers are gone or there is no room.
    fn take(&mut self, record: &[u8]) -> Result<(), Discarded> {
        let label = Label::of(record).ok_or(Discarded::Damaged)?;
        let parent = match label.parent {
            NOWHERE => Some(None),
            place => self
                .places
                .get(place as usize)
                .copied()
                .ok_or(Discarded::Damaged)?
                .map(Some),
        };
        let is_known = label.reader == EVERYONE || self.clients.contains(&label.reader);
        let is_adopted = match parent.filter(|_| is_known) {
            None => false,
            Some(parent) => self.adopt(parent, &label)?,
        };
        self.places.push(is_adopted.then_some(self.n_adopted));
        self.n_adopted += usize::from(is_adopted);
        Ok(())
    }

    fn adopt(&mut self, parent: Option<usize>, label: &Label<'_>) -> Result<bool, Discarded> {
        let client = (label.reader != EVERYONE).then_some(label.reader.number);
        let kv = match self.adoption.page(parent, client, label.tokens) {
            Ok(kv) => kv,
            Err(NotAdopted::Full) => return Ok(false),
            Err(NotAdopted::Unfit) => return Err(Discarded::Damaged),
        };
        let (pairs, _) = label.kv.as_chunks();
        for (bits, pair) in kv.iter_mut().zip(pairs) {
            *bits = i16::from_le_bytes(*pair);
        }
        Ok(true)
    }
}

/// A record's parts.
struct Label<'a> {
    parent: u32,
    reader: Client,
    tokens: [u32; PAGE_TOKENS],
    kv: &'a [u8],
}

impl<'a> Label<'a> {
    /// `None` if the record is too short.
    fn of(record: &'a [u8]) -> Option<Label<'a>> {
        let (parent, rest) = record.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (since, rest) = rest.split_first_chunk()?;
        let (ids, kv) = rest.split_at_checked(4 * PAGE_TOKENS)?;
        let (ids, _) = ids.as_chunks();
        let mut tokens = [0; PAGE_TOKENS];
        for (token, id) in tokens.iter_mut().zip(ids) {
            *token = u32::from_le_bytes(*id);
        }
        Some(Label {
            parent: u32::from_le_bytes(*parent),
            reader: Client {
                number: u64::from_le_bytes(*number),
                since: i64::from_le_bytes(*since),
            },
            tokens,
            kv,
        })
    }
}

/// What is read or written, and the digest of it so far.
struct Hashed<T> {
    inner: T,
    digest: Sha256,
}

impl<T> Hashed<T> {
    fn new(inner: T) -> Hashed<T> {
        Hashed {
            inner,
            digest: Sha256::new(),
        }
    }

    fn digest(&self) -> [u8; N_DIGEST] {
        self.digest.clone().finalize().into()
    }
}

impl<T: Read> Hashed<T> {
    fn read_exact(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.inner.read_exact(bytes)?;
        self.digest.update(bytes);
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<T: Write> Hashed<T> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.inner.write_all(bytes)
    }
}
