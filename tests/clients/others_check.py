#!/usr/bin/env python3
"""`litellm`, `langchain-openai` and the `llm` command against a running server.
usage: others_check.py http://127.0.0.1:7860"""
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # nothing is fetched
import litellm
from langchain_openai import ChatOpenAI

BASE = sys.argv[1]
QUESTION = [{"role": "user", "content": "Name the capital of France."}]
GREEDY = {"temperature": 0, "max_tokens": 16, "timeout": 120}


def through_litellm(model, base):
    answer = litellm.completion(model=model, api_base=base, api_key="none", messages=QUESTION, **GREEDY)
    assert "Paris" in answer.choices[0].message.content, answer
    chunks = litellm.completion(model=model, api_base=base, api_key="none", messages=QUESTION, stream=True, **GREEDY)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == answer.choices[0].message.content, (text, answer)


def through_langchain():
    chat = ChatOpenAI(base_url=f"{BASE}/v1", api_key="none", model="default", temperature=0, max_tokens=16)
    answer = chat.invoke("Name the capital of France.")
    assert "Paris" in answer.content and answer.usage_metadata["output_tokens"] > 0, answer
    assert "".join(chunk.content for chunk in chat.stream("Name the capital of France.")) == answer.content


def through_llm():
    with tempfile.TemporaryDirectory() as folder:
        known = f"- model_id: sparrow\n  model_name: default\n  api_base: {BASE}/v1\n"
        pathlib.Path(folder, "extra-openai-models.yaml").write_text(known)
        command = [sys.executable, "-m", "llm", "-m", "sparrow", "-n", "-o", "temperature", "0", "-o", "max_tokens", "16"]
        ran = subprocess.run([*command, "Name the capital of France."], env={**os.environ, "LLM_USER_PATH": folder},
                             capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0 and "Paris" in ran.stdout, ran


for name, base in (("openai/default", f"{BASE}/v1"), ("anthropic/default", BASE), ("ollama_chat/default", BASE)):
    through_litellm(name, base)
    print("ok: litellm", name)
through_langchain()
print("ok: langchain-openai")
through_llm()
print("ok: llm")
