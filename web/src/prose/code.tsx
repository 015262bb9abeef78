// A block of code: its language, a button that copies it, and colours once they are loaded.
import { memo } from "preact/compat";
import { useEffect, useMemo, useState } from "preact/hooks";
import { CopyButton } from "../parts/copy";
import { Grown } from "./grown";
import type { Piece } from "./highlight";
import { Painter, type Colour } from "./painter";

interface Props {
  block: { language: string; text: string };
}
interface Colours {
  coloured: Colour;
  isKnown: (language: string) => boolean;
}

let colours: Colours | undefined;

/** The colours, once they are loaded. */
function useColours(): Colours | undefined {
  const [known, setKnown] = useState(colours);
  useEffect(() => {
    if (!known) void import("./highlight").then((loaded) => setKnown((colours = loaded)));
  }, []);
  return known;
}

export function Code({ block: { language, text } }: Props) {
  const loaded = useColours();
  const name = /^[\w+#.-]*/.exec(language)?.[0].toLowerCase() ?? "";
  const painter = useMemo(() => new Painter(loaded?.isKnown(name) ? loaded.coloured : undefined, name), [loaded, name]);
  painter.update(text);
  return (
    <figure class="code">
      <figcaption><span>{language}</span><CopyButton text={text} /></figcaption>
      <pre tabIndex={0}><code><Grown list={painter.settled} tail={[painter.tail]} draw={line} /></code></pre>
    </figure>
  );
}

function line(pieces: Piece[], idx: number) {
  return <Line key={idx} pieces={pieces} />;
}

const Line = memo(
  ({ pieces }: { pieces: Piece[] }) => <>{pieces.map((piece) => (piece.kind ? <span class={piece.kind}>{piece.text}</span> : piece.text))}</>,
  (before, after) => before.pieces === after.pieces,
);
