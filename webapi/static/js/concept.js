// One concept: where it stands, how well it is learnt, what is like it, which tracks express it.

import { conceptPath, get, query } from "./api.js";
import { bias } from "./bias.js";
import { curating } from "./curate.js";
import { defined, make, number, plural, uncertain } from "./dom.js";
import { parents } from "./parents.js";
import { history } from "./versions.js";

const NEIGHBOURS = 50;
const OF_A_RELATION = 8;
const RELATIONS = [
  ["correlated", "Correlated with", "alike both ways, neither above nor below"],
  ["above", "Above it", ""],
  ["below", "Below it", ""],
  [null, "Alike one way only", ""],
];
const TRACKS = 10;
const VERSIONS = 6;

export class ConceptPanel {
  /**
   * @param {HTMLElement} place
   * @param {(id: string) => void} choose
   * @param {() => Iterable<{id: string, name: string}>} others concepts of the tree
   * @param {() => void} changed called after a decision
   */
  constructor(place, choose, others, changed) {
    this.place = place;
    this.choose = choose;
    this.others = others;
    this.changed = changed;
    this.turn = 0;
  }

  empty(...inside) {
    this.turn += 1;
    this.place.replaceChildren(make("div", { class: "empty" }, ...inside));
  }

  async show(id) {
    const turn = ++this.turn;
    const [concept, ancestry, children] = await Promise.all([
      get(conceptPath(id)), get(conceptPath(id, "ancestry")), get(`${conceptPath(id, "children")}?${query({ limit: 40 })}`),
    ]);
    if (turn !== this.turn) return;
    const later = (part, limit, draw) => this.later(`${conceptPath(id, part)}?${query({ limit })}`, turn, draw);
    const placed = concept.depth === null ? [] : [
      card("Why it hangs there", parents(concept, (label) => this.link(label))),
      card("Below it", this.below(concept, children)),
      card("Similar concepts", later("neighbours", NEIGHBOURS, (page) => this.neighbours(page))),
    ];
    this.place.replaceChildren(
      this.path(ancestry),
      make("h2", { text: concept.name }),
      facts(concept),
      concept.reason ? make("p", { class: "why", text: `Left out of the tree: ${concept.reason.replace(/^\w+: /, "")}.` }) : "",
      concept.status === "waiting" ? make("p", { class: "why", text: "Waiting for the next rebuild." }) : "",
      make(
        "div",
        { class: "cards" },
        ...placed,
        card("How well it is learnt", quality(concept)),
        card("What it may be mistaken for", bias(concept.bias)),
        card("Decide", curating(concept, this.others(), this.changed)),
        card("Strongest tracks", later("tracks", TRACKS, strongest)),
        card("Through the versions", later("history", VERSIONS, history), "wide"),
      ),
    );
  }

  /** What is asked of Neo4j, and shown when it has answered. */
  later(path, turn, draw) {
    const place = make("div", {}, make("p", { class: "quiet", text: "Asking…" }));
    get(path).then(draw).catch((problem) => make("p", { class: "failed-text", text: problem.message })).then((inside) => {
      if (turn === this.turn) place.replaceChildren(inside);
    });
    return place;
  }

  link(label) {
    return make("button", { type: "button", class: "link", text: label.name, on: { click: () => this.choose(label.id) } });
  }

  path(ancestry) {
    const step = (one) => make("li", {}, this.link(one), one.similarity === null ? "" : make("span", { class: "quiet", text: ` ${number(one.similarity)}` }));
    return make(
      "nav",
      { "aria-label": "Ancestry" },
      make("ol", { class: "path" }, ...ancestry.items.map(step)),
      ancestry.others.length ? make("p", { class: "also" }, "also below ", ...ancestry.others.flatMap((one, place) => [place ? ", " : "", this.link(one)])) : "",
    );
  }

  below(concept, children) {
    if (!children.items.length) return make("p", { class: "quiet", text: "Nothing hangs below it." });
    const rest = concept.children - children.items.length;
    return make(
      "div",
      {},
      make(
        "ul",
        { class: "chips" },
        ...children.items.map((one) =>
          make(
            "li",
            {},
            make(
              "button",
              { type: "button", on: { click: () => this.choose(one.id) } },
              one.name,
              make("span", { class: "quiet", text: number(one.similarity) }),
            ),
          ),
        ),
      ),
      rest > 0 ? make("p", { class: "quiet", text: `and ${rest} more` }) : "",
    );
  }

  neighbours(page) {
    const groups = RELATIONS.map(([relation, title, what]) => this.related(title, what, page.items.filter((one) => one.relation === relation)));
    return page.items.length
      ? table(["Concept", "its tracks there", "theirs here"], ...groups)
      : make("p", { class: "quiet", text: "Correlated with none: no similarity passes the threshold." });
  }

  related(title, what, found) {
    const rows = found.slice(0, OF_A_RELATION).map((one) =>
      make(
        "tr",
        {},
        make("td", {}, this.link(one)),
        make("td", { class: "number", text: uncertain(one.outgoing, one.outgoing_error) }),
        make("td", { class: "number", text: uncertain(one.incoming, one.incoming_error) }),
      ),
    );
    const rest = found.length - rows.length;
    const note = (text) => make("tr", {}, make("td", { class: "quiet", colspan: 3, text }));
    if (!found.length && !what) return "";
    return make(
      "tbody",
      {},
      make("tr", {}, make("th", { scope: "rowgroup", colspan: 3 }, title, what ? make("span", { class: "quiet", text: ` ${what}` }) : "")),
      ...rows,
      rest ? note(`and ${rest} more`) : found.length ? "" : note("none"),
    );
  }
}

function card(title, inside, size = "") {
  return make("section", { class: `card ${size}`, "aria-label": title }, make("h3", { text: title }), inside);
}

function facts(concept) {
  const said = [concept.kind, plural(concept.tracks, "track")];
  if (concept.depth !== null) said.push(`level ${concept.depth}`);
  if (concept.descendants) said.push(`${plural(concept.descendants, "concept")} below`);
  said.push(`id ${concept.id}`);
  return make("p", { class: "facts" }, ...said.map((text) => make("span", { text })));
}

function quality(concept) {
  const found = concept.quality;
  if (!found) return make("p", { class: "quiet", text: "Not measured in this version." });
  const rows = [
    ["AUC", `${number(found.auc, 3)} (${number(found.auc_low, 2)}–${number(found.auc_high, 2)})`],
    ["Balanced accuracy", number(found.accuracy, 3)],
    ["Average precision", number(found.average_precision, 3)],
    ["Against random sets", found.p_value === null ? "not tested" : `p = ${found.p_value.toPrecision(2)}`],
    ["Betweenness", concept.betweenness === null ? "–" : concept.betweenness.toPrecision(3)],
  ];
  return defined(rows);
}

function strongest(page) {
  if (!page.items.length) return make("p", { class: "quiet", text: "No track expresses it strongly enough." });
  const rows = page.items.map((one) =>
    make(
      "tr",
      {},
      make(
        "td",
        {},
        one.track.title || one.track.id,
        make("span", { class: "quiet", text: [one.track.artist && ` ${one.track.artist}`, one.is_example && " · given as example"].filter(Boolean).join("") }),
      ),
      make("td", { class: "number", text: number(one.score) }),
    ),
  );
  return table(["Track", "score"], make("tbody", {}, ...rows));
}

function table(head, ...bodies) {
  const cells = head.map((text, column) => make("th", { scope: "col", class: column ? "number" : null, text }));
  return make("table", {}, make("thead", {}, make("tr", {}, ...cells)), ...bodies);
}
