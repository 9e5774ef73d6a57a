/** One at a time: what two pages of this phone must not do at once. */

/** The last in each line, for browsers that know no locks: there only this page's own wait for each other. */
const lines = new Map();

/**
 * @template T
 * @param {string} name Of the line to stand in.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function alone(name, work) {
  if (globalThis.navigator?.locks) {
    return /** @type {Promise<any>} `any`, as the browser's types do not say: what `work` gives. */ (navigator
      .locks.request(`plumbline-${name}`, work));
  }
  const turn = (lines.get(name) ?? Promise.resolve()).then(work, work);
  lines.set(name, turn);
  return turn;
}
