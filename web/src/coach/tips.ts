// The prompt coach: what to do better in a question, and what a larger model would do better. Pure rules, no network.
import { pickLanguage, type Language } from "../words/words";
import { BOUNDARIES, RULES, SUMMARISE, type Rules } from "./rules";

export type TipName = "many" | "polite" | "open" | "modifiers";
export type HintName = "long" | keyof typeof BOUNDARIES;
export interface Tip {
  name: TipName;
  /** The question as it would be better. */
  rewrite?: string;
  /** The tasks in it, one by one. */
  steps?: string[];
}

const MAX_LOOKED_AT = 600;
const LONG = 3000;
const OPEN_AT_MOST = 60;
const QUESTION = /^(?:what|why|how|who|whose|when|where|which|is|are|was|were|do|does|did|can|could|should|will|would)\b/i;

/** The language that a question is written in. */
export function languageOf(text: string): Language {
  return pickLanguage([/[\u4e00-\u9fff]/.test(text) ? "zh" : "en"]);
}

/** Tips for a question, the most useful first; none for a good one, and none for long texts, which are mostly material. */
export function tipsFor(text: string): Tip[] {
  const asked = text.trim();
  if (asked.length < 4 || MAX_LOOKED_AT < asked.length || asked.includes("```")) return [];
  const language = languageOf(asked);
  const rules = RULES[language];
  const found = [many(asked, rules), polite(asked, rules, language), open(asked, rules, language), modifiers(asked, rules, language)];
  return found.filter((tip) => tip !== undefined);
}

/** What a larger model does better than this one, if the question is of that kind. */
export function hintFor(text: string): HintName | undefined {
  if (LONG < text.length) return SUMMARISE.test(text.slice(0, 300) + text.slice(-300)) ? "long" : undefined;
  const kinds = Object.keys(BOUNDARIES) as (keyof typeof BOUNDARIES)[];
  return kinds.find((kind) => BOUNDARIES[kind].some((pattern) => pattern.test(text)));
}

function many(text: string, { breaks, link, task }: Rules): Tip | undefined {
  const steps: string[] = [];
  let isLinked = false;
  for (const raw of text.split(breaks)) {
    const part = raw.trim().replace(/^\d+[.、)]\s*/, "");
    if (!part) continue;
    if (!task.test(part)) {
      if (steps.length) steps[steps.length - 1] += `${/[\u4e00-\u9fff]/.test(text) ? "，" : ", "}${part}`;
      else steps.push(part);
      continue;
    }
    const isFirst = !steps.some((step) => task.test(step));
    if (!isFirst && link.test(part)) isLinked = true;
    if (isFirst && steps[0]) steps[0] += `${/[\u4e00-\u9fff]/.test(text) ? "，" : ", "}${part}`;
    else steps.push(part);
  }
  const isMany = 3 <= steps.length || (steps.length === 2 && isLinked);
  return isMany ? { name: "many", steps: steps.map((step) => tidy(step.replace(link, ""))) } : undefined;
}

function polite(text: string, { polite: courtesies }: Rules, language: Language): Tip | undefined {
  let weight = 0;
  let rest = text;
  for (const [pattern, each] of courtesies) {
    rest = rest.replace(pattern, () => {
      weight += each;
      return "";
    });
  }
  const clean = tidy(rest);
  const rewrite = language === "zh" ? clean.replace(/吗[？?]?$|[！!]+$/, "") : QUESTION.test(clean) ? clean : clean.replace(/[?!]+$/, ".");
  return 2 <= weight && 3 < rewrite.length ? { name: "polite", rewrite } : undefined;
}

function open(text: string, { open, limit }: Rules, language: Language): Tip | undefined {
  const n = language === "zh" ? text.length : text.split(/\s+/).length * 3;
  if (OPEN_AT_MOST < n || !open.test(text) || limit.test(text)) return undefined;
  const end = language === "zh" ? "请用三句话回答。" : " Answer in three sentences.";
  return { name: "open", rewrite: text.replace(/[。.！!？?\s]*$/, language === "zh" ? "。" : ".") + end };
}

function modifiers(text: string, { modifiers }: Rules, language: Language): Tip | undefined {
  if ((text.match(modifiers)?.length ?? 0) < 3) return undefined;
  const rest = text.replace(modifiers, "");
  const rewrite = language === "zh" ? rest.replace(/[、，](?=[、，的])|(?<=[一篇个段首份，])[的、]+|(?<=的)[、的]+/g, "") : rest.replace(/(?:\s*(?:,|and)\s*)+(?=,|and\b|\w+\b)/g, " ");
  return { name: "modifiers", rewrite: tidy(rewrite) };
}

/** Without the punctuation that was left over, and with a capital at the beginning. */
function tidy(text: string): string {
  const clean = text
    .replace(/[ \t]{2,}/g, " ")
    .replace(/\s+([,.!?;])/g, "$1")
    .replace(/([，,、])(?:\s*[，,、])+/g, "$1")
    .replace(/[，,、]\s*([。.！!？?])/g, "$1")
    .replace(/([。！!？?])[。！!？?]+/g, "$1")
    .replace(/^[\s，,。.！!、；;]+|[\s，,、；;]+$/g, "");
  return clean.charAt(0).toUpperCase() + clean.slice(1);
}
