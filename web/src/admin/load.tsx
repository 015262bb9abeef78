// What the server is doing now, and what memory it has for it.
import { useRef } from "preact/hooks";
import { load, type Load } from "../wire/admin";
import { shortName } from "../wire/model";
import { useWords } from "../words/words";
import { Rate } from "../base/rate";
import { useAsked } from "./asked";

export function LoadPart() {
  const { admin: words, turn } = useWords();
  const { value, isAbsent } = useAsked(load, 1000);
  const rate = useRef(new Rate());
  const noted = useRef<Load | undefined>(undefined);
  if (isAbsent || !value) return null;
  if (noted.current !== value) rate.current.note(performance.now(), value.tokens?.generated ?? 0);
  noted.current = value;
  const { memory, pages, requests, tokens } = value;
  return (
    <section class="part" aria-labelledby="load">
      <h2 id="load">{words.load}</h2>
      <dl class="facts">
        <Fact name={words.now} value={requests ? words.requests(requests.running, requests.waiting) : "–"} />
        <Fact name={words.speedNow} value={turn.speed(rate.current.perSecond())} />
        <Fact name={words.sofar} value={tokens ? words.tokensSoFar(tokens.prompt, tokens.cached, tokens.generated) : "–"} />
        <Fact name={words.uptime} value={words.duration(value.uptime)} />
      </dl>
      {pages && <Bar label={words.pages} value={pages.used} also={pages.cached} all={pages.all} text={words.pagesUsed(pages.used, pages.cached, pages.all)} />}
      <h3>{words.memory}</h3>
      <dl class="facts">
        {value.model && <Fact name={shortName(value.model)} value={words.size(memory.weights ?? 0)} />}
        <Fact name={words.kv} value={words.size(memory.kv ?? 0)} />
        {memory.process !== null && <Fact name={words.process} value={words.size(memory.process)} />}
        {memory.machine !== null && <Fact name={words.machine} value={words.size(memory.machine)} />}
      </dl>
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return <div><dt>{name}</dt><dd class="numbers">{value}</dd></div>;
}

interface BarProps {
  label: string;
  value: number;
  also: number;
  all: number;
  text: string;
}

function Bar({ label, value, also, all, text }: BarProps) {
  const share = (n: number) => `${(100 * n) / Math.max(1, all)}%`;
  return (
    <div class="bar-line">
      <span class="wide-bar" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={all} aria-valuenow={value}><b style={{ width: share(value) }} /><i style={{ width: share(also) }} /></span>
      <span class="numbers">{label} · {text}</span>
    </div>
  );
}
