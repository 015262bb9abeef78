#!/usr/bin/env python3
"""How much faster answers are with prompt lookup than without it, and whether they are the same: two servers, asked in turn.
usage: speculation.py MAQUE_BINARY MODEL.gguf [ROUNDS] [code|chat|four]..."""
import json
import statistics
import sys
import threading
import time

from server import Server

# A function of 60 lines: the settlement of a small shop's day.
FUNCTION = '''def settle(orders, prices, stock, discounts):
    total = 0
    refused = []
    receipts = {}
    for order in orders:
        name = order["customer"]
        items = order["items"]
        receipt = []
        missing = False
        for item, count in items.items():
            if item not in prices:
                missing = True
                break
            if stock.get(item, 0) < count:
                missing = True
                break
        if missing:
            refused.append(name)
            continue
        subtotal = 0
        for item, count in items.items():
            price = prices[item]
            amount = price * count
            stock[item] -= count
            subtotal += amount
            receipt.append((item, count, amount))
        rate = discounts.get(name, 0)
        if rate > 0:
            saving = subtotal * rate
            subtotal -= saving
            receipt.append(("discount", 1, -saving))
        if subtotal > 100:
            shipping = 0
        else:
            shipping = 5
        if shipping:
            receipt.append(("shipping", 1, shipping))
        amount = subtotal + shipping
        tax = round(amount * 0.2, 2)
        receipt.append(("tax", 1, tax))
        amount += tax
        total += amount
        receipts.setdefault(name, [])
        receipts[name].append(receipt)
        order["paid"] = amount
        order["done"] = True
    empty = []
    for item, count in stock.items():
        if count == 0:
            empty.append(item)
        elif count < 0:
            raise ValueError(item)
    for item in empty:
        del stock[item]
    lines = []
    for name in sorted(receipts):
        count = len(receipts[name])
        lines.append(f"{name}: {count}")
    report = "\\n".join(lines)
    return total, refused, report'''

CODE = f"Add a comment to each line of this function:\n```python\n{FUNCTION}\n```"
CHAT = [
    "Explain what a hash table is, to somebody who has never programmed.",
    "写一段朋友圈文案，推荐雨天喝热茶",
    "Why is the sky blue, and why are sunsets red?",
    "李白和杜甫谁活得更久？为什么？",
]
SAMPLINGS = {"greedy": {"temperature": 0}, "default sampling": {"seed": 7}}
LIMITS = {CODE: 900}


def answer(server, prompt, fields, answers):
    """Appends the text, its tokens, and the seconds from the first piece to the end."""
    limit = fields.get("max_tokens") or LIMITS.get(prompt, 160)
    fields = {"stream": True, "stream_options": {"include_usage": True}, **fields, "max_tokens": limit}
    connection = server.chat(prompt, **fields)
    response, text, first, n_tokens = connection.getresponse(), "", None, 0
    for line in response:
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[6:])
        for choice in event["choices"]:
            text += choice["delta"].get("content") or ""
            first = first or (text and time.perf_counter())
        n_tokens = (event.get("usage") or {}).get("completion_tokens", n_tokens)
    answers.append((text, n_tokens, time.perf_counter() - first))
    connection.close()


def ask(server, prompts, fields):
    """Answers to prompts that are asked at once."""
    answers = [[] for _ in prompts]
    threads = [threading.Thread(target=answer, args=(server, *asked)) for asked in
               ((prompt, fields, answers[index]) for index, prompt in enumerate(prompts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [one[0] for one in answers]


def compare(servers, name, groups, fields, rounds):
    """Asks the prompts of each group at once; ratios of each answer's tokens a second, with guesses to without."""
    ratios, speeds = [], []
    for i in range(rounds):
        for prompts in groups:
            order = servers if i % 2 == 0 else servers[::-1]
            answers = {server: ask(server, prompts, fields) for server in order}
            for (text, n_tokens, seconds), (other_text, _, other_seconds) in zip(*(answers[server] for server in servers)):
                if text != other_text:
                    raise SystemExit(f"answers differ: {text!r} and {other_text!r}")
                ratios.append(other_seconds / seconds)
                speeds.append((n_tokens / seconds, n_tokens / other_seconds, n_tokens))
    on, off, n_tokens = (statistics.median(figures) for figures in zip(*speeds))
    print(f"{name:44} {statistics.median(ratios):.2f} x (from {min(ratios):.2f} to {max(ratios):.2f}): "
          f"{on:.0f} tokens/s instead of {off:.0f}, {n_tokens:.0f} tokens, same text", flush=True)


def main(maque, model, rounds=3, *kinds):
    kinds = kinds or ("code", "chat", "four")
    with Server(maque, model) as on, Server(maque, model, "--speculation", "off") as off:
        servers = on, off
        on.until("/health"), off.until("/health")
        for sampling, fields in SAMPLINGS.items():
            if "code" in kinds:
                compare(servers, f"code edit, {sampling}", [[CODE]], fields, int(rounds))
            if "chat" in kinds:
                compare(servers, f"chat, {sampling}", [[prompt] for prompt in CHAT], fields, int(rounds))
        if "four" in kinds:
            fields = {"seed": 7, "max_tokens": 200}
            compare(servers, "four chats at once, default sampling", [CHAT], fields, int(rounds))
            compare(servers, "four code edits at once, default sampling", [[CODE] * 4], fields, int(rounds))
            compare(servers, "three chats beside a code edit", [[*CHAT[:3], CODE]], fields, int(rounds))


main(*sys.argv[1:])
