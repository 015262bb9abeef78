// The head of the pages beside the chat: whose they are, the way back, the language.
import { useContext } from "preact/hooks";
import type { PartProps } from "../later";
import { Page } from "../page";
import { useWords } from "../words/words";
import { Sparrow } from "./icons";

export function Top({ onLanguage }: PartProps) {
  const words = useWords();
  const { route } = useContext(Page);
  const back = (event: MouseEvent) => {
    event.preventDefault();
    route.go("/");
  };
  return (
    <header class="top">
      <p class="brand"><Sparrow />Maque</p>
      <span class="grow" />
      <a class="quiet tool" href="/" onClick={back}>{words.shell.back}</a>
      <button type="button" class="quiet tool" id="language" lang={words.language === "中文" ? "zh-CN" : "en"} onClick={onLanguage}>{words.language}</button>
    </header>
  );
}
