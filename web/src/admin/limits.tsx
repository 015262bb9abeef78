// What a client may take of the server: its table of limits.
import { limits } from "../wire/admin";
import { useLanguage, useWords } from "../words/words";
import { useAsked } from "./asked";

export function LimitsPart() {
  const { admin: words } = useWords();
  const language = useLanguage();
  const { value } = useAsked(limits);
  if (!value) return null;
  return (
    <section class="part" aria-labelledby="limits">
      <h2 id="limits">{words.limits}</h2>
      <details>
        <summary>{words.limitsHow(value.length)}</summary>
        <div class="table">
          <table>
            <tbody>
              {value.map((limit) => (
                <tr key={limit.name}>
                  <td>{language === "zh" ? limit.chinese : limit.english}</td>
                  <td class="numbers">{limit.value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
