/** Brings the screen in line with the visit: a step of an open one, the state and the answers of a complete one. */
import { interactionOf, isOpen, startInteraction } from '../visit/draft.js';
import { VisitClosed } from '../visit/editing.js';
import { $, one } from '../shell/elements.js';
import { later } from '../shell/later.js';
import { readVisit } from '../sync/network.js';
import { picturesOf, stateOf } from '../visit/state.js';
import { indexOfStep } from './steps.js';
import { t } from '../shell/words.js';

/** @param {import('../types.js').Page} page */
export function createShowing(page) {
  const { visit, photos, sections, screen, status, store } = page;

  /** @param {number} index @param {Parameters<typeof screen.show>[1]} [options] */
  function show(index, options) {
    screen.show(index, options);
    const { id, scope } = screen.step();
    if (visit.cursor.step === id) return;
    const startedAt = interactionOf(visit, scope)?.started_at ?? new Date().toISOString();
    const criterion = options?.criterion ?? null;
    page.editing.change((kept) => {
      kept.cursor = { step: id, criterion };
      startInteraction(kept, scope, startedAt);
    });
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

  function showState() {
    if (page.isPreview) return status.say(t('Nothing is kept'), 'todo');
    if (isOpen(visit)) return status.saved(visit.changed_at);
    page.cover?.lift();
    const shown = stateOf(visit, picturesOf(photos), page.progress);
    screen.showDone(shown);
    showAnswers(shown);
    return status.say(shown.state, shown.tone);
  }

  /** What stands under the state. @type {{box: HTMLElement | null, content: string}} */
  let read = { box: null, content: '' };

  /** Under the state of a complete visit: all that it says; and where the server has other answers, the choice. @param {{tone: string}} shown */
  async function showAnswers(shown) {
    /** @param {string} name */
    const part = (name) => one($('step'), `[data-part="${name}"]`);
    const [found, done] = await Promise.all([
      later(() => import('../visit/reading.js')),
      later(() => import('../visit/completed-view.js')),
    ]);
    const box = part('answers');
    if (!found || !done || !box) return;
    part('explained').textContent = done.explained(visit, photos, shown);
    const content = JSON.stringify(
      [visit, photos],
      (name, value) => (['choices', 'cursor', 'is_given_up'].includes(name) ? undefined : value),
    );
    if (read.box === box && read.content === content) return; // who is choosing, or reading on, stays where they are
    read = { box, content };
    box.replaceChildren(found.buildReading(visit, sections));
    done.fillStuck(part('stuck'), { visit, photos, sections, store, changed });
    part('choosing').replaceChildren();
    if (visit.state !== 'conflict' || !visit.stored) return;
    const { showConflict } = await import('../conflict/resolution.js');
    showConflict({ box: part('choosing'), visit, sections, store, readVisit, done: settled });
  }

  /** A photo was given up, or taken back: the server is told. */
  async function changed() {
    await reload();
    page.sender?.nudge();
  }

  /** The auditor has chosen between the two versions. */
  async function settled() {
    await reload();
    if (isOpen(visit)) show(screen.renewSteps().length - 1);
    else showState();
    return page.sender?.nudge();
  }

  /** The store may know more than the screen: the queue or another tab has been at it. */
  async function reload() {
    const before = page.editing.nChanges();
    const [kept, pictures] = [await store.visit(visit.id), await store.photosOf(visit.id)];
    if (!kept) return;
    const isTyping = !page.editing.isSaved() || page.editing.nChanges() !== before;
    if (isOpen(kept) && isTyping) return;
    const isOther = kept.state !== visit.state;
    const { cursor } = visit;
    Object.assign(visit, kept, isOpen(kept) && { cursor });
    photos.splice(0, Infinity, ...pictures, ...photos.filter((photo) => photo.is_unkept));
    if (!isOpen(visit)) showState();
    else if (isOther) {
      page.cover?.lift();
      show(screen.renewSteps().length - 1);
      showState();
    } else if (page.cover) page.cover.refresh();
    else if (screen.hasSameSteps()) screen.refresh();
    else showCursor();
  }

  /** @param {any} error */
  async function couldNotSave(error) {
    if (!(error instanceof VisitClosed)) return status.notSaved(error);
    await reload();
    return status.warn(error.message);
  }

  return { show, showCursor, leaveTo, showState, reload, couldNotSave };
}
