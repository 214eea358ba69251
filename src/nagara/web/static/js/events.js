/**
 * Live events of an account, over fetch: EventSource cannot carry an Authorization header.
 *
 * Server-sent events as in the HTML standard, section 9.2. The connection is made again with
 * `Last-Event-ID` after a growing pause, and when nothing, not even a comment, came for 40 seconds.
 */

const SILENCE_MS_MAX = 40000;
const PAUSES_SECONDS = [1, 2, 4, 8, 15, 30];
const LINE_LENGTH_MAX = 65536;

/** Cuts a stream of text into events. */
export class EventReader {
  #rest = "";
  #event = { event: "message", data: [], id: null };

  /** @param {string} chunk @returns {{event: string, id: string|null, data: string}[]} */
  push(chunk) {
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    if (this.#rest.length > LINE_LENGTH_MAX) throw new RangeError("a line without an end");
    return lines.map((line) => this.#line(line)).filter((event) => event !== null);
  }

  #line(line) {
    if (line === "") return this.#dispatch();
    const [, field, value = ""] = /^([^:]*)(?::\s?(.*))?$/.exec(line);
    if (field === "data") this.#event.data.push(value);
    if (field === "event") this.#event.event = value;
    if (field === "id") this.#event.id = value;
    return null;
  }

  #dispatch() {
    const { event, data, id } = this.#event;
    this.#event = { event: "message", data: [], id: null };
    return data.length === 0 ? null : { event, id, data: data.join("\n") };
  }
}

/**
 * Follows an account until `signal` aborts.
 * @param {Session} session
 * @param {{onOpen, onEvent, onLost, pause, signal}} handlers `onOpen(resumed)`, `onEvent(item)`,
 *   `onLost(fault)`, `pause(seconds)` as in the outbox
 */
export async function follow(session, { onOpen, onEvent, onLost, pause, signal }) {
  let last = null;
  let failures = 0;
  while (!signal.aborted) {
    try {
      await listen(session, last, signal, {
        onOpen: () => { failures = 0; onOpen(last !== null); },
        onEvent: (event) => {
          last = event.id ?? last;
          if (event.event === "payment") onEvent(JSON.parse(event.data));
        },
      });
      onLost(null);
    } catch (fault) {
      if (!signal.aborted) onLost(fault);
    }
    if (!signal.aborted) await pause(PAUSES_SECONDS[Math.min(failures, PAUSES_SECONDS.length - 1)]);
    failures += 1;
  }
}

async function listen(session, last, signal, { onOpen, onEvent }) {
  const silence = new AbortController();
  const stop = () => silence.abort();
  signal.addEventListener("abort", stop);
  let timer = setTimeout(stop, SILENCE_MS_MAX);
  try {
    const resume = last === null ? {} : { "Last-Event-ID": last };
    const headers = { Accept: "text/event-stream", ...resume };
    const options = { headers, signal: silence.signal };
    const path = `${session.account}/events`;
    const response = await session.reach("GET", path, undefined, options);
    onOpen();
    const reader = new EventReader();
    const decoder = new TextDecoder();
    for await (const bytes of chunks(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(stop, SILENCE_MS_MAX);
      reader.push(decoder.decode(bytes, { stream: true })).forEach(onEvent);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** ReadableStream as an async iteration: older phones cannot iterate it themselves. */
async function* chunks(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
