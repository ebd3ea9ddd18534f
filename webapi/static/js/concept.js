// One concept: where it stands, how well it is learnt, what is like it, which tracks express it.

import { conceptPath, get, query } from "./api.js";
import { curating } from "./curate.js";
import { make, number, plural } from "./dom.js";
import { history } from "./versions.js";

const NEIGHBOURS = 10;
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
    const neighbours = make("div", {}, make("p", { class: "quiet", text: "Asking…" }));
    const tracks = make("div", {}, make("p", { class: "quiet", text: "Asking…" }));
    const past = make("div", {}, make("p", { class: "quiet", text: "Asking…" }));
    this.place.replaceChildren(
      this.path(ancestry),
      make("h2", { text: concept.name }),
      facts(concept),
      concept.reason ? make("p", { class: "why", text: `Left out of the tree. ${concept.reason}` }) : "",
      concept.status === "waiting" ? make("p", { class: "why", text: "Waiting for the next rebuild." }) : "",
      make(
        "div",
        { class: "cards" },
        card("How well it is learnt", quality(concept), bias(concept)),
        card("Below it", this.below(concept, children)),
        card("Similar concepts", neighbours),
        card("Decide", curating(concept, this.others(), this.changed)),
        card("Strongest tracks", tracks),
        card("Through the versions", past, "", "wide"),
      ),
    );
    this.fill(neighbours, `${conceptPath(id, "neighbours")}?${query({ limit: NEIGHBOURS })}`, turn, (page) => this.neighbours(page));
    this.fill(past, `${conceptPath(id, "history")}?${query({ limit: VERSIONS })}`, turn, history);
    this.fill(tracks, `${conceptPath(id, "tracks")}?${query({ limit: TRACKS })}`, turn, strongest);
  }

  async fill(place, path, turn, draw) {
    let inside;
    try {
      inside = draw(await get(path));
    } catch (problem) {
      inside = make("p", { class: "failed-text", text: problem.message });
    }
    if (turn === this.turn) place.replaceChildren(inside);
  }

  link(label) {
    return make("button", { type: "button", class: "link", text: label.name, on: { click: () => this.choose(label.id) } });
  }

  path(ancestry) {
    const steps = ancestry.items.map((one) =>
      make("li", {}, this.link(one), one.similarity === null ? "" : make("span", { class: "quiet", text: number(one.similarity) })),
    );
    if (ancestry.concept?.similarity) {
      steps.push(make("li", { class: "quiet", text: `similarity ${number(ancestry.concept.similarity)}, margin ${number(ancestry.concept.margin)}, support ${number(ancestry.concept.support)}, direction ${number(ancestry.concept.direction)}` }));
    }
    return make("nav", { "aria-label": "Ancestry" }, make("ol", { class: "path" }, ...steps));
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
    if (!page.items.length) return make("p", { class: "quiet", text: "None passes the threshold of the similarity graph." });
    const rows = page.items.map((one) =>
      make(
        "tr",
        {},
        make("td", {}, this.link(one)),
        make("td", { class: "number", text: uncertain(one.outgoing, one.outgoing_error) }),
        make("td", { class: "number", text: uncertain(one.incoming, one.incoming_error) }),
      ),
    );
    return table(["Concept", "its tracks there", "theirs here"], rows);
  }
}

function uncertain(value, error) {
  return error === null ? number(value) : `${number(value)} ± ${error.toFixed(3)}`;
}

function card(title, inside, more = "", size = "") {
  return make("section", { class: `card ${size}` }, make("h3", { text: title }), inside, more);
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
  return make("dl", {}, ...rows.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", { text: value })]));
}

// What it may be mistaken for: a sentence each that flags it, else one line.
function bias(concept) {
  if (!concept.bias) return "";
  const flagged = concept.bias.confounders.filter((one) => one.sentence);
  if (flagged.length) return make("div", {}, ...flagged.map((one) => make("p", { class: "why", text: one.sentence })));
  const said = concept.bias.confounders.map((one) => `${one.name} alone ${number(one.tells)}, among the same ${number(one.within)}`);
  const artists = concept.bias.artists;
  if (artists) said.unshift(`${artists.groups} artists, as good as ${number(artists.effective, 1)}`);
  return said.length ? make("p", { class: "quiet", text: `AUC by what goes with it: ${said.join("; ")}.` }) : "";
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
  return table(["Track", "score"], rows);
}

function table(head, rows) {
  const cells = head.map((text, column) => make("th", { scope: "col", class: column ? "number" : null, text }));
  return make("table", {}, make("thead", {}, make("tr", {}, ...cells)), make("tbody", {}, ...rows));
}
