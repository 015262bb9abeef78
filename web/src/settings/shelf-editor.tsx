// The form of one persona or prompt.
import { useEffect, useRef } from "preact/hooks";
import { useWords } from "../words/words";
import type { Words } from "../words/zh";
import type { ItemDraft } from "./shelf";

interface Props {
  draft: ItemDraft;
  words: Words["personas"] | Words["prompts"];
  onSave: (draft: ItemDraft) => void;
  onCancel: () => void;
}

export function ShelfEditor({ draft, words, onSave, onCancel }: Props) {
  const { shelf: common } = useWords();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>("input, textarea")?.focus(), []);
  const save = (event: Event) => {
    event.preventDefault();
    if (!form.current) return;
    const fields = new FormData(form.current);
    const name = fields.get("name");
    onSave({ ...(name === null ? {} : { name: String(name).trim() }), prompt: String(fields.get("prompt")), shared: fields.has("shared") });
  };
  return (
    <form class="card" ref={form} onSubmit={save}>
      {"name" in words && <label class="field"><span>{words.name}</span><input name="name" required maxLength={200} defaultValue={draft.name ?? ""} /></label>}
      <label class="field"><span>{words.prompt}</span><textarea name="prompt" rows={6} required defaultValue={draft.prompt} /></label>
      <label class="check"><input type="checkbox" name="shared" defaultChecked={draft.shared ?? false} /> {common.shared}</label>
      <div class="sheet-tools">
        <button type="submit" class="main">{common.save}</button>
        <button type="button" class="quiet" onClick={onCancel}>{common.cancel}</button>
      </div>
    </form>
  );
}
