/**
 * The page of a visit that is complete: what its state means, and photos that no waiting brings to the server from here,
 * with their question, what is wrong, and a way out.
 */
import { isElsewhere } from './state.js';
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {import('../types.js').Section} Section
 * @typedef {import('../types.js').Store} Store
 */

/** @type {Record<string, string>} */
const EXPLAINED = {
  waiting: t(
    'Complete. It is kept on this phone and goes to the server by itself as soon as there is a connection.',
  ),
  sending: t('Complete, and on its way.'),
  accepted: t('The answers have arrived. The photos follow one by one.'),
  received: t('The server has everything. You may close this page.'),
  conflict: t(
    'The server has this visit with other answers, so it did not take these. They are kept on this phone.',
  ),
};

/** Does what was sent name it? @param {Visit} visit @param {Photo} photo */
const isNamed = (visit, photo) => (visit.payload?.photos ?? []).some(({ id }) => id === photo.id);

/** @param {Visit} visit @param {Photo[]} photos @param {{tone: string}} shown */
export function explained(visit, photos, shown) {
  if (visit.state === 'conflict' && !visit.stored && visit.reason) return visit.reason;
  if (
    visit.state === 'received' && photos.some((photo) => !photo.sent_at && isNamed(visit, photo))
  ) return t('The answers have arrived.');
  return EXPLAINED[shown.tone === 'sending' ? 'sending' : visit.state];
}

/** Pictures of those that were given up since this page opened. @type {Map<string, Blob | null>} */
const givenUp = new Map();

/**
 * @param {HTMLElement} list
 * @param {object} given
 * @param {Visit} given.visit
 * @param {Photo[]} given.photos
 * @param {Section[]} given.sections
 * @param {Store} given.store
 * @param {() => Promise<unknown>} given.changed
 */
export function fillStuck(list, { visit, photos, sections, store, changed }) {
  const isSent = ['accepted', 'received'].includes(visit.state);
  /** @param {Photo} photo */
  const isStuck = (photo) => photo.refused || photo.removed_at || isElsewhere(photo);
  const shown = isSent
    ? photos.filter((photo) => !photo.sent_at && isNamed(visit, photo) && isStuck(photo))
    : [];
  /** @param {Photo} photo @param {Partial<Photo>} changes */
  const become = async (photo, changes) => {
    await store.changePhoto(photo.id, (kept) => void Object.assign(kept, changes));
    await changed();
    list.querySelector('button')?.focus();
  };

  /** What was sent goes on naming it. Without its picture nothing sends it by mistake. @param {Photo} photo */
  function giveUp(photo) {
    givenUp.set(photo.id, photo.blob);
    return become(photo, { removed_at: new Date().toISOString(), blob: null });
  }

  /** @param {Photo} photo */
  const bringBack = (photo) =>
    become(photo, { removed_at: null, blob: givenUp.get(photo.id) ?? null });

  list.replaceChildren(...shown.map((photo) => {
    const about = sections.flatMap(({ criteria }) =>
      criteria
    ).find(({ key }) => key === photo.criterion)?.text ?? '';
    const row = document.createElement('li');
    row.append(
      Object.assign(make('p', about), { className: 'quiet' }),
      make('p', wrongWith(photo)),
    );
    if (!photo.removed_at) row.append(deed(t('Remove'), about, () => giveUp(photo)));
    else if (givenUp.has(photo.id)) row.append(deed(t('Undo'), about, () => bringBack(photo)));
    return row;
  }));
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} textContent @returns {HTMLElementTagNameMap[T]} */
const make = (tag, textContent) => Object.assign(document.createElement(tag), { textContent });

/** @param {string} name @param {string} about @param {() => unknown} work */
function deed(name, about, work) {
  const button = Object.assign(make('button', name), { type: 'button', className: 'plain' });
  button.setAttribute('aria-label', `${name}: ${about}`);
  button.addEventListener('click', work);
  return button;
}

/** @param {Photo} photo */
function wrongWith(photo) {
  if (photo.removed_at) return t('Photo given up; the report says so.');
  if (photo.refused) return t('A photo was not accepted: {reason}', { reason: photo.refused });
  return t(
    'A photo’s picture is not on this phone. If another phone of yours took it, open your visits there, and it is sent.',
  );
}
