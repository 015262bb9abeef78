// Everybody who has conversations here.
import { useContext } from "preact/hooks";
import { Page } from "../page";
import { notices } from "../parts/notices";
import { people, removePerson, type Person } from "../wire/admin";
import { reason } from "../wire/api";
import { useLanguage, useWords } from "../words/words";
import { useAsked } from "./asked";

export function PeoplePart() {
  const { admin: words, model } = useWords();
  const language = useLanguage();
  const { session } = useContext(Page);
  const nameOf = ({ id, name }: Person) => name || (id === session.me?.person ? words.you : words.guest(id));
  const { value, again } = useAsked(people, 5000);
  const remove = async (person: Person) => {
    if (!confirm(words.removeSure(nameOf(person)))) return;
    try {
      await removePerson(person.id);
    } catch (error) {
      notices.say(reason(error) || model.lost);
    }
    await again();
  };
  return (
    <section class="part" aria-labelledby="people">
      <h2 id="people">{words.people}</h2>
      <div class="wide" tabIndex={0}>
        <table>
          <thead><tr><th>{words.name}</th><th>{words.role}</th><th class="to-right">{words.kept}</th><th>{words.since}</th><th><span class="unseen">{words.remove}</span></th></tr></thead>
          <tbody>
            {value?.map((person) => (
              <tr key={person.id}>
                <td>{nameOf(person)}</td>
                <td>{words.roles[person.role]}</td>
                <td class="to-right">{words.size(person.bytes)}</td>
                <td>{new Date(person.created_at).toLocaleDateString(language === "zh" ? "zh-CN" : "en")}</td>
                <td class="to-right">{person.id !== session.me?.person && <button type="button" class="quiet danger" aria-label={`${words.remove}: ${nameOf(person)}`} onClick={() => void remove(person)}>{words.remove}</button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
