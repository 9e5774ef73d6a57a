/** From the last answer to the receipt: completes the visit, sends it, and says how that goes. */
import { clockOffset } from './clock.js';
import { complete, isOpen } from './draft.js';
import { $ } from '../shell/elements.js';
import { later } from '../shell/later.js';
import { send, whoAmI } from '../sync/network.js';
import { buildPayload } from './payload.js';
import { inWords, keepSending } from '../sync/sending.js';
import { t } from '../shell/words.js';

/**
 * @param {import('../types.js').Page} page
 * @param {import('../types.js').Showing} showing
 */
export function createCompleting(page, showing) {
  const { visit, sections, store, status, editing } = page;
  const next = /** @type {HTMLButtonElement} */ ($('next'));
  /** @type {any} Opens it, once `shell/session.js` is here. */
  let openSignIn = null;

  /** @param {string} whyNotYet Blank when nothing stands against it. */
  async function submit(whyNotYet) {
    if (whyNotYet) return status.warn(whyNotYet);
    next.disabled = true; // at once: a second tap would find the visit completed "in another tab"
    try {
      if (!(await close())) return undefined;
    } finally {
      next.disabled = false;
    }
    $('undo').hidden = true;
    scrollTo(0, 0);
    $('title').focus({ preventScroll: true });
    return page.sender?.nudge();
  }

  async function close() {
    const at = new Date().toISOString();
    const offset = await clockOffset(store);
    // Built from the store's copy: another tab may have answered, or taken a photo, too.
    return editing.close((kept, pictures) => {
      complete(
        kept,
        buildPayload({
          visit: kept,
          photos: pictures,
          sections,
          clockOffset: kept.clock_offset_ms ?? offset,
          at,
        }),
        at,
      );
    });
  }

  function startSending() {
    page.sender = keepSending({ store, whoAmI, send, report, ended: roundEnded });
  }

  /** @param {import('../types.js').Progress | null} progress */
  function report(progress) {
    page.progress = progress;
    if (!isOpen(visit)) showing.showState();
  }

  /** @param {string} outcome @param {Error} [error] */
  async function roundEnded(outcome, error) {
    await showing.reload();
    if (isOpen(visit)) return error && status.warn(`${inWords(outcome)} (${error.message}).`);
    showing.showState();
    if (outcome === 'sign-in') return askToSignIn();
    const isWaiting = ['waiting', 'accepted'].includes(visit.state);
    return status.inform(isWaiting && inWords(outcome) ? `${inWords(outcome)}.` : '');
  }

  async function askToSignIn() {
    status.inform(t('Sign in to send.'));
    const found = await later(() => import('../shell/session.js'));
    if (!found) return;
    openSignIn ??= found.createSignIn($('sign-in'), () => {
      status.inform('');
      page.sender?.nudge();
    });
    const { email } = (await store.meta('who')) ?? {};
    $('trouble').replaceChildren(
      `${t('Sign in to send.')} `,
      found.signInButton(t('Sign in'), () => openSignIn(email)),
    );
  }

  return { submit, startSending };
}
