// Text fields for questions: they grow with their text, and Enter sends.
import { hasTouch } from "../base/media";

const MAX_HEIGHT_PX = 260;

/** Whether this key press means "send": not while composing, and a new line on touch keyboards. */
export function isSend(event: KeyboardEvent): boolean {
  const isComposing = event.isComposing || event.keyCode === 229;
  return event.key === "Enter" && !event.shiftKey && !isComposing && !hasTouch();
}

export function fit(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, MAX_HEIGHT_PX)}px`;
}
