// 读取访问日志，统计每个路径的次数和平均耗时
const fs = require('fs');

const LINE = /^(\S+) (GET|POST|PUT|DELETE) (\S+) (\d{3}) (\d+)ms$/;

function parseLine(line) {
  const match = LINE.exec(line.trim());
  if (!match) return null;
  const [, ip, method, path, status, ms] = match;
  return { ip, method, path, status: Number(status), ms: Number(ms) };
}

function summarize(entries) {
  const byPath = {};
  for (const entry of entries) {
    const row = byPath[entry.path] || { count: 0, errors: 0, totalMs: 0 };
    row.count += 1;
    row.totalMs += entry.ms;
    if (entry.status >= 500) row.errors += 1;
    byPath[entry.path] = row;
  }
  return Object.entries(byPath)
    .map(([path, row]) => ({ path, ...row, averageMs: row.totalMs / row.count }))
    .sort((a, b) => b.count - a.count);
}

function main(file) {
  const text = fs.readFileSync(file, 'utf8');
  const entries = text.split('\n').map(parseLine).filter(Boolean);
  for (const row of summarize(entries)) {
    console.log(`${row.path}\t${row.count}\t${row.errors}\t${row.averageMs.toFixed(1)}`);
  }
}

module.exports = { parseLine, summarize, main };
