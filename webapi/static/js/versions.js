// The versions of a hierarchy: what each changed, which one readers see, one that waits for a decision; and what
// evaluations found.

import { ask, get, post, query } from "./api.js";
import { make, number, plural } from "./dom.js";

const MOVES = 12;
const NAMED = 20;
const made = { rebuild: "a rebuild", curation: "a decision", activation: "brought back" };

export class VersionPanel {
  /**
   * @param {HTMLElement} place
   * @param {(id: string) => void} choose called with the id of a concept
   * @param {() => void} changed called after readers were given another version
   */
  constructor(place, choose, changed) {
    this.place = place;
    this.choose = choose;
    this.changed = changed;
  }

  /** @param {{id: string, name: string}} collection */
  async show(collection) {
    const [page, evaluations] = await Promise.all([
      get(`/hierarchy/versions?${query({ collection: collection.id })}`),
      get(`/evaluations?${query({ collection: collection.id })}`),
    ]);
    const changes = make("div", { class: "changes" });
    const answer = make("p", { class: "failed-text", role: "status" });
    const compare = (from, to) => this.compare(collection.id, from, to, changes).catch((problem) => { answer.textContent = problem.message; });
    const act = async (what) => {
      answer.textContent = "";
      try {
        await what();
        this.changed();
      } catch (problem) {
        answer.textContent = problem.message;
      }
    };
    const waiting = page.items.find((one) => one.version === page.waiting) ?? null;
    this.place.replaceChildren(
      make("h2", { text: `Versions of ${collection.name}` }),
      make("p", { class: "facts" }, make("span", { text: plural(page.items.length, "version") })),
      answer,
      waiting ? this.candidate(collection.id, page.current, waiting, act) : "",
      changes,
      make("section", { class: "card" }, make("h3", { text: "All of them" }), this.table(collection.id, page, compare, act)),
      make("section", { class: "card" }, make("h3", { text: "Is the tree right" }), judged(evaluations.items)),
    );
    if (waiting && page.current !== null) await compare(page.current, waiting.version);
    else if (page.items.length > 1) await compare(page.items[1].version, page.items[0].version);
  }

  candidate(collection, current, waiting, act) {
    const button = (text, what, primary) => make("button", { type: "button", class: primary ? "primary" : null, text, on: { click: () => act(what) } });
    return make(
      "div",
      { class: "why" },
      make("p", { text: `Version ${waiting.version} waits. ${waiting.reason}` }),
      make(
        "div",
        { class: "row" },
        button("Let readers see it", () => activate(collection, current, waiting.version), true),
        button("Refuse it", () => post(`/hierarchy/versions/${waiting.version}/refuse?${query({ collection })}`, {})),
      ),
    );
  }

  table(collection, page, compare, act) {
    const rows = page.items.map((one, place) => {
      const before = page.items[place + 1];
      const back = !one.is_current && one.version !== page.waiting && one.state !== "refused";
      return make(
        "tr",
        { class: one.is_current ? "current" : null },
        make("td", { class: "short" }, `version ${one.version}`, one.is_current ? make("span", { class: "badge", text: "current" }) : one.state === "candidate" || one.state === "refused" ? make("span", { class: "badge warn", text: one.state === "refused" ? "refused" : "waits" }) : ""),
        make("td", {}, `${new Date(one.published_at).toLocaleString()} · ${made[one.origin] ?? one.origin}${one.restores ? `, version ${one.restores}` : ""}`, make("span", { class: "quiet", text: [one.author && ` by ${one.author}`, one.note && `: ${one.note}`].filter(Boolean).join("") })),
        make("td", { class: "number", text: plural(one.edges, "edge") }),
        make(
          "td",
          { class: "acts" },
          before ? make("button", { type: "button", class: "link", text: "what changed", on: { click: () => compare(before.version, one.version) } }) : "",
          back ? make("button", { type: "button", class: "link", text: "bring back", on: { click: () => act(() => activate(collection, page.current, one.version)) } }) : "",
        ),
      );
    });
    if (!rows.length) return make("p", { class: "quiet", text: "None yet. A rebuild makes the first." });
    return make("table", { class: "versions" }, make("tbody", {}, ...rows));
  }

