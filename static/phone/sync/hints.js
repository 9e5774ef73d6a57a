/** When somebody looks at the page again, or there may be a connection again. */

/** @param {() => unknown} work */
export function onHints(work) {
  // `online` is a hint only: after reloads without a network it may never come.
  for (const hint of ['focus', 'online', 'pageshow']) addEventListener(hint, () => work());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') work();
  });
}
