/** When to send: at the start, when somebody looks, after each save, and by the sender's own back-off. */
import { onHints } from './hints.js';
import { alone } from './lock.js';
import { createSender, flush } from './queue.js';
import { t } from '../shell/words.js';

/**
 * @param {object} means
 * @param {import('../types.js').Store} means.store
 * @param {typeof import('./network.js').whoAmI} means.whoAmI
 * @param {import('../types.js').Send} means.send
 * @param {(progress: import('../types.js').Progress | null) => void} means.report
 * @param {(outcome: string, error?: Error) => void} means.ended
 */
export function keepSending({ store, whoAmI, send, report, ended }) {
  // One tab sends at a time; the server would cope, but a photo twice is the auditor's money.
  const tried = new Map();
  const round = () => alone('queue', () => flushOwn({ store, whoAmI, send, report, tried }));
  const sender = createSender({ round, ended });
  onHints(() => sender.nudge());
  sender.nudge();
  return sender;
}

/**
 * Nobody's visit goes out under another name, whoever has signed in on this phone meanwhile.
 * @param {Parameters<typeof flush>[0] & {whoAmI: typeof import('./network.js').whoAmI}} means
 * @returns {ReturnType<typeof flush>}
 */
export async function flushOwn({ store, whoAmI, send, report, tried }) {
  if (!(await store.toSend()).length && !(await store.photosToTell()).length) {
    return { outcome: 'empty', wait: 0 };
  }
  /** @returns {Promise<'there' | 'offline' | 'sign-in' | 'other'>} */
  const probe = async () => {
    const me = await whoAmI();
    if (typeof me === 'string') return me;
    return me.id === (await store.meta('user')) ? 'there' : 'other';
  };
  const outcome = await probe();
  return outcome === 'there' ? flush({ store, send, probe, report, tried }) : { outcome, wait: 0 };
}

/** @type {Record<string, string>} */
const WORDS = {
  offline: t('No connection: kept on this phone'),
  later: t('The server is busy: trying again soon'),
  unanswered: t('Not everything went through: trying again soon'),
  'sign-in': t('Sign in to send'),
  other: t('Somebody else is signed in on this phone'),
  failed: t('This phone’s storage did not answer: reload the page'),
};

/** Of a round; blank where there is nothing to say. @param {string} outcome */
export const inWords = (outcome) => WORDS[outcome] ?? '';
