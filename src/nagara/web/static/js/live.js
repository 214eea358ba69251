// Keeps a part of a page fresh: fetches its HTML every two seconds, replaces what differs.
// What somebody is reading or has opened stays as it is until they are done with it.
import { announce } from "./page.js";

const EVERY_MS = 2000;
const PATIENCE_MS = 8000;

const board = document.querySelector("[data-live-from]");
const stale = board.querySelector("[data-stale]");
let freshAt = Date.now();

function isInUse(element) {
  return element.open || element.querySelector("details[open]")
    || element.contains(document.activeElement);
}

function replaceWith(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const element of fresh.querySelectorAll("[data-live]")) {
    const shown = board.querySelector(`[data-live="${element.dataset.live}"]`);
    if (!shown || shown.outerHTML === element.outerHTML || isInUse(shown)) continue;
    const before = shown.querySelector("[data-live-spoken]")?.textContent;
    const after = element.querySelector("[data-live-spoken]")?.textContent;
    const left = shown.querySelector(".table-scroll")?.scrollLeft;
    shown.replaceWith(element);
    if (left) element.querySelector(".table-scroll").scrollLeft = left;
    if (after && after !== before) announce(after);
  }
}

async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch(board.dataset.liveFrom, { signal: AbortSignal.timeout(5000) });
      if (answer.status === 401) return location.reload();
      if (answer.ok) {
        replaceWith(await answer.text());
        freshAt = Date.now();
      }
    } catch { /* the network is away: the notice below says so, and we ask again */ }
    stale.hidden = Date.now() - freshAt < PATIENCE_MS;
  }
  setTimeout(refresh, EVERY_MS);
}

setTimeout(refresh, EVERY_MS);
