// The start of the model, or the loss of the server, as a line above the input.
import type { Health } from "../wire/health";
import { useStore } from "../base/store";
import { useWords } from "../words/words";

export function Stages({ health }: { health: Health }) {
  const { model: words } = useWords();
  useStore(health);
  const report = health.report;
  if (health.isGone) return <p class="stage trouble" role="status">{words.gone}</p>;
  if (health.isReady) return null;
  if (report?.status === "failed") return <p class="stage trouble" role="alert"><b>{words.stages.failed}</b> {report.message} {words.failedHint}</p>;
  const total = report?.total ?? 0;
  const done = report?.done ?? 0;
  return (
    <div class="stage">
      <span role="status">{report ? words.stages[report.stage] : words.connecting}</span>
      <progress {...(0 < total ? { value: done, max: total } : {})} aria-label={words.stages.loading} />
      <span class="numbers">{0 < total && progressWords(health, done, total).join(" · ")}</span>
    </div>
  );

  function progressWords({ rate }: Health, done: number, total: number): string[] {
    const speed = rate.perSecond();
    const parts = [words.megabytes(done, total)];
    if (report?.stage === "downloading" && 0 < speed) parts.push(words.rate(speed), words.left((total - done) / speed));
    return parts;
  }
}
