// The status bar: the server, and where an answer is on its way.
import { StatusBarAlignment, l10n, window, type Disposable } from "vscode";
import type { Reach, Turn } from "./chat/protocol.ts";

export class Status implements Disposable {
  readonly #item = window.createStatusBarItem("maque.status", StatusBarAlignment.Right, 90);

  constructor() {
    this.#item.name = "Maque";
    this.#item.command = "maque.ask";
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }

  show(reach: Reach, running: Turn | undefined): void {
    this.#item.text = running && reach.kind === "ready" ? turnWords(running) : reachWords(reach);
    this.#item.tooltip = "url" in reach ? ["Maque", "model" in reach ? reach.model : reach.message, reach.url].filter(Boolean).join("\n") : "Maque";
  }
}

function turnWords({ stage, state, figures }: Turn): string {
  if (state === "writing") {
    const rate = Math.round(figures?.rate ?? 0);
    return rate < 1 ? `$(edit) ${l10n.t("Maque: writing")}` : `$(edit) ${l10n.t("Maque: writing, {0} tokens a second", rate)}`;
  }
  if (stage?.stage === "queued") return `$(watch) ${l10n.t("Maque: queued, place {0}", (stage.position ?? 0) + 1)}`;
  if (stage?.stage === "reading" && stage.total) return `$(book) ${l10n.t("Maque: reading {0} %", Math.floor((100 * (stage.done ?? 0)) / stage.total))}`;
  return `$(loading~spin) ${l10n.t("Maque: asking")}`;
}

function reachWords(reach: Reach): string {
  switch (reach.kind) {
    case "looking": return "$(loading~spin) Maque";
    case "absent": return `$(debug-disconnect) ${l10n.t("Maque: no server")}`;
    case "locked": return `$(lock) ${l10n.t("Maque: needs a key")}`;
    case "failed": return `$(error) ${l10n.t("Maque: no model")}`;
    case "coming": return `$(loading~spin) ${l10n.t("Maque: {0} {1} %", reach.stage, Math.floor(100 * reach.share))}`;
    case "ready": return "$(check) Maque";
  }
}
