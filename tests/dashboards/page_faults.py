"""What is wrong with how a page is laid out: cut words, texts that stand out or lie on each other.

Charts draw into canvases, which tell nobody where their letters are; all else is looked at.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

LOOK = """({root, frames, free, apart, solid}) => {
    const faults = [], slack = 2, top = document.querySelector(root);
    const shown = (node) => {
        const style = getComputedStyle(node), box = node.getBoundingClientRect();
        return box.width > 0 && box.height > 0 && style.visibility !== 'hidden'
            && Number(style.opacity) > 0;
    };
    const nameOf = (node) => node.tagName.toLowerCase() + (node.id ? '#' + node.id : '')
        + (node.classList.length ? '.' + Array.from(node.classList).join('.') : '');
    const words = (node) => node.textContent.trim().slice(0, 60);
    // Transforms change what boxes measure, not what styles say.
    const scaleOf = (node) => node.offsetWidth
        ? node.getBoundingClientRect().width / node.offsetWidth : 1;
    const texts = [];
    const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, parent = node.parentElement;
        if (!node.textContent.trim() || !shown(parent) || parent.closest(apart)) continue;
        if (!parent.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        // A line is as high as the font may reach; letters take about their size of it.
        const size = parseFloat(getComputedStyle(parent).fontSize) * scaleOf(parent);
        for (const line of range.getClientRects()) {
            const blank = Math.max(0, line.height - size) / 2;
            texts.push({ node, parent, box: new DOMRect(
                line.left, line.top + blank, line.width, line.height - 2 * blank) });
        }
    }
    const clipOf = (node) => {
        for (let up = node; up && up !== top.parentElement; up = up.parentElement) {
            const style = getComputedStyle(up);
            if (style.overflowX !== 'visible' || style.overflowY !== 'visible') return up;
        }
        return null;
    };
    for (const { node, parent, box } of texts) {
        const said = nameOf(parent) + ': ' + words(node), free_text = parent.closest(free);
        const clip = clipOf(parent);
        if (clip && !free_text) {
            const style = getComputedStyle(clip), edge = clip.getBoundingClientRect();
            const rolls = (way) => way === 'auto' || way === 'scroll';
            if (!rolls(style.overflowX)
                && (box.left < edge.left - slack || box.right > edge.right + slack)) {
                faults.push('cut across: ' + said);
            } else if (!rolls(style.overflowY)
                && (box.top < edge.top - slack * 2 || box.bottom > edge.bottom + slack * 2)) {
                faults.push('cut below: ' + said);
            }
        }
        const frame = parent.closest(frames);
        if (frame && !free_text) {
            const edge = frame.getBoundingClientRect();
            if (box.left < edge.left - slack || box.right > edge.right + slack
                || box.top < edge.top - slack || box.bottom > edge.bottom + slack) {
                faults.push('outside ' + nameOf(frame) + ': ' + said);
            }
        }
    }
    const inside = (box, clip) => {
        const edge = clip ? clip.getBoundingClientRect() : box;
        return {
            left: Math.max(box.left, edge.left), right: Math.min(box.right, edge.right),
            top: Math.max(box.top, edge.top), bottom: Math.min(box.bottom, edge.bottom),
        };
    };
    const seen = texts.map(({ node, parent, box }) =>
        ({ node, parent, box: inside(box, clipOf(parent)) }));
    for (const [index, one] of seen.entries()) {
        for (const other of seen.slice(index + 1)) {
            if (one.parent === other.parent || one.box.bottom <= one.box.top) continue;
            const across = Math.min(one.box.right, other.box.right)
                - Math.max(one.box.left, other.box.left);
            const down = Math.min(one.box.bottom, other.box.bottom)
                - Math.max(one.box.top, other.box.top);
            const least = Math.min(one.box.bottom - one.box.top, other.box.bottom - other.box.top);
            if (across > slack && down > least * 0.3) {
                faults.push('on each other: ' + nameOf(one.parent) + ' ' + words(one.node)
                    + ' | ' + nameOf(other.parent) + ' ' + words(other.node));
            }
        }
    }
    for (const bar of top.querySelectorAll(solid)) {
        if (!shown(bar)) continue;
        const edge = bar.getBoundingClientRect();
        for (const { node, parent, box } of seen) {
            if (Math.min(edge.right, box.right) - Math.max(edge.left, box.left) > slack
                && Math.min(edge.bottom, box.bottom) - Math.max(edge.top, box.top) > slack * 2) {
                faults.push('on ' + nameOf(bar) + ': ' + nameOf(parent) + ' ' + words(node));
            }
        }
    }
    const root_box = document.documentElement;
    if (root_box.scrollWidth > root_box.clientWidth + 1) {
        faults.push('the page is ' + root_box.scrollWidth + ' px wide, the screen '
            + root_box.clientWidth);
    }
    return faults;
}"""


def faults(
    page: Page, root: str, *, frames: str, free: str = "", apart: str = "", solid: str = ""
) -> list[str]:
    """Return what is wrong with the layout below `root` at this moment.

    Args:
        page: the page.
        root: selector of what is looked at.
        frames: selector of what texts must not stand out of.
        free: selector of texts that people write, which may end in "…".
        apart: selector of what lies on other things by intention.
        solid: selector of what has no letters and no text may lie on.
    """
    nothing = "[data-nothing]"
    asked = {"root": root, "frames": frames, "free": free or nothing}
    asked |= {"apart": apart or nothing, "solid": solid or nothing}
    found: Any = page.evaluate(LOOK, asked)
    return list(found)
