"""Writes small models with random weights and the logits that `transformers` computes with them in f32.

usage: random_models.py OUT_FOLDER    (pip install torch transformers safetensors gguf numpy)

Each folder holds a model as its publisher would lay it out (or a .gguf file), and logits.json: token ids
and, for some positions, the f32 logits after them. Versions of the run that is committed: torch 2.15.0,
transformers 5.23.0, gguf of the same month."""
import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import (AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM,
                          Qwen3Config, Qwen3ForCausalLM)

N_MERGES, POSITIONS, N_TOKENS = 24, [0, 1, 31, 32, 33, 255, 256, 299], 300
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LLAMA3 = dict(rope_type="llama3", rope_theta=10000.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)
COMMON = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
              max_position_embeddings=512, rms_norm_eps=1e-6, bos_token_id=None, eos_token_id=282)


def letters():
    """The 256 letters that byte-level vocabularies write bytes in."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(rest)}


def vocabulary():
    tokens = [letters()[b] for b in range(256)]
    merges = [("t", "h"), ("th", "e"), ("i", "n"), ("e", "r"), ("a", "n"), ("Ġ", "the"), ("o", "n"), ("r", "e"), ("a", "t"),
              ("e", "n"), ("o", "r"), ("e", "s"), ("i", "s"), ("i", "t"), ("Ġ", "a"), ("Ġ", "s"), ("in", "g"), ("o", "u"),
              ("e", "d"), ("Ġ", "o"), ("o", "f"), ("Ġ", "w"), ("a", "l"), ("Ġ", "in")]
    assert len(merges) == N_MERGES
    return tokens + [a + b for a, b in merges], merges


def tokenizer_json():
    tokens, merges = vocabulary()
    added = [dict(id=len(tokens) + i, content=s, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
             for i, s in enumerate(SPECIAL)]
    split = dict(type="Split", pattern=dict(Regex=QWEN2), behavior="Isolated", invert=False)
    level = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=False, use_regex=False)
    return dict(version="1.0", truncation=None, padding=None, added_tokens=added, normalizer=dict(type="NFC"),
                pre_tokenizer=dict(type="Sequence", pretokenizers=[split, level]), post_processor=None,
                decoder=dict(type="ByteLevel", add_prefix_space=False, trim_offsets=False, use_regex=False),
                model=dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix="", end_of_word_suffix="",
                           fuse_unk=False, byte_fallback=False, ignore_merges=False,
                           vocab={t: i for i, t in enumerate(tokens)}, merges=[f"{a} {b}" for a, b in merges]))


def randomise(model, seed):
    """Weights of a size that makes every part matter (three times that of an untrained model)."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data = 1 + 0.2 * noise if "norm" in name else 0.3 * noise if "bias" in name else 0.06 * noise


def golden(model):
    n_vocab = model.config.vocab_size
    ids = [(i * i * 7 + i * 13 + 5) % n_vocab for i in range(N_TOKENS)]
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    rows = [[float(f"{x:.6g}") for x in logits[p].tolist()] for p in POSITIONS]
    return json.dumps(dict(tokens=ids, positions=POSITIONS, logits=rows))


def folder(out, name, model, seed, dtype, **save):
    path = out / name
    path.mkdir(parents=True, exist_ok=True)
    randomise(model, seed)
    model.to(dtype).save_pretrained(path, **save)
    saved = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    (path / "logits.json").write_text(golden(saved))
    (path / "tokenizer.json").write_text(json.dumps(tokenizer_json(), ensure_ascii=False))
    (path / "tokenizer_config.json").write_text(json.dumps(dict(eos_token="<|im_end|>", bos_token=None)))


GGUF_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
              "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
              "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
              "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
              "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}


def gguf_name(name):
    module, part = name.rsplit(".", 1)
    if module.startswith("model.layers."):
        _, _, layer, module = module.split(".", 3)
        return f"blk.{layer}.{GGUF_NAMES[module]}.{part}"
    return f"{GGUF_NAMES[module]}.{part}"


def interleave(weights, n_heads):
    """llama.cpp's order of a llama's query and key rows: rotated pairs side by side."""
    shape = weights.shape
    return weights.reshape(n_heads, 2, shape[0] // n_heads // 2, -1).swapaxes(1, 2).reshape(shape)


def metadata(writer, arch, config):
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if arch == "qwen3":
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    tokens, merges = vocabulary()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens + SPECIAL)
    writer.add_token_types([1] * len(tokens) + [3] * len(SPECIAL))
    writer.add_token_merges([f"{a} {b}" for a, b in merges])
    writer.add_eos_token_id(len(tokens) + 2)


def single_file(out, arch, model, seed, matrix_type):
    """A GGUF file; the golden is computed with the weights as the file holds them."""
    path = out / f"{arch}.gguf"
    randomise(model, seed)
    writer = gguf.GGUFWriter(str(path), arch)
    metadata(writer, arch, model.config)
    if arch == "llama":  # the scaling of llama3, as converters write it: what each frequency is divided by
        plain = LLAMA3["rope_theta"] ** (-torch.arange(0, 16, 2, dtype=torch.float64) / 16)
        writer.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq.double()).float().numpy())
    for name, parameter in model.named_parameters():
        weights = parameter.data.numpy()
        if weights.ndim == 2:
            stored = gguf.quants.quantize(weights, matrix_type)
            weights = gguf.quants.dequantize(stored, matrix_type).astype(np.float32)
            parameter.data = torch.from_numpy(weights.copy())
        if arch == "llama" and ("q_proj" in name or "k_proj" in name):
            heads = model.config.num_attention_heads if "q_proj" in name else model.config.num_key_value_heads
            stored = interleave(stored, heads)
        if weights.ndim == 2:
            writer.add_tensor(gguf_name(name), stored, raw_dtype=matrix_type)
        else:
            writer.add_tensor(gguf_name(name), weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (out / f"{arch}.gguf.logits.json").write_text(golden(model))


def main():
    out = Path(sys.argv[1])
    n_vocab = 256 + N_MERGES + len(SPECIAL)
    qwen2 = lambda **more: Qwen2ForCausalLM(Qwen2Config(**{**COMMON, "vocab_size": n_vocab, **more}))
    llama = lambda **more: LlamaForCausalLM(LlamaConfig(**{**COMMON, "vocab_size": n_vocab, **more}))
    qwen3 = lambda **more: Qwen3ForCausalLM(Qwen3Config(**{**COMMON, "vocab_size": n_vocab, "head_dim": 32, **more}))
    folder(out, "qwen2-tied", qwen2(tie_word_embeddings=True), 1, torch.float32)
    folder(out, "qwen2-sharded", qwen2(tie_word_embeddings=False, vocab_size=n_vocab + 5), 2, torch.bfloat16, max_shard_size="100KB")
    folder(out, "llama-scaled", llama(tie_word_embeddings=False, rope_parameters=LLAMA3), 3, torch.float16)
    folder(out, "llama-tied", llama(tie_word_embeddings=True, rope_parameters=dict(rope_type="linear", factor=2.0, rope_theta=1e4)), 4, torch.bfloat16)
    folder(out, "qwen3", qwen3(tie_word_embeddings=False), 5, torch.float32)
    single_file(out, "qwen2", qwen2(tie_word_embeddings=True), 6, gguf.GGMLQuantizationType.Q8_0)
    single_file(out, "llama", llama(tie_word_embeddings=False, rope_parameters=LLAMA3), 7, gguf.GGMLQuantizationType.F16)
    single_file(out, "qwen3", qwen3(tie_word_embeddings=True), 8, gguf.GGMLQuantizationType.Q4_0)


main()
