/** What was typed and tapped while the form's scripts were on their way counts as if they had been there. */

/**
 * To be called once the form listens and shows the questions that were there from the start.
 * @param {import('../types.js').Noted[]} noted
 */
export function takeUp(noted) {
  for (const { type, control, value } of noted) {
    if (type === 'click') {
      control.closest('button')?.click();
      continue;
    }
    if (control.type === 'radio') control.checked = true;
    else if (control.value !== value) control.value = value; // else where one is in it would be lost
    control.dispatchEvent(
      new Event(['time', 'date'].includes(control.type) ? 'change' : 'input', { bubbles: true }),
    );
  }
}
