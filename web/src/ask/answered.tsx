// The library's answer: its text with the numbers of its sources, and the sources word for word.
import { Prose } from "../prose/prose";
import { Wait } from "../talk/wait";
import { placeWords, type Passage, type Quotation } from "../wire/library";
import { useWords } from "../words/words";
import type { Words } from "../words/zh";
import type { Asking } from "./asking";
import { unmarked } from "./unmarked";

export function Answered({ asking }: { asking: Asking }) {
  const { ask: words } = useWords();
  const { answer, isBusy, quotations, since, stage, text, trouble } = asking;
  const isLost = answer?.outcome === "not_found";
  const [first] = quotations;
  const said = answer?.source === "quotation" && first ? `${unmarked(first.text, first.document.kind)}[1]` : text;
  return (
    <section class="answered" aria-live="polite" aria-busy={isBusy}>
      {text && <div class={isLost ? "not-found" : "kiosk-answer"}>{isLost ? <p>{words.notFound}</p> : <Prose text={said} isWhole={!isBusy} />}</div>}
      {isBusy && !text && <Waiting stage={stage} since={since} words={words} />}
      {trouble !== undefined && <p class="trouble" role="alert">{words.trouble(trouble)}</p>}
      {0 < quotations.length && (
        <>
          <h2>{words.sources}{answer?.outcome === "faq" && ` · ${words.faq}`}</h2>
          <ol class="sources">{quotations.map((one) => <Source key={one.index} quotation={one} />)}</ol>
        </>
      )}
      {isLost && 0 < (answer?.passages.length ?? 0) && (
        <>
          <h2>{words.nearest}</h2>
          <ul class="sources">{answer?.passages.slice(0, 3).map((one, idx) => <Near key={idx} passage={one} />)}</ul>
        </>
      )}
    </section>
  );
}

function Waiting({ stage, since, words }: { stage: Asking["stage"]; since: number; words: Words["ask"] }) {
  const name = stage?.stage;
  if (name === undefined || name === "searching" || name === "comparing") {
    return <p class="wait" role="status"><span class="dot coming" />{name === "comparing" ? words.comparing : words.searching}</p>;
  }
  return <Wait since={since} stage={stage} />;
}

function Source({ quotation: { index, text, document, place, passage, start, end } }: { quotation: Quotation }) {
  const { ask: words } = useWords();
  return (
    <li>
      <blockquote><span class="numbers">[{index}]</span> {unmarked(text, document.kind)}</blockquote>
      <p class="place">{placeWords(document, place, words)}</p>
      {passage && text.length < passage.text.length && (
        <details><summary>{words.context}</summary><p><Marked passage={passage} part={{ start, end }} kind={document.kind} /></p></details>
      )}
    </li>
  );
}

function Near({ passage }: { passage: Passage }) {
  const { ask: words } = useWords();
  const { text, document, place, marked } = passage;
  return <li><blockquote>{marked ? <Marked passage={passage} part={marked} kind={document.kind} /> : unmarked(text, document.kind)}</blockquote><p class="place">{placeWords(document, place, words)}</p></li>;
}

/** A passage with a part of it marked; places are in characters of the document. */
function Marked({ passage, part, kind }: { passage: { text: string; start: number }; part: { start: number; end: number }; kind: string | null }) {
  const letters = Array.from(passage.text);
  const [from, to] = [part.start - passage.start, part.end - passage.start];
  const shown = (start: number, end?: number) => unmarked(letters.slice(start, end).join(""), kind);
  return <>{shown(0, from)}<mark>{shown(from, to)}</mark>{shown(to)}</>;
}
