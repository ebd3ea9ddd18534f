// Wires the page: which collection and concept are shown stands in the address, so every view can be linked to.

import { get, query } from "./api.js";
import { ConceptPanel } from "./concept.js";
import { make, plural } from "./dom.js";
import { JobPanel } from "./jobs.js";
import { KeyDialog } from "./keys.js";
import { Outline } from "./tree.js";
import { VersionPanel } from "./versions.js";

const LOOK_AGAIN_MS = 10000;
const VERSIONS = Symbol("the list of versions, where a concept would be shown");
const at = (id) => document.getElementById(id);

const outline = new Outline(at("tree"), (id) => visit({ concept: id, view: null }));
const panel = new ConceptPanel(
  at("concept"),
  (id) => visit({ concept: id }),
  () => [...outline.byId.values()].map((one) => one.node),
  () => refresh().then(() => say("Decided, and published as a new version")),
);
const versions = new VersionPanel(
  at("concept"),
  (id) => visit({ concept: id, view: null }),
  () => refresh().then(() => say("Readers see another version now")),
);
const jobs = new JobPanel(at("job"), (job) => {
  say(job.state === "succeeded" ? `Version ${job.result_version} is published` : `The rebuild has ${job.state}`);
  refresh();
});

const keys = new KeyDialog(at("ask-key"), at("key"), () => refresh());

const shown = { collections: [], collection: null, version: undefined, concept: null, stale: false };
let lost = false;

function address() {
  const asked = new URLSearchParams(location.search);
  return { collection: asked.get("collection"), concept: asked.get("concept"), view: asked.get("view") };
}

function visit(change) {
  const next = { ...address(), ...change };
  history.pushState(null, "", `?${query(next)}`);
  follow();
}

function say(text) {
  at("said").textContent = text;
}

function complain(problem) {
  const locked = problem?.status === 401;
  if (locked) keys.demanded();
  at("notice").hidden = problem === null;
  at("notice").textContent = problem === null ? "" : locked ? "Nothing is shown without a key that this API knows. “Key” above takes one." : problem.message;
}

const command = (text) => make("code", { text });
const rebuildButton = () => make("button", { type: "button", class: "primary", text: "Rebuild", on: { click: askForRebuild } });

// --- what is shown -----------------------------------------------------------------------------------------------

async function refresh() {
  try {
    shown.collections = (await get("/collections")).items;
  } catch (problem) {
    lost = true;
    return complain(problem);
  }
  await follow(true);
}

async function follow(again = false) {
  try {
    const asked = address();
    const chosen = shown.collections.find((one) => one.id === asked.collection) ?? shown.collections[0] ?? null;
    drawCollections(chosen);
    if (chosen === null) return nothingImported();
    const moved = chosen.id !== shown.collection;
    if (moved || again) await showTree(chosen, moved);
    if (moved) jobs.find(chosen.id).catch(() => {});
    if (asked.view === "versions") await showVersions(chosen, again);
    else await showConcept(asked.concept);
    if (lost || !again) complain(null);
    lost = false;
  } catch (problem) {
    lost = true;
    complain(problem);
  }
}

function drawCollections(chosen) {
  const select = at("collection");
  select.replaceChildren(...shown.collections.map((one) => make("option", { value: one.id, text: one.name, selected: one.id === chosen?.id })));
  at("choose").hidden = chosen === null;
  select.disabled = shown.collections.length < 2;
  at("rebuild").disabled = chosen === null;
}

async function showTree(chosen, moved) {
  const tree = await get(`/hierarchy?${query({ collection: chosen.id })}`);
  at("stale").hidden = !tree.stale;
  if (shown.stale && !tree.stale) shown.concept = undefined; // ask again for what failed meanwhile
  shown.stale = tree.stale;
  at("stale").textContent = `Neo4j is away, current ${Math.round(tree.age_s)} s ago`;
  if (!moved && shown.version === tree.version && shown.sha256 === tree.sha256 && shown.leftOut === tree.left_out) return;
  Object.assign(shown, { collection: chosen.id, version: tree.version, sha256: tree.sha256, leftOut: tree.left_out });
  at("version").hidden = tree.version === null;
  at("version").textContent = `version ${tree.version}`;
  at("version").title = `${tree.published_at ? `published ${new Date(tree.published_at).toLocaleString()}; ` : ""}all versions`;
  if (moved) {
    outline.open.clear();
    at("search").value = "";
    outline.wanted = "";
  }
  outline.show(tree.roots);
  search();
  drawOutside(chosen, tree);
  shown.concept = undefined;
}

function drawOutside(chosen, tree) {
  const box = at("outside");
  box.hidden = tree.left_out === 0;
  box.open = tree.version === null;
  box.querySelector("summary").textContent = `${plural(tree.left_out, "concept")} outside the tree`;
  const list = box.querySelector("ul");
  list.replaceChildren();
  const fill = async () => {
    if (!box.open || list.childElementCount) return;
    const status = tree.version === null ? "waiting" : null;
    const page = await get(`/concepts?${query({ collection: chosen.id, limit: 200, status })}`);
    const outside = page.items.filter((one) => one.depth === null);
    list.replaceChildren(
      ...outside.map((one) =>
        make("li", {}, make("button", { type: "button", class: "link", text: one.name, on: { click: () => visit({ concept: one.id }) } })),
      ),
    );
  };
  box.ontoggle = () => fill().catch(complain);
  fill().catch(complain);
}

