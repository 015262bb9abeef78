// The conversations at the left: new, search, all by day; a drawer on a phone.
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { chooseFiles } from "../base/file";
import { kept } from "../base/keep";
import { useStore } from "../base/store";
import { applyTheme, nextTheme, savedTheme } from "../base/theme";
import { Page, type Reach } from "../page";
import { Icon, Sparrow } from "../parts/icons";
import { notices } from "../parts/notices";
import { reason } from "../wire/api";
import { shortName } from "../wire/model";
import type { Found, Summary } from "../wire/types";
import { useWords } from "../words/words";
import type { Words } from "../words/zh";
import { days } from "./days";
import { Item } from "./item";

interface Props {
  isShown: boolean;
  onHide: () => void;
  onLanguage: () => void;
}

export function Rail({ isShown, onHide, onLanguage }: Props) {
  const words = useWords();
  const { desk } = useContext(Page);
  useStore(desk);
  const start = () => {
    desk.fresh();
    document.getElementById("ask")?.focus();
  };
  return (
    <nav class="rail" aria-label={words.shell.rail} inert={!isShown}>
      <div class="rail-head">
        <p class="brand"><Sparrow />Maque</p>
        <button type="button" class="quiet round" aria-label={words.shell.hideRail} title={words.shell.hideRail} onClick={onHide}><Icon name="rail" /></button>
      </div>
      <button type="button" class="new" onClick={start}><Icon name="plus" />{words.shell.newChat}</button>
      <Search />
      <div class="rail-list">{desk.found ? <FoundList found={desk.found} /> : <DayList list={desk.list} />}</div>
      <Foot onLanguage={onLanguage} />
    </nav>
  );
}

function Search() {
  const { rail: words } = useWords();
  const { desk } = useContext(Page);
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "k") return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  const look = (query: string, ms: number) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void desk.search(query).catch(() => undefined), ms);
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !field.current) return;
    field.current.value = "";
    look("", 0);
  };
  return (
    <label class="search">
      <Icon name="search" />
      <input ref={field} type="search" placeholder={words.search} aria-label={words.search} onInput={(event) => look(event.currentTarget.value, 150)} onKeyDown={leave} />
    </label>
  );
}

function DayList({ list }: { list: readonly Summary[] | undefined }) {
  const { rail: words } = useWords();
  const { desk } = useContext(Page);
  if (!list) return null;
  if (list.length === 0) return <p class="rail-empty">{words.empty}</p>;
  return (
    <>
      {days(list, new Date()).map(({ day, items }) => (
        <section key={day} aria-label={words[day]}>
          <h2 class="day">{words[day]}</h2>
          <ul>{items.map((one) => <Item key={one.id} one={one} />)}</ul>
        </section>
      ))}
      {desk.hasMore && <button type="button" class="quiet" onClick={() => void desk.more()}>{words.more}</button>}
    </>
  );
}

function FoundList({ found }: { found: readonly Found[] }) {
  const { rail: words } = useWords();
  return (
    <>
      <p class="unseen" role="status">{found.length}</p>
      {found.length === 0 ? <p class="rail-empty">{words.nothing}</p> : <ul>{found.map((one) => <Item key={one.id} one={one} />)}</ul>}
    </>
  );
}

function Foot({ onLanguage }: { onLanguage: () => void }) {
  const words = useWords();
  const { desk, health, model, route, session } = useContext(Page);
  const [theme, setTheme] = useState(savedTheme);
  useStore(health);
  useStore(session);
  useStore(model);
  const turn = () => {
    applyTheme(nextTheme(theme));
    setTheme(nextTheme(theme));
  };
  const themeLabel = `${words.shell.themeLabel}: ${words.shell.theme[theme]}`;
  const follow = (path: string) => (event: MouseEvent) => {
    event.preventDefault();
    route.go(path);
  };
  return (
    <div class="foot">
      <p class="about"><span class={`dot ${health.isGone ? "bad" : health.isReady ? "good" : "coming"}`} /><span>{aboutModel(words, health.isGone, health.report?.model ?? model.name, health.report?.stage)}</span></p>
      <div class="foot-tools">
        <button type="button" class="quiet tool" onClick={() => void importFiles(desk, words)}>{words.rail.import}</button>
        <a class="quiet tool" href="/ask" onClick={follow("/ask")}>{words.shell.library}</a>
        {session.isAdmin && <a class="quiet tool" href="/admin" onClick={follow("/admin")}>{words.shell.admin}</a>}
      </div>
      <div class="foot-tools">
        <button type="button" class="quiet tool" id="theme" aria-label={themeLabel} title={themeLabel} onClick={turn}><Icon name={theme === "dark" ? "moon" : theme === "light" ? "sun" : "half"} />{words.shell.theme[theme]}</button>
        <button type="button" class="quiet tool" id="language" lang={words.language === "中文" ? "zh-CN" : "en"} onClick={onLanguage}>{words.language}</button>
      </div>
    </div>
  );
}

function aboutModel({ model: words, shell }: Words, isGone: boolean, name: string, stage: keyof Words["model"]["stages"] | undefined): string {
  if (isGone) return words.lost;
  const short = shortName(name);
  return `${short}${short ? " · " : ""}${stage === "ready" || !stage ? shell.local : words.stages[stage]}`;
}

/** Imports exported conversations; says which files are none. */
async function importFiles(desk: Reach["desk"], words: Words): Promise<void> {
  for (const file of await chooseFiles("application/json,.json")) {
    try {
      await desk.import(JSON.parse(await file.text()));
    } catch (error) {
      notices.say(words.rail.notImported(file.name, reason(error)));
    }
  }
}

/** Whether the list is shown, as the reader left it. */
export const railKept = {
  get: () => kept.get("rail") !== "hidden",
  set: (isShown: boolean) => kept.set("rail", isShown ? "" : "hidden"),
};
