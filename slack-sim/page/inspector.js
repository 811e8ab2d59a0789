// The drawer that shows the protocol: envelopes and their acks, the app's Web API calls, and their JSON.
import { api } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { jsonView } from "./json-view.js";

const KEPT = 500;
/** How long the end of an exchange may take before the drawer stops asking for it. */
const PATIENCE_MS = 10_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });

export class Inspector {
  /** `workspaces()` gives all of them, of which more than one are told apart. */
  constructor(root, onClose, workspaces) {
    this.root = root;
    this.workspaces = workspaces;
    this.entries = [];
    this.last = 0;
    this.filter = { direction: "all", words: "", team: "" };
    this.fetching = false;
    this.rows = h("tbody");
    this.scroller = h("div", { class: "log-scroll", tabindex: "0", role: "region", "aria-label": "Traffic" },
      h("table", { class: "log" },
        h("thead", null, h("tr", null, ["Time", "Over", "What", "Summary", "Workspace", "Result"].map((name) => h("th", { scope: "col", class: `log-h-${name.toLowerCase()}` }, name)))), this.rows));
    this.teams = h("select", { class: "input input-small", "aria-label": "Workspace", "data-testid": "inspector-workspace", hidden: true });
    this.teams.addEventListener("change", () => { this.filter.team = this.teams.value; this.draw(); });
    this.detail = h("div", { class: "log-detail" });
    const close = h("button", { class: "icon-button", type: "button", "aria-label": "Close the protocol inspector", "data-testid": "inspector-close" }, icon("close"));
    close.addEventListener("click", onClose);
    const clear = h("button", { class: "button button-small button-quiet", type: "button" }, "Clear");
    clear.addEventListener("click", () => { this.entries = []; this.draw(); this.choose(null); });
    root.append(
      h("header", { class: "inspector-head" }, h("h2", null, "Protocol"), this.directions(), this.teams, this.search(), h("span", { class: "spring" }), clear, close),
      h("div", { class: "inspector-body" }, this.scroller, this.detail));
    root.addEventListener("keydown", (event) => { if (event.key === "Escape") onClose(); });
    this.choose(null);
  }

  get open() {
    return !this.root.hidden;
  }

  toggle(open) {
    this.root.hidden = !open;
    if (open) this.refresh();
  }

  directions() {
    const choices = [["all", "All"], ["to_app", "To the app"], ["from_app", "From the app"]].map(([value, label]) => {
      const input = h("input", { type: "radio", name: "direction", value, checked: value === "all" });
      input.addEventListener("change", () => { this.filter.direction = value; this.draw(); });
      return h("label", null, input, h("span", null, label));
    });
    return h("fieldset", { class: "segments" }, h("legend", { class: "sr-only" }, "Direction"), choices);
  }

  search() {
    const input = h("input", { class: "input input-small", type: "search", placeholder: "Filter", "aria-label": "Filter the traffic", "data-testid": "inspector-filter" });
    input.addEventListener("input", () => { this.filter.words = input.value.toLowerCase(); this.draw(); });
    return input;
  }

  /** Fetches what is new, if anyone is looking. */
  async refresh() {
    if (!this.open || this.fetching) { this.again = this.open; return; }
    this.fetching = true;
    try {
      const { entries } = await api.log(this.last);
      if (entries.length) {
        const changed = new Map(entries.map((entry) => [entry.n, entry]));
        this.entries = [...this.entries.filter((entry) => !changed.has(entry.n)), ...entries].slice(-KEPT);
        this.last = this.newest(entries);
        this.draw();
      } else if (!this.entries.length) this.draw();
    } catch (error) {
      console.warn(error);
    } finally {
      this.fetching = false;
    }
    if (this.again) { this.again = false; this.refresh(); }
  }

  /** The number to ask on from: what went out a moment ago is asked for again, to learn how it ended. */
  newest(entries) {
    const { at, n } = entries.at(-1);
    const waiting = entries.find((entry) => entry.status === undefined && entry.what !== "ack" && at - entry.at < PATIENCE_MS);
    return waiting ? waiting.n - 1 : n;
  }