async function showConcept(id) {
  if (id === shown.concept) return;
  shown.concept = id;
  outline.selected = null;
  if (id === null) {
    outline.render();
    return overview();
  }
  if (outline.byId.has(id)) outline.select(id);
  else outline.render();
  try {
    await panel.show(id);
    document.title = `${at("concept").querySelector("h2")?.textContent ?? ""} · audio-concepts`;
    at("concept").scrollTop = 0;
    if (matchMedia("(max-width: 46rem)").matches) at("concept").scrollIntoView();
  } catch (problem) {
    if (problem.status !== 404) {
      shown.concept = undefined;
      throw problem;
    }
    panel.empty(make("h2", { text: "There is no such concept" }), make("p", { text: problem.message }));
  }
}

async function showVersions(chosen, again) {
  if (shown.concept === VERSIONS && again) return; // redrawn when a version comes, not while somebody reads
  shown.concept = VERSIONS;
  outline.selected = null;
  outline.render();
  panel.turn += 1; // what is still asked for about a concept stays away
  document.title = `Versions of ${chosen.name} · audio-concepts`;
  await versions.show(chosen);
}

function overview() {
  document.title = "audio-concepts";
  const chosen = shown.collections.find((one) => one.id === shown.collection);
  if (shown.version === null) {
    return panel.empty(
      make("h2", { text: `${chosen.name} has no hierarchy yet` }),
      make("p", { text: `Waiting to be learnt: ${plural(chosen.concepts, "concept")}. A rebuild listens to the tracks and grows the tree.` }),
      rebuildButton(),
      make("p", { class: "quiet" }, "From a terminal: ", command(`audio-concepts rebuild --collection ${chosen.id} --watch`)),
    );
  }
  if (!outline.roots.length) {
    return panel.empty(
      make("h2", { text: "No concept was kept" }),
      make("p", { text: "Every concept was left out; the list beside says why for each. More tracks for a concept, or other settings, change that." }),
      rebuildButton(),
    );
  }
  panel.empty(
    make("h2", { text: chosen.name }),
    make("p", { text: `${plural(outline.byId.size, "concept")} in the tree, ${shown.leftOut} outside it. Choose one, or type a part of its name.` }),
    make("ul", { class: "chips" }, ...outline.roots.map((one) =>
      make("li", {}, make("button", { type: "button", on: { click: () => visit({ concept: one.id }) } }, one.name, make("span", { class: "quiet", text: String(one.descendants) }))))),
  );
}

function nothingImported() {
  Object.assign(shown, { collection: null, version: undefined, concept: undefined });
  at("version").hidden = at("outside").hidden = true;
  outline.show([]);
  panel.empty(
    make("h2", { text: "There is no music here yet" }),
    make("p", {}, "Make a small library to try it with: ", command("audio-concepts demo")),
    make("p", {}, "Or take your own: ", command("audio-concepts import --audio DIR --playlists DIR")),
    make("p", { class: "quiet", text: "This page shows it as soon as it is there." }),
  );
}

// --- what people do ----------------------------------------------------------------------------------------------

function search() {
  const wanted = at("search").value;
  const matches = outline.filter(wanted);
  at("found").hidden = !wanted.trim();
  at("found").textContent = matches ? plural(matches, "match", "matches") : "Nothing is called that. Clear the search to see the whole tree.";
}

function askForRebuild() {
  const chosen = shown.collections.find((one) => one.id === shown.collection);
  at("ask-title").textContent = `Rebuild ${chosen.name}`;
  at("ask").returnValue = "";
  at("ask").showModal();
}

at("search").addEventListener("input", search);
at("search").addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") {
    event.preventDefault();
    outline.focus();
  } else if (event.key === "Escape") {
    at("search").value = "";
    search();
  } else if (event.key === "Enter") {
    const first = at("tree").querySelector("[role=treeitem] mark")?.closest("[role=treeitem]");
    if (first) visit({ concept: first.dataset.id, view: null });
  }
});
at("collection").addEventListener("change", (event) => visit({ collection: event.target.value, concept: null, view: null }));
at("rebuild").addEventListener("click", askForRebuild);
at("version").addEventListener("click", () => visit({ concept: null, view: "versions" }));
at("ask").addEventListener("close", () => {
  if (at("ask").returnValue !== "go") return;
  const preset = new FormData(at("ask").querySelector("form")).get("preset");
  jobs.start(shown.collection, preset).then(() => complain(null), complain);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !["INPUT", "SELECT"].includes(document.activeElement.tagName) && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    at("search").focus();
  }
});
window.addEventListener("popstate", () => follow());

refresh();
setInterval(() => document.visibilityState === "visible" && refresh(), LOOK_AGAIN_MS);
