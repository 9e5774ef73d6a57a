/** The server has this visit with other answers: both versions of each, and what the choice leads to. */
import { answersFrom, photosLeftOut } from '../visit/content.js';
import { keepWritten } from '../visit/draft.js';
import { same } from './merge.js';
import { buildPayload } from '../visit/payload.js';
import { buildChoosing } from '../visit/reading.js';
import { retold } from '../visit/clock-correction.js';
import { disagreements, saidIn, takeTheirs } from './disagreements.js';
import { plural, t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Asked} Asked
 * @typedef {import('../types.js').Section} Section
 * @typedef {import('../types.js').Store} Store
 * @typedef {import('../types.js').Sent} Sent
 * @typedef {import('../types.js').ReadVisit} ReadVisit
 */

/** @param {number} n */
const aboutPhotos = (n) =>
  plural(
    'Not part of what was sent: {n} photo on this phone. Kept for a correction if you keep yours; gone if you take all of the server’s.',
    'Not part of what was sent: {n} photos on this phone. Kept for a correction if you keep yours; gone if you take all of the server’s.',
    n,
  );

/** @param {string} id */
const receiptOf = (id) =>
  id.replaceAll('-', '').slice(0, 8).toUpperCase().replace(/^(.{4})/, '$1-');

/** @param {Asked} one @param {Asked} other */
const isSame = (one, other) =>
  JSON.stringify([one.path, one.theirs]) === JSON.stringify([other.path, other.theirs]);

/** @typedef {Visit & {stored: Sent}} Disputed */

/** What the server holds, told by the clock of the visit here. @param {Disputed} visit */
const storedOf = (visit) => retold(answersFrom(visit.stored), visit.clock_offset_ms);

/**
 * As the server would have it from this phone: what is no longer asked is not sent, and who wrote no departure disputes none.
 * @param {Disputed} visit @param {Section[]} sections
 */
function asSent(visit, sections) {
  const departed = { ...visit, left_at: visit.left_at ?? storedOf(visit).left_at };
  const sent = buildPayload({ visit: departed, photos: [], sections, clockOffset: null, at: '' });
  return { ...visit, ...answersFrom(sent) };
}

/**
 * Where a visit was not complete here its silence is nobody's word: what the server alone says comes in. What was said
 * here before and taken back is a word.
 * @param {Visit} visit @param {Visit} mine @param {import('../types.js').Copy} shared The draft that both had last; null where there was none.
 * @returns {(question: Asked) => boolean}
 */
const isAddition = (visit, mine, shared) => ({ path }) =>
  !visit.completed_at && [mine, shared].every((each) => !each || same(saidIn(each, path), null));

/**
 * @typedef {object} Given
 * @property {HTMLElement} box
 * @property {Disputed} visit
 * @property {Section[]} sections
 * @property {Store} store
 * @property {ReadVisit} readVisit
 * @property {() => void} done
 *
 * @typedef {Given & {
 *   mine: Visit, isNew: (question: Asked) => boolean, differing: Asked[], questions: Asked[], leftOut: number,
 *   choices: NonNullable<Visit['choices']>,
 * }} Dispute `questions`: those of `differing` that are the auditor's to answer; `leftOut`: photos; `choices`: made so
 *   far, as in the visit.
 */

/** @param {Given} given */
export async function showConflict(given) {
  const { visit, sections, store, done } = given;
  const mine = asSent(visit, sections);
  const { content: shared } = (await store.meta(`draft-${visit.id}`)) ?? {};
  const isNew = isAddition(visit, mine, shared);
  const differing = disagreements(mine, { ...visit, ...storedOf(visit) });
  const questions = differing.filter((question) => !isNew(question));
  const leftOut = photosLeftOut(visit.stored, await store.photosOf(visit.id)).length;
  const dispute = {
    ...given,
    mine,
    isNew,
    differing,
    questions,
    leftOut,
    choices: visit.choices ?? [],
  };
  if (questions.length && !openOf(dispute).length) return settle(dispute);
  if (questions.length || leftOut) return show(dispute);
  await takeServers(dispute); // both say the same, such as after another phone of mine sent it
  return done();
}

