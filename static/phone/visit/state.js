/** The state of a complete visit, in words. */
import { plural, t } from '../shell/words.js';

/**
 * On this phone, sending, or received; and what the server did not accept.
 * @param {import('../types.js').Visit} visit
 * @param {{unsent: number, elsewhere?: number, refused: string[]}} pictures Of this visit; `refused`: the server's reasons.
 * @param {{id: string, photo: number, photos: number} | null} progress What is being sent.
 * @returns {{state: string, tone: 'waiting' | 'sending' | 'received' | 'wrong'}}
 */
export function stateOf(visit, pictures, progress) {
  if (progress?.id === visit.id) {
    const state = progress.photo
      ? t('Sending photo {photo} of {photos}', { photo: progress.photo, photos: progress.photos })
      : t('Sending');
    return { state, tone: 'sending' };
  }
  if (visit.state === 'received' && pictures.refused.length) {
    return {
      state: plural(
        'Received, {n} photo not accepted',
        'Received, {n} photos not accepted',
        pictures.refused.length,
      ),
      tone: 'wrong',
    };
  }
  if (visit.state === 'conflict') return { state: t('Not accepted'), tone: 'wrong' };
  if (visit.state === 'received' && pictures.elsewhere) {
    return {
      state: plural(
        'Received, {n} photo not on this phone',
        'Received, {n} photos not on this phone',
        pictures.elsewhere,
      ),
      tone: 'waiting',
    };
  }
  if (visit.state === 'received') {
    return {
      state: t('Received, no. {receipt}', { receipt: visit.receipt ?? '' }),
      tone: 'received',
    };
  }
  if (visit.state === 'accepted') {
    return {
      state: plural('{n} photo on this phone', '{n} photos on this phone', pictures.unsent),
      tone: 'waiting',
    };
  }
  return { state: t('On this phone'), tone: 'waiting' };
}

/** Neither here nor on the server: another phone that took it has it, or nobody since this browser lost it. @param {import('../types.js').Photo} photo */
export const isElsewhere = (photo) => !photo.blob && !photo.sent_at;

/** What `stateOf` asks of a visit's photos. @param {import('../types.js').Photo[]} photos */
export function picturesOf(photos) {
  const kept = photos.filter((photo) => !photo.removed_at);
  const refused = kept.filter((photo) => photo.refused).map((photo) => photo.refused);
  const unsent = kept.filter((photo) => photo.blob && !photo.sent_at && !photo.refused).length;
  return { photos: kept.length, unsent, elsewhere: kept.filter(isElsewhere).length, refused };
}
