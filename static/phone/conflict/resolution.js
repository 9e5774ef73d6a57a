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
 * @param {Visit} visit @param {Visit} mine @param {any} shared The draft that both had last; null where there was none.
 * @returns {(question: Asked) => boolean}
 */
const isAddition = (visit, mine, shared) => ({ path }) =>
  !visit.completed_at && [mine, shared].every((each) => !each || same(saidIn(each, path), null));

/**
 * @param {object} given
 * @param {HTMLElement} given.box
 * @param {any} given.visit A `Disputed`.
 * @param {Section[]} given.sections
 * @param {Store} given.store
 * @param {ReadVisit} given.readVisit
 * @param {() => void} given.done
 */
export async function showConflict({ box, visit, sections, store, readVisit, done }) {
  const mine = asSent(visit, sections);
  const { content: shared } = (await store.meta(`draft-${visit.id}`)) ?? {};
  const isNew = isAddition(visit, mine, shared);
  const differing = disagreements(mine, { ...visit, ...storedOf(visit) });
  const questions = differing.filter((question) => !isNew(question));
  const leftOut = photosLeftOut(visit.stored, await store.photosOf(visit.id)).length;
  /** @type {any} What is chosen so far, as in the visit. */
  let choices = visit.choices ?? [];

  /** @param {Asked} question */
  const choiceOf = (question) =>
    choices.find((/** @type {Asked} */ choice) => isSame(choice, question));
  const open = () => questions.filter((question) => !choiceOf(question));

  /** Kept at once: one choice among many is work too. @param {Asked} question @param {boolean} takesTheirs */
  async function chosen(question, takesTheirs) {
    ({ choices } = await store.change(visit.id, (kept) => {
      const others = (kept.choices ?? []).filter((choice) => !isSame(choice, question));
      kept.choices = [...others, { ...question, takesTheirs }];
    }));
    if (!open().length) return settle();
    show();
    return box.querySelector('button')?.focus();
  }

  async function settle() {
    if (questions.every((question) => choiceOf(question)?.takesTheirs)) await takeServers();
    else await keepMine();
    return done();
  }

  /** The server's answers are right: then nothing is left to send but photos that it names. */
  async function takeServers() {
    const read = await readVisit(visit.id);
    await store.change(visit.id, (/** @type {any} */ kept) => {
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

  /** Where a reviewer asked for a correction it can be sent as one; else it waits here until one does. */
  async function keepMine() {
    await store.change(visit.id, (/** @type {any} */ kept) => {
      for (const question of differing) {
        if (isNew(question) || choiceOf(question)?.takesTheirs) takeTheirs(kept, question);
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
    });
  }

  function show() {
    const names = [t('Keep mine'), t('Take the server’s')];
    box.replaceChildren(
      buildChoosing({ questions: open(), leafOf: saidIn, visit: mine, sections, names, chosen }),
    );
    if (leftOut) {
      box.append(Object.assign(document.createElement('p'), { textContent: aboutPhotos(leftOut) }));
    }
    box.append(button(t('Take all of the server’s'), takeServers));
    if (!questions.length) box.append(button(t('Keep mine'), keepMine));
  }

  /** @param {string} textContent @param {() => Promise<void>} deed */
  function button(textContent, deed) {
    const made = Object.assign(document.createElement('button'), { type: 'button', textContent });
    made.addEventListener('click', async () => {
      await deed();
      done();
    });
    return made;
  }

  if (questions.length && !open().length) return settle();
  if (questions.length || leftOut) return show();
  await takeServers(); // both say the same, such as after another phone of mine sent it
  return done();
}
