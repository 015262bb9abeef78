// Light, dark, or as the system says.
import { kept } from "./keep";

export type Theme = "system" | "light" | "dark";
const ORDER: readonly Theme[] = ["system", "light", "dark"];

export function savedTheme(): Theme {
  return ORDER.find((theme) => theme === kept.get("theme")) ?? "system";
}

export function nextTheme(theme: Theme): Theme {
  return ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system";
}

export function applyTheme(theme: Theme): void {
  kept.set("theme", theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
