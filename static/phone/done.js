/** The page of a visit that is complete: its state, and what became of its photos. */
import { all, one } from './elements.js';
import { isElsewhere } from './state.js';
import { plural, t } from './words.js';

const EXPLAINED = {
  waiting: t('Complete. It is kept on this phone and goes to the server by itself as soon as there is a connection.'),
  sending: t('Complete, and on its way.'),
  accepted: t('The answers have arrived. The photos follow one by one.'),
  received: t('The server has everything. You may close this page.'),
  conflict: t('The server has this visit with other answers, so it did not take these. They are kept on this phone.'),
};

/**
 * @param {ParentNode} page
 * @param {object} given
 * @param {import('./types.js').Visit} given.visit
 * @param {import('./types.js').Photo[]} given.photos
 * @param {import('./types.js').Section[]} given.sections
 * @param {{state: string, tone: string}} given.shown
 */
export function fillDone(page, { visit, photos, sections, shown }) {
  const part = (name) => one(page, `[data-part="${name}"]`);
  const stuck = stuckOf(visit, photos);
  const nGivenUp = photos.filter((photo) => photo.removed_at && !photo.sent_at && isNamed(visit, photo)).length;
  part('state').textContent = shown.state;
  part('state').dataset.tone = shown.tone;
  part('explained').textContent = [
    explained(visit, shown, stuck.length + nGivenUp > 0),
    nGivenUp && plural(
      '{n} photo was removed here; the report says that it is missing.',
      '{n} photos were removed here; the report says that they are missing.',
      nGivenUp,
    ),
  ].filter(Boolean).join(' ');
  fillStuck(part('stuck'), stuck, sections);
  one(page, '[data-deed="send"]').hidden = !['waiting', 'accepted'].includes(visit.state);
}

const isNamed = (visit, photo) => (visit.payload?.photos ?? []).some(({ id }) => id === photo.id);

/** Photos that no waiting brings to the server from here. */
function stuckOf(visit, photos) {
  const isSent = ['accepted', 'received'].includes(visit.state);
  return photos.filter((photo) => !photo.removed_at && (photo.refused || (isSent && isElsewhere(photo))));
}

function explained(visit, shown, lacksPhotos) {
  if (visit.state === 'conflict' && !visit.stored && visit.reason) return visit.reason;
  if (visit.state === 'received' && lacksPhotos) return t('The answers have arrived.');
  return EXPLAINED[shown.tone === 'sending' ? 'sending' : visit.state];
}

/** Each with its question, what is wrong, and the way out. */
function fillStuck(list, stuck, sections) {
  if (all(list, 'button').map((button) => button.dataset.photo).join() === stuck.map(({ id }) => id).join()) return;
  list.replaceChildren(...stuck.map((photo, index) => {
    const about = sections.flatMap(({ criteria }) => criteria).find(({ key }) => key === photo.criterion)?.text ?? '';
    const row = document.createElement('li');
    const button = make('button', t('Remove'));
    Object.assign(button, { type: 'button', className: 'plain' });
    Object.assign(button.dataset, { deed: 'drop-photo', photo: photo.id });
    button.setAttribute('aria-label', t('Remove photo {number}', { number: index + 1 }));
    row.append(Object.assign(make('p', about), { className: 'quiet' }), make('p', wrongWith(photo)), button);
    return row;
  }));
}

const make = (tag, textContent) => Object.assign(document.createElement(tag), { textContent });

const wrongWith = (photo) =>
  photo.refused
    ? t('A photo was not accepted: {reason}', { reason: photo.refused })
    : t('A photo’s picture is not on this phone. If another phone of yours took it, open your visits there, and it is sent.');
