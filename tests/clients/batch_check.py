#!/usr/bin/env python3
"""The `openai` package's files and batches against a running server: send, begin, wait, read, cancel, delete.
usage: batch_check.py http://127.0.0.1:7860"""
import io
import json
import sys
import time
import openai

client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="none", max_retries=0, timeout=120)


def request(i, **body):
    body = {"model": "default", "max_tokens": 8, "messages": [{"role": "user", "content": f"Say {i}."}], **body}
    return json.dumps({"custom_id": f"row-{i}", "method": "POST", "url": "/v1/chat/completions", "body": body})


def begin(lines):
    file = client.files.create(file=("rows.jsonl", io.BytesIO("\n".join(lines).encode())), purpose="batch")
    assert file.purpose == "batch" and file.filename == "rows.jsonl" and file.bytes > 0, file
    assert client.files.retrieve(file.id).id == file.id
    return file, client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"for": "a check"})


def answered():
    file, batch = begin([request(0), request(1), request(2, temperature=9), request(3)])
    while batch.status == "in_progress":
        time.sleep(0.1)
        batch = client.batches.retrieve(batch.id)
    counts = batch.request_counts
    assert (batch.status, counts.total, counts.completed, counts.failed) == ("completed", 4, 3, 1), batch
    assert batch.metadata == {"for": "a check"}, batch
    lines = [json.loads(line) for line in client.files.content(batch.output_file_id).text.splitlines()]
    assert [line["custom_id"] for line in lines] == ["row-0", "row-1", "row-3"], lines
    for line in lines:
        answer = openai.types.chat.ChatCompletion.model_validate(line["response"]["body"])
        assert line["response"]["status_code"] == 200 and answer.choices[0].message.content, line
    [refused] = [json.loads(line) for line in client.files.content(batch.error_file_id).text.splitlines()]
    assert refused["response"]["status_code"] == 400 and refused["response"]["body"]["error"]["param"] == "temperature", refused
    assert batch.id in [one.id for one in client.batches.list(limit=2)]
    assert {one.purpose for one in client.files.list()} >= {"batch", "batch_output"}
    for id in (file.id, batch.output_file_id, batch.error_file_id):
        assert client.files.delete(id).deleted
    try:
        client.files.retrieve(file.id)
    except openai.NotFoundError:
        return
    raise AssertionError("a deleted file is still there")


def cancelled():
    file, batch = begin([request(i, max_tokens=200) for i in range(200)])
    batch = client.batches.cancel(batch.id)
    assert batch.status == "cancelled", batch
    assert client.files.delete(file.id).deleted


def wrong():
    _, batch = begin(["{}"])
    assert batch.status == "failed" and batch.errors.data[0].line == 1, batch


answered()
cancelled()
wrong()
print("ok: openai batches")
