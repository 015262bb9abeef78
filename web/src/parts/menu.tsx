// A button with a list of actions, which opens beside it, above everything; Escape and a click elsewhere close it.
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

const GAP_PX = 4;

interface Props {
  label: string;
  button: ComponentChildren;
  children: ComponentChildren;
  kind?: string;
}

export function Menu({ label, button, children, kind = "quiet" }: Props) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const place = (event: { newState?: string }) => {
    if (event.newState !== "open" || !opener.current || !list.current) return;
    const at = opener.current.getBoundingClientRect();
    const { offsetHeight, offsetWidth, style } = list.current;
    const below = at.bottom + GAP_PX;
    style.top = `${below + offsetHeight <= innerHeight ? below : Math.max(GAP_PX, at.top - GAP_PX - offsetHeight)}px`;
    style.left = `${Math.max(GAP_PX, Math.min(at.left, innerWidth - offsetWidth - GAP_PX))}px`;
    list.current.querySelector("button")?.focus();
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    buttons.at((buttons.indexOf(document.activeElement as HTMLButtonElement) + step) % buttons.length)?.focus();
  };
  return (
    <>
      <button type="button" ref={opener} class={kind} aria-label={label} title={label} popovertarget={id}>{button}</button>
      <div popover="auto" id={id} ref={list} class="menu" onToggle={place as never} onKeyDown={press} onClick={() => list.current?.hidePopover()}>{children}</div>
    </>
  );
}
