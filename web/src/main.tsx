// The page begins here.
import { render } from "preact";
import { App } from "./app";
import "./tokens.css";
import "./page.css";

const theme = localStorage.getItem("maque.theme");
if (theme) document.documentElement.dataset.theme = theme;
render(<App />, document.getElementById("page") as HTMLElement);
