/** Talking to the server. No answer is `null`, never an exception: on a phone that is the ordinary case. */
import { measure } from '../visit/clock.js';

/**
 * @typedef {import('../types.js').Reply} Reply
 * @typedef {import('../types.js').ServerVisit} ServerVisit
 * @typedef {import('../types.js').ServerDraft} ServerDraft
 */

const API = '/api/v1/';
export const READ_MS = 20_000;
const VISIT_MS = 40_000;
const LONGEST_REASON = 500;
const PHOTO_MS = 120_000; // 300 kB at the edge of coverage

export const csrf = () => /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? '';

/** @param {string} path @param {RequestInit} options @param {number} limit @returns {Promise<Reply | null>} */
export async function ask(path, options, limit) {
  try {
    const asked = Date.now();
    const response = await fetch(path.startsWith('/') ? path : API + path, {
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(limit),
      ...options,
    });
    const answered = Date.now();
    const text = await response.text(); // the connection may still break here: then there was no answer
    const { status, ok, redirected, headers } = response;
    const body = parsed(text);
    if (ok && !redirected && body) measure(headers.get('Date'), asked, answered); // else it may be of something in between
    return { status, ok, redirected, body, wait: Number(headers.get('Retry-After')) || 0 };
  } catch {
    return null; // fetch rejects only when no answer came back
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // an error page of something in between
  }
}

/** @param {string} path @param {string} type @param {BodyInit | null} body @param {number} limit */
const put = (path, type, body, limit, method = 'PUT') =>
  ask(path, { method, headers: { 'Content-Type': type, 'X-CSRFToken': csrf() }, body }, limit);

export const send = {
  /** @param {import('../types.js').Visit} visit */
  visit: (visit) =>
    put(`visits/${visit.id}/`, 'application/json', JSON.stringify(visit.payload), VISIT_MS),
  /** @param {{id: string, visit: string, blob: Blob | null}} photo `blob`: the picture, which is here. */
  photo: ({ id, visit, blob }) =>
    put(`visits/${visit}/photos/${id}/`, blob?.type || 'image/jpeg', blob, PHOTO_MS),
  /** @param {import('../types.js').Photo} photo */
  givenUp: ({ visit, id, removed_at: removed, refused }) => {
    const body = JSON.stringify({ reason: refused.slice(0, LONGEST_REASON) });
    return put(
      `visits/${visit}/photos/${id}/given-up/`,
      'application/json',
      body,
      READ_MS,
      removed ? 'PUT' : 'DELETE',
    );
  },
};

export const drafts = {
  /** @param {string} id @param {{content: object, base_revision: number, owner: number}} body */
  save: (id, body) => put(`drafts/${id}/`, 'application/json', JSON.stringify(body), VISIT_MS),
  /** @returns {Promise<{id: string, revision: number}[] | null>} */
  list: async () => (await ask('drafts/', {}, READ_MS))?.body?.results ?? null,
  /** @param {string} id @returns {Promise<ServerDraft | null>} */
  read: async (id) => (await ask(`drafts/${id}/`, {}, READ_MS))?.body ?? null,
};

/** One of my visits with what was sent, or null when the server did not give it.
 * @param {string} id @returns {Promise<ServerVisit | null>} */
export async function readVisit(id) {
  const reply = await ask(`visits/${id}/`, {}, READ_MS);
  return reply?.ok && reply.body?.id === id ? reply.body : null;
}

/**
 * Whose session this is: the page itself may be an old one that was kept on this phone.
 * @returns {Promise<import('../types.js').Me | 'offline' | 'sign-in'>}
 */
export async function whoAmI() {
  const reply = await ask('/phone/me/', {}, READ_MS);
  if (isStranger(reply)) return 'sign-in';
  return reply?.ok && reply.body?.id ? reply.body : 'offline';
}

/** @param {Reply | null} reply */
export const isStranger = (reply) =>
  Boolean(reply?.redirected || [401, 403].includes(reply?.status ?? 0));
