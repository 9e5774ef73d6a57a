/** From the server's `interactions.0.observations.greeted` to the answer on the screen that it is about. */

/**
 * @param {string} where
 * @param {any} payload `any`: what was sent, of this release or another; numbers in `where` count its lists.
 * @returns {{scope: string, criterion: string} | null} null when it is about the visit as a whole
 */
export function answerAddress(where, payload) {
  const steps = where.split('.');
  const [first] = steps;
  if (first === 'context' && steps[1]) return { scope: 'context', criterion: steps[1] };
  if (first === 'observations') return answerAt('visit', payload.observations, steps.slice(1));
  if (first === 'photos') {
    const photo = payload.photos?.[Number(steps[1])];
    return photo ? { scope: photo.interaction ?? 'visit', criterion: photo.criterion } : null;
  }
  if (first !== 'interactions' || steps[2] !== 'observations') return null;
  const interaction = payload.interactions?.[Number(steps[1])];
  return interaction ? answerAt(interaction.id, interaction.observations, steps.slice(3)) : null;
}

/**
 * By key, or by number where the shape itself was wrong. Keys may contain dots.
 * @param {string} scope @param {{criterion: string}[]} observations @param {string[]} steps
 */
function answerAt(scope, observations, steps) {
  const rest = steps.join('.');
  const found = observations.find(({ criterion }) => criterion === rest) ??
    (/^\d+$/.test(steps[0] ?? '') ? observations[Number(steps[0])] : null);
  return found ? { scope, criterion: found.criterion } : null;
}

/**
 * The server's reasons and the reviewer's remarks, each with the step that it is about.
 * @param {Pick<import('../types.js').View, 'visit' | 'steps'>} view
 */
export function wrongsIn({ visit, steps }) {
  const found = visit.errors.map(({ where, message }) => ({
    address: answerAddress(where, visit.payload),
    message,
  }));
  const remarks = (visit.remarks ?? []).map(({ message, ...address }) => ({ address, message }));
  return [...found, ...remarks].map(({ address, message }) => {
    /** @param {import('../types.js').Step} each */
    const about = (each) =>
      each.scope === address?.scope &&
      each.section?.criteria.some(({ key }) => key === address?.criterion);
    return { step: steps.find(about) ?? null, criterion: address?.criterion ?? '', message };
  });
}
