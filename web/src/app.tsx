// The whole page: a head line, one conversation, one input.
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { setKey } from "./api";
import { Composer } from "./composer";
import { Conversation } from "./conversation";
import { Status, useHealth } from "./status";
import { TurnView } from "./turn";
import { preferred, WORDS, type Language, type Words } from "./words";

export function App() {
  const [language, setLanguage] = useState<Language>(preferred);
  const [, changed] = useReducer((n: number) => n + 1, 0);
  const conversation = useRef<Conversation>(null);
  conversation.current ??= new Conversation(() => changed(0));
  const words = WORDS[language];
  const health = useHealth();
  const isReady = health.status === "ok";
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = words.title;
  }, [language]);
  const choose = (language: Language) => {
    localStorage.setItem("maque.language", language);
    setLanguage(language);
  };
  const talk = conversation.current;
  const ask = (text: string) => void talk.ask(text);
  return (
    <div class="page">
      <header>
        <h1>{words.title}</h1>
        <span class="model">{health.model?.split("/").pop()}</span>
        <button type="button" onClick={() => talk.clear()}>{words.fresh}</button>
        <ThemeSwitch words={words} />
        <button type="button" id="language" onClick={() => choose(language === "zh" ? "en" : "zh")}>{words.other}</button>
      </header>
      <main>
        {talk.turns.length === 0 ? <Openings words={words} isReady={isReady} ask={ask} /> : <Turns talk={talk} words={words} />}
      </main>
      <footer>
        {isReady ? null : <Status health={health} words={words} />}
        {talk.needsKey ? <KeyField words={words} /> : null}
        <Composer words={words} isReady={isReady} isBusy={talk.isBusy} ask={ask} stop={() => talk.stop()} />
      </footer>
    </div>
  );
}

function Openings({ words, isReady, ask }: { words: Words; isReady: boolean; ask(text: string): void }) {
  return (
    <section class="openings">
      <h2>{words.hello}</h2>
      {words.openings.map((text) => (
        <button key={text} type="button" disabled={!isReady} onClick={() => ask(text)}>{text}</button>
      ))}
    </section>
  );
}

/** The turns; they follow the answer until the reader scrolls away from its end. */
function Turns({ talk, words }: { talk: Conversation; words: Words }) {
  const isAtEnd = useRef(true);
  useEffect(() => {
    const watch = () => {
      const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
      isAtEnd.current = scrollHeight - scrollTop - clientHeight < 48;
    };
    addEventListener("scroll", watch, { passive: true });
    return () => removeEventListener("scroll", watch);
  }, []);
  useEffect(() => {
    if (isAtEnd.current) document.documentElement.scrollTop = document.documentElement.scrollHeight;
  });
  const last = talk.turns.length - 1;
  return (
    <section class="turns">
      {talk.turns.map((turn, i) => <TurnView key={i} turn={turn} words={words} isWriting={talk.isBusy && i === last} />)}
      <div class="offscreen" role="status">{talk.isBusy ? "" : talk.turns[last]?.text}</div>
    </section>
  );
}

function ThemeSwitch({ words }: { words: Words }) {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? system);
  const other = theme === "dark" ? "light" : "dark";
  const toggle = () => {
    document.documentElement.dataset.theme = other;
    localStorage.setItem("maque.theme", other);
    setTheme(other);
  };
  return <button type="button" id="theme" onClick={toggle}>{words[other]}</button>;
}

function KeyField({ words }: { words: Words }) {
  return (
    <label class="key">
      {words.key}
      <input type="password" autocomplete="off" onChange={(event) => setKey(event.currentTarget.value)} />
    </label>
  );
}
