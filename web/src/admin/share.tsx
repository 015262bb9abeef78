// Letting others in: the address as a QR code, and a PIN; both end after ten minutes.
import { encode } from "uqr";
import { useContext, useEffect, useState } from "preact/hooks";
import { CopyButton } from "../parts/copy";
import { notices } from "../parts/notices";
import { Page } from "../page";
import { reason } from "../wire/api";
import { invite, share, switchSharing, type Invitation, type Person } from "../wire/admin";
import { useWords } from "../words/words";
import { useAsked } from "./asked";

export function SharePart() {
  const { admin: words, model } = useWords();
  const { session } = useContext(Page);
  const { value, again } = useAsked(share, 5000);
  const [invitation, setInvitation] = useState<Invitation & { until: number }>();
  const [guests, setGuests] = useState(1);
  const [role, setRole] = useState<Person["role"]>("user");
  const isShared = value?.shared ?? session.me?.shared ?? false;
  const urls = value?.urls.length ? value.urls : [location.origin];
  const attempt = async (act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      notices.say(reason(error) || model.lost);
    }
  };
  const make = () => attempt(async () => {
    const made = await invite(guests, role);
    setInvitation({ ...made, until: Date.now() + made.expires_in * 1000 });
  });
  const flip = () => attempt(async () => {
    setInvitation(undefined);
    await switchSharing(!isShared);
    await again();
  });
  return (
    <section class="part" aria-labelledby="share">
      <h2 id="share">{words.share}</h2>
      <p class="part-state">
        <span class={`dot ${isShared ? "good" : ""}`} />{isShared ? words.isShared : words.notShared}
        <span class="grow" />
        <button type="button" role="switch" aria-checked={isShared} class={isShared ? "quiet strong" : "main"} onClick={() => void flip()}>{isShared ? words.shareOff : words.shareOn}</button>
      </p>
      {isShared ? (
        <>
          <ul class="urls">{urls.map((url) => <li key={url}><code>{url}</code><CopyButton text={url} /></li>)}</ul>
          <form class="inline" onSubmit={(event) => { event.preventDefault(); void make(); }}>
            <label class="field"><span>{words.guests}</span><input type="number" min={1} max={100} value={guests} onInput={(event) => setGuests(Number(event.currentTarget.value) || 1)} /></label>
            <label class="field"><span>{words.role}</span>
              <select value={role} onChange={(event) => setRole(event.currentTarget.value as Person["role"])}><option value="user">{words.roles.user}</option><option value="admin">{words.roles.admin}</option></select>
            </label>
            <button type="submit" class="main">{words.invite}</button>
          </form>
          {invitation && <Ticket key={invitation.pin} invitation={invitation} url={urls[0] ?? location.origin} onEnd={() => setInvitation(undefined)} />}
          <p class="part-note">{words.plainHttp}</p>
        </>
      ) : <p class="part-note">{words.shareHow} <code>maque serve --share</code></p>}
    </section>
  );
}

function Ticket({ invitation, url, onEnd }: { invitation: Invitation & { until: number }; url: string; onEnd: () => void }) {
  const { admin: words } = useWords();
  const [left, setLeft] = useState(invitation.expires_in);
  useEffect(() => {
    const timer = setInterval(() => {
      const seconds = Math.round((invitation.until - Date.now()) / 1000);
      if (seconds <= 0) onEnd();
      else setLeft(seconds);
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  const link = `${url.replace(/\/$/, "")}/${invitation.fragment}`;
  return (
    <div class="ticket">
      <Qr text={link} label={words.qr} />
      <div>
        <p>{words.scan}</p>
        <p class="pin" data-pin>{invitation.pin.replace(/(\d{4})(\d{4})/, "$1 $2")}</p>
        <p class="part-note">{words.pinHow(url)} <span class="numbers">{words.expires(Math.floor(left / 60), left % 60)}</span></p>
        <CopyButton text={link} label={words.copyLink} />
      </div>
    </div>
  );
}

/** A QR code as one path, dark on light whatever the theme, as cameras want it. */
function Qr({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges"><path d={path} /></svg>;
}
