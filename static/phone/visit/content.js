/** From what was sent back to a visit as the phone keeps it: to read it, compare it, or correct it. */
import { unsent } from './draft.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {import('../types.js').Answers} Answers
 * @typedef {import('../types.js').Sent} Sent
 * @typedef {import('../types.js').SentObservation} SentObservation
 * @typedef {import('../types.js').ServerVisit} ServerVisit
 * @typedef {import('../types.js').Returned} Returned
 */

/** @param {SentObservation[]} observations @returns {Answers} */
const answersIn = (observations) =>
  Object.fromEntries(observations.map(({ criterion, state, value, note, reason }) => [
    criterion,
    {
      state,
      ...(state === 'answered' && { value }),
      ...(note && { note }),
      ...(reason && { reason }),
    },
  ]));

/** @param {import('../types.js').Answer['value']} [value] @returns {import('../types.js').Answer} */
const answeredWith = (
  value,
) => (value === null || value === undefined || value === '' ? {} : { state: 'answered', value });
/** @param {Answers} answers @returns {Answers} */
const filled = (answers) =>
  Object.fromEntries(Object.entries(answers).filter(([, answer]) => answer.state));

/**
 * The answers of a visit, as the form holds them.
 * @param {Sent} content The JSON as it was sent.
 */
export function answersFrom(content) {
  const { context = {} } = content;
  const interest = {
    ...answeredWith(content.conflict_of_interest),
    note: content.conflict_of_interest_note,
  };
  return {
    started_at: content.started_at,
    ended_at: content.ended_at ?? null,
    left_at: content.ended_at ?? null,
    clock_offset_ms: content.clock_offset_ms ?? undefined,
    written: (content.written ?? []).map((name) =>
      `${name === 'ended_at' ? 'left_at' : name} ${content[name]}`
    ),
    mode: content.mode ?? 'live',
    taps: content.taps ?? [],
    hidden_notes: content.hidden_notes ?? '',
    not_completed_reason: content.not_completed_reason ?? '',
    gps: content.place ?? null,
    note: content.note ?? '',
    context: filled({
      staff_seen: answeredWith(context.staff_seen),
      customers_waiting: answeredWith(context.customers_waiting),
      busyness: answeredWith(context.busyness),
      conflict_of_interest: interest,
    }),
    answers: answersIn(content.observations),
    interactions: content.interactions.map(({ observations, ...interaction }) => ({
      label: '',
      started_at: null,
      acknowledged_at: null,
      helped_at: null,
      ended_at: null,
      removed_at: null,
      ...interaction,
      answers: answersIn(observations),
    })),
  };
}

/**
 * A visit that the server holds, as this phone would keep it.
 * @param {ServerVisit & {content: Sent}} row
 * @param {number} owner
 * @returns {Visit}
 */
export function visitFrom(row, owner) {
  return {
    ...answersFrom(row.content),
    id: row.id,
    owner,
    assignment: row.assignment,
    version: row.version,
    standard: row.standard,
    version_number: row.version_number,
    form_url: row.form_url,
    location: row.location,
    state: 'received',
    changed_at: row.received_at,
    revision: row.revision,
    returned: null,
    remarks: [],
    ...unsent(),
    payload: row.content,
    receipt: row.receipt,
    received_at: row.received_at,
  };
}

/** What the server says of a photo that it does not have. @param {ServerVisit} row @param {{id: string}} photo */
export const isToCome = (row, { id }) => row.photos_missing.includes(id);
/** @param {ServerVisit} row @param {{id: string}} photo */
export const isGivenUp = (row, { id }) => (row.photos_given_up ?? []).includes(id);

/** Its photos: their pictures are on the server. @param {ServerVisit & {content: Sent}} row @returns {Photo[]} */
export const photosFrom = (row) =>
  (row.content.photos ?? []).map((/** @type {import('../types.js').SentPhoto} */ photo) => ({
    id: photo.id,
    visit: row.id,
    interaction: photo.interaction ?? null,
    criterion: photo.criterion,
    sha256: photo.sha256,
    taken_at: photo.taken_at,
    photo_position: photo.place ?? null,
    blob: null,
    removed_at: isGivenUp(row, photo) ? row.received_at : null,
    is_given_up: isGivenUp(row, photo),
    sent_at: isToCome(row, photo) || isGivenUp(row, photo) ? null : row.received_at,
    refused: '',
  }));

/** Photos on this phone that what was sent does not name. @param {Sent} content @param {Photo[]} photos */
export function photosLeftOut(content, photos) {
  const named = new Set((content.photos ?? []).map(({ id }) => id));
  return photos.filter((photo) => photo.blob && !photo.removed_at && !named.has(photo.id));
}

/** What a reviewer said when the visit was sent back. @param {Returned} returned */
export const wordOf = (returned) => ({
  returned: { comment: returned.comment },
  remarks: returned.items.map(({ criterion, interaction, comment }) => ({
    scope: interaction ?? 'visit',
    criterion,
    message: comment,
  })),
});

/**
 * A visit that came back: open again, the reviewer's words at their answers, to be sent as the next revision.
 * @param {Visit} visit @param {Returned} returned
 */
export function reopen(visit, returned) {
  Object.assign(visit, wordOf(returned), {
    state: 'returned',
    revision: returned.revision + 1,
    stored: null,
    cursor: { step: 'check', criterion: null },
  });
}
