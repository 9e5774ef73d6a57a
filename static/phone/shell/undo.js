/** One step back, offered for the last thing that was taken away. */
import { $, one } from './elements.js';

/** @returns {(sentence: string, deed: () => void) => void} offers to undo what the sentence says */
export function createUndo() {
  let undo = () => {};

  one($('undo'), 'button').addEventListener('click', () => {
    $('undo').hidden = true;
    undo();
  });

  return function offerUndo(sentence, deed) {
    undo = deed;
    one($('undo'), 'span').textContent = sentence;
    $('undo').hidden = false;
  };
}
