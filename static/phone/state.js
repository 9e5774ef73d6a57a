/** The state of a complete visit, in words. */

/** 1 photo, 2 photos @param {number} n @param {string} one */
export const plural = (n, one) => `${n} ${one}${n === 1 ? '' : 's'}`;

/**
 * On this phone, sending, or received: one of three.
 * @param {import('./types.js').Visit} visit
 * @param {{unsent: number} | undefined} pictures
 * @param {{id: string, photo: number, photos: number} | null} progress What is being sent.
 * @returns {{state: string, tone: 'waiting' | 'sending' | 'received'}}
 */
export function stateOf(visit, pictures, progress) {
  if (progress?.id === visit.id) {
    const state = progress.photo ? `Sending photo ${progress.photo} of ${progress.photos}` : 'Sending';
    return { state, tone: 'sending' };
  }
  if (visit.state === 'received') return { state: `Received, no. ${visit.receipt}`, tone: 'received' };
  if (visit.state === 'accepted') {
    return { state: `${plural(pictures?.unsent ?? 0, 'photo')} on this phone`, tone: 'waiting' };
  }
  return { state: 'On this phone', tone: 'waiting' };
}
