#!/usr/bin/env python3
"""A batch of tickets beside the same rows one by one, killed in the middle, opened by others, and beside people who chat.
usage: batch.py MAQUE_BINARY MODEL.gguf [ROWS]      (pip install openpyxl jsonschema; apt install libreoffice-calc)
Ends with an error if a row is missing, repeated or not of its schema's form, or if a promise about speed is broken."""
import csv
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

import jsonschema
import openpyxl

from server import Server

MIN_GAIN = 3.0
MAX_WAIT = 1.5
N_SINGLE = 40
N_CHATS = 30

WHO = ["我是上个月买的会员", "我们公司有三十个账号", "我是新用户", "我在外地出差", "我替父母咨询", "我们部门刚换了系统"]
WHAT = [
    "登录时一直提示密码错误，重置邮件也收不到", "订单显示已签收，但我没有收到包裹", "发票的抬头写错了，需要重开",
    "打印机卡纸后再也连不上电脑", "这个月被重复扣了两次费用", "想知道退货运费由谁承担", "应用一打开就闪退，重装也没有用",
    "希望能增加夜间模式，晚上看着刺眼", "收到的杯子有裂痕，想换一个", "账号被锁定了，今天就要用",
]
WARM = "这是一张试用的工单，请确认收到。"
HOW = ["请尽快处理。", "已经等了三天，没有人回复。", "不急，有空回复我就行。", "影响到我们的工作了！", "谢谢你们。"]
CHATS = ["李白和杜甫谁活得更久？", "写一句关于雨天的话", "用一句话解释什么是闭包", "推荐三本适合初中生读的书", "把“早上好”翻译成法语"]


def rows(n):
    choose = random.Random(7)
    return [f"{choose.choice(WHO)}，{choose.choice(WHAT)}。{choose.choice(HOW)}（单号{choose.randrange(10**6):06}）" for _ in range(n)]


def write(path, tickets):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([["编号", "工单"], *([n, ticket] for n, ticket in enumerate(tickets, 1))])


class Batch:
    """`maque batch` against a running server."""

    def __init__(self, maque, home, folder, source, output, *flags):
        self.journal = folder / (output + ".journal")
        command = [maque, "batch", "tickets.zh", str(folder / source), "-o", str(folder / output), *flags]
        self.start = time.perf_counter()
        self.process = subprocess.Popen(command, env={**os.environ, "MAQUE_HOME": home}, stderr=subprocess.PIPE)

    def seconds(self):
        error = self.process.communicate()[1].decode()
        if self.process.returncode != 0:
            sys.exit(f"maque batch ended with {self.process.returncode}: {error}")
        return time.perf_counter() - self.start

    def kill_after(self, n):
        """Kills it when `n` rows are done."""
        while not self.journal.exists() or self.journal.read_bytes().count(b"\n") <= n:
            if self.process.poll() is not None:
                sys.exit("maque batch ended before it was killed")
            time.sleep(0.005)
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def check_rows(maque, path, n):
    """Every row once, in order, its answer of the schema's form; how many are marked."""
    recipe = subprocess.run([maque, "batch", "--show", "tickets.zh"], capture_output=True, check=True).stdout.decode()
    schema = tomllib.loads(recipe)["schema"]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [int(line["编号"]) for line in lines] == list(range(1, n + 1)), "rows are missing, repeated or out of order"
    for line in lines:
        jsonschema.validate(line["answer"], schema)
    mark = list(lines[0])[-1]
    return sum(line[mark] is not None for line in lines)


def check_workbook(path, n):
    """openpyxl and LibreOffice see the same cells."""
    sheet = openpyxl.load_workbook(path).active
    ours = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    with tempfile.TemporaryDirectory() as folder:
        filters = "csv:Text - txt - csv (StarCalc):44,34,76"
        profile = f"-env:UserInstallation=file://{folder}/profile"
        subprocess.run(["soffice", profile, "--headless", "--convert-to", filters, "--outdir", folder, str(path)],
                       check=True, capture_output=True, timeout=180)
        with open(pathlib.Path(folder) / (path.stem + ".csv"), newline="") as file:
            theirs = list(csv.reader(file))
    assert len(ours) == n + 1 and ours == theirs, "openpyxl and LibreOffice differ"


