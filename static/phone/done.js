/** The page of a visit that is complete: its state, and what that means. */
import { one } from './elements.js';
import { isNamed } from './state.js';
import { t } from './words.js';

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
 * @param {{state: string, tone: string}} given.shown
 */
export function fillDone(page, { visit, photos, shown }) {
  const part = (name) => one(page, `[data-part="${name}"]`);
  part('state').textContent = shown.state;
  part('state').dataset.tone = shown.tone;
  part('explained').textContent = explained(visit, photos, shown);
  one(page, '[data-deed="send"]').hidden = !['waiting', 'accepted'].includes(visit.state);
}

function explained(visit, photos, shown) {
  if (visit.state === 'conflict' && !visit.stored && visit.reason) return visit.reason;
  if (visit.state === 'received' && photos.some((photo) => !photo.sent_at && isNamed(visit, photo))) return t('The answers have arrived.');
  return EXPLAINED[shown.tone === 'sending' ? 'sending' : visit.state];
}
