/**
 * A visit's tapped times, told by another clock. All of one visit are told by one, that of the phone that has it: what
 * comes from the server is retold as it comes in, and what is here once this phone's clock is known to have been set.
 */
import { clockOffset } from './clock.js';
import { answersFrom } from './content.js';
import { isWritten, MOMENTS } from './draft.js';

/**
 * @typedef {import('../types.js').Store} Store
 * @typedef {import('../types.js').Content} Content
 */

/** @type {('started_at' | 'left_at' | 'completed_at')[]} */
const TAPPED = ['started_at', 'left_at', 'completed_at'];

/**
 * Puts what `change` makes of it in the place of each time that a phone's clock told.
 * @param {import('../types.js').Copy} content @param {(at: string) => string} change
 */
function eachTime(content, change) {
  for (const name of TAPPED) {
    if (content[name] && !isWritten(content, name)) content[name] = change(content[name]);
  }
  for (const interaction of content.interactions ?? []) {
    for (const moment of MOMENTS) {
      if (interaction[moment]) interaction[moment] = change(interaction[moment]);
    }
  }
  for (const each of content.taps ?? []) each.at = change(each.at);
  for (const photo of content.photos ?? []) {
    if (photo.taken_at) photo.taken_at = change(photo.taken_at);
  }
  for (const question of content.asked ?? []) {
    const { path, theirs } = question;
    const isTime = path.length === 1
      ? TAPPED.includes(path[0])
      : path[0] === 'interactions' && MOMENTS.includes(path[2]);
    if (isTime && theirs && !(content.written ?? []).includes(`${path[0]} ${theirs}`)) {
      question.theirs = change(theirs);
    }
  }
  for (
    const answers of [
      content.context,
      content.answers,
      ...(content.interactions ?? []).map((/** @type {import('../types.js').Interaction} */ each) =>
        each.answers
      ),
    ]
  ) {
    for (const { timer } of Object.values(answers ?? {})) {
      if (timer) timer.started_at = Date.parse(change(new Date(timer.started_at).toISOString()));
    }
  }
}

/** @param {string} at @param {number} ms */
const later = (at, ms) => new Date(Date.parse(at) + ms).toISOString();

/**
 * The same as a phone of that clock would have told it; where one of the two clocks is not known, as it is.
 * @template {{clock_offset_ms?: number | null} | null} T
 * @param {T} content A visit, or what the server keeps of a draft; null stays null.
 * @param {number | null | undefined} clock How far it is ahead of the server's, in ms.
 * @returns {T}
 */
export function retold(content, clock) {
  const by = content?.clock_offset_ms;
  if (typeof clock !== 'number' || typeof by !== 'number') return content;
  const corrected = structuredClone(content);
  if (clock !== by) eachTime(corrected, (at) => later(at, clock - by));
  return { ...corrected, clock_offset_ms: clock };
}

/**
 * This phone's clock was set. What was known before that is moved; what was tapped since was told by the new one. Both
 * are told apart by what the server's copy, or what was sent before, has too. Happens once: from then on the visit says
 * that it is told by the new clock.
 * @param {object} given
 * @param {Store} given.store
 * @param {string} given.id
 * @param {Content | null} given.base The server's copy, as far as it is known here.
 */
export async function settleClock({ store, id, base }) {
  const offset = (await clockOffset(store)) ?? 0;
  /** @type {any} `any`: the visit, which is here, with an offset of its own. */
  const { clock_offset_ms: before, payload } = await store.visit(id);
  const sent = payload && { ...answersFrom(payload), photos: structuredClone(payload.photos) };
  /** @type {Set<string>} */
  const known = new Set();
  for (const content of [base, sent].map((each) => retold(each, before))) {
    if (content) eachTime(content, (at) => (known.add(at), at));
  }
  /** @param {string} at */
  const moved = (at) => (known.has(at) ? later(at, offset - before) : at);
  for (const photo of await store.photosOf(id)) {
    if (known.has(photo.taken_at)) {
      await store.changePhoto(photo.id, (kept) => eachTime({ photos: [kept] }, moved));
    }
  }
  await store.change(id, (visit) => {
    if (visit.clock_offset_ms !== before) return; // another tab was first
    eachTime(visit, moved);
    visit.clock_offset_ms = offset;
    visit.changed_at = new Date().toISOString();
  });
}
