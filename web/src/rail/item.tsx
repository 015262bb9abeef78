// One conversation in the list: its title, what was found in it, and what can be done with it.
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { saveFile } from "../base/file";
import { Page, type Reach } from "../page";
import { Icon } from "../parts/icons";
import { Menu } from "../parts/menu";
import { notices } from "../parts/notices";
import type { Found, Summary } from "../wire/types";
import { useWords } from "../words/words";
import type { Words } from "../words/zh";

export function Item({ one }: { one: Summary | Found }) {
  const words = useWords();
  const { desk } = useContext(Page);
  const [isRenamed, setRenamed] = useState(false);
  const title = one.title || words.shell.untitled;
  const isHere = desk.current.id === one.id;
  const sought = "message" in one ? (one.message ?? undefined) : undefined;
  const open = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    desk.open(one.id, sought);
  };
  if (isRenamed) return <li class="item"><Rename title={one.title} onDone={(title) => { setRenamed(false); if (title) void desk.rename(one.id, title); }} /></li>;
  return (
    <li class={`item${isHere ? " here" : ""}`}>
      <a href={`/c/${one.id}`} aria-current={isHere ? "page" : undefined} title={title} onClick={open}>
        <span class="title">{title}</span>
        {desk.isRunning(one.id) && <span class="dot coming" role="img" aria-label={words.rail.running} />}
        {"excerpt" in one && one.excerpt && <Excerpt text={one.excerpt} query={desk.query} />}
      </a>
      <Menu label={words.rail.menu(title)} button={<Icon name="dots" />} kind="quiet round more">
        <button type="button" onClick={() => setRenamed(true)}>{words.rail.rename}</button>
        <button type="button" onClick={() => void save(desk, one.id, title, "json")}>{words.rail.exportJson}</button>
        <button type="button" onClick={() => void save(desk, one.id, title, "markdown")}>{words.rail.exportMarkdown}</button>
        <button type="button" class="danger" onClick={() => void remove(desk, one.id, title, words)}>{words.rail.remove}</button>
      </Menu>
    </li>
  );
}

async function save(desk: Reach["desk"], id: number, title: string, format: "json" | "markdown"): Promise<void> {
  const [ending, kind] = format === "json" ? ["json", "application/json"] : ["md", "text/markdown"];
  saveFile(`${title.slice(0, 60)}.${ending}`, await desk.export(id, format), kind);
}

async function remove(desk: Reach["desk"], id: number, title: string, words: Words): Promise<void> {
  const undo = await desk.remove(id);
  notices.say(words.rail.removed(title), words.shell.undo, undo);
}

function Rename({ title, onDone }: { title: string; onDone: (title: string) => void }) {
  const { rail: words } = useWords();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") onDone("");
    if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229) onDone(field.current?.value.trim() ?? "");
  };
  return <input ref={field} class="rename" maxLength={200} defaultValue={title} aria-label={words.title} onKeyDown={press} onBlur={() => onDone(field.current?.value.trim() ?? "")} />;
}

/** The text around what was searched for, with it marked. */
function Excerpt({ text, query }: { text: string; query: string }) {
  const words = query.trim().split(/\s+/).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = words.length ? text.split(new RegExp(`(${words.join("|")})`, "gi")) : [text];
  return <span class="excerpt">{parts.map((part, idx) => (idx % 2 ? <mark key={idx}>{part}</mark> : part))}</span>;
}
