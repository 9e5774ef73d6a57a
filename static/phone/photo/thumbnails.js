/** The photos of a criterion on the page. A picture's address lives as long as its step is shown. */
import { all, copyOf, one } from '../shell/elements.js';
import { isElsewhere } from '../visit/state.js';
import { t } from '../shell/words.js';

/** @typedef {import('../types.js').Photo} Photo */

/** @param {HTMLTemplateElement} template of one photo */
export function createPictures(template) {
  /** Of what is shown. @type {Map<string, string>} */
  const addresses = new Map();

  /** @param {HTMLElement} fieldset @param {Photo[]} photos of this criterion, here */
  function fill(fieldset, photos) {
    const list = fieldset.querySelector('[data-part="photos"]');
    if (!list) return; // the questions about the context take none
    one(fieldset, '[data-part="n-photos"]').textContent = photos.length
      ? ` (${photos.length})`
      : '';
    const shown = all(list, 'li').map((item) => item.dataset.shown).join();
    if (shown === photos.map(nameOf).join()) return;
    list.replaceChildren(
      ...photos.map((photo, index) => rowOf(copyOf(template), photo, index + 1, addresses)),
    );
  }

  function release() {
    for (const address of addresses.values()) URL.revokeObjectURL(address);
    addresses.clear();
  }

  return { fill, release };
}

/** What its row shows. @param {Photo} photo */
const nameOf = (photo) => `${photo.id} ${photo.is_unkept ?? ''}`;

/** A picture that has left the phone is on the server. @param {Photo} photo */
const addressOf = ({ id, blob }) => blob ? URL.createObjectURL(blob) : `/photos/${id}/thumbnail/`;

/** @param {HTMLElement} item @param {Photo} photo @param {number} number @param {Map<string, string>} addresses */
function rowOf(item, photo, number, addresses) {
  const [image, button, again] = [
    one(item, 'img'),
    one(item, '[data-deed="drop-photo"]'),
    one(item, '[data-deed="keep-photo"]'),
  ];
  if (isElsewhere(photo)) image.replaceWith(elsewhere());
  else {
    if (!addresses.has(photo.id)) addresses.set(photo.id, addressOf(photo));
    Object.assign(image, { src: addresses.get(photo.id), alt: t('Photo {number}', { number }) });
  }
  one(item, '[data-part="unkept"]').hidden = !photo.is_unkept;
  again.dataset.photo = photo.id;
  button.setAttribute('aria-label', t('Remove photo {number}', { number }));
  button.dataset.photo = photo.id;
  item.dataset.shown = nameOf(photo);
  return item;
}

function elsewhere() {
  const words = document.createElement('p');
  words.className = 'hint';
  words.textContent = t(
    'The picture is not on this phone. It is sent from the phone that took it; if that was this one, take it anew and remove this one.',
  );
  return words;
}
