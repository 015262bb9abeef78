"""Token ids of the mixed text by the Python package `tokenizers`, as one 64-bit hash a chunk.
usage: token_ids.py MODEL.gguf > token_ids.NAME.json      (pip install gguf tokenizers)
The tokenizer is built from the file's own vocabulary, as its publisher's tokenizer.json describes it."""
import json, sys
import text
from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def tokenizer(path):
    fields = GGUFReader(path).fields
    get = lambda key: fields[key].contents()
    tokens, types = get('tokenizer.ggml.tokens'), get('tokenizer.ggml.token_type')
    merges = [tuple(merge.split(' ')) for merge in get('tokenizer.ggml.merges')]
    it = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    if get('tokenizer.ggml.pre') == 'qwen2':
        it.normalizer = normalizers.NFC()
        split = pre_tokenizers.Split(Regex(QWEN2), 'isolated')
        it.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    else:
        digits = pre_tokenizers.Digits(individual_digits=True)
        it.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    it.decoder = decoders.ByteLevel()
    it.add_special_tokens([AddedToken(token, special=True, normalized=False) for token, kind in zip(tokens, types) if kind in (3, 4)])
    return it


def fnv1a(ids):
    value = 0xCBF29CE484222325
    for i in ids:
        for byte in i.to_bytes(4, 'little'):
            value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def hashes(it, plain):
    it.encode_special_tokens = plain
    ids = [it.encode(text.chunk(i), add_special_tokens=False).ids for i in range(text.CHUNKS)]
    return {'n_ids': sum(map(len, ids)), 'hashes': ['%016x' % fnv1a(x) for x in ids]}


if __name__ == '__main__':
    it = tokenizer(sys.argv[1])
    n_bytes = sum(len(text.chunk(i).encode('utf-8')) for i in range(text.CHUNKS))
    json.dump({'n_bytes': n_bytes, 'plain': hashes(it, True), 'with_special': hashes(it, False)}, sys.stdout, indent=0)
