/** When to send: at the start, when somebody looks, after each save, and by the sender's own back-off. */
import { alone } from './alone.js';
import { createSender, flush } from './queue.js';
import { t } from './words.js';

/**
 * @param {object} means
 * @param {any} means.store
 * @param {() => Promise<{id: number} | string>} means.whoAmI
 * @param {{visit: Function, photo: Function}} means.send
 * @param {(progress: {id: string, photo: number, photos: number} | null) => void} means.report
 * @param {(outcome: string, error?: Error) => void} means.ended
 */
export function keepSending({ store, whoAmI, send, report, ended }) {
  // One tab sends at a time; the server would cope, but a photo twice is the auditor's money.
  const round = () => alone('queue', () => flushOwn({ store, whoAmI, send, report }));
  const sender = createSender({ round, ended });
  // `online` is a hint only: after reloads without a network it may never come.
  for (const hint of ['focus', 'online', 'pageshow']) addEventListener(hint, () => sender.nudge());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') sender.nudge();
  });
  sender.nudge();
  return sender;
}

/** Nobody's visit goes out under another name, whoever has signed in on this phone meanwhile. */
export async function flushOwn({ store, whoAmI, send, report }) {
  if (!(await store.toSend()).length) return { outcome: 'empty', wait: 0 };
  const me = await whoAmI();
  if (typeof me === 'string') return { outcome: me, wait: 0 };
  if (me.id !== (await store.meta('user'))) return { outcome: 'other', wait: 0 };
  return flush({ store, send, report });
}

/** @param {string} outcome of a round */
export const inWords = (outcome) =>
  ({
    empty: '',
    sent: '',
    offline: t('No connection: kept on this phone'),
    later: t('The server is busy: trying again soon'),
    'sign-in': t('Sign in to send'),
    other: t('Somebody else is signed in on this phone'),
    failed: t('This phone’s storage did not answer: reload the page'),
  })[outcome];
