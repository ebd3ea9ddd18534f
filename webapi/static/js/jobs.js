// A rebuild: asked for, watched by its stream of events (by polling where there is none to be had), cancelled. The names of stages are those of the ledger.

import { get, key, post, query } from "./api.js";
import { duration, make } from "./dom.js";

const EVERY_MS = 1000;
const FINAL = new Set(["succeeded", "failed", "cancelled"]);

export class JobPanel {
  /**
   * @param {HTMLElement} place
   * @param {(job: object) => void} ended called once a job that was watched has ended
   */
  constructor(place, ended) {
    this.place = place;
    this.ended = ended;
    this.watched = null;
  }

  /** Show the job that is at work on a collection, if there is one. */
  async find(collection) {
    const { items } = await get(`/jobs?${query({ collection, limit: 1 })}`);
    if (items.length && !FINAL.has(items[0].state)) this.watch(items[0].id);
  }

  async start(collection, preset) {
    try {
      const job = await post("/jobs/rebuild", { collection, preset }, { "Idempotency-Key": newKey() });
      this.watch(job.id);
    } catch (problem) {
      if (!problem.activeJob) throw problem;
      this.watch(problem.activeJob);
    }
  }

  watch(id) {
    if (this.watched === id) return;
    this.watched = id;
    if (key.value()) return this.poll(id); // an event stream cannot carry it
    const source = new EventSource(`/jobs/${id}/events`);
    const leave = () => source.close();
    source.addEventListener("job", (event) => {
      if (this.watched !== id) return leave();
      if (this.see(id, JSON.parse(event.data))) leave();
    });
    source.addEventListener("error", () => {
      if (this.watched !== id) return leave();
      if (source.readyState !== EventSource.CLOSED) return; // the browser comes back by itself
      this.poll(id);
    });
  }

  /** Draw it; true when the job has ended. */
  see(id, job) {
    this.draw(job);
    if (!FINAL.has(job.state)) return false;
    this.watched = null;
    this.ended(job);
    return true;
  }

  async poll(id) {
    while (this.watched === id) {
      try {
        const job = await get(`/jobs/${id}`);
        if (this.watched !== id || this.see(id, job)) return;
      } catch (problem) {
        if (problem.status === 404) {
          this.watched = null;
          this.place.hidden = true;
          return;
        }
        this.place.querySelector(".trouble")?.replaceChildren(problem.message);
      }
      await new Promise((wake) => setTimeout(wake, EVERY_MS));
    }
  }

  draw(job) {
    const final = FINAL.has(job.state);
    const close = make("button", { type: "button", text: "Close", on: { click: () => { this.place.hidden = true; } } });
    const stop = make("button", { type: "button", text: job.state === "cancelling" ? "Stopping…" : "Cancel", disabled: job.state === "cancelling" });
    stop.addEventListener("click", async () => {
      stop.disabled = true;
      await post(`/jobs/${job.id}/cancel`).catch((problem) => this.place.querySelector(".trouble").replaceChildren(problem.message));
    });
    const focused = this.place.contains(document.activeElement);
    this.place.replaceChildren(
      make("header", {}, make("strong", { text: headline(job) }), make("span", { class: "quiet", text: job.eta_s === null || final ? "" : `about ${duration(job.eta_s)} left` }), make("span", { class: "trouble failed-text" }), final ? close : stop),
      job.error ? make("p", { class: "failed-text", text: job.error.message }) : "",
      make("ol", { class: "stages" }, ...job.stages.map(stage)),
    );
    this.place.hidden = false;
    if (focused) (final ? close : stop).focus();
  }
}

/** Unguessable enough to tell two clicks apart; works without a secure context, where randomUUID is missing. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function headline(job) {
  const name = job.collection.name;
  return {
    queued: `${name}: the rebuild waits for a worker`,
    running: `${name} is being rebuilt`,
    cancelling: `${name}: the rebuild is stopping`,
    succeeded: `${name}: version ${job.result_version} is published`,
    failed: `${name}: the rebuild failed; what was published before is still shown`,
    cancelled: `${name}: the rebuild was cancelled; what was published before is still shown`,
  }[job.state];
}

function stage(one) {
  const counted = one.total ? `${one.done.toLocaleString("en")} of ${one.total.toLocaleString("en")} ${one.unit}` : "";
  const running = one.state === "running";
  const time = running ? (one.eta_s === null ? "" : `${duration(one.eta_s)} left`) : one.state === "queued" ? "" : duration(one.wall_s);
  const pace = running && one.rate && one.unit ? `${Number(one.rate.toPrecision(3)).toLocaleString("en")} ${one.unit}/s` : "";
  const done = one.state === "succeeded";
  const bar = make("progress", { "aria-label": one.label, max: 1, value: done ? 1 : one.total ? one.done / one.total : running ? null : 0 });
  return make(
    "li",
    { class: one.state },
    make("div", {}, make("span", { text: `${done ? "✓ " : ""}${one.label}` }), make("span", { text: [counted, pace, time].filter(Boolean).join(", ") })),
    bar,
  );
}