  async compare(collection, from, to, place) {
    const diff = await get(`/hierarchy/diff?${query({ collection, from, to })}`);
    const parents = (labels) => labels.map((one) => one.name).join(", ") || "the top";
    const link = (one) => make("button", { type: "button", class: "link", text: one.name, on: { click: () => this.choose(one.id) } });
    const names = (title, list) =>
      list.length ? make("p", {}, make("span", { class: "quiet", text: `${title}: ` }), list.slice(0, NAMED).map((one) => one.name).join(", "), list.length > NAMED ? ` and ${list.length - NAMED} more` : "") : "";
    const moves = diff.moved.slice(0, MOVES).map((one) => make("tr", {}, make("td", {}, link(one)), make("td", { text: parents(one.before) }), make("td", { text: parents(one.after) })));
    place.replaceChildren(
      make(
        "section",
        { class: "card" },
        make("h3", { text: `From version ${from} to ${to}` }),
        diff.moved.length + diff.new.length + diff.gone.length === 0 ? make("p", { class: "quiet", text: "The same tree." }) : "",
        moves.length ? make("table", {}, make("thead", {}, make("tr", {}, ...["Concept", "was below", "is below"].map((text) => make("th", { scope: "col", text })))), make("tbody", {}, ...moves)) : "",
        diff.moved.length > MOVES ? make("p", { class: "quiet", text: `and ${diff.moved.length - MOVES} more that moved` }) : "",
        names("new", diff.new),
        names("gone", diff.gone),
      ),
    );
  }
}

function activate(collection, current, version) {
  const headers = { "Content-Type": "application/json", ...(current === null ? {} : { "If-Match": `"${current}"` }) };
  return ask(`/collections/${encodeURIComponent(collection)}/current-version`, { method: "PUT", headers, body: JSON.stringify({ version }) });
}

function judged(items) {
  if (!items.length) return make("p", {}, "Nobody has asked yet: ", make("code", { text: "audio-concepts evaluate --reference FILE" }));
  const rows = items.map((one) =>
    make(
      "tr",
      {},
      make("td", {}, make("a", { href: one.page, text: new Date(one.made_at).toLocaleString() }), one.version === null ? "" : make("span", { class: "quiet", text: ` version ${one.version}` })),
      make("td", { text: one.headline.map((figure) => `${figure.regime} ${number(figure.value)}`).join(", ") || "without a reference" }),
      make("td", { class: "quiet", text: one.warnings.length ? plural(one.warnings.length, "warning") : "" }),
    ),
  );
  const head = ["Report", "ancestor F1", ""].map((text) => make("th", { scope: "col", text }));
  return make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
}

/** What became of one concept, a line a version. */
export function history(page) {
  const rows = page.items.map((one) => {
    const said = [one.children_gained.length && `+${one.children_gained.length}`, one.children_lost.length && `−${one.children_lost.length}`].filter(Boolean).join(" ");
    const drifted = one.drift?.drifted ?? [];
    return make(
      "tr",
      {},
      make("td", { text: `${one.version}`, title: new Date(one.published_at).toLocaleString() }),
      make("td", {}, one.depth === null ? "outside the tree" : one.parents.map((parent) => parent.name).join(", ") || "at the top", said ? make("span", { class: "quiet", text: ` below it ${said}` }) : "", drifted.length ? make("span", { class: "badge warn", text: `drift: ${drifted.join(", ")}` }) : ""),
      make("td", { class: "number", text: `${one.tracks}` }),
      make("td", { class: "number", text: number(one.quality?.auc ?? null) }),
    );
  });
  if (!rows.length) return make("p", { class: "quiet", text: "It is in no version yet." });
  const head = ["Version", "below", "tracks", "AUC"].map((text, column) => make("th", { scope: "col", class: column > 1 ? "number" : null, text }));
  return make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
}
