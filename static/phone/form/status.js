/** What the top of the page says: the state of the visit, and what went wrong. */
import { timeOf } from '../shell/times.js';
import { t } from '../shell/words.js';

/** @param {{state: HTMLElement, trouble: HTMLElement}} elements */
export function createStatus({ state, trouble }) {
  let standing = '';

  /** @param {string} text @param {string} tone */
  function say(text, tone) {
    if (state.textContent !== text) state.textContent = text; // a screen reader would say the same again
    state.dataset.tone = tone;
  }

  /** @param {string} sentence */
  function inform(sentence, tone = 'calm') {
    trouble.textContent = sentence;
    trouble.dataset.tone = tone;
    trouble.hidden = !sentence;
  }

  /** @param {string} sentence */
  const warn = (sentence) => inform(sentence, 'wrong');

  /** Stays until the page goes, under whatever else is said. @param {string} sentence */
  function stand(sentence) {
    standing = sentence;
    warn(sentence);
  }

  const saving = () => state.setAttribute('aria-busy', 'true');

  /** @param {string} at */
  function saved(at) {
    state.removeAttribute('aria-busy');
    say(t('On this phone · {time}', { time: timeOf(at) }), 'waiting');
    warn(standing);
  }

  /** @param {Error} error */
  function notSaved(error) {
    say(t('Not saved'), 'wrong');
    warn(
      error.name === 'QuotaExceededError'
        ? t(
          'This phone is full: your last entries are not saved yet. Free some space, then change any answer to save all.',
        )
        : t(
          'Your last entries are not saved yet ({reason}). Keep this page open and change any answer to try again.',
          {
            reason: error.message,
          },
        ),
    );
  }

  return { say, inform, warn, stand, saving, saved, notSaved };
}