/** @param {Dispute} dispute @param {Asked} question */
const choiceOf = ({ choices }, question) => choices.find((choice) => isSame(choice, question));
/** @param {Dispute} dispute */
const openOf = (dispute) => dispute.questions.filter((question) => !choiceOf(dispute, question));

/** Kept at once: one choice among many is work too. @param {Dispute} dispute @param {Asked} question @param {boolean} takesTheirs */
async function choose(dispute, question, takesTheirs) {
  const { box, store, visit } = dispute;
  const { choices = [] } = await store.change(visit.id, (kept) => {
    const others = (kept.choices ?? []).filter((choice) => !isSame(choice, question));
    kept.choices = [...others, { ...question, takesTheirs }];
  });
  dispute.choices = choices;
  if (!openOf(dispute).length) return settle(dispute);
  show(dispute);
  return box.querySelector('button')?.focus();
}

/** @param {Dispute} dispute */
async function settle(dispute) {
  const takesAll = dispute.questions.every((question) => choiceOf(dispute, question)?.takesTheirs);
  await (takesAll ? takeServers(dispute) : keepMine(dispute));
  return dispute.done();
}

/** The server's answers are right: then nothing is left to send but photos that it names. @param {Dispute} dispute */
async function takeServers({ store, visit, readVisit }) {
  const read = await readVisit(visit.id);
  await store.change(visit.id, (kept) => {
    if (!kept.stored) return; // chosen already
    Object.assign(kept, answersFrom(kept.stored), {
      state: 'accepted',
      payload: kept.stored,
      receipt: read?.receipt ?? receiptOf(kept.id),
      received_at: read?.received_at ?? new Date().toISOString(),
      reason: '',
      stored: null,
      choices: [],
    });
  });
}

/**
 * Where a reviewer asked for a correction it can be sent as one; else it waits here until one does.
 * @param {Dispute} dispute
 */
async function keepMine(dispute) {
  const { store, visit, differing, isNew } = dispute;
  await store.change(
    visit.id,
    (/** @type {any} `any`: a `Disputed`, or chosen already in another tab. */ kept) => {
      for (const question of differing) {
        if (isNew(question) || choiceOf(dispute, question)?.takesTheirs) takeTheirs(kept, question);
      }
      kept.choices = [];
      keepWritten(kept, answersFrom(kept.stored).written);
      kept.left_at ??= storedOf(kept).left_at; // as shown: sent anew, it would end at that moment
      if (kept.mayCorrect) {
        Object.assign(kept, { state: 'returned', revision: kept.storedRevision + 1, stored: null });
      } else {
        kept.stored = null;
        const receipt = receiptOf(kept.id); // by which a reviewer finds it
        kept.reason = t(
          'Your choice is kept on this phone. It can be sent when a reviewer returns visit no. {receipt}: ask for that.',
          { receipt },
        );
      }
    },
  );
}

/** @param {Dispute} dispute */
function show(dispute) {
  const { box, mine: visit, sections, questions, leftOut } = dispute;
  const names = [t('Keep mine'), t('Take the server’s')];
  /** @param {Asked} question @param {boolean} takesTheirs */
  const chosen = (question, takesTheirs) => choose(dispute, question, takesTheirs);
  box.replaceChildren(
    buildChoosing({ questions: openOf(dispute), leafOf: saidIn, visit, sections, names, chosen }),
  );
  if (leftOut) {
    box.append(Object.assign(document.createElement('p'), { textContent: aboutPhotos(leftOut) }));
  }
  box.append(button(t('Take all of the server’s'), dispute, takeServers));
  if (!questions.length) box.append(button(t('Keep mine'), dispute, keepMine));
}

/** @param {string} textContent @param {Dispute} dispute @param {(dispute: Dispute) => Promise<void>} deed */
function button(textContent, dispute, deed) {
  const made = Object.assign(document.createElement('button'), { type: 'button', textContent });
  made.addEventListener('click', async () => {
    await deed(dispute);
    dispute.done();
  });
  return made;
}
