// The side bar's page: shows what the host says, and says what a person does. It holds no text of its own but the draft.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Spoken, LANGUAGES } from "../../../../web/src/words/words.ts";
import type { ToPage, View } from "../chat/protocol.ts";
import { Banner } from "./banner.tsx";
import { Composer } from "./composer.tsx";
import { say } from "./host.ts";
import { Turns } from "./turns.tsx";
import "./view.css";

function Page() {
  const [view, setView] = useState<View>();
  useEffect(() => {
    const hear = ({ data }: MessageEvent<ToPage>) => {
      if (data.kind === "view") setView(data.view);
      if (data.kind === "text") setView((before) => before && written(before, data.id, data.text));
    };
    addEventListener("message", hear);
    say({ kind: "ready" });
    return () => removeEventListener("message", hear);
  }, []);
  useEffect(() => {
    if (view) document.documentElement.lang = view.language === "zh" ? "zh-CN" : "en";
  }, [view?.language]);
  if (!view) return null;
  return (
    <Spoken.Provider value={LANGUAGES[view.language]}>
      <Banner view={view} />
      <Turns view={view} />
      <Composer view={view} />
    </Spoken.Provider>
  );
}

/** The view with a piece more of one answer. */
function written(view: View, id: number, text: string): View {
  if (id === view.live?.id) return { ...view, live: { ...view.live, text: view.live.text + text } };
  return { ...view, turns: view.turns.map((turn) => (turn.id === id ? { ...turn, text: turn.text + text } : turn)) };
}

render(<Page />, document.body);
