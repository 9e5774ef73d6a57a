/** Sending from the form's page, and saying how that goes. */
import { $ } from '../shell/elements.js';
import { later } from '../shell/later.js';
import { t } from '../shell/words.js';
import { isOpen } from '../visit/draft.js';
import { send, whoAmI } from './network.js';
import { inWords, keepSending } from './sending.js';

/** @typedef {import('../types.js').Page} Page */

/** @param {Page} page @param {import('../types.js').Showing} showing */
export function startSending(page, showing) {
  const { visit, store, status } = page;

  /** @param {import('../types.js').Progress | null} progress */
  function report(progress) {
    page.progress = progress;
    if (!isOpen(visit)) showing.showState();
  }

  /** @param {string} outcome @param {Error} [error] */
  async function ended(outcome, error) {
    await showing.reload();
    if (isOpen(visit)) return error && status.warn(`${inWords(outcome)} (${error.message}).`);
    showing.showState();
    if (outcome === 'sign-in') return askToSignIn(page);
    const isWaiting = ['waiting', 'accepted'].includes(visit.state);
    return status.inform(isWaiting && inWords(outcome) ? `${inWords(outcome)}.` : '');
  }

  page.sender = keepSending({ store, whoAmI, send, report, ended });
}

/** Opens the form to sign in, once it was wanted. @type {ReturnType<typeof import('../shell/session.js').createSignIn> | null} */
let openSignIn = null;

/** @param {Page} page */
async function askToSignIn({ store, status, sender }) {
  status.inform(t('Sign in to send.'));
  const found = await later(() => import('../shell/session.js'));
  if (!found) return;
  const open = openSignIn ??= found.createSignIn($('sign-in'), () => {
    status.inform('');
    sender?.nudge();
  });
  const { email } = (await store.meta('who')) ?? {};
  $('trouble').replaceChildren(
    `${t('Sign in to send.')} `,
    found.signInButton(t('Sign in'), () => open(email)),
  );
}
