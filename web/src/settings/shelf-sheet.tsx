// The sheet with personas or prompts: choose, write, change, share, export, import.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { chooseFiles, saveFile } from "../base/file";
import { useStore } from "../base/store";
import { notices, tried } from "../parts/notices";
import { Sheet } from "../parts/sheet";
import type { ShelfItem } from "../wire/types";
import { useWords } from "../words/words";
import type { Words } from "../words/zh";
import { draftsOf, type ItemDraft, type Shelf } from "./shelf";
import { ShelfEditor } from "./shelf-editor";

interface Props {
  shelf: Shelf;
  words: Words["personas"] | Words["prompts"];
  builtIn: readonly ItemDraft[];
  /** Shows one, and chooses it. */
  show: (item: ItemDraft, tag: ComponentChildren) => ComponentChildren;
  /** The button of one that chooses it, where showing it does not. */
  use?: ((item: ItemDraft) => ComponentChildren) | undefined;
  /** More beside the buttons at the top. */
  more?: ComponentChildren;
  onClose: () => void;
}

export function ShelfSheet({ shelf, words, builtIn, show, use, more, onClose }: Props) {
  const { shelf: common, model } = useWords();
  const [edited, setEdited] = useState<ItemDraft & { id?: number }>();
  useStore(shelf);
  useEffect(() => void shelf.load(), []);
  const save = async (draft: ItemDraft) => {
    if (await tried(() => shelf.save(draft, edited?.id), model.lost)) setEdited(undefined);
  };
  const rows = { shelf, words, show, use, onEdit: setEdited };
  return (
    <Sheet title={words.title} onClose={onClose}>
      <p class="sheet-intro">{words.intro}</p>
      <div class="sheet-tools">
        <button type="button" class="main" onClick={() => setEdited({ prompt: "" })}>{words.add}</button>
        {more}
        <button type="button" class="quiet" onClick={() => void tried(() => take(shelf, words.notImported), model.lost)}>{common.import}</button>
        {0 < shelf.own.length && <button type="button" class="quiet" onClick={() => saveFile(`${shelf.kind}.json`, shelf.exported(), "application/json")}>{common.export}</button>}
      </div>
      {edited && <ShelfEditor key={edited.id ?? "new"} draft={edited} words={words} onSave={(draft) => void save(draft)} onCancel={() => setEdited(undefined)} />}
      <Rows label={words.own} list={shelf.own} none={words.none} {...rows} />
      <Rows label={words.builtIn} list={builtIn} {...rows} />
      <Rows label={words.others} list={shelf.others} {...rows} />
    </Sheet>
  );
}

async function take(shelf: Shelf, refusal: (name: string) => string): Promise<void> {
  for (const file of await chooseFiles("application/json,.json")) {
    const drafts = draftsOf(shelf.kind, await file.text());
    if (drafts.length === 0) notices.say(refusal(file.name));
    await shelf.take(drafts);
  }
}

interface RowsProps extends Pick<Props, "shelf" | "words" | "show" | "use"> {
  label: string;
  list: readonly (ShelfItem | ItemDraft)[];
  none?: string;
  onEdit: (item: ItemDraft & { id?: number }) => void;
}

function Rows({ label, list, none, ...rest }: RowsProps) {
  if (list.length === 0 && !none) return null;
  return (
    <section class="rows" aria-label={label}>
      <h3>{label}</h3>
      {list.length === 0 && <p class="rail-empty">{none}</p>}
      <ul>{list.map((item) => <Row key={"id" in item ? item.id : item.prompt} item={item} {...rest} />)}</ul>
    </section>
  );
}

function Row({ item, shelf, words, show, use, onEdit }: { item: ShelfItem | ItemDraft } & Omit<RowsProps, "label" | "list" | "none">) {
  const { shelf: common, shell, model } = useWords();
  const own = "own" in item && item.own ? item : undefined;
  const name = item.name ?? item.prompt;
  const remove = async (own: ShelfItem) => {
    if (await tried(() => shelf.remove(own.id), model.lost)) notices.say(words.removed(name), shell.undo, () => shelf.save(own));
  };
  return (
    <li class="row-item">
      {show(item, own?.shared && <span class="tag">{common.isShared}</span>)}
      {(own || use) && (
        <div class="row-tools">
          {use?.(item)}
          <button type="button" class="quiet" aria-label={`${own ? common.edit : common.copy}: ${name}`} onClick={() => onEdit(own ?? { name: item.name, prompt: item.prompt })}>{own ? common.edit : common.copy}</button>
          {own && <button type="button" class="quiet danger" aria-label={`${common.remove}: ${name}`} onClick={() => void remove(own)}>{common.remove}</button>}
        </div>
      )}
    </li>
  );
}
