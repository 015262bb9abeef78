// Questions to the library, on a screen that many people use: one large field, answers with their sources, and back to
// the beginning when nobody is there any more.
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../base/store";
import { sum } from "../base/sum";
import type { PartProps } from "../later";
import { Page } from "../page";
import { KeyAsk } from "../parts/key";
import { Top } from "../parts/top";
import { isSend } from "../talk/field";
import { useWords } from "../words/words";
import { Answered } from "./answered";
import { Asking } from "./asking";
import { useIdle } from "./idle";
import { Skipped } from "./skipped";

export function AskPage({ onLanguage }: PartProps) {
  const words = useWords();
  const { session } = useContext(Page);
  const [asking] = useState(() => new Asking(session));
  useStore(asking);
  useStore(session);
  useEffect(() => {
    document.title = `${words.ask.title} · Maque`;
    void asking.look();
    return () => asking.leave();
  }, []);
  return (
    <div class="kiosk">
      <Top onLanguage={onLanguage} />
      <main class="kiosk-main">
        {session.needsKey && <KeyAsk session={session} />}
        {asking.status?.state === "empty" ? <Empty /> : <Terminal asking={asking} />}
      </main>
    </div>
  );
}

function Empty() {
  const { ask: words } = useWords();
  return (
    <section class="kiosk-empty">
      <h1>{words.empty}</h1>
      <p>{words.emptyHow}</p>
      <pre tabIndex={0}><code>maque library add FOLDER</code></pre>
    </section>
  );
}

function Terminal({ asking }: { asking: Asking }) {
  const { ask: words } = useWords();
  const field = useRef<HTMLTextAreaElement>(null);
  const { status, question } = asking;
  const reset = () => {
    asking.reset();
    if (field.current) field.current.value = "";
    field.current?.focus();
  };
  const [left, stay] = useIdle(question !== "" && !asking.isBusy, reset);
  useEffect(() => field.current?.focus(), []);
  const send = () => {
    const text = field.current?.value.trim();
    if (!text || asking.isBusy || !field.current) return;
    field.current.value = "";
    void asking.ask(text.slice(0, 2000));
  };
  const press = (event: KeyboardEvent) => {
    if (!isSend(event)) return;
    event.preventDefault();
    send();
  };
  const choose = (text: string) => void asking.ask(text);
  const indexing = status?.folders.filter((one) => one.state === "indexing") ?? [];
  return (
    <>
      <h1 class={question ? "asked" : ""}>{question || words.title}</h1>
      {!question && status && 0 < status.documents && <p class="kiosk-intro">{words.intro(status.documents)}</p>}
      {indexing.length > 0 && <p class="kiosk-intro" role="status">{words.indexing(sum(indexing.map((one) => one.done)), sum(indexing.map((one) => one.total)))}</p>}
      {question && <Answered asking={asking} />}
      <form class="kiosk-field" onSubmit={(event) => { event.preventDefault(); send(); }}>
        <textarea ref={field} rows={1} maxLength={2000} placeholder={words.placeholder} aria-label={words.placeholder} onKeyDown={press} />
        <button type="submit" class="main" disabled={asking.isBusy}>{words.ask}</button>
      </form>
      {question && !asking.isBusy && (
        <p class="kiosk-idle">
          <button type="button" class="quiet strong" onClick={reset}>{words.again}</button>
          {left !== undefined && <span role="status">{words.idle(left)} <button type="button" class="quiet strong" onClick={stay}>{words.stay}</button></span>}
        </p>
      )}
      {!question && <Frequent questions={status?.frequent_questions ?? []} onChoose={choose} />}
      {!question && <Skipped status={status} />}
    </>
  );
}

function Frequent({ questions, onChoose }: { questions: readonly string[]; onChoose: (text: string) => void }) {
  const { ask: words } = useWords();
  if (questions.length === 0) return null;
  return (
    <section class="frequent" aria-label={words.frequent}>
      <h2>{words.frequent}</h2>
      <ul>{questions.map((text) => <li key={text}><button type="button" class="prompt" onClick={() => onChoose(text)}>{text}</button></li>)}</ul>
    </section>
  );
}
