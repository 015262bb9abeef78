// The sheet with personas: choose, write, change, share, export, import.
import { useContext, useEffect, useState } from "preact/hooks";
import { chooseFiles, saveFile } from "../base/file";
import { useStore } from "../base/store";
import { Page } from "../page";
import { notices } from "../parts/notices";
import { Sheet } from "../parts/sheet";
import { reason } from "../wire/api";
import type { Chat } from "../talk/chat";
import type { Persona } from "../wire/types";
import { useLanguage, useWords } from "../words/words";
import { builtIn, type BuiltIn } from "./built-in";
import { PersonaEditor } from "./persona-editor";
import { exported, imported, type PersonaDraft } from "./persona-shelf";

interface Props {
  chat: Chat;
  onClose: () => void;
}

export function PersonasSheet({ chat, onClose }: Props) {
  const words = useWords();
  const { personas } = useContext(Page);
  const [edited, setEdited] = useState<Partial<Persona> | undefined>();
  useStore(personas);
  useStore(chat);
  useEffect(() => void personas.load(), []);
  const save = async (draft: PersonaDraft) => {
    try {
      await personas.save(draft, edited?.id);
      setEdited(undefined);
    } catch (error) {
      notices.say(reason(error) || words.model.lost);
    }
  };
  const own = personas.list.filter((one) => one.own);
  const rows = { chat, onEdit: setEdited };
  return (
    <Sheet title={words.personas.title} onClose={onClose}>
      <p class="sheet-intro">{words.personas.intro}</p>
      <div class="sheet-tools">
        <button type="button" class="main" onClick={() => setEdited({})}>{words.personas.add}</button>
        <button type="button" class="quiet" onClick={() => void take(personas.save.bind(personas), words.personas.notImported)}>{words.personas.import}</button>
        {0 < own.length && <button type="button" class="quiet" onClick={() => saveFile("personas.json", exported(own), "application/json")}>{words.personas.export}</button>}
      </div>
      {edited && <PersonaEditor key={edited.id ?? "new"} persona={edited} onSave={save} onCancel={() => setEdited(undefined)} />}
      <Rows label={words.settings.own} list={own} {...rows} />
      <Rows label={words.settings.builtIn} list={builtIn(useLanguage())} {...rows} />
      <Rows label={words.settings.others} list={personas.list.filter((one) => !one.own)} {...rows} />
    </Sheet>
  );
}

async function take(save: (draft: PersonaDraft) => Promise<void>, refusal: (name: string) => string): Promise<void> {
  for (const file of await chooseFiles("application/json,.json")) {
    const drafts = imported(await file.text());
    if (drafts.length === 0) notices.say(refusal(file.name));
    for (const draft of drafts) await save(draft);
  }
}

interface RowsProps {
  label: string;
  list: readonly (Persona | BuiltIn)[];
  chat: Chat;
  onEdit: (persona: Partial<Persona>) => void;
}

function Rows({ label, list, ...rest }: RowsProps) {
  if (list.length === 0) return null;
  return (
    <section class="rows" aria-label={label}>
      <h3>{label}</h3>
      <ul>{list.map((persona) => <Row key={"id" in persona ? persona.id : persona.name} persona={persona} {...rest} />)}</ul>
    </section>
  );
}

function Row({ persona, chat, onEdit }: { persona: Persona | BuiltIn } & Pick<RowsProps, "chat" | "onEdit">) {
  const { personas: words, shell } = useWords();
  const { personas } = useContext(Page);
  const { name, prompt } = persona;
  const isUsed = chat.settings.persona === name && chat.settings.system === prompt;
  const own = "own" in persona && persona.own ? persona : undefined;
  const remove = async () => {
    if (!own) return;
    await personas.remove(own.id);
    notices.say(words.removed(name), shell.undo, () => personas.save(own));
  };
  return (
    <li class="row-item">
      <p><b>{name}</b>{own?.shared && <span class="tag">{words.isShared}</span>}<small>{prompt}</small></p>
      <div class="row-tools">
        <button type="button" class="quiet strong" disabled={isUsed} aria-label={`${words.use}: ${name}`}
          onClick={() => void chat.set({ ...chat.settings, persona: name, system: prompt })}>{isUsed ? words.inUse : words.use}</button>
        <button type="button" class="quiet" aria-label={`${own ? words.edit : words.copy}: ${name}`} onClick={() => onEdit(own ?? { name, prompt })}>{own ? words.edit : words.copy}</button>
        {own && <button type="button" class="quiet danger" aria-label={`${words.remove}: ${name}`} onClick={() => void remove()}>{words.remove}</button>}
      </div>
    </li>
  );
}
