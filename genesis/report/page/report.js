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
  const SVG = "http://www.w3.org/2000/svg";
  const draw = (tag, attributes, parent) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (parent) parent.append(element);
    return element;
  };

  // Files are made of what is in the page.
  const runName = document.body.dataset.name || "genesis";
  const save = (text, type, ending) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `${runName}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const csv = (rows) => {
    const field = (value) => {
      const text = String(value);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return rows.map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
  };
  const number = (text) => text.replaceAll("\u2212", "-"); // as programs read it

  // One of many links is a stop of the Tab key; the arrow keys lead to the others.
  const rove = (items, isShown, next) => {
    const stop = (item) => {
      for (const other of items()) other.tabIndex = other === item ? 0 : -1;
    };
    const first = () => stop(items().find(isShown));
    return {
      first,
      focused: stop,
      key: (event) => {
        const shown = items().filter(isShown);
        const at = shown.indexOf(event.target.closest("a"));
        if (at < 0) return false;
        const to = next(event.key, at, shown);
        if (to === undefined || !shown[to]) return false;
        event.preventDefault();
        event.stopPropagation();
        shown[to].focus();
        return true;
      },
    };
  };

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
        links.first();
      });
    }
    // Two links a row, ancestor and descendant.
    const links = rove(
      () => [...body.querySelectorAll("a")],
      (link) => !link.closest("tr").hidden,
      (key, at, shown) => ({ ArrowDown: at + 2, ArrowUp: at - 2, ArrowRight: at + 1,
        ArrowLeft: at - 1, Home: at % 2, End: shown.length - 2 + (at % 2) })[key],
    );
    body.addEventListener("focusin", (event) => {
      if (event.target.closest("a")) links.focused(event.target);
    });
    body.addEventListener("keydown", links.key);
    byId("claim-csv").addEventListener("click", () => {
      const heads = [...table.tHead.rows[0].cells];
      const lines = [...body.rows].filter((row) => !row.hidden).map((row) =>
        heads.map((head, at) => {
          const text = row.cells[at].textContent.trim();
          return head.classList.contains("n") ? number(text) : text;
        }));
      save(csv([heads.map((head) => head.textContent.trim()), ...lines]), "text/csv", "claims.csv");
    });
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
      if (shown) links.first();
    };
    search.addEventListener("input", narrow);
    if (onlyDirect) onlyDirect.addEventListener("change", narrow);
    narrow();
  }

  // The evidence of a gene, opened by a link to #gene-N.
  const panels = JSON.parse(byId("panels").textContent);
  const dialog = byId("evidence");
  // A gene between its direct ancestors and descendants: side by side where there is room, else
  // one below the other, with arrows beside the names.
  const neighbours = (panel, content) => {
    const [up, down] = [panel.near.up, panel.near.down].map((list) =>
      list.map(([gene, name, sign, width, posterior, effect]) =>
        ({ gene, name, sign, width, posterior, effect })));
    if (!up.length && !down.length) return;
    const cut = (name) => (name.length > 20 ? `${name.slice(0, 19)}…` : name);
    const half = (name) => (cut(name).length * 8.7 + 18) / 2;
    const longest = Math.max(...[...up, ...down, panel].map((one) => half(one.name)));
    const wide = Math.min(dialog.clientWidth || innerWidth * 0.9, 760) - 48;
    const step = Math.max(2 * longest + 14, 84);
    const most = Math.max(up.length, down.length);
    const isBeside = most * step <= wide;
    const rise = isBeside ? 58 : 34;
    const middle = 20 + (isBeside ? up.length > 0 : up.length) * rise;
    const width = isBeside ? Math.max(most * step, 2 * half(panel.name) + 20) : 64 + 2 * longest;
    const height = middle + (isBeside ? down.length > 0 : down.length) * rise + 20;
    const x = isBeside ? width / 2 : half(panel.name) + 4;
    const placed = [...up, ...down].map((one, at) => {
      const isUp = at < up.length;
      const [n, k] = isUp ? [up.length, at] : [down.length, at - up.length];
      if (!isBeside) {
        // The nearest has its arrow inside, so that none crosses another.
        const beside = 12 + 5 * (isUp ? k : n - 1 - k);
        const y = isUp ? 20 + k * rise : middle + (k + 1) * rise;
        return { ...one, isUp, x: 60 + half(one.name), y, path: isUp
          ? `M60 ${y}H${beside}V${middle - 15}` : `M${beside} ${middle + 12}V${y}H57` };
      }
      const y = middle + (isUp ? -rise : rise);
      const own = width / 2 + (k - (n - 1) / 2) * step;
      // Heads that end at one box are apart.
      const port = x + (k - (n - 1) / 2) * Math.min(11, 52 / Math.max(n - 1, 1));
      const [[x1, y1], [x2, y2]] = isUp
        ? [[own, y + 12], [port, middle - 15]] : [[port, middle + 12], [own, y - 15]];
      const turn = (y2 - y1) / 2;
      return { ...one, isUp, x: own, y,
        path: `M${x1} ${y1}C${x1} ${y1 + turn} ${x2} ${y2 - turn} ${x2} ${y2}` };
    });
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "near-genes",
      role: "group", "aria-label": `${panel.name}, its direct ancestors and descendants` });
    const arrows = draw("g", {}, svg);
    const box = (name, at, y, role, parent) => {
      const node = draw("g", { class: `node ${role}`, transform: `translate(${at} ${y})` }, parent);
      draw("title", {}, node).textContent = name;
      draw("rect", { class: "box", x: -half(name), y: -12, width: 2 * half(name), height: 24,
        rx: 5 }, node);
      draw("text", { y: 4.5, "text-anchor": "middle" }, node).textContent = cut(name);
    };
    for (const one of placed) {
      const path = draw("path", { class: `arrow ${one.sign}`, "stroke-width": one.width,
        "marker-end": `url(#head-${one.sign})`, d: one.path }, arrows);
      draw("title", {}, path).textContent = [one.posterior && `posterior ${one.posterior}`,
        one.effect && `total effect ${one.effect}`].filter(Boolean).join(", ");
      const link = panels[one.gene] ? draw("a", { href: `#gene-${one.gene}` }, svg) : svg;
      box(one.name, one.x, one.y, one.isUp ? "between" : "downstream", link);
    }
    box(panel.name, x, middle, "upstream", svg);
    make("div", "", content).append(svg);
  };
  const fill = (key) => {
    const panel = panels[key];
    const content = byId("evidence-content");
    content.replaceChildren();
    byId("evidence-title").textContent = panel.name;
    make("p", panel.place, content).className = "soft";
    neighbours(panel, content);
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
      if (!dialog.open) {
        opener = document.activeElement;
        dialog.showModal();
      }
      fill(found[1]);
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

  // The layered network: neighbours of a node, the arrow keys from one to the next.
  for (const layered of document.querySelectorAll(".layered svg")) {
    const places = [...layered.querySelectorAll(".node")];
    const ways = [...layered.querySelectorAll(".arrow")];
    const along = rove(() => places.filter((node) => node.matches("a")), () => true,
      (key, at, shown) => ({ ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1,
        ArrowLeft: at - 1, Home: 0, End: shown.length - 1 })[key]);
    along.first();
    layered.addEventListener("keydown", along.key);
    const light = (node) => {
      for (const one of [...places, ...ways]) one.classList.remove("near");
      layered.classList.toggle("picked", node !== null);
      if (!node) return;
      node.classList.add("near");
      for (const way of ways) {
        const both = [places[way.dataset.from], places[way.dataset.to]];
        if (both.includes(node)) for (const one of [way, ...both]) one.classList.add("near");
      }
    };
    for (const node of places) {
      node.addEventListener("mouseenter", () => light(node));
      node.addEventListener("mouseleave", () => light(null));
      node.addEventListener("focus", () => { along.focused(node); light(node); });
      node.addEventListener("blur", () => light(null));
    }
  }

  // The network: as many claims as can be read, pan, zoom, neighbours of a gene.
  const svg = byId("network-svg");
  if (!svg) return;
  const network = JSON.parse(byId("network-data").textContent);
  const drawing = byId("drawing");
  const slider = byId("network-number");
  const arrows = [...svg.querySelectorAll(".arrow")];
  const nodes = [...svg.querySelectorAll(".node")];
  const view = { x: 0, y: 0, w: 1, h: 1 };
  let whole = { width: 1, height: 1 };
  const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const zoom = (factor, x = view.x + view.w / 2, y = view.y + view.h / 2) => {
    const w = Math.min(Math.max(view.w * factor, 120), whole.width * 2);
    const real = w / view.w;
    view.x = x - (x - view.x) * real;
    view.y = y - (y - view.y) * real;
    view.w = w;
    view.h *= real;
    show();
  };
  const reset = () => {
    Object.assign(view, { x: 0, y: 0, w: whole.width, h: whole.height });
    show();
  };

  // Genes that are not drawn have no role: it is told among those that are.
  const NARROW = 640, TALLEST = 900, LEAST_SCALE = 0.72;
  const views = () =>
    network.views[drawing.parentElement.clientWidth < NARROW ? "narrow" : "wide"];
  const isLegible = (one) => Math.min(drawing.parentElement.clientWidth / one.width,
    TALLEST / one.height) >= LEAST_SCALE;
  const arrange = () => {
    const now = views()[Number(slider.value)];
    whole = now;
    drawing.style.aspectRatio = `${now.width} / ${now.height}`;
    drawing.style.maxWidth = `${Math.max(now.width * 1.2, 360)}px`;
    arrows.forEach((arrow, at) => {
      arrow.classList.toggle("off", at >= now.number);
      if (at < now.number) arrow.setAttribute("d", now.paths[at]);
    });
    for (const node of nodes) node.classList.add("off");
    for (const [at, x, y, role] of now.nodes) {
      nodes[at].setAttribute("class", `node ${role}`);
      nodes[at].setAttribute("transform", `translate(${x} ${y})`);
      nodes[at].querySelector("use").setAttribute("href", `#role-${role}`);
    }
    byId("network-shown").textContent =
      `${now.number} of ${arrows.length}, ${now.nodes.length} genes`;
    steps.first();
    reset();
  };
  const ordered = () => {
    const place = new Map(whole.nodes.map(([at, x, y]) => [nodes[at], y * 1e5 + x]));
    return nodes.filter((node) => place.has(node)).sort((a, b) => place.get(a) - place.get(b));
  };
  const steps = rove(
    () => [...ordered(), ...nodes.filter((node) => node.classList.contains("off"))],
    (node) => !node.classList.contains("off"),
    (key, at, shown) => ({ ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1,
      ArrowUp: at - 1, Home: 0, End: shown.length - 1 })[key],
  );
  slider.addEventListener("input", arrange);
  let shape = views();
  window.addEventListener("resize", () => {
    if (views() === shape) return;
    shape = views();
    arrange();
  });
  slider.value = String(Math.max(views().findLastIndex(isLegible), 0));
  if (arrows.length < 2 || network.views.wide.length < 2) slider.parentElement.hidden = true;
  arrange();

  const place = (event) => new DOMPoint(event.clientX, event.clientY)
    .matrixTransform(svg.getScreenCTM().inverse());
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return; // the page scrolls
    event.preventDefault();
    const at = place(event);
    zoom(event.deltaY > 0 || event.deltaX > 0 ? 1.2 : 1 / 1.2, at.x, at.y);
  }, { passive: false });
  // One finger or the mouse moves the drawing, two fingers zoom it.
  const held = new Map();
  let moved = false;
  let apart = 0;
  const ends = () => [...held.values()];
  const span = () => {
    const [a, b] = ends();
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  };
  svg.addEventListener("pointerdown", (event) => {
    if (!held.size) moved = false;
    held.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY });
    if (held.size === 2) apart = span();
  });
  window.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) return;
    if (held.size === 1) {
      const far = Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
      if (!moved && far <= 3) return;
      const [from, to] = [place(before), place(event)];
      view.x -= to.x - from.x;
      view.y -= to.y - from.y;
      show();
    }
    moved = true;
    held.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY });
    if (held.size === 2) {
      const [a, b] = ends();
      const now = Math.max(span(), 1);
      const middle = place({ clientX: (a.clientX + b.clientX) / 2,
        clientY: (a.clientY + b.clientY) / 2 });
      zoom(apart / now, middle.x, middle.y);
      apart = now;
    }
  });
  const release = (event) => {
    held.delete(event.pointerId);
    if (!held.size) setTimeout(() => { moved = false; }); // after the click that ends a drag
  };
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  svg.addEventListener("touchstart", (event) => {
    if (event.touches.length > 1) event.preventDefault(); // the page is not to be zoomed
  }, { passive: false });
  svg.addEventListener("touchmove", (event) => {
    if (event.touches.length > 1) event.preventDefault();
  }, { passive: false });
  svg.addEventListener("click", (event) => { if (moved) event.preventDefault(); }, true);
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  byId("zoom-in").addEventListener("click", () => zoom(1 / 1.4));
  byId("zoom-out").addEventListener("click", () => zoom(1.4));
  byId("zoom-reset").addEventListener("click", reset);
  svg.addEventListener("keydown", steps.key);
  drawing.addEventListener("keydown", (event) => {
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

  const pick = (node) => {
    const near = new Set([node]);
    arrows.forEach((arrow, at) => {
      const both = [nodes[network.arrows[at].from], nodes[network.arrows[at].to]];
      const touches = both.includes(node) && !arrow.classList.contains("off");
      arrow.classList.toggle("near", touches);
      if (touches) both.forEach((end) => near.add(end));
    });
    for (const other of nodes) other.classList.toggle("near", near.has(other));
    svg.classList.add("picked");
  };
  const unpick = () => {
    svg.classList.remove("picked");
    for (const element of [...arrows, ...nodes]) element.classList.remove("near");
  };
  for (const node of nodes) {
    node.addEventListener("mouseenter", () => pick(node));
    node.addEventListener("mouseleave", unpick);
    node.addEventListener("focus", () => { steps.focused(node); pick(node); });
    node.addEventListener("blur", unpick);
  }

  byId("network-svg-file").addEventListener("click", () => {
    const copy = svg.cloneNode(true);
    for (const element of copy.querySelectorAll(".off")) element.remove();
    copy.classList.remove("picked");
    copy.removeAttribute("id");
    copy.setAttribute("viewBox", `0 0 ${whole.width} ${whole.height}`);
    copy.setAttribute("width", whole.width);
    copy.setAttribute("height", whole.height);
    for (const link of copy.querySelectorAll("a")) {
      link.removeAttribute("href");
      link.removeAttribute("tabindex");
    }
    save(new XMLSerializer().serializeToString(copy), "image/svg+xml", "network.svg");
  });
  byId("network-csv").addEventListener("click", () => {
    const name = (at) => network.nodes[at].name;
    const lines = network.arrows.slice(0, whole.number).map((arrow) => [name(arrow.from),
      name(arrow.to), arrow.posterior ?? "", number(arrow.effect ?? "")]);
    const of = network.only_direct ? "posterior_direct" : "posterior";
    save(csv([["gene_a", "gene_b", of, "effect"], ...lines]), "text/csv", "network.csv");
  });
})();
