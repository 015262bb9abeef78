// Administration: who may come in, who is there, the models, memory and load.
import { useContext, useEffect } from "preact/hooks";
import { useStore } from "../base/store";
import type { PartProps } from "../later";
import { Page } from "../page";
import { KeyAsk } from "../parts/key";
import { Top } from "../parts/top";
import { useWords } from "../words/words";
import { LimitsPart } from "./limits";
import { LoadPart } from "./load";
import { ModelsPart } from "./models";
import { PeoplePart } from "./people";
import { SharePart } from "./share";

export function AdminPage({ onLanguage }: PartProps) {
  const words = useWords();
  const { session } = useContext(Page);
  useStore(session);
  useEffect(() => {
    document.title = `${words.shell.admin} · Maque`;
  }, [words]);
  return (
    <div class="admin">
      <Top onLanguage={onLanguage} />
      <main class="admin-main">
        <h1>{words.shell.admin}</h1>
        {session.needsKey && <KeyAsk session={session} />}
        {session.me?.role === "user" && <p class="trouble" role="alert">{words.admin.notAllowed}</p>}
        {session.isAdmin && <><SharePart /><PeoplePart /><ModelsPart /><LoadPart /><LimitsPart /></>}
      </main>
    </div>
  );
}
