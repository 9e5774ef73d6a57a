/** The photos of a criterion on the page. A picture's address lives as long as its step is shown. */

/** @param {HTMLTemplateElement} template of one photo */
export function createPictures(template) {
  /** @type {Map<string, string>} */
  const addresses = new Map();

  /** A picture that has left the phone is on the server. */
  const addressOf = (photo) => (photo.blob ? URL.createObjectURL(photo.blob) : `/photos/${photo.id}/thumbnail/`);

  function row(photo, index) {
    const item = template.content.firstElementChild.cloneNode(true);
    if (!addresses.has(photo.id)) addresses.set(photo.id, addressOf(photo));
    const [image, button] = [item.querySelector('img'), item.querySelector('button')];
    Object.assign(image, { src: addresses.get(photo.id), alt: `Photo ${index + 1}` });
    button.setAttribute('aria-label', `Remove photo ${index + 1}`);
    item.dataset.photo = button.dataset.photo = photo.id;
    return item;
  }

  /** @param {HTMLElement} fieldset @param {import('./types.js').Photo[]} photos of this criterion, here */
  function fill(fieldset, photos) {
    const list = fieldset.querySelector('[data-part="photos"]');
    if (!list) return; // the questions about the context take none
    fieldset.querySelector('[data-part="n-photos"]').textContent = photos.length ? ` (${photos.length})` : '';
    const shown = [...list.children].map((item) => item.dataset.photo).join();
    if (shown !== photos.map(({ id }) => id).join()) list.replaceChildren(...photos.map(row));
  }

  function release() {
    for (const address of addresses.values()) URL.revokeObjectURL(address);
    addresses.clear();
  }

  return { fill, release };
}
