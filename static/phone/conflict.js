/** The server has this visit with other answers: both versions of each, and what the choice leads to. */
import { answersFrom, photosLeftOut } from './content.js';
import { differences } from './differences.js';
import { leafOf, mergeInto, setLeaf } from './merge.js';
import { buildChoosing } from './reading.js';
import { plural, t } from './words.js';

const aboutPhotos = (n) => plural(
  'Not part of what was sent: {n} photo on this phone. Kept for a correction if you keep yours; gone if you take all of the server’s.',
  'Not part of what was sent: {n} photos on this phone. Kept for a correction if you keep yours; gone if you take all of the server’s.',
  n,
);

const receiptOf = (id) => id.replaceAll('-', '').slice(0, 8).toUpperCase().replace(/^(.{4})/, '$1-');

/**
 * @param {object} given
 * @param {HTMLElement} given.box
 * @param {import('./types.js').Visit & {storedRevision?: number, mayCorrect?: boolean}} given.visit
 * @param {import('./types.js').Section[]} given.sections
 * @param {any} given.store
 * @param {(id: string) => Promise<any>} given.readVisit
 * @param {() => void} given.done
 */
export async function showConflict({ box, visit, sections, store, readVisit, done }) {
  const stored = { ...visit, ...answersFrom(visit.stored) };
  // What became hidden was not sent and is no difference.
  const questions = differences(visit.payload ? { ...visit, ...answersFrom(visit.payload) } : visit, stored);
  const leftOut = photosLeftOut(visit.stored, await store.photosOf(visit.id)).length;
  const taken = new Map();

  async function chosen(question, takesTheirs) {
    taken.set(question, takesTheirs);
    if (taken.size < questions.length) return show();
    if (![...taken.values()].includes(false)) await takeServers();
    else await keepMine();
    return done();
  }

  /** The server's answers are right: then nothing is left to send but photos that it names. */
  async function takeServers() {
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
      });
    });
  }

  /** Where a reviewer asked for a correction it can be sent as one; else it waits here until one does. */
  async function keepMine() {
    await store.change(visit.id, (kept) => {
      mergeInto(kept, stored, null); // what only the server has comes in
      for (const [{ path, theirs }, takesTheirs] of taken) if (takesTheirs) setLeaf(kept, path, theirs);
      if (kept.mayCorrect) Object.assign(kept, { state: 'returned', revision: kept.storedRevision + 1, stored: null });
      else {
        kept.stored = null;
        const receipt = receiptOf(kept.id); // by which a reviewer finds it
        kept.reason = t('Your choice is kept on this phone. It can be sent when a reviewer returns visit no. {receipt}: ask for that.', { receipt });
      }
    });
  }

  function show() {
    const open = questions.filter((question) => !taken.has(question));
    const names = [t('Keep mine'), t('Take the server’s')];
    box.replaceChildren(buildChoosing({ questions: open, leafOf, visit, sections, names, chosen }));
    if (leftOut) box.append(Object.assign(document.createElement('p'), { textContent: aboutPhotos(leftOut) }));
    box.append(button(t('Take all of the server’s'), takeServers));
    if (!questions.length) box.append(button(t('Keep mine'), keepMine));
  }

  function button(textContent, deed) {
    const made = Object.assign(document.createElement('button'), { type: 'button', textContent });
    made.addEventListener('click', async () => {
      await deed();
      done();
    });
    return made;
  }

  if (questions.length || leftOut) return show();
  await takeServers(); // both say the same, such as after another phone of mine sent it
  return done();
}
