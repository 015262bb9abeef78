"""Asks a running server every labelled question, checks every quotation against its document, and prints what came of it.

    maque library add tests/library/handbook; python3 tests/library/check.py http://127.0.0.1:7860 [--half a|b] [--show] [--questions tests/library/unseen.tsv]
    maque library add tests/library/town; python3 tests/library/check.py http://127.0.0.1:7860 --folder town --questions tests/library/town.tsv
    maque library add tests/library/clinic; python3 tests/library/check.py http://127.0.0.1:7860 --folder clinic --questions tests/library/clinic.tsv

Exits with 1 if a quotation is not literally at its place.
"""

import argparse
import collections
import json
import pathlib
import time
import urllib.request

HERE = pathlib.Path(__file__).parent


def ask(url, question):
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(f"{url}/v1/library/ask", body, {"content-type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=120))


def questions(file, half):
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [row for row in rows if half in (None, row[1])]


def is_literal(url, quotation, texts):
    name = quotation["document"]["id"]
    if name not in texts:
        texts[name] = json.load(urllib.request.urlopen(f"{url}/v1/library/documents/{name}", timeout=30))["text"]
    return texts[name][quotation["start"] : quotation["end"]] == quotation["text"]


def in_file(folder, quotation):
    """Whether the quotation is in the file itself, where that is text."""
    if quotation["document"]["kind"] not in ("text", "markdown"):
        return True
    file = HERE / folder / quotation["document"]["file"]
    return quotation["text"] in file.read_text(encoding="utf-8")


def bare(text):
    return "".join(text.split())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--folder", default="handbook")
    parser.add_argument("--half", choices=["a", "b"])
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--questions", type=pathlib.Path, default=HERE / "questions.tsv")
    options = parser.parse_args()
    count, texts, wrong, slowest = collections.Counter(), {}, 0, collections.Counter()
    n_quotations, seconds = 0, collections.Counter()
    for kind, half, file, evidence, question in questions(options.questions, options.half):
        start = time.monotonic()
        answer = ask(options.url, question)
        elapsed = time.monotonic() - start
        key = (kind, half)
        seconds[key] += elapsed
        slowest[key] = max(slowest[key], elapsed)
        n_quotations += len(answer["quotations"])
        bad = [q for q in answer["quotations"] if not (is_literal(options.url, q, texts) and in_file(options.folder, q))]
        wrong += len(bad)
        documents = list(dict.fromkeys(passage["document"]["file"] for passage in answer["passages"]))
        said = " ".join([answer["answer"], *(q["text"] for q in answer["quotations"])])
        count[key, "asked"] += 1
        count[key, answer["outcome"]] += 1
        count[key, "by " + answer["source"]] += 1
        count[key, "first three"] += file in documents[:3]
        count[key, "has the evidence"] += bool(evidence) and bare(evidence) in bare(said)
        marked = [(passage["marked"] or passage)["text"] for passage in answer["passages"][:3]]
        count[key, "marked"] += answer["outcome"] == "not_found" and bool(evidence) and any(bare(evidence) in bare(text) for text in marked)
        if options.show:
            print(f"{kind}/{half} {elapsed:.1f} s {answer['outcome']} {answer['source']}: {question} -> {answer['answer']!r} {documents[:3]}")
        for quotation in bad:
            print("NOT LITERAL:", json.dumps(quotation, ensure_ascii=False))
    for key in sorted({key for key, _ in count}):
        rows = ", ".join(f"{name} {n}" for (one, name), n in sorted(count.items(), key=str) if one == key)
        n = count[key, "asked"]
        print(f"{key[0]}/{key[1]}: {rows}; mean {seconds[key] / n:.2f} s, slowest {slowest[key]:.3f} s")
    print(f"{n_quotations} quotations, {wrong} not literal")
    raise SystemExit(bool(wrong))


main()
