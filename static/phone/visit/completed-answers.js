/** Under the state of a complete visit: all that it says; and where the server has other answers, the choice. */
import { $, one } from '../shell/elements.js';
import { later } from '../shell/later.js';
import { readVisit } from '../sync/network.js';

/** The phone's own, which changes nothing of what is read here. */
const UNSEEN = ['choices', 'cursor', 'is_given_up'];

/** @param {string} name */
const part = (name) => one($('step'), `[data-part="${name}"]`);

/**
 * @param {import('../types.js').Page} page
 * @param {() => Promise<unknown>} settled What the auditor decided here is in the store.
 */
export function createCompletedAnswers({ visit, photos, sections, store }, settled) {
  /** What is shown, and where. @type {{box: HTMLElement | null, content: string}} */
  let read = { box: null, content: '' };

  /** @param {{tone: string}} shown */
  async function show(shown) {
    const [found, view] = await Promise.all([
      later(() => import('./reading.js')),
      later(() => import('./completed-view.js')),
    ]);
    const box = part('answers');
    if (!found || !view || !box) return;
    part('explained').textContent = view.explained(visit, photos, shown);
    const content = JSON.stringify(
      [visit, photos],
      (name, value) => (UNSEEN.includes(name) ? undefined : value),
    );
    if (read.box === box && read.content === content) return; // who is choosing, or reading on, stays where they are
    read = { box, content };
    box.replaceChildren(found.buildReading(visit, sections));
    view.fillStuck(part('stuck'), { visit, photos, sections, store, changed: settled });
    part('choosing').replaceChildren();
    if (visit.state !== 'conflict' || !visit.stored) return;
    const { showConflict } = await import('../conflict/resolution.js');
    showConflict({
      box: part('choosing'),
      visit: /** @type {import('../conflict/resolution.js').Disputed} */ (visit),
      sections,
      store,
      readVisit,
      done: settled,
    });
  }

  return { show };
}
