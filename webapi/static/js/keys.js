// The API key: asked for when the API demands one, kept for this tab's session only, never part of an address.

import { key } from "./api.js";

export class KeyDialog {
  /**
   * @param {HTMLDialogElement} place holds the form
   * @param {HTMLButtonElement} button shown once a key has been demanded
   * @param {function(): void} changed called when a key was entered or forgotten
   */
  constructor(place, button, changed) {
    this.place = place;
    this.button = button;
    this.field = place.querySelector("input");
    this.changed = changed;
    this.dismissed = false;
    button.hidden = key.value() === "";
    button.addEventListener("click", () => this.open(""));
    // Not `close`, which comes some time after: by then the dialog may have been opened again.
    place.querySelector("form").addEventListener("submit", (event) => this.left(event.submitter?.value ?? ""));
    place.addEventListener("cancel", () => this.left(""));
  }

  /** @param {string} chosen the value of the button; none was chosen where it is empty */
  left(chosen) {
    const entered = this.field.value.trim();
    this.field.value = "";
    this.dismissed = chosen === "";
    if (chosen === "") return;
    key.keep(chosen === "forget" ? "" : entered);
    this.changed();
  }

  /** The API demands a key, or another one: show the way to it, and ask unless somebody has just said not now. */
  demanded() {
    this.button.hidden = false;
    if (!this.dismissed && !this.place.open) this.open(key.value() === "" ? "" : "The API does not know this key, or it was revoked. Enter another one.");
  }

  open(why) {
    this.place.querySelector(".trouble").textContent = why;
    this.place.querySelector("[value=forget]").hidden = key.value() === "";
    this.place.showModal();
    this.field.focus();
  }
}
