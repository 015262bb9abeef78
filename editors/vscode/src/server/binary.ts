// Where the `maque` binary is: a path, or a name that is looked for in PATH and in Cargo's folder.
import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import type { Machine } from "./home.ts";

/** The whole path of a binary; nothing where there is none. */
export async function binaryOf(wanted: string, { platform, userHome, env }: Machine): Promise<string | undefined> {
  const name = wanted.startsWith("~/") ? join(userHome, wanted.slice(2)) : wanted;
  const folders = [...(env.PATH ?? env.Path ?? "").split(delimiter).filter(isAbsolute), join(userHome, ".cargo", "bin"), join(userHome, ".local", "bin")];
  const paths = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  const endings = platform === "win32" ? ["", ".exe"] : [""];
  for (const path of paths.flatMap((path) => endings.map((ending) => path + ending))) {
    if (await access(path, constants.X_OK).then(() => true, () => false)) return path;
  }
  return undefined;
}
