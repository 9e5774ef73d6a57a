/** Brings the screen in line with the visit: a step of an open one, the state and the answers of a complete one. */
import { interactionOf, isOpen, startInteraction } from '../visit/draft.js';
import { VisitClosed } from '../visit/editing.js';
import { $ } from '../shell/elements.js';
import { createCompletedAnswers } from '../visit/completed-answers.js';
import { picturesOf, stateOf } from '../visit/state.js';
import { indexOfStep } from './steps.js';
import { t } from '../shell/words.js';

/** @param {import('../types.js').Page} page */
export function createShowing(page) {
  const { visit, screen, status } = page;
  const answers = createCompletedAnswers(page, settled);

  /** @param {number} index @param {Parameters<typeof screen.show>[1]} [options] */
  function show(index, options) {
    screen.show(index, options);
    if (visit.cursor.step === screen.step().id) return;
    moveCursor(page, options?.criterion ?? null);
    screen.showHead();
  }

  /** To where the visit stands, without taking the focus. */
  function showCursor({ adopts = false } = {}) {
    const { step, criterion } = visit.cursor;
    show(indexOfStep(screen.renewSteps(), step), { criterion, moves: false, adopts });
  }

  /** To another step: what could be undone here no longer can. @param {number} index */
  function leaveTo(index) {
    $('undo').hidden = true;
    show(index);
  }

  const showState = () => sayState(page, answers);

  /** The auditor chose between two versions, or gave up a photo or took it back: the server is told. */
  async function settled() {
    await reload();
    if (isOpen(visit)) show(screen.renewSteps().length - 1);
    else showState();
    return page.sender?.nudge();
  }

  /** Brings the screen in line with the store. */
  async function reload() {
    const before = visit.state;
    if (!(await takeKept(page))) return;
    if (!isOpen(visit)) showState();
    else if (visit.state !== before) {
      page.cover?.lift();
      show(screen.renewSteps().length - 1);
      showState();
    } else if (page.cover) page.cover.refresh();
    else if (screen.hasSameSteps()) screen.refresh();
    else showCursor();
  }

  /** @param {import('../types.js').Thrown} error */
  async function couldNotSave(error) {
    if (!(error instanceof VisitClosed)) return status.notSaved(error);
    await reload();
    return status.warn(error.message);
  }

  return { show, showCursor, leaveTo, showState, reload, couldNotSave };
}

/**
 * The screen stands at another step from now on; an encounter starts when its first page opens.
 * @param {import('../types.js').Page} page @param {string | null} criterion
 */
function moveCursor({ visit, screen, editing }, criterion) {
  const { id, scope } = screen.step();
  const startedAt = interactionOf(visit, scope)?.started_at ?? new Date().toISOString();
  editing.change((kept) => {
    kept.cursor = { step: id, criterion };
    startInteraction(kept, scope, startedAt);
  });
}

/**
 * The store may know more than the screen: the queue or another tab has been at it.
 * @param {import('../types.js').Page} page
 * @returns {Promise<boolean>} whether that is on the screen's copy now: not while somebody types
 */
async function takeKept({ visit, photos, store, editing }) {
  const before = editing.nChanges();
  const [kept, pictures] = [await store.visit(visit.id), await store.photosOf(visit.id)];
  if (!kept) return false;
  const isTyping = !editing.isSaved() || editing.nChanges() !== before;
  if (isOpen(kept) && isTyping) return false;
  const { cursor } = visit;
  Object.assign(visit, kept, isOpen(kept) && { cursor });
  photos.splice(0, Infinity, ...pictures, ...photos.filter((photo) => photo.is_unkept));
  return true;
}

/** @param {import('../types.js').Page} page @param {ReturnType<typeof createCompletedAnswers>} answers */
function sayState({ visit, photos, screen, status, isPreview, cover, progress }, answers) {
  if (isPreview) return status.say(t('Nothing is kept'), 'todo');
  if (isOpen(visit)) return status.saved(visit.changed_at);
  cover?.lift();
  const shown = stateOf(visit, picturesOf(photos), progress);
  screen.showDone(shown);
  answers.show(shown);
  return status.say(shown.state, shown.tone);
}
