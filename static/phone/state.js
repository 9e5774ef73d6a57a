/** The state of a complete visit, in words. */

/** 1 photo, 2 photos @param {number} n @param {string} one */
export const plural = (n, one) => `${n} ${one}${n === 1 ? '' : 's'}`;

/**
 * On this phone, sending, or received; and what the server did not accept.
 * @param {import('./types.js').Visit} visit
 * @param {{unsent: number, elsewhere?: number, refused: string[]}} pictures Of this visit; `refused`: the server's reasons.
 * @param {{id: string, photo: number, photos: number} | null} progress What is being sent.
 * @returns {{state: string, tone: 'waiting' | 'sending' | 'received' | 'wrong'}}
 */
export function stateOf(visit, pictures, progress) {
  if (progress?.id === visit.id) {
    const state = progress.photo ? `Sending photo ${progress.photo} of ${progress.photos}` : 'Sending';
    return { state, tone: 'sending' };
  }
  if (visit.state === 'received' && pictures.refused.length) {
    return { state: `Received, ${plural(pictures.refused.length, 'photo')} not accepted`, tone: 'wrong' };
  }
  if (visit.state === 'conflict') return { state: 'Not accepted', tone: 'wrong' };
  if (visit.state === 'received' && pictures.elsewhere) {
    return { state: `Received, ${plural(pictures.elsewhere, 'photo')} on another phone`, tone: 'waiting' };
  }
  if (visit.state === 'received') return { state: `Received, no. ${visit.receipt}`, tone: 'received' };
  if (visit.state === 'accepted') {
    return { state: `${plural(pictures.unsent, 'photo')} on this phone`, tone: 'waiting' };
  }
  return { state: 'On this phone', tone: 'waiting' };
}

/** Neither here nor on the server: the phone that took it has it. @param {import('./types.js').Photo} photo */
export const isElsewhere = (photo) => !photo.blob && !photo.sent_at;

/** What `stateOf` asks of a visit's photos. @param {import('./types.js').Photo[]} photos */
export function picturesOf(photos) {
  const kept = photos.filter((photo) => !photo.removed_at);
  const refused = kept.filter((photo) => photo.refused).map((photo) => photo.refused);
  const unsent = kept.filter((photo) => photo.blob && !photo.sent_at && !photo.refused).length;
  return { photos: kept.length, unsent, elsewhere: kept.filter(isElsewhere).length, refused };
}
