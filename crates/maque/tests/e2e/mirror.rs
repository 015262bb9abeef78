//! A mirror with the layout of huggingface.co on loopback that keeps to the protocol, or breaks it in one way.

use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How the mirror behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Honest,
    /// Some 100 MB a second.
    Slow,
    /// Closes after so many bytes of each answer, having promised all.
    Drops(usize),
    /// Sends a head and nothing more.
    Stalls,
    /// Sends the whole file to whom asks for a range, after having dropped once.
    IgnoresRanges,
    /// Says 206 and sends from elsewhere, after having dropped once.
    LiesAboutRanges,
    WrongBytes,
    WebPage,
    TooManyBytes,
    NotFound,
}

/// The mirror; its thread ends with the process.
pub(crate) struct Mirror {
    pub(crate) endpoint: String,
    shared: Arc<Shared>,
}

struct Shared {
    manner: Manner,
    content: Vec<u8>,
    /// First byte and number of bytes sent, of each answer.
    answers: Mutex<Vec<(usize, usize)>>,
}

impl Mirror {
    pub(crate) fn start(manner: Manner, n_bytes: usize) -> Mirror {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let numbers = (0..n_bytes as u64 / 8)
            .flat_map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes());
        let shared = Arc::new(Shared {
            manner,
            content: b"GGUF"
                .iter()
                .copied()
                .chain(numbers)
                .take(n_bytes)
                .collect(),
            answers: Mutex::new(Vec::new()),
        });
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                std::thread::spawn(move || server.answer(stream).ok());
            }
        });
        let endpoint = format!("http://{address}");
        Mirror { endpoint, shared }
    }

    /// The catalogue entry `test:1b` of its file.
    pub(crate) fn catalogue(&self) -> String {
        let content = &self.shared.content;
        let digest: String = Sha256::digest(content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!(
            "[[model]]\nname = \"test:1b\"\ndescription = \"\"\nlicense = \"\"\nfile = \"test.gguf\"\nn_bytes = {}\nsha256 = \"{digest}\"\nhuggingface = \"a/b\"\n",
            content.len()
        )
    }

    pub(crate) fn content(&self) -> &[u8] {
        &self.shared.content
    }

    /// Bytes sent in all.
    pub(crate) fn n_sent(&self) -> usize {
        let answers = self.shared.answers.lock().expect("whole");
        answers.iter().map(|(_, n_sent)| n_sent).sum()
    }

    pub(crate) fn answers(&self) -> Vec<(usize, usize)> {
        self.shared.answers.lock().expect("whole").clone()
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let mut asked = None;
        for line in lines {
            let line = line?.to_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(range) = line.strip_prefix("range: bytes=") {
                asked = range.trim_end_matches('-').parse::<usize>().ok();
            }
        }
        if self.manner == Manner::NotFound {
            return stream.write_all(
                b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
        }
        if first.starts_with("HEAD") {
            return stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
        self.send(stream, asked)
    }

    fn send(&self, mut stream: TcpStream, asked: Option<usize>) -> std::io::Result<()> {
        let total = self.content.len();
        let start = match self.manner {
            Manner::IgnoresRanges => 0,
            Manner::LiesAboutRanges => asked.map_or(0, |asked| asked / 2),
            _ => asked.unwrap_or(0).min(total),
        };
        let kind = match self.manner {
            Manner::WebPage => "text/html",
            _ => "application/octet-stream",
        };
        let status = match asked {
            Some(_) if self.manner != Manner::IgnoresRanges => {
                format!(
                    "206 Partial Content\r\ncontent-range: bytes {start}-{}/{total}",
                    total - 1
                )
            }
            _ => "200 OK".to_owned(),
        };
        let promised = match self.manner {
            Manner::TooManyBytes => total + 9,
            _ => total - start,
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\netag: \"one\"\r\ncontent-type: {kind}\r\ncontent-length: {promised}\r\nconnection: close\r\n\r\n"
        )?;
        let number = {
            let mut answers = self.answers.lock().expect("whole");
            answers.push((start, 0));
            answers.len() - 1
        };
        let end = match self.manner {
            Manner::Drops(n) => total.min(start + n),
            Manner::Stalls => {
                std::thread::sleep(Duration::from_secs(60));
                start
            }
            Manner::IgnoresRanges | Manner::LiesAboutRanges if asked.is_none() && number == 0 => {
                total / 2
            }
            _ => total,
        };
        for block in self.content[start..end].chunks(256 << 10) {
            match self.manner {
                Manner::WrongBytes => stream.write_all(&vec![b'x'; block.len()])?,
                _ => stream.write_all(block)?,
            }
            if self.manner == Manner::Slow {
                std::thread::sleep(Duration::from_millis(2));
            }
            self.answers.lock().expect("whole")[number].1 += block.len();
        }
        Ok(())
    }
}
