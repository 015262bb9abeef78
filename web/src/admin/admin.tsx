// Administration: who may come in, who is there, the models, memory and load.
import { useContext, useEffect } from "preact/hooks";
import { useStore } from "../base/store";
import type { PartProps } from "../later";
import { Page } from "../page";
import { KeyAsk } from "../parts/key";
import { Sparrow } from "../parts/icons";
import { useWords } from "../words/words";
import { LoadPart } from "./load";
import { ModelsPart } from "./models";
import { PeoplePart } from "./people";
import { SharePart } from "./share";

export function AdminPage({ onLanguage }: PartProps) {
  const words = useWords();
  const { route, session } = useContext(Page);
  useStore(session);
  useEffect(() => {
    document.title = `${words.shell.admin} · Maque`;
  }, [words]);
  const back = (event: MouseEvent) => {
    event.preventDefault();
    route.go("/");
  };
  return (
    <div class="admin">
      <header class="top">
        <p class="brand"><Sparrow />Maque</p>
        <span class="grow" />
        <a class="quiet tool" href="/" onClick={back}>{words.shell.back}</a>
        <button type="button" class="quiet tool" id="language" lang={words.language === "中文" ? "zh-CN" : "en"} onClick={onLanguage}>{words.language}</button>
      </header>
      <main class="admin-main">
        <h1>{words.shell.admin}</h1>
        {session.needsKey && <KeyAsk session={session} />}
        {session.me?.role === "user" && <p class="trouble" role="alert">{words.admin.notAllowed}</p>}
        {session.isAdmin && <><SharePart /><PeoplePart /><ModelsPart /><LoadPart /></>}
      </main>
    </div>
  );
}
