"""Mean negative log-likelihood of the texts beside this file, by the f32 reference (../reference.py) on the ids of the
`tokenizers` library (built by ../token_ids.py).

usage: nll/reference.py MODEL.gguf > nll/NAME.json    (pip install gguf numpy tokenizers)"""
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from reference import M  # noqa: E402
from token_ids import tokenizer  # noqa: E402

it, results = tokenizer(sys.argv[1]), []
for name in ["zh.txt", "en.txt", "code.txt"]:
    ids = it.encode((HERE / name).read_text(encoding="utf-8"), add_special_tokens=False).ids
    logits = M(sys.argv[1]).step(np.array(ids))[:-1].astype(np.float64)
    logits -= logits.max(-1, keepdims=True)
    nll = np.log(np.exp(logits).sum(-1)) - logits[np.arange(len(ids) - 1), ids[1:]]
    results.append(dict(text=name, n_tokens=len(ids), mean_nll=float(nll.mean())))
json.dump(results, sys.stdout, indent=1)
