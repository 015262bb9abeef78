// Where Maque keeps its data: the folder in which a running server leaves its note (as `directories` finds it for the binary).
import { join } from "node:path";

export interface Machine {
  platform: NodeJS.Platform;
  userHome: string;
  env: Record<string, string | undefined>;
}

/** `MAQUE_HOME`, or the platform's data folder. */
export function maqueHome({ platform, userHome, env }: Machine): string {
  if (env.MAQUE_HOME) return env.MAQUE_HOME;
  switch (platform) {
    case "win32": return join(env.APPDATA ?? join(userHome, "AppData", "Roaming"), "maque", "data");
    case "darwin": return join(userHome, "Library", "Application Support", "maque");
    default: return join(absolute(env.XDG_DATA_HOME) ?? join(userHome, ".local", "share"), "maque");
  }
}

/** XDG has relative paths ignored. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith("/") ? path : undefined;
}
