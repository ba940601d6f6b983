"use strict";
// Everything works on what is in the page already; nothing is fetched.
(() => {
  const byId = (id) => document.getElementById(id);
  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    element.textContent = text; // names are text, whatever they contain
    if (parent) parent.append(element);
    return element;
  };
  document.documentElement.classList.add("js");

  // The table of claims: sorted by a heading, narrowed by the search.
  const table = byId("claim-table");
  if (table) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const search = byId("claim-search");
    const onlyDirect = byId("claim-direct");
    const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const value = (row, column) => {
      const cell = row.cells[column];
      return cell.dataset.v === undefined ? cell.textContent.trim() : Number(cell.dataset.v);
    };
    const compare = (x, y) =>
      typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true });
    for (const heading of table.tHead.rows[0].cells) {
      const button = heading.querySelector("button");
      if (!button) continue;
      button.addEventListener("click", () => {
        const before = heading.getAttribute("aria-sort");
        const numeric = heading.classList.contains("n");
        const up = before ? before === "descending" : !numeric;
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", up ? "ascending" : "descending");
        const column = heading.cellIndex;
        const sorted = [...rows].sort(
          (r, s) => (up ? 1 : -1) * compare(value(r, column), value(s, column)),
        );
        body.append(...sorted);
      });
    }
    const narrow = () => {
      const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const keep =
          wanted.every((word) => words.get(row).includes(word)) &&
          (!onlyDirect || !onlyDirect.checked || row.dataset.direct === "direct");
        row.hidden = !keep;
        shown += keep;
      }
      byId("claim-count").textContent = `${shown} of ${rows.length} shown`;
    };
    search.addEventListener("input", narrow);
    if (onlyDirect) onlyDirect.addEventListener("change", narrow);
    narrow();
  }

  // The evidence of a gene, opened by a link to #gene-N.
  const panels = JSON.parse(byId("panels").textContent);
  const dialog = byId("evidence");
  const fill = (key) => {
    const panel = panels[key];
    const content = byId("evidence-content");
    content.replaceChildren();
    byId("evidence-title").textContent = panel.name;
    make("p", panel.place, content).className = "soft";
    make("h3", "Anchors", content);
    if (panel.anchors.length) {
      const list = make("ul", "", content);
      for (const line of panel.anchors) make("li", line, list);
    } else make("p", "None: no variant is known to act on it directly.", content);
    for (const section of panel.sections) {
      const more = section.items.length && section.n > section.items.length;
      const part = more ? ` (the first ${section.items.length} shown)` : "";
      make("h3", `${section.title}: ${section.n.toLocaleString("en")}${part}`, content);
      if (!section.items.length) continue;
      const list = make("ul", "", content);
      for (const item of section.items) {
        const line = make("li", `${item.text} `, list);
        if (item.correlations) make("span", `${item.correlations} `, line).className = "soft";
        if (panels[item.gene]) {
          const link = make("a", `See ${panels[item.gene].name}`, line);
          link.href = `#gene-${item.gene}`;
        }
      }
    }
    make("p", panel.last, content);
  };
  let opener = null;
  const follow = () => {
    const found = /^#gene-(\d+)$/.exec(location.hash);
    if (found && panels[found[1]]) {
      if (!dialog.open) opener = document.activeElement;
      fill(found[1]);
      if (!dialog.open) dialog.showModal();
      dialog.scrollTop = 0;
    } else if (dialog.open) dialog.close();
  };
  dialog.addEventListener("close", () => {
    if (location.hash.startsWith("#gene-")) {
      history.replaceState(null, "", location.pathname + location.search);
    }
    if (opener && opener.focus) opener.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  byId("evidence-close").addEventListener("click", () => dialog.close());
  window.addEventListener("hashchange", follow);
  follow();

  // The network: pan, zoom, neighbours of a gene, fewer claims.
  const svg = byId("network-svg");
  if (!svg) return;
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const view = { x: 0, y: 0, w: width, h: height };
  const show = () => {
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
    const scale = Math.min(svg.clientWidth / view.w, svg.clientHeight / view.h);
    svg.classList.toggle("close", scale > 0.8);
    svg.style.setProperty("--grow", Math.min(Math.max(0.85 / scale, 1), 1.7).toFixed(2));
  };
  const zoom = (factor, x = view.x + view.w / 2, y = view.y + view.h / 2) => {
    const w = Math.min(Math.max(view.w * factor, 120), width * 2);
    const real = w / view.w;
    view.x = x - (x - view.x) * real;
    view.y = y - (y - view.y) * real;
    view.w = w;
    view.h *= real;
    show();
  };
  const reset = () => { Object.assign(view, { x: 0, y: 0, w: width, h: height }); show(); };
  const place = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY);
    return point.matrixTransform(svg.getScreenCTM().inverse());
  };
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return; // the page scrolls
    event.preventDefault();
    const at = place(event);
    zoom(event.deltaY > 0 || event.deltaX > 0 ? 1.2 : 1 / 1.2, at.x, at.y);
  }, { passive: false });
  let held = null;
  let moved = false;
  svg.addEventListener("pointerdown", (event) => {
    held = place(event);
    moved = false;
  });
  window.addEventListener("pointermove", (event) => {
    if (!held) return;
    const at = place(event);
    if (Math.hypot(at.x - held.x, at.y - held.y) * (svg.clientWidth / view.w) > 3) moved = true;
    if (!moved) return;
    view.x -= at.x - held.x;
    view.y -= at.y - held.y;
    show();
  });
  window.addEventListener("pointerup", () => {
    held = null;
    setTimeout(() => { moved = false; }); // after the click that ends a drag
  });
  svg.addEventListener("click", (event) => { if (moved) event.preventDefault(); }, true);
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  byId("zoom-in").addEventListener("click", () => zoom(1 / 1.4));
  byId("zoom-out").addEventListener("click", () => zoom(1.4));
  byId("zoom-reset").addEventListener("click", reset);
  byId("drawing").addEventListener("keydown", (event) => {
    const step = view.w / 10;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step],
      ArrowDown: [0, step] };
    if (event.key === "+" || event.key === "=") zoom(1 / 1.4);
    else if (event.key === "-") zoom(1.4);
    else if (event.key === "0") reset();
    else if (moves[event.key]) {
      view.x += moves[event.key][0];
      view.y += moves[event.key][1];
      show();
    } else return;
    event.preventDefault();
  });
  const arrows = [...svg.querySelectorAll(".arrow")];
  const nodes = [...svg.querySelectorAll(".node")];
  const pick = (node) => {
    const number = nodes.indexOf(node);
    const near = new Set([number]);
    for (const arrow of arrows) {
      const ends = [Number(arrow.dataset.from), Number(arrow.dataset.to)];
      const touches = ends.includes(number) && !arrow.classList.contains("off");
      arrow.classList.toggle("near", touches);
      if (touches) ends.forEach((end) => near.add(end));
    }
    nodes.forEach((other, at) => other.classList.toggle("near", near.has(at)));
    svg.classList.add("picked");
  };
  const unpick = () => {
    svg.classList.remove("picked");
    for (const element of [...arrows, ...nodes]) element.classList.remove("near");
  };
  for (const node of nodes) {
    node.addEventListener("mouseenter", () => pick(node));
    node.addEventListener("mouseleave", unpick);
    node.addEventListener("focus", () => pick(node));
    node.addEventListener("blur", unpick);
  }
  const slider = byId("network-number");
  const limit = () => {
    const number = Number(slider.value);
    const used = new Set();
    arrows.forEach((arrow, at) => {
      const on = at < number;
      arrow.classList.toggle("off", !on);
      if (on) used.add(arrow.dataset.from).add(arrow.dataset.to);
    });
    nodes.forEach((node, at) => node.classList.toggle("off", !used.has(String(at))));
    byId("network-shown").textContent = `${number} of ${arrows.length}`;
  };
  slider.addEventListener("input", limit);
  limit();
  show();
  window.addEventListener("resize", show);
})();
