// The sheet with prompts: put one into the input, keep, change, export and import one's own.
import { useContext, useState } from "preact/hooks";
import { chooseFiles, saveFile } from "../base/file";
import { useStore } from "../base/store";
import { Page } from "../page";
import { notices } from "../parts/notices";
import { Sheet } from "../parts/sheet";
import type { Draft } from "../talk/composer";
import { useLanguage, useWords } from "../words/words";
import { builtInPrompts } from "./built-in";
import { promptsOf } from "./prompt-shelf";

interface Props {
  draft: Draft;
  onClose: () => void;
}

export function PromptsSheet({ draft, onClose }: Props) {
  const { prompts: words, personas: common } = useWords();
  const { prompts } = useContext(Page);
  const [edited, setEdited] = useState<string | undefined>();
  useStore(prompts);
  const put = (text: string) => {
    draft.put(draft.text.trim() ? text.replace(/\[[^\]]*\]/, () => draft.text.trim()) : text);
    onClose();
  };
  return (
    <Sheet title={words.title} onClose={onClose}>
      <p class="sheet-intro">{words.intro}</p>
      <div class="sheet-tools">
        <button type="button" class="main" onClick={() => setEdited("")}>{words.add}</button>
        {draft.text.trim() && <button type="button" class="quiet" onClick={() => prompts.add([draft.text])}>{words.fromDraft}</button>}
        <button type="button" class="quiet" onClick={() => void take(prompts.add.bind(prompts), words.notImported)}>{common.import}</button>
        {0 < prompts.list.length && <button type="button" class="quiet" onClick={() => saveFile("prompts.json", prompts.exported(), "application/json")}>{common.export}</button>}
      </div>
      {edited !== undefined && <Editor key={edited} text={edited} onDone={() => setEdited(undefined)} />}
      <section class="rows" aria-label={words.own}>
        <h3>{words.own}</h3>
        {prompts.list.length === 0 && <p class="rail-empty">{words.none}</p>}
        <ul>{prompts.list.map((text) => <Row key={text} text={text} onPut={put} onEdit={() => setEdited(text)} />)}</ul>
      </section>
      <section class="rows" aria-label={words.builtIn}>
        <h3>{words.builtIn}</h3>
        <ul>{builtInPrompts(useLanguage()).map((text) => <Row key={text} text={text} onPut={put} />)}</ul>
      </section>
    </Sheet>
  );
}

async function take(add: (texts: readonly string[]) => void, refusal: (name: string) => string): Promise<void> {
  for (const file of await chooseFiles("application/json,.json")) {
    const texts = promptsOf(await file.text());
    if (texts.length === 0) notices.say(refusal(file.name));
    add(texts);
  }
}

function Editor({ text, onDone }: { text: string; onDone: () => void }) {
  const { prompts: words, personas: common } = useWords();
  const { prompts } = useContext(Page);
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const after = String(new FormData(event.currentTarget as HTMLFormElement).get("text"));
    if (text) prompts.change(text, after);
    else prompts.add([after]);
    onDone();
  };
  return (
    <form class="card" onSubmit={save}>
      <label class="field"><span>{words.text}</span><textarea name="text" rows={4} required defaultValue={text} /></label>
      <div class="sheet-tools">
        <button type="submit" class="main">{common.save}</button>
        <button type="button" class="quiet" onClick={onDone}>{common.cancel}</button>
      </div>
    </form>
  );
}

function Row({ text, onPut, onEdit }: { text: string; onPut: (text: string) => void; onEdit?: () => void }) {
  const { prompts: words, personas: common, shell } = useWords();
  const { prompts } = useContext(Page);
  const remove = () => {
    prompts.remove(text);
    notices.say(words.removed, shell.undo, () => prompts.add([text]));
  };
  return (
    <li class="row-item">
      <button type="button" class="row-main" onClick={() => onPut(text)}>{text}</button>
      {onEdit && (
        <div class="row-tools">
          <button type="button" class="quiet" aria-label={`${common.edit}: ${text}`} onClick={onEdit}>{common.edit}</button>
          <button type="button" class="quiet danger" aria-label={`${common.remove}: ${text}`} onClick={remove}>{common.remove}</button>
        </div>
      )}
    </li>
  );
}
