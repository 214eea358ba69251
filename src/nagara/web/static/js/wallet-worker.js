/**
 * The service worker of a wallet: keeps the shell of the page for slow and broken networks.
 *
 * `SHELL` (`version page files`) is written above this line by the server: a new version is a new
 * worker with a new cache. Payments are never kept: nothing below /api is touched.
 */

const CACHE = `nagara ${SHELL.page} ${SHELL.version}`;
const NETWORK_WITHIN_MS = 4000;

addEventListener("install", (event) => {
  const keep = caches.open(CACHE).then((cache) => cache.addAll([SHELL.page, ...SHELL.files]));
  event.waitUntil(keep.then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(dropOlder().then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
  else if (SHELL.files.includes(url.pathname + url.search)) event.respondWith(file(event.request));
});

async function dropOlder() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(`nagara ${SHELL.page} `) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
}

/** The page from the network where it answers in time, else as it was last seen. */
async function page(request) {
  const cache = await caches.open(CACHE);
  const late = new Promise((resolve) => { setTimeout(resolve, NETWORK_WITHIN_MS); });
  const fresh = fetch(request).then(async (answer) => {
    if (answer.ok && !answer.redirected) await cache.put(SHELL.page, answer.clone());
    return answer;
  });
  const first = await Promise.race([fresh.catch(() => undefined), late]);
  return first ?? (await cache.match(SHELL.page)) ?? fresh;
}

async function file(request) {
  const kept = await (await caches.open(CACHE)).match(request);
  return kept ?? fetch(request);
}
