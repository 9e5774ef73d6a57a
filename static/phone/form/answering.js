/** What is tapped, chosen and typed on a step becomes answers. */
import { moveUp, patchAnswer } from '../visit/draft.js';
import { $, one } from '../shell/elements.js';
import { answerAddress } from './errors.js';
import { patchOfDeed, patchOfInput } from './form.js';
import { later } from '../shell/later.js';
import { indexOfStep } from './steps.js';
import { t } from '../shell/words.js';

/** What `visit/visit-times.js` makes of a field's value. */
/** @type {Record<string, 'arriveAt' | 'arriveOn' | 'leaveAt'>} */
const STAY = { arrived: 'arriveAt', 'arrived-day': 'arriveOn', left: 'leaveAt' };

/**
 * @param {import('../types.js').Page} page
 * @param {object} means
 * @param {import('../types.js').Showing['show']} means.show
 * @param {(id: string) => void} means.bringBack
 * @param {{prepare: () => unknown, take: (input: HTMLInputElement) => void, keepAgain: (id: string) => void, drop: (id: string) => void}} means.camera
 * @param {() => void} means.goCovert
 */
export function listenToAnswers(page, { show, bringBack, camera, goCovert }) {
  const { screen, editing } = page;

  /** @param {string} key @param {object} patch */
  function answer(key, patch) {
    const { scope, id } = screen.step();
    /** @param {import('../types.js').ServerError} error @param {import('../types.js').Visit['payload']} payload */
    const isAbout = ({ where }, payload) => {
      const address = answerAddress(where, payload);
      return address?.scope === scope && address.criterion === key;
    };
    editing.change((kept) => {
      patchAnswer(kept, scope, key, patch);
      kept.errors = kept.errors.filter((error) => !isAbout(error, kept.payload));
      kept.remarks = (kept.remarks ?? []).filter((remark) =>
        remark.scope !== scope || remark.criterion !== key
      );
      kept.cursor = { step: id, criterion: key };
    });
    screen.refresh();
  }

  $('step').addEventListener('input', (/** @type {{target: any}} */ { target }) => {
    if (target.dataset.part === 'visit-note') {
      const note = target.value;
      return editing.change((kept) => void (kept.note = note));
    }
    if (target.dataset.part === 'not-completed-reason') {
      const reason = target.value;
      return editing.change((kept) => void (kept.not_completed_reason = reason));
    }
    const fieldset = target.closest('[data-criterion]');
    const patch = fieldset && patchOfInput(target, fieldset);
    return patch && answer(fieldset.dataset.criterion, patch);
  });

  $('step').addEventListener('change', (/** @type {{target: any}} */ { target }) => {
    const { part } = target.dataset;
    if (part === 'photo') return camera.take(target);
    if (Object.hasOwn(STAY, part)) stay(STAY[part], target.value);
  });

  const loadStay = () => later(() => import('../visit/visit-times.js'));

  // Loaded before a time is written, so that "Send", tapped right after it, comes after it.
  $('step').addEventListener('focusin', (/** @type {{target: any}} */ { target }) => {
    if (Object.hasOwn(STAY, target.dataset.part)) loadStay();
  });

  /** @param {'arriveAt' | 'arriveOn' | 'leaveAt'} name @param {string} value */
  async function stay(name, value) {
    if (!value && name !== 'leaveAt') return undefined; // nobody came at no time
    const found = await loadStay();
    if (!found) {
      return page.status.warn(
        t('This page is not on this phone yet: open it once with a connection.'),
      );
    }
    const { now, offset } = await found.clocks(page.store);
    editing.change((kept) => found[name](kept, value, now, offset));
    return screen.refresh();
  }

  $('step').addEventListener('click', (/** @type {{target: any}} */ { target }) => {
    if (target.dataset.part === 'photo') return camera.prepare();
    const button = target.closest('button');
    if (!button) return undefined;
    const { deed, go, criterion, restore, photo, up } = button.dataset;
    if (up) {
      editing.change((kept) => moveUp(kept, up));
      return show(screen.renewSteps().length - 1);
    }
    if (deed === 'covert') return goCovert();
    if (deed === 'choose') return one($('asked'), 'button').click(); // what the head offers, too
    if (go) return show(indexOfStep(screen.steps(), go), { criterion });
    if (restore) return bringBack(restore);
    if (deed === 'send') return page.sender?.nudge();
    if (deed === 'keep-photo') return camera.keepAgain(photo);
    if (deed === 'drop-photo') return camera.drop(photo);
    const fieldset = button.closest('[data-criterion]');
    if (!fieldset) return undefined; // a choice or a tap, with an owner of its own
    const patch = patchOfDeed(
      button,
      fieldset,
      screen.answerOf(fieldset.dataset.criterion),
      Date.now(),
    );
    return patch && answer(fieldset.dataset.criterion, patch);
  });
}
