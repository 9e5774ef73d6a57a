/** Sends what waits. A visit leaves only after the server's own 2xx, and one that is stuck never blocks the next. */
import { t } from './words.js';

/**
 * What an answer means. Only one that names the thing we sent counts as received: the sign-in page of a hotel's
 * network answers 200 to anything.
 * @param {import('./types.js').Reply | null} reply
 * @param {string} id
 */
export function verdict(reply, id) {
  if (!reply) return 'offline';
  if (reply.redirected || [401, 403].includes(reply.status)) return 'sign-in';
  if (reply.ok) return reply.body?.id === id ? 'received' : 'offline';
  if ([408, 425, 429].includes(reply.status) || reply.status >= 500) return 'later';
  return reply.status === 409 ? 'conflict' : 'refused';
}

/**
 * Send every waiting visit, oldest first: its answers, then each photo by itself.
 *
 * @param {object} means
 * @param {any} means.store
 * @param {{visit: Function, photo: Function}} means.send Each answers a Reply, or null when none came.
 * @param {(progress: {id: string, photo: number, photos: number} | null) => void} [means.report]
 * @returns {Promise<{outcome: 'empty' | 'sent' | 'offline' | 'later' | 'sign-in', wait: number}>} `wait`: seconds
 *   that the server asked for.
 */
export async function flush({ store, send, report = () => {} }) {
  /** @type {Awaited<ReturnType<typeof flush>>} */
  const ended = { outcome: 'empty', wait: 0 };
  try {
    for (const visit of await store.toSend()) {
      const { outcome, wait } = await sendOne({ visit, store, send, report });
      if (outcome === 'offline' || outcome === 'sign-in') return { outcome, wait: 0 };
      if (ended.outcome !== 'later') ended.outcome = outcome;
      ended.wait = Math.max(ended.wait, wait);
    }
    return ended;
  } finally {
    report(null);
  }
}

/** @returns {ReturnType<typeof flush>} */
async function sendOne({ visit, store, send, report }) {
  if (visit.state === 'waiting') {
    report({ id: visit.id, photo: 0, photos: 0 });
    const reply = await send.visit(visit);
    const meaning = verdict(reply, visit.id);
    if (meaning === 'conflict') await store.conflict(visit.id, reply.body ?? {});
    else if (meaning === 'refused') await store.refuse(visit.id, reasonsOf(reply));
    else if (meaning === 'received') await store.accept(visit.id, reply.body);
    if (meaning === 'conflict' || meaning === 'refused') return { outcome: 'sent', wait: 0 };
    if (meaning === 'offline' || meaning === 'sign-in' || meaning === 'later') return { outcome: meaning, wait: reply?.wait ?? 0 };
  }
  return sendPhotos({ visit, store, send, report });
}

/** @returns {ReturnType<typeof flush>} */
async function sendPhotos({ visit, store, send, report }) {
  const photos = await store.photosToSend(visit.id);
  /** @type {Awaited<ReturnType<typeof flush>> | null} */
  let later = null;
  for (const [index, photo] of photos.entries()) {
    report({ id: visit.id, photo: index + 1, photos: photos.length });
    const reply = await send.photo(photo);
    const meaning = verdict(reply, photo.id);
    if (meaning === 'received') await store.photoReceived(photo.id);
    else if (meaning === 'conflict' || meaning === 'refused') {
      await store.refusePhoto(photo.id, reasonsOf(reply).reason);
    } else if (meaning === 'later') later = { outcome: 'later', wait: reply.wait };
    else return { outcome: meaning, wait: 0 };
  }
  if (later) return later;
  await store.settle(visit.id);
  return { outcome: 'sent', wait: 0 };
}

/** @param {import('./types.js').Reply} reply */
function reasonsOf(reply) {
  const errors = Array.isArray(reply.body?.errors) ? reply.body.errors : [];
  const reason = reply.body?.detail ?? (errors.length ? '' : t('The server refused it without a reason ({status}).', { status: String(reply.status) }));
  return { errors, reason };
}

const FIRST_WAIT = 5;
const LONGEST_WAIT = 300;

/** Seconds until the next attempt after `failures` in a row; spread, so that a fleet does not return as one. */
export const backOff = (failures, random = Math.random) =>
  Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)) * (0.75 + random() / 2);

/**
 * Keeps trying. `nudge` sends now; while one round runs, further nudges ask for one more round after it.
 *
 * @param {object} means
 * @param {() => Promise<{outcome: string, wait: number, error?: any}>} means.round
 * @param {(outcome: string, error?: Error) => void} means.ended Called after each round; `failed` when the phone's own
 *   storage threw.
 * @param {(work: () => void, ms: number) => any} [means.after]
 * @param {(timer: any) => void} [means.cancel]
 * @param {() => number} [means.random]
 */
export function createSender({ round, ended, after = setTimeout, cancel = clearTimeout, random = Math.random }) {
  let running = null;
  let again = false;
  let failures = 0;
  let timer = null;

  async function run() {
    const { outcome, wait, error } = await round().catch((error) => ({ outcome: 'failed', wait: 0, error }));
    const failed = ['offline', 'later', 'failed'].includes(outcome);
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