  /** Offers the workspaces to choose from; with one alone, it is not spoken of. */
  offerTeams() {
    const teams = this.workspaces();
    this.root.classList.toggle("with-teams", teams.length > 1);
    this.teams.hidden = teams.length < 2;
    if (this.teams.options.length === teams.length + 1) return;
    const option = (value, label) => h("option", { value, selected: value === this.filter.team }, label);
    this.teams.replaceChildren(option("", "Everywhere"), ...teams.map((team) => option(team.id, team.name)));
  }

  draw() {
    this.offerTeams();
    const { direction, words, team } = this.filter;
    const shown = this.entries.filter((entry) => (direction === "all" || entry.direction === direction) && (!team || entry.team === team)
      && (!words || `${entry.what} ${entry.summary} ${entry.transport}`.toLowerCase().includes(words)));
    const atEnd = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 60;
    const focused = this.rows.contains(document.activeElement) ? document.activeElement.dataset.n : null;
    this.rows.replaceChildren(...(shown.length ? shown.map((entry) => this.row(entry)) : [h("tr", null, h("td", { colspan: 6, class: "log-empty" }, "Nothing yet. Write a message or run a command to see it pass."))]));
    if (focused) this.rows.querySelector(`[data-n="${focused}"]`)?.focus({ preventScroll: true });
    if (atEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  row(entry) {
    const toApp = entry.direction === "to_app";
    const pick = h("button", { class: "log-pick", type: "button", "data-n": entry.n, "data-testid": "log-entry" }, entry.what);
    pick.addEventListener("click", () => this.choose(entry));
    const row = h("tr", { class: entry === this.chosen ? "chosen" : null },
      h("td", { class: "log-time" }, clock.format(timeOf(entry.at))),
      h("td", { class: `log-way ${toApp ? "to" : "from"}`, title: toApp ? "To the app" : "From the app" }, icon(toApp ? "toApp" : "fromApp"), h("span", { class: "sr-only" }, toApp ? "To the app, " : "From the app, "), String(entry.transport ?? "").replaceAll("_", " ")),
      h("td", null, pick), h("td", { class: "log-summary", dir: "auto" }, entry.summary), h("td", { class: "log-team", dir: "auto" }, this.workspaces().find((team) => team.id === entry.team)?.name ?? ""), h("td", { class: "log-result" }, result(entry)));
    row.addEventListener("click", () => this.choose(entry));
    return row;
  }

  choose(entry) {
    this.chosen = entry;
    for (const row of this.rows.children) row.classList.toggle("chosen", Boolean(entry) && row.querySelector("button")?.dataset.n === String(entry.n));
    this.detail.replaceChildren(...(entry
      ? [h("h3", null, entry.what), references(entry.references), jsonView(entry.body, entry.what)].filter(Boolean)
      : [h("p", { class: "log-empty" }, "Choose a line to read its JSON.")]));
  }

  /** Shows some JSON that is not traffic, such as a message. */
  show(label, body) {
    this.choose(null);
    this.detail.replaceChildren(h("h3", null, label), jsonView(body, label));
  }
}

/** What Slack makes of a text besides words: whom it mentions, where it leads. */
function references(found) {
  if (!found?.length) return null;
  const one = ({ kind, target, words, automatic }) => h("li", { dir: "auto" },
    `${kind}: `, h("code", null, target), words ? ` shown as “${words}”` : "", automatic ? ", found in plain text" : "");
  return h("div", { class: "log-references" }, h("h4", null, "What Slack reads in it"), h("ul", null, found.map(one)));
}

const timeOf = (at) => new Date(typeof at === "number" && at < 1e12 ? at * 1000 : (Number(at) || at));

function result(entry) {
  const failed = entry.status !== undefined && !/^(ok|acked|2\d\d|true)$/i.test(String(entry.status));
  return [
    entry.status !== undefined && entry.status !== null && h("span", { class: `log-status${failed ? " bad" : ""}` }, String(entry.status)),
    entry.ack_ms !== undefined && entry.ack_ms !== null && h("span", { class: "log-ms" }, `${Math.round(entry.ack_ms)} ms`),
  ];
}
