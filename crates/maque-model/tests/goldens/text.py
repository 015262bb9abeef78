"""Mixed text, the same on every machine: chunks of about 4 KB built from pools.json by SplitMix64.
tests/text/mod.rs builds the same text in Rust."""
import json, os

POOLS = json.load(open(os.path.join(os.path.dirname(__file__), 'pools.json'), encoding='utf-8'))
KINDS = ['english', 'chinese', 'code', 'emoji', 'blank', 'control', 'number', 'mark', 'special', 'ranges']
CHUNKS, CHUNK_BYTES, MASK = 560, 4096, (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % n


def piece(random, kind):
    pool = POOLS[kind]
    entry = pool[random.below(len(pool))]
    if kind == 'ranges':
        return chr(entry[0] + random.below(entry[1] - entry[0] + 1))
    if kind in ('english', 'code', 'number') and random.below(3):
        return entry + ' '
    if kind == 'blank' and random.below(8) == 0:
        return entry * (1 + random.below(200))
    return entry


def chunk(index):
    random, text, n_bytes = SplitMix64(index), [], 0
    while n_bytes < CHUNK_BYTES:
        kind = KINDS[random.below(len(KINDS))]
        for _ in range(1 + random.below(20)):
            text.append(piece(random, kind))
            n_bytes += len(text[-1].encode('utf-8'))
    return ''.join(text)
