// The side bar's page: shown what there is, at most once a frame; what it says is handed on.
import { EventEmitter, Uri, type Disposable, type Webview, type WebviewView, type WebviewViewProvider } from "vscode";
import { randomBytes } from "node:crypto";
import type { Server } from "../server/server.ts";
import type { FromPage, ToPage, View } from "./protocol.ts";

const FRAME_MS = 30;

export class Panel implements WebviewViewProvider, Disposable {
  #view: WebviewView | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isToFocus = false;
  readonly #said = new EventEmitter<FromPage>();
  readonly onDidSay = this.#said.event;

  constructor(private readonly root: Uri, private readonly server: Server, private readonly viewOf: () => View) {}

  dispose(): void {
    clearTimeout(this.#timer);
    this.#said.dispose();
  }

  resolveWebviewView(view: WebviewView): void {
    this.#view = view;
    const dist = Uri.joinPath(this.root, "dist");
    view.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    view.webview.onDidReceiveMessage((message: FromPage) => this.#hear(message));
    view.onDidChangeVisibility(() => this.server.watch(view.visible));
    view.onDidDispose(() => {
      this.#view = undefined;
      this.server.watch(false);
    });
    view.webview.html = pageOf(view.webview, dist);
    this.server.watch(view.visible);
  }

  /** Shows what there is, soon. */
  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#post({ kind: "view", view: this.viewOf() });
    }, FRAME_MS);
  }

  /** A piece of an answer; the view that may be due already contains it. */
  write(id: number, text: string): void {
    if (this.#timer === undefined) this.#post({ kind: "text", id, text });
  }

  /** Puts the cursor into the page's field, now or once there is a page. */
  focus(): void {
    this.#isToFocus = true;
    this.#post({ kind: "focus" });
  }

  #hear(message: FromPage): void {
    if (message.kind === "ready") {
      this.refresh();
      if (this.#isToFocus) this.#post({ kind: "focus" });
      this.#isToFocus = false;
    }
    this.#said.fire(message);
  }

  #post(message: ToPage): void {
    void this.#view?.webview.postMessage(message);
  }
}

/** Nothing but the extension's own script and style sheet; no request to anywhere; no HTML from strings. */
function pageOf(webview: Webview, dist: Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const of = (name: string) => webview.asWebviewUri(Uri.joinPath(dist, name)).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${of("view.css")}"></head>
<body><script nonce="${nonce}" src="${of("view.js")}"></script></body></html>`;
}
