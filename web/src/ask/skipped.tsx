// The files that are not in the library, and why: for those who can mend them.
import { sum } from "../base/sum";
import type { LibraryStatus } from "../wire/library";
import { useWords } from "../words/words";

export function Skipped({ status }: { status: LibraryStatus | undefined }) {
  const { ask: words } = useWords();
  const mine = status?.folders.filter((one) => one.path !== null) ?? []; // only administrators learn where folders are
  const n = sum(mine.map((one) => one.skipped));
  if (!status || n === 0) return null;
  const more = n - status.skipped.length;
  return (
    <details class="skipped">
      <summary>{words.skipped(n)}</summary>
      <ul>
        {status.skipped.map((one) => <li key={`${one.folder}/${one.file}`}><bdi>{one.file}</bdi><span>{words.why[one.code] ?? one.reason}</span></li>)}
        {0 < more && <li><span>{words.more(more)}</span></li>}
      </ul>
    </details>
  );
}
