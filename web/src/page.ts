// What every part of the page can reach.
import { createContext } from "preact";
import type { Route } from "./base/route";
import type { Shelf } from "./settings/shelf";
import type { Desk } from "./talk/desk";
import type { Health } from "./wire/health";
import type { Model } from "./wire/model";
import type { Session } from "./wire/session";

export interface Reach {
  desk: Desk;
  health: Health;
  model: Model;
  personas: Shelf;
  prompts: Shelf;
  route: Route;
  session: Session;
}

export const Page = createContext<Reach>(undefined as never);
