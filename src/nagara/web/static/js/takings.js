/**
 * The till roll: what came in today, first from the books, then live.
 *
 * The books are read anew each time the line was open without a last event to resume from, and a
 * payment is known by its id, so nothing is counted twice and nothing is missed.
 */

import { follow } from "./events.js";
import { pause } from "./network.js";
import { dayKey } from "./words.js";

const PAGE_LIMIT = 100;
const PAGES_MAX = 50;

export class Takings {
  items = new Map();

  /** @param {App} app @param {{onBooks, onArrival, onLine}} told */
  constructor(app, told) {
    this.app = app;
    this.told = told;
    this.leaving = new AbortController();
  }

  /** What came in today, in minor units, and how many payments it was. */
  today() {
    const now = dayKey();
    const own = [...this.items.values()].filter(({ at }) => dayKey(at) === now);
    return { minor: own.reduce((sum, each) => sum + each.amount_minor, 0), count: own.length };
  }

  /** Newest first. */
  newest(count) {
    return [...this.items.values()].sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, count);
  }

  /** Follows until `stop`. */
  start() {
    return follow(this.app.session, {
      signal: this.leaving.signal,
      pause,
      onOpen: (resumed) => this.#opened(resumed),
      onLost: () => this.told.onLine(false),
      onEvent: (item) => this.#arrived(item),
    });
  }

  stop() {
    this.leaving.abort();
  }

  async #opened(resumed) {
    this.told.onLine(true);
    if (resumed) return;
    try {
      await this.#readBooks();
      this.told.onBooks();
    } catch {
      this.told.onLine(false);
    }
  }

  async #readBooks() {
    const now = dayKey();
    let next = null;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const from = next === null ? {} : { before: next };
      const query = new URLSearchParams({ limit: PAGE_LIMIT, ...from });
      const { session } = this.app;
      const answer = await session.ask("GET", `${session.account}/payments?${query}`);
      for (const item of answer.payments) this.#keep(item);
      next = answer.next;
      const oldest = answer.payments.at(-1);
      if (next === null || oldest === undefined || dayKey(oldest.at) !== now) return;
    }
  }

  #keep(item) {
    if (item.direction !== "in") return false;
    const isNew = !this.items.has(item.id);
    this.items.set(item.id, item);
    return isNew;
  }

  #arrived(item) {
    if (this.#keep(item)) this.told.onArrival(item);
  }
}
