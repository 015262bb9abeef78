/** Shortest paths in a weighted graph (Dijkstra), with a binary heap. */

function createHeap(compare) {
  const items = [];
  const swap = (i, j) => {
    [items[i], items[j]] = [items[j], items[i]];
  };
  return {
    push(item) {
      items.push(item);
      let i = items.length - 1;
      while (i > 0 && compare(items[i], items[(i - 1) >> 1]) < 0) {
        swap(i, (i - 1) >> 1);
        i = (i - 1) >> 1;
      }
    },
    pop() {
      const top = items[0];
      const last = items.pop();
      if (items.length > 0) {
        items[0] = last;
        let i = 0;
        for (;;) {
          let least = i;
          for (const child of [2 * i + 1, 2 * i + 2]) {
            if (child < items.length && compare(items[child], items[least]) < 0) least = child;
          }
          if (least === i) break;
          swap(i, least);
          i = least;
        }
      }
      return top;
    },
    size: () => items.length,
  };
}

export function shortestPaths(graph, start) {
  const distances = { [start]: 0 };
  const heap = createHeap((a, b) => a.distance - b.distance);
  heap.push({ node: start, distance: 0 });
  while (heap.size() > 0) {
    const { node, distance } = heap.pop();
    if (distance > distances[node]) continue;
    for (const [neighbour, weight] of Object.entries(graph[node] ?? {})) {
      const candidate = distance + weight;
      if (candidate < (distances[neighbour] ?? Infinity)) {
        distances[neighbour] = candidate;
        heap.push({ node: neighbour, distance: candidate });
      }
    }
  }
  return distances;
}
