import { expect, test } from "vitest";
import { unmarked } from "../src/ask/unmarked";

test("the marks of Markdown are not shown", () => {
  expect(unmarked("## 4. Refills\n- **Ask** at the `desk`\n> by Ann", "markdown")).toBe("4. Refills\nAsk at the desk\nby Ann");
  expect(unmarked("| What | How long |\n|---|:-:|\n| Insulin | 5 days |", "markdown")).toBe("What · How long\n\nInsulin · 5 days");
  expect(unmarked("Run `sort a | head`.", "markdown")).toBe("Run sort a | head.");
  expect(unmarked("2 * 3 and a - b", "markdown")).toBe("2 * 3 and a - b");
});

test("other documents are shown as they are", () => {
  expect(unmarked("## **no** | marks", "text")).toBe("## **no** | marks");
  expect(unmarked("| a |", null)).toBe("| a |");
});
