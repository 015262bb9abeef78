// Programming languages: VS Code's ids of them, and what people and models call them.

/** Names by id; where several ids have one name, the first is what the name stands for. */
const NAMES: Record<string, string> = {
  javascript: "JavaScript", javascriptreact: "JavaScript", typescript: "TypeScript", typescriptreact: "TypeScript", python: "Python", java: "Java", c: "C", cpp: "C++",
  csharp: "C#", go: "Go", rust: "Rust", kotlin: "Kotlin", swift: "Swift", php: "PHP", ruby: "Ruby", sql: "SQL", shellscript: "Bash", powershell: "PowerShell", lua: "Lua",
  r: "R", perl: "Perl", html: "HTML", css: "CSS", json: "JSON", yaml: "YAML", xml: "XML", vue: "Vue", dart: "Dart", scala: "Scala", haskell: "Haskell",
};
/** Languages to translate to. */
export const TARGETS = ["Python", "JavaScript", "TypeScript", "Java", "C", "C++", "C#", "Go", "Rust", "Kotlin", "Swift", "PHP", "Ruby", "Lua", "Bash", "SQL"];

/** What a language is called; nothing for plain text. */
export function nameOf(id: string): string {
  return NAMES[id] ?? (id === "plaintext" ? "" : id);
}

/** The language that a person or a fence names. */
export function idOf(name: string): string {
  const wanted = name.toLowerCase();
  return Object.entries(NAMES).find(([id, known]) => id === wanted || known.toLowerCase() === wanted)?.[0] ?? "plaintext";
}
