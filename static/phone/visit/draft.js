/**
 * Changes of a visit, as plain functions. Each is applied to the copy on the screen and to the one in the store, so ids
 * and times come in as arguments.
 *
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Answer} Answer
 * @typedef {import('../types.js').Moment} Moment
 * @typedef {import('../types.js').Sent} Sent
 */

/**
 * @param {object} given
 * @param {string} given.id
 * @param {string | null} given.interactionId Id of the first interaction; null where the form asks none.
 * @param {import('../types.js').Assignment} given.assignment
 * @param {number} given.version
 * @param {number} given.owner
 * @param {string} given.at
 * @returns {Visit}
 */
export function newVisit({ id, interactionId, assignment, version, owner, at }) {
  return {
    id,
    owner,
    assignment: assignment.id,
    version,
    standard: assignment.standard,
    version_number: assignment.version_number ?? null,
    form_url: assignment.form_url,
    location: assignment.location,
    state: 'draft',
    started_at: at,
    ended_at: null,
    completed_at: null,
    changed_at: at,
    context: {},
    note: '',
    interactions: interactionId ? [newInteraction(interactionId, null)] : [],
    answers: {},
    left_at: null,
    written: [],
    mode: 'live',
    taps: [],
    hidden_notes: '',
    not_completed_reason: '',
    gps: null,
    revision: 1,
    returned: null,
    remarks: [],
    ...unsent(),
  };
}

/** This phone's own, while it has shown and sent nothing of a visit yet. */
export const unsent = () => ({
  asked: [],
  cursor: { step: '', criterion: null },
  payload: null,
  errors: [],
  reason: '',
  receipt: null,
  received_at: null,
});

/** @param {string} id @param {string | null} at @returns {import('../types.js').Interaction} */
export const newInteraction = (id, at) => ({
  id,
  label: '',
  started_at: at,
  acknowledged_at: null,
  helped_at: null,
  ended_at: null,
  answers: {},
  removed_at: null,
});

/** By hand, as a watch or a clock on the wall shows it: this phone's own clock has no part in it.
 * @param {Visit} visit @param {'started_at' | 'left_at' | 'completed_at'} name */
export const isWritten = (visit, name) => (visit.written ?? []).includes(`${name} ${visit[name]}`);

/** @param {Visit} visit @param {string[]} written */
export const keepWritten = (visit, written) =>
  void (visit.written = [...new Set([...(visit.written ?? []), ...written])]);

/** The moments of an encounter, in their order. @type {Moment[]} */
export const MOMENTS = ['started_at', 'acknowledged_at', 'helped_at', 'ended_at'];

/** @param {Visit} visit */
export const liveInteractions = (visit) =>
  visit.interactions.filter((interaction) => !interaction.removed_at);

/** @param {Visit} visit @param {string} id */
export const interactionOf = (visit, id) =>
  visit.interactions.find((interaction) => interaction.id === id);

/** The answers of an interaction, of the visit, or of its context. @param {Visit} visit @param {string} scope */
export function answersOf(visit, scope) {
  if (scope === 'context') return visit.context;
  if (scope === 'visit') return visit.answers;
  return interactionOf(visit, scope)?.answers ?? {};
}

/** An answer as it is sent; null where nothing was said. @param {string} criterion @param {Answer | null} [answer] */
export function observation(criterion, answer) {
  const note = answer?.note?.trim() ?? '';
  // A note without an answer is still sent: what somebody typed is never dropped.
  const state = answer?.state ?? (note ? 'not_observed' : null);
  if (!state) return null;
  const value = state === 'answered' ? answer?.value : null;
  const reason = state === 'answered' ? '' : (answer?.reason ?? '');
  return { criterion, state, value, ...(reason && { reason }), ...(note && { note }) };
}

/** Merge `patch` into one answer; a null in it takes that part away.
 * @param {Visit} visit @param {string} scope @param {string} criterion @param {object} patch */
