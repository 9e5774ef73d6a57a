/** Signing in where one is, so that nothing on the page or in the queue is touched. */
import { one } from './elements.js';
import { csrf } from '../sync/network.js';
import { t } from './words.js';

/** @typedef {'ok' | 'wrong' | 'offline'} Outcome */

/** @param {string} address Of the page. @param {Record<string, string>} fields @returns {Promise<Outcome>} */
async function signIn(address, fields) {
  try {
    await fetch(address, { cache: 'no-store' }); // brings the cookie that sending needs
    return await post(address, fields);
  } catch {
    return 'offline';
  }
}

/** Rejects when no answer came. @param {string} address @param {Record<string, string>} fields @returns {Promise<Outcome>} */
async function post(address, fields) {
  const response = await fetch(address, {
    method: 'POST',
    redirect: 'manual', // the way on is the server's yes
    headers: { 'X-CSRFToken': csrf() },
    body: new URLSearchParams(fields),
  });
  return response.type === 'opaqueredirect' ? 'ok' : 'wrong';
}

/**
 * Only the server can end a session; until it has, who is signed in keeps their plan.
 * @param {string} address @returns {Promise<boolean>} whether it did
 */
export const signOut = (address) =>
  post(address, {}).then((outcome) => outcome === 'ok', () => false);

const WORDS = {
  wrong: t('That was not right: check the address and the password, or sign in another way.'),
  offline: t('No connection: try again when there is one.'),
};

/**
 * @param {HTMLDialogElement} dialog
 * @param {() => void} signedIn
 */
export function createSignIn(dialog, signedIn) {
  /** @type {HTMLFormElement} */
  const form = one(dialog, 'form');
  const { username, password } =
    /** @type {any} `any`: fields by their names, as the template has them. */ (form.elements);
  const wrong = one(dialog, '[role="alert"]');
  /** @param {string} sentence */
  const say = (sentence) => Object.assign(wrong, { textContent: sentence, hidden: !sentence });

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    say('');
    const outcome = await signIn(dialog.dataset.address ?? '', {
      username: username.value,
      password: password.value,
    });
    if (outcome !== 'ok') return say(WORDS[outcome]);
    password.value = '';
    dialog.close();
    return signedIn();
  });
  one(dialog, '[type="button"]').addEventListener('click', () => dialog.close());

  /** @param {string} email of whose work waits here */
  return (email = '') => {
    say('');
    if (email) username.value = email;
    if (!dialog.open) dialog.showModal();
  };
}

/** The button that opens it. @param {string} text @param {() => unknown} open */
export function signInButton(text, open) {
  const button = Object.assign(document.createElement('button'), {
    type: 'button',
    className: 'plain',
    textContent: text,
  });
  button.addEventListener('click', () => open());
  return button;
}
