/** Parts that not every visit needs, loaded when one does. */

/**
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T | null>} null when it is not on this phone and there is no connection
 */
export const later = (load) => load().catch(() => null);
