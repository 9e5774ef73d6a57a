/** What sends comes once there is something to send: a form is filled in for half an hour before that. */
import { later } from '../shell/later.js';
import { t } from '../shell/words.js';
import { isOpen } from '../visit/draft.js';
import { onHints } from './hints.js';

/**
 * @typedef {import('../types.js').Page} Page
 * @typedef {import('../types.js').Showing} Showing
 */

const RETRY_MS = 15_000;

/** Until what sends is here, this is asked in its place. @param {Page} page @param {Showing} showing */
export function sendLater(page, showing) {
  /** @type {Promise<void> | null} */
  let starting = null;

  async function start() {
    if (page.sender !== sender) return page.sender?.nudge();
    const found = await later(() => import('./form-sending.js'));
    if (found) return void found.startSending(page, showing);
    page.status.inform(`${t('No connection: kept on this phone')}.`);
    return void setTimeout(nudge, RETRY_MS);
  }

  /** @returns {Promise<void>} */
  const nudge = () => (starting ??= start().finally(() => (starting = null)));

  /** Another tab may have completed a visit, or changed this one. */
  async function look() {
    if (page.sender !== sender) return undefined; // it looks itself
    return (await hasToSend(page)) ? nudge() : showing.reload();
  }

  const sender = page.sender = { nudge };
  onHints(look);
  look();
}

/** @param {Page} page */
const hasToSend = async ({ visit, store }) =>
  !isOpen(visit) || (await store.toSend()).length + (await store.photosToTell()).length > 0;
