// Draws a list that only grows: groups that are full are never drawn again.
import type { ComponentChildren, VNode } from "preact";
import { memo } from "preact/compat";
import type { Growing } from "./growing";

interface Props<T> {
  list: Growing<T>;
  tail: readonly T[];
  draw: (item: T, idx: number) => ComponentChildren;
}

export function Grown<T>({ list, tail, draw }: Props<T>): VNode {
  return (
    <>
      {list.full.map((group, idx) => <Group key={idx} group={group as readonly unknown[]} draw={draw as Props<unknown>["draw"]} />)}
      <Group key={list.full.length} group={[...list.open, ...tail] as readonly unknown[]} draw={draw as Props<unknown>["draw"]} />
    </>
  );
}

const Group = memo(
  ({ group, draw }: { group: readonly unknown[]; draw: Props<unknown>["draw"] }) => <>{group.map((item, idx) => draw(item, idx))}</>,
  (before, after) => before.group === after.group,
);
