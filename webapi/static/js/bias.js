// What a concept may be mistaken for: a property that goes with its tracks, or the artists and albums that they are of.

import { capital, defined, make, number, percent, plural } from "./dom.js";

/** @param {object|null} found as `bias` of `GET /concepts/{id}` */
export function bias(found) {
  if (found === null) return make("p", { class: "quiet", text: "Not measured in this version." });
  const flagged = found.confounders.filter((one) => one.sentence);
  const rows = [
    ...found.confounders.map(telling),
    ...(found.artists ? [spread("artist", found.artists)] : []),
    ...(found.albums ? [spread("album", found.albums)] : []),
  ];
  return make(
    "div",
    { class: "bias" },
    ...flagged.map((one) => make("p", { class: "why", text: `${capital(one.sentence)}.` })),
    flagged.length ? "" : make("p", { text: found.confounders.length ? "None of the properties that were looked at explains it." : "No property of its tracks could be looked at." }),
    rows.length ? defined(rows) : "",
    found.confounders.length ? make("p", { class: "quiet", text: "AUC: 0.5 is chance, 1 is without fault." }) : "",
  );
}

function telling(one) {
  const within = one.within === null ? "no other track is alike in it" : `the sound, among tracks alike in it, with ${number(one.within)}`;
  return [capital(one.name), `alone tells its tracks with AUC ${number(one.tells)};`, within];
}

function spread(one, found) {
  const said = found.groups === 1 ? `all of one, ${found.largest}` : `${plural(found.groups, one)}, at most ${percent(found.largest_share)} of the tracks of one (${found.largest})`;
  return [capital(`${one}s`), found.auc_lost === null ? said : `${said};`, found.auc_lost === null ? "" : `AUC ${change(found.auc_lost)} on ${one}s it was not learnt from`];
}

function change(lost) {
  const size = number(Math.abs(lost), 3);
  return size === "0.000" ? "the same" : `${size} ${lost < 0 ? "higher" : "lower"}`;
}
