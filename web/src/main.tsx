// Starts the page: keeps the health poll and the conversation, and shows them.
import { render } from "preact";
import { App } from "./app";
import { Chat } from "./chat";
import { Health } from "./health";
import { invitation, join } from "./join";
import { applyTheme, savedTheme } from "./theme";
import "./tokens.css";
import "./page.css";

applyTheme(savedTheme());
const code = invitation();
if (code) await join(code);
const health = new Health();
const chat = new Chat(health);
health.start();
render(<App chat={chat} health={health} />, document.body);
