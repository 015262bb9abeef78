const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls `task` again after a failure, waiting twice as long each time. */
export async function retry(task, { attempts = 3, delay = 100 } = {}) {
  let lastError;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      return await task(attempt);
    } catch (error) {
      lastError = error;
      if (attempt < attempts) {
        await sleep(delay * 2 ** (attempt - 1));
      }
    }
  }
  throw lastError;
}

/** Runs `tasks` with at most `limit` of them at once; results keep their order. */
export async function pool(tasks, limit) {
  const results = new Array(tasks.length);
  let next = 0;
  async function worker() {
    while (next < tasks.length) {
      const index = next++;
      results[index] = await tasks[index]();
    }
  }
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
