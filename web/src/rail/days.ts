// Conversations by the day of their last change.
import type { Summary } from "../wire/types";

export type Day = "today" | "yesterday" | "week" | "older";
const DAY_MS = 86_400_000;

/** Groups in the order of the list, which is newest first; empty ones are left out. */
export function days(list: readonly Summary[], now: Date): { day: Day; items: Summary[] }[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const dayOf = ({ updated_at: at }: Summary): Day =>
    today <= at ? "today" : today - DAY_MS <= at ? "yesterday" : today - 7 * DAY_MS <= at ? "week" : "older";
  const order: readonly Day[] = ["today", "yesterday", "week", "older"];
  return order.map((day) => ({ day, items: list.filter((one) => dayOf(one) === day) })).filter(({ items }) => 0 < items.length);
}
