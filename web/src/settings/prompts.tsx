// The sheet with prompts: a press puts one into the input.
import { useContext } from "preact/hooks";
import { Page } from "../page";
import { tried } from "../parts/notices";
import type { Draft } from "../talk/composer";
import { useLanguage, useWords } from "../words/words";
import { builtInPrompts } from "./built-in";
import { ShelfSheet } from "./shelf-sheet";

interface Props {
  draft: Draft;
  onClose: () => void;
}

export function PromptsSheet({ draft, onClose }: Props) {
  const { prompts: words, model } = useWords();
  const { prompts } = useContext(Page);
  const text = draft.text.trim();
  const put = (prompt: string) => {
    draft.put(text ? prompt.replace(/\[[^\]]*\]/, () => text) : prompt);
    onClose();
  };
  const keep = <button type="button" class="quiet" onClick={() => void tried(() => prompts.take([{ prompt: text }]), model.lost)}>{words.fromDraft}</button>;
  return (
    <ShelfSheet shelf={prompts} words={words} builtIn={builtInPrompts(useLanguage())} more={text && keep} onClose={onClose}
      show={({ prompt }, tag) => <><button type="button" class="row-main" onClick={() => put(prompt)}>{prompt}</button>{tag}</>} />
  );
}
