// The form of one persona.
import { useEffect, useRef } from "preact/hooks";
import type { Persona } from "../wire/types";
import { useWords } from "../words/words";
import type { PersonaDraft } from "./persona-shelf";

interface Props {
  persona: Partial<Persona>;
  onSave: (draft: PersonaDraft) => void;
  onCancel: () => void;
}

export function PersonaEditor({ persona, onSave, onCancel }: Props) {
  const { personas: words } = useWords();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const save = (event: Event) => {
    event.preventDefault();
    if (!form.current) return;
    const fields = new FormData(form.current);
    onSave({ name: String(fields.get("name")).trim(), prompt: String(fields.get("prompt")), shared: fields.has("shared") });
  };
  return (
    <form class="card" ref={form} onSubmit={save}>
      <label class="field"><span>{words.name}</span><input name="name" required maxLength={200} defaultValue={persona.name ?? ""} /></label>
      <label class="field"><span>{words.prompt}</span><textarea name="prompt" rows={6} required defaultValue={persona.prompt ?? ""} /></label>
      <label class="check"><input type="checkbox" name="shared" defaultChecked={persona.shared ?? false} /> {words.shared}</label>
      <div class="sheet-tools">
        <button type="submit" class="main">{words.save}</button>
        <button type="button" class="quiet" onClick={onCancel}>{words.cancel}</button>
      </div>
    </form>
  );
}
