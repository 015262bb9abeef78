// The way to the extension's host, and the little that the editor keeps for the page.
import type { FromPage } from "../chat/protocol.ts";

interface Host {
  postMessage(message: FromPage): void;
  getState(): { draft?: string } | undefined;
  setState(state: { draft: string }): void;
}
declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();

export const say = (message: FromPage) => host.postMessage(message);
export const keptDraft = () => host.getState()?.draft ?? "";
export const keepDraft = (draft: string) => host.setState({ draft });
