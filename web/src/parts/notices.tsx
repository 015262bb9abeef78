// Short notices at the bottom: what was done, and a way to undo it.
import { Store, useStore } from "../base/store";
import { reason } from "../wire/api";

const STAY_MS = 7000;

interface Notice {
  id: number;
  text: string;
  label: string | undefined;
  action: (() => unknown) | undefined;
}

class Notices extends Store {
  list: Notice[] = [];
  #n = 0;

  say(text: string, label?: string, action?: () => unknown): void {
    const id = ++this.#n;
    this.list = [...this.list.slice(-2), { id, text, label, action }];
    this.changed();
    setTimeout(() => this.drop(id), STAY_MS);
  }

  drop(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
    this.changed();
  }
}

export const notices = new Notices();

/** Does what may be refused, and says so; whether it was done. */
export async function tried(action: () => Promise<unknown>, lost: string): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    notices.say(reason(error) || lost);
    return false;
  }
}

export function NoticeList() {
  useStore(notices);
  const act = ({ id, action }: Notice) => {
    notices.drop(id);
    void action?.();
  };
  return (
    <div class="notices" role="status">
      {notices.list.map((notice) => (
        <p key={notice.id} class="notice">
          {notice.text}
          {notice.label && <button type="button" onClick={() => act(notice)}>{notice.label}</button>}
        </p>
      ))}
    </div>
  );
}
