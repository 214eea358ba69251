/**
 * One thing per page: the steps of a wallet, each a <section data-step>, each with its own address.
 *
 * The browser's history is the memory: Back works, a reload stays where it was, and what a step
 * must not lose (a draft, typed words) is kept in the entry's state. Focus goes to the heading.
 */

export class Steps {
  #open = null;

  /**
   * @param {() => {path: RegExp, step: string, enter?: Function, leave?: Function}[]} routes those
   *   that exist now, the first for unknown addresses. `enter({section, parameters, query, state,
   *   isOpen})` fills the step; what it throws goes to `onFault(section, fault)`
   */
  constructor(routes, onFault) {
    this.routes = routes;
    this.onFault = onFault;
  }

  /** Shows the step of the present address and listens to Back, Forward and links. */
  start() {
    document.querySelector("[data-loading]").hidden = true;
    addEventListener("popstate", () => this.#show());
    document.addEventListener("click", (event) => this.#follow(event));
    return this.#show();
  }

  /** @param {string} address @param {{state?: object, replace?: boolean}} options */
  go(address, { state = null, replace = false } = {}) {
    history[replace ? "replaceState" : "pushState"](state, "", address);
    return this.#show();
  }

  /** Keeps something in the present history entry, to be there after a reload. */
  remember(state) {
    history.replaceState(state, "", location.href);
  }

  /** Shows the present step once more, with what is known now. */
  again() {
    return this.#show();
  }

  #follow(event) {
    const link = event.target.closest("a[data-step-link]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (link === null || !plain || event.defaultPrevented) return;
    event.preventDefault();
    this.go(link.getAttribute("href"));
  }

  async #show() {
    const routes = this.routes();
    const route = routes.find(({ path }) => path.test(location.pathname)) ?? routes[0];
    this.#open?.route.leave?.();
    const visit = { route };
    this.#open = visit;
    const section = document.querySelector(`[data-step="${route.step}"]`);
    const context = {
      section,
      parameters: route.path.exec(location.pathname)?.slice(1) ?? [],
      query: new URLSearchParams(location.search),
      state: history.state,
      isOpen: () => this.#open === visit,
    };
    try {
      const entering = route.enter?.(context);
      if (!context.isOpen()) return;
      reveal(section);
      await entering;
    } catch (fault) {
      if (context.isOpen()) this.onFault(section, fault);
    }
    if (context.isOpen()) document.body.dataset.shown = route.step;
  }
}

function reveal(section) {
  for (const other of document.querySelectorAll("[data-step]")) other.hidden = other !== section;
  document.body.removeAttribute("data-shown");
  scrollTo(0, 0);
  nameAndFocus(section);
}

/** Names the window after the step's heading and moves the focus there. */
export function nameAndFocus(section) {
  const heading = section.querySelector("h1:not([hidden])");
  document.title = `${heading.textContent.trim()} · Nagara`;
  heading.focus({ preventScroll: true });
}

/** The page cannot work here: says so, and nothing else. */
export function closed(fault) {
  console.error(fault);
  const section = document.querySelector('[data-step="closed"]');
  document.querySelector("[data-loading]").hidden = true;
  reveal(section);
}

/** Says a sentence to people who listen to the page. */
export function announce(sentence) {
  document.getElementById("announcer").textContent = sentence;
}
