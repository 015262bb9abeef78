// The sheet with personas: one that is used answers this conversation.
import { useContext } from "preact/hooks";
import { useStore } from "../base/store";
import { Page } from "../page";
import type { Chat } from "../talk/chat";
import { useLanguage, useWords } from "../words/words";
import { builtIn } from "./built-in";
import type { ItemDraft } from "./shelf";
import { ShelfSheet } from "./shelf-sheet";

interface Props {
  chat: Chat;
  onClose: () => void;
}

export function PersonasSheet({ chat, onClose }: Props) {
  const { personas: words } = useWords();
  const { personas } = useContext(Page);
  useStore(chat);
  const use = ({ name = "", prompt }: ItemDraft) => {
    const isUsed = chat.settings.persona === name && chat.settings.system === prompt;
    return (
      <button type="button" class="quiet strong" disabled={isUsed} aria-label={`${words.use}: ${name}`}
        onClick={() => void chat.set({ ...chat.settings, persona: name, system: prompt })}>{isUsed ? words.inUse : words.use}</button>
    );
  };
  return (
    <ShelfSheet shelf={personas} words={words} builtIn={builtIn(useLanguage())} use={use} onClose={onClose}
      show={({ name, prompt }, tag) => <p><b>{name}</b>{tag}<small>{prompt}</small></p>} />
  );
}
