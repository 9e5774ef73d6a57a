/**
 * What the release before 0.1.0 called otherwise. Phones and the server's drafts hold visits under those names, and a
 * second phone of the same auditor may still be of that release.
 */

/** @typedef {Record<string, any>} Row Whatever was kept; `any`, as its shape is that of another release. */

const OF_VISIT = { place: 'cursor', told: 'gps' };
const OF_CONTENT = { told: 'gps' };
const OF_PHOTO = { place: 'photo_position' };

/**
 * The word under the former name counts: a phone of that release wrote it last, and leaves the present one as it was.
 * @param {Row} row @param {Record<string, string>} names @returns {any} `any`: a row of the present shape, whichever it is.
 */
function renamed(row, names) {
  const made = { ...row };
  for (const [former, present] of Object.entries(names)) {
    made[present] = row[former] ?? row[present] ?? null;
    delete made[former];
  }
  return made;
}

/** As a phone keeps it. @param {Row} visit @returns {import('../types.js').Visit} */
export const visitInPresentNames = (visit) => renamed(visit, OF_VISIT);

/** @param {Row} photo @returns {import('../types.js').Photo} */
export const photoInPresentNames = (photo) => renamed(photo, OF_PHOTO);

/**
 * As the server keeps a draft; null stays null.
 * @template {Row | null} T @param {T} content @returns {T}
 */
export const contentInPresentNames = (content) =>
  content && {
    ...renamed(content, OF_CONTENT),
    photos: (content.photos ?? []).map(photoInPresentNames),
  };
