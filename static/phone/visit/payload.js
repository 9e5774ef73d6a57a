/** A visit as the server wants it: what is shown and was answered, each criterion by its key. */
import { shownIn } from '../form/conditions.js';
import { answersOf, isWritten, liveInteractions, observation } from './draft.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {import('../types.js').Section} Section
 * @typedef {import('../types.js').Sent} Sent
 */

/**
 * @param {object} given
 * @param {Visit} given.visit
 * @param {Photo[]} given.photos Of this visit.
 * @param {Section[]} given.sections
 * @param {number | null} given.clockOffset Device clock minus server clock, in ms.
 * @param {string} given.at When the visit was completed.
 * @returns {Sent & {context: object, photos: import('../types.js').SentPhoto[]}}
 */
export function buildPayload({ visit, photos, sections, clockOffset, at }) {
  const interactions = liveInteractions(visit);
  /** @param {string} scope @param {Section['asked']} kind */
  const observed = (scope, kind) => observationsOf(visit, scope, kind, sections);
  /** @type {Sent['written']} */
  const written = [];
  if (isWritten(visit, 'started_at')) written.push('started_at');
  if (isWritten(visit, 'left_at')) written.push('ended_at');
  const interest = visit.context.conflict_of_interest;
  return {
    revision: visit.revision ?? 1,
    location: visit.location.id,
    version: visit.version,
    assignment: visit.assignment,
    started_at: visit.started_at,
    ended_at: visit.left_at ?? visit.completed_at ?? at,
    written,
    mode: visit.mode ?? 'live',
    clock_offset_ms: clockOffset,
    context: {
      staff_seen: visit.context.staff_seen?.value ?? null,
      customers_waiting: visit.context.customers_waiting?.value ?? null,
      busyness: visit.context.busyness?.value ?? '',
    },
    place: visit.gps ?? null,
    conflict_of_interest: interest?.value ?? null,
    conflict_of_interest_note: interest?.note?.trim() ?? '',
    not_completed_reason: visit.not_completed_reason?.trim() ?? '',
    taps: visit.taps ?? [],
    hidden_notes: visit.hidden_notes?.trim() ?? '',
    note: visit.note.trim(),
    interactions: interactions.map((interaction) => ({
      id: interaction.id,
      label: interaction.label,
      started_at: interaction.started_at,
      acknowledged_at: interaction.acknowledged_at ?? null,
      helped_at: interaction.helped_at ?? null,
      ended_at: interaction.ended_at ?? null,
      observations: observed(interaction.id, 'interaction'),
    })),
    observations: observed('visit', 'visit'),
    photos: photosToSend({ visit, photos, sections }).map((photo) => ({
      id: photo.id,
      criterion: photo.criterion,
      interaction: photo.interaction,
      sha256: photo.sha256,
      taken_at: photo.taken_at,
      place: photo.photo_position ?? null,
    })),
  };
}

/**
 * Photos that belong to what is still asked. An answer that became hidden is kept on the phone and not sent.
 * @param {{visit: Visit, photos: Photo[], sections: Section[]}} given
 */
export function photosToSend({ visit, photos, sections }) {
  const shown = new Set();
  for (const scope of [...liveInteractions(visit).map(({ id }) => id), 'visit']) {
    for (
      const section of sections.filter((each) =>
        each.asked === (scope === 'visit' ? 'visit' : 'interaction')
      )
    ) {
      for (const { key } of shownIn(section, scope, visit, sections)) shown.add(`${scope}/${key}`);
    }
  }
  return photos.filter(
    (photo) => !photo.removed_at && shown.has(`${photo.interaction ?? 'visit'}/${photo.criterion}`),
  );
}

/** @param {Visit} visit @param {string} scope @param {Section['asked']} asked @param {Section[]} sections */
function observationsOf(visit, scope, asked, sections) {
  const answers = answersOf(visit, scope);
  return sections
    .filter((section) => section.asked === asked)
    .flatMap((section) => shownIn(section, scope, visit, sections))
    .map(({ key }) => observation(key, answers[key]))
    .filter((each) => each !== null);
}
