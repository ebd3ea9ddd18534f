// The tree as an outline: an ARIA tree with a roving tab stop. Branches are made when they are opened, so that
// thousands of concepts cost nothing until somebody looks.

import { make, marked, number, plural } from "./dom.js";

const MOST_SHOWN = 300;

export class Outline {
  /**
   * @param {HTMLElement} place
   * @param {(id: string) => void} choose called when somebody chooses a concept
   */
  constructor(place, choose) {
    this.place = place;
    this.choose = choose;
    this.roots = [];
    this.byId = new Map();
    this.open = new Set();
    this.selected = null;
    this.wanted = "";
  }

  show(roots) {
    this.roots = roots;
    this.byId = new Map();
    const todo = roots.map((node) => [node, null]);
    while (todo.length) {
      const [node, parent] = todo.pop();
      this.byId.set(node.id, { node, parent });
      for (const child of node.children) todo.push([child, node.id]);
    }
    if (!this.open.size && this.byId.size <= 60) for (const [id, { node }] of this.byId) if (node.children.length) this.open.add(id);
    this.render();
  }

  /** Show only what matches and what leads to it; returns how many match. */
  filter(wanted) {
    this.wanted = wanted.trim();
    return this.render();
  }

  select(id) {
    this.selected = id;
    for (let above = this.byId.get(id)?.parent; above; above = this.byId.get(above)?.parent) this.open.add(above);
    this.render();
    this.item(id)?.firstElementChild.scrollIntoView({ block: "nearest" });
  }

  item(id) {
    return id === null ? null : this.place.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  focus() {
    this.place.querySelector('[tabindex="0"]')?.focus();
  }

  render() {
    const focused = this.place.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    this.kept = null;
    let matches = this.byId.size;
    if (this.wanted) {
      const wanted = this.wanted.toLowerCase();
      const hits = [...this.byId.values()].filter(({ node }) => node.name.toLowerCase().includes(wanted));
      matches = hits.length;
      this.kept = new Set();
      for (const { node } of hits.slice(0, MOST_SHOWN)) {
        for (let id = node.id; id && !this.kept.has(id); id = this.byId.get(id).parent) this.kept.add(id);
      }
    }
    const list = make("ul", {
      class: "tree", role: "tree", "aria-label": "Concepts",
      on: { keydown: (event) => this.key(event), click: (event) => this.click(event) },
    });
    this.fill(list, this.roots, 1);
    this.place.replaceChildren(list);
    const stop = this.item(focused) ?? this.item(this.selected) ?? list.firstElementChild;
    if (stop) stop.tabIndex = 0;
    if (focused && stop) stop.focus();
    return matches;
  }

  fill(list, nodes, level) {
    const shown = this.kept ? nodes.filter((node) => this.kept.has(node.id)) : nodes;
    shown.forEach((node, index) => list.append(this.branch(node, level, index + 1, shown.length)));
  }

  branch(node, level, place, size) {
    const flagged = node.flagged.length ? `told by ${node.flagged.join(", ")} alone` : "";
    const inner = node.children.length > 0;
    const open = inner && (this.kept ? node.children.some((child) => this.kept.has(child.id)) : this.open.has(node.id));
    const item = make(
      "li",
      {
        role: "treeitem", tabindex: -1, "data-id": node.id, "aria-level": level, "aria-posinset": place, "aria-setsize": size,
        "aria-expanded": inner ? String(open) : null, "aria-selected": String(node.id === this.selected),
        "aria-label": [node.name, plural(node.tracks, "track"), flagged].filter(Boolean).join(", "),
      },
      make(
        "div",
        { class: "line", title: node.similarity === null ? null : `similarity to its parent ${number(node.similarity)}` },
        make("span", { class: "twist", "aria-hidden": "true", text: inner ? "▶" : "" }),
        make("span", { class: "name" }, marked(node.name, this.wanted)),
        flagged ? make("span", { class: "flag", title: flagged, text: "!" }) : "",
        make("span", { class: "size", title: "by whichever parent", text: node.descendants ? `${node.descendants} below` : "" }),
      ),
    );
    if (open) {
      const list = make("ul", { role: "group" });
      this.fill(list, node.children, level + 1);
      item.append(list);
    }
    return item;
  }

  toggle(id, open = !this.open.has(id)) {
    if (open) this.open.add(id);
    else this.open.delete(id);
    this.render();
  }

  click(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    if (event.target.classList.contains("twist") && item.hasAttribute("aria-expanded")) this.toggle(item.dataset.id);
    else this.choose(item.dataset.id);
  }

  key(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = [...this.place.querySelectorAll("[role=treeitem]")];
    const at = items.indexOf(item);
    const id = item.dataset.id;
    const expanded = item.getAttribute("aria-expanded");
    const go = (to) => this.move(item, to);
    const keys = {
      ArrowDown: () => go(items[at + 1]),
      ArrowUp: () => go(items[at - 1]),
      Home: () => go(items[0]),
      End: () => go(items.at(-1)),
      ArrowRight: () => (expanded === "false" ? this.toggle(id, true) : expanded === "true" && go(item.querySelector("[role=treeitem]"))),
      ArrowLeft: () => (expanded === "true" && !this.kept ? this.toggle(id, false) : go(item.parentElement.closest("[role=treeitem]"))),
      Enter: () => this.choose(id),
      " ": () => this.choose(id),
    };
    if (keys[event.key]) {
      keys[event.key]();
    } else if (event.key.length === 1) {
      const after = [...items.slice(at + 1), ...items.slice(0, at)];
      go(after.find((one) => this.byId.get(one.dataset.id).node.name.toLowerCase().startsWith(event.key.toLowerCase())));
    } else {
      return;
    }
    event.preventDefault();
  }

  move(from, to) {
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }
}
