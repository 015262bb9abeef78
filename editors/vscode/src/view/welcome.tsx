// The empty conversation: what can be done with code.
import type { Words } from "../chat/words.ts";
import { say } from "./host.ts";

const TASKS = ["explain", "live", "translate", "test", "fix"] as const;

export function Welcome({ words }: { words: Words }) {
  return (
    <section class="welcome">
      <p>{words.hello}</p>
      <ul>{TASKS.map((name) => <li key={name}><button type="button" data-task={name} onClick={() => say({ kind: "task", name })}>{words[name]}</button></li>)}</ul>
      <p class="quiet">{words.helloMore}</p>
    </section>
  );
}
