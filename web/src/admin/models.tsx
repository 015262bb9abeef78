// The models on disk and those that can be fetched: pull with progress, verify, remove.
import { useState } from "preact/hooks";
import { Rate } from "../base/rate";
import { notices } from "../parts/notices";
import { models, removeModel, work, type ModelRow, type Step } from "../wire/admin";
import { Refusal, reason } from "../wire/api";
import { useLanguage, useWords } from "../words/words";
import { useAsked } from "./asked";

const LOOK_MS = 3000;

export function ModelsPart() {
  const { admin: words } = useWords();
  const { value, isAbsent, again } = useAsked(models, LOOK_MS);
  if (isAbsent) return null;
  return (
    <section class="part" aria-labelledby="models">
      <h2 id="models">{words.models}</h2>
      <ul>{value?.map((model) => <Row key={model.name} model={model} onChange={again} />)}</ul>
    </section>
  );
}

function Row({ model, onChange }: { model: ModelRow; onChange: () => Promise<void> }) {
  const { admin: words, model: lost } = useWords();
  const language = useLanguage();
  const [step, setStep] = useState<Step | undefined>();
  const [rate] = useState(() => new Rate());
  const run = async (task: "pull" | "verify") => {
    try {
      for await (const next of work(task, model.name)) {
        if (next.error) throw new Refusal(500, next.error);
        rate.note(performance.now(), next.done ?? 0);
        setStep(next);
      }
      notices.say(task === "pull" ? words.pulled(model.name) : words.verified(model.name));
    } catch (error) {
      notices.say(`${model.name}: ${reason(error) || lost.lost}`);
    }
    setStep(undefined);
    await onChange();
  };
  const remove = async () => {
    if (!confirm(words.removeModelSure(model.name))) return;
    try {
      const { freed } = await removeModel(model.name);
      notices.say(words.removedModel(model.name, words.size(freed)));
    } catch (error) {
      notices.say(reason(error) || lost.lost);
    }
    await onChange();
  };
  const description = language === "zh" && model.chinese ? model.chinese : model.description;
  const shown = step ?? model.job ?? undefined;
  return (
    <li class="row-item model">
      <p><b>{model.name}</b>{model.served && <span class="tag">{words.served}</span>}<small>{description}{model.license && ` · ${model.license}`}{0 < model.n_bytes && ` · ${words.size(model.n_bytes)}`}</small></p>
      {shown ? <Progress step={shown} rate={rate} name={model.name} /> : (
        <div class="row-tools">
          {!model.here && <button type="button" class="quiet strong" aria-label={`${words.pull}: ${model.name}`} onClick={() => void run("pull")}>{words.pull}</button>}
          {model.here && <button type="button" class="quiet" aria-label={`${words.verify}: ${model.name}`} onClick={() => void run("verify")}>{words.verify}</button>}
          {model.here && !model.served && <button type="button" class="quiet danger" aria-label={`${words.remove}: ${model.name}`} onClick={() => void remove()}>{words.remove}</button>}
        </div>
      )}
    </li>
  );
}

function Progress({ step: { status, done = 0, total = 0, source }, rate, name }: { step: Step; rate: Rate; name: string }) {
  const { admin: words, model } = useWords();
  const speed = rate.perSecond();
  const parts = [status === "verifying" ? words.verifying : status === "trying" ? words.trying(source ?? "") : words.pulling];
  if (0 < total) parts.push(model.megabytes(done, total));
  if (0 < total && 0 < speed) parts.push(model.rate(speed), model.left((total - done) / speed));
  return <div class="stage"><progress {...(0 < total ? { value: done, max: total } : {})} aria-label={name} /><span class="numbers">{parts.join(" · ")}</span></div>;
}
