class Counter {
  constructor(limit = 10) {
    this.limit = limit;
    this.seen = {};
  }

  add(name) {
    this.seen[name] = (this.seen[name] || 0) + 1;
    return this.seen[name] < this.limit;
  }
}

const names = [];
function record(name, options = {}) {
  names.push({ name, ...options });
}
