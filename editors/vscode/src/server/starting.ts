// Starts a server when a person asks for it: in a terminal, where its progress is seen and where it can be ended.
import { ThemeIcon, commands, l10n, window, workspace } from "vscode";
import { homedir } from "node:os";
import { binaryOf } from "./binary.ts";
import { setting } from "./server.ts";

export async function startServer(): Promise<void> {
  if (!workspace.isTrusted) {
    const manage = l10n.t("Manage Workspace Trust");
    const answer = await window.showWarningMessage(l10n.t("Maque starts no program while this workspace is not trusted. A server that already runs can be used."), manage);
    if (answer === manage) await commands.executeCommand("workbench.trust.manage");
    return;
  }
  const wanted = setting("binary") || "maque";
  const binary = await binaryOf(wanted, { platform: process.platform, userHome: homedir(), env: process.env });
  if (!binary) return sayMissing(wanted);
  const model = setting("model");
  const terminal = window.createTerminal({
    name: "Maque", shellPath: binary, shellArgs: ["serve", "--no-open", ...(model ? ["--model", model] : [])],
    cwd: homedir(), iconPath: new ThemeIcon("server-process"), isTransient: true,
  });
  terminal.show(true);
}

async function sayMissing(wanted: string): Promise<void> {
  const open = l10n.t("Open settings");
  const answer = await window.showErrorMessage(l10n.t("{0} was not found; install Maque, or write its whole path into the setting maque.binary.", wanted), open);
  if (answer === open) await commands.executeCommand("workbench.action.openSettings", "maque.binary");
}
