// What a person decides about one concept: where it hangs, what it is called, whether it is shown; and how to undo it.

import { ask, conceptPath, get, query } from "./api.js";
import { make } from "./dom.js";

const SHOWN = 8;
const what = {
  pin: (one) => `pinned below ${one.other?.name ?? "the top"}`,
  merge: (one) => `part of ${one.other.name}`,
  hide: () => "hidden",
  rename: () => "renamed",
  undo: () => "a decision taken back",
  revert: () => "edits by hand reverted",
};

/**
 * @param {object} concept as `GET /concepts/{id}` answers
 * @param {Iterable<{id: string, name: string}>} others possible parents
 * @param {() => void} changed called after every decision
 */
export function curating(concept, others, changed) {
  const path = conceptPath(concept.id);
  const answer = make("p", { class: "quiet", role: "status" });
  const log = make("ul", { class: "plain decisions" });
  const byName = new Map([...others].filter((one) => one.id !== concept.id).map((one) => [`${one.name} (${one.id})`, one.id]));
  const parent = make("input", { type: "text", list: "possible-parents", autocomplete: "off", "aria-label": "Parent", placeholder: "Parent" });
  const name = make("input", { type: "text", value: concept.name, maxlength: 500, autocomplete: "off", "aria-label": "Name" });
  const reason = make("input", { type: "text", maxlength: 200, autocomplete: "off", "aria-label": "Reason", placeholder: "Why (kept with the decision)" });
  const inTree = concept.depth !== null;

  const decide = async (method, where, body) => {
    answer.textContent = "Deciding…";
    try {
      await ask(where, { method, headers: { "Content-Type": "application/json" }, body: body === null ? undefined : JSON.stringify({ ...body, reason: reason.value }) });
      changed();
    } catch (problem) {
      answer.textContent = problem.message;
    }
  };
  const pin = () => {
    const id = byName.get(parent.value) ?? [...byName].find(([text]) => text.toLowerCase().startsWith(parent.value.trim().toLowerCase()))?.[1];
    if (!parent.value.trim() || !id) {
      answer.textContent = "Choose a parent of the list first.";
      return;
    }
    decide("PUT", `${path}/parent`, { parent: id });
  };
  const button = (text, click) => make("button", { type: "button", text, on: { click } });
  const row = (...inside) => make("div", { class: "row" }, ...inside);

  get(`/curations?${query({ concept: concept.id, limit: SHOWN })}`).then(
    (page) => log.replaceChildren(...page.items.map((one) => decision(one, () => decide("POST", `/curations/${one.id}/undo`, {})))),
    (problem) => log.replaceChildren(make("li", { class: "failed-text", text: problem.message })),
  );
  const hidden = concept.reason.startsWith("hidden:");
  return make(
    "div",
    { class: "curate" },
    make("datalist", { id: "possible-parents" }, ...[...byName.keys()].map((text) => make("option", { value: text }))),
    inTree ? row(parent, button("Pin below it", pin), button("Pin at the top", () => decide("PUT", `${path}/parent`, { parent: null }))) : "",
    row(name, button("Rename", () => decide("PATCH", path, { name: name.value.trim() })), button(hidden ? "Show again" : "Hide", () => decide("PATCH", path, { hidden: !hidden }))),
    reason,
    answer,
    log,
  );
}

function decision(one, undo) {
  const who = [one.author, one.reason].filter(Boolean).join(": ");
  return make(
    "li",
    {},
    make("span", { text: `${one.concept.name} ${what[one.kind](one)}` }),
    make("span", { class: "quiet", text: ` ${new Date(one.at).toLocaleString()}${who ? ` · ${who}` : ""}${one.state === "standing" || one.state === "done" ? "" : ` · ${one.state}`} ` }),
    one.state === "standing" ? make("button", { type: "button", class: "link", text: "undo", on: { click: undo } }) : "",
  );
}
