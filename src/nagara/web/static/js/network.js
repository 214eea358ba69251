/** Waiting, as long as the network is away and no longer. */

/** Resolves after the seconds, or as soon as the browser says that the network is back. */
export function pause(seconds) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    addEventListener("online", done);
  });
}
