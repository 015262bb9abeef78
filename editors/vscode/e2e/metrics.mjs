// The server's side: how many requests run, how many came to their own end; and others who keep it busy.

export async function metricsOf(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (name) => [...text.matchAll(new RegExp(`^maque:${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].reduce((all, [, value]) => all + Number(value), 0);
  return { running: sum("num_requests_running"), ended: sum("request_success_total") };
}

/** So many answers without an end of their own, until what is returned is called: an answer beside them takes seconds. */
export function busy(url, n) {
  const abort = new AbortController();
  const body = JSON.stringify({ model: "default", messages: [{ role: "user", content: "Tell a story." }], stream: true, max_tokens: 1800, temperature: 1, logit_bias: { 2: -100 } });
  const streams = Array.from({ length: n }, () => fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json" }, body, signal: abort.signal }));
  return async () => {
    abort.abort();
    await Promise.allSettled(streams);
  };
}
