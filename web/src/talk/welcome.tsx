// The empty conversation: opening prompts, and other personas to talk to.
import { useContext } from "preact/hooks";
import { useStore } from "../base/store";
import { Page } from "../page";
import { builtIn } from "../settings/built-in";
import { useLanguage, useWords } from "../words/words";
import { Sparrow } from "../parts/icons";
import type { Chat } from "./chat";

export function Welcome({ chat, onPersonas }: { chat: Chat; onPersonas: () => void }) {
  const { talk: words } = useWords();
  const { session, model } = useContext(Page);
  useStore(model);
  const personas = builtIn(useLanguage()).slice(0, 5);
  const chosen = chat.settings.persona;
  return (
    <div class="welcome">
      <Sparrow />
      <h2>{chosen ? words.persona(chosen) : words.hello}</h2>
      <p>{chat.isElsewhere ? words.helloElsewhere(model.upstream?.host ?? "") : session.me?.role === "user" ? words.helloGuest : words.helloSmall}</p>
      <ul class="openings">
        {words.prompts.map((prompt) => (
          <li key={prompt}><button type="button" class="prompt" onClick={() => void chat.send(prompt)}>{prompt}</button></li>
        ))}
      </ul>
      <p class="also">{words.asPersona}</p>
      <ul class="chips">
        {personas.map(({ name, prompt }) => (
          <li key={name}>
            <button type="button" class="chip" aria-pressed={name === chosen}
              onClick={() => void chat.set(name === chosen ? without(chat.settings) : { ...chat.settings, persona: name, system: prompt })}>{name}</button>
          </li>
        ))}
        <li><button type="button" class="chip plain" onClick={onPersonas}>{words.morePersonas}</button></li>
      </ul>
    </div>
  );
}

function without({ persona: _, system: __, ...rest }: Chat["settings"]): Chat["settings"] {
  return rest;
}
