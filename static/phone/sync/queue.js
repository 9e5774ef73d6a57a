/** Sends what waits. A visit leaves only after the server's own 2xx, and one that is stuck never blocks the next. */
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Reply} Reply
 * @typedef {import('../types.js').Store} Store
 * @typedef {import('../types.js').Send} Send
 */

/**
 * What an answer means. Only one that names the thing we sent counts as received: the sign-in page of a hotel's
 * network answers 200 to anything.
 * @param {Reply | null} reply
 * @param {string} id
 */
export function verdict(reply, id) {
  if (!reply) return 'offline';
  if (reply.redirected || [401, 403].includes(reply.status)) return 'sign-in';
  if (reply.ok) return reply.body?.id === id ? 'received' : 'offline';
  if ([408, 425, 429].includes(reply.status) || reply.status >= 500) return 'later';
  return reply.status === 409 ? 'conflict' : 'refused';
}

/** Each without an answer may have cost two minutes: then others wait for the next round, which they begin. */
const MOST_UNANSWERED = 3;

/**
 * @typedef {'empty' | 'sent' | 'later' | 'unanswered' | 'offline' | 'sign-in' | 'other'} Outcome unanswered: the server
 *   is there, and yet some of it did not get through.
 * @typedef {{outcome: Outcome, wait: number}} Ended `wait`: seconds that the server asked for.
 * @typedef {Required<Parameters<typeof flush>[0]> & {ended: Ended, asked: Set<string>}} Round
 */
/** @type {Outcome[]} */
const FROM_GOOD_TO_BAD = ['empty', 'sent', 'later', 'unanswered'];

/**
 * Send every waiting visit, oldest first: the answers of all, then each photo by itself, then which were given up. What gets no answer is left for
 * the next round and holds up nothing else, as long as the server answers something smaller.
 *
 * @param {object} means
 * @param {Store} means.store
 * @param {Send} means.send Each answers a Reply, or null when none came.
 * @param {() => Promise<'there' | 'offline' | 'sign-in' | 'other'>} [means.probe] Asked after no answer.
 * @param {Map<string, number>} [means.tried] How often each got no answer; the same map in each round.
 * @param {(progress: import('../types.js').Progress | null) => void} [means.report]
 * @returns {Promise<Ended>}
 */
export async function flush(
  { store, send, probe = async () => 'offline', tried = new Map(), report = () => {} },
) {
  /** @type {Ended} */
  const ended = { outcome: 'empty', wait: 0 };
  const round = { store, send, probe, tried, report, ended, asked: new Set() };
  try {
    return (await sendAnswers(round)) ?? (await sendPhotos(round)) ?? (await tellGivenUp(round)) ??
      ended;
  } finally {
    report(null);
  }
}

/** Those of visits that were completed since the round began, too. @param {Round} round @returns {Promise<Ended | null>} what ends the round */
async function sendAnswers(round) {
  const { store, send, report, asked } = round;
  const waiting = (await store.toSend()).filter(({ id, state }) =>
    state === 'waiting' && !asked.has(id)
  );
  for (const visit of leastTried(waiting, round)) {
    asked.add(visit.id);
    report({ id: visit.id, photo: 0, photos: 0 });
    /** @type {any} `any`: a `Reply` of the network; null only where it means `offline`. */
    const reply = await send.visit(visit);
    const meaning = verdict(reply, visit.id);
    if (meaning === 'conflict') await store.conflict(visit.id, reply.body ?? {});
    else if (meaning === 'refused') await store.refuse(visit.id, reasonsOf(reply));
    else if (meaning === 'received') await store.accept(visit.id, reply.body);
    const end = await heard(round, visit.id, meaning, reply);
    if (end) return end;
  }
  return null;
}

/** @param {Round} round @returns {Promise<Ended | null>} what ends the round */
async function sendPhotos(round) {
  const { store, send, report } = round;
  let nUnanswered = 0;
  for (const { photo, index, photos } of leastTried(await photosOf(round), round)) {
    const stop = await sendAnswers(round);
    if (stop) return stop;
    report({ id: photo.visit, photo: index + 1, photos });
    /** @type {any} `any`: a `Reply` of the network; null only where it means `offline`. */
    const reply = await send.photo(photo);
    const meaning = verdict(reply, photo.id);
    if (meaning === 'received') await store.photoReceived(photo.id);
    else if (meaning === 'conflict' || meaning === 'refused') {
      await store.refusePhoto(photo.id, reasonsOf(reply).reason);
    }
    const end = await heard(round, photo.id, meaning, reply);
    if (end) return end;
    if (!(await store.photosToSend(photo.visit)).length) await store.settle(photo.visit);
    if (meaning === 'offline') nUnanswered += 1;
    if (nUnanswered === MOST_UNANSWERED) return null;
  }
  return null;
}

