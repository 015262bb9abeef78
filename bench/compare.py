#!/usr/bin/env python3
"""Maque beside llama.cpp: the same file and threads, one machine, alternating, medians. `make bench` runs it.
usage: compare.py MAQUE LLAMA_CPP_FOLDER MODEL.gguf [--threads N] [--rounds N]
Writes bench/results.json, and from it the table of README.md and README.zh.md and the chart docs/speed.svg."""
import argparse, datetime, json, os, platform, statistics, subprocess, tempfile
from pathlib import Path
from report import write_report
from servers import measure_servers

ROOT = Path(__file__).resolve().parent.parent


def output(*command, **environment):
    """What a program prints."""
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | environment)
    return result.stdout


class Peers:
    """The two programs on one file."""

    def __init__(self, arguments):
        self.maque, self.folder = arguments.maque, Path(arguments.llama_cpp)
        self.model, self.threads = arguments.model, str(arguments.threads)

    def of_maque(self, test, *flags, **environment):
        """Tokens a second by `maque bench`."""
        lines = output(self.maque, 'bench', '--model', self.model, '--threads', self.threads, '--repeat', '1', '--json', *flags, **environment)
        results = map(json.loads, lines.splitlines())
        return [result for result in results if result['test'] == test][-1]['tokens_per_s']

    def of_llama_cpp(self, *flags):
        """Tokens a second by `llama-bench`."""
        text = output(self.folder / 'llama-bench', '-m', self.model, '-t', self.threads, '-r', '1', '-o', 'json', *flags)
        return json.loads(text)[-1]['avg_ts']

    def batch_of_llama_cpp(self, n):
        """Tokens a second of `n` answers in all, by `llama-batched-bench`."""
        text = output(self.folder / 'llama-batched-bench', '-m', self.model, '-t', self.threads, '-c', '8192', '-npp', '32', '-ntg', '32', '-npl', str(n))
        rows = [line.split('|') for line in text.splitlines() if line.startswith('|')]
        return float(rows[-1][8])

    def tests(self):
        """Name → the two measurements."""
        prefill, decode = ('-p', '512', '-n', '0'), ('-p', '0', '-n', '64')
        deep = ('-p', '0', '-n', '32', '--depth', '2048')
        tests = {
            'prefill': (lambda: self.of_maque('prefill', *prefill), lambda: self.of_llama_cpp(*prefill)),
            'decode': (lambda: self.of_maque('decode', *decode), lambda: self.of_llama_cpp(*decode)),
            'deep': (lambda: self.of_maque('decode', *deep), lambda: self.of_llama_cpp('-p', '0', '-n', '32', '-d', '2048')),
        }
        for n in (4, 16):
            flags = ('-p', '32', '-n', '32', '--batch', str(n))
            tests[f'batch{n}'] = (lambda flags=flags: self.of_maque('batch', *flags), lambda n=n: self.batch_of_llama_cpp(n))
        if 'avx512' in Path('/proc/cpuinfo').read_text():
            for name, flags in (('prefill', prefill), ('decode', decode)):
                tests[f'{name}_avx2'] = (lambda name=name, flags=flags: self.of_maque(name, *flags, MAQUE_ISA='avx2'), tests[name][1])
        return tests


def alternate(pair, n_rounds):
    """Medians of two measurements that take turns."""
    rounds = [(pair[0](), pair[1]()) for _ in range(n_rounds)]
    return [statistics.median(column) for column in zip(*rounds)]


def kept_beside_a_busy_program(pair, n_rounds):
    """The share of each one's speed that is left beside a program which never sleeps."""
    def share(measure):
        alone = measure()
        busy = subprocess.Popen(['yes'], stdout=subprocess.DEVNULL)
        try:
            return measure() / alone
        finally:
            busy.kill()
            busy.wait()
    return alternate([lambda: share(pair[0]), lambda: share(pair[1])], n_rounds)


def processor():
    lines = Path('/proc/cpuinfo').read_text().splitlines()
    return next((line.split(': ')[1] for line in lines if line.startswith('model name')), platform.machine())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('maque')
    parser.add_argument('llama_cpp')
    parser.add_argument('model')
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--rounds', type=int, default=3)
    arguments = parser.parse_args()
    peers, results = Peers(arguments), {}
    tests = peers.tests()
    for name, pair in tests.items():
        results[name] = alternate(pair, arguments.rounds)
        print(name, *(f'{value:.1f}' for value in results[name]), flush=True)
    for name in ('prefill', 'decode'):
        results[f'busy_{name}'] = kept_beside_a_busy_program(tests[name], arguments.rounds)
        print(f'busy {name}', *(f'{value:.2f}' for value in results[f'busy_{name}']), flush=True)
    with tempfile.TemporaryDirectory() as home:
        results |= measure_servers(arguments, home)
    about = {
        'date': datetime.date.today().isoformat(), 'processor': processor(), 'threads': arguments.threads, 'rounds': arguments.rounds,
        'model': Path(arguments.model).name, 'maque': output(arguments.maque, '--version').strip(), 'llama.cpp': 'b11434',
    }
    text = json.dumps({'about': about, 'results': results}, indent=1, ensure_ascii=False)
    (ROOT / 'bench/results.json').write_text(text + '\n')
    write_report(ROOT, about, results)


if __name__ == '__main__':
    main()
