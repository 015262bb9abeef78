// A sheet at the side, over the page: a modal dialog of the browser, so that focus stays inside and comes back.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useWords } from "../words/words";
import { Icon } from "./icons";
import { NoticeList } from "./notices";

interface Props {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Sheet({ title, onClose, children }: Props) {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const closeOutside = (event: MouseEvent) => event.target === dialog.current && dialog.current?.close();
  return (
    <dialog class="sheet" ref={dialog} aria-label={title} onClose={onClose} onMouseDown={closeOutside}>
      <header class="sheet-head">
        <h2>{title}</h2>
        <button type="button" class="quiet round" aria-label={words.shell.close} title={words.shell.close} onClick={() => dialog.current?.close()}><Icon name="close" /></button>
      </header>
      <div class="sheet-body">{children}</div>
      <NoticeList />
    </dialog>
  );
}
