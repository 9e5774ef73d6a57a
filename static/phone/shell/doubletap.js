/** A thumb that taps twice, where the first tap puts another deed under the same button. */

const DOUBLE_TAP_MS = 400;

/**
 * @param {{disabled: boolean}} button
 * @param {(work: () => void, ms: number) => number} [after]
 * @param {(timer?: number) => void} [cancel]
 */
export function createHold(button, after = setTimeout, cancel = clearTimeout) {
  /** @type {number | undefined} */
  let timer;

  /** Answers again once the second tap would have come. */
  function hold() {
    cancel(timer);
    button.disabled = true;
    timer = after(release, DOUBLE_TAP_MS);
  }

  function release() {
    cancel(timer);
    button.disabled = false;
  }

  return { hold, release };
}
