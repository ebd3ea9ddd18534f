// Makes elements. Text only ever becomes text nodes, so a name such as <script> is a name.

/**
 * @param {string} tag
 * @param {Object<string, any>} about attributes; `on` holds listeners, `text` the text; null and false leave one out
 * @param {...(Node|string|null)} inside
 */
export function make(tag, about = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...inside.filter((one) => one !== null && one !== undefined));
  return element;
}

/** The text with the parts that match marked. */
export function marked(text, wanted) {
  const parts = document.createDocumentFragment();
  const at = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1;
  if (at < 0) {
    parts.append(text);
  } else {
    parts.append(text.slice(0, at), make("mark", { text: text.slice(at, at + wanted.length) }), text.slice(at + wanted.length));
  }
  return parts;
}

export const number = (value, digits = 2) => (value === null || value === undefined ? "–" : value.toFixed(digits));

/** With its standard error, where that is known. */
export const uncertain = (value, error, digits) => (error === null ? number(value, digits) : `${number(value, digits)} ± ${number(error, 3)}`);

export const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

export const percent = (share) => `${Math.round(100 * share)} %`;

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** A list of terms, each with what is said of it: a text or an element, and more that is less important. */
export function defined(rows) {
  return make(
    "dl",
    {},
    ...rows.flatMap(([term, said, more]) => [make("dt", { text: term }), make("dd", {}, said, more ? make("span", { class: "quiet", text: ` ${more}` }) : "")]),
  );
}
