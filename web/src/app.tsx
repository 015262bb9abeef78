// The whole page: header, conversation, input.
import { useEffect, useState } from "preact/hooks";
import type { Chat } from "./chat";
import { Composer } from "./composer";
import type { Health } from "./health";
import { kept } from "./keep";
import { KeyAsk } from "./key";
import { Spoken, LANGUAGES, applyLanguage, savedLanguage, type Language } from "./words";
import { applyTheme, nextTheme, savedTheme } from "./theme";
import { Stages } from "./stages";
import { useStore } from "./store";
import { Talk } from "./talk";

interface Props {
  chat: Chat;
  health: Health;
}

export function App({ chat, health }: Props) {
  const [language, setLanguage] = useState<Language>(savedLanguage);
  useStore(chat);
  useStore(health);
  useEffect(() => applyLanguage(language), [language]);
  const switchLanguage = () => {
    const other = language === "zh" ? "en" : "zh";
    kept.set("language", other);
    setLanguage(other);
  };
  return (
    <Spoken.Provider value={LANGUAGES[language]}>
      <Header chat={chat} health={health} onLanguage={switchLanguage} language={language} />
      <Talk chat={chat} />
      <footer class="ask">
        <Stages health={health} />
        {chat.needsKey && <KeyAsk chat={chat} />}
        <Composer chat={chat} health={health} />
      </footer>
    </Spoken.Provider>
  );
}

function Header({ chat, health, language, onLanguage }: Props & { language: Language; onLanguage: () => void }) {
  const words = LANGUAGES[language];
  const [theme, setTheme] = useState(savedTheme);
  const turnTheme = () => {
    applyTheme(nextTheme(theme));
    setTheme(nextTheme(theme));
  };
  return (
    <header>
      <h1 class="brand"><Sparrow />Maque</h1>
      <span class="model">{health.report?.model?.split("/").at(-1)}</span>
      <span class="grow" />
      <button type="button" onClick={() => chat.clear()} disabled={chat.turns.length === 0}>{words.newChat}</button>
      <button type="button" onClick={turnTheme} aria-label={`${words.themeLabel}: ${words.theme[theme]}`}>{words.theme[theme]}</button>
      <button type="button" id="language" lang={language === "zh" ? "en" : "zh-CN"} onClick={onLanguage}>{words.language}</button>
    </header>
  );
}

function Sparrow() {
  return (
    <svg width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d="M3 14c3.5 0 5-1.5 6-4 .9-2.300 2.500-4 5-4 2.200 0 3.700 1.400 4 3.300L21 11l-3 .8c-.4 4.200-3.400 7.200-7.600 7.200C7 19 4.500 17.200 3 14Z" />
      <path d="M10.500 19 9.500 22M13.500 18.600l.8 3.400M15.200 9.200h.01" />
    </svg>
  );
}
