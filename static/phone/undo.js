/** One step back, offered for the last thing that was taken away. */
import { $ } from './elements.js';

/** @returns {(sentence: string, deed: () => void) => void} offers to undo what the sentence says */
export function createUndo() {
  let undo = () => {};

  $('undo').querySelector('button').addEventListener('click', () => {
    $('undo').hidden = true;
    undo();
  });

  return function offerUndo(sentence, deed) {
    undo = deed;
    $('undo').querySelector('span').textContent = sentence;
    $('undo').hidden = false;
  };
}