export function patchAnswer(visit, scope, criterion, patch) {
  const answers = answersOf(visit, scope);
  /** @type {Record<string, unknown>} */
  const answer = { ...answers[criterion], ...patch };
  for (const [name, value] of Object.entries(answer)) {
    if (value === null || value === undefined) delete answer[name];
  }
  answers[criterion] = answer;
  visit.cursor.criterion = criterion;
}

/** @param {Visit} visit @param {string} id @param {string | null} at */
export function addInteraction(visit, id, at) {
  if (!interactionOf(visit, id)) visit.interactions.push(newInteraction(id, at));
}

/** Recorded as it happens. A report after taps, or a correction, is written when nobody comes in any more. @param {Visit} visit */
export const isLive = (visit) => visit.mode !== 'covert' && visit.state === 'draft';

/** The first interaction exists before anybody walked up to it: it starts when its first page opens.
 * @param {Visit} visit @param {string} id @param {string} at */
export function startInteraction(visit, id, at) {
  const interaction = interactionOf(visit, id);
  if (interaction && isLive(visit)) interaction.started_at ??= at;
}

/** @param {Visit} visit @param {string} id @param {string} label */
export function renameInteraction(visit, id, label) {
  const interaction = interactionOf(visit, id);
  if (interaction) interaction.label = label.trim().slice(0, 80);
}

/** @param {Visit} visit @param {string} id @param {string} at */
export function removeInteraction(visit, id, at) {
  const interaction = interactionOf(visit, id);
  if (interaction) interaction.removed_at = at;
}

/** @param {Visit} visit @param {string} id */
export function restoreInteraction(visit, id) {
  const interaction = interactionOf(visit, id);
  if (interaction) interaction.removed_at = null;
}

/** Earlier in the list, past the nearest one that is not removed. @param {Visit} visit @param {string} id */
export function moveUp(visit, id) {
  const live = liveInteractions(visit);
  const before = live[live.findIndex((each) => each.id === id) - 1];
  if (!before) return;
  const moved = /** @type {import('../types.js').Interaction} */ (interactionOf(visit, id));
  const others = visit.interactions.filter((each) => each !== moved);
  others.splice(others.indexOf(before), 0, moved);
  visit.interactions = others;
}

/** A moment of an encounter; null takes it back.
 * @param {Visit} visit @param {string} id @param {string} moment A `Moment`. @param {string | null} at */
export function markMoment(visit, id, moment, at) {
  /** @type {Record<string, unknown> | undefined} */
  const interaction = interactionOf(visit, id);
  if (interaction) interaction[moment] = at;
}

/** Complete: from now on the queue sends `payload`, the same at each attempt. @param {Visit} visit @param {Sent} payload @param {string} at */
export function complete(visit, payload, at) {
  const completed_at = visit.completed_at ?? at; // a correction days later moves no departure
  Object.assign(visit, {
    state: 'waiting',
    payload,
    completed_at,
    ended_at: visit.left_at ?? completed_at,
    errors: [],
    remarks: [],
    reason: '',
  });
}

/**
 * Looking at a form is no work that could be lost.
 * @param {Visit} visit @param {import('../types.js').Photo[]} photos
 */
export const isBegun = (visit, photos) =>
  [visit.context, visit.answers].some(isFilled) || visit.interactions.length > 1 ||
  visit.interactions.some(isSeen) ||
  photos.length > 0 || visit.taps.length > 0 ||
  Boolean(visit.note || visit.hidden_notes || visit.not_completed_reason || visit.left_at);

/** @param {import('../types.js').Answers} answers */
const isFilled = (answers) => Object.keys(answers).length > 0;
/** It starts when its page opens. @param {import('../types.js').Interaction} interaction */
const isSeen = (
  { answers, label, acknowledged_at: acknowledged, helped_at: helped, ended_at: ended },
) => isFilled(answers) || Boolean(label || acknowledged || helped || ended);

/** May its answers still change? @param {Visit} visit */
export const isOpen = (visit) => ['draft', 'refused', 'returned'].includes(visit.state);
