/** The visit's own fields (arrival, departure, a note, why it was not completed), brought in line with what is kept. */
import { clockOf, dayOf } from '../shell/times.js';

/** Also where somebody is writing: another tab or phone may have changed it, and what is typed next would replace that unseen.
 * @param {HTMLInputElement | HTMLTextAreaElement} area @param {string} text */
export function putText(area, text) {
  if (area.value !== text) area.value = text; // else the cursor would jump
}

/** @param {ParentNode} box @param {import('../types.js').Visit} visit */
export function fillFields(box, visit) {
  const { timezone } = visit.location;
  /** @param {string} name @param {string} value */
  const put = (name, value) => {
    const field = /** @type {any} `any`: an input, a text area, or none. */ (box.querySelector(
      `[data-part="${name}"]`,
    ));
    if (field?.type === 'textarea') putText(field, value);
    else if (field && field !== document.activeElement) field.value = value; // a time may be half written
  };
  put('arrived', clockOf(visit.started_at, timezone));
  put('arrived-day', dayOf(Date.parse(visit.started_at), timezone));
  put('left', visit.left_at ? clockOf(visit.left_at, timezone) : '');
  put('visit-note', visit.note);
  put('not-completed-reason', visit.not_completed_reason ?? '');
}
