/** How far this phone's clock is from the server's: measured with each answer, kept for when there is none. */

/** @typedef {import('../types.js').Store} Store */

const NAME = 'clock_offset_ms';
/** A slower answer says too little: what it took may all have been on the way there, or all on the way back. */
const SLOWEST_MS = 10_000;
const ROUGHLY_MS = 1000; // the server's header leaves out the fraction of a second

/** Device clock minus server clock in ms, by the last answer of this page that told. @type {number | null} */
let measured = null;
/** @type {number | null} */
let kept = null;

/**
 * @param {string | null | undefined} date When the server answered, by its clock.
 * @param {number} asked By this phone's clock, as is `answered`.
 * @param {number} answered When the answer began to come.
 */
export function measure(date, asked, answered) {
  const server = Date.parse(date ?? '');
  if (Number.isNaN(server) || answered - asked > SLOWEST_MS) return;
  const offset = Math.round((asked + answered) / 2 - (server + ROUGHLY_MS / 2));
  measured = Math.abs(offset) < ROUGHLY_MS ? 0 : offset; // less is not known, and would move a written 23:59 to 23:58
}

/** For the pages that are opened without a connection. @param {Store} store */
export async function keepClock(store) {
  if (measured === null || (kept !== null && Math.abs(measured - kept) < ROUGHLY_MS)) return;
  kept = measured;
  await store.setMeta(NAME, measured);
}

/** @param {Store} store @returns {Promise<number | null>} null when no server ever told this phone */
export const clockOffset = async (store) => measured ?? (await store.meta(NAME)) ?? null;

/**
 * Are its times told by another clock than this phone's is now, such as this phone's own before it was set? Less than
 * what a measurement may err is no other; nor is one that is not known.
 * @param {Store} store @param {import('../types.js').Visit} visit
 */
export const isOtherClock = async (store, { clock_offset_ms: known = NaN }) =>
  Math.abs(known - Number(await clockOffset(store))) > SLOWEST_MS;
