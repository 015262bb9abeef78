// The sheet with a conversation's settings: its persona, its system prompt, how the model writes.
import { useContext, useEffect } from "preact/hooks";
import { useStore } from "../base/store";
import { Page } from "../page";
import { Sheet } from "../parts/sheet";
import type { Chat } from "../talk/chat";
import { UPSTREAM, shortName } from "../wire/model";
import type { Settings } from "../wire/types";
import { useLanguage, useWords } from "../words/words";
import { builtIn } from "./built-in";

const NUMBERS = [
  { name: "temperature", min: 0, max: 2, step: 0.1 },
  { name: "top_p", min: 0, max: 1, step: 0.05 },
  { name: "top_k", min: 0, max: 1000, step: 1 },
  { name: "repetition_penalty", min: 0.1, max: 2, step: 0.05 },
  { name: "max_tokens", min: 1, max: 100_000, step: 1 },
  { name: "seed", min: 0, max: 4_294_967_295, step: 1 },
] as const;
/** Those that a larger model elsewhere does not know. */
const HERE_ONLY: readonly string[] = ["top_k", "repetition_penalty"];
type NumberName = (typeof NUMBERS)[number]["name"];

interface Props {
  chat: Chat;
  onClose: () => void;
  onPersonas: () => void;
}

export function SettingsSheet({ chat, onClose, onPersonas }: Props) {
  const { settings: words } = useWords();
  useStore(chat);
  const set = (change: Settings) => void chat.set(cleaned({ ...chat.settings, ...change }));
  return (
    <Sheet title={words.title} onClose={onClose}>
      <p class="sheet-intro">{words.scope}</p>
      <ModelField chat={chat} onSet={(model) => set({ model })} />
      <PersonaField chat={chat} onPersonas={onPersonas} />
      <label class="field">
        <span>{words.system}</span>
        <textarea key={chat.settings.persona ?? ""} rows={5} placeholder={words.systemHint} defaultValue={chat.settings.system ?? ""}
          onChange={(event) => set({ system: event.currentTarget.value })} />
      </label>
      <fieldset>
        <legend>{words.sampling}</legend>
        <div class="numbers-grid">
          {NUMBERS.map(({ name, ...range }) => <NumberField key={name} name={name} {...range} value={chat.settings[name]} isIdle={chat.isElsewhere && HERE_ONLY.includes(name)} onSet={(value) => set({ [name]: value })} />)}
        </div>
      </fieldset>
      <label class="field">
        <span>{words.overflow}</span>
        <select value={chat.settings.overflow ?? "error"} disabled={chat.isElsewhere} onChange={(event) => set({ overflow: event.currentTarget.value as NonNullable<Settings["overflow"]> })}>
          {(["drop_oldest", "keep_ends", "error"] as const).map((name) => <option key={name} value={name}>{words.overflows[name]}</option>)}
        </select>
      </label>
      <button type="button" class="quiet" onClick={() => void chat.set({ overflow: "drop_oldest" })}>{words.reset}</button>
    </Sheet>
  );
}

function PersonaField({ chat, onPersonas }: { chat: Chat; onPersonas: () => void }) {
  const { settings: words, personas: labels } = useWords();
  const { personas } = useContext(Page);
  useStore(personas);
  useEffect(() => void personas.load(), []);
  const groups = [[labels.own, personas.own], [labels.builtIn, builtIn(useLanguage())], [labels.others, personas.others]] as const;
  const choose = (name: string) => {
    const found = groups.flatMap(([, list]) => [...list]).find((one) => one.name === name);
    void chat.set(cleaned({ ...chat.settings, persona: found?.name ?? "", system: found?.prompt ?? "" }));
  };
  return (
    <label class="field">
      <span>{words.persona}</span>
      <span class="pair">
        <select value={chat.settings.persona ?? ""} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">{words.noPersona}</option>
          {groups.map(([label, list]) => 0 < list.length && <optgroup key={label} label={label}>{list.map(({ name }) => <option key={name} value={name}>{name}</option>)}</optgroup>)}
        </select>
        <button type="button" class="quiet" onClick={onPersonas}>{words.manage}</button>
      </span>
    </label>
  );
}

interface NumberProps {
  name: NumberName;
  min: number;
  max: number;
  step: number;
  value: number | undefined;
  isIdle: boolean;
  onSet: (value: number | undefined) => void;
}

function NumberField({ name, min, max, step, value, isIdle, onSet }: NumberProps) {
  const { settings: words } = useWords();
  const [label, hint] = words[name];
  const take = (field: HTMLInputElement) => {
    const given = field.value === "" ? undefined : Math.min(max, Math.max(min, Number(field.value)));
    onSet(given === undefined || Number.isNaN(given) ? undefined : step === 1 ? Math.round(given) : given);
  };
  return (
    <label class="field number">
      <span>{label}</span>
      <input type="number" min={min} max={max} step={step} value={value ?? ""} placeholder={words.standard} disabled={isIdle} onChange={(event) => take(event.currentTarget)} aria-describedby={`hint-${name}`} />
      <small id={`hint-${name}`}>{hint}</small>
    </label>
  );
}

/** Who answers: the model being served, or the larger one elsewhere, with what leaves this machine then. */
function ModelField({ chat, onSet }: { chat: Chat; onSet: (model: string) => void }) {
  const { settings: words } = useWords();
  const { model } = useContext(Page);
  useStore(model);
  const { upstream } = model;
  const here = `${shortName(model.name)}${0 < model.context ? ` · ${words.context(model.context)}` : ""}`;
  if (!upstream && !chat.isElsewhere) return <p class="model-line"><span>{words.model}</span> {here}</p>;
  return (
    <label class="field">
      <span>{words.model}</span>
      <select data-model value={chat.isElsewhere ? UPSTREAM : ""} onChange={(event) => onSet(event.currentTarget.value)}>
        <option value="">{here}</option>
        <option value={UPSTREAM}>{upstream ? words.elsewhere(upstream.name, upstream.host) : words.noUpstream}</option>
      </select>
      {chat.isElsewhere && upstream && <small role="status">{words.leaves(upstream.host)}</small>}
    </label>
  );
}

/** Settings without what says nothing. */
function cleaned(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== "")) as Settings;
}
