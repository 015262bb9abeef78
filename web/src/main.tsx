// Starts the page: who one is, how the model is, the conversations; and shows them.
import { render } from "preact";
import { App } from "./app";
import { Route } from "./base/route";
import { applyTheme, savedTheme } from "./base/theme";
import { Shelf, bring } from "./settings/shelf";
import { Desk } from "./talk/desk";
import { Health } from "./wire/health";
import { invitation, join } from "./wire/join";
import { Model } from "./wire/model";
import { Session } from "./wire/session";
import "./style/tokens.css";
import "./style/base.css";
import "./style/rail.css";
import "./style/talk.css";
import "./style/prose.css";
import "./style/sheet.css";
import "./style/pages.css";

applyTheme(savedTheme());
const code = invitation();
if (code) await join(code);
const route = new Route();
const health = new Health();
const session = new Session();
const reach = {
  desk: new Desk(route, health, session),
  health,
  model: new Model(health),
  personas: new Shelf("personas", session),
  prompts: new Shelf("prompts", session),
  route,
  session,
};
health.start();
void session.look().then(() => bring(reach.prompts));
render(<App reach={reach} />, document.body);
