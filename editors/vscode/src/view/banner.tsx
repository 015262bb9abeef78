// The line above the turns when there is no model to ask: why, and what to do.
import { filled } from "../chat/filled.ts";
import type { View } from "../chat/protocol.ts";
import { say } from "./host.ts";

export function Banner({ view: { reach, words } }: { view: View }) {
  const button = (kind: "start" | "address" | "key" | "look", label: string, style = "") => <button type="button" class={style} onClick={() => say({ kind })}>{label}</button>;
  switch (reach.kind) {
    case "ready": return null;
    case "looking": return <section class="banner" role="status"><p>{words.looking}</p></section>;
    case "coming": return (
      <section class="banner" role="status">
        <p>{filled(words.coming, { 0: reach.stage })}</p>
        <progress {...(0 < reach.share ? { value: reach.share } : {})} />
      </section>
    );
    case "absent": return <section class="banner" role="status"><p>{words.absent}</p><p>{button("start", words.start, "main")} {button("address", words.address)} {button("look", words.lookAgain)}</p></section>;
    case "locked": return <section class="banner" role="status"><p>{filled(words.locked, { 0: reach.url })}</p><p>{button("key", words.key, "main")}</p></section>;
    case "failed": return <section class="banner trouble" role="alert"><p>{filled(words.failed, { 0: reach.message })}</p><p>{button("look", words.lookAgain)}</p></section>;
  }
}
