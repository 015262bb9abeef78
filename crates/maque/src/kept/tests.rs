//! Pages from one engine through a file to the next.

use super::*;
use maque_engine::{EngineOptions, Event, Request, Runner, Running, Sampling};
use maque_kernels::PAGE_TOKENS;
use maque_model::Batch;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A runner whose keys and values are the tokens themselves.
struct Fake(Vec<[i16; PAGE_TOKENS]>);

impl Runner for Fake {
    fn n_vocab(&self) -> usize {
        1000
    }
    fn max_batch_tokens(&self) -> usize {
        64
    }
    fn max_logits(&self) -> usize {
        8
    }
    fn n_pages(&self) -> usize {
        self.0.len()
    }
    fn max_positions(&self) -> usize {
        PAGE_TOKENS * self.0.len()
    }
    fn copy_page(&mut self, from: u32, to: u32) {
        self.0[to as usize] = self.0[from as usize];
    }
    fn page(&self, page: u32) -> &[i16] {
        &self.0[page as usize]
    }
    fn page_mut(&mut self, page: u32) -> &mut [i16] {
        &mut self.0[page as usize]
    }
    fn forward(&mut self, batch: &Batch<'_>, _: &dyn Fn() -> bool) -> std::io::Result<bool> {
        for slice in batch {
            for (position, &token) in (slice.start..).zip(slice.tokens) {
                let page = slice.pages[position / PAGE_TOKENS] as usize;
                self.0[page][position % PAGE_TOKENS] = token as i16;
            }
        }
        Ok(true)
    }
    fn logits(&self, _: usize) -> &[f32] {
        &[0.0; 1000]
    }
}

const ANNA: Client = Client {
    number: 1,
    since: 11,
};
const BERT: Client = Client {
    number: 2,
    since: 22,
};
const STAMP: Stamp = Stamp {
    identity: [7; 32],
    page_bytes: 2 * PAGE_TOKENS,
};

/// A page as it is shown: parent, client, tokens, keys and values.
type Shown = (Option<usize>, Option<u64>, [u32; PAGE_TOKENS], Vec<i16>);

fn engine(n_pages: usize) -> Engine {
    Engine::start(
        Fake(vec![[0; PAGE_TOKENS]; n_pages]),
        EngineOptions::default(),
    )
}

/// Tokens of a prompt that were known already.
fn n_cached(mut running: Running) -> usize {
    while let Some(event) = running.next_blocking() {
        if let Event::Finished { usage, .. } = event {
            return usage.cached_tokens;
        }
    }
    panic!("the engine has stopped");
}

fn read_prompt(engine: &Engine, client: Client, tokens: impl Iterator<Item = u32>) -> usize {
    let request = Request {
        client: client.number,
        ..Request::new(tokens.collect(), Sampling::greedy(), 0)
    };
    n_cached(engine.submit(request).expect("there is room"))
}

/// An engine that read something for everyone and for both clients.
fn busy() -> Engine {
    let engine = engine(16);
    let shared: Vec<u32> = (0..40).collect();
    n_cached(engine.warm(&shared).expect("there is room"));
    read_prompt(&engine, ANNA, 0..100);
    read_prompt(&engine, BERT, 500..570);
    engine
}

fn shown(engine: &Engine) -> Vec<Shown> {
    let (answer, heard) = mpsc::channel();
    engine.keep(move |pages| {
        let pages = pages.map(|page| (page.parent, page.client, page.tokens, page.kv.to_vec()));
        let _ = answer.send(pages.collect());
    });
    heard.recv().expect("the engine runs")
}

fn kept(engine: &Engine, path: &Path, clients: &[Client]) -> usize {
    let written = super::keep(engine, path, STAMP.identity, clients.to_vec());
    written.recv().expect("the engine runs").expect("written")
}

fn adopted(
    engine: &Engine,
    path: &Path,
    stamp: Stamp,
    clients: &[Client],
) -> Result<usize, Discarded> {
    let file = File::open(path).expect("a file");
    super::adopt(engine, file, stamp, clients.to_vec())
        .recv()
        .expect("the engine runs")
}

/// A folder, and the path of a busy engine's file in it.
fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prefixes.kept");
    assert_eq!(
        kept(&busy(), &path, &[ANNA, BERT]),
        (1 + 2 + 2) * PAGE_TOKENS
    );
    (folder, path)
}

/// The same bytes with the digest that they should have.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let n = bytes.len() - 32;
    let digest = Sha256::digest(&bytes[..n]);
    bytes[n..].copy_from_slice(&digest);
    bytes
}

#[test]
fn pages_come_back_to_their_readers_as_they_were() {
    let (_folder, path) = file();
    let next = engine(16);
    assert_eq!(
        adopted(&next, &path, STAMP, &[ANNA, BERT]).expect("whole"),
        160
    );
    assert_eq!(shown(&next), shown(&busy()));
    assert_eq!(read_prompt(&next, BERT, 0..100), 32, "Anna's is hers");
    assert_eq!(read_prompt(&next, ANNA, 500..570), 0, "Bert's is his");
    assert_eq!(read_prompt(&next, ANNA, 0..100), 96);
    assert_eq!(read_prompt(&next, BERT, 500..570), 64);
}

