// The button that copies a text and says whether it did.
import { useState } from "preact/hooks";
import { copyText } from "../base/clipboard";
import { useWords } from "../words/words";

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { turn } = useWords();
  const [said, setSaid] = useState<"copy" | "copied" | "notCopied">("copy");
  const copy = async () => {
    setSaid((await copyText(text)) ? "copied" : "notCopied");
    setTimeout(() => setSaid("copy"), 1600);
  };
  return <button type="button" class="quiet" data-copy onClick={() => void copy()}><span aria-live="polite">{said === "copy" ? (label ?? turn.copy) : turn[said]}</span></button>;
}
