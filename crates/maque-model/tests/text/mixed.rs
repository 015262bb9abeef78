//! Mixed text, the same on every machine: chunks of about 4 KB built from goldens/pools.json by SplitMix64.
//! goldens/text.py builds the same text in Python.

use serde_json::Value;

const KINDS: [&str; 10] = [
    "english", "chinese", "code", "emoji", "blank", "control", "number", "mark", "special",
    "ranges",
];
/// Chunks in all.
pub(crate) const CHUNKS: u64 = 560;
const CHUNK_BYTES: usize = 4096;

/// S. Vigna's generator.
struct SplitMix64(u64);

impl SplitMix64 {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// What chunks are made of.
pub(crate) struct Pools(Value);

impl Pools {
    pub(crate) fn new() -> Pools {
        Pools(serde_json::from_str(include_str!("../goldens/pools.json")).expect("JSON"))
    }

    /// Chunk number `index`.
    pub(crate) fn chunk(&self, index: u64) -> String {
        let (mut random, mut text) = (SplitMix64(index), String::new());
        while text.len() < CHUNK_BYTES {
            let kind = KINDS[random.below(KINDS.len())];
            for _ in 0..1 + random.below(20) {
                self.push_piece(&mut text, &mut random, kind);
            }
        }
        text
    }

    fn push_piece(&self, text: &mut String, random: &mut SplitMix64, kind: &str) {
        let pool = self.0[kind].as_array().expect("a list");
        let entry = &pool[random.below(pool.len())];
        if kind == "ranges" {
            let [low, high] = [0, 1].map(|i| entry[i].as_u64().expect("a code point") as usize);
            let letter = (low + random.below(high - low + 1)) as u32;
            return text.push(char::from_u32(letter).expect("no surrogate"));
        }
        let entry = entry.as_str().expect("text");
        if matches!(kind, "english" | "code" | "number") && random.below(3) != 0 {
            text.push_str(entry);
            text.push(' ');
        } else if kind == "blank" && random.below(8) == 0 {
            text.push_str(&entry.repeat(1 + random.below(200)));
        } else {
            text.push_str(entry);
        }
    }
}
