"""Small valid files for the fuzz targets to start from: seeds.py FOLDER writes FOLDER/{gguf,safetensors,tokenizer,template}/*."""
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).parent
TEMPLATES = HERE.parent / "crates/maque-model/tests/goldens/templates"


def letters():
    """GPT-2's letter of each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in plain]
    return {**{b: chr(b) for b in plain}, **{b: chr(256 + i) for i, b in enumerate(others)}}


TOKENS = [*letters().values(), "ab", "abc", "Ġa", "<|im_start|>", "<|im_end|>"]
MERGES = [("a", "b"), ("ab", "c"), ("Ġ", "a")]


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def entry(key, kind, value):
    return text(key) + struct.pack("<I", kind) + value


def strings(key, values):
    return entry(key, 9, struct.pack("<IQ", 8, len(values)) + b"".join(map(text, values)))


def gguf(template):
    u32 = lambda key, value: entry(key, 4, struct.pack("<I", value))
    f32 = lambda key, value: entry(key, 6, struct.pack("<f", value))
    entries = [
        entry("general.architecture", 8, text("llama")), u32("llama.block_count", 1), u32("llama.context_length", 64),
        u32("llama.embedding_length", 32), u32("llama.feed_forward_length", 32), u32("llama.attention.head_count", 2),
        u32("llama.attention.head_count_kv", 1), f32("llama.attention.layer_norm_rms_epsilon", 1e-5),
        entry("tokenizer.ggml.model", 8, text("gpt2")), entry("tokenizer.ggml.pre", 8, text("smollm")),
        strings("tokenizer.ggml.tokens", TOKENS), strings("tokenizer.ggml.merges", [" ".join(m) for m in MERGES]),
        entry("tokenizer.ggml.token_type", 9, struct.pack("<IQ", 5, len(TOKENS))
              + struct.pack(f"<{len(TOKENS)}i", *[1] * (len(TOKENS) - 2), 3, 3)),
        u32("tokenizer.ggml.eos_token_id", len(TOKENS) - 1), entry("tokenizer.chat_template", 8, text(template)),
    ]
    infos, offset = [], 0
    for name, dims in [("token_embd.weight", [32, len(TOKENS)]), ("output_norm.weight", [32])]:
        infos.append(text(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims) + struct.pack("<IQ", 0, offset))
        offset += 4 * dims[0] * (dims[1] if 1 < len(dims) else 1)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(entries)) + b"".join(entries + infos)
    return head + b"\0" * (-len(head) % 32) + b"\0" * offset


def safetensors():
    header = {"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
              "b": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]}}
    header = json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * 32


def tokenizer():
    added = [{"id": i, "content": TOKENS[i], "special": True} for i in range(len(TOKENS) - 2, len(TOKENS))]
    bytes_only = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
    model = {"type": "BPE", "vocab": {t: i for i, t in enumerate(TOKENS[:-2])}, "merges": MERGES}
    return json.dumps({"added_tokens": added, "pre_tokenizer": bytes_only, "model": model}).encode()


if __name__ == "__main__":
    templates = sorted(TEMPLATES.glob("*.jinja"))
    seeds = {"gguf": {"tiny": gguf("{{ messages[0].content }}")}, "safetensors": {"two": safetensors()},
             "tokenizer": {"bytes": tokenizer()}, "template": {path.stem: path.read_bytes() for path in templates}}
    for target, files in seeds.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