def first_token(server, prompt):
    """Seconds until the first token of a fresh conversation."""
    start = time.perf_counter()
    connection = server.chat(prompt, 12, stream=True, temperature=0)
    for line in connection.getresponse():
        if line.startswith(b"data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
            first = time.perf_counter() - start
            break
    connection.close()
    return first


def first_tokens(server, salt):
    """Times to the first token, one chat every now and then."""
    times = []
    for n in range(N_CHATS):
        times.append(first_token(server, f"{CHATS[n % len(CHATS)]}（{salt}{n}）"))
        time.sleep(0.3)
    return times


def alone(maque, model, tickets):
    """Rows a second one by one, on a server of its own that has seen another ticket only."""
    with tempfile.TemporaryDirectory() as folder, Server(maque, model) as server:
        folder = pathlib.Path(folder)
        begin(maque, server, folder)
        write(folder / "few.csv", tickets)
        return len(tickets) / Batch(maque, server.home.name, folder, "few.csv", "single.jsonl", "--at-once", "1").seconds()


def begin(maque, server, folder):
    """Has the recipe's own part of the prompt read, which every row shares."""
    server.until("/health")
    write(folder / "warm.csv", [WARM])
    Batch(maque, server.home.name, folder, "warm.csv", "warm.jsonl").seconds()


def speed(maque, model, server, folder, tickets):
    single = alone(maque, model, tickets[:N_SINGLE])
    begin(maque, server, folder)
    whole = len(tickets) / Batch(maque, server.home.name, folder, "rows.csv", "whole.jsonl").seconds()
    print(f"one by one {single:.2f} rows/s ({N_SINGLE} rows), at once {whole:.2f} rows/s ({len(tickets)} rows): {whole / single:.2f} times")
    return whole / single


def kills(maque, server, folder, n):
    home = server.home.name
    for done in (n // 6, n // 2, n * 5 // 6):
        Batch(maque, home, folder, "rows.csv", "killed.jsonl").kill_after(done)
    Batch(maque, home, folder, "rows.csv", "killed.jsonl").seconds()
    marked = check_rows(maque, folder / "killed.jsonl", n)
    same = (folder / "killed.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()
    print(f"killed three times: {n} rows, each once and of the schema's form, {marked} marked; same bytes as without a kill: {same}")
    return same


def waits(maque, server, folder):
    alone = first_tokens(server, "a")
    batch = Batch(maque, server.home.name, folder, "rows.csv", "beside.xlsx")
    while not batch.journal.exists() or batch.journal.read_bytes().count(b"\n") < 20:
        time.sleep(0.05)
    beside = first_tokens(server, "b")
    assert batch.process.poll() is None, "the batch ended before the chats did: give it more rows"
    batch.seconds()
    medians = statistics.median(alone), statistics.median(beside)
    worst = sorted(alone)[-3], sorted(beside)[-3]
    print(f"first token: median {1000 * medians[0]:.0f} ms alone, {1000 * medians[1]:.0f} ms beside the batch "
          f"({medians[1] / medians[0]:.2f} times); third worst of {N_CHATS}: {1000 * worst[0]:.0f} and {1000 * worst[1]:.0f} ms")
    return medians[1] / medians[0]


def main():
    maque, model = map(str, map(pathlib.Path.resolve, map(pathlib.Path, sys.argv[1:3])))
    n = int(sys.argv[3]) if 3 < len(sys.argv) else 300
    with tempfile.TemporaryDirectory() as folder, Server(maque, model) as server:
        folder = pathlib.Path(folder)
        write(folder / "rows.csv", rows(n))
        gain = speed(maque, model, server, folder, rows(n))
        same = kills(maque, server, folder, n)
        wait = waits(maque, server, folder)
        check_workbook(folder / "beside.xlsx", n)
        print("openpyxl and LibreOffice read the same cells")
    return 0 if MIN_GAIN <= gain and same and wait <= MAX_WAIT else 1


if __name__ == "__main__":
    sys.exit(main())
