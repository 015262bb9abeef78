class Counter {
  limit: number;
  seen: Record<string, number>;

  constructor(limit: number = 10) {
    this.limit = limit;
    this.seen = {};
  }

  add(name: string): boolean {
    this.seen[name] = (this.seen[name] || 0) + 1;
    return this.seen[name] < this.limit;
  }
}

const names: { name: string; [key: string]: any }[] = [];
function record(name: string, options: Record<string, any> = {}): void {
  names.push({ name, ...options });
}
