// The line before the first token: what is going on, and for how long.
import { useEffect, useState } from "preact/hooks";
import { useWords } from "../words/words";
import type { WaitStage } from "../wire/types";
import type { Words } from "../words/zh";

interface Props {
  since: number;
  stage: WaitStage | undefined;
  /** The host of a larger model that answers instead. */
  host?: string | null | undefined;
  /** Before the server has taken the question. */
  before?: "model" | "sending";
}

export function Wait({ since, stage, host, before }: Props) {
  const words = useWords();
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 100);
    return () => clearInterval(timer);
  }, []);
  const share = stage?.stage === "reading" && stage.total ? (stage.done ?? 0) / stage.total : 0;
  const step = before ? 0 : stage?.stage === "queued" ? 0 : share < 1 ? 1 : 2;
  return (
    <div class="wait">
      <span class="steps" aria-hidden="true">
        {[0, 1, 2].map((idx) => <i key={idx} class={idx < step ? "done" : idx === step ? "now" : ""}>{idx === 1 && step === 1 && <b style={{ width: `${share * 100}%` }} />}</i>)}
      </span>
      <span role="status">{host && !stage ? words.turn.waitElsewhere(host) : waitWords(stage, before, words)}</span>
      <span class="numbers">{words.turn.seconds(Math.max(0, now - since) / 1000)}</span>
    </div>
  );
}

function waitWords(stage: WaitStage | undefined, before: Props["before"], { turn }: Words): string {
  if (before) return before === "model" ? turn.waitModel : turn.waitSending;
  if (stage?.stage === "saving") return turn.waitSaving;
  if (stage?.stage === "queued") return turn.waitQueued(stage.position ?? 0, stage.seconds);
  const share = stage?.total ? (stage.done ?? 0) / stage.total : 0;
  return share < 1 ? turn.waitReading(Math.floor(share * 100)) : turn.waitWriting;
}
