"""The report in a real browser: it fetches nothing, sorts, filters, draws, obeys the keys."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

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
                if request.url.startswith("data:") or request.url.split("#")[0] == address
                else wrong.append(f"request: {request.url}")
            ),
        )

    address = ""

    def open_report(result, width=1200, fragment=""):
        nonlocal address
        path = Path(write_report(result, tmp_path / "report.html", force=True))
        address = path.as_uri()
        page = browser.new_page(viewport={"width": width, "height": 800})
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
    other = page.locator("#evidence-content a").first
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


def test_network_draws_zooms_and_follows_the_keys(opened, calibrated):
    page = opened(calibrated)
    arrows = page.locator("#network-svg .arrow:not(.off)")
    assert arrows.count() == calibrated.counts["direct"]
    nodes = page.locator("#network-svg .node:visible")
    assert nodes.count() > 2
    for node in nodes.all():
        box = node.bounding_box()
        assert box["width"] > 3
        assert box["height"] > 3

    def view():
        text = page.locator("#network-svg").get_attribute("viewBox")
        return [float(number) for number in text.split()]

    whole = view()
    page.get_by_role("button", name="Zoom in").click()
    assert view()[2] < whole[2]
    page.get_by_role("button", name="Whole").click()
    assert view() == whole
    page.locator("#drawing").focus()
    for key, moved in [("ArrowRight", (1, 0)), ("ArrowDown", (0, 1))]:
        before = view()
        page.keyboard.press(key)
        assert [a > b for a, b in zip(view()[:2], before[:2], strict=True)] == [
            m > 0 for m in moved
        ]
    page.keyboard.press("+")
    assert view()[2] < whole[2]
    page.keyboard.press("0")
    assert view() == whole
    box = page.locator("#drawing").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 65, box["y"] + 45, steps=4)
    page.mouse.up()
    assert view()[0] < whole[0]
    page.locator("#network-number").fill("2")
    assert arrows.count() == 2
    nodes.first.focus()
    assert page.locator("#network-svg.picked .arrow.near").count() >= 1
    page.keyboard.press("Enter")
    page.locator("#evidence").wait_for()


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
    assert page.locator("script").count() == 2
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