/**
 * Which photos nobody need wait for any more. Where the server expects none such, nobody does.
 * @param {Round} round
 * @returns {Promise<Ended | null>}
 */
async function tellGivenUp(round) {
  const { store, send } = round;
  for (const photo of await store.photosToTell()) {
    /** @type {any} `any`: a `Reply` of the network; null only where it means `offline`. */
    const reply = await send.givenUp(photo);
    const meaning = verdict(reply, photo.id);
    if (meaning === 'received' || (meaning === 'refused' && reply.body)) {
      await store.photoTold(photo.id, Boolean(photo.removed_at));
    }
    const end = await heard(round, photo.id, meaning, reply);
    if (end) return end;
  }
  return null;
}

/** Those that are still to go, of all visits that the server has; a visit without any is done. @param {Round} round */
async function photosOf({ store, ended }) {
  const found = [];
  for (const visit of (await store.toSend()).filter(({ state }) => state === 'accepted')) {
    const photos = await store.photosToSend(visit.id);
    found.push(
      ...photos.map((photo, index) => ({ id: photo.id, photo, index, photos: photos.length })),
    );
    if (photos.length) continue;
    await store.settle(visit.id);
    worsen(ended, 'sent');
  }
  return found;
}

/** What often got no answer comes last. @template {{id: string}} T @param {T[]} things @param {Round} round */
const leastTried = (things, { tried }) =>
  [...things].sort((a, b) => (tried.get(a.id) ?? 0) - (tried.get(b.id) ?? 0));

/**
 * Note how one attempt went.
 * @param {Round} round @param {string} id @param {ReturnType<typeof verdict>} meaning @param {any} reply `any`: a `Reply` where it means anything else than `offline`.
 * @returns {Promise<Ended | null>} what ends the round
 */
async function heard({ probe, tried, ended }, id, meaning, reply) {
  if (meaning === 'sign-in') return { outcome: meaning, wait: 0 };
  if (meaning !== 'offline') {
    tried.delete(id);
    ended.wait = Math.max(ended.wait, reply.wait);
    worsen(ended, meaning === 'later' ? 'later' : 'sent');
    return null;
  }
  tried.set(id, (tried.get(id) ?? 0) + 1);
  const there = await probe();
  if (there !== 'there') return { outcome: there, wait: 0 };
  worsen(ended, 'unanswered');
  return null;
}

/** @param {Ended} ended @param {Outcome} outcome */
function worsen(ended, outcome) {
  /** @param {Outcome} each */
  const rank = (each) => FROM_GOOD_TO_BAD.indexOf(each);
  if (rank(outcome) > rank(ended.outcome)) ended.outcome = outcome;
}

/** @param {Reply} reply */
function reasonsOf(reply) {
  const errors = Array.isArray(reply.body?.errors) ? reply.body.errors : [];
  const reason = reply.body?.detail ??
    (errors.length
      ? ''
      : t('The server refused it without a reason ({status}).', { status: String(reply.status) }));
  return { errors, reason };
}

const FIRST_WAIT = 5;
const LONGEST_WAIT = 300;

/** Seconds until the next attempt after `failures` in a row; spread, so that a fleet does not return as one. @param {number} failures */
export const backOff = (failures, random = Math.random) =>
  Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)) * (0.75 + random() / 2);

/**
 * Keeps trying. `nudge` sends now; while one round runs, further nudges ask for one more round after it.
 *
 * @param {object} means
 * @param {() => Promise<{outcome: string, wait: number, error?: import('../types.js').Thrown}>} means.round
 * @param {(outcome: string, error?: Error) => void} means.ended Called after each round; `failed` when the phone's own
 *   storage threw.
 * @param {(work: () => void, ms: number) => number} [means.after]
 * @param {(timer?: number) => void} [means.cancel]
 * @param {() => number} [means.random]
 */
export function createSender(
  { round, ended, after = setTimeout, cancel = clearTimeout, random = Math.random },
) {
  /** @type {Promise<void> | null} */
  let running = null;
  let again = false;
  let failures = 0;
  /** @type {number | undefined} */
  let timer;

  async function run() {
    const { outcome, wait, error } = await round().catch((error) => ({
      outcome: 'failed',
      wait: 0,
      error,
    }));
    const failed = ['offline', 'later', 'unanswered', 'failed'].includes(outcome);
    failures = failed ? failures + 1 : 0;
    cancel(timer);
    if (failed) timer = after(nudge, Math.max(wait, backOff(failures, random)) * 1000);
    ended(outcome, error);
  }

  /** @returns {Promise<void>} */
  function nudge() {
    if (running) {
      again = true;
      return running;
    }
    running = run().finally(() => {
      running = null;
      if (again) {
        again = false;
        nudge();
      }
    });
    return running;
  }

  return { nudge };
}
