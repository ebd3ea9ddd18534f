// What a concept hangs below, and how far each of these edges can be trusted.

import { defined, make, number, percent, uncertain } from "./dom.js";

/**
 * @param {object} concept as `GET /concepts/{id}` answers, one that is in the tree
 * @param {(label: {id: string, name: string}) => Node} link leads to another concept
 */
export function parents(concept, link) {
  if (!concept.parents.length) return top(concept, link);
  return make(
    "div",
    { class: "edges" },
    ...concept.parents.map((one) =>
      make(
        "div",
        {},
        make("p", { class: "row" }, link(one), make("span", { class: one.primary ? "badge" : "badge further", text: one.primary ? "parent in the tree" : "further parent" })),
        defined([
          ["Similarity", number(one.similarity)],
          ["Support", ...share(one.support, "of the trees grown from drawn tracks have this edge")],
          ["Direction", ...share(one.direction, `sure that ${one.name} is the wider of the two`, certainty)],
          one.primary ? rival(concept, link) : ["Margin", number(one.margin, 3), "above what a further parent needs"],
        ]),
      ),
    ),
  );
}

function top(concept, link) {
  const nearest = concept.margin === null ? "" : `which ${concept.margin > 0 ? "passes" : "falls short"} by ${margin(concept)}`;
  return make(
    "div",
    { class: "edges" },
    make("p", { text: "At the top of the tree." }),
    defined([
      ["Support", ...share(concept.support, "of the trees grown from drawn tracks have it there")],
      concept.runner_up === null ? ["Nearest", "no concept that could be its parent"] : ["Nearest", link(concept.runner_up), nearest],
    ]),
  );
}

// What would be the parent instead, and how clear the choice was.
function rival(concept, link) {
  if (concept.margin === null) return ["Runner-up", "none: nothing else could be its parent"];
  if (concept.runner_up === null) return ["Runner-up", "none", `it ${concept.margin < 0 ? "misses" : "passes"} the limit by ${margin(concept)}`];
  return ["Runner-up", link(concept.runner_up), `${concept.margin < 0 ? "ahead" : "behind"} by ${margin(concept)}`];
}

const margin = (concept) => uncertain(Math.abs(concept.margin), concept.margin_error, 3);

const share = (found, of, written = percent) => (found === null ? ["not measured"] : [written(found), of]);

// Of a probability that was estimated; nobody is wholly sure.
const certainty = (found) => (found > 0.99 ? "over 99 %" : found < 0.01 ? "under 1 %" : percent(found));
