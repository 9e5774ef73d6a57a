/** Shows one step of a visit at a time. Reads the visit, never changes it. */
import { createHold } from '../shell/doubletap.js';
import { $, all, one } from '../shell/elements.js';
import { later } from '../shell/later.js';
import { isOpen } from '../visit/draft.js';
import { showDone } from './completed-page.js';
import { tick } from './stopwatch.js';
import { showFoot, showHead, showMoments } from './frame.js';
import { answerIn, refresh } from './refreshing.js';
import { createStepPages } from './step-pages.js';
import { nextUnanswered, stepsOf } from './steps.js';

/** @typedef {import('../types.js').View} View */

/**
 * @param {object} given
 * @param {import('../types.js').Visit} given.visit
 * @param {import('../types.js').Photo[]} given.photos
 * @param {import('../types.js').Section[]} given.sections
 * @param {boolean} given.isPreview
 */
export function createScreen({ visit, photos, sections, isPreview }) {
  /** @type {View} */
  const view = {
    visit,
    photos,
    sections,
    isPreview,
    steps: stepsOf(visit, sections),
    index: 0,
    pictures: null,
    wantPictures,
    sending: createHold(/** @type {HTMLButtonElement} */ ($('next'))),
  };
  const pages = createStepPages(view);
  const step = () => view.steps[view.index];
  /** Steps as the visit has them now. */
  const renewSteps = () => (view.steps = stepsOf(visit, sections));

  /** What shows photos comes with the first one. */
  async function wantPictures() {
    const found = await later(() => import('../photo/thumbnails.js'));
    if (!found || view.pictures) return;
    view.pictures = found.createPictures($('photo'));
    refresh(view);
  }

  /** @param {number} index @param {Partial<Shown>} [options] */
  function show(index, { criterion = null, moves = true, adopts = false } = {}) {
    renewSteps();
    view.index = Math.min(index, view.steps.length - 1);
    view.pictures?.release();
    pages.put(adopts && !view.index);
    showHead(view);
    refresh(view);
    showFoot(view);
    goTo(criterion, moves);
  }

  return {
    show,
    showHead: () => showHead(view),
    refresh: () => refresh(view),
    /** @param {{state: string, tone: string}} shown */
    showDone: (shown) => showDone(view, shown),
    tickTimers: () => tickTimers(view),
    step,
    /** @param {string} key */
    answerOf: (key) => answerIn(view, key),
    renewSteps,
    hasSameSteps: () => idsOf(view.steps) === idsOf(stepsOf(visit, sections)),
    steps: () => view.steps,
    index: () => view.index,
    /** @param {string | null} criterion where the auditor is now */
    nextOpen: (criterion) =>
      nextUnanswered(view.steps, visit, sections, { index: view.index, criterion }),
  };
}

/**
 * @typedef {object} Shown
 * @property {string | null} criterion
 * @property {boolean} moves Takes the focus along.
 * @property {boolean} adopts The first step may be on the page already, as it came from the server.
 */

/** @param {View['steps']} steps */
const idsOf = (steps) => steps.map(({ id }) => id).join();

/** @param {string | null} criterion @param {boolean} moves */
function goTo(criterion, moves) {
  const target = criterion &&
    all($('step'), '[data-criterion]').find((each) => each.dataset.criterion === criterion);
  if (target) {
    target.scrollIntoView({ block: 'center' });
    if (moves) one(target, 'input, button, textarea').focus({ preventScroll: true });
  } else if (moves) {
    scrollTo(0, 0);
    $('title').focus({ preventScroll: true });
  }
}

/** @param {View} view */
function tickTimers(view) {
  if (!view.steps[view.index].section || !isOpen(view.visit)) return;
  showMoments(view);
  for (const fieldset of all($('step'), '[data-criterion]')) {
    const answer = answerIn(view, fieldset.dataset.criterion ?? '');
    if (answer.timer) tick(fieldset, answer, Date.now());
  }
}
