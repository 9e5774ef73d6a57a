/**
 * Runs before the page is shown, while the form's scripts are still on their way: notes what is typed and tapped
 * meanwhile. The first questions are there from the start; who was already past them must not see them again.
 */
{
  /** @type {import('./types.js').Noted[]} */
  let noted = [];
  const listening = new AbortController();

  /** @param {Event} event */
  const note = ({ type, target }) => {
    const control = /** @type {HTMLInputElement} */ (target);
    if (!control.closest?.('#step') || (type === 'click' && !control.closest('button'))) return;
    if (type === 'input') noted = noted.filter((each) => each.control !== control); // the last word counts
    noted.push({ type, control, value: control.value });
  };

  for (const type of ['input', 'click']) {
    document.addEventListener(type, note, { capture: true, signal: listening.signal });
  }
  const isFirst = location.hash.startsWith('#assignment=') || location.search.includes('preview=1');
  document.documentElement.toggleAttribute('data-opening', !isFirst);

  /** The form listens from here on, and takes what was noted. */
  globalThis.stopNoting = () => {
    listening.abort();
    return noted;
  };
}
