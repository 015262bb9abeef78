// A part of the page that is loaded when it is first shown.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface PartProps {
  onLanguage: () => void;
}

export function Later({ load, onLanguage }: PartProps & { load: () => Promise<ComponentType<PartProps>> }) {
  const [Part, setPart] = useState<ComponentType<PartProps>>();
  useEffect(() => void load().then((part) => setPart(() => part)), []);
  return Part ? <Part onLanguage={onLanguage} /> : null;
}
