// The whole page: the list of conversations, the conversation, the input, and the sheets over them.
import { useContext, useEffect, useState } from "preact/hooks";
import { kept } from "./base/keep";
import { useNarrow } from "./base/media";
import { useStore } from "./base/store";
import { Later } from "./later";
import { Page, type Reach } from "./page";
import { Icon } from "./parts/icons";
import { KeyAsk } from "./parts/key";
import { NoticeList } from "./parts/notices";
import { Stages } from "./parts/stages";
import { Rail, railKept } from "./rail/rail";
import { PersonasSheet } from "./settings/personas";
import { PromptsSheet } from "./settings/prompts";
import { SettingsSheet } from "./settings/settings";
import { Composer, type Draft } from "./talk/composer";
import { Talk } from "./talk/talk";
import { LANGUAGES, Spoken, applyLanguage, savedLanguage, useWords, type Language } from "./words/words";

type Open = { sheet: "settings" } | { sheet: "personas" } | { sheet: "prompts"; draft: Draft } | undefined;

export function App({ reach }: { reach: Reach }) {
  const [language, setLanguage] = useState<Language>(savedLanguage);
  useStore(reach.route);
  useEffect(() => applyLanguage(language), [language]);
  const switchLanguage = () => {
    const other = language === "zh" ? "en" : "zh";
    kept.set("language", other);
    setLanguage(other);
  };
  const { page } = reach.route.place;
  return (
    <Page.Provider value={reach}>
      <Spoken.Provider value={LANGUAGES[language]}>
        {page === "talk" && <TalkPage onLanguage={switchLanguage} />}
        {page === "ask" && <Later key="ask" load={() => import("./ask/ask").then(({ AskPage }) => AskPage)} onLanguage={switchLanguage} />}
        {page === "admin" && <Later key="admin" load={() => import("./admin/admin").then(({ AdminPage }) => AdminPage)} onLanguage={switchLanguage} />}
        <NoticeList />
      </Spoken.Provider>
    </Page.Provider>
  );
}

function TalkPage({ onLanguage }: { onLanguage: () => void }) {
  const { desk, health, session } = useContext(Page);
  const words = useWords();
  const isNarrow = useNarrow();
  const [isRail, setRail] = useState(railKept.get);
  const [isDrawer, setDrawer] = useState(false);
  const [open, setOpen] = useState<Open>();
  useStore(desk);
  useStore(session);
  useStore(health);
  const chat = desk.current;
  useEffect(() => setDrawer(false), [chat]);
  const isShown = isNarrow ? isDrawer : isRail;
  const toggle = () => {
    if (isNarrow) return setDrawer(!isDrawer);
    railKept.set(!isRail);
    setRail(!isRail);
  };
  return (
    <div class={`shell${isShown ? "" : " folded"}${isNarrow ? " narrow" : ""}`} onKeyDown={(event) => event.key === "Escape" && setDrawer(false)}>
      <a class="skip" href="#ask">{words.shell.skip}</a>
      <Rail isShown={isShown} onHide={toggle} onLanguage={onLanguage} />
      {isNarrow && isDrawer && <div class="scrim" onClick={() => setDrawer(false)} />}
      <div class="stage-area" inert={isNarrow && isDrawer}>
        <Header isRail={isShown} onRail={toggle} onSettings={() => setOpen({ sheet: "settings" })} onPersonas={() => setOpen({ sheet: "personas" })} />
        <Talk chat={chat} desk={desk} isReady={health.isReady} onPersonas={() => setOpen({ sheet: "personas" })} />
        <footer class="ask">
          <Stages health={health} />
          {session.needsKey && <KeyAsk session={session} />}
          <Composer chat={chat} onPrompts={(draft) => setOpen({ sheet: "prompts", draft })} />
        </footer>
      </div>
      {open?.sheet === "settings" && <SettingsSheet chat={chat} onClose={() => setOpen(undefined)} onPersonas={() => setOpen({ sheet: "personas" })} />}
      {open?.sheet === "personas" && <PersonasSheet chat={chat} onClose={() => setOpen(undefined)} />}
      {open?.sheet === "prompts" && <PromptsSheet draft={open.draft} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

interface HeaderProps {
  isRail: boolean;
  onRail: () => void;
  onSettings: () => void;
  onPersonas: () => void;
}

function Header({ isRail, onRail, onSettings, onPersonas }: HeaderProps) {
  const { shell: words, talk } = useWords();
  const { desk } = useContext(Page);
  const chat = desk.current;
  useStore(chat);
  const title = desk.list?.find((one) => one.id === chat.id)?.title || chat.title || words.untitled;
  useEffect(() => {
    document.title = chat.id === undefined ? "Maque" : `${title} · Maque`;
  }, [title, chat.id]);
  return (
    <header class="top">
      {!isRail && <button type="button" class="quiet round" aria-label={words.showRail} title={words.showRail} onClick={onRail}><Icon name="rail" /></button>}
      <h1 class="title">{title}</h1>
      {chat.settings.persona && <button type="button" class="chip" onClick={onPersonas}>{talk.persona(chat.settings.persona)}</button>}
      <span class="grow" />
      {!isRail && <button type="button" class="quiet round" aria-label={words.newChat} title={words.newChat} onClick={() => desk.fresh()}><Icon name="plus" /></button>}
      <button type="button" class="quiet tool" data-settings aria-label={words.settings} title={words.settings} onClick={onSettings}><Icon name="sliders" /><span class="word">{words.settings}</span></button>
    </header>
  );
}
