"""The report in a real browser: it fetches nothing, sorts, filters, draws, obeys the keys."""

from __future__ import annotations

import csv
import itertools
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import sync_playwright

from genesis.report import write_report

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing = "no Chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as program:
        # Chromium does not sandbox what root starts.
        as_root = hasattr(os, "geteuid") and os.geteuid() == 0
        started = program.chromium.launch(
            executable_path=found,
            args=["--disable-dev-shm-usage", *(["--no-sandbox"] if as_root else [])],
        )
        yield started
        started.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a report; afterwards nothing was fetched, asked or complained of."""
    pages, wrong = [], []

    def watch(page):
        page.on("console", lambda message: wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: (
                None
                # A blob is a file that the page hands out.
                if request.url.startswith(("data:", "blob:"))
                or request.url.split("#")[0] == address
                else wrong.append(f"request: {request.url}")
            ),
        )

    address = ""

    def open_report(result, width=1200, fragment="", **settings):
        nonlocal address
        path = Path(write_report(result, tmp_path / "run1.report.html", force=True))
        address = path.as_uri()
        page = browser.new_page(viewport={"width": width, "height": 800}, **settings)
        pages.append(page)
        watch(page)
        page.goto(address + fragment)
        return page

    yield open_report
    for page in pages:
        page.close()
    assert wrong == []


def column(page, number):
    cells = page.locator(f"#claim-table tbody tr:visible td:nth-child({number})")
    return cells.all_inner_texts()


def test_table_sorts_by_text_and_by_number(opened, by_rules):
    page = opened(by_rules)
    before = column(page, 1)
    assert len(before) == by_rules.counts["ancestor"]
    page.get_by_role("button", name="ancestor A").click()
    assert column(page, 1) == sorted(before)
    heading = page.locator("#claim-table th").first
    assert heading.get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="ancestor A").click()
    assert column(page, 1) == sorted(before, reverse=True)
    page.get_by_role("button", name="witnesses", exact=True).click()
    numbers = [int(text) for text in column(page, 7)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) > 1
    assert heading.get_attribute("aria-sort") is None


def test_table_is_narrowed_by_words_and_to_direct_claims(opened, calibrated):
    page = opened(calibrated)
    table = calibrated.relations
    claims = table[table["relation"] == "ancestor"]
    page.get_by_label("Search").fill("gene01")
    of_gene = (claims["gene_a"] == "GENE01") | (claims["gene_b"] == "GENE01")
    of_anchor = claims["witness"].fillna("").str.contains("GENE01")
    expected = int((of_gene | of_anchor).sum())
    assert 0 < expected < len(claims)
    assert len(column(page, 1)) == expected
    assert page.locator("#claim-count").inner_text() == f"{expected} of {len(claims)} shown"
    page.get_by_label("Search").fill("no such gene")
    assert column(page, 1) == []
    page.get_by_label("Search").fill("")
    page.get_by_label("direct only").check()
    assert len(column(page, 1)) == int(claims["direct"].sum())


def test_evidence_opens_by_click_key_and_address(opened, calibrated):
    page = opened(calibrated)
    dialog = page.locator("#evidence")
    link = page.locator("#claim-table tbody a").first
    name = link.inner_text()
    assert not dialog.is_visible()
    link.focus()
    page.keyboard.press("Enter")
    dialog.wait_for()
    assert page.locator("#evidence-title").inner_text() == name
    assert "posterior" in page.locator("#evidence-content").inner_text().lower()
    other = page.locator("#evidence-content li a").first
    wanted = other.inner_text().removeprefix("See ")
    other.click()
    page.wait_for_function(
        "name => document.getElementById('evidence-title').textContent === name", arg=wanted
    )
    assert page.locator("#evidence-title").inner_text() == wanted
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.wait_for_url(lambda url: "#" not in url)
    assert page.evaluate("document.activeElement.textContent") == name
    again = opened(calibrated, fragment="#gene-3")
    assert again.locator("#evidence-title").inner_text() == "GENE03"
    again.get_by_role("button", name="Close").click()
    again.locator("#evidence").wait_for(state="hidden")


def view(page):
    text = page.locator("#network-svg").get_attribute("viewBox")
    return [float(number) for number in text.split()]


def set_slider(page, value):
    page.locator("#network-number").fill(str(value))


def drawn(page):
    """Names and roles of the genes that are drawn, and ends of the arrows, as names."""
    return page.evaluate("""() => {
      const network = JSON.parse(document.getElementById("network-data").textContent);
      const name = (at) => network.nodes[at].name;
      const shown = (element) => !element.classList.contains("off");
      const nodes = [...document.querySelectorAll("#network-svg .node")];
      const arrows = [...document.querySelectorAll("#network-svg .arrow")];
      return {
        roles: Object.fromEntries(nodes.map((node, at) => [node, at])
          .filter(([node]) => shown(node))
          .map(([node, at]) => [name(at), [node.classList[1],
            node.querySelector("use").getAttribute("href").slice(6)]])),
        arrows: network.arrows.filter((_, at) => shown(arrows[at]))
          .map((arrow) => [name(arrow.from), name(arrow.to)]),
      };
    }""")


def test_network_draws_zooms_and_follows_the_keys(opened, calibrated):
    page = opened(calibrated)
    arrows = page.locator("#network-svg .arrow:not(.off)")
    most = int(page.locator("#network-number").get_attribute("max"))
    set_slider(page, most)
    assert arrows.count() == calibrated.counts["direct"]
    nodes = page.locator("#network-svg .node:visible")
    assert nodes.count() > 2
    for node in nodes.all():
        box = node.bounding_box()
        assert box["width"] > 3
        assert box["height"] > 3
    whole = view(page)
    page.get_by_role("button", name="Zoom in").click()
    assert view(page)[2] < whole[2]
    page.get_by_role("button", name="Whole").click()
    assert view(page) == whole
    page.locator("#drawing").focus()
    for key, moved in [("ArrowRight", (1, 0)), ("ArrowDown", (0, 1))]:
        before = view(page)
        page.keyboard.press(key)
        assert [a > b for a, b in zip(view(page)[:2], before[:2], strict=True)] == [
            m > 0 for m in moved
        ]
    page.keyboard.press("+")
    assert view(page)[2] < whole[2]
    page.keyboard.press("0")
    assert view(page) == whole
    box = page.locator("#drawing").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 65, box["y"] + 45, steps=4)
    page.mouse.up()
    assert view(page)[0] < whole[0]
    set_slider(page, 0)
    assert arrows.count() == 5
    nodes.first.focus()
    assert page.locator("#network-svg.picked .arrow.near").count() >= 1
    page.keyboard.press("Enter")
    page.locator("#evidence").wait_for()


@pytest.mark.parametrize("width", [420, 1400])
def test_roles_are_those_of_the_arrows_drawn(opened, calibrated, width):
    page = opened(calibrated, width)
    for value in range(int(page.locator("#network-number").get_attribute("max")) + 1):
        set_slider(page, value)
        found = drawn(page)
        leaves, reached = ({pair[end] for pair in found["arrows"]} for end in (0, 1))
        assert found["roles"].keys() == leaves | reached
        for name, (colour, symbol) in found["roles"].items():
            assert colour == symbol
            assert colour == (
                "between" if name in leaves & reached
                else "upstream" if name in leaves else "downstream"
            )  # fmt: skip


@pytest.mark.parametrize("width", [420, 1400])
def test_every_gene_of_the_first_view_is_named_legibly(opened, calibrated, width):
    page = opened(calibrated, width)
    page.locator("#network").scroll_into_view_if_needed()
    names = page.locator("#network-svg .node:not(.off)").evaluate_all("""(nodes) => nodes.map(
      (node) => {
        const [box, text] = ["rect", "text"].map((tag) =>
          node.querySelector(tag).getBoundingClientRect());
        return [text.height, text.left - box.left, box.right - text.right,
          box.left, box.right, box.top, box.bottom];
      })""")
    assert len(names) > 2
    for at, (height, before, after, left, right, top, bottom) in enumerate(names):
        assert height > 9
        assert before > 0
        assert after > 0
        for *_, left2, right2, top2, bottom2 in names[:at]:
            assert right < left2 or right2 < left or bottom < top2 or bottom2 < top


def test_two_fingers_zoom_the_network(opened, calibrated):
    page = opened(calibrated, 420, has_touch=True)
    page.locator("#drawing").scroll_into_view_if_needed()
    box = page.locator("#drawing").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = view(page)
    session = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 40), ("touchMove", 50), ("touchMove", 60)):
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x - apart, "y": y, "id": 0},
                                           {"x": x + apart, "y": y, "id": 1}]},
        )  # fmt: skip
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    after = view(page)
    assert after[2] == pytest.approx(before[2] / 1.5, rel=0.05)
    # About what was between the fingers.
    assert after[0] + after[2] / 2 == pytest.approx(before[0] + before[2] / 2, abs=before[2] / 20)


def test_network_and_claims_are_saved(opened, calibrated):
    page = opened(calibrated)

    def saved(button):
        with page.expect_download() as download:
            page.locator(button).click()
        return download.value.suggested_filename, Path(download.value.path()).read_text()

    name, text = saved("#network-csv")
    rows = list(csv.DictReader(text.splitlines()))
    assert name == "run1.network.csv"
    assert [[row["gene_a"], row["gene_b"]] for row in rows] == drawn(page)["arrows"]
    table = calibrated.relations.set_index(["gene_a", "gene_b"])
    for row in rows:
        claim = table.loc[(row["gene_a"], row["gene_b"])]
        assert float(row["effect"]) == pytest.approx(claim["effect"], abs=0.0051)
        assert float(row["posterior_direct"]) == pytest.approx(
            claim["posterior_direct"], abs=0.00051
        )
    name, text = saved("#network-svg-file")
    assert name == "run1.network.svg"
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    shown = {node.text for node in root.findall(f"{space}a/{space}title")}
    assert shown == set(drawn(page)["roles"])
    assert "var(--plus, #0072b2)" in text
    page.get_by_label("direct only").check()
    name, text = saved("#claim-csv")
    rows = list(csv.DictReader(text.splitlines()))
    assert name == "run1.claims.csv"
    assert [row["ancestor A"] for row in rows] == column(page, 1)
    assert all(float(row["effect of A on B"]) for row in rows)


def test_names_are_quoted_in_csv(opened, hostile):
    page = opened(hostile)
    with page.expect_download() as download:
        page.locator("#claim-csv").click()
    rows = list(csv.reader(Path(download.value.path()).read_text().splitlines()))
    assert {name for row in rows[1:] for name in row[:2]} <= set(hostile.gene_ids)
    assert {len(row) for row in rows} == {8}


def test_dark_pages_are_dark_and_printed_ones_light(opened, calibrated):
    for scheme, dark in (("light", False), ("dark", True)):
        page = opened(calibrated, color_scheme=scheme)
        light = "getComputedStyle(document.body).backgroundColor"
        level = page.evaluate(f"Number(/\\d+/.exec({light})[0])")
        assert (level < 60) == dark
        page.emulate_media(media="print")
        assert page.evaluate(light) == "rgb(255, 255, 255)"


def test_links_of_the_table_and_genes_of_the_network_are_one_tab_stop_each(opened, calibrated):
    page = opened(calibrated)
    stops = """(root) => [...document.querySelectorAll(`${root} a`)]
      .filter((link) => link.tabIndex === 0).map((link) => link.textContent)"""
    assert len(page.evaluate(stops, "#claim-table")) == 1
    assert len(page.evaluate(stops, "#network-svg")) == 1
    first, second = column(page, 1)[:2]
    page.locator("#claim-table tbody a").first.focus()
    focused = "document.activeElement.textContent"
    for key, name in [
        ("ArrowRight", column(page, 2)[0]), ("ArrowLeft", first), ("ArrowDown", second),
        ("ArrowUp", first), ("End", column(page, 1)[-1]), ("Home", first),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(focused) == name
    page.get_by_label("Search").fill(second.lower())
    assert page.evaluate(stops, "#claim-table") == [column(page, 1)[0]]
    page.locator("#network-svg .node[tabindex='0']").focus()
    before = page.evaluate("document.activeElement.querySelector('title').textContent")
    page.keyboard.press("ArrowRight")
    after = page.evaluate("document.activeElement.querySelector('title').textContent")
    assert after != before
    assert len(page.evaluate(stops, "#network-svg")) == 1


def test_evidence_draws_the_neighbours_of_a_gene(opened, calibrated):
    page = opened(calibrated, 420, fragment="#gene-1")
    drawing = page.locator("#evidence .near-genes")
    panel = page.evaluate("JSON.parse(document.getElementById('panels').textContent)[1]")
    names = [one[1] for side in ("up", "down") for one in panel["near"][side]]
    assert names
    titles = drawing.locator(".node title").evaluate_all("(all) => all.map((t) => t.textContent)")
    assert sorted(titles) == sorted([*names, "GENE01"])
    assert drawing.locator(".arrow").count() == len(names)
    box, dialog = drawing.bounding_box(), page.locator("#evidence").bounding_box()
    assert box["width"] < dialog["width"]
    drawing.locator("a").first.click()
    page.wait_for_function(
        "name => document.getElementById('evidence-title').textContent === name", arg=names[0]
    )


@pytest.mark.parametrize("which", ["calibrated", "by_rules"])
def test_the_table_of_claims_fits_at_1400(opened, request, which):
    page = opened(request.getfixturevalue(which), 1400)
    assert page.locator("#claims .scroll").evaluate("box => box.scrollWidth <= box.clientWidth")


def test_hostile_names_do_nothing(opened, hostile):
    page = opened(hostile)
    dialog = page.locator("#evidence")
    shown = {*column(page, 1), *column(page, 2)}
    assert "<script>alert(1)</script>" in shown
    assert shown <= set(hostile.gene_ids)
    for link in page.locator("#claim-table tbody a").all()[:24]:
        link.click()
        dialog.wait_for()
        assert page.locator("#evidence-title").inner_text() in set(hostile.gene_ids)
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        page.wait_for_url(lambda url: "#" not in url)
    page.get_by_label("Search").fill("<script>")
    assert 0 < len(column(page, 1)) < len(hostile.pairs)
    page.locator("#network-svg .node").first.hover()
    assert page.locator("script").count() == 3
    assert page.locator("img:not([src^='data:'])").count() == 0


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_screen(opened, hostile, width):
    page = opened(hostile, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_images_are_decoded_and_have_words(opened, calibrated):
    page = opened(calibrated)
    images = page.locator("figure img")
    assert images.count() >= 8
    for image in images.all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
        assert len(image.get_attribute("alt")) > 20


def test_everything_that_reacts_is_reached_by_the_tab_key(opened, by_rules):
    page = opened(by_rules)
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert {"claim-search", "claim-direct", "ancestor A", "Skip to the claims"} <= {
        text.strip() for text in seen
    }


def test_print_has_no_controls(opened, calibrated, tmp_path):
    page = opened(calibrated)
    page.emulate_media(media="print")
    assert not page.locator("#claim-search").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator("#network-svg").is_visible()
    assert page.locator("#claim-table tbody tr:visible").count() <= 30
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 20_000


def test_page_says_everything_without_a_script(browser, calibrated, tmp_path):
    path = write_report(calibrated, tmp_path / "report.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("#claim-table tbody tr:visible").count() == calibrated.counts["ancestor"]
    assert page.locator("#network-svg .node:visible").count() > 2
    assert not page.locator("#claim-search").is_visible()
    context.close()


@pytest.mark.parametrize("width", [420, 1400, 1920])
@pytest.mark.parametrize("which", ["layered", "hostile_layers"])
def test_names_of_layers_are_legible_and_in_their_boxes(opened, request, which, width):
    page = opened(request.getfixturevalue(which), width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.locator(".layered svg:visible")
    assert shown.count() == 1
    assert shown.get_attribute("class") == ("narrow" if width == 420 else "wide")
    found = shown.evaluate("""(svg) => {
      const box = (element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        return { left, right, top, bottom };
      };
      return [...svg.querySelectorAll(".node")].map((node) => ({
        scale: node.getScreenCTM().a,
        text: box(node.querySelector("text")), rect: box(node.querySelector(".box")) }));
    }""")
    boxes = [one["rect"] for one in found]
    for one in found:
        assert 13 * one["scale"] >= 9.5
        assert one["text"]["right"] <= one["rect"]["right"]
        assert one["text"]["left"] >= one["rect"]["left"]
    for a, b in itertools.combinations(boxes, 2):
        apart = a["right"] <= b["left"] or b["right"] <= a["left"]
        assert apart or a["bottom"] <= b["top"] or b["bottom"] <= a["top"]


def test_a_node_of_the_layers_shows_its_neighbours_and_the_keys_lead_on(opened, layered):
    page = opened(layered)
    svg = page.locator(".layered svg.wide")
    assert svg.locator("a[tabindex='0']").count() == 1
    trait = svg.locator("a.node", has_text="LDL")
    trait.hover()
    near = svg.locator(".node.near title").evaluate_all("(all) => all.map((t) => t.textContent)")
    assert sorted(near) == ["GENE1@protein", "LDL"]
    assert svg.locator(".arrow.near").count() == 1
    svg.locator("a[tabindex='0']").focus()
    before = page.evaluate("document.activeElement.querySelector('title').textContent")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.querySelector('title').textContent") != before
    assert svg.locator("a[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.locator("#evidence").wait_for()


def test_a_trait_of_the_list_opens_its_page(opened, layered):
    page = opened(layered)
    other = page.locator("details.trait").nth(1)
    assert not other.locator("h4").first.is_visible()
    page.locator("#traits table").first.get_by_role("link", name="yield").click()
    other.locator("h4").first.wait_for()
    assert other.evaluate("(one) => one.open")


def test_layers_and_traits_are_there_without_a_script(browser, layered, tmp_path):
    path = write_report(layered, tmp_path / "report.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator(".layered .node:visible").count() == 15
    assert page.locator("details.trait").count() == 3
    page.emulate_media(media="print")
    assert page.locator(".layered svg.wide").is_visible()
    context.close()
