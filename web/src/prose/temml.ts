// Temml behind one function: TeX to its tree, with everything that could reach outside turned off.
import temml from "temml";
import type { MathNode } from "./maths";

const LIMITS = { trust: false, strict: false, throwOnError: true, maxSize: [10, 10] as [number, number], maxExpand: 200 };

/** The tree of a formula; throws where it cannot be read. */
export function parse(tex: string, isBlock: boolean): MathNode {
  return temml.__renderToMathMLTree(tex, { ...LIMITS, displayMode: isBlock }) as MathNode;
}
