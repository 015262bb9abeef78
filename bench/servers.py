"""Two servers side by side: start, first token, whole answers, memory."""
import json, signal, socket, statistics, subprocess, time, urllib.request
from pathlib import Path

PROMPTS = ['李白和杜甫谁活得更久？为什么？', '写一段朋友圈文案，推荐雨天喝热茶', '写一个函数，输入列表，返回去重并按长度排序的字符串']


def free_port():
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def ask(port, text):
    """Seconds to the first token and to the end of 40 tokens, greedily, in a fresh conversation."""
    body = {'model': 'default', 'messages': [{'role': 'user', 'content': text}], 'stream': True, 'max_tokens': 40, 'temperature': 0, 'cache_prompt': False}
    request = urllib.request.Request(f'http://127.0.0.1:{port}/v1/chat/completions', json.dumps(body).encode(), {'Content-Type': 'application/json'})
    start, first = time.perf_counter(), None
    for line in urllib.request.urlopen(request, timeout=120):
        if line.startswith(b'data: {') and first is None:
            choices = json.loads(line[6:]).get('choices')
            if choices and choices[0].get('delta', {}).get('content'):
                first = time.perf_counter() - start
    return first, time.perf_counter() - start


def wait_until_ready(server, port):
    start = time.perf_counter()
    while True:
        try:
            urllib.request.urlopen(f'http://127.0.0.1:{port}/health', timeout=1)
            return time.perf_counter() - start
        except OSError:
            if server.poll() is not None or 120 < time.perf_counter() - start:
                raise SystemExit(f'{server.args[0]} did not become ready')
            time.sleep(0.02)


def measure(command, port):
    """One start of one server: seconds to ready, peak bytes, mean seconds to the first token and of 40 tokens."""
    server = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ready = wait_until_ready(server, port)
        ask(port, 'hi')
        firsts, wholes = zip(*(ask(port, prompt) for prompt in PROMPTS))
        status = Path(f'/proc/{server.pid}/status').read_text().splitlines()
        peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith('VmHWM'))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    return ready, peak, statistics.mean(firsts), statistics.mean(wholes)


def measure_servers(arguments, home):
    """Name → medians of both servers, started in turns."""
    threads, rounds = str(arguments.threads), ([], [])
    for _ in range(arguments.rounds):
        port = free_port()
        rounds[0].append(measure(['env', f'MAQUE_HOME={home}', arguments.maque, 'serve', '--no-open', '--model', arguments.model, '--port', port, '--threads', threads], port))
        port = free_port()
        rounds[1].append(measure([Path(arguments.llama_cpp) / 'llama-server', '-m', arguments.model, '--port', port, '-t', threads, '-c', '8192', '--no-webui'], port))
    medians = [[statistics.median(column) for column in zip(*one)] for one in rounds]
    return {name: list(pair) for name, pair in zip(('ready', 'memory', 'first_token', 'forty_tokens'), zip(*medians))}