#[test]
fn what_is_there_already_is_not_there_twice() {
    let (_folder, path) = file();
    let other = busy();
    adopted(&other, &path, STAMP, &[ANNA, BERT]).expect("whole");
    assert_eq!(shown(&other).len(), 5);
}

#[test]
fn no_byte_can_be_changed_and_none_be_missing() {
    let (_folder, path) = file();
    let whole = std::fs::read(&path).expect("a file");
    let next = engine(16);
    let refused = |bytes: &[u8], what: &str| {
        std::fs::write(&path, bytes).expect("written");
        let discarded = adopted(&next, &path, STAMP, &[ANNA, BERT]);
        assert!(discarded.is_err(), "{what}");
    };
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        refused(&bytes, &format!("a changed byte {at}"));
        refused(&whole[..at], &format!("{at} bytes"));
    }
    refused(&[&whole[..], &[0]].concat(), "one byte more");
    assert!(shown(&next).is_empty());
    let n_pages = next.load().n_pages_cached + next.load().n_pages_used;
    assert_eq!(n_pages, 0, "all pages are free");
}

#[test]
fn pages_that_fit_nothing_are_refused_though_the_digest_is_right() {
    let (_folder, path) = file();
    let whole = std::fs::read(&path).expect("a file");
    let label = |at: usize, bytes: &[u8]| {
        let mut changed = whole.clone();
        changed[48 + at..][..bytes.len()].copy_from_slice(bytes);
        std::fs::write(&path, sealed(changed)).expect("written");
        let next = engine(16);
        let discarded = adopted(&next, &path, STAMP, &[ANNA, BERT]);
        assert!(
            matches!(discarded, Err(Discarded::Damaged)),
            "{discarded:?}"
        );
        assert!(shown(&next).is_empty());
    };
    let record = 4 + 8 + 8 + 4 * PAGE_TOKENS + STAMP.page_bytes;
    label(0, &0u32.to_le_bytes()); // goes on from itself
    label(0, &9u32.to_le_bytes());
    label(20, &1000u32.to_le_bytes()); // no such token
    let annas = [ANNA.number.to_le_bytes(), ANNA.since.to_le_bytes()].concat();
    label(record + 4, &annas); // goes on from one of Bert's
}

#[test]
fn another_model_or_layout_is_foreign() {
    let (_folder, path) = file();
    let other = Stamp {
        identity: [8; 32],
        ..STAMP
    };
    let discarded = adopted(&engine(16), &path, other, &[ANNA]);
    assert!(
        matches!(discarded, Err(Discarded::Foreign)),
        "{discarded:?}"
    );
}

#[test]
fn who_is_gone_or_another_one_has_no_pages() {
    let (_folder, path) = file();
    let successor = Client { since: 23, ..BERT };
    let next = engine(16);
    assert_eq!(
        adopted(&next, &path, STAMP, &[ANNA, successor]).expect("whole"),
        96
    );
    assert!(shown(&next).iter().all(|page| page.1 != Some(BERT.number)));
    assert_eq!(kept(&busy(), &path, &[BERT]), 96);
    let bytes = std::fs::read(&path).expect("a file");
    let annas: Vec<u8> = (64..96u32).flat_map(u32::to_le_bytes).collect();
    assert!(!bytes.windows(annas.len()).any(|window| window == annas));
}

#[test]
fn a_smaller_engine_takes_what_was_used_last() {
    let (_folder, path) = file();
    let next = engine(3);
    assert_eq!(
        adopted(&next, &path, STAMP, &[ANNA, BERT]).expect("whole"),
        96
    );
    assert_eq!(shown(&next)[..2], shown(&busy())[..2]);
    assert_eq!(read_prompt(&next, BERT, 500..570), 64);
    assert_eq!(
        read_prompt(&next, ANNA, 700..780),
        0,
        "pages can be taken again"
    );
}

#[test]
fn there_is_an_end_to_writing_and_to_reading() {
    let (_folder, path) = file();
    let (answer, heard) = mpsc::channel();
    let late = Instant::now();
    let name = path.clone();
    busy().keep(move |pages| {
        let written = file::replace(&name, |part| {
            file::write(part, [7; 32], &[ANNA], pages, late)
        });
        let _ = answer.send(written);
    });
    assert_eq!(heard.recv().expect("the engine runs").expect("written"), 0);
    assert_eq!(
        adopted(&engine(3), &path, STAMP, &[ANNA]).expect("whole"),
        0
    );

    let (_folder, path) = file();
    let (answer, heard) = mpsc::channel();
    engine(16).adopt(move |adoption| {
        let file = File::open(path).expect("a file");
        let past = Instant::now() - Duration::from_secs(1);
        let _ = answer.send(file::read(file, STAMP, &[ANNA], adoption, past));
    });
    assert!(matches!(
        heard.recv().expect("the engine runs"),
        Err(Discarded::Slow)
    ));
}

#[cfg(unix)]
#[test]
fn the_file_is_private_whole_and_read_once() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = file();
    let part = folder.path().join("prefixes.part");
    std::fs::write(&part, "of an end that was cut off").expect("written");
    kept(&busy(), &path, &[ANNA]);
    assert!(!part.exists());
    let mode = std::fs::metadata(&path)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(taken(&path).expect("private").is_some());
    assert!(taken(&path).expect("nothing is wrong").is_none());

    std::fs::write(&path, "").expect("written");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("changed");
    assert!(matches!(taken(&path), Err(Discarded::Exposed)));
}
