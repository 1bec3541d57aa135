"""A page as a person meets it in a browser: how it looks at the widths and in the colours of our readers, and how it goes by keyboard."""

from itertools import product
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page

WIDTHS = {390: 844, 1280: 900}
SCHEMES: tuple[Any, ...] = ("light", "dark")
LEAST = 44  # pixels of a target on a phone, WCAG 2.5.5
MOST_TABS = 150
FRAMES = 60  # in which what is drawn anew comes to rest
# Whatever can be pressed or filled in: too small for a thumb, over another, or beyond the edge; and words beyond the edge.
FAULTS = """least => {
    const faults = [], phone = innerWidth < 768;
    const named = one => `${one.tagName.toLowerCase()} “${(one.innerText || one.name || one.id || one.title || "").trim().slice(0, 30)}”`;
    const shown = one => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
    const apart = one => ["fixed", "sticky"].includes(getComputedStyle(one).position) || (one.parentElement && apart(one.parentElement));
    const slides = one => !!one
        && ((/auto|scroll/.test(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth) || slides(one.parentElement));
    const inText = one => getComputedStyle(one).display === "inline";
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) faults.push(`scrolls sideways by ${wide} px`);
    const pressed = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
        .filter(shown).filter(one => !one.matches(".skip") && !one.closest("[tabindex='0']") && !slides(one));
    const boxes = pressed.map(one => (one.matches("[type=radio], [type=checkbox]") ? one.closest("label") : one).getBoundingClientRect());
    pressed.forEach((one, n) => {
        const box = boxes[n];
        if (box.left < -1 || box.right > innerWidth + 1) faults.push(`${named(one)} is beyond the edge`);
        if (phone && !inText(one) && Math.min(box.width, box.height) < least)
            faults.push(`${named(one)} is ${Math.round(box.width)} × ${Math.round(box.height)}`);
        for (let m = n + 1; m < pressed.length; m++) {
            const other = boxes[m];
            const over = Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1
                && Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > 1;
            if (over && !one.contains(pressed[m]) && !pressed[m].contains(one) && !apart(one) && !apart(pressed[m]))
                faults.push(`${named(one)} lies over ${named(pressed[m])}`);
        }
    });
    for (const one of document.querySelectorAll("main *")) {
        if (one.children.length || !one.innerText?.trim() || !shown(one) || one.closest(".sr, .cells, option") || slides(one)) continue;
        const box = one.getBoundingClientRect();
        if (box.right > innerWidth + 1 || box.left < -1) faults.push(`${named(one)} is beyond the edge`);
    }
    for (const wrong of document.querySelectorAll("[aria-invalid]")) {
        const said = document.getElementById(wrong.getAttribute("aria-describedby"));
        if (!said || !said.innerText.trim()) { faults.push(`${named(wrong)} does not say what is wrong`); continue; }
        const gap = said.getBoundingClientRect().top - wrong.getBoundingClientRect().bottom;
        if (wrong.type !== "radio" && (gap < -1 || gap > 80)) faults.push(`what is wrong with ${named(wrong)} stands elsewhere`);
    }
    return faults;
}"""
FOCUSED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    window.counted ??= new Map();
    if (!counted.has(one)) counted.set(one, counted.size);
    const look = getComputedStyle(one), after = getComputedStyle(one, "::after");
    const around = one.closest(".input, label");
    const box = around ? getComputedStyle(around) : look;
    const ring = [look, after, box].some(it => it.outlineStyle !== "none" && parseFloat(it.outlineWidth) >= 2) || box.boxShadow !== "none";
    return { number: counted.get(one), ring, name: `${one.tagName} ${one.id || one.innerText?.slice(0, 30) || one.name}`,
             place: [...document.querySelectorAll("*")].indexOf(one) };
}"""


async def looks_right(page: Page, where: str, shots: Path) -> None:
    """At both widths and in both colours: nothing overlaps or runs out, thumbs find their targets, axe finds nothing at all.

    axe looks at each width and at each colour once, for it takes longest.
    """
    faults: list[str] = []
    for (width, height), scheme in product(WIDTHS.items(), SCHEMES):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.set_viewport_size({"width": width, "height": height})
        found = await by_eye(page)
        found += await _by_axe(page) if (width, scheme) in ((390, "light"), (1280, "dark")) else []
        faults += [f"{where}, {width} px, {scheme}: {each}" for each in found]
        await page.screenshot(path=shots / f"{where}-{width}-{scheme}.png", full_page=True)
    assert faults == [], "\n".join(faults)


async def by_eye(page: Page) -> list[str]:
    """What is wrong with how it looks now, in words."""
    for _ in range(FRAMES):
        found: list[str] = await page.evaluate(FAULTS, LEAST)
        if not found:
            break
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    return found


async def _by_axe(page: Page) -> list[str]:
    violations = (await Axe().run(page)).response["violations"]
    if violations:  # colours that were still turning
        violations = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in violations for node in one["nodes"]]


async def goes_by_keyboard(page: Page, where: str) -> None:
    """Tab goes through all there is once, in the order of the page, and always shows where it is."""
    await page.evaluate("document.activeElement.blur()")
    seen: list[dict[str, Any]] = []
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        at = await page.evaluate(FOCUSED)
        if at is None or (seen and at["number"] == 0 and seen[-1]["number"] != 0):
            break
        if not seen or at["number"] != seen[-1]["number"]:
            seen.append(at)
    else:
        raise AssertionError(f"{where}: Tab never comes to the end")
    assert len(seen) > 2, f"{where}: Tab finds nothing"
    assert [one["name"] for one in seen if not one["ring"]] == [], f"{where}: nobody sees the focus there"
    places = [one["place"] for one in seen]
    assert places == sorted(places), f"{where}: Tab jumps about"


async def reach(page: Page, what: str) -> None:
    """Press Tab until the focus is on what this selector names."""
    for _ in range(MOST_TABS):
        if await page.evaluate("what => document.activeElement?.matches(what)", what):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {what}")


async def types(page: Page, what: str, words: str) -> None:
    """Go there by Tab, and type over what stands there."""
    await reach(page, what)
    if await page.evaluate("document.activeElement.matches('input:not([type=date], [type=time]), textarea')"):
        await page.keyboard.press("Control+A")
    await page.keyboard.type(words)


async def presses(page: Page, what: str) -> None:
    """Go there by Tab and press Enter, until the page that follows is there."""
    await reach(page, what)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
