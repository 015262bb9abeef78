"""The table of both READMEs and the chart, from measured figures."""
import re

# Name, English, Chinese, how a figure is written, whether more is better.
ROWS = [
    ('prefill', 'reading a prompt of 512 tokens', '读 512 个 token 的提示', '{:.0f}', True),
    ('decode', 'writing, short context', '写，上下文短', '{:.0f}', True),
    ('deep', 'writing at depth 2,048', '写，上下文 2048', '{:.0f}', True),
    ('batch4', '4 answers at once, in all', '同时 4 个回答，合计', '{:.0f}', True),
    ('batch16', '16 answers at once, in all', '同时 16 个回答，合计', '{:.0f}', True),
    ('prefill_avx2', 'reading, Maque with AVX2 only', '读，Maque 只用 AVX2', '{:.0f}', True),
    ('decode_avx2', 'writing, Maque with AVX2 only', '写，Maque 只用 AVX2', '{:.0f}', True),
    ('busy_prefill', 'reading beside a busy program: speed kept', '旁边有程序占满 CPU 时，读速保留', '{:.0%}', True),
    ('busy_decode', 'writing beside a busy program: speed kept', '旁边有程序占满 CPU 时，写速保留', '{:.0%}', True),
    ('first_token', 'first token of three prompts, 40 tokens each', '三个提示（约 40 个 token）的首个 token', '{:.3f} s', False),
    ('forty_tokens', '40 tokens in all', '40 个 token 的整个回答', '{:.2f} s', False),
    ('ready', 'start to ready', '启动到可用', '{:.2f} s', False),
    ('memory', 'peak memory', '内存峰值', '{} MiB', False),
]
COLOURS = ('#7a3b1e', '#c9bfae')


def figure(name, pattern, value):
    return pattern.format(round(value / 2**20) if name == 'memory' else value)


def table(about, results, is_chinese):
    if is_chinese:
        lines = [f"{about['date']}，{about['processor']}，{about['threads']} 线程，{about['model']}，与本机原生编译的 llama.cpp {about['llama.cpp']} 交替测量，取 {about['rounds']} 轮的中位数；未注明者为 token/秒。"]
    else:
        lines = [f"{about['date']}, {about['processor']}, {about['threads']} threads, {about['model']}, alternating with llama.cpp {about['llama.cpp']} built natively on the same machine, medians of {about['rounds']} rounds; tokens a second unless said otherwise."]
    lines += ['', '| | Maque | llama.cpp | ' + ('比值' if is_chinese else 'ratio') + ' |', '|---|---|---|---|']
    for name, english, chinese, pattern, _ in ROWS:
        if name in results:
            maque, other = results[name]
            lines.append(f'| {chinese if is_chinese else english} | {figure(name, pattern, maque)} | {figure(name, pattern, other)} | {maque / other:.2f} |')
    return '\n'.join(lines)


def chart(results):
    """Bars of the speeds, each pair as long as its faster one is fast; the longer ends at 420."""
    rows = [row for row in ROWS if row[4] and row[0] in results and not row[0].startswith('busy')]
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {44 * len(rows) + 30}" font-family="system-ui, sans-serif" font-size="13">',
             '<rect width="100%" height="100%" fill="#faf7f1"/>']
    for i, (name, english, _, pattern, _) in enumerate(rows):
        top, fastest = 16 + 44 * i, max(results[name])
        lines.append(f'<text x="212" y="{top + 20}" text-anchor="end" fill="#2b2622">{english}</text>')
        for j, (value, colour) in enumerate(zip(results[name], COLOURS)):
            width = 420 * value / fastest
            lines.append(f'<rect x="224" y="{top + 16 * j}" width="{width:.0f}" height="13" rx="2" fill="{colour}"/>')
            lines.append(f'<text x="{230 + width:.0f}" y="{top + 11 + 16 * j}" fill="#6b6259" font-size="11">{("Maque ", "llama.cpp ")[j]}{figure(name, pattern, value)}</text>')
    return '\n'.join(lines + ['</svg>', ''])


def write_report(root, about, results):
    for name, is_chinese in (('README.md', False), ('README.zh.md', True)):
        path, text = root / name, table(about, results, is_chinese)
        old = path.read_text()
        new, n = re.subn(r'(?s)(<!-- measured by make bench -->\n).*?(\n<!-- end -->)', lambda m: m[1] + text + m[2], old)
        if n != 1:
            raise SystemExit(f'{name} has no place for the table: it stands between <!-- measured by make bench --> and <!-- end -->')
        path.write_text(new)
    (root / 'docs/speed.svg').write_text(chart(results))
