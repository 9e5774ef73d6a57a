/** What sends comes once there is something to send: a form is filled in for half an hour before that. */
import { later } from '../shell/later.js';
import { t } from '../shell/words.js';

const RETRY_MS = 15_000;

/**
 * Stands in for the sender until it is here.
 * @param {import('../types.js').Page} page @param {import('../types.js').Showing} showing
 */
export function createLateSender(page, showing) {
  /** @type {Promise<unknown> | null} */
  let starting = null;

  async function start() {
    const found = await later(() => import('./form-sending.js'));
    if (found) return found.startSending(page, showing);
    page.status.inform(`${t('No connection: kept on this phone')}.`);
    return void setTimeout(nudge, RETRY_MS);
  }

  /** @returns {Promise<any>} of which nobody asks more than that it ends */
  const nudge = () => (starting ??= start().finally(() => (starting = null)));

  return { nudge };
}

/** @param {import('../types.js').Store} store */
export const hasToSend = async (store) =>
  (await store.toSend()).length + (await store.photosToTell()).length > 0;
