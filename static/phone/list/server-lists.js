/** The plan and the last visits, as the server lists them. */
import { ask, isStranger, READ_MS } from '../sync/network.js';

/**
 * @typedef {import('../types.js').Reply} Reply
 * @typedef {import('../types.js').ServerVisit} ServerVisit
 */

/**
 * My assignments and my last visits.
 * @returns {Promise<{assignments: import('../types.js').Assignment[], sent: ServerVisit[]} | 'offline' | 'sign-in'>}
 */
export async function fetchLists() {
  const [assignments, sent] = await Promise.all([
    ask('assignments/', {}, READ_MS),
    ask('visits/', {}, READ_MS),
  ]);
  if ([assignments, sent].some(isStranger)) return 'sign-in';
  /** @param {Reply} reply */
  const isList = (reply) => reply?.ok && Array.isArray(reply.body?.results);
  if (!assignments || !sent || ![assignments, sent].every(isList)) return 'offline';
  return { assignments: assignments.body.results, sent: sent.body.results };
}
