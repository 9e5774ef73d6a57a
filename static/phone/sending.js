/** When to send: at the start, when somebody looks, after each save, and by the sender's own back-off. */
import { createSender, flush } from './queue.js';

/**
 * @param {object} means
 * @param {any} means.store
 * @param {{visit: Function, photo: Function}} means.send
 * @param {(progress: {id: string, photo: number, photos: number} | null) => void} means.report
 * @param {(outcome: string, error?: Error) => void} means.ended
 */
export function keepSending({ store, send, report, ended }) {
  const round = () => alone(() => flush({ store, send, report }));
  const sender = createSender({ round, ended });
  // `online` is a hint only: after reloads without a network it may never come.
  for (const hint of ['focus', 'online', 'pageshow']) addEventListener(hint, () => sender.nudge());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') sender.nudge();
  });
  sender.nudge();
  return sender;
}

/** One tab sends at a time; the server would cope, but a photo twice is the auditor's money. */
const alone = (work) => (navigator.locks ? navigator.locks.request('plumbline-queue', work) : work());

/** @param {string} outcome of a round */
export const inWords = (outcome) =>
  ({
    empty: '',
    sent: '',
    offline: 'No connection: kept on this phone',
    later: 'The server is busy: trying again soon',
    'sign-in': 'Sign in to send',
    failed: 'This phone’s storage did not answer: reload the page',
  })[outcome];
