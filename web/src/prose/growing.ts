// A list that only grows at its end, in groups that never change again once they are full: drawing what is new costs
// the same however long the list is.
const GROUP = 32;

export class Growing<T> {
  readonly full: (readonly T[])[] = [];
  open: T[] = [];

  push(item: T): void {
    this.open.push(item);
    if (this.open.length < GROUP) return;
    this.full.push(this.open);
    this.open = [];
  }

  get length(): number {
    return this.full.length * GROUP + this.open.length;
  }

  all(): T[] {
    return [...this.full.flat(), ...this.open];
  }
}
